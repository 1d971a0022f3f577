#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace leat::record {

enum class EventKind : std::uint8_t {
  Ran = 1,       ///< A node ran for a slot or a step.
  Dropped = 2,   ///< It passed a tombstone on, or made one.
  Admitted = 3,  ///< A step of a phase got its credit.
  Retired = 4,   ///< A step's ledger is empty.
};

/// 32 bytes as they stand in the log. Times are nanoseconds of the steady clock since the log was opened.
struct Event {
  std::int64_t ready_ns = 0;      ///< When the last input arrived (of a step: when it was admitted or retired).
  std::uint32_t waited_ns = 0;    ///< From then until it began; 4 s at most.
  std::uint32_t busy_ns = 0;
  std::uint32_t step = 0;
  std::int32_t slot = -1;         ///< -1: a whole step.
  std::uint16_t node = 0xFFFF;    ///< Within its phase; 0xFFFF: none.
  std::uint16_t phase = 0;
  EventKind kind = EventKind::Ran;
  std::uint8_t thread = 0;
  std::uint16_t occurrence = 0;
};
static_assert(sizeof(Event) == 32);

/// Nanoseconds of the steady clock.
[[nodiscard]] inline std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Writes a run's events.log: frames of {mark, kind, size, hash, payload}, so that a cut file opens up to its last whole frame. Each
/// thread fills chunks of its own without a lock; one writer empties them a few times a second. [any thread]
class EventLog {
 public:
  /// Appends to what is there, from its last whole frame. `header` is JSON that names phases, nodes and edges. Throws std::runtime_error.
  EventLog(const std::filesystem::path& file, const std::string& header);
  ~EventLog();
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  void add(Event event);
  /// A line of JSON: metrics, a tombstone's reason, that the run was resumed.
  void add_note(std::string json);
  /// Writes all that was added before; throws what the writer met.
  void flush();
  [[nodiscard]] std::int64_t start_ns() const { return start_ns_; }

 private:
  struct Chunk;
  struct Thread;
  Thread& thread();
  void next_chunk(Thread& thread);
  void write_chunks();
  void write_frame(std::uint32_t kind, const void* payload, std::size_t bytes);

  int file_ = -1;
  std::int64_t start_ns_;
  std::uint64_t id_;
  std::string path_;
  std::mutex file_lock_;  ///< Taken before `lock_`; guards the file and `failure_`.
  std::string failure_;
  std::mutex lock_;       ///< Guards what follows.
  std::condition_variable wake_;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<std::unique_ptr<Chunk>> chunks_;  ///< Being filled, or full and not yet written; of one thread in its order.
  std::vector<std::unique_ptr<Chunk>> free_;
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
