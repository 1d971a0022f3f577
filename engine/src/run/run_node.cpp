#include "leat/run_node.h"

#include <algorithm>

#include "leat/tbb_executor.h"
#include "leat/thread_lane.h"

namespace leat {

namespace {

constexpr int batch_size = 4;

struct GivenSource final : Source {
  GivenSource(const std::vector<Given>& inputs, const std::vector<std::string>& ids) : count(inputs.at(0).count), ids(ids) {
    for (const Given& input : inputs) {
      count = std::min(count, input.count);
      taps.push_back(input.make(this, input.port));
    }
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
  std::vector<std::unique_ptr<Tap>> taps;
};

struct KeepingSink final : Node {
  KeepingSink(const std::vector<Kept>& outputs, std::vector<NodeRun::Sample>& samples) : outputs(outputs), samples(samples) {
    for (const Kept& output : outputs) taps.push_back(output.make(this, output.port));
  }
  void process(Frame& frame) const override {
    const auto place = static_cast<std::size_t>(frame.key().step * batch_size + frame.key().slot);
    NodeRun::Sample& sample = samples.at(place);  // Its own: nobody else writes it.
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

template <class Port>
std::string connections(const std::vector<Port>& ports, const std::string& from) {
  std::string out;
  for (const Port& port : ports) out += (out.empty() ? "{" : ", ") + port.port + ": " + from + "." + port.port;
  return out + "}";
}

}  // namespace

NodeRun run_node(const Registry& registry, const std::string& type, const std::string& with, const std::vector<Given>& inputs,
                 const std::vector<Kept>& outputs, const NodeRunSettings& settings) {
  NodeRun run;
  run.samples.resize(inputs.at(0).count);
  Registry extended = registry;
  extended.add(
      NodeType{"test.given", "Gives values.", [&] { return std::make_unique<GivenSource>(inputs, settings.ids); }, LaneKind::Cpu, {}});
  extended.add(
      NodeType{"test.kept", "Keeps values.", [&] { return std::make_unique<KeepingSink>(outputs, run.samples); }, LaneKind::Cpu, {}});
  const std::string graph =
      "leat: 1\nphases:\n  predict:\n    nodes:\n      given: {uses: test.given, with: {batch: " + std::to_string(batch_size) +
      "}}\n      node: {uses: " + type + ", in: " + connections(inputs, "given") + ", with: " + with +
      (settings.skips_errors ? ", on_error: skip" : "") + "}\n      kept: {uses: test.kept, in: " + connections(outputs, "node") +
      "}\nplan: {then: [predict]}\n";
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(graph, "run_node(" + type + ")", std::filesystem::current_path(), {}, diagnostics);
  diagnostics.throw_if_errors();
  Program program = Program::build(description, extended, {settings.seed, "cpu"}, diagnostics);
  diagnostics.throw_if_errors();
  run.result = Run(program, make_thread_lane(), make_tbb_executor(settings.threads, registry.worker()), {}).run();
  return run;
}

}  // namespace leat
