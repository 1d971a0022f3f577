#include "run/recorder.h"

#include <stdexcept>
#include <utility>

#include "leat/thrown.h"

namespace leat::run {

void Recorder::post(std::function<void()> work) {
  thread_.post([this, work = std::move(work)] { run(work); });
}

void Recorder::run(const std::function<void()>& work) noexcept {
  // After a failed write, a checkpoint could refer to data that is not on disk.
  if (has_failed_) return;
  try {
    work();
  } catch (const std::exception&) {
    has_failed_ = true;
    context_.fail(std::current_exception());
  } catch (...) {
    has_failed_ = true;
    context_.fail(std::make_exception_ptr(std::runtime_error("the recorder failed: it " + words_of_current_exception())));
  }
}

void Recorder::post_newest(Checkpoint checkpoint, Write write) {
  std::optional<Checkpoint> older;  // Destroyed without the lock.
  std::uint64_t number = 0;
  {
    const std::lock_guard guard(lock_);
    older = std::exchange(newest_, std::move(checkpoint));
    number = ++newest_number_;
  }
  post([this, number, write = std::move(write)] {
    std::optional<Checkpoint> mine;
    {
      const std::lock_guard guard(lock_);
      if (number != newest_number_) return;
      mine = std::exchange(newest_, std::nullopt);
    }
    write(*mine);
  });
}

void Recorder::post_large(Large kind, std::function<void()> work) {
  bool& is_waiting = has_waiting_.at(static_cast<std::size_t>(kind));
  {
    std::unique_lock guard(lock_);
    moved_.wait(guard, [&] { return !is_waiting; });
    is_waiting = true;
  }
  thread_.post([this, &is_waiting, work = std::move(work)] {
    {
      const std::lock_guard guard(lock_);
      is_waiting = false;
    }
    moved_.notify_all();
    run(work);
  });
}

void Recorder::writing(const std::string& path, std::int64_t steps, const std::function<void()>& write) {
  const std::int64_t begin = record::now_ns();
  {
    const std::lock_guard guard(lock_);
    path_ = path;
    since_ns_ = begin;
  }
  const auto ends = [this] {
    const std::lock_guard guard(lock_);
    path_.clear();
  };
  try {
    write();
  } catch (...) {
    ends();
    throw;
  }
  ends();
  const WrittenFile written{path, steps, static_cast<double>(record::now_ns() - begin) * 1e-9};
  context_.observer_thread.tell(Hears::Files, [written](Observer& one) { one.file_written(written); });
}

Recorder::Now Recorder::now() const {
  const std::lock_guard guard(lock_);
  if (path_.empty()) return {};
  return {path_, static_cast<double>(record::now_ns() - since_ns_) * 1e-9};
}

}  // namespace leat::run
