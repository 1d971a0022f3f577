#include "run/kept_results.h"

#include "leat/kept_calls.h"

namespace leat::run {

std::int64_t CallResult::bytes() const {
  std::size_t sum = sizeof(CallResult);
  for (const Value& put : puts) sum += sizeof(Value) + (put ? put.bytes() : 0);
  for (const auto& [place, put] : row_puts) sum += sizeof place + sizeof put + (put ? put.bytes() : 0);
  for (const auto& [row, reason] : row_drops) sum += sizeof row + reason.size();
  for (const auto* list : {&notes, &warnings})
    for (const std::string& sentence : *list) sum += sizeof sentence + sentence.size();
  return static_cast<std::int64_t>(sum);
}

std::shared_ptr<const CallResult> KeptResults::find(const Fingerprint& call) {
  const std::lock_guard guard(lock_);
  const auto known = places_.find(call);
  if (known == places_.end()) return nullptr;
  ++reused_;
  entries_.splice(entries_.begin(), entries_, known->second);
  return known->second->result;
}

void KeptResults::keep(const Fingerprint& call, CallResult result) {
  const std::int64_t size = result.bytes();
  if (size > most_bytes_) return;
  std::vector<std::shared_ptr<const CallResult>> dropped;  // Destroyed without the lock, because freeing large values takes time.
  auto made = std::make_shared<const CallResult>(std::move(result));
  const std::lock_guard guard(lock_);
  if (places_.contains(call)) return;
  entries_.push_front({call, std::move(made), size});
  places_[call] = entries_.begin();
  bytes_ += size;
  while (bytes_ > most_bytes_) {
    Entry& last = entries_.back();
    bytes_ -= last.bytes;
    places_.erase(last.call);
    dropped.push_back(std::move(last.result));
    entries_.pop_back();
  }
}

std::int64_t KeptResults::bytes() const {
  const std::lock_guard guard(lock_);
  return bytes_;
}

std::size_t KeptResults::reused() const {
  const std::lock_guard guard(lock_);
  return reused_;
}

}  // namespace leat::run

namespace leat {

KeptCalls::KeptCalls(std::int64_t most_bytes) : results_(std::make_unique<Results>(most_bytes)) {}
KeptCalls::~KeptCalls() = default;
std::int64_t KeptCalls::bytes() const { return results_->bytes(); }
std::size_t KeptCalls::reused() const { return results_->reused(); }

}  // namespace leat
