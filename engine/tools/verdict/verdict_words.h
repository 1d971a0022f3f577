#pragma once

#include <string>
#include <vector>

#include "verdict/gains.h"
#include "verdict/shares.h"

namespace leat::verdict {

[[nodiscard]] std::string percent(double part);
[[nodiscard]] std::string size(double bytes);
/// Returns a sentence as it continues another one, with a small first letter.
[[nodiscard]] std::string lower(std::string text);

/// The parts of a verdict's sentences. Those about a run that is over are in the past tense.
class VerdictWords {
 public:
  VerdictWords(const Shares& shares, bool is_over) : shares_(&shares), is_over_(is_over) {}

  /// Returns the word for a run in progress, or the one for a run that is over.
  [[nodiscard]] std::string tense(const char* now, const char* over) const { return is_over_ ? over : now; }
  [[nodiscard]] std::string is() const { return tense("is", "was"); }
  [[nodiscard]] std::string are() const { return tense("are", "were"); }

  /// "The device waits 41 % of its time"; without a device lane: "`test` waits".
  [[nodiscard]] std::string waits() const;
  [[nodiscard]] std::string nodes(const std::vector<NodeShare>& named) const;  ///< "`a` and `b`"
  [[nodiscard]] std::string parts(const std::vector<NodeShare>& named) const;  ///< "31 % and 29 %"
  [[nodiscard]] std::string workers() const;                                   ///< "Both workers"
  [[nodiscard]] std::string workers_text() const;                              ///< "both workers"
  [[nodiscard]] std::string cores() const;                                     ///< "2 cores"
  [[nodiscard]] std::string change(const Forecast& forecast) const;            ///< "a third worker"
  [[nodiscard]] std::string bring(const Forecast& forecast) const;             ///< "bring the wait to about 11 %"
  /// `less`: a change with a smaller gain, which is named before; null: there is none.
  [[nodiscard]] std::string sentence(const Forecast& forecast, const Forecast* less = nullptr) const;
  /// Returns a sentence on nodes that a cache would save; empty if there are none, or they take little time.
  [[nodiscard]] std::string cache() const;
  /// Sentences on the workers, the lane and the machine. `hides_gains`: gains are left out because other programs use the cores.
  [[nodiscard]] std::vector<std::string> facts(bool hides_gains) const;

 private:
  [[nodiscard]] std::string pauses() const;

  const Shares* shares_;
  bool is_over_;
};

}  // namespace leat::verdict
