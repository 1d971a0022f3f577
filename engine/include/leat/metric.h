#pragma once

#include <deque>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace leat {

class Node;

/// Which of two values of a metric is the better one: what a plan's `keep` goes by.
enum class Better { Higher, Lower, Neither };

/// The least and the largest value that a metric can have; reports cut intervals there.
struct Bounds {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// Where a metric is shown: a headline is in the summaries and comparisons of runs too, a detail in the report of its run alone.
enum class Shown { Detail, Headline };

/// A figure that a node measures, `phase.node.name` in results: `Metric dice{this, "dice", Better::Higher, "Mean Dice of all masks.", {0,
/// 1}, Shown::Headline}`. In a name, `{K}` stands for the entries of the symbol K in the node's contracts, any other word in braces for any
/// text: `dice_{K}`, `share_{group}`. A node records what it declares (`Frame::metric`); what it does not declare, a plan's `keep` cannot
/// name.
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
  /// The name with this text in place of what is in braces. Throws std::logic_error for a name without braces.
  [[nodiscard]] std::string of(std::string_view entry) const;

 private:
  std::string_view name_;
  Better better_;
  std::string_view sentence_;
  Bounds bounds_;
  Shown shown_;
};

/// Several details that differ in name and sentence alone: `MetricGroup overlap{this, Better::Higher, {{"dice", "…"}, {"jaccard", "…"}}}`.
class MetricGroup {
 public:
  using Named = std::pair<std::string_view, std::string_view>;  ///< Name and sentence.
  MetricGroup(Node* owner, Better better, std::initializer_list<Named> all, Bounds bounds = {});

  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }

 private:
  std::deque<Metric> all_;
};

}  // namespace leat
