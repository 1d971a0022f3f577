#pragma once

#include "base/working.h"
#include "run/site.h"

namespace leat::run {

/// The node that stands in the site, which others may come into.
class WorkingAt final : public Working {
 public:
  explicit WorkingAt(const Frame::Site& site) : site_(site) {}

 private:
  bool tell(CrashLine& line) const override;

  const Frame::Site& site_;
};

}  // namespace leat::run
