#include "io/tars/tar_stream.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "leat/thrown.h"
#include "leat/wording.h"

namespace leat {

namespace {

constexpr std::size_t most_bytes_ahead = std::size_t{1} << 26;

}  // namespace

TarStream::TarStream(const TarList& tars, ImageEndings images, Begin begin, std::int64_t end, std::int64_t batch,
                     std::function<void()> arrived)
    : tars_(tars),
      images_(std::move(images)),
      begin_(begin),
      end_(end),
      batch_(batch),
      arrived_(std::move(arrived)),
      first_(begin.position),
      to_leave_out_(begin.left_out) {
  thread_ = std::thread([this] { read_all(); });
}

TarStream::~TarStream() {
  {
    const std::lock_guard guard(lock_);
    is_stopping_ = true;
    if (command_) command_->kill();
  }
  changed_.notify_all();
  thread_.join();
}

std::optional<std::int64_t> TarStream::count(std::int64_t wanted) {
  const std::lock_guard guard(lock_);
  const std::int64_t read = first_ + static_cast<std::int64_t>(items_.size());
  if (read >= wanted) return wanted;
  if (error_) std::rethrow_exception(error_);
  if (has_ended_) return read;
  is_asked_ = true;
  wanted_ = std::max(wanted_, wanted);
  changed_.notify_all();
  return {};
}

TarStream::Item TarStream::take(std::int64_t position) {
  const std::lock_guard guard(lock_);
  const auto forget = [this] {
    bytes_ -= items_.front().sample.picture.size();
    items_.pop_front();
    ++first_;
  };
  while (first_ < position && !items_.empty()) forget();
  if (first_ != position || items_.empty()) throw std::logic_error("sample " + std::to_string(position) + " is not that which comes next");
  const std::size_t size = items_.front().sample.picture.size();
  Item out = std::move(items_.front());
  bytes_ -= size;
  items_.pop_front();
  ++first_;
  changed_.notify_all();
  return out;
}

void TarStream::read_all() {
  std::exception_ptr error;
  try {
    for (std::int64_t tar = begin_.tar; tar < end_; ++tar) {
      {
        const std::lock_guard guard(lock_);
        if (is_stopping_) return;
      }
      read_tar(tar);
    }
  } catch (...) {
    error = std::current_exception();
  }
  bool is_stopping = false;
  {
    const std::lock_guard guard(lock_);
    error_ = error;
    has_ended_ = true;
    is_stopping = is_stopping_;
  }
  if (!is_stopping) arrived_();
}

void TarStream::read_tar(std::int64_t tar) {
  const auto at = static_cast<std::size_t>(tar);
  if (tars_.commands.empty()) {
    try {
      ArchiveReader reader(tars_.files[at]);
      read_samples(tar, reader);
    } catch (...) {
      throw std::runtime_error("`" + tars_.files[at].string() + "`: " + words_of_current_exception());
    }
    return;
  }
  const std::string named = "the command `" + tars_.commands[at] + "`";
  PipedCommand command(tars_.commands[at]);
  struct Use {
    TarStream& stream;
    Use(TarStream& of, PipedCommand& one) : stream(of) { set(&one); }
    ~Use() { set(nullptr); }
    void set(PipedCommand* one) const {
      const std::lock_guard guard(stream.lock_);
      stream.command_ = one;
      if (one && stream.is_stopping_) one->kill();
    }
  };
  const Use use(*this, command);
  try {
    ArchiveReader reader([&command, &named](std::span<std::uint8_t> buffer) {
      const std::size_t count = command.read(buffer);
      // Before the last sample is given, which can be a part of it only.
      if (count == 0)
        if (const std::string why = command.failure(); !why.empty()) throw std::runtime_error(named + " failed: " + why);
      return count;
    });
    read_samples(tar, reader);
  } catch (...) {
    const std::string words = words_of_current_exception();
    if (words.starts_with(named)) throw;
    throw std::runtime_error("the output of " + named + ": " + words);
  }
}

void TarStream::read_samples(std::int64_t tar, ArchiveReader& reader) {
  TarSamples samples(reader, images_);
  if (tar == begin_.tar) pass(samples);
  while (std::optional<TarSample> sample = samples.next()) {
    if (to_leave_out_ > 0) --to_leave_out_;
    else if (!add({tar, std::move(*sample), samples.left_out()})) return;
  }
}

/// Reads the samples again that were predicted before.
void TarStream::pass(TarSamples& samples) const {
  for (std::int64_t k = 0; k < begin_.samples; ++k)
    if (!samples.next())
      throw std::runtime_error("it has " + counted(k, "sample") + ", but at least " + std::to_string(begin_.samples) +
                               " were predicted before: it has changed since");
}

bool TarStream::add(Item item) {
  bool is_asked = false;
  {
    std::unique_lock guard(lock_);
    changed_.wait(guard, [this] {
      const std::int64_t read = first_ + static_cast<std::int64_t>(items_.size());
      return is_stopping_ || read < wanted_ || (read < wanted_ + batch_ && bytes_ < most_bytes_ahead);
    });
    if (is_stopping_) return false;
    bytes_ += item.sample.picture.size();
    items_.push_back(std::move(item));
    if (first_ + static_cast<std::int64_t>(items_.size()) >= wanted_) is_asked = std::exchange(is_asked_, false);
  }
  if (is_asked) arrived_();
  return true;
}

}  // namespace leat
