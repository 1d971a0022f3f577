#include "bench/hop_tbb.h"

#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <memory>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace leat::bench {

namespace {

namespace flow = tbb::flow;

struct Message {
  std::int64_t key;
  std::int64_t value;
};
using Pointer = std::shared_ptr<const Message>;
using Batch = std::shared_ptr<const std::vector<Pointer>>;
using Start = flow::function_node<std::int64_t, Pointer>;
using Pass = flow::function_node<Pointer, Pointer>;

Pointer start(std::int64_t key) { return std::make_shared<const Message>(Message{key, key}); }
Pointer pass(const Pointer& message) { return std::make_shared<const Message>(Message{message->key, message->value + 1}); }

/// Keys from an `input_node` behind a `limiter_node`; the graph's end gives back how many keys are through.
class Keys {
 public:
  Keys(flow::graph& graph, std::int64_t keys, int in_flight)
      : graph_(graph),
        input_(graph,
               [at = std::int64_t{0}, keys](tbb::flow_control& control) mutable {
                 if (at == keys) control.stop();
                 return at++;
               }),
        limiter_(graph, static_cast<std::size_t>(in_flight)) {
    flow::make_edge(input_, limiter_);
  }
  template <class Last>
  void run(Start& first, Last& last) {
    flow::make_edge(limiter_, first);
    flow::make_edge(last, limiter_.decrementer());
    input_.activate();
    graph_.wait_for_all();
  }

 private:
  flow::graph& graph_;
  flow::input_node<std::int64_t> input_;
  flow::limiter_node<std::int64_t, int> limiter_;
};

/// An arena of so many threads, the caller among them, and a graph in it.
template <class Build>
void in_arena(int threads, Build build) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
  tbb::task_arena arena(threads);
  arena.execute([&] {
    flow::graph graph;
    build(graph);
  });
}

/// The messages of a step until all of them are there.
struct Step {
  std::vector<Pointer> messages;
  int missing = 0;
};

}  // namespace

std::int64_t tbb_chain(int threads, std::int64_t keys, int in_flight, int length) {
  std::atomic<std::int64_t> sum{0};
  in_arena(threads, [&](flow::graph& graph) {
    Keys source(graph, keys, in_flight);
    Start first(graph, flow::unlimited, start);
    std::vector<std::unique_ptr<Pass>> nodes;
    for (int k = 0; k + 1 < length; ++k) nodes.push_back(std::make_unique<Pass>(graph, flow::unlimited, pass));
    flow::function_node<Pointer, int> last(graph, flow::unlimited, [&](const Pointer& message) {
      sum.fetch_add(message->value, std::memory_order_relaxed);
      return 1;
    });
    flow::make_edge(first, *nodes.front());
    for (std::size_t k = 1; k < nodes.size(); ++k) flow::make_edge(*nodes[k - 1], *nodes[k]);
    flow::make_edge(*nodes.back(), last);
    source.run(first, last);
  });
  return sum;
}

std::int64_t tbb_diamond(int threads, std::int64_t keys, int in_flight) {
  std::atomic<std::int64_t> sum{0};
  in_arena(threads, [&](flow::graph& graph) {
    Keys source(graph, keys, in_flight);
    const auto key_of = [](const Pointer& message) { return message->key; };
    Start first(graph, flow::unlimited, start);
    Pass weak(graph, flow::unlimited, pass), strong(graph, flow::unlimited, pass);
    flow::join_node<std::tuple<Pointer, Pointer>, flow::key_matching<std::int64_t>> join(graph, key_of, key_of);
    flow::function_node<std::tuple<Pointer, Pointer>, int> pair(graph, flow::unlimited, [&](const std::tuple<Pointer, Pointer>& both) {
      sum.fetch_add(std::get<0>(both)->value + std::get<1>(both)->value, std::memory_order_relaxed);
      return 1;
    });
    flow::make_edge(first, weak);
    flow::make_edge(first, strong);
    flow::make_edge(weak, flow::input_port<0>(join));
    flow::make_edge(strong, flow::input_port<1>(join));
    flow::make_edge(join, pair);
    source.run(first, pair);
  });
  return sum;
}

std::int64_t tbb_gather(int threads, std::int64_t keys, int in_flight, int rows) {
  std::atomic<std::int64_t> sum{0};
  in_arena(threads, [&](flow::graph& graph) {
    Keys source(graph, keys, in_flight);
    Start first(graph, flow::unlimited, start);
    Pass one(graph, flow::unlimited, pass);
    // No join of oneTBB takes a number of rows, so a serial node collects them by step.
    std::unordered_map<std::int64_t, Step> steps;
    using Collect = flow::multifunction_node<Pointer, std::tuple<Batch>>;
    Collect collect(graph, flow::serial, [&](const Pointer& message, Collect::output_ports_type& out) {
      const auto [at, is_new] = steps.try_emplace(message->key / rows);
      Step& step = at->second;
      if (is_new) step = {std::vector<Pointer>(static_cast<std::size_t>(rows)), rows};
      step.messages[static_cast<std::size_t>(message->key % rows)] = message;
      if (--step.missing > 0) return;
      auto batch = std::make_shared<const std::vector<Pointer>>(std::move(step.messages));
      steps.erase(at);
      std::get<0>(out).try_put(std::move(batch));
    });
    flow::function_node<Batch, int> add(graph, flow::unlimited, [&](const Batch& batch) {
      std::int64_t all = 0;
      for (const Pointer& message : *batch) all += message->value;
      sum.fetch_add(all, std::memory_order_relaxed);
      return rows;
    });
    flow::make_edge(first, one);
    flow::make_edge(one, collect);
    flow::make_edge(flow::output_port<0>(collect), add);
    source.run(first, add);
  });
  return sum;
}

}  // namespace leat::bench
