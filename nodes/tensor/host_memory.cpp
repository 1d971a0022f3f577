#include "tensor/host_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace leat {
namespace {

constexpr std::size_t page = 4096, huge_page = std::size_t{2} << 20, least_kept = std::size_t{64} << 10;

std::size_t rounded(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

/// A range of addresses as long as the machine's memory. The system gives pages to it when they are touched.
struct Range {
  std::byte* begin = nullptr;
  std::size_t size = 0;

  Range() {
    const long pages = sysconf(_SC_PHYS_PAGES);
    if (pages <= 0) return;
    const std::size_t wanted = rounded(static_cast<std::size_t>(pages) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), huge_page);
    void* got = mmap(nullptr, wanted + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED) return;
    const std::size_t skipped = (huge_page - reinterpret_cast<std::uintptr_t>(got) % huge_page) % huge_page;
    begin = static_cast<std::byte*>(got) + skipped;
    size = wanted;
    madvise(begin, size, MADV_HUGEPAGE);
  }
};

/// Takes the smallest free block that is long enough, the first of equal ones, and joins neighbours that are free. Never destroyed, because
/// tensors can outlive everything else. Holds its lock for the lists of blocks only.
class HostMemory final : public at::Allocator {
 public:
  static HostMemory& get() {
    static auto* const memory = new HostMemory;
    return *memory;
  }
  [[nodiscard]] bool has_range() const { return range_.begin != nullptr; }

  at::DataPtr allocate(std::size_t bytes) override {
    void* at = bytes < least_kept ? nullptr : take(rounded(bytes, page));
    if (!at) at = c10::alloc_cpu(bytes);
    return {at, at, &free, at::Device(at::kCPU)};
  }
  at::DeleterFnPtr raw_deleter() const override { return &free; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }

  void give_back() {
    const std::lock_guard guard(lock_);
    for (const auto& [begin, length] : free_) {
      const std::size_t first = rounded(begin, huge_page), end = (begin + length) / huge_page * huge_page;
      if (first < std::min(end, touched_))
        madvise(range_.begin + first, std::min(end, rounded(touched_, huge_page)) - first, MADV_DONTNEED);
    }
  }

 private:
  HostMemory() {
    if (range_.size > 0) add_free(0, range_.size);
  }

  void* take(std::size_t length) {
    const std::lock_guard guard(lock_);
    const auto found = by_length_.lower_bound({length, 0});
    if (found == by_length_.end()) return nullptr;
    const auto [had, begin] = *found;
    by_length_.erase(found);
    free_.erase(begin);
    if (had > length) add_free(begin + length, had - length);
    taken_.emplace(begin, length);
    touched_ = std::max(touched_, begin + length);
    return range_.begin + begin;
  }

  void put(std::size_t begin) {
    const std::lock_guard guard(lock_);
    const auto taken = taken_.extract(begin);
    std::size_t length = taken.mapped();
    const auto next = free_.lower_bound(begin);
    if (next != free_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == begin) {
        begin = before->first;
        length += before->second;
        by_length_.erase({before->second, before->first});
        free_.erase(before);
      }
    }
    if (next != free_.end() && next->first == begin + length) {
      length += next->second;
      by_length_.erase({next->second, next->first});
      free_.erase(next);
    }
    add_free(begin, length);
  }

  void add_free(std::size_t begin, std::size_t length) {
    free_.emplace(begin, length);
    by_length_.emplace(length, begin);
  }

  static void free(void* at) {
    HostMemory& memory = get();
    const auto offset = static_cast<std::size_t>(static_cast<std::byte*>(at) - memory.range_.begin);
    // An address before the range gives a very large number.
    if (memory.has_range() && offset < memory.range_.size) memory.put(offset);
    else c10::free_cpu(at);
  }

  const Range range_;
  std::mutex lock_;                                          ///< Guards the members below.
  std::map<std::size_t, std::size_t> free_, taken_;          ///< Length of the blocks by their begin in the range.
  std::set<std::pair<std::size_t, std::size_t>> by_length_;  ///< Of free blocks: length, begin.
  std::size_t touched_ = 0;                                  ///< No page from here on was ever used.
};

}  // namespace

void keep_host_memory() {
#ifndef __SANITIZE_ADDRESS__
  // AddressSanitizer sees more faults if each tensor has memory of its own.
  HostMemory& memory = HostMemory::get();
  if (memory.has_range() && c10::GetAllocator(at::kCPU) == c10::GetDefaultCPUAllocator()) c10::SetAllocator(at::kCPU, &memory);
#endif
}

void give_back_host_memory() { HostMemory::get().give_back(); }

}  // namespace leat
