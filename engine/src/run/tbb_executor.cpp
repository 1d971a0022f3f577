#include "leat/tbb_executor.h"

#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <thread>

namespace leat {

namespace {

std::atomic<std::uint64_t> next_id{1};

/// The destructor waits until oneTBB's threads have ended, unless other code in the process uses them. Without that, the end of the process
/// would run destructors of libraries at the same time as the ends of these threads.
struct ThreadsEnd {
  tbb::task_scheduler_handle threads{tbb::attach{}};
  ~ThreadsEnd() { tbb::finalize(threads, std::nothrow); }
};

class TbbExecutor final : public Executor {
 public:
  TbbExecutor(int threads, std::function<void()> begins)
      : threads_(threads),
        // Without this, oneTBB creates no more threads than there are cores. The calling thread counts too.
        limit_(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads) + 1),
        arena_(threads, 0),
        begins_(std::move(begins)) {}

  ~TbbExecutor() override { wait(); }

  int threads() const override { return threads_; }

  void start(int stations, std::function<void(int)> body, std::function<void(std::exception_ptr)> failed) override {
    body_ = std::move(body);
    failed_ = std::move(failed);
    arena_.execute([&] {
      graph_ = std::make_unique<tbb::flow::graph>();
      for (int station = 0; station < stations; ++station)
        nodes_.emplace_back(*graph_, tbb::flow::unlimited, [this, station](tbb::flow::continue_msg) {
          try {
            begin_thread();
            body_(station);
          } catch (...) {
            failed_(std::current_exception());
          }
          return tbb::flow::continue_msg();
        });
    });
  }

  void post(int station) override { nodes_[static_cast<std::size_t>(station)].try_put(tbb::flow::continue_msg()); }
  void wait() override {
    if (graph_) graph_->wait_for_all();
  }

 private:
  /// Called before each body; acts only before a thread's first one. (oneTBB's own observers leak if the process ends before its threads.)
  void begin_thread() {
    thread_local std::uint64_t begun = 0;
    if (begun == id_) return;
    begun = id_;
    if (begins_) begins_();
  }

  ThreadsEnd threads_end_;  ///< First member, so that it is destroyed last.
  int threads_;
  tbb::global_control limit_;
  tbb::task_arena arena_;
  std::function<void()> begins_;
  std::uint64_t id_ = next_id++;
  std::function<void(int)> body_;
  std::function<void(std::exception_ptr)> failed_;
  std::unique_ptr<tbb::flow::graph> graph_;
  std::deque<tbb::flow::function_node<tbb::flow::continue_msg>> nodes_;
};

}  // namespace

std::unique_ptr<Executor> make_tbb_executor(int threads, std::function<void()> begins) {
  if (threads <= 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::make_unique<TbbExecutor>(threads, std::move(begins));
}

}  // namespace leat
