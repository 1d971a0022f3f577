#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/durable_file.h"
#include "record/ticks.h"

namespace leat::record {

enum class EventKind : std::uint8_t {
  Ran = 1,       ///< A node ran for a slot or a step.
  Dropped = 2,   ///< A node passed on a tombstone, or made one.
  Admitted = 3,  ///< A step of a phase got its credit.
  Retired = 4,   ///< A step was retired.
};

/// An event: a node ran for a slot or step, or dropped it, or a step was admitted or retired. Times count from the opening of the log.
struct Event {
  std::int64_t ready_ns = 0;   ///< Arrival of the last input; for a step: its admission or retirement.
  std::int64_t waited_ns = 0;  ///< Time from `ready_ns` to the begin of the run.
  std::int64_t busy_ns = 0;
  std::uint32_t step = 0;
  std::int32_t slot = -1;       ///< -1 for a whole step.
  std::uint16_t node = 0xFFFF;  ///< Index in its phase; 0xFFFF for events of a step.
  std::uint16_t phase = 0;
  std::uint32_t occurrence = 0;
  std::uint32_t thread = 0;
  EventKind kind = EventKind::Ran;
};

/// An event in memory and in the file. Times and durations are in ticks.
struct Span {
  std::int64_t ready;
  std::uint32_t waited;  ///< Packed by `length`.
  std::uint32_t busy;
  std::uint32_t step;
  std::int32_t slot;
  std::uint64_t who;  ///< Packed by `who_of`.

  static constexpr int no_node = 0xFFFF;
  /// Returns a span for a whole step, without a node. Spans created otherwise are not initialised, because there are millions of them.
  [[nodiscard]] static Span of(EventKind kind, int phase, std::int64_t occurrence) {
    return {0, 0, 0, 0, -1, who_of(kind, phase, occurrence, no_node)};
  }
  /// Packs, from the lowest bits: 16 bits node, 16 bits phase, 24 bits occurrence, 8 bits kind. The occurrence wraps around after
  /// 16,777,216.
  [[nodiscard]] static constexpr std::uint64_t who_of(EventKind kind, int phase, std::int64_t occurrence, int node) {
    return static_cast<std::uint64_t>(kind) << 56 | (static_cast<std::uint64_t>(occurrence) & 0xFFFFFF) << 32 |
           static_cast<std::uint64_t>(static_cast<std::uint16_t>(phase)) << 16 | static_cast<std::uint16_t>(node);
  }
  [[nodiscard]] EventKind kind() const { return static_cast<EventKind>(who >> 56); }
  [[nodiscard]] std::uint32_t occurrence() const { return static_cast<std::uint32_t>(who >> 32) & 0xFFFFFF; }
  [[nodiscard]] std::uint16_t phase() const { return static_cast<std::uint16_t>(who >> 16); }
  [[nodiscard]] std::uint16_t node() const { return static_cast<std::uint16_t>(who); }

  /// Packs a duration into 32 bits. Up to 2^34 ticks (5.7 s at 3 GHz) the unit is 8 ticks. Above, up to 2^52 ticks (17 days at 3 GHz), it
  /// is 2^21 ticks, with a relative error of at most 1 in 16,000.
  [[nodiscard]] static std::uint32_t length(std::int64_t ticks) {
    // A negative duration, which the clocks of two cores can give, is a very large unsigned number.
    if (static_cast<std::uint64_t>(ticks) < std::uint64_t{1} << 34) [[likely]]
      return static_cast<std::uint32_t>(ticks >> 3);
    return ticks < 0
               ? 0
               : is_coarse | static_cast<std::uint32_t>(std::min<std::int64_t>((ticks + (std::int64_t{1} << 20)) >> 21, is_coarse - 1));
  }
  /// Returns the ticks of a packed duration.
  [[nodiscard]] static std::int64_t ticks(std::uint32_t length) {
    return (length & is_coarse) != 0 ? static_cast<std::int64_t>(length - is_coarse) << 21 : static_cast<std::int64_t>(length) << 3;
  }

 private:
  static constexpr std::uint32_t is_coarse = 0x80000000;
};
static_assert(sizeof(Span) == 32);

struct FrameHead;

/// Spans of one thread, which it fills in order. The log's writer reads the first `filled` spans.
struct SpanChunk {
  static constexpr std::size_t size = 2048;
  std::atomic<std::size_t> filled{0};
  std::size_t written = 0;
  std::uint32_t thread = 0;
  Span spans[size];
};

/// Writes a run's events.log as frames of {mark, kind, size, hash, payload}. A truncated file can be read up to its last complete frame.
/// Each thread fills its own chunks without a lock. The log's thread writes them ten times per second, and so does `flush`. [any thread]
class EventLog {
 public:
  /// Appends to an existing log after its last complete frame. Moves a damaged part, or a file that is not a log, aside first. `header` is
  /// JSON that names phases, nodes and edges. Spans are timed by `ticks`, which must outlive the log. `failed` is called once with the
  /// reason if nothing more can be written. Throws std::runtime_error, and changes nothing, if the file cannot be read or written.
  EventLog(const std::filesystem::path& file, const std::string& header, const Ticks& ticks,
           std::function<void(const std::string& why)> failed);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  /// The spans of one thread. [one thread]
  class ThreadLog {
   public:
    /// Returns the span to fill in; `commit` adds it to the log.
    [[nodiscard]] Span& next() {
      if (filled_ == SpanChunk::size) log_->next_chunk(*this);
      return chunk_->spans[filled_];
    }
    void commit() { chunk_->filled.store(++filled_, std::memory_order_release); }

   private:
    friend class EventLog;
    EventLog* log_ = nullptr;
    SpanChunk* chunk_ = nullptr;
    std::size_t filled_ = SpanChunk::size;
    std::uint32_t thread_ = 0;
  };
  /// Returns the log of the calling thread. [any thread]
  [[nodiscard]] ThreadLog& of_this_thread();
  /// Returns the nanoseconds since the opening of the log, on the clock of its events.
  [[nodiscard]] std::int64_t now() const;
  /// Adds a line of JSON: metrics, the reason of a tombstone, a resume.
  void add_note(std::string json);
  /// Returns the number of bytes from a damaged frame on, which cannot be read. They are in `aside`.
  [[nodiscard]] std::int64_t lost_bytes() const { return kept_.lost; }
  /// Returns true if the file was not a log.
  [[nodiscard]] bool is_other_file() const { return kept_.is_other_file; }
  /// Returns the file with the unreadable bytes, events.damaged.log; empty if there were none.
  [[nodiscard]] const std::filesystem::path& aside() const { return kept_.aside; }
  /// Writes everything that was added. Throws std::runtime_error if a write failed.
  void flush();

 private:
  /// The readable bytes of a file, and the bytes from a damaged frame on. A frame that is truncated at the end of the file counts in
  /// neither.
  struct Kept {
    std::int64_t whole = 0;
    std::int64_t lost = 0;
    bool is_other_file = false;
    std::filesystem::path aside;
  };
  [[nodiscard]] static Kept keep(const std::filesystem::path& file);
  void next_chunk(ThreadLog& log);
  void write_chunks();
  void say_failure();
  void write_frame(FrameHead head, const void* payload);

  const Ticks& ticks_;
  const std::int64_t start_;  ///< Origin of the times in the file, in ticks.
  const std::uint64_t id_;
  const std::function<void(const std::string& why)> failed_;
  const Kept kept_;
  std::mutex file_lock_;  ///< Taken before `lock_`; guards `file_` and `failure_`.
  DurableFile file_;
  std::string failure_;
  bool is_failure_said_ = false;  ///< On the writer's thread. [one thread]
  std::mutex lock_;               ///< Guards the members below.
  std::condition_variable wake_;
  std::map<std::thread::id, std::unique_ptr<ThreadLog>> thread_logs_;
  /// Chunks being filled, or full and not yet written; those of one thread are in its order.
  std::vector<std::unique_ptr<SpanChunk>> chunks_;
  std::vector<std::unique_ptr<SpanChunk>> free_;
  std::vector<std::string> notes_;
  bool is_closing_ = false;
  std::thread writer_;
};

/// Functions that take the contents of a log, in the order of its frames.
struct LogReader {
  std::function<void(std::string_view json)> header;
  std::function<void(const Event&)> event;
  std::function<void(std::string_view json)> note;
};
/// Reads a log up to its last complete frame. Returns false if the file does not end there. Throws std::runtime_error if it is not a log.
bool read_log(const std::filesystem::path& file, const LogReader& reader);

/// Returns the notes among the last frames of a log, as far as they begin in its last 64 KiB, without reading the rest. Notes before a
/// header are left out: they are of an earlier part of the run. Empty if the file cannot be read.
[[nodiscard]] std::vector<std::string> last_notes(const std::filesystem::path& file);

/// Reads a log while it is written: each call goes on where the last one stopped.
class LogTail {
 public:
  enum class State {
    Whole,     ///< Everything was read, but perhaps for a frame that is being written.
    Damaged,   ///< What follows cannot be read.
    Replaced,  ///< The file is shorter than before, so it is another one. Nothing was read.
    Missing,   ///< There is no such file.
  };
  explicit LogTail(std::filesystem::path file) : file_(std::move(file)) {}
  /// Reads the frames that are complete now, and stops after about `most_bytes`. Throws std::runtime_error if the file is not a log, or
  /// cannot be read.
  State read(const LogReader& reader, std::int64_t most_bytes = std::numeric_limits<std::int64_t>::max());
  /// Returns true if the last call stopped because of `most_bytes`.
  [[nodiscard]] bool is_behind() const { return is_behind_; }
  [[nodiscard]] std::int64_t bytes_read() const { return read_; }

 private:
  std::filesystem::path file_;
  std::int64_t read_ = 0;
  std::int64_t looked_size_ = -1;  ///< Size of the file at the last look, if that came to its end.
  State looked_ = State::Whole;
  bool is_behind_ = false;
};

}  // namespace leat::record
