#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/durable_file.h"
#include "record/ticks.h"

namespace leat::record {

enum class EventKind : std::uint8_t {
  Ran = 1,       ///< A node ran for a slot or a step.
  Dropped = 2,   ///< It passed a tombstone on, or made one.
  Admitted = 3,  ///< A step of a phase got its credit.
  Retired = 4,   ///< A step's ledger is empty.
};

/// What one node did for one slot or step, or that a step came or went. Times count from when the log was opened.
struct Event {
  std::int64_t ready_ns = 0;   ///< When the last input arrived (of a step: when it was admitted or retired).
  std::int64_t waited_ns = 0;  ///< From then until it began.
  std::int64_t busy_ns = 0;
  std::uint32_t step = 0;
  std::int32_t slot = -1;       ///< -1: a whole step.
  std::uint16_t node = 0xFFFF;  ///< Within its phase; 0xFFFF: none.
  std::uint16_t phase = 0;
  std::uint32_t occurrence = 0;
  std::uint32_t thread = 0;
  EventKind kind = EventKind::Ran;
};

/// An event as it is told and as it stands in the file; its times and lengths are ticks.
struct Span {
  std::int64_t ready;
  std::uint32_t waited;  ///< As `length` packs it.
  std::uint32_t busy;
  std::uint32_t step;
  std::int32_t slot;
  std::uint64_t who;  ///< As `who_of` packs it.

  static constexpr int no_node = 0xFFFF;
  /// Of a whole step and no node. What is made without this is not initialised: there are millions of them.
  [[nodiscard]] static Span of(EventKind kind, int phase, std::int64_t occurrence) {
    return {0, 0, 0, 0, -1, who_of(kind, phase, occurrence, no_node)};
  }
  /// From the lowest bits: 16 for the node, 16 for the phase, 24 for the occurrence, which begins anew after 16,777,216 of them, 8 for the
  /// kind.
  [[nodiscard]] static constexpr std::uint64_t who_of(EventKind kind, int phase, std::int64_t occurrence, int node) {
    return static_cast<std::uint64_t>(kind) << 56 | (static_cast<std::uint64_t>(occurrence) & 0xFFFFFF) << 32 |
           static_cast<std::uint64_t>(static_cast<std::uint16_t>(phase)) << 16 | static_cast<std::uint16_t>(node);
  }
  [[nodiscard]] EventKind kind() const { return static_cast<EventKind>(who >> 56); }
  [[nodiscard]] std::uint32_t occurrence() const { return static_cast<std::uint32_t>(who >> 32) & 0xFFFFFF; }
  [[nodiscard]] std::uint16_t phase() const { return static_cast<std::uint16_t>(who >> 16); }
  [[nodiscard]] std::uint16_t node() const { return static_cast<std::uint16_t>(who); }

  /// A length in 32 bits: in eights of ticks up to 2^34 ticks (at 3 GHz 5.7 s), above in units of 2^21, which is exact to 1 in 16,000,
  /// up to 2^52 (at 3 GHz 17 days).
  [[nodiscard]] static std::uint32_t length(std::int64_t ticks) {
    // Less than nothing, which clocks of two cores may give, looks like very much.
    if (static_cast<std::uint64_t>(ticks) < std::uint64_t{1} << 34) [[likely]]
      return static_cast<std::uint32_t>(ticks >> 3);
    return ticks < 0
               ? 0
               : is_coarse | static_cast<std::uint32_t>(std::min<std::int64_t>((ticks + (std::int64_t{1} << 20)) >> 21, is_coarse - 1));
  }
  /// The ticks of a packed length.
  [[nodiscard]] static std::int64_t ticks(std::uint32_t length) {
    return (length & is_coarse) != 0 ? static_cast<std::int64_t>(length - is_coarse) << 21 : static_cast<std::int64_t>(length) << 3;
  }

 private:
  static constexpr std::uint32_t is_coarse = 0x80000000;
};
static_assert(sizeof(Span) == 32);

struct FrameHead;

/// Spans of one thread, filled by it front to back; the log's writer reads what `filled` covers.
struct SpanChunk {
  static constexpr std::size_t size = 2048;
  std::atomic<std::size_t> filled{0};
  std::size_t written = 0;
  std::uint32_t thread = 0;
  Span spans[size];
};

/// Writes a run's events.log: frames of {mark, kind, size, hash, payload}, so that a cut file opens up to its last whole frame. Each
/// thread fills chunks of its own without a lock; the log's own thread empties them a few times a second, and so does `flush`. [any thread]
class EventLog {
 public:
  /// Appends to what is there, from its last whole frame. What is damaged behind it, or a file that is no log, is put aside before.
  /// `header` is JSON that names phases, nodes and edges. Spans are told in `ticks`, which outlives the log. `failed` takes why nothing
  /// more can be written, once. Throws std::runtime_error if the file cannot be read or written; then it is as it was.
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
  /// A line of JSON: metrics, a tombstone's reason, that the run was resumed.
  void add_note(std::string json);
  /// Bytes of the file that cannot be read, from a damaged frame on. They are in `aside`.
  [[nodiscard]] std::int64_t lost_bytes() const { return kept_.lost; }
  /// Where nothing of the file could be read.
  [[nodiscard]] bool is_other_file() const { return kept_.is_other_file; }
  /// The file that has what could not be read, events.damaged.log; empty if all could.
  [[nodiscard]] const std::filesystem::path& aside() const { return kept_.aside; }
  /// Writes all that was added before; throws what the writer met.
  void flush();

 private:
  /// What of a file can be read, and what stands behind a damaged frame. A frame that was cut off at the end is neither.
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
  const std::int64_t start_;  ///< In ticks: what the times in the file count from.
  const std::uint64_t id_;
  const std::function<void(const std::string& why)> failed_;
  const Kept kept_;
  std::mutex file_lock_;  ///< Taken before `lock_`; guards `file_` and `failure_`.
  DurableFile file_;
  std::string failure_;
  bool is_failure_said_ = false;  ///< [one thread] The writer's.
  std::mutex lock_;               ///< Guards what follows.
  std::condition_variable wake_;
  std::map<std::thread::id, std::unique_ptr<ThreadLog>> thread_logs_;
  std::vector<std::unique_ptr<SpanChunk>> chunks_;  ///< Being filled, or full and not yet written; of one thread in its order.
  std::vector<std::unique_ptr<SpanChunk>> free_;
  std::vector<std::string> notes_;
  bool is_closing_ = false;
  std::thread writer_;
};

/// What a log holds, in the order of its frames.
struct LogReader {
  std::function<void(std::string_view json)> header;
  std::function<void(const Event&)> event;
  std::function<void(std::string_view json)> note;
};
/// Reads a log as far as it is whole; false when it ends inside a frame. Throws when it is no log of ours.
bool read_log(const std::filesystem::path& file, const LogReader& reader);

}  // namespace leat::record
