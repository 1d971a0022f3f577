#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/kept_calls.h"
#include "leat/sample.h"
#include "leat/value.h"

namespace leat::run {

/// A name of a call: a hash of everything that its result depends on, or what a derived class of CallMemory makes of it. It has 128 bits,
/// because two different calls must never share one.
struct Fingerprint {
  std::uint64_t first = 0, second = 0;
  auto operator<=>(const Fingerprint&) const = default;

  [[nodiscard]] static Fingerprint of(const std::string& text) {
    return {hash_bytes(text.data(), text.size(), 1), hash_bytes(text.data(), text.size(), 2)};
  }
  [[nodiscard]] std::string str() const { return hash_text(first) + hash_text(second); }
};

/// What one call of a node did. Its values are on the host.
struct CallResult {
  std::vector<Value> puts;                        ///< Indexed by output.
  std::map<std::pair<int, int>, Value> row_puts;  ///< Indexed by (output, row).
  std::map<int, std::string> row_drops;
  std::optional<std::string> dropped;
  std::optional<Sample> sample;  ///< Of a source.
  std::vector<std::string> notes, warnings;
  bool has_metrics = false;  ///< The call gave metrics, which are not kept.

  [[nodiscard]] std::int64_t bytes() const;
};

/// The results behind KeptCalls. [any thread]
class KeptResults {
 public:
  explicit KeptResults(std::int64_t most_bytes) : most_bytes_(most_bytes) {}

  [[nodiscard]] std::shared_ptr<const CallResult> find(const Fingerprint& call);
  void keep(const Fingerprint& call, CallResult result);
  [[nodiscard]] std::int64_t bytes() const;
  [[nodiscard]] std::size_t reused() const;

 private:
  struct Entry {
    Fingerprint call;
    std::shared_ptr<const CallResult> result;
    std::int64_t bytes;
  };

  const std::int64_t most_bytes_;
  mutable std::mutex lock_;
  std::list<Entry> entries_;  ///< Those used last come first.
  std::map<Fingerprint, std::list<Entry>::iterator> places_;
  std::int64_t bytes_ = 0;
  std::size_t reused_ = 0;
};

}  // namespace leat::run

/// Public headers name nothing of `leat::run`, so that a plugin can have a function of that name.
class leat::KeptCalls::Results : public leat::run::KeptResults {
 public:
  using KeptResults::KeptResults;
};
