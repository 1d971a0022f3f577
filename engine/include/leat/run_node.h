#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "leat/leat.h"
#include "leat/run.h"

namespace leat {

/// One output of a source of given values, or one input of a sink that stores values; independent of the value's type.
class Tap {
 public:
  virtual ~Tap() = default;
  virtual void process(Frame& frame, std::size_t sample, Value& kept) const = 0;
};

/// The values for one input of the node, one per sample.
struct Given {
  std::string port;  ///< `tensors.one` is member `one` of the `Inputs` port `tensors`.
  std::size_t count;
  std::function<std::unique_ptr<Tap>(Node* owner, const std::string& port)> make;
};

/// An output of the node whose values are stored.
struct Kept {
  std::string port;
  std::function<std::unique_ptr<Tap>(Node* owner, const std::string& port)> make;
};

namespace detail {
template <class T>
struct GivenTap final : Tap {
  GivenTap(Node* owner, const std::string& port, std::shared_ptr<const std::vector<T>> values)
      : output(owner, port, "Any shape."), values(std::move(values)) {}
  void process(Frame& frame, std::size_t sample, Value&) const override { frame.put(output, (*values)[sample]); }
  Output<T> output;
  std::shared_ptr<const std::vector<T>> values;
};

template <class T>
struct KeptTap final : Tap {
  KeptTap(Node* owner, const std::string& port) : input(owner, port, "Any shape.") {}
  void process(Frame& frame, std::size_t, Value& kept) const override {
    if (const T* value = frame[input]) kept = Value::of<T>(*value);
  }
  Maybe<T> input;
};
/// Returns the names of a node's first input and first output. Throws Refusal if one is missing.
[[nodiscard]] std::pair<std::string, std::string> first_ports(const Registry& registry, const std::string& type);
}  // namespace detail

template <class T>
[[nodiscard]] Given given(std::string port, std::vector<T> values) {
  const std::size_t count = values.size();
  return {std::move(port), count, [held = std::make_shared<const std::vector<T>>(std::move(values))](Node* owner, const std::string& name) {
            return std::make_unique<detail::GivenTap<T>>(owner, name, held);
          }};
}

template <class T>
[[nodiscard]] Kept kept(std::string port) {
  return {std::move(port), [](Node* owner, const std::string& name) { return std::make_unique<detail::KeptTap<T>>(owner, name); }};
}

/// The results of a node for each sample.
struct NodeRun {
  struct Sample {
    std::map<std::string, Value> outputs;  ///< Only values that the node output.
    std::string reason;                    ///< Reason why it was dropped; empty if it was not.
    std::vector<std::string> notes;
  };
  std::vector<Sample> samples;
  RunResult result;

  template <class T>
  [[nodiscard]] const T& get(std::size_t sample, const std::string& port) const {
    return value(sample, port).template as<T>();
  }
  /// Returns the value that `get` reads. Throws Refusal if there is none: the sample was dropped, or the output is not stored.
  [[nodiscard]] const Value& value(std::size_t sample, const std::string& port) const;
};

struct NodeRunSettings {
  std::uint64_t seed = 0;
  bool skips_errors = false;
  std::vector<std::string> ids;  ///< Ids of the samples; empty: `sample 0`, `sample 1`, …
  int threads = 2;
};

/// For tests: runs one node of slot grain in the real engine, as a graph of a source, the node and a sink. `with` is YAML. Throws
/// GraphError, NodeError if a sample fails, and Refusal in these cases: the node is a source, runs once per step or has no input, or the
/// inputs have different numbers of values.
[[nodiscard]] NodeRun run_node(const Registry& registry, const std::string& type, const std::string& with, const std::vector<Given>& inputs,
                               const std::vector<Kept>& outputs, const NodeRunSettings& settings = {});

/// The same for the node's first input and first output, of type Out.
template <class Out, class In>
[[nodiscard]] std::vector<Out> run_node(const Registry& registry, const std::string& type, const std::string& with, std::vector<In> values,
                                        const NodeRunSettings& settings = {}) {
  const auto [input, output] = detail::first_ports(registry, type);
  const NodeRun run = run_node(registry, type, with, {given<In>(input, std::move(values))}, {kept<Out>(output)}, settings);
  std::vector<Out> out;
  for (std::size_t k = 0; k < run.samples.size(); ++k) out.push_back(run.get<Out>(k, output));
  return out;
}

}  // namespace leat
