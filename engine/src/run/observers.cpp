#include "run/observers.h"

#include <algorithm>
#include <stdexcept>

namespace leat::run {

namespace {

/// The locks of the calls to observers that this thread is in, one for each run that it works for.
thread_local std::vector<const std::shared_mutex*> held;

bool holds(const std::shared_mutex& lock) { return std::find(held.begin(), held.end(), &lock) != held.end(); }

}  // namespace

Observers::Inside::Inside(const Observers& observers) : lock_(observers.lock_) {
  // A thread that is inside already holds the lock; to take it again could wait for one who wants it alone.
  if (!holds(lock_)) {
    const std::lock_guard gate(observers.gate_);
    lock_.lock_shared();
  }
  held.push_back(&lock_);
}

Observers::Inside::~Inside() {
  held.pop_back();
  if (!holds(lock_)) lock_.unlock_shared();
}

Observers::Alone::Alone(Observers& observers) {
  if (holds(observers.lock_))
    throw std::logic_error("an observer cannot be attached or detached, and a value not asked for, from within a call to an observer");
  gate_ = std::unique_lock(observers.gate_);
  lock_ = std::unique_lock(observers.lock_);
}

void Observers::count() {
  unsigned all = engine_looks_ ? engine : 0;
  for (const auto& [observer, heard] : attached_) all |= static_cast<unsigned>(heard);
  const std::lock_guard guard(questions_lock_);
  if (!questions_.empty()) all |= asked;
  hears_.store(all, std::memory_order_relaxed);
}

void Observers::look_at_calls() {
  const Alone alone(*this);
  engine_looks_ = true;
  count();
}

void Observers::attach(Observer& observer, Hears hears) {
  const Alone alone(*this);
  attached_.emplace_back(&observer, hears);
  count();
}

void Observers::detach(Observer& observer) {
  const Alone alone(*this);
  std::erase_if(attached_, [&observer](const auto& one) { return one.first == &observer; });
  count();
}

std::uint64_t Observers::ask(int phase, int wire, std::function<void(const PutValue&)> take) {
  const Alone alone(*this);
  std::uint64_t number = 0;
  {
    const std::lock_guard questions_guard(questions_lock_);
    number = next_question_++;
    questions_.push_back({number, phase, wire, std::move(take)});
  }
  count();
  return number;
}

void Observers::withdraw(std::uint64_t question) {
  const Alone alone(*this);
  {
    const std::lock_guard questions_guard(questions_lock_);
    std::erase_if(questions_, [question](const Question& one) { return one.number == question; });
  }
  count();
}

bool Observers::is_asked(int phase, int wire) const {
  if ((hears_.load(std::memory_order_relaxed) & asked) == 0) return false;
  const std::lock_guard guard(questions_lock_);
  return std::any_of(questions_.begin(), questions_.end(), [&](const Question& one) { return one.phase == phase && one.wire == wire; });
}

void Observers::answer(int phase, int wire, const PutValue& put) {
  const Inside inside(*this);
  std::vector<Question> answered;
  {
    const std::lock_guard guard(questions_lock_);
    const auto rest = std::stable_partition(questions_.begin(), questions_.end(),
                                            [&](const Question& one) { return one.phase != phase || one.wire != wire; });
    std::move(rest, questions_.end(), std::back_inserter(answered));
    questions_.erase(rest, questions_.end());
    if (questions_.empty()) hears_.fetch_and(~asked, std::memory_order_relaxed);
  }
  for (const Question& one : answered) one.take(put);
}

}  // namespace leat::run
