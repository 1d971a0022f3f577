#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "leat/tensor.h"
#include "support/doctest.h"
#include "tensor/host_memory.h"

// Memory of CPU tensors that a process keeps.
using namespace leat;

namespace {

std::uintptr_t address_of(const at::Tensor& tensor) { return reinterpret_cast<std::uintptr_t>(tensor.data_ptr()); }

/// A tensor of this many KiB, filled with its number.
at::Tensor filled(std::int64_t kib, float number) { return at::empty({kib * 256}, at::kFloat).fill_(number); }

bool is_filled(const at::Tensor& tensor, float number) { return tensor.eq(number).all().item<bool>(); }

}  // namespace

TEST_CASE("kept memory: a block that was given back is taken again, and neighbours are joined") {
  keep_host_memory();
  for (const std::int64_t kib : {64, 100, 1024, 5000}) {
    CAPTURE(kib);
    const std::uintptr_t first = address_of(filled(kib, 1));
    CHECK(first % 64 == 0);
#ifndef __SANITIZE_ADDRESS__
    CHECK(address_of(filled(kib, 2)) == first);
#endif
  }
  std::vector<at::Tensor> blocks;
  for (int k = 0; k < 9; ++k) blocks.push_back(filled(512, static_cast<float>(k)));
  const std::uintptr_t second = address_of(blocks[1]);
  blocks[1] = blocks[3] = at::Tensor();
  blocks[2] = at::Tensor();
  const at::Tensor joined = filled(3 * 512, 20);
#ifndef __SANITIZE_ADDRESS__
  CHECK(address_of(joined) == second);
#endif
  for (const int k : {0, 4, 5, 6, 7, 8}) CHECK(is_filled(blocks[static_cast<std::size_t>(k)], static_cast<float>(k)));
  CHECK(is_filled(joined, 20));
}

TEST_CASE("kept memory: what is in use stays as it is when free blocks are given back") {
  keep_host_memory();
  std::vector<at::Tensor> kept;
  for (int k = 0; k < 12; ++k) {
    const at::Tensor gone = filled(2500 + k, -1);
    kept.push_back(filled(700 + 300 * k, static_cast<float>(k)));
  }
  give_back_host_memory();
  for (int k = 0; k < 12; ++k) CHECK(is_filled(kept[static_cast<std::size_t>(k)], static_cast<float>(k)));
  const at::Tensor later = filled(20000, 5);
  CHECK(is_filled(later, 5));
  CHECK(at::empty({0}).numel() == 0);
}

TEST_CASE("kept memory: threads take blocks and give back those of others") {
  keep_host_memory();
  constexpr int threads = 4, rounds = 300;
  std::vector<std::vector<at::Tensor>> held(threads);
  std::atomic<int> wrong{0};
  const auto work = [&](int thread) {
    for (int k = 0; k < rounds; ++k) {
      auto& own = held[static_cast<std::size_t>(thread)];
      const auto number = static_cast<float>(thread * rounds + k);
      own.push_back(filled(64 + (k * 37 + thread * 11) % 400, number));
      if (own.size() > 8) {
        const auto old = static_cast<float>(thread * rounds + k + 1 - static_cast<int>(own.size()));
        if (!is_filled(own.front(), old)) ++wrong;
        own.erase(own.begin());
      }
    }
  };
  std::vector<std::thread> all;
  for (int thread = 0; thread < threads; ++thread) all.emplace_back(work, thread);
  for (std::thread& one : all) one.join();
  CHECK(wrong == 0);
  // Here they are given back by another thread.
  held.clear();
  CHECK(is_filled(filled(3000, 7), 7));
}
