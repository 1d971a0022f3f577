#include "conformance/sources.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "conformance/numbers.h"
#include "conformance/orders.h"
#include "conformance/trial_graphs.h"
#include "conformance/trial_nodes.h"
#include "leat/make_tree.h"
#include "leat/node_error.h"

namespace leat::conformance {
namespace {

/// A sample as a source gave it in one slot.
struct Given {
  Sample sample;
  std::uint64_t values = 0;              ///< Hash of the source's outputs.
  std::map<std::string, Value> by_port;  ///< The outputs whose entries can be reordered.
};

/// Samples and outputs of one source, by step and slot. [parallel]
class GivenSamples final : public Observer {
 public:
  using Place = std::pair<std::int64_t, int>;

  explicit GivenSamples(std::string source) : source_(std::move(source)) {}
  void take(std::int64_t step, int slot, const Sample& sample) {
    const std::lock_guard guard(lock_);
    given_[{step, slot}].sample = sample;
  }
  void value_put(const PutValue& put) override {
    if (put.node != source_) return;
    const std::uint64_t hash = put.value.hash() ^ hash_bytes(put.port.data(), put.port.size());
    const std::lock_guard guard(lock_);
    // The outputs of a slot can come in any order.
    Given& given = given_[{put.step, put.slot}];
    given.values += hash;
    if (put.value.type().reorder) given.by_port.insert_or_assign(std::string(put.port), put.value);
  }
  [[nodiscard]] const std::map<Place, Given>& given() const { return given_; }

 private:
  std::string source_;
  std::mutex lock_;
  std::map<Place, Given> given_;
};

std::string place_of(const GivenSamples::Place& place) {
  return "step " + std::to_string(place.first) + ", slot " + std::to_string(place.second);
}

/// Returns the patient, or the id if each sample counts as one patient.
const std::string& patient_of(const Sample& sample) { return sample.patient.empty() ? sample.id : sample.patient; }

bool is_same_file(const std::string& one, const std::string& other) {
  return std::filesystem::path(one).lexically_normal() == std::filesystem::path(other).lexically_normal();
}

std::string quoted(const std::string& text) { return text.empty() ? "none" : "`" + text + "`"; }

class SourceJudge {
 public:
  SourceJudge(const GraphDescription& graph, const Registry& registry, const BuildTrial& build, const RunSteps& run,
              const std::set<std::string>& types)
      : graph_(graph), registry_(registry), build_(build), run_(run), types_(types), program_(build(graph, registry)) {}

  [[nodiscard]] Judgement judge() {
    for (const ProgramNode& node : first_phase(program_).nodes)
      if (node.source && types_.contains(node.type->id)) judge(node);
    return std::move(out_);
  }

 private:
  void judge(const ProgramNode& source) {
    const std::map<std::string, Sample> listed = listed_by(source);
    GivenSamples given(source.name);
    try {
      std::int64_t steps = 0;
      Registry types = registry_;  // It must outlive the program.
      Program program = program_of(source, given, types, steps);
      run_(program, given, steps);
    } catch (const NodeError& error) {
      return leave_open(source, error.where + " fails: " + error.cause);
    } catch (const GraphError& error) {
      return leave_open(source, error.diagnostics().all().front().text);
    }
    judge_ids(source, given);
    if (!listed.empty()) compare(source, listed, given);
    for (const auto& [param, names] : named_by(source)) judge_names(source, param, names, given);
  }

  /// Returns the parameters of the source that hold the names of entries of its outputs, and these names.
  [[nodiscard]] std::map<std::string, Names> named_by(const ProgramNode& source) const {
    std::map<std::string, Names> out;
    const auto add = [&](const Dim& dim) {
      if (dim.names && dim.names->by == source.node.get() && !dim.names->param.empty() && dim.names->list.size() > 1)
        out.emplace(dim.names->param, dim.names->list);
    };
    for (const int index : source.wires) {
      const Contract& contract = first_phase(program_).wires[static_cast<std::size_t>(index)].promised;
      for (const Dim& dim : contract.dims) add(dim);
      if (contract.has_entries) add(contract.entries);
    }
    return out;
  }

  /// Runs the source with the names of a parameter in other orders, and compares its outputs by name and sample.
  void judge_names(const ProgramNode& source, const std::string& param, const Names& names, const GivenSamples& given) {
    for (const Order& order : tried_orders(names.size())) {
      Names renamed(names.size());
      for (std::size_t k = 0; k < names.size(); ++k) renamed[static_cast<std::size_t>(order[k])] = names[k];
      GivenSamples moved(source.name);
      std::string why;
      try {
        std::int64_t steps = 0;
        Registry types = registry_;  // It must outlive the program.
        Program program = program_of(source, moved, types, steps, std::pair(param, renamed));
        run_(program, moved, steps);
        const ProgramPhase& phase = first_phase(program);
        const ProgramNode& again = phase.nodes[static_cast<std::size_t>(phase.find(source.name))];
        for (std::size_t k = 0; k < source.wires.size(); ++k) {
          const Wire& before = first_phase(program_).wires[static_cast<std::size_t>(source.wires[k])];
          const Wire& now = phase.wires[static_cast<std::size_t>(again.wires[k])];
          if (compare_names(source, param, given, moved, before, now, names, renamed)) return;
        }
        continue;
      } catch (const NodeError& error) {
        why = error.where + " fails: " + error.cause;
      } catch (const GraphError& error) {
        why = error.diagnostics().all().front().text;
      }
      return (void)out_.not_judged.push_back({source.type->id, "whether its entries follow the order of `" + param +
                                                                   "` is not known: with its names in another order, " + why});
    }
  }

  /// Compares an output by name and sample. Returns true, and reports the fault, if a sample has an entry under another name.
  bool compare_names(const ProgramNode& source, const std::string& param, const GivenSamples& given, const GivenSamples& moved,
                     const Wire& before, const Wire& now, const Names& names, const Names& renamed) {
    const std::string port(before.port->name());
    Orders orders;
    const auto add = [&](int axis, const Dim& one, const Dim& other) {
      if (one.names && other.names && one.names->list == names && other.names->list == renamed)
        orders.emplace_back(axis, order_between(names, renamed));
    };
    for (std::size_t k = 0; k < std::min(before.promised.dims.size(), now.promised.dims.size()); ++k)
      add(static_cast<int>(k), before.promised.dims[k], now.promised.dims[k]);
    if (before.promised.has_entries && now.promised.has_entries) add(Reorder::entries, before.promised.entries, now.promised.entries);
    if (orders.empty()) return false;
    std::map<std::string, const Given*> by_id;
    for (const auto& [place, one] : moved.given()) by_id.emplace(one.sample.id, &one);
    for (const auto& [place, one] : given.given()) {
      const auto same_place = moved.given().find(place);
      const bool has_same_place = same_place != moved.given().end() && same_place->second.sample.id == one.sample.id;
      // Random numbers differ between two places, but not the class of a sample.
      const auto other = by_id.find(one.sample.id);
      if (!has_same_place && (other == by_id.end() || before.promised.has_shape)) continue;
      const Given& again = has_same_place ? same_place->second : *other->second;
      const auto first = one.by_port.find(port), second = again.by_port.find(port);
      if (first == one.by_port.end() || second == again.by_port.end()) continue;
      Value right = first->second;
      for (const auto& [axis, order] : orders) right = right.reordered({axis, order, static_cast<int>(order.size())});
      if (right.hash() == second->second.hash() || !differs(right, second->second)) continue;
      const std::string described = label_words(first->second, names), again_described = label_words(second->second, renamed);
      find(source, "loses names: `" + port + "` of `" + one.sample.id + "` " +
                       (described.empty() || described == again_described ? "has its entries under other names"
                                                                          : "is " + described + ", and " + again_described) +
                       " if the names in `" + param + "` come in another order: find the place of an entry in `" + param + "`");
      return true;
    }
    return false;
  }
  /// Returns false if two values can be the same, with numbers that are rounded differently.
  static bool differs(const Value& one, const Value& other) {
    const Dtype dtype = one.contract().dtype;
    return !one.type().numbers || dtype == Dtype::I64 || is_within(dtype, Dtype::U8OrU16) || one.numbers().dims != other.numbers().dims ||
           most_different(one.numbers(), other.numbers(), dtype) >= 0;
  }
  /// Returns the name of a value that is one entry; empty: it is another value.
  static std::string label_words(const Value& value, const Names& names) {
    const Contract contract = value.contract();
    if (!contract.has_entries || contract.has_shape || !contract.has_range || contract.low != contract.high) return {};
    const auto index = static_cast<std::int64_t>(contract.low);
    return index < 0                                         ? "not known"
           : index < static_cast<std::int64_t>(names.size()) ? names[static_cast<std::size_t>(index)]
                                                             : std::string();
  }

  /// Returns what the source lists, by id, and reports an id that two samples have.
  [[nodiscard]] std::map<std::string, Sample> listed_by(const ProgramNode& source) {
    std::map<std::string, Sample> out;
    bool is_told = false;
    source.source->list_samples([&](const Sample& sample) {
      const auto [first, is_new] = out.try_emplace(sample.id, sample);
      const bool is_other = !is_new && (first->second.patient != sample.patient || !is_same_file(first->second.file, sample.file));
      if (!is_other || std::exchange(is_told, true)) return;
      find(source, "lists two samples with the id `" + sample.id + "`" +
                       (first->second.file == sample.file ? std::string() : ", `" + first->second.file + "` and `" + sample.file + "`") +
                       ": ids must be unique within a source");
    });
    return out;
  }

  /// Sets a parameter of a node to a list of names.
  static void set_names(NodeText& node, const std::string& param, const Names& names) {
    set_entry(node.with, param, placed(text_trees(names), node.place));
  }

  /// Returns a program of the source alone, and of nodes that read the outputs that the graph reads. `renamed` is a parameter and the names
  /// that it has instead.
  [[nodiscard]] Program program_of(const ProgramNode& source, GivenSamples& given, Registry& types, std::int64_t& steps,
                                   const std::optional<std::pair<std::string, Names>>& renamed = {}) const {
    constexpr std::int64_t most_samples = 512, endless = 64;
    const std::int64_t batch = *source.source->batch, samples = std::min(source.length > 0 ? source.length : endless, most_samples);
    steps = (samples + batch - 1) / batch;
    const ProgramPhase& phase = first_phase(program_);
    GraphDescription graph = only_phase(graph_, phase.name);
    PhaseText& text = graph.phases.front();
    std::erase_if(text.nodes, [&](const NodeText& one) { return one.name != source.name; });
    text.through.clear();
    if (renamed) set_names(text.nodes.front(), renamed->first, renamed->second);
    const auto is_used = [&](const ComponentText& one) {
      return std::any_of(source.resources.begin(), source.resources.end(),
                         [&](const auto& use) { return program_.resources[static_cast<std::size_t>(use.first)].name == one.name; });
    };
    std::erase_if(graph.resources, [&](const ComponentText& one) { return !is_used(one); });
    std::vector<int> read;
    for (const int index : source.wires)
      if (!phase.wires[static_cast<std::size_t>(index)].readers.empty()) read.push_back(index);
    if (read.empty() && !source.wires.empty()) read.push_back(source.wires.front());
    for (const int index : read) {
      const Wire& wire = phase.wires[static_cast<std::size_t>(index)];
      const NodeType type = witness_type("trial.witness_" + std::to_string(index), wire,
                                         [&given](std::int64_t step, int slot, const Sample& sample) { given.take(step, slot, sample); });
      types.add(type);
      add_node(text, type, {source.name, std::string(wire.port->name()), source.place});
    }
    if (phase.kind == PhaseKind::Train) {
      TrainText train;
      train.phase = {phase.name, phase.place};
      train.steps = steps;
      train.place = phase.place;
      graph.plan.train = std::move(train);
      graph.plan.then.clear();
    }
    return build_(graph, types);
  }

  void judge_ids(const ProgramNode& source, const GivenSamples& given) {
    std::map<std::string, std::pair<GivenSamples::Place, const Given*>> seen;
    const std::int64_t batch = *source.source->batch;
    for (const auto& [place, one] : given.given()) {
      if (one.sample.id.empty())
        return find(source, "identifies no sample in " + place_of(place) + ": call `frame.identify` first, with an id");
      // A stream can draw a sample again, and change it. In a later epoch, it can be changed too.
      const bool can_repeat = source.length == 0 || place.first * batch + place.second >= source.length;
      const auto [first, is_new] = seen.try_emplace(one.sample.id, place, &one);
      if (is_new) continue;
      const Given& other = *first->second.second;
      const bool has_file = !one.sample.file.empty() || !other.sample.file.empty();
      const bool is_other = has_file ? !is_same_file(one.sample.file, other.sample.file) : !can_repeat && one.values != other.values;
      if (!is_other) continue;
      return find(source, "gives two samples the id `" + one.sample.id + "`, in " + place_of(first->second.first) + " and in " +
                              place_of(place) + ": ids must be unique within a source");
    }
  }

  void compare(const ProgramNode& source, const std::map<std::string, Sample>& listed, const GivenSamples& given) {
    const auto differs = [&](const std::string& id, const std::string& what, const std::string& before, const std::string& now) {
      find(source, "identifies `" + id + "` with another " + what + " than it lists: " + quoted(now) + ", but `list_samples` has " +
                       quoted(before));
    };
    std::set<std::string> told;
    for (const auto& [place, one] : given.given()) {
      const Sample& now = one.sample;
      const auto found = listed.find(now.id);
      if (found == listed.end()) {
        if (told.insert("id").second) find(source, "identifies `" + now.id + "`, which `list_samples` does not list");
        continue;
      }
      const Sample& before = found->second;
      if (patient_of(before) != patient_of(now) && told.insert("patient").second) differs(now.id, "patient", before.patient, now.patient);
      if (!is_same_file(before.file, now.file) && told.insert("file").second) differs(now.id, "file", before.file, now.file);
      if (!before.group.empty() && before.group != now.group && told.insert("group").second)
        differs(now.id, "group", before.group, now.group);
    }
  }

  void find(const ProgramNode& source, const std::string& text) { out_.broken.push_back({source.type->id, text}); }
  void leave_open(const ProgramNode& source, const std::string& why) {
    out_.not_judged.push_back({source.type->id, "whether its samples are those that it lists is not known: " + why});
  }

  const GraphDescription& graph_;
  const Registry& registry_;
  const BuildTrial& build_;
  const RunSteps& run_;
  const std::set<std::string>& types_;
  Program program_;
  Judgement out_;
};

}  // namespace

Judgement judge_sources(const GraphDescription& graph, const Registry& registry, const BuildTrial& build, const RunSteps& run,
                        const std::set<std::string>& types) {
  return SourceJudge(graph, registry, build, run, types).judge();
}

}  // namespace leat::conformance
