#include "record/event_log.h"

#include <algorithm>
#include <cstddef>
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
  std::int64_t start_ticks;  ///< Of spans: what their times count from, and how long a tick is.
  double ns_a_tick;
  std::uint64_t hash;  ///< Of the head before it, and the payload.
};

std::uint64_t hash_of(const FrameHead& head, const void* payload) {
  return hash_bytes(payload, head.bytes, hash_bytes(&head, offsetof(FrameHead, hash)));
}

Event event_of(const Span& span, const FrameHead& head) {
  const auto ns = [&](std::int64_t ticks) { return static_cast<std::int64_t>(static_cast<double>(ticks) * head.ns_a_tick); };
  return {ns(span.ready - head.start_ticks),
          ns(std::int64_t{span.waited_eights} * 8),
          ns(std::int64_t{span.busy_eights} * 8),
          span.step,
          span.slot,
          span.node,
          span.phase,
          span.occurrence,
          span.kind,
          span.thread};
}

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

/// Calls `frame(head, payload)` for each whole frame; returns the bytes that they take. Throws when it is no log of ours.
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
    if (!in.read(payload.data(), static_cast<std::streamsize>(head.bytes)) || hash_of(head, payload.data()) != head.hash) break;
    whole += static_cast<std::int64_t>(sizeof head + head.bytes);
    frame(head, std::string_view(payload));
  }
  return whole;
}

/// The bytes of the frames that are whole: what stands behind a frame that was cut could never be read.
std::int64_t whole_bytes(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return 0;
  return for_each_frame(file, [](const FrameHead&, std::string_view) {});
}

}  // namespace

EventLog::EventLog(const std::filesystem::path& file, const std::string& header)
    : counts_cycles_(is_clock_of_cycles()), start_ns_(now_ns()), start_ticks_(ticks()), id_(next_id++), file_(file, whole_bytes(file)) {
  write_frame(header_frame, header.data(), header.size(), 1);
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
  for (SpanChunk* one : chunks) {
    const std::size_t filled = one->filled.load(std::memory_order_acquire);
    if (filled > one->written) write_frame(event_frame, one->spans + one->written, (filled - one->written) * sizeof(Span), ns_a_tick);
    one->written = filled;
  }
  for (const std::string& note : notes) write_frame(note_frame, note.data(), note.size(), 1);
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

void EventLog::write_frame(std::uint32_t kind, const void* payload, std::size_t bytes, double ns_a_tick) {
  if (!failure_.empty()) return;
  FrameHead head{mark, kind, bytes, start_ticks_, ns_a_tick, 0};
  head.hash = hash_of(head, payload);
  try {
    file_.write({{reinterpret_cast<const char*>(&head), sizeof head}, {static_cast<const char*>(payload), bytes}});
  } catch (const std::exception& error) {
    failure_ = error.what();
  }
}

bool read_log(const std::filesystem::path& file, const LogReader& reader) {
  const std::int64_t whole = for_each_frame(file, [&](const FrameHead& head, std::string_view payload) {
    if (head.kind == header_frame && reader.header) reader.header(payload);
    if (head.kind == note_frame && reader.note) reader.note(payload);
    if (head.kind != event_frame || !reader.event) return;
    for (std::size_t at = 0; at + sizeof(Span) <= payload.size(); at += sizeof(Span)) {
      Span span;
      std::memcpy(&span, payload.data() + at, sizeof span);
      reader.event(event_of(span, head));
    }
  });
  return whole == static_cast<std::int64_t>(std::filesystem::file_size(file));
}

}  // namespace leat::record
