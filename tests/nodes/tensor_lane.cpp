#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "leat/lane.h"
#include "leat/loss_term.h"
#include "leat/registry.h"
#include "leat/tensor.h"
#include "tensor/parallel.h"
#include "tensor/threads.h"

#include "support/doctest.h"

void leat_register_leat_nodes_tensor(leat::Registry& registry);

using namespace leat;

namespace {

std::unique_ptr<Lane> lane(const std::string& device) {
  Registry registry;
  leat_register_leat_nodes_tensor(registry);
  return registry.make_lane()(device);
}

/// Runs on the lane's thread and waits.
template <class Work>
auto on(Lane& lane, const Work& work) {
  std::packaged_task<decltype(work())()> task(work);
  auto result = task.get_future();
  lane.submit([&task] { task(); });
  return result.get();
}

std::string refusal(const std::string& device) {
  try {
    (void)lane(device);
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
  return {};
}

}  // namespace

TEST_CASE("lane: computes with its own number of threads and leaves those of others alone") {
  use_threads(1);
  const auto two = lane("cpu:2"), three = lane("cpu:3");
  CHECK(two->name() == "cpu:2");
  CHECK(two->device() == "cpu");
  CHECK(on(*two, [] { return at::get_num_threads(); }) == 2);
  CHECK(on(*three, [] { return at::get_num_threads(); }) == 3);
  CHECK(on(*two, [] { return at::get_num_threads(); }) == 2);
  CHECK(at::get_num_threads() == 1);
}

TEST_CASE("lane: the ranges of Leat's own loops are together the whole, and each thread of the lane takes one") {
  for (const int threads : {1, 2, 3}) {
    const auto of_threads = lane("cpu:" + std::to_string(threads));
    std::vector<int> calls(7, 0);
    std::mutex lock;
    std::set<std::thread::id> seen;
    on(*of_threads, [&] {
      in_parallel(7, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t k = begin; k < end; ++k) ++calls[static_cast<std::size_t>(k)];
        const std::lock_guard guard(lock);
        seen.insert(std::this_thread::get_id());
        CHECK(used_threads() == 1);
      });
      CHECK(used_threads() == threads);
    });
    CHECK(calls == std::vector<int>(7, 1));
    CHECK(seen.size() == static_cast<std::size_t>(threads));
  }
}

TEST_CASE("lane: an exception in a range of such a loop is thrown by the loop") {
  const auto two = lane("cpu:2");
  const auto fail = [] {
    in_parallel(2, 1, [](std::int64_t begin, std::int64_t) {
      if (begin == 1) throw std::runtime_error("the second range");
    });
  };
  CHECK_THROWS_WITH(on(*two, fail), "the second range");
}

TEST_CASE("lane: without a number it takes the cores, eight at most") {
  const int threads = on(*lane("cpu"), [] { return at::get_num_threads(); });
  CHECK(threads >= 1);
  CHECK(threads <= 8);
}

TEST_CASE("lane: runs what is submitted in order, and all of it before it goes") {
  std::vector<int> order;
  {
    const auto cpu = lane("cpu:1");
    for (int k = 0; k < 100; ++k) cpu->submit([k, &order] { order.push_back(k); });
  }
  CHECK(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("lane: gradients are recorded where the segment asks for them, and what leaves has no graph") {
  const auto cpu = lane("cpu:1");
  const at::Tensor x = at::ones({2}).requires_grad_(true);
  CHECK_FALSE(on(*cpu, [&] {
    cpu->enter(false);
    return x.mul(2).requires_grad();
  }));
  const at::Tensor y = on(*cpu, [&] {
    cpu->enter(true);
    return x.mul(2);
  });
  CHECK(y.requires_grad());
  const Value tensor = cpu->fetch(Value::of<at::Tensor>(y));
  CHECK_FALSE(tensor.as<at::Tensor>().requires_grad());
  CHECK(tensor.as<at::Tensor>().const_data_ptr() == y.const_data_ptr());
  const Value term = cpu->fetch(Value::of<LossTerm>({y.sum(), y.sum()}));
  CHECK_FALSE(term.as<LossTerm>().sum.requires_grad());
}

TEST_CASE("lane: refuses what is no device, and a GPU that is not there") {
  CHECK(refusal("gpu") == "there is no device `gpu`");
  CHECK(refusal("cpu:0") == "there is no device `cpu:0`");
  CHECK(refusal("cpu:two") == "there is no device `cpu:two`");
  CHECK(refusal("cuda") == "there is no device `cuda`");
  CHECK_FALSE(refusal("cuda:99").empty());
}
