#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "record/event_log.h"
#include "run/run_context.h"

namespace leat::run {

/// Notes in the event log, one per second, of what the run's threads and the machine did: how long the threads computed, and how long they
/// were ready but had no core; what nodes did when they were looked at; how much of the machine other programs used; how much was read
/// from disks. Each note counts from the note before. It has a thread of its own, which looks at the run's threads a few times per second.
class UsageNotes {
 public:
  /// Both must outlive the object.
  UsageNotes(const RunContext& context, record::EventLog& log);
  /// Writes the last note.
  ~UsageNotes();
  UsageNotes(const UsageNotes&) = delete;
  UsageNotes& operator=(const UsageNotes&) = delete;

 private:
  /// What a node's threads did at the moments when they were looked at.
  struct Seen {
    std::int64_t computing = 0;  ///< They ran, or were ready to run.
    std::int64_t waiting = 0;    ///< They slept.
    std::int64_t on_disk = 0;    ///< They slept and could not be woken, as in a read of a file from a disk.
  };
  /// Nanoseconds in which the run's threads had a core, or wanted one.
  struct Ran {
    std::int64_t workers = 0;
    std::int64_t lane = 0;
    std::int64_t workers_delayed = 0;
    std::int64_t lane_delayed = 0;
  };
  /// Counts from the start of the process or of the machine.
  struct Totals {
    std::int64_t at = 0;  ///< Nanoseconds of the steady clock.
    Ran ran;
    double processes = 0;         ///< CPU seconds of the process, and of the other ranks on its machine.
    double machine = 0;           ///< CPU seconds of all programs.
    std::int64_t disk_bytes = 0;  ///< Read from disks and written to them by the process.
  };
  /// The files of one thread in /proc, open as long as it lives.
  struct ThreadFiles {
    int state = -1;
    int times = -1;
    Ran ran;  ///< Of a thread that has ended: its last counts.
  };

  void work();
  void look();
  void look_at(const ThreadPlace& thread);
  [[nodiscard]] Totals totals();
  [[nodiscard]] double seconds_of_other_ranks();
  void write_note();
  ThreadFiles& files_of(int thread_id);

  const RunContext& context_;
  record::EventLog& log_;
  std::map<std::pair<int, int>, Seen> seen_;  ///< By phase and node. On the own thread, as the next members. [one thread]
  std::map<int, ThreadFiles> files_;
  Totals before_;
  std::map<int, double> other_ranks_;  ///< CPU seconds by process id; the last ones of a process that has ended.
  std::mutex lock_;
  std::condition_variable moved_;
  bool is_closing_ = false;
  std::thread thread_;
};

}  // namespace leat::run
