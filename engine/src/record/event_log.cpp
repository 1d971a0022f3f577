#include "record/event_log.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "record/log_frames.h"

namespace leat::record {

namespace {

/// A span in frames of kind 2, which earlier versions of Leat wrote.
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

/// Times of a log from elsewhere can be anything; sums of a few must not overflow.
std::int64_t ns_of(std::int64_t ticks, const FrameHead& head) {
  constexpr double most = 1e18;
  const double ns = static_cast<double>(ticks) * head.ns_a_tick;
  return std::isnan(ns) ? 0 : static_cast<std::int64_t>(std::clamp(ns, -most, most));
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

/// Returns a free name next to events.log: events.damaged.log, or the same with a number.
std::filesystem::path free_name_beside(const std::filesystem::path& file) {
  const std::string begin = (file.parent_path() / file.stem()).string() + ".damaged", end = file.extension().string();
  std::filesystem::path name = begin + end;
  for (int number = 2; std::filesystem::exists(name); ++number) name = begin + "-" + std::to_string(number) + end;
  return name;
}

/// Copies the bytes of a file from `begin` on, and syncs the copy.
void copy_rest(const std::filesystem::path& file, std::int64_t begin, const std::filesystem::path& to) {
  std::ifstream in(file, std::ios::binary);
  in.seekg(begin);
  std::string block(std::size_t{1} << 20, '\0');
  try {
    DurableFile copy(to);
    while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0)
      copy.write(std::string_view(block).substr(0, static_cast<std::size_t>(in.gcount())));
    if (in.bad() || !in.eof()) throw std::runtime_error("cannot read " + file.string() + " from byte " + std::to_string(begin) + " on");
    copy.sync();
    copy.close();
    sync_folder(std::filesystem::absolute(to).parent_path());
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(to, ignored);
    throw;
  }
}

}  // namespace

EventLog::Kept EventLog::keep(const std::filesystem::path& file) {
  std::error_code error;
  const auto type = std::filesystem::status(file, error).type();
  if (type == std::filesystem::file_type::not_found) return {};
  if (error) throw std::runtime_error("cannot read " + file.string() + ": " + error.message());
  const ReadFrames read = for_each_frame(file, 0, [](const FrameHead&, std::string_view) {});
  Kept kept{read.bytes, 0, read.ending == Ending::OtherFile, {}};
  if (read.ending != Ending::Damaged && read.ending != Ending::OtherFile) return kept;
  kept.lost = static_cast<std::int64_t>(std::filesystem::file_size(file)) - read.bytes;
  kept.aside = free_name_beside(file);
  if (read.bytes > 0) {
    copy_rest(file, read.bytes, kept.aside);
  } else {
    std::filesystem::rename(file, kept.aside, error);
    if (error) throw std::runtime_error("cannot rename " + file.string() + ": " + error.message());
  }
  return kept;
}

EventLog::EventLog(const std::filesystem::path& file, const std::string& header, const Ticks& ticks,
                   std::function<void(const std::string& why)> failed)
    : ticks_(ticks), start_(ticks.now()), id_(next_id++), failed_(std::move(failed)), kept_(keep(file)), file_(file, kept_.whole) {
  write_frame({frame_mark, header_frame, 0, header.size()}, header.data());
  writer_ = std::thread([this] {
    std::unique_lock guard(lock_);
    while (!is_closing_) {
      wake_.wait_for(guard, std::chrono::milliseconds(100));
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
  // Compare ids, not addresses: a thread can work for two runs in turn, or outlive a log and meet another at the same address.
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

std::int64_t EventLog::now() const { return static_cast<std::int64_t>(static_cast<double>(ticks_.now() - start_) * ticks_.ns_per_tick()); }

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
    if (bytes > 0) write_frame({frame_mark, span_frame, one->thread, bytes, start_, ns_per_tick}, one->spans + one->written);
    one->written = filled;
  }
  for (const std::string& note : notes) write_frame({frame_mark, note_frame, 0, note.size()}, note.data());
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

namespace {

ReadFrames read_from(const std::filesystem::path& file, std::int64_t begin, const LogReader& reader,
                     std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
  const auto frame = [&](const FrameHead& head, std::string_view payload) {
    if (head.kind == header_frame && reader.header) reader.header(payload);
    if (head.kind == note_frame && reader.note) reader.note(payload);
    if (head.kind == span_frame && reader.event) read_spans<Span>(head, payload, reader.event);
    if (head.kind == short_span_frame && reader.event) read_spans<ShortSpan>(head, payload, reader.event);
  };
  return for_each_frame(file, begin, frame, most);
}

}  // namespace

bool read_log(const std::filesystem::path& file, const LogReader& reader) {
  const Ending ending = read_from(file, 0, reader).ending;
  if (ending == Ending::OtherFile) throw std::runtime_error(file.string() + " is not an event log");
  return ending == Ending::Whole;
}

std::vector<std::string> last_notes(const std::filesystem::path& file) {
  constexpr std::uintmax_t most_read = std::uintmax_t{1} << 16;
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return {};
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) return {};
  std::ifstream in(file, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(size - std::min(size, most_read)));
  std::string end(static_cast<std::size_t>(std::min(size, most_read)), '\0');
  in.read(end.data(), static_cast<std::streamsize>(end.size()));
  end.resize(static_cast<std::size_t>(in.gcount()));
  std::vector<std::string> notes;
  const std::string_view begin(reinterpret_cast<const char*>(&frame_mark), sizeof frame_mark);
  for (std::size_t at = end.find(begin); at != std::string::npos; at = end.find(begin, at + 1)) {
    FrameHead head{};
    if (end.size() - at < sizeof head) break;
    std::memcpy(&head, end.data() + at, sizeof head);
    const std::string_view payload = std::string_view(end).substr(at + sizeof head);
    if (head.bytes > payload.size() || hash_of(head, payload.data()) != head.hash) continue;
    if (head.kind == header_frame) notes.clear();
    if (head.kind == note_frame) notes.emplace_back(payload.substr(0, head.bytes));
  }
  return notes;
}

LogTail::State LogTail::read(const LogReader& reader, std::int64_t most_bytes) {
  std::error_code error;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file_, error));
  if (error) return State::Missing;
  if (size < read_) return State::Replaced;
  is_behind_ = false;
  if (size == read_) return State::Whole;
  // What could not be read is the same as long as the file is.
  if (size == looked_size_) return looked_;
  const ReadFrames read = read_from(file_, read_, reader, most_bytes);
  if (read.ending == Ending::OtherFile) throw std::runtime_error(file_.string() + " is not an event log");
  is_behind_ = read.ending == Ending::Whole && read.bytes < size;
  read_ = read.bytes;
  looked_ = read.ending == Ending::Damaged ? State::Damaged : State::Whole;
  looked_size_ = is_behind_ ? -1 : size;
  return looked_;
}

}  // namespace leat::record
