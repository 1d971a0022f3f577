#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_scheduler_observer.h>

#include <deque>
#include <thread>

#include "leat/executor.h"

namespace leat {

namespace {

using Away = std::function<void(std::function<void()>)>;
using AwayNode = tbb::flow::async_node<Away, tbb::flow::continue_msg>;

class Greeter final : public tbb::task_scheduler_observer {
 public:
  Greeter(tbb::task_arena& arena, std::function<void()> begins) : tbb::task_scheduler_observer(arena), begins_(std::move(begins)) { observe(true); }
  ~Greeter() override { observe(false); }
  void on_scheduler_entry(bool) override { begins_(); }

 private:
  std::function<void()> begins_;
};

class TbbExecutor final : public Executor {
 public:
  TbbExecutor(int threads, std::function<void()> begins)
      : threads_(threads),
        // An arena alone does not exceed the cores; the calling thread counts too.
        limit_(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads) + 1),
        arena_(threads, 0) {
    if (begins) greeter_ = std::make_unique<Greeter>(arena_, std::move(begins));
  }

  ~TbbExecutor() override { wait(); }

  int threads() const override { return threads_; }

  void start(int stations, std::function<void(int)> body) override {
    body_ = std::move(body);
    arena_.execute([&] {
      graph_ = std::make_unique<tbb::flow::graph>();
      for (int station = 0; station < stations; ++station)
        nodes_.emplace_back(*graph_, tbb::flow::unlimited, [this, station](tbb::flow::continue_msg) {
          body_(station);
          return tbb::flow::continue_msg();
        });
      away_ = std::make_unique<AwayNode>(*graph_, tbb::flow::unlimited, [](const Away& work, AwayNode::gateway_type& gateway) {
        gateway.reserve_wait();
        work([&gateway] { gateway.release_wait(); });
      });
    });
  }

  void post(int station) override { nodes_[static_cast<std::size_t>(station)].try_put(tbb::flow::continue_msg()); }
  void post_away(Away work) override { away_->try_put(work); }
  void wait() override {
    if (graph_) graph_->wait_for_all();
  }

 private:
  int threads_;
  tbb::global_control limit_;
  tbb::task_arena arena_;
  std::unique_ptr<Greeter> greeter_;
  std::function<void(int)> body_;
  std::unique_ptr<tbb::flow::graph> graph_;
  std::deque<tbb::flow::function_node<tbb::flow::continue_msg>> nodes_;
  std::unique_ptr<AwayNode> away_;
};

}  // namespace

std::unique_ptr<Executor> make_tbb_executor(int threads, std::function<void()> begins) {
  if (threads <= 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::make_unique<TbbExecutor>(threads, std::move(begins));
}

}  // namespace leat
