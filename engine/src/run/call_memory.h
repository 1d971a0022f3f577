#pragma once

#include <memory>
#include <optional>

#include "leat/lane.h"
#include "run/call.h"
#include "run/kept_results.h"

namespace leat::run {

/// Results of nodes' calls, given again in place of later calls. Which calls these are is told by derived classes. [any thread]
class CallMemory {
 public:
  explicit CallMemory(Lane& lane) : lane_(lane) {}
  CallMemory(const CallMemory&) = delete;
  CallMemory& operator=(const CallMemory&) = delete;
  virtual ~CallMemory() = default;

  /// Returns the name under which the call's result is kept; nullopt if it is not kept. Called before `process`, which can take values.
  [[nodiscard]] virtual std::optional<Fingerprint> fingerprint(const Frame& frame, Frame::Call& call) = 0;
  /// Called when the outputs of a call are known. `fingerprint`: as returned for this call.
  virtual void call_done(const std::optional<Fingerprint>& fingerprint, Frame::Call& call) = 0;
  /// Makes the call's result that of an earlier call with this fingerprint. Returns false if none is kept.
  [[nodiscard]] bool restore(const Fingerprint& fingerprint, Frame& frame, Frame::Call& call);
  /// Keeps the call's result. `said`: its notes and warnings.
  void keep(const Fingerprint& fingerprint, Frame& frame, Frame::Call& call, CallResult said);

 protected:
  [[nodiscard]] virtual std::shared_ptr<const CallResult> find(const Fingerprint& call) = 0;
  virtual void keep(const Fingerprint& call, CallResult result) = 0;

 private:
  Lane& lane_;
};

}  // namespace leat::run
