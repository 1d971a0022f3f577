#include "conformance/watches.h"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace leat::conformance {
namespace {

constexpr std::size_t page_size = 256;

/// Hashes of the inputs of this thread's call.
thread_local std::vector<std::uint64_t> hashes_before;
/// Number of requests of this thread's call to its frame; -1: not counted.
thread_local int asked_so_far = -1;

}  // namespace

Page::Page() : text_(static_cast<char*>(::mmap(nullptr, page_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
  if (text_ == MAP_FAILED) throw std::runtime_error("cannot allocate memory that is shared with a child process");
}

Page::~Page() { ::munmap(text_, page_size); }

void Page::write(std::string_view type) {
  const std::size_t count = std::min(type.size(), page_size - 1);
  std::memcpy(text_, type.data(), count);
  text_[count] = '\0';
}

void Watcher::call_begins(const NodeCall& call) {
  page_.write(call.type);
  {
    const std::lock_guard guard(lock_);
    ran_.emplace(call.type);
  }
  if (shakes_) shake(call);
  hashes_before.clear();
  if (hashes_)
    for (const Value* input : call.inputs) hashes_before.push_back(input->hash());
}

void Watcher::call_ends(const NodeCall& call) {
  page_.write("");
  if (!hashes_) return;
  for (std::size_t k = 0; k < call.inputs.size(); ++k) {
    // An input that the node took no longer exists.
    if (!*call.inputs[k] || call.inputs[k]->hash() == hashes_before[k]) continue;
    const std::lock_guard guard(lock_);
    written_.emplace(call.type, call.inputs[k]->type().name);
  }
}

void Watcher::shake(const NodeCall& call) const {
  const std::uint64_t parts[] = {shakes_, static_cast<std::uint64_t>(call.step), static_cast<std::uint64_t>(call.slot),
                                 hash_bytes(call.node.data(), call.node.size())};
  std::this_thread::sleep_for(std::chrono::microseconds(hash_bytes(parts, sizeof parts) % 1500));
}

void Failing::call_begins(const NodeCall& call) {
  page_.write(call.type);
  asked_so_far = call.type == type_ ? 0 : -1;
}

void Failing::call_ends(const NodeCall&) { page_.write(""); }

void Failing::requested() {
  if (asked_so_far < 0) return;
  most_asked_ = std::max(most_asked_.load(), ++asked_so_far);
  if (asked_so_far != nth_) return;
  has_failed_ = true;
  throw std::runtime_error(words);
}

void LateMetrics::call_begins(const NodeCall& call) { page_.write(call.type); }

void LateMetrics::call_ends(const NodeCall& call) {
  page_.write("");
  {
    const std::lock_guard guard(lock_);
    if (phase_ != call.phase) {
      phase_ = call.phase;
      furthest_ = 0;
    }
    furthest_ = std::max(furthest_, call.step);
  }
  moved_.notify_all();
}

void LateMetrics::metric_given(std::string_view metric, std::int64_t step, const std::function<double()>& later) {
  const double now = later();
  const std::lock_guard guard(lock_);
  Given& given = given_[{step, std::string(metric)}];
  given.sum += now;
  ++given.count;
}

void LateMetrics::metrics_due(std::string_view, std::int64_t step) {
  // The last steps of a phase have no step two steps after them.
  constexpr std::chrono::milliseconds most{100};
  std::unique_lock guard(lock_);
  (void)moved_.wait_for(guard, most, [&] { return furthest_ >= step + 2; });
}

void LateMetrics::step_retired(const Progress& progress) {
  const std::lock_guard guard(lock_);
  for (const auto& [name, value] : progress.metrics) {
    const auto found = given_.find({progress.step - 1, name});
    if (found == given_.end()) continue;
    const double before = found->second.sum / found->second.count;
    given_.erase(found);
    const bool is_same =
        before == value || std::abs(before - value) <= 1e-9 * std::abs(before) || (std::isnan(before) && std::isnan(value));
    if (!is_same)
      changed_.insert({name.substr(0, name.rfind('.')), "its metric `" + name.substr(name.rfind('.') + 1) +
                                                            "` has another value if it is read two steps later: " +
                                                            "the function given to `frame.metric` must own what it reads"});
  }
}

void Stopping::call_begins(const NodeCall& call) {
  page_.write(call.type);
  if (--left_ == 0 || call.step == step_) run->stop();
}

void Stopping::call_ends(const NodeCall&) { page_.write(""); }

}  // namespace leat::conformance
