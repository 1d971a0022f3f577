#include "conformance/sources.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "conformance/trial_graphs.h"
#include "conformance/trial_nodes.h"
#include "leat/node_error.h"

namespace leat::conformance {
namespace {

/// A sample as a source gave it in one slot.
struct Given {
  Sample sample;
  std::uint64_t values = 0;  ///< Hash of the source's outputs.
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
    given_[{put.step, put.slot}].values += hash;
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

  /// Returns a program of the source alone, and of nodes that read the outputs that the graph reads.
  [[nodiscard]] Program program_of(const ProgramNode& source, GivenSamples& given, Registry& types, std::int64_t& steps) const {
    constexpr std::int64_t most_samples = 512, endless = 64;
    const std::int64_t batch = *source.source->batch, samples = std::min(source.length > 0 ? source.length : endless, most_samples);
    steps = (samples + batch - 1) / batch;
    const ProgramPhase& phase = first_phase(program_);
    GraphDescription graph = only_phase(graph_, phase.name);
    PhaseText& text = graph.phases.front();
    std::erase_if(text.nodes, [&](const NodeText& one) { return one.name != source.name; });
    text.through.clear();
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
