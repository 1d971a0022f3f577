#include "leat/log_so_far.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>

#include "leat/log_header.h"
#include "record/event_log.h"

namespace leat {

struct LogSoFar::Parts {
  explicit Parts(std::filesystem::path log) : file(log), tail(std::move(log)) {}

  std::filesystem::path file;
  record::LogTail tail;
  std::int64_t earlier_ns = 0;  ///< Of the parts before the newest one.
  std::int64_t newest_ns = 0;
  std::string training;
};

LogSoFar::LogSoFar(std::filesystem::path events_log) : parts_(std::make_unique<Parts>(std::move(events_log))) {}
LogSoFar::~LogSoFar() = default;
LogSoFar::LogSoFar(LogSoFar&&) noexcept = default;
LogSoFar& LogSoFar::operator=(LogSoFar&&) noexcept = default;

double LogSoFar::read() {
  Parts& parts = *parts_;
  record::LogReader reader;
  reader.header = [&](std::string_view text) {
    parts.earlier_ns += std::exchange(parts.newest_ns, 0);
    parts.training.clear();
    for (const LogHeader::Phase& phase : read_log_header(text).phases)
      if (phase.kind == "train") parts.training = phase.name;
  };
  reader.event = [&](const record::Event& event) {
    parts.newest_ns = std::max(parts.newest_ns, event.ready_ns + event.waited_ns + event.busy_ns);
  };
  try {
    if (parts.tail.read(reader) == record::LogTail::State::Replaced) {
      parts_ = std::make_unique<Parts>(parts.file);
      return read();
    }
  } catch (const std::exception&) {
    // What is no log has no time.
    return 0;
  }
  return static_cast<double>(parts.earlier_ns + parts.newest_ns) * 1e-9;
}

const std::string& LogSoFar::training() const { return parts_->training; }

}  // namespace leat
