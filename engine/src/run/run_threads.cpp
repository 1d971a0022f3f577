#include "run/run_threads.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace leat::run {

namespace {

std::atomic<std::uint64_t> next_id{1};

}  // namespace

RunThreads::RunThreads() : id_(next_id++) {}

ThreadPlace& RunThreads::mine() {
  // Compare ids, not addresses: a thread can work for two runs in turn, or outlive one and meet another at the same address.
  thread_local std::uint64_t owner = 0;
  thread_local ThreadPlace* known = nullptr;
  if (owner == id_) return *known;
  const std::lock_guard guard(lock_);
  auto& place = threads_[std::this_thread::get_id()];
  if (!place) {
    place = std::make_unique<ThreadPlace>();
    place->thread_id = static_cast<int>(::syscall(SYS_gettid));
  }
  known = place.get();
  owner = id_;
  return *known;
}

std::vector<RunningNow::Snapshot> RunThreads::running() const {
  std::vector<RunningNow::Snapshot> out;
  const std::lock_guard guard(lock_);
  for (const auto& [thread, one] : threads_)
    if (const RunningNow::Snapshot now = one->running.read(); now.since != 0) out.push_back(now);
  return out;
}

void RunThreads::for_each(const std::function<void(const ThreadPlace&)>& look) const {
  const std::lock_guard guard(lock_);
  for (const auto& [thread, one] : threads_) look(*one);
}

}  // namespace leat::run
