#include "record/event_log.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "leat/value.h"

namespace leat::record {

constexpr std::uint32_t mark = 0x5441454C;  // "LEAT"
enum FrameKind : std::uint32_t { header_frame = 1, short_span_frame = 2, note_frame = 3, span_frame = 4 };

struct FrameHead {
  std::uint32_t mark;
  std::uint32_t kind : 8;
  std::uint32_t thread : 24;  ///< Of spans: who told them.
  std::uint64_t bytes;
  std::int64_t start_ticks;  ///< Of spans: what their times count from, and how long a tick is.
  double ns_a_tick;
  std::uint64_t hash;  ///< Of the head before it, and the payload.
};
static_assert(sizeof(FrameHead) == 40);

namespace {

/// As logs have spans in frames of kind 2, which Leat wrote before it had kind 4.
struct ShortSpan {
  std::int64_t ready;
  std::uint32_t waited_eights;
  std::uint32_t busy_eights;
  std::uint32_t step;
  std::int32_t slot;
  std::uint16_t node;
  std::uint16_t phase;
  std::uint16_t occurrence;
  EventKind kind;
  std::uint8_t thread;
};
static_assert(sizeof(ShortSpan) == 32);

std::uint64_t hash_of(const FrameHead& head, const void* payload) {
  return hash_bytes(payload, head.bytes, hash_bytes(&head, offsetof(FrameHead, hash)));
}

std::int64_t ns_of(std::int64_t ticks, const FrameHead& head) {
  return static_cast<std::int64_t>(static_cast<double>(ticks) * head.ns_a_tick);
}

Event event_of(const Span& span, const FrameHead& head) {
  return {ns_of(span.ready - head.start_ticks, head),
          ns_of(Span::ticks(span.waited), head),
          ns_of(Span::ticks(span.busy), head),
          span.step,
          span.slot,
          span.node(),
          span.phase(),
          span.occurrence(),
          head.thread,
          span.kind()};
}

Event event_of(const ShortSpan& span, const FrameHead& head) {
  return {ns_of(span.ready - head.start_ticks, head),
          ns_of(std::int64_t{span.waited_eights} * 8, head),
          ns_of(std::int64_t{span.busy_eights} * 8, head),
          span.step,
          span.slot,
          span.node,
          span.phase,
          span.occurrence,
          span.thread,
          span.kind};
}

template <class Span>
void read_spans(const FrameHead& head, std::string_view payload, const std::function<void(const Event&)>& event) {
  for (std::size_t at = 0; at + sizeof(Span) <= payload.size(); at += sizeof(Span)) {
    Span span;
    std::memcpy(static_cast<void*>(&span), payload.data() + at, sizeof span);
    event(event_of(span, head));
  }
}

std::atomic<std::uint64_t> next_id{1};

/// Calls `frame(head, payload)` for each whole frame; returns the bytes that they take. `is_damaged` becomes true if a frame follows that
/// is not what was written, false at the end of the file and at a frame that ends with it. Throws when it is no log of ours.
template <class Frame>
std::int64_t for_each_frame(const std::filesystem::path& file, Frame frame, bool& is_damaged) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  const auto file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
  std::int64_t whole = 0;
  FrameHead head{};
  std::string payload;
  is_damaged = false;
  while (in.read(reinterpret_cast<char*>(&head), sizeof head)) {
    if (head.mark != mark) {
      if (whole == 0) throw std::runtime_error(file.string() + " is no event log");
      is_damaged = true;
      break;
    }
    // The rest of a frame that was cut in the middle of a write; or a head that was damaged, which may say anything.
    const std::int64_t left = file_bytes - whole - static_cast<std::int64_t>(sizeof head);
    if (left < 0 || head.bytes > static_cast<std::uint64_t>(left)) break;
    payload.resize(head.bytes);
    if (!in.read(payload.data(), static_cast<std::streamsize>(head.bytes))) break;
    is_damaged = hash_of(head, payload.data()) != head.hash;
    if (is_damaged) break;
    whole += static_cast<std::int64_t>(sizeof head + head.bytes);
    frame(head, std::string_view(payload));
  }
  return whole;
}

}  // namespace

EventLog::Kept EventLog::kept_of(const std::filesystem::path& file) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return {};
  bool is_damaged = false;
  Kept kept;
  kept.whole = for_each_frame(
      file, [](const FrameHead&, std::string_view) {}, is_damaged);
  if (is_damaged) kept.lost = static_cast<std::int64_t>(std::filesystem::file_size(file)) - kept.whole;
  return kept;
}

EventLog::EventLog(const std::filesystem::path& file, const std::string& header, const Ticks& ticks,
                   std::function<void(const std::string& why)> failed)
    : ticks_(ticks), start_(ticks.now()), id_(next_id++), failed_(std::move(failed)), kept_(kept_of(file)), file_(file, kept_.whole) {
  write_frame({mark, header_frame, 0, header.size()}, header.data());
  writer_ = std::thread([this] {
    std::unique_lock guard(lock_);
    while (!is_closing_) {
      wake_.wait_for(guard, std::chrono::milliseconds(200));
      guard.unlock();
      write_chunks();
      say_failure();
      guard.lock();
    }
  });
}

void EventLog::say_failure() {
  std::string why;
  {
    const std::lock_guard guard(file_lock_);
    why = failure_;
  }
  if (why.empty() || std::exchange(is_failure_said_, true)) return;
  failed_(why);
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

EventLog::ThreadLog& EventLog::of_this_thread() {
  // A thread may work for two runs in turn, or outlive a log and meet another at the same address, hence the id.
  thread_local std::uint64_t owner = 0;
  thread_local ThreadLog* mine = nullptr;
  if (owner == id_) return *mine;
  const std::lock_guard guard(lock_);
  auto& log = thread_logs_[std::this_thread::get_id()];
  if (!log) {
    log = std::make_unique<ThreadLog>();
    log->log_ = this;
    log->thread_ = static_cast<std::uint32_t>(thread_logs_.size() - 1);
  }
  owner = id_;
  mine = log.get();
  return *mine;
}

void EventLog::next_chunk(ThreadLog& log) {
  const std::lock_guard guard(lock_);
  if (free_.empty()) {
    chunks_.push_back(std::make_unique_for_overwrite<SpanChunk>());
  } else {
    chunks_.push_back(std::move(free_.back()));
    free_.pop_back();
  }
  log.chunk_ = chunks_.back().get();
  log.chunk_->thread = log.thread_;
  log.filled_ = 0;
  if (chunks_.size() > 2 * thread_logs_.size()) wake_.notify_one();
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
  const double ns_per_tick = ticks_.ns_per_tick();
  for (SpanChunk* one : chunks) {
    const std::size_t filled = one->filled.load(std::memory_order_acquire);
    const std::size_t bytes = (filled - one->written) * sizeof(Span);
    if (bytes > 0) write_frame({mark, span_frame, one->thread, bytes, start_, ns_per_tick}, one->spans + one->written);
    one->written = filled;
  }
  for (const std::string& note : notes) write_frame({mark, note_frame, 0, note.size()}, note.data());
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

void EventLog::write_frame(FrameHead head, const void* payload) {
  if (!failure_.empty()) return;
  head.hash = hash_of(head, payload);
  try {
    file_.write({{reinterpret_cast<const char*>(&head), sizeof head}, {static_cast<const char*>(payload), head.bytes}});
  } catch (const std::exception& error) {
    failure_ = error.what();
  }
}

bool read_log(const std::filesystem::path& file, const LogReader& reader) {
  bool is_damaged = false;
  const auto read_frame = [&](const FrameHead& head, std::string_view payload) {
    if (head.kind == header_frame && reader.header) reader.header(payload);
    if (head.kind == note_frame && reader.note) reader.note(payload);
    if (head.kind == span_frame && reader.event) read_spans<Span>(head, payload, reader.event);
    if (head.kind == short_span_frame && reader.event) read_spans<ShortSpan>(head, payload, reader.event);
  };
  const std::int64_t whole = for_each_frame(file, read_frame, is_damaged);
  return whole == static_cast<std::int64_t>(std::filesystem::file_size(file));
}

}  // namespace leat::record
