#pragma once

#include "base/working.h"
#include "run/call.h"

namespace leat::run {

/// Names the node of a call if it crashes, while this object lives.
class NamedCall final : public Working {
 public:
  explicit NamedCall(const Frame::Call& call) : call_(call) {}

 private:
  bool tell(CrashLine& line) const override;

  const Frame::Call& call_;
};

}  // namespace leat::run
