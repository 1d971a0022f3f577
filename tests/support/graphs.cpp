#include "support/graphs.h"

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include "support/toys.h"

namespace leat {

Registry toy_registry() {
  Registry registry;
  toys::add_to(registry);
  return registry;
}

Program build(const Registry& registry, std::string_view yaml, std::uint64_t seed) {
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(yaml, "g.yaml", std::filesystem::current_path(), {}, diagnostics);
  Program program = Program::build(description, registry, {seed, "cpu"}, diagnostics);
  diagnostics.throw_if_errors();
  return program;
}

std::string mistakes(const Registry& registry, std::string_view yaml) {
  try {
    (void)build(registry, yaml);
  } catch (const GraphError& error) {
    return error.what();
  }
  return {};
}

RunResult run_graph(const Registry& registry, std::string_view yaml, int threads, RunOptions options, std::uint64_t seed) {
  Program program = build(registry, yaml, seed);
  Run run(program, make_thread_lane(), make_test_executor(threads), std::move(options));
  return run.run();
}

namespace {

class PlainExecutor final : public Executor {
 public:
  explicit PlainExecutor(int threads) : count_(threads) {}
  ~PlainExecutor() override {
    wait();
    {
      const std::lock_guard guard(lock_);
      is_closing_ = true;
    }
    moved_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  int threads() const override { return count_; }
  void start(int, std::function<void(int)> body, std::function<void(std::exception_ptr)>) override {
    body_ = std::move(body);
    for (int k = 0; k < count_; ++k) threads_.emplace_back([this] { work(); });
  }
  void post(int station) override {
    {
      const std::lock_guard guard(lock_);
      ++open_;
      queue_.push_back(station);
    }
    moved_.notify_all();
  }
  void wait() override {
    std::unique_lock guard(lock_);
    moved_.wait(guard, [this] { return open_ == 0; });
  }

 private:
  void close_one() {
    const std::lock_guard guard(lock_);
    --open_;
    moved_.notify_all();
  }
  void work() {
    std::unique_lock guard(lock_);
    for (;;) {
      moved_.wait(guard, [this] { return is_closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const int station = queue_.front();
      queue_.pop_front();
      guard.unlock();
      body_(station);
      close_one();
      guard.lock();
    }
  }

  int count_;
  std::function<void(int)> body_;
  std::mutex lock_;
  std::condition_variable moved_;
  std::deque<int> queue_;
  int open_ = 0;
  bool is_closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Executor> make_plain_executor(int threads) { return std::make_unique<PlainExecutor>(threads); }

std::unique_ptr<Executor> make_test_executor(int threads) {
  return std::getenv("LEAT_PLAIN_EXECUTOR") ? make_plain_executor(threads) : make_tbb_executor(threads);
}

}  // namespace leat
