#pragma once

#include "base/working.h"
#include "run/call.h"

namespace leat::run {

/// While this object lives, a crash on this thread is reported with the node of the call.
class NamedCall final : public Working {
 public:
  explicit NamedCall(const Frame::Call& call) : call_(call) {}

 private:
  bool tell(CrashLine& line) const override;

  const Frame::Call& call_;
};

}  // namespace leat::run
