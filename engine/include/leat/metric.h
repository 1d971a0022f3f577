#pragma once

#include <deque>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace leat {

class Node;

/// Direction in which values of a metric are better. A plan's `keep` uses it.
enum class Better { Higher, Lower, Neither };

/// Lowest and highest possible value of a metric. Reports limit intervals to them.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// Prominence of a metric: a headline is also in summaries and comparisons of runs, a detail only in the report of its run.
enum class Shown { Detail, Headline };

/// A metric of a node, `phase.node.name` in results: `Metric dice{this, "dice", Better::Higher, "Mean Dice of all masks.", {0, 1},
/// Shown::Headline}`. In a name, `{K}` stands for the entries of the symbol K in the node's contracts; another word in braces stands for
/// any text: `dice_{K}`, `share_{group}`. A node declares the metrics that it records (`Frame::metric`). A plan's `keep` can use declared
/// metrics only.
class Metric {
 public:
  Metric(Node* owner, std::string_view name, Better better, std::string_view sentence, Bounds bounds = {}, Shown shown = Shown::Detail);
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] Better better() const { return better_; }
  [[nodiscard]] std::string_view sentence() const { return sentence_; }
  [[nodiscard]] Bounds bounds() const { return bounds_; }
  [[nodiscard]] Shown shown() const { return shown_; }
  /// Returns the name with `entry` instead of the braces and their contents. Throws std::logic_error if the name has no braces.
  [[nodiscard]] std::string of(std::string_view entry) const;

 private:
  std::string_view name_;
  Better better_;
  std::string_view sentence_;
  Bounds bounds_;
  Shown shown_;
};

/// Several details with one `Better` and equal bounds: `MetricGroup overlap{this, Better::Higher, {{"dice", "…"}, {"jaccard", "…"}}}`.
class MetricGroup {
 public:
  using Named = std::pair<std::string_view, std::string_view>;  ///< Name, sentence.
  MetricGroup(Node* owner, Better better, std::initializer_list<Named> all, Bounds bounds = {});

  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }

 private:
  std::deque<Metric> all_;
};

}  // namespace leat
