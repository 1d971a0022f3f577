#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace leat {

/// Results of nodes' calls, kept from one preview to the next (`PreviewSettings::kept`). A call is not repeated if nothing differs that it
/// can see: its node with parameters, contracts and resources, the seed, the step and slot, and its inputs, back to what the sources read
/// from their files. Sources, nodes with a State, nodes of plugins and nodes that name files always run. If the results take more than a
/// number of bytes, those used least recently are dropped. [any thread]
class KeptCalls {
 public:
  class Results;
  explicit KeptCalls(std::int64_t most_bytes);
  KeptCalls(const KeptCalls&) = delete;
  KeptCalls& operator=(const KeptCalls&) = delete;
  ~KeptCalls();

  [[nodiscard]] std::int64_t bytes() const;  ///< Size of the kept results.
  [[nodiscard]] std::size_t reused() const;  ///< Number of calls that were not repeated.
  [[nodiscard]] Results& results() const { return *results_; }

 private:
  std::unique_ptr<Results> results_;
};

}  // namespace leat
