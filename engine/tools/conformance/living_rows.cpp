#include "conformance/living_rows.h"

#include <algorithm>

#include "base/declared_metric.h"
#include "base/scalar.h"
#include "conformance/near.h"

namespace leat::conformance {
namespace {

constexpr const char* begin_of_text = "ignores the weights of rows: its ";
constexpr const char* end_of_text =
    " changes with what the row of a dropped sample repeats: leave out rows whose `weight(row)` is 0, or multiply by `RowWeights` "
    "(leat/row_weights.h)";
/// Least number of rows such that a dropped row has live neighbours on both sides.
constexpr int least_rows = 3;

/// Returns the metrics of a node, by their names without the node's.
Metrics metrics_of(const std::string& node, const Metrics& all) {
  Metrics out;
  for (const auto& [name, number] : all)
    if (name.starts_with(node + ".")) out[name.substr(node.size() + 1)] = number;
  return out;
}

template <class Map, class Key>
typename Map::mapped_type found(const Map& map, const Key& key) {
  const auto at = map.find(key);
  return at == map.end() ? typename Map::mapped_type() : at->second;
}

std::set<std::string> names_of(const Metrics& one, const Metrics& other) {
  std::set<std::string> names;
  for (const Metrics* all : {&one, &other})
    for (const auto& [name, number] : *all) names.insert(name);
  return names;
}

}  // namespace

void LivingRows::Variety::add(std::uint64_t value, const std::vector<std::uint64_t>& of_rows) {
  has_different_values |= values.emplace(of_rows.size(), value).first->second != value;
  for (std::size_t row = 0; row < of_rows.size() && rows.size() < 2; ++row) rows.insert(of_rows[row]);
}

LivingRows::LivingRows(const ProgramPhase& phase, std::int64_t first_different, int ranks)
    : phase_(phase.name), first_different_(first_different), ranks_(ranks) {
  for (const Wire& wire : phase.wires)
    if (wire.grain == Grain::Step && wire.origin >= 0)
      with_rows_.emplace(phase.nodes[static_cast<std::size_t>(wire.node)].name, wire.port->name());
}

void LivingRows::value_put(const PutValue& put) {
  if (put.phase != phase_) return;
  const Output output(put.node, put.port);
  const Put key{put.step, output.first, output.second};
  const std::uint64_t hash = put.value.hash();
  Hashes hashes;
  std::vector<std::uint64_t> rows;
  std::string unknown;
  if (with_rows_.contains(output)) rows = put.value.hash_rows();
  if (!put.weights.empty() && rows.size() != put.weights.size())
    unknown = "`hash_rows` of `" + std::string(put.value.type().name) + "` gives " + std::to_string(rows.size()) + " hashes for the " +
              std::to_string(put.weights.size()) + " rows of `" + output.first + "." + output.second + "`";
  else if (rows.empty()) hashes[put.slot] = hash;
  for (std::size_t row = 0; row < rows.size() && unknown.empty(); ++row)
    if (put.weights.empty() || put.weights[row] != 0) hashes[static_cast<int>(row) * ranks_] = rows[row];
  const std::lock_guard guard(lock_);
  puts_[key].merge(hashes);
  if (!unknown.empty()) unknown_[key] = std::move(unknown);
  if (!rows.empty()) variety_[output].add(hash, rows);
}

void LivingRows::step_retired(const Progress& progress) {
  if (progress.phase != phase_) return;
  const std::lock_guard guard(lock_);
  metrics_[progress.step - 1] = progress.metrics;
}

void LivingRows::add(const RunResult& result) { last_ = found(result.phases, phase_); }

/// Compares two runs, node by node.
class LivingRows::Judge {
 public:
  Judge(const Program& program, const LivingRows& one, const LivingRows& other, const std::set<std::string>& types)
      : one_(one), other_(other), types_(types) {
    for (const ProgramPhase& phase : program.phases) {
      if (phase.name == one.phase_) phase_ = &phase;
      for (const ProgramNode& node : phase.nodes)
        for (const auto& [resource, access] : node.resources)
          if (access == UsePort::Access::Write) changed_.insert(resource);
    }
  }

 protected:
  [[nodiscard]] const Wire& wire(int index) const { return phase_->wires[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const ProgramNode& writer(const Wire& of) const { return phase_->nodes[static_cast<std::size_t>(of.node)]; }
  [[nodiscard]] bool reads_rows(const ProgramNode& node) const {
    return node.grain == Grain::Step && std::any_of(node.inputs.begin(), node.inputs.end(), [this](const BoundInput& input) {
             return std::any_of(input.feeds.begin(), input.feeds.end(), [this](const Feed& feed) { return wire(feed.wire).origin >= 0; });
           });
  }
  /// Returns why the node cannot be compared: it read different live rows in the two runs, or that is not known. Empty: it read the same
  /// rows.
  [[nodiscard]] std::string difference(const ProgramNode& node, std::int64_t step) const {
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& read = wire(feed.wire);
        const Output output(writer(read).name, read.port->name());
        const std::string name = "`" + output.first + "." + output.second + "`";
        const Put put{step, output.first, output.second};
        for (const LivingRows* run : {&one_, &other_}) {
          if (const auto why = run->unknown_.find(put); why != run->unknown_.end()) return why->second;
          if (found(run->variety_, output).is_blind())
            return "`hash_rows` of `" + std::string(read.port->type().name) + "` gives all rows of " + name + " the same hash";
        }
        if (found(one_.puts_, put) != found(other_.puts_, put))
          return "live rows of " + name + " differ between the two runs, " + why_mixed(writer(read));
      }
    return {};
  }
  /// Returns why live rows of a node's output differ.
  [[nodiscard]] std::string why_mixed(const ProgramNode& node) const {
    std::set<const ProgramNode*> seen;
    const ProgramNode* mixing = find_mixing(node, seen);
    return mixing ? "because `" + mixing->name + "` lets dropped rows change them" : "as they do after a batch norm in training";
  }
  /// Returns the node, or one before it, that lets dropped rows change others; null: none was found.
  [[nodiscard]] const ProgramNode* find_mixing(const ProgramNode& node, std::set<const ProgramNode*>& seen) const {
    if (mixing_.contains(&node)) return &node;
    if (!seen.insert(&node).second) return nullptr;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds)
        if (const ProgramNode* found = find_mixing(writer(wire(feed.wire)), seen)) return found;
    return nullptr;
  }
  /// Returns true if the values of an output have a row for each sample. A node can mix rows.
  [[nodiscard]] bool has_rows(const Wire& of) const {
    const Contract& contract = of.port->contract();
    return of.grain == Grain::Slot || (!contract.dims.empty() && contract.dims[0].symbol == "N");
  }
  /// Returns true if the node uses a resource that steps change.
  [[nodiscard]] bool knows_changed(const ProgramNode& node) const {
    return std::any_of(node.resources.begin(), node.resources.end(), [this](const auto& use) { return changed_.contains(use.first); });
  }
  void find(const ProgramNode& node, const std::string& text) { out_.broken.push_back({node.type->id, text}); }
  /// Records what is not known, for the type of the node if it is under test, else for one of a node that it reads.
  void leave_open(const ProgramNode& node, const std::string& text) {
    const std::string* type = types_.contains(node.type->id) ? &node.type->id : nullptr;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds)
        if (const std::string& read = writer(wire(feed.wire)).type->id; !type && types_.contains(read)) type = &read;
    if (type) out_.not_judged.push_back({*type, text});
  }

  const LivingRows& one_;
  const LivingRows& other_;
  const std::set<std::string>& types_;
  const ProgramPhase* phase_ = nullptr;
  std::set<const ProgramNode*> mixing_;  ///< Nodes whose live rows change with the contents of dropped rows.
  std::set<int> changed_;                ///< Resources that some node of the program changes.
  Judgement out_;
};

/// Judges whether the contents of dropped rows count.
class LivingRows::WeightJudge : public Judge {
 public:
  WeightJudge(const Program& program, const LivingRows& one, const LivingRows& other, const LivingRows& plain,
              const std::set<std::string>& types)
      : Judge(program, one, other, types), plain_(plain) {}
  [[nodiscard]] Judgement judge() {
    // A node comes after those that it reads, so that the first one that mixes rows is known.
    for (const int index : phase_->order)
      if (const ProgramNode& node = phase_->nodes[static_cast<std::size_t>(index)]; reads_rows(node)) judge(node);
    return std::move(out_);
  }

 private:
  /// Returns true if the node can be the pass of a network in training, in which a batch norm mixes all rows.
  [[nodiscard]] bool trains_network(const ProgramNode& node) const { return phase_->kind == PhaseKind::Train && !node.resources.empty(); }
  [[nodiscard]] bool is_row_unknown(const Put& put) const { return one_.unknown_.contains(put) || other_.unknown_.contains(put); }
  void judge(const ProgramNode& node) {
    std::string why = judge_steps(node);
    const int rows = node.origin < 0 ? least_rows : phase_->origins[static_cast<std::size_t>(node.origin)].rows;
    if (node.origin >= 0 && rows < least_rows) {
      const int source = phase_->origins[static_cast<std::size_t>(node.origin)].source;
      why = "it needs a `batch` of at least " + std::to_string(least_rows) + ", and that of `" +
            phase_->nodes[static_cast<std::size_t>(source)].name + "` is " + std::to_string(rows);
    }
    if (why.empty() && node.wires.empty()) {
      why = why_blind(node);
      out_.is_blind |= !why.empty() && types_.contains(node.type->id);
    }
    if (!why.empty() && has_figures(node)) leave_open(node, "whether `" + node.name + "` ignores the weights of rows is not known: " + why);
  }
  /// Returns why nothing was compared; empty: something was compared.
  std::string judge_steps(const ProgramNode& node) {
    // A node can depend on more than its inputs: a resource that earlier steps changed, or its state. Up to the first step with different
    // rows, both runs are the same.
    const bool knows = knows_changed(node);
    bool has_read_same = true, is_judged = false;
    std::string first;
    for (const auto& [step, metrics] : one_.metrics_) {
      if (knows && step > one_.first_different_) break;
      const std::string why = difference(node, step);
      has_read_same &= why.empty();
      if (first.empty()) first = why;
      if (!(node.is_ordered() ? has_read_same : why.empty())) continue;
      is_judged |= step >= one_.first_different_;
      for (const int output : node.wires) {
        const Put put{step, node.name, std::string(wire(output).port->name())};
        if (found(one_.puts_, put) == found(other_.puts_, put)) continue;
        if (!has_rows(wire(output))) find_in(node, "output `" + put.port + "`");
        else if (types_.contains(node.type->id) && !trains_network(node) && !is_row_unknown(put)) {
          mixing_.insert(&node);
          find_in(node, "output `" + put.port + "` in live rows");
        }
      }
      compare(node, metrics, found(other_.metrics_, step));
    }
    if (has_read_same && !knows) compare(node, one_.last_, other_.last_);
    return is_judged ? std::string() : first.empty() ? "no step of it was compared" : first;
  }
  [[nodiscard]] bool has_figures(const ProgramNode& node) const {
    if (std::any_of(node.wires.begin(), node.wires.end(), [this](int output) { return !has_rows(wire(output)); })) return true;
    return std::any_of(one_.metrics_.begin(), one_.metrics_.end(),
                       [&](const auto& of_step) { return !metrics_of(node.name, of_step.second).empty(); }) ||
           !metrics_of(node.name, one_.last_).empty();
  }
  void compare(const ProgramNode& node, const Metrics& one, const Metrics& other) {
    const Metrics ours = metrics_of(node.name, one), theirs = metrics_of(node.name, other);
    for (const std::string& name : names_of(ours, theirs))
      if (!ours.contains(name) || !theirs.contains(name) || !is_same(ours.at(name), theirs.at(name)))
        find_in(node, "metric `" + name + "`");
  }
  /// Returns why the metrics of a node without outputs show nothing; empty: at least one depends on the rows.
  [[nodiscard]] std::string why_blind(const ProgramNode& node) const {
    const auto is_meant = [&node](const std::string& name) {
      const Metric* declared = find_declared(node.node->metrics(), name);
      return !declared || declared->better() != Better::Neither;
    };
    std::string first;
    const auto depends = [&](const Metrics& dropped, const Metrics& living) {
      const Metrics ours = metrics_of(node.name, dropped), theirs = metrics_of(node.name, living);
      return std::any_of(ours.begin(), ours.end(), [&](const auto& one) {
        if (!is_meant(one.first)) return false;
        if (first.empty()) first = "its metric `" + one.first + "` is " + rounded_text(one.second, 6) + " with any rows";
        const auto other = theirs.find(one.first);
        return other == theirs.end() || !is_same(one.second, other->second);
      });
    };
    for (const auto& [step, metrics] : one_.metrics_)
      if (step >= one_.first_different_ && depends(metrics, found(plain_.metrics_, step))) return {};
    return depends(one_.last_, plain_.last_) ? std::string() : first;
  }
  void find_in(const ProgramNode& node, const std::string& what) { find(node, begin_of_text + what + end_of_text); }

  const LivingRows& plain_;
};

/// Judges whether the number of dropped rows counts.
class LivingRows::CountJudge : public Judge {
 public:
  using Judge::Judge;
  [[nodiscard]] Judgement judge() {
    for (const ProgramNode& node : phase_->nodes)
      if (node.grain == Grain::Step) judge(node);
    for (const auto& [node, text] : unclear_)
      if (!is_broken_.contains(node)) leave_open(*node, text);
    if (out_.broken.empty())
      for (const ProgramNode& node : phase_->nodes)
        if (reads_rows(node) && types_.contains(node.type->id)) say_open(node);
    return std::move(out_);
  }

 private:
  /// An output, as (node, its index), or the metrics of the node itself, as (node, -1).
  using Part = std::pair<const ProgramNode*, int>;

  void judge(const ProgramNode& node) {
    for (const auto& [step, metrics] : one_.metrics_)
      compare(node, {step}, metrics_of(node.name, metrics), metrics_of(node.name, found(other_.metrics_, step)));
    if (one_.metrics_.empty()) return;
    std::vector<std::int64_t> all;
    for (const auto& [step, metrics] : one_.metrics_) all.push_back(step);
    compare(node, all, metrics_of(node.name, one_.last_), metrics_of(node.name, other_.last_));
  }
  void compare(const ProgramNode& node, const std::vector<std::int64_t>& steps, const Metrics& alone, const Metrics& beside) {
    for (const std::string& name : names_of(alone, beside)) {
      std::vector<Part> parts;
      add_parts(node, name, -1, parts);
      const bool knows = std::any_of(parts.begin(), parts.end(), [this](const Part& part) { return knows_changed(*part.first); });
      if (parts.empty() || ((knows || knows_changed(node)) && steps.back() > one_.first_different_)) continue;
      std::string why;
      for (const Part& part : parts)
        for (std::int64_t step = part.first->is_ordered() || node.is_ordered() ? 0 : steps.front(); step <= steps.back() && why.empty();
             ++step)
          why = difference(*part.first, step);
      for (const Part& part : parts) why.empty() ? (void)judged_.insert(part) : (void)why_not_.emplace(part, why);
      if (!why.empty() || !alone.contains(name) || !beside.contains(name) || is_near(alone.at(name), beside.at(name))) continue;
      const bool divides = std::any_of(parts.begin(), parts.end(), [&](const Part& part) {
        return is_near(alone.at(name) * living_share(*part.first), beside.at(name));
      });
      for (const Part& part : parts)
        if (!divides || is_near(alone.at(name) * living_share(*part.first), beside.at(name)))
          tell(*part.first, node, name, alone.at(name), beside.at(name), divides);
    }
  }
  /// Returns the fraction of live rows in a step in which every second sample is dropped.
  [[nodiscard]] double living_share(const ProgramNode& node) const {
    if (node.origin < 0) return 1;
    const int rows = phase_->origins[static_cast<std::size_t>(node.origin)].rows;
    return static_cast<double>(BatchShare{0, 2}.places_of(rows)) / rows;
  }
  /// Finds the nodes that compute the metric from rows: the node itself, or nodes whose values without rows it reads. If an input has a
  /// member with the metric's name, only that member counts.
  void add_parts(const ProgramNode& node, const std::string& metric, int output, std::vector<Part>& parts) const {
    if (reads_rows(node)) {
      if (std::find(parts.begin(), parts.end(), Part(&node, output)) == parts.end()) parts.emplace_back(&node, output);
      return;
    }
    const auto is_meant = [&metric](const Feed& feed) { return !metric.empty() && feed.member == metric; };
    bool has_meant = false;
    for (const BoundInput& input : node.inputs) has_meant |= std::any_of(input.feeds.begin(), input.feeds.end(), is_meant);
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds)
        if (const Wire& read = wire(feed.wire); read.grain == Grain::Step && (!has_meant || is_meant(feed)))
          add_parts(writer(read), {}, read.output, parts);
  }
  /// Reports a metric that differs. If it is smaller by exactly the fraction of live rows, it was divided by the number of all rows.
  /// Otherwise it can be meant to count dropped samples.
  void tell(const ProgramNode& blamed, const ProgramNode& node, const std::string& metric, double alone, double beside, bool divides) {
    if (!told_.emplace(&blamed, node.name + "." + metric).second) return;
    const std::string name = "metric `" + metric + "`" + (&blamed == &node ? "" : " of `" + node.name + "`, which reads it,");
    const std::string numbers = "is " + rounded_text(alone, 6) + " for the live rows alone, and " + rounded_text(beside, 6) +
                                " together with as many rows of dropped samples";
    const std::string whose = &blamed == &node ? "its " : "the ";
    if (divides) {
      find(blamed, "counts the rows of dropped samples: " + whose + name + " " + numbers +
                       ": divide by the sum of the weights, not by the number of rows");
      is_broken_.insert(&blamed);
    } else if (types_.contains(blamed.type->id)) {
      unclear_.emplace_back(&blamed, "whether " + whose + name + " means to count the rows of dropped samples is not known: it " + numbers);
    }
  }
  void say_open(const ProgramNode& node) {
    for (const int output : node.wires) {
      const Part part(&node, wire(output).output);
      if (has_rows(wire(output)) || judged_.contains(part)) continue;
      const auto why = why_not_.find(part);
      leave_open(node,
                 "whether its output `" + std::string(wire(output).port->name()) + "` counts the rows of dropped samples is not known: " +
                     (why != why_not_.end()
                          ? why->second
                          : "no metric shows it, and only exact values could be compared, but its numbers can be rounded differently"));
    }
    const Part own(&node, -1);
    if (const auto why = why_not_.find(own); why != why_not_.end() && !judged_.contains(own))
      leave_open(node, "whether its metrics count the rows of dropped samples is not known: " + why->second);
  }

  std::set<Part> judged_;
  std::set<std::pair<const ProgramNode*, std::string>> told_;
  std::set<const ProgramNode*> is_broken_;
  std::vector<std::pair<const ProgramNode*, std::string>>
      unclear_;  ///< Differences that can follow from a broken node. Reported only if the node itself is not broken.
  std::map<Part, std::string> why_not_;
};

Judgement LivingRows::of_weights(const Program& program, const LivingRows& one, const LivingRows& other, const LivingRows& plain,
                                 const std::set<std::string>& types) {
  return WeightJudge(program, one, other, plain, types).judge();
}

Judgement LivingRows::of_counts(const Program& program, const LivingRows& alone, const LivingRows& beside,
                                const std::set<std::string>& types) {
  return CountJudge(program, alone, beside, types).judge();
}

}  // namespace leat::conformance
