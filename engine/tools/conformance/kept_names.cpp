#include "conformance/kept_names.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "leat/node_error.h"

namespace leat::conformance {
namespace {

using Names = std::vector<std::string>;

std::string words(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

/// Returns the axes of a contract that have these names, as in Reorder: dimensions, and the entries.
std::vector<int> axes_of(const Contract& contract, const Names& names) {
  std::vector<int> out;
  for (std::size_t k = 0; k < contract.dims.size(); ++k)
    if (contract.dims[k].names && contract.dims[k].names->list == names) out.push_back(static_cast<int>(k));
  if (contract.has_entries && contract.entries.names && contract.entries.names->list == names) out.push_back(Reorder::entries);
  return out;
}

/// Returns the symbol in a port's sentence for an axis; empty: it has none.
std::string symbol_of(const Contract& port, int axis) {
  if (axis == Reorder::entries) return port.has_entries ? port.entries.symbol : std::string();
  const auto at = static_cast<std::size_t>(axis);
  return at < port.dims.size() ? port.dims[at].symbol : std::string();
}

/// Keeps the outputs in the first step of a phase.
class FirstPuts final : public Observer {
 public:
  using Place = std::tuple<std::string, std::string, int>;  ///< Node, port, slot.

  explicit FirstPuts(std::string phase) : phase_(std::move(phase)) {}
  void value_put(const PutValue& put) override {
    if (put.step != 0 || put.phase != phase_) return;
    const std::lock_guard guard(lock_);
    puts_.try_emplace({std::string(put.node), std::string(put.port), put.slot}, put.value);
  }
  /// Returns the values of an output by slot; -1: the value of a whole step.
  [[nodiscard]] std::map<int, Value> of(const std::string& node, std::string_view port) const {
    std::map<int, Value> out;
    for (const auto& [place, value] : puts_)
      if (std::get<0>(place) == node && std::get<1>(place) == port) out.emplace(std::get<2>(place), value);
    return out;
  }

 private:
  std::string phase_;
  std::mutex lock_;
  std::map<Place, Value> puts_;
};

using Order = std::vector<int>;  ///< Entry k moves to place `order[k]`.

Order in_order(std::size_t count) {
  Order out(count);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

/// Returns the orders to test a node with: the first two entries exchanged, and all entries moved by one.
std::vector<Order> tried_orders(std::size_t count) {
  Order exchanged = in_order(count), moved = in_order(count);
  std::swap(exchanged[0], exchanged[1]);
  std::rotate(moved.begin(), moved.begin() + 1, moved.end());
  return count == 2 ? std::vector<Order>{exchanged} : std::vector<Order>{exchanged, moved};
}

/// Returns the orders to compare an output with: all orders of at most five entries; otherwise the original order and all exchanges of two.
std::vector<Order> other_orders(std::size_t count) {
  constexpr std::size_t few = 5;
  std::vector<Order> out{in_order(count)};
  Order order = out.front();
  if (count <= few)
    while (std::next_permutation(order.begin(), order.end())) out.push_back(order);
  else
    for (std::size_t a = 0; a < count; ++a)
      for (std::size_t b = a + 1; b < count; ++b) {
        Order one = in_order(count);
        std::swap(one[a], one[b]);
        out.push_back(std::move(one));
      }
  return out;
}

/// Returns the hash of a value with its entries in another order; nullopt if it cannot be reordered.
std::optional<std::uint64_t> hash_in(const Value& value, int axis, const Order& order) {
  if (!value.type().reorder) return {};
  try {
    return value.reordered({axis, order, static_cast<int>(order.size())}).hash();
  } catch (...) {
    return {};
  }
}

/// Outputs of a run in which a node's inputs had another order.
struct Trial {
  Order order;
  std::map<int, Value> puts;
};

/// Returns true if the values of a trial are those of the plain run with the entries along `axis` in this order.
bool is_order(const std::map<int, Value>& plain, const Trial& trial, int axis, const Order& order) {
  if (plain.empty() || plain.size() != trial.puts.size()) return false;
  return std::all_of(plain.begin(), plain.end(), [&](const auto& one) {
    const auto other = trial.puts.find(one.first);
    return other != trial.puts.end() && hash_in(one.second, axis, order) == other->second.hash();
  });
}

/// Returns true if another order changes these values, so that their entries differ.
bool has_order(const std::map<int, Value>& plain, int axis, const Order& order) {
  return std::any_of(plain.begin(), plain.end(), [&](const auto& one) {
    const auto hash = hash_in(one.second, axis, order);
    return hash && *hash != one.second.hash();
  });
}

class NamesJudge {
 public:
  NamesJudge(const BuildProgram& build, const RunFirstStep& run, const std::set<std::string>& types)
      : build_(build), run_(run), types_(types), program_(build()) {
    phase_ = static_cast<std::size_t>(program_.plan.train >= 0 ? program_.plan.train : program_.plan.then.front());
  }

  [[nodiscard]] Judgement judge() {
    std::vector<std::pair<std::size_t, Names>> subjects;
    for (std::size_t k = 0; k < phase().nodes.size(); ++k) {
      if (!types_.contains(phase().nodes[k].type->id)) continue;
      judge_words(phase().nodes[k]);
      for (const Names& names : names_read(phase().nodes[k])) subjects.emplace_back(k, names);
    }
    if (subjects.empty()) return std::move(out_);
    FirstPuts plain(phase().name);
    Program program = build_();
    run_(program, plain);
    for (const auto& [node, names] : subjects) judge_orders(node, names, plain);
    return std::move(out_);
  }

 private:
  [[nodiscard]] const ProgramPhase& phase() const { return program_.phases[phase_]; }
  [[nodiscard]] const Wire& wire(int index) const { return phase().wires[static_cast<std::size_t>(index)]; }

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

  void judge_orders(std::size_t index, const Names& names, const FirstPuts& plain) {
    const ProgramNode& node = phase().nodes[index];
    std::vector<Trial> trials;
    std::vector<std::map<std::string, std::map<int, Value>>> puts;
    for (const Order& order : tried_orders(names.size())) {
      Program program = build_();
      ProgramNode& tried = program.phases[phase_].nodes[index];
      if (!reorder(program.phases[phase_], tried, names, order)) return;
      FirstPuts after(phase().name);
      try {
        run_(program, after);
      } catch (const NodeError& error) {
        return leave_open(node, "whether it keeps the names " + words(names) + " is not known: with their entries in another order, " +
                                    error.where + " fails: " + error.cause);
      }
      auto& of_order = puts.emplace_back();
      for (const int output : node.wires) of_order[std::string(wire(output).port->name())] = after.of(node.name, wire(output).port->name());
      trials.push_back({order, {}});
    }
    for (const int output : node.wires) {
      const std::string port(wire(output).port->name());
      for (std::size_t k = 0; k < trials.size(); ++k) trials[k].puts = puts[k][port];
      const std::map<int, Value> before = plain.of(node.name, port);
      if (before.empty()) continue;
      const std::vector<int> axes = axes_of(wire(output).contract, names);
      if (axes.empty()) judge_nameless(node, wire(output), names, before, trials);
      for (const int axis : axes) judge_named(node, wire(output), axis, names, before, trials, plain);
    }
  }

  /// Reorders the inputs of a node that have these names. Returns false if that is not possible.
  static bool reorder(ProgramPhase& phase, ProgramNode& node, const Names& names, const Order& order) {
    for (BoundInput& input : node.inputs)
      for (Feed& feed : input.feeds) {
        const Wire& read = phase.wires[static_cast<std::size_t>(feed.wire)];
        const std::vector<int> axes = axes_of(read.contract, names);
        if (axes.empty()) continue;
        if (!feed.reorders.empty() || !read.port->type().reorder) return false;
        for (const int axis : axes) feed.reorders.push_back({axis, order, static_cast<int>(order.size())});
        node.has_reorders = true;
      }
    return node.has_reorders;
  }

  /// Judges an output that has the names.
  void judge_named(const ProgramNode& node, const Wire& output, int axis, const Names& names, const std::map<int, Value>& before,
                   const std::vector<Trial>& trials, const FirstPuts& plain) {
    const std::string port = "`" + std::string(output.port->name()) + "`";
    const std::string broken =
        "loses names: its output " + port + " says that its entries are " + words(names) + ", but they come in another order";
    if (!output.port->type().reorder) return;
    const bool is_one_to_one = is_moved(node, output, names, before, plain);
    if (is_one_to_one) return find(node, broken);
    for (const Trial& trial : trials) {
      if (is_order(before, trial, axis, trial.order)) continue;
      for (const Order& order : other_orders(names.size()))
        if (is_order(before, trial, axis, order)) return find(node, broken);
      return leave_open(node, "whether its output " + port + " keeps the names " + words(names) +
                                  " is not known: it mixes them or draws random numbers, and its numbers can be rounded differently");
    }
    if (names.size() == 2 && !is_same(node, output, before, plain) && has_order(before, axis, trials.front().order))
      leave_open(node, "whether its output " + port + " keeps the names " + words(names) +
                           " is not known: an exchange of two entries cannot be detected; name a graph with three");
  }

  /// Judges an output without names. One of its dimensions can be that of the names.
  void judge_nameless(const ProgramNode& node, const Wire& output, const Names& names, const std::map<int, Value>& before,
                      const std::vector<Trial>& trials) {
    const Contract given = before.begin()->second.contract();
    std::vector<int> axes;
    for (std::size_t k = 0; k < given.dims.size(); ++k) {
      const bool is_rows = k < output.contract.dims.size() && output.contract.dims[k].symbol == "N";
      if (!is_rows && given.dims[k].size == static_cast<std::int64_t>(names.size())) axes.push_back(static_cast<int>(k));
    }
    axes.push_back(Reorder::entries);
    for (const int axis : axes) {
      const bool follows = std::all_of(trials.begin(), trials.end(), [&](const Trial& trial) {
        return has_order(before, axis, trial.order) && is_order(before, trial, axis, trial.order);
      });
      if (!follows) continue;
      const std::string word = symbol_of(output.port->contract(), axis);
      return find(node, "loses names: the entries of its output `" + std::string(output.port->name()) + "` are " + words(names) +
                            ", as in its input, but its sentence has " + (word.empty() ? "no word" : "the word `" + word + "`") +
                            " for them: with the word of the input, the names would be kept");
    }
  }

  /// Returns the input values with the type of the output, by slot.
  [[nodiscard]] std::vector<std::map<int, Value>> read_alike(const ProgramNode& node, const Wire& output, const FirstPuts& plain) const {
    std::vector<std::map<int, Value>> out;
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& read = wire(feed.wire);
        const std::string& writer = phase().nodes[static_cast<std::size_t>(read.node)].name;
        if (read.port->type().is_same(output.port->type())) out.push_back(plain.of(writer, read.port->name()));
      }
    return out;
  }
  [[nodiscard]] bool is_same(const ProgramNode& node, const Wire& output, const std::map<int, Value>& before,
                             const FirstPuts& plain) const {
    const auto all = read_alike(node, output, plain);
    return std::any_of(all.begin(), all.end(), [&](const std::map<int, Value>& read) {
      return read.size() == before.size() && std::equal(read.begin(), read.end(), before.begin(), [](const auto& a, const auto& b) {
               return a.first == b.first && a.second.hash() == b.second.hash();
             });
    });
  }
  /// Returns true if the output is an input with its entries in another order.
  [[nodiscard]] bool is_moved(const ProgramNode& node, const Wire& output, const Names& names, const std::map<int, Value>& before,
                              const FirstPuts& plain) const {
    if (is_same(node, output, before, plain)) return false;
    for (const std::map<int, Value>& read : read_alike(node, output, plain))
      for (const int axis : axes_of(output.contract, names))
        for (const Order& order : other_orders(names.size()))
          if (order != in_order(names.size()) && is_order(read, {order, before}, axis, order)) return true;
    return false;
  }

  void find(const ProgramNode& node, const std::string& text) { out_.broken.push_back({node.type->id, text}); }
  void leave_open(const ProgramNode& node, const std::string& text) { out_.not_judged.push_back({node.type->id, text}); }

  const BuildProgram& build_;
  const RunFirstStep& run_;
  const std::set<std::string>& types_;
  Program program_;
  std::size_t phase_ = 0;
  Judgement out_;
};

}  // namespace

Judgement judge_names(const BuildProgram& build, const RunFirstStep& run, const std::set<std::string>& types) {
  return NamesJudge(build, run, types).judge();
}

}  // namespace leat::conformance
