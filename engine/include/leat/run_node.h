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

/// One output of a source of given values, or one input of a sink that keeps them, whatever their type.
class Tap {
 public:
  virtual ~Tap() = default;
  virtual void process(Frame& frame, std::size_t sample, Value& kept) const = 0;
};

/// The values that an input of the node gets, one a sample.
struct Given {
  std::string port;  ///< `tensors.one` is the one called `one` of the `Inputs` port `tensors`.
  std::size_t count;
  std::function<std::unique_ptr<Tap>(Node* owner, const std::string& port)> make;
};

/// An output of the node that is kept.
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
/// The names of a node's first input and first output; throws Refusal where it has none.
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

/// What came out of a node for each sample.
struct NodeRun {
  struct Sample {
    std::map<std::string, Value> outputs;  ///< Without those that the node did not put.
    std::string reason;                    ///< Why it was dropped; empty for a living one.
    std::vector<std::string> notes;
  };
  std::vector<Sample> samples;
  RunResult result;

  template <class T>
  [[nodiscard]] const T& get(std::size_t sample, const std::string& port) const {
    return value(sample, port).template as<T>();
  }
  /// What `get` reads. Throws Refusal where there is none: the sample was dropped, or the output was not kept.
  [[nodiscard]] const Value& value(std::size_t sample, const std::string& port) const;
};

struct NodeRunSettings {
  std::uint64_t seed = 0;
  bool skips_errors = false;
  std::vector<std::string> ids;  ///< Of the samples; empty: `sample 0` and so on.
  int threads = 2;
};

/// For tests: runs one node of slot grain through the real engine, as a graph of a source, the node and a sink; `with` is its YAML,
/// `{width: 32}`. Throws GraphError, NodeError where a sample fails, and Refusal for what it cannot run: a source, a node that runs once a
/// step or has no input, inputs with different numbers of values.
[[nodiscard]] NodeRun run_node(const Registry& registry, const std::string& type, const std::string& with, const std::vector<Given>& inputs,
                               const std::vector<Kept>& outputs, const NodeRunSettings& settings = {});

/// The same for a node with one input and one output of type Out.
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
