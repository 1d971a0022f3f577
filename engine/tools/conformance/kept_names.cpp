#include "conformance/kept_names.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/scalar.h"
#include "conformance/named_axes.h"
#include "conformance/near.h"
#include "conformance/numbers.h"
#include "conformance/orders.h"
#include "conformance/reordered_runs.h"
#include "leat/node_error.h"

namespace leat::conformance {
namespace {

class NamesJudge {
 public:
  NamesJudge(const GraphDescription& graph, const Registry& registry, const BuildTrial& build, const RunFirstStep& run,
             const std::set<std::string>& types)
      : runs_(graph, registry, build, run), types_(types) {}

  [[nodiscard]] Judgement judge() {
    std::vector<std::pair<std::size_t, Names>> subjects;
    for (std::size_t k = 0; k < phase().nodes.size(); ++k) {
      if (!types_.contains(phase().nodes[k].type->id)) continue;
      judge_words(phase().nodes[k]);
      for (const Names& names : names_read(phase().nodes[k])) subjects.emplace_back(k, names);
    }
    if (subjects.empty()) return std::move(out_);
    FirstPuts plain(phase().name);
    metrics_ = runs_.run_plain(plain);
    for (const auto& [node, names] : subjects) judge_orders(phase().nodes[node], names, plain);
    return std::move(out_);
  }

 private:
  [[nodiscard]] const ProgramPhase& phase() const { return runs_.phase(); }
  [[nodiscard]] const Wire& wire(int index) const { return runs_.wire(index); }

  /// Returns the lists of at least two names that a node reads.
  [[nodiscard]] std::set<Names> names_read(const ProgramNode& node) const {
    std::set<Names> out;
    const auto add = [&out](const Dim& dim) {
      if (dim.names && dim.names->list.size() > 1) out.insert(dim.names->list);
    };
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Contract& contract = wire(feed.wire).contract;
        for (const Dim& dim : contract.dims) add(dim);
        if (contract.has_entries) add(contract.entries);
      }
    return out;
  }

  /// Reports inputs with the same names under different words or none, because Leat does not compare these.
  void judge_words(const ProgramNode& node) {
    for (const Names& names : names_read(node)) {
      const Port* first = nullptr;
      std::string word;
      for (const BoundInput& input : node.inputs)
        for (const Feed& feed : input.feeds)
          for (const int axis : axes_of(wire(feed.wire).contract, names)) {
            const std::string own = symbol_of(input.port->contract(), axis);
            if (!first) {
              first = input.port;
              word = own;
            } else if (own != word && first != input.port) {
              const auto called = [](const std::string& of, const Port& port) {
                return "`" + std::string(port.name()) + "` " + (of.empty() ? "without a word for them" : "as `" + of + "`");
              };
              find(node, "loses names: it reads " + words(names) + " of " + called(word, *first) + ", and of " + called(own, *input.port) +
                             ": with the same word in both sentences, they would be compared");
            }
          }
    }
  }

  void judge_orders(const ProgramNode& node, const Names& names, const FirstPuts& plain) {
    std::vector<ReorderedRun> trials;
    for (const Order& order : tried_orders(names.size())) {
      std::string why_not;
      try {
        std::optional<ReorderedRun> trial = runs_.run_in(node, names, order, why_not);
        if (trial) trials.push_back(std::move(*trial));
      } catch (const NodeError& error) {
        why_not = "with their entries in another order, " + error.where + " fails: " + error.cause;
      } catch (const GraphError& error) {
        why_not = "with their entries in another order, the graph is refused: " + error.diagnostics().all().front().text;
      }
      if (!why_not.empty()) return leave_open(node, "whether it keeps the names " + words(names) + " is not known: " + why_not);
    }
    const bool is_tied = has_equal_entries(node, names, plain);
    bool has_moved = false;
    for (const int output : node.wires) {
      const std::string port(wire(output).port->name());
      const BySlot before = plain.of(node.name, port);
      if (before.empty()) continue;
      const std::size_t found = out_.broken.size();
      if (named_axes(wire(output).contract, names).empty()) judge_nameless(node, wire(output), names, before, trials);
      else judge_named(node, wire(output), names, before, trials, plain, is_tied);
      has_moved |= out_.broken.size() > found;
    }
    if (has_moved) return;
    const std::size_t found = out_.broken.size();
    judge_metrics(node, names, trials, is_tied);
    if (out_.broken.size() == found) judge_equal_metrics(node, names);
  }

  /// Returns true if an exchange of two entries changes nothing in an input. Then a node that takes the first of the largest entries, say,
  /// gives another result in another order.
  [[nodiscard]] bool has_equal_entries(const ProgramNode& node, const Names& names, const FirstPuts& plain) const {
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds)
        for (const int axis : axes_of(wire(feed.wire).contract, names)) {
          const Wire& read = wire(feed.wire);
          const BySlot values = plain.of(phase().nodes[static_cast<std::size_t>(read.node)].name, read.port->name());
          for (std::size_t k = 1; k < names.size() && axis != Reorder::entries; ++k) {
            Order exchanged = in_order(names.size());
            std::swap(exchanged[k - 1], exchanged[k]);
            if (!has_order(values, on_all({axis}, exchanged))) return true;
          }
        }
    return false;
  }

  /// Judges an output that has the names.
  void judge_named(const ProgramNode& node, const Wire& output, const Names& names, const BySlot& before,
                   const std::vector<ReorderedRun>& trials, const FirstPuts& plain, bool is_tied) {
    const std::string name(output.port->name()), port = "`" + name + "`";
    const std::string broken =
        "loses names: its output " + port + " says that its entries are " + words(names) + ", but they come in another order";
    if (!output.port->type().reorder) return;
    const std::vector<int> axes = named_axes(output.contract, names);
    if (is_moved(node, output, names, before, plain)) return find(node, broken);
    for (const ReorderedRun& trial : trials) {
      Orders expected, kept;
      for (const int axis : axes) {
        expected.emplace_back(axis, order_between(names_at(output.contract, axis), names_at(trial.contracts.at(name), axis)));
        kept.emplace_back(axis, in_order(names.size()));
      }
      const BySlot& after = trial.puts.at(name);
      if (is_order(before, after, expected)) continue;
      if (is_tied)
        return leave_open(node, "whether its output " + port + " keeps the names " + words(names) +
                                    " is not known: some entries of its inputs are equal, as with a network that has learnt nothing");
      // The names are those of a reader, and the entries are not.
      if (expected == kept && is_order(before, after, on_all(axes, trial.order))) return find(node, lost(output, axes.front(), names));
      for (const Order& order : other_orders(names.size()))
        if (is_order(before, after, on_all(axes, order))) return find(node, broken);
      // The names of a node with weights can be those of its weights, which nothing reorders.
      if (const std::string mixed = node.resources.empty()
                                        ? mixed_words(names_at(output.contract, axes.front()), axes.front(), before, after, expected)
                                        : std::string();
          !mixed.empty() && !runs_.draws(node, name, before))
        return find(node, "loses names: its output " + port + mixed + " if the entries " + words(names) +
                              " of its inputs come in another order: find an entry by its name, which `NamesOf` has, not by its position");
      return leave_open(node, "whether its output " + port + " keeps the names " + words(names) +
                                  " is not known: it mixes them or draws random numbers, and its numbers can be rounded differently");
    }
    if (names.size() == 2 && !is_same_as_input(node, output, before, plain) && has_order(before, on_all(axes, trials.front().order)))
      leave_open(node, "whether its output " + port + " keeps the names " + words(names) +
                           " is not known: an exchange of two entries cannot be detected; name a graph with three");
  }

  /// Returns the number of an output that differs most by name in another order, " has -1.2 for `A`, and 0.8"; empty: no number differs by
  /// more than rounding, or the type has no numbers.
  [[nodiscard]] static std::string mixed_words(const Names& names, int axis, const BySlot& before, const BySlot& after,
                                               const Orders& expected) {
    for (const auto& [slot, value] : before) {
      const auto found = after.find(slot);
      if (found == after.end() || !value.type().numbers || !value.type().is_same(found->second.type())) continue;
      Value right = value;
      for (const auto& [at, order] : expected) right = right.reordered({at, order, static_cast<int>(order.size())});
      const Numbers one = right.numbers(), other = found->second.numbers();
      const int most = most_different(one, other, value.contract().dtype);
      if (most < 0) continue;
      // The entry's place, in the order of this run.
      std::int64_t entry = most;
      for (std::size_t k = one.dims.size(); axis != Reorder::entries && k > static_cast<std::size_t>(axis) + 1; --k)
        entry /= one.dims[k - 1];
      std::string of;
      if (axis != Reorder::entries && static_cast<std::size_t>(axis) < one.dims.size()) {
        entry %= one.dims[static_cast<std::size_t>(axis)];
        const Order& order = expected.front().second;
        if (const auto at = std::find(order.begin(), order.end(), static_cast<int>(entry)); at != order.end())
          of = " for `" + names[static_cast<std::size_t>(at - order.begin())] + "`";
      }
      const auto index = static_cast<std::size_t>(most);
      return " has " + rounded_text(doubles_of(one)[index], 6) + of + ", and " + rounded_text(doubles_of(other)[index], 6);
    }
    return {};
  }

  /// Says of a metric of each entry that it would not show an exchange, because all entries have the same number.
  void judge_equal_metrics(const ProgramNode& node, const Names& names) {
    for (const Metric* metric : node.node->metrics()) {
      if (metric->name().find('{') == std::string_view::npos) continue;
      std::vector<double> numbers;
      for (const std::string& name : names)
        if (const auto found = metrics_.find(node.name + "." + metric->of(name)); found != metrics_.end()) numbers.push_back(found->second);
      if (numbers.size() < 2 || !std::all_of(numbers.begin(), numbers.end(), [&](double one) { return is_near(one, numbers.front()); }))
        continue;
      out_.is_blind = true;
      leave_open(node, "whether its metric `" + std::string(metric->name()) + "` keeps the names " + words(names) +
                           " is not known: it is " + rounded_text(numbers.front(), 6) + " for each of them");
    }
  }

  /// Judges the metrics of a node, and those of nodes that read its outputs without names, such as a loss term.
  void judge_metrics(const ProgramNode& node, const Names& names, const std::vector<ReorderedRun>& trials, bool is_tied) {
    std::vector<const ProgramNode*> measured{&node};
    for (const int output : node.wires)
      for (const Wire::Reader& reader : wire(output).readers)
        if (const ProgramNode& one = phase().nodes[static_cast<std::size_t>(reader.node)];
            named_axes(wire(output).contract, names).empty() && std::find(measured.begin(), measured.end(), &one) == measured.end())
          measured.push_back(&one);
    for (const ProgramNode* one : measured)
      for (const auto& [metric, number] : metrics_) {
        if (!metric.starts_with(one->name + ".")) continue;
        const std::string name = metric.substr(one->name.size() + 1);
        for (const ReorderedRun& trial : trials) {
          const auto other = trial.metrics.find(metric);
          if (other != trial.metrics.end() && is_near(number, other->second)) continue;
          const std::string what =
              one == &node ? "its metric `" + name + "`" : "the metric `" + name + "` of `" + one->name + "`, which reads it,";
          const std::string numbers = what + " is " + rounded_text(number, 6) + ", and " +
                                      (other == trial.metrics.end() ? "not recorded" : rounded_text(other->second, 6)) +
                                      " if the entries " + words(names) + " of its inputs come in another order";
          if (is_tied)
            return leave_open(
                node, "whether it keeps the names " + words(names) + " is not known: some entries of its inputs are equal, and " + numbers);
          return find(node, "loses names: " + numbers + ": find an entry by its name, which `NamesOf` has, not by its position");
        }
      }
  }

  /// Judges an output without names. One of its dimensions can be that of the names.
  void judge_nameless(const ProgramNode& node, const Wire& output, const Names& names, const BySlot& before,
                      const std::vector<ReorderedRun>& trials) {
    const std::string port(output.port->name());
    const Contract given = before.begin()->second.contract();
    std::vector<int> axes;
    for (std::size_t k = 0; k < given.dims.size(); ++k) {
      const bool is_rows = k < output.contract.dims.size() && output.contract.dims[k].symbol == "N";
      if (!is_rows && given.dims[k].size == static_cast<std::int64_t>(names.size())) axes.push_back(static_cast<int>(k));
    }
    axes.push_back(Reorder::entries);
    for (const int axis : axes)
      if (std::all_of(trials.begin(), trials.end(), [&](const ReorderedRun& trial) {
            const Orders moved = on_all({axis}, trial.order);
            return has_order(before, moved) && is_order(before, trial.puts.at(port), moved);
          }))
        return find(node, lost(output, axis, names));
  }
  /// Returns the sentence on entries that an output has under another word than the input.
  static std::string lost(const Wire& output, int axis, const Names& names) {
    const std::string word = symbol_of(output.port->contract(), axis);
    return "loses names: the entries of its output `" + std::string(output.port->name()) + "` are " + words(names) +
           ", as in its input, but its sentence has " + (word.empty() ? "no word" : "the word `" + word + "`") +
           " for them: with the word of the input, the names would be kept";
  }

  /// The values of an input with the type of an output.
  struct Alike {
    const Wire* wire;
    BySlot values;
  };
  [[nodiscard]] std::vector<Alike> read_alike(const ProgramNode& node, const Wire& output, const FirstPuts& plain) const {
    std::vector<Alike> out;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& read = wire(feed.wire);
        const std::string& writer = phase().nodes[static_cast<std::size_t>(read.node)].name;
        if (read.port->type().is_same(output.port->type())) out.push_back({&read, plain.of(writer, read.port->name())});
      }
    return out;
  }
  [[nodiscard]] bool is_same_as_input(const ProgramNode& node, const Wire& output, const BySlot& before, const FirstPuts& plain) const {
    const std::vector<Alike> all = read_alike(node, output, plain);
    return std::any_of(all.begin(), all.end(), [&](const Alike& read) { return is_order(read.values, before, {}); });
  }
  /// Returns true if the output is an input with its entries in another order than its names.
  [[nodiscard]] bool is_moved(const ProgramNode& node, const Wire& output, const Names& names, const BySlot& before,
                              const FirstPuts& plain) const {
    for (const Alike& read : read_alike(node, output, plain))
      for (const int axis : named_axes(output.contract, names)) {
        const Names had = names_at(read.wire->contract, axis);
        if (had.size() != names.size()) continue;
        const Order right = order_between(had, names_at(output.contract, axis));
        if (is_order(read.values, before, on_all({axis}, right))) return false;
        for (const Order& order : other_orders(names.size()))
          if (order != right && is_order(read.values, before, on_all({axis}, order))) return true;
      }
    return false;
  }

  void find(const ProgramNode& node, const std::string& text) { out_.broken.push_back({node.type->id, text}); }
  void leave_open(const ProgramNode& node, const std::string& text) { out_.not_judged.push_back({node.type->id, text}); }

  ReorderedRuns runs_;
  const std::set<std::string>& types_;
  Metrics metrics_;  ///< Of the plain run.
  Judgement out_;
};

}  // namespace

Judgement judge_names(const GraphDescription& graph, const Registry& registry, const BuildTrial& build, const RunFirstStep& run,
                      const std::set<std::string>& types) {
  return NamesJudge(graph, registry, build, run, types).judge();
}

}  // namespace leat::conformance
