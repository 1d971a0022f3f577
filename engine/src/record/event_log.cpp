#include "record/event_log.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "leat/value.h"

namespace leat::record {

namespace {

constexpr std::uint32_t mark = 0x5441454C;  // "LEAT"
enum FrameKind : std::uint32_t { header_frame = 1, event_frame = 2, note_frame = 3 };

struct FrameHead {
  std::uint32_t mark;
  std::uint32_t kind;
  std::uint64_t bytes;
  std::uint64_t hash;
};

std::atomic<std::uint64_t> next_id{1};

/// Whether the kernel trusts the processor's counter: one rate, the same on all cores.
bool is_clock_of_cycles() {
#if defined(__x86_64__)
  std::ifstream in("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string name;
  return in >> name && name == "tsc";
#else
  return false;
#endif
}

/// Calls `frame(kind, payload)` for each whole frame; returns the bytes that they take. Throws when it is no log of ours.
template <class Frame>
std::int64_t for_each_frame(const std::filesystem::path& file, Frame frame) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  const auto file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
  std::int64_t whole = 0;
  FrameHead head{};
  std::string payload;
  while (in.read(reinterpret_cast<char*>(&head), sizeof head)) {
    if (head.mark != mark) {
      if (whole == 0) throw std::runtime_error(file.string() + " is no event log");
      break;
    }
    // A head that was cut in the middle of a write may say anything.
    if (head.bytes > static_cast<std::uint64_t>(file_bytes - whole) - sizeof head) break;
    payload.resize(head.bytes);
    if (!in.read(payload.data(), static_cast<std::streamsize>(head.bytes)) || hash_bytes(payload.data(), payload.size()) != head.hash) break;
    whole += static_cast<std::int64_t>(sizeof head + head.bytes);
    frame(head.kind, std::string_view(payload));
  }
  return whole;
}

}  // namespace

EventLog::EventLog(const std::filesystem::path& file, const std::string& header)
    : counts_cycles_(is_clock_of_cycles()), start_ns_(now_ns()), start_ticks_(ticks()), id_(next_id++), path_(file.string()) {
  file_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) throw std::runtime_error("cannot write " + path_ + ": " + std::strerror(errno));
  try {
    // What stands behind a frame that was cut could never be read.
    if (::ftruncate(file_, for_each_frame(file, [](std::uint32_t, std::string_view) {})) != 0) throw std::runtime_error("cannot cut " + path_ + ": " + std::strerror(errno));
  } catch (...) {
    ::close(file_);
    throw;
  }
  write_frame(header_frame, header.data(), header.size());
  writer_ = std::thread([this] {
    std::unique_lock guard(lock_);
    while (!is_closing_) {
      wake_.wait_for(guard, std::chrono::milliseconds(200));
      guard.unlock();
      write_chunks();
      guard.lock();
    }
  });
}

EventLog::~EventLog() {
  {
    const std::lock_guard guard(lock_);
    is_closing_ = true;
  }
  wake_.notify_all();
  writer_.join();
  write_chunks();
  ::close(file_);
}

EventLog::Teller& EventLog::teller() {
  // A thread may outlive a log and meet another at the same address, hence the id.
  thread_local std::uint64_t owner = 0;
  thread_local Teller* mine = nullptr;
  if (owner == id_) return *mine;
  const std::lock_guard guard(lock_);
  Teller& made = *tellers_.emplace_back(std::make_unique<Teller>());
  made.log_ = this;
  made.thread_ = static_cast<std::uint8_t>(tellers_.size() - 1);
  owner = id_;
  mine = &made;
  return made;
}

void EventLog::next_chunk(Teller& teller) {
  const std::lock_guard guard(lock_);
  if (free_.empty()) {
    chunks_.push_back(std::make_unique<SpanChunk>());
  } else {
    chunks_.push_back(std::move(free_.back()));
    free_.pop_back();
  }
  teller.chunk_ = chunks_.back().get();
  teller.chunk_->thread = teller.thread_;
  teller.filled_ = 0;
  if (chunks_.size() > 2 * tellers_.size()) wake_.notify_one();
}

void EventLog::add_note(std::string json) {
  const std::lock_guard guard(lock_);
  notes_.push_back(std::move(json));
}

void EventLog::flush() {
  write_chunks();
  const std::lock_guard guard(file_lock_);
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

void EventLog::write_chunks() {
  const std::lock_guard file_guard(file_lock_);
  std::vector<SpanChunk*> chunks;
  std::vector<std::string> notes;
  {
    const std::lock_guard guard(lock_);
    for (const auto& one : chunks_) chunks.push_back(one.get());
    notes.swap(notes_);
  }
  const std::int64_t elapsed = ticks() - start_ticks_;
  const double ns_a_tick = counts_cycles_ && elapsed > 0 ? static_cast<double>(now_ns() - start_ns_) / static_cast<double>(elapsed) : 1;
  std::vector<Event> events;
  for (SpanChunk* one : chunks) {
    const std::size_t filled = one->filled.load(std::memory_order_acquire);
    events.clear();
    for (; one->written < filled; ++one->written) events.push_back(event_of(one->spans[one->written], one->thread, ns_a_tick));
    if (!events.empty()) write_frame(event_frame, events.data(), events.size() * sizeof(Event));
  }
  for (const std::string& note : notes) write_frame(note_frame, note.data(), note.size());
  const std::lock_guard guard(lock_);
  const auto is_used = [](const std::unique_ptr<SpanChunk>& one) { return one->written < SpanChunk::size; };
  const auto used_up = std::stable_partition(chunks_.begin(), chunks_.end(), is_used);
  for (auto one = used_up; one != chunks_.end(); ++one) {
    (*one)->written = 0;
    (*one)->filled.store(0, std::memory_order_relaxed);
    free_.push_back(std::move(*one));
  }
  chunks_.erase(used_up, chunks_.end());
}

Event EventLog::event_of(const Span& span, std::uint8_t thread, double ns_a_tick) const {
  const auto ns = [&](std::int64_t ticks) { return static_cast<double>(ticks) * ns_a_tick; };
  const auto short_ns = [&](std::int64_t ticks) { return static_cast<std::uint32_t>(std::clamp(ns(ticks), 0.0, 4294967295.0)); };
  return {static_cast<std::int64_t>(ns(span.ready - start_ticks_)),
          short_ns(span.begin - span.ready),
          short_ns(span.end - span.begin),
          span.step,
          span.slot,
          span.node,
          span.phase,
          span.kind,
          thread,
          span.occurrence};
}

void EventLog::write_frame(std::uint32_t kind, const void* payload, std::size_t bytes) {
  if (!failure_.empty()) return;
  FrameHead head{mark, kind, bytes, hash_bytes(payload, bytes)};
  iovec parts[2] = {{&head, sizeof head}, {const_cast<void*>(payload), bytes}};
  for (iovec* part = parts; part != parts + 2;) {
    const ssize_t wrote = ::writev(file_, part, static_cast<int>(parts + 2 - part));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      failure_ = "cannot write " + path_ + ": " + std::strerror(errno);
      return;
    }
    for (std::size_t left = static_cast<std::size_t>(wrote); part != parts + 2; ++part) {
      const std::size_t taken = std::min(left, part->iov_len);
      part->iov_base = static_cast<char*>(part->iov_base) + taken;
      part->iov_len -= taken;
      left -= taken;
      if (part->iov_len > 0) break;
    }
  }
}

bool read_log(const std::filesystem::path& file, const LogReader& reader) {
  const std::int64_t whole = for_each_frame(file, [&](std::uint32_t kind, std::string_view payload) {
    if (kind == header_frame && reader.header) reader.header(payload);
    if (kind == note_frame && reader.note) reader.note(payload);
    if (kind != event_frame || !reader.event) return;
    for (std::size_t at = 0; at + sizeof(Event) <= payload.size(); at += sizeof(Event)) {
      Event event;
      std::memcpy(&event, payload.data() + at, sizeof event);
      reader.event(event);
    }
  });
  return whole == static_cast<std::int64_t>(std::filesystem::file_size(file));
}

}  // namespace leat::record
