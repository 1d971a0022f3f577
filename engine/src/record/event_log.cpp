#include "record/event_log.h"

#include <fcntl.h>
#include <unistd.h>

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

constexpr std::size_t block_events = 4096;
std::atomic<std::uint64_t> next_id{1};

}  // namespace

struct EventLog::Block {
  std::atomic_flag lock = ATOMIC_FLAG_INIT;
  std::uint8_t thread = 0;
  std::vector<Event> events;

  void acquire() {
    while (lock.test_and_set(std::memory_order_acquire)) {
    }
  }
  void release() { lock.clear(std::memory_order_release); }
};

EventLog::EventLog(const std::filesystem::path& file, const std::string& header) : start_ns_(now_ns()), id_(next_id++), path_(file.string()) {
  file_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file_ < 0) throw std::runtime_error("cannot write " + path_ + ": " + std::strerror(errno));
  write_frame(header_frame, header.data(), header.size());
  writer_ = std::thread([this] {
    std::unique_lock guard(lock_);
    while (!is_closing_) {
      wake_.wait_for(guard, std::chrono::milliseconds(200));
      guard.unlock();
      write_blocks();
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
  write_blocks();
  ::close(file_);
}

EventLog::Block& EventLog::block() {
  // A thread may outlive a log and meet another at the same address, hence the id.
  thread_local std::uint64_t owner = 0;
  thread_local Block* mine = nullptr;
  if (owner == id_) return *mine;
  const std::lock_guard guard(lock_);
  auto& made = blocks_.emplace_back(std::make_unique<Block>());
  made->thread = static_cast<std::uint8_t>(blocks_.size() - 1);
  made->events.reserve(block_events);
  owner = id_;
  mine = made.get();
  return *mine;
}

void EventLog::add(Event event) {
  Block& mine = block();
  event.thread = mine.thread;
  event.ready_ns -= start_ns_;
  mine.acquire();
  mine.events.push_back(event);
  const bool is_full = mine.events.size() >= block_events;
  mine.release();
  if (is_full) wake_.notify_one();
}

void EventLog::add_note(std::string json) {
  const std::lock_guard guard(lock_);
  notes_.push_back(std::move(json));
}

void EventLog::flush() {
  write_blocks();
  if (!failure_.empty()) throw std::runtime_error(failure_);
}

void EventLog::write_blocks() {
  const std::lock_guard file_guard(file_lock_);
  std::vector<Event> taken;
  std::vector<std::string> notes;
  std::vector<Block*> blocks;
  {
    const std::lock_guard guard(lock_);
    for (const auto& one : blocks_) blocks.push_back(one.get());
    notes.swap(notes_);
  }
  for (Block* one : blocks) {
    std::vector<Event> empty;
    empty.reserve(block_events);
    one->acquire();
    taken.swap(one->events);
    one->events.swap(empty);
    one->release();
    if (!taken.empty()) write_frame(event_frame, taken.data(), taken.size() * sizeof(Event));
    taken.clear();
  }
  for (const std::string& note : notes) write_frame(note_frame, note.data(), note.size());
}

void EventLog::write_frame(std::uint32_t kind, const void* payload, std::size_t bytes) {
  if (!failure_.empty()) return;
  const FrameHead head{mark, kind, bytes, hash_bytes(payload, bytes)};
  std::string frame(reinterpret_cast<const char*>(&head), sizeof head);
  frame.append(static_cast<const char*>(payload), bytes);
  for (std::size_t done = 0; done < frame.size();) {
    const ssize_t wrote = ::write(file_, frame.data() + done, frame.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      failure_ = "cannot write " + path_ + ": " + std::strerror(errno);
      return;
    }
    done += static_cast<std::size_t>(wrote);
  }
}

bool read_log(const std::filesystem::path& file, const LogReader& reader) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  FrameHead head{};
  std::string payload;
  bool has_frame = false;
  while (in.read(reinterpret_cast<char*>(&head), sizeof head)) {
    if (head.mark != mark) {
      if (!has_frame) throw std::runtime_error(file.string() + " is no event log");
      return false;
    }
    payload.resize(head.bytes);
    if (!in.read(payload.data(), static_cast<std::streamsize>(head.bytes)) || hash_bytes(payload.data(), payload.size()) != head.hash) return false;
    has_frame = true;
    if (head.kind == header_frame && reader.header) reader.header(payload);
    if (head.kind == note_frame && reader.note) reader.note(payload);
    if (head.kind == event_frame && reader.event)
      for (std::size_t at = 0; at + sizeof(Event) <= payload.size(); at += sizeof(Event)) {
        Event event;
        std::memcpy(&event, payload.data() + at, sizeof event);
        reader.event(event);
      }
  }
  return in.gcount() == 0;
}

}  // namespace leat::record
