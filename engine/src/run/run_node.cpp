#include "leat/run_node.h"

#include <map>

#include "base/make_component.h"
#include "leat/tbb_executor.h"
#include "leat/thread_lane.h"

namespace leat {

namespace {

constexpr int batch_size = 4;

/// Returns the name of the source's output for the k-th input.
std::string given_name(std::size_t k) { return "given-" + std::to_string(k); }

struct GivenSource final : Source {
  GivenSource(const std::vector<Given>& inputs, const std::vector<std::string>& ids) : count(inputs.front().count), ids(ids) {
    for (std::size_t k = 0; k < inputs.size(); ++k) names.push_back(given_name(k));
    for (std::size_t k = 0; k < inputs.size(); ++k) taps.push_back(inputs[k].make(this, names[k]));
  }
  [[nodiscard]] std::int64_t length() const override { return static_cast<std::int64_t>(count); }
  void process(Frame& frame) const override {
    const auto sample = static_cast<std::size_t>(frame.draw());
    frame.identify({.id = ids.empty() ? "sample " + std::to_string(sample) : ids.at(sample)});
    Value none;
    for (const auto& tap : taps) tap->process(frame, sample, none);
  }
  std::size_t count;
  const std::vector<std::string>& ids;
  std::vector<std::string> names;  ///< Names of its outputs, which only refer to them.
  std::vector<std::unique_ptr<Tap>> taps;
};

struct KeepingSink final : Node {
  KeepingSink(const std::vector<Kept>& outputs, std::vector<NodeRun::Sample>& samples) : outputs(outputs), samples(samples) {
    for (const Kept& output : outputs) taps.push_back(output.make(this, output.port));
  }
  void process(Frame& frame) const override {
    const auto place = static_cast<std::size_t>(frame.key().step * batch_size + frame.key().slot);
    NodeRun::Sample& sample = samples.at(place);  // No other call writes this sample.
    sample.reason = frame.reason();
    sample.notes = frame.notes();
    for (std::size_t k = 0; k < taps.size(); ++k) {
      Value value;
      taps[k]->process(frame, place, value);
      if (value) sample.outputs[outputs[k].port] = std::move(value);
    }
  }
  const std::vector<Kept>& outputs;
  std::vector<NodeRun::Sample>& samples;
  std::vector<std::unique_ptr<Tap>> taps;
};

/// `{image: given.given-0, tensors: {one: given.given-1}}`
std::string in_of(const std::vector<Given>& inputs) {
  std::map<std::string, std::string> ports;  // Indexed by port: a reference, or the members of an `Inputs` port.
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const std::string &name = inputs[k].port, from = "given." + given_name(k);
    const std::size_t dot = name.find('.');
    std::string& port = ports[name.substr(0, dot)];
    if (dot == std::string::npos) port = from;
    else port += (port.empty() ? "" : ", ") + name.substr(dot + 1) + ": " + from;
  }
  std::string out;
  for (const auto& [name, from] : ports)
    out += (out.empty() ? "" : ", ") + name + ": " + (from.find(':') == std::string::npos ? from : "{" + from + "}");
  return "{" + out + "}";
}

std::string in_of(const std::vector<Kept>& outputs) {
  std::string out;
  for (const Kept& output : outputs) out += (out.empty() ? "" : ", ") + output.port + ": node." + output.port;
  return "{" + out + "}";
}

std::unique_ptr<Node> made(const Registry& registry, const std::string& type) {
  const NodeType* found = registry.find_node(type);
  if (!found) throw Refusal("no node type is called `" + type + "`");
  return make_component(*found);
}

/// Throws Refusal for arguments with which `run_node` cannot run.
void check(const Registry& registry, const std::string& type, const std::vector<Given>& inputs, const std::vector<std::string>& ids) {
  if (dynamic_cast<const Source*>(made(registry, type).get()))
    throw Refusal("`" + type + "` is a source: `run_node` runs nodes that read samples, and makes these itself");
  if (inputs.empty()) throw Refusal("`run_node` needs values for at least one input of `" + type + "`, which give the number of samples");
  for (const Given& input : inputs) {
    const std::string count = std::to_string(input.count) + (input.count == 1 ? " value" : " values");
    if (input.count == 0) throw Refusal("`" + input.port + "` of `" + type + "` is given no values");
    if (input.count != inputs.front().count)
      throw Refusal("`" + input.port + "` of `" + type + "` is given " + count + ", but `" + inputs.front().port + "` " +
                    std::to_string(inputs.front().count));
  }
  if (!ids.empty() && ids.size() < inputs.front().count)
    throw Refusal("`ids` has " + std::to_string(ids.size()) + (ids.size() == 1 ? " id for " : " ids for ") +
                  std::to_string(inputs.front().count) + " samples");
}

/// Throws Refusal if the node runs once per step.
void check_grain(const Program& program, const std::string& type) {
  const ProgramPhase& phase = program.phases.front();
  if (phase.nodes[static_cast<std::size_t>(phase.find("node"))].grain == Grain::Step)
    throw Refusal("`" + type + "` runs once per step, but `run_node` runs nodes that run once per sample");
}

}  // namespace

const Value& NodeRun::value(std::size_t sample, const std::string& port) const {
  if (sample >= samples.size())
    throw Refusal("there is no sample " + std::to_string(sample) + ": the node ran over " + std::to_string(samples.size()));
  const Sample& one = samples[sample];
  if (const auto found = one.outputs.find(port); found != one.outputs.end()) return found->second;
  const std::string begin = "sample " + std::to_string(sample) + " has no `" + port + "`: ";
  throw Refusal(begin + (one.reason.empty() ? "the output is not stored" : "it was dropped, " + one.reason));
}

std::pair<std::string, std::string> detail::first_ports(const Registry& registry, const std::string& type) {
  const std::unique_ptr<Node> node = made(registry, type);
  if (node->inputs().empty() || node->outputs().empty())
    throw Refusal("`" + type + "` has no " + (node->inputs().empty() ? "input" : "output") +
                  ": `run_node` reads what a node makes of values");
  return {std::string(node->inputs().front()->name()), std::string(node->outputs().front()->name())};
}

NodeRun run_node(const Registry& registry, const std::string& type, const std::string& with, const std::vector<Given>& inputs,
                 const std::vector<Kept>& outputs, const NodeRunSettings& settings) {
  check(registry, type, inputs, settings.ids);
  NodeRun run;
  run.samples.resize(inputs.front().count);
  Registry extended = registry;
  extended.add(
      NodeType{"test.given", "Gives values.", [&] { return std::make_unique<GivenSource>(inputs, settings.ids); }, LaneKind::Cpu, {}});
  extended.add(
      NodeType{"test.kept", "Keeps values.", [&] { return std::make_unique<KeepingSink>(outputs, run.samples); }, LaneKind::Cpu, {}});
  const std::string graph =
      "leat: 1\nphases:\n  predict:\n    nodes:\n      given: {uses: test.given, with: {batch: " + std::to_string(batch_size) +
      "}}\n      node: {uses: " + type + ", in: " + in_of(inputs) + ", with: " + with + (settings.skips_errors ? ", on_error: skip" : "") +
      "}\n      kept: {uses: test.kept, in: " + in_of(outputs) + "}\nplan: {then: [predict]}\n";
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(graph, "run_node(" + type + ")", std::filesystem::current_path(), {}, diagnostics);
  diagnostics.throw_if_errors();
  Program program = Program::build(description, extended, {settings.seed, "cpu"}, diagnostics);
  diagnostics.throw_if_errors();
  check_grain(program, type);
  run.result = Run(program, make_thread_lane(), make_tbb_executor(settings.threads, registry.worker()), {}).run();
  return run;
}

}  // namespace leat
