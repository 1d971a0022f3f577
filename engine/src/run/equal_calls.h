#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/lane.h"
#include "leat/program.h"
#include "run/call_memory.h"

namespace leat::run {

/// Recognises the calls of a preview's step whose results are kept. A value has the fingerprint of the call that made it. A value that its
/// node makes anew in each preview has a fingerprint of its content. [any thread]
class EqualCalls final : public CallMemory {
 public:
  /// The resources are open, and have their weights.
  EqualCalls(KeptResults& kept, const Program& program, Lane& lane);

  [[nodiscard]] std::optional<Fingerprint> fingerprint(const Frame& frame, Frame::Call& call) override;
  /// Gives fingerprints to the values that a call has output. Without `fingerprint`, to those for the whole call only.
  void call_done(const std::optional<Fingerprint>& fingerprint, Frame::Call& call) override;

  using CallMemory::keep;

 private:
  [[nodiscard]] std::shared_ptr<const CallResult> find(const Fingerprint& call) override { return kept_.find(call); }
  void keep(const Fingerprint& call, CallResult result) override { kept_.keep(call, std::move(result)); }
  /// A value in the ledger: the wire, and the place; -1 for a whole step.
  using ValuePlace = std::pair<int, int>;

  [[nodiscard]] std::optional<std::string> text_of(const Program& program, const ProgramNode& node);
  [[nodiscard]] std::optional<std::string> text_of(const Program& program, int resource);
  [[nodiscard]] std::optional<std::string> text_of(const Frame::Call& call, int wire, int place) const;

  KeptResults& kept_;
  const ProgramPhase& phase_;
  Lane& lane_;
  bool has_gradients_ = false;                       ///< A node changes weights, so tensors must keep their graphs of gradients.
  std::vector<std::optional<std::string>> nodes_;    ///< Indexed by node: what its calls depend on besides values; nullopt: not kept.
  std::map<int, std::optional<std::string>> texts_;  ///< Indexed by resource.
  mutable std::mutex lock_;
  std::map<ValuePlace, Fingerprint> values_;  ///< Guarded by `lock_`.
};

}  // namespace leat::run
