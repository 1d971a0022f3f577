#pragma once

#include <functional>
#include <string>
#include <vector>

namespace leat {

class Diagnostics;
class Port;
class Program;

/// A source that can find before a run that some of its files cannot be used, but only by reading them whole. `shapes` and `survey` are
/// called each time a graph is built, so they read headers only. The source derives from this class next to Source.
class TriesFiles {
 public:
  virtual ~TriesFiles() = default;
  /// Reads the files that the source needs for its connected outputs, for some seconds at most. Throws Refusal if some cannot be used. A
  /// Refusal at `on_error` is only a warning if the graph has `on_error: skip` at the source, because the run leaves these samples out.
  /// `warnings` gets a sentence on each doubt about files that can be used. Called after `shapes`, before `open`. [setup]
  virtual void try_files(const std::function<bool(const Port&)>& is_connected, std::vector<std::string>& warnings) const = 0;
};

/// Calls `try_files` of all sources of a Program without mistakes, also of phases that run last. Adds errors and warnings, each once.
/// A Run does this before its first step. `Program::build` does not, because it can take seconds. [setup]
void try_files(const Program& program, Diagnostics& diagnostics);

}  // namespace leat
