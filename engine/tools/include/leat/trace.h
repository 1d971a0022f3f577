#pragma once

#include <filesystem>
#include <iosfwd>

namespace leat {

/// Writes a run's events.log as a trace that ui.perfetto.dev and chrome://tracing open: a row for each worker and for the device lane, with
/// the bodies of nodes, and a row for the steps of each phase. A resumed run is a process of its own. Events are written as they are read,
/// so memory does not grow with the log. Throws std::runtime_error if the file is not an event log.
void write_trace(const std::filesystem::path& events_log, std::ostream& out);

}  // namespace leat
