#include "run/observers.h"

#include <algorithm>
#include <utility>

#include "leat/thrown.h"

namespace leat::run {

namespace {

/// The calls to observers in progress on this thread: the run's observers, and the lock of the observer.
thread_local std::vector<std::pair<const Observers*, const std::shared_mutex*>> calls;

}  // namespace

Observers::Inside::Inside(const Observers& observers, std::shared_mutex& called) : called_(called) {
  is_first_ = std::none_of(calls.begin(), calls.end(), [&called](const auto& one) { return one.second == &called; });
  if (is_first_) called_.lock_shared();
  calls.emplace_back(&observers, &called);
}

Observers::Inside::~Inside() {
  calls.pop_back();
  if (is_first_) called_.unlock_shared();
}

void Observers::throw_failure() {
  try {
    throw;
  } catch (const ObserverFailure&) {
    throw;
  } catch (...) {
    throw ObserverFailure("an observer failed: " + words_of_current_exception());
  }
}

void Observers::refuse_inside() const {
  if (std::any_of(calls.begin(), calls.end(), [this](const auto& one) { return one.first == this; }))
    throw std::logic_error("within a call to an observer, no observer can be attached or detached, and no value asked for");
}

void Observers::count() {
  unsigned all = engine_looks_ ? engine : 0;
  for (const std::shared_ptr<Attached>& one : *attached_) all |= static_cast<unsigned>(one->hears);
  if (std::any_of(questions_.begin(), questions_.end(), [](const auto& one) { return !one->is_taken; })) all |= asked;
  hears_.store(all, std::memory_order_relaxed);
}

void Observers::look_at_calls() {
  const std::lock_guard guard(lock_);
  engine_looks_ = true;
  count();
}

std::shared_ptr<const Observers::List> Observers::list() const {
  const std::lock_guard guard(lock_);
  return attached_;
}

void Observers::attach(Observer& observer, Hears hears) {
  refuse_inside();
  const std::lock_guard guard(lock_);
  List list = *attached_;
  if (std::any_of(list.begin(), list.end(), [&observer](const auto& one) { return one->observer == &observer; }))
    throw std::invalid_argument("the observer is attached already");
  list.push_back(std::make_shared<Attached>(&observer, hears));
  attached_ = std::make_shared<const List>(std::move(list));
  count();
}

void Observers::detach(Observer& observer) {
  refuse_inside();
  std::shared_ptr<Attached> gone;
  {
    const std::lock_guard guard(lock_);
    List list = *attached_;
    const auto at = std::find_if(list.begin(), list.end(), [&observer](const auto& one) { return one->observer == &observer; });
    if (at == list.end()) return;
    gone = *at;
    list.erase(at);
    attached_ = std::make_shared<const List>(std::move(list));
    count();
  }
  // A thread that copied the list earlier can still call the observer.
  const std::lock_guard guard(gone->called);
  gone->is_gone = true;
}

std::uint64_t Observers::ask(int phase, int wire, std::function<void(const PutValue&)> take) {
  refuse_inside();
  if (!take) throw std::invalid_argument("a value is asked for with an empty function");
  auto question = std::make_shared<Question>();
  question->phase = phase;
  question->wire = wire;
  question->take = std::move(take);
  const std::lock_guard guard(lock_);
  question->number = next_question_++;
  questions_.push_back(question);
  count();
  return question->number;
}

void Observers::withdraw(std::uint64_t number) {
  refuse_inside();
  std::shared_ptr<Question> gone;
  {
    const std::lock_guard guard(lock_);
    const auto at = std::find_if(questions_.begin(), questions_.end(), [number](const auto& one) { return one->number == number; });
    if (at == questions_.end()) return;
    gone = *at;
    questions_.erase(at);
    count();
  }
  const std::lock_guard guard(gone->called);
  gone->is_gone = true;
}

bool Observers::is_asked(int phase, int wire) const {
  if ((hears_.load(std::memory_order_relaxed) & asked) == 0) return false;
  const std::lock_guard guard(lock_);
  return std::any_of(questions_.begin(), questions_.end(),
                     [&](const auto& one) { return !one->is_taken && one->phase == phase && one->wire == wire; });
}

void Observers::answer(int phase, int wire, const PutValue& put) {
  std::vector<std::shared_ptr<Question>> answered;
  {
    const std::lock_guard guard(lock_);
    for (const auto& one : questions_)
      if (!one->is_taken && one->phase == phase && one->wire == wire) answered.push_back(one);
    for (const auto& one : answered) one->is_taken = true;
    count();
  }
  for (const auto& one : answered) {
    const Inside inside(*this, one->called);
    if (one->is_gone) continue;
    try {
      one->take(put);
    } catch (...) {
      throw_failure();
    }
  }
  const std::lock_guard guard(lock_);
  std::erase_if(questions_, [&answered](const auto& one) { return std::find(answered.begin(), answered.end(), one) != answered.end(); });
}

}  // namespace leat::run
