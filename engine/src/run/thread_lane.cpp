#include "leat/thread_lane.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace leat {

namespace {

class ThreadLane final : public Lane {
 public:
  ThreadLane() : thread_([this] { work(); }) {}
  ~ThreadLane() override {
    {
      const std::lock_guard guard(lock_);
      is_closing_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  std::string name() const override { return "cpu"; }
  std::string device() const override { return "cpu"; }
  void submit(std::function<void()> work) override {
    {
      const std::lock_guard guard(lock_);
      queue_.push_back(std::move(work));
    }
    wake_.notify_one();
  }
  void enter(bool) override {}
  Value upload(Value value) override { return value; }
  Value fetch(Value value) override { return value; }

 private:
  void work() {
    std::unique_lock guard(lock_);
    for (;;) {
      wake_.wait(guard, [this] { return is_closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const auto next = std::move(queue_.front());
      queue_.pop_front();
      guard.unlock();
      next();
      guard.lock();
    }
  }

  std::mutex lock_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool is_closing_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Lane> make_thread_lane() { return std::make_unique<ThreadLane>(); }

std::unique_ptr<Lane> make_lane(const Registry& registry, const std::string& device) {
  if (registry.make_lane()) return registry.make_lane()(device);
  if (device != "cpu") throw Refusal("the device `" + device + "` needs a build with LibTorch");
  return make_thread_lane();
}

}  // namespace leat
