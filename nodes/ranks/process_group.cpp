#include "ranks/process_group.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <utility>
#include <vector>

#include "ranks/connections.h"

namespace leat::ranks {

namespace {

using c10d::ProcessGroupGloo;

constexpr auto longest_connect = std::chrono::minutes(5);
/// Other ranks can wait for hours while one computes. The life watch ends a wait that has no sense.
constexpr std::chrono::milliseconds longest_call = std::chrono::hours(24 * 365);
/// After `cut`, calls end at once, or never: Gloo forgets the rest of what it sends if the other end breaks the connection before it reads.
constexpr auto longest_end = std::chrono::seconds(2);

/// Returns the devices of the interfaces that GLOO_SOCKET_IFNAME lists, as PyTorch does; without it, that of the address.
std::vector<std::shared_ptr<::gloo::transport::Device>> devices_for(const std::string& address) {
  std::vector<std::shared_ptr<::gloo::transport::Device>> devices;
  const char* named = std::getenv("GLOO_SOCKET_IFNAME");
  std::istringstream interfaces(named ? named : "");
  for (std::string one; std::getline(interfaces, one, ',');) devices.push_back(ProcessGroupGloo::createDeviceForInterface(one));
  if (devices.empty()) devices.push_back(ProcessGroupGloo::createDeviceForHostname(address));
  return devices;
}

at::Tensor bytes_of(std::span<std::byte> bytes) {
  return at::from_blob(bytes.data(), {static_cast<std::int64_t>(bytes.size())}, at::kByte);
}

}  // namespace

struct ProcessGroup::State {
  std::mutex lock;  ///< Guards `is_cut`.
  std::condition_variable changed;
  bool is_cut = false;

  Connections connections;
  std::vector<std::byte> copies;  ///< What the gather sends to each rank. There is one gather at a time.
  std::deque<c10::intrusive_ptr<c10d::Work>> begun;
  bool is_stuck = false;  ///< A call does not end.
  /// Last member, so that its threads end before the others are destroyed.
  c10::intrusive_ptr<ProcessGroupGloo> group;
};

ProcessGroup::ProcessGroup(const c10::intrusive_ptr<c10d::Store>& store, const RankPlace& place, const std::string& address)
    : state_(std::make_unique<State>()) {
  auto options = ProcessGroupGloo::Options::create(longest_connect);
  options->devices = devices_for(address);
  // One thread does the calls one after another, so sums end in their order.
  options->threads = 1;
  state_->connections.note(place);
  state_->group = c10::make_intrusive<ProcessGroupGloo>(store, place.rank, place.size, options);
  state_->connections.take_new();
  const std::size_t all = options->devices.size() * static_cast<std::size_t>(place.size - 1);
  if (state_->connections.size() != all)
    throw std::runtime_error("Gloo has made " + std::to_string(state_->connections.size()) + " connections to the other ranks, not " +
                             std::to_string(all));
}

ProcessGroup::~ProcessGroup() {
  // Gloo waits for a call that does not end. The process ends with it.
  if (state_->is_stuck) (void)state_.release();
}

void ProcessGroup::begin_gather(std::span<const std::byte> own, std::span<std::byte> all) {
  c10d::AllToAllOptions options;
  options.timeout = longest_call;
  // LibTorch's own gather copies with threads of OpenMP, which wait for each other by spinning.
  state_->copies.resize(all.size());
  for (std::size_t at = 0; at < all.size(); at += own.size())
    std::copy(own.begin(), own.end(), state_->copies.begin() + static_cast<std::ptrdiff_t>(at));
  at::Tensor input = bytes_of(state_->copies);
  at::Tensor output = bytes_of(all);
  std::vector<std::int64_t> equal;
  state_->begun.push_back(state_->group->alltoall_base(output, input, equal, equal, options));
}

void ProcessGroup::begin_from_first(std::span<std::byte> bytes) {
  c10d::BroadcastOptions options;
  options.timeout = longest_call;
  std::vector<at::Tensor> tensors{bytes_of(bytes)};
  state_->begun.push_back(state_->group->broadcast(tensors, options));
}

void ProcessGroup::begin_sum(std::span<float> numbers) {
  c10d::AllreduceOptions options;
  options.timeout = longest_call;
  std::vector<at::Tensor> tensors{at::from_blob(numbers.data(), {static_cast<std::int64_t>(numbers.size())}, at::kFloat)};
  state_->begun.push_back(state_->group->allreduce(tensors, options));
}

bool ProcessGroup::has_begun() const { return !state_->begun.empty(); }

void ProcessGroup::finish() {
  State& state = *state_;
  const c10::intrusive_ptr<c10d::Work> oldest = std::move(state.begun.front());
  state.begun.pop_front();
  const auto future = oldest->getFuture();
  future->addCallback([&state](c10::ivalue::Future&) {
    const std::lock_guard guard(state.lock);
    state.changed.notify_all();
  });
  std::unique_lock guard(state.lock);
  const auto has_ended = [&future] { return future->completed(); };
  state.changed.wait(guard, [&] { return has_ended() || state.is_cut; });
  if (!state.changed.wait_for(guard, longest_end, has_ended)) {
    state.is_stuck = true;
    state.begun.clear();
    throw std::runtime_error("a call of Gloo does not end");
  }
  guard.unlock();
  oldest->wait();
}

void ProcessGroup::cut() {
  state_->connections.cut();
  const std::lock_guard guard(state_->lock);
  state_->is_cut = true;
  state_->changed.notify_all();
}

}  // namespace leat::ranks
