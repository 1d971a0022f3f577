#include "leat/thread_lane.h"

#include <utility>

#include "leat/work_thread.h"

namespace leat {

namespace {

class ThreadLane final : public Lane {
 public:
  std::string name() const override { return "cpu"; }
  std::string device() const override { return "cpu"; }
  void submit(std::function<void()> work) override { thread_.post(std::move(work)); }
  void enter(bool) override {}
  Value upload(Value value) override { return value; }
  Value fetch(Value value) override { return value; }

 private:
  WorkThread thread_;
};

}  // namespace

std::unique_ptr<Lane> make_thread_lane() { return std::make_unique<ThreadLane>(); }

std::unique_ptr<Lane> make_lane(const Registry& registry, const std::string& device) {
  if (registry.make_lane()) return registry.make_lane()(device);
  if (device != "cpu") throw Refusal("the device `" + device + "` needs a build with LibTorch");
  return make_thread_lane();
}

}  // namespace leat
