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

constexpr std::size_t chunk_events = 2048;
std::atomic<std::uint64_t> next_id{1};

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

/// Filled by one thread, front to back; the writer reads what `filled` covers.
struct EventLog::Chunk {
  std::atomic<std::size_t> filled{0};
  std::size_t written = 0;
  Event events[chunk_events];
};

struct EventLog::Thread {
  std::uint8_t number = 0;
  Chunk* chunk = nullptr;
  std::size_t filled = chunk_events;
};

EventLog::EventLog(const std::filesystem::path& file, const std::string& header) : start_ns_(now_ns()), id_(next_id++), path_(file.string()) {
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

EventLog::Thread& EventLog::thread() {
  // A thread may outlive a log and meet another at the same address, hence the id.
  thread_local std::uint64_t owner = 0;
  thread_local Thread* mine = nullptr;
  if (owner == id_) return *mine;
  const std::lock_guard guard(lock_);
  auto& made = threads_.emplace_back(std::make_unique<Thread>());
  made->number = static_cast<std::uint8_t>(threads_.size() - 1);
  owner = id_;
  mine = made.get();
  return *mine;
}

void EventLog::next_chunk(Thread& thread) {
  const std::lock_guard guard(lock_);
  if (free_.empty()) {
    chunks_.push_back(std::make_unique<Chunk>());
  } else {
    chunks_.push_back(std::move(free_.back()));
    free_.pop_back();
  }
  thread.chunk = chunks_.back().get();
  thread.filled = 0;
  if (chunks_.size() > 2 * threads_.size()) wake_.notify_one();
}

void EventLog::add(Event event) {
  Thread& mine = thread();
  if (mine.filled == chunk_events) next_chunk(mine);
  event.thread = mine.number;
  event.ready_ns -= start_ns_;
  mine.chunk->events[mine.filled] = event;
  mine.chunk->filled.store(++mine.filled, std::memory_order_release);
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
  std::vector<Chunk*> chunks;
  std::vector<std::string> notes;
  {
    const std::lock_guard guard(lock_);
    for (const auto& one : chunks_) chunks.push_back(one.get());
    notes.swap(notes_);
  }
  for (Chunk* one : chunks) {
    const std::size_t filled = one->filled.load(std::memory_order_acquire);
    if (filled > one->written) write_frame(event_frame, one->events + one->written, (filled - one->written) * sizeof(Event));
    one->written = filled;
  }
  for (const std::string& note : notes) write_frame(note_frame, note.data(), note.size());
  const std::lock_guard guard(lock_);
  const auto is_used = [](const std::unique_ptr<Chunk>& one) { return one->written < chunk_events; };
  const auto used_up = std::stable_partition(chunks_.begin(), chunks_.end(), is_used);
  for (auto one = used_up; one != chunks_.end(); ++one) {
    (*one)->written = 0;
    (*one)->filled.store(0, std::memory_order_relaxed);
    free_.push_back(std::move(*one));
  }
  chunks_.erase(used_up, chunks_.end());
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
