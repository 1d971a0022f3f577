#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "leat/description.h"
#include "leat/plugin_file.h"
#include "leat/registry.h"
#include "leat/run.h"

namespace leat::viewer {

/// Where the page can be reached.
struct Reach {
  std::string address = "127.0.0.1";
  int port = 0;                              ///< 0: any free port. Another one if it is taken.
  std::vector<std::string> names;            ///< Host names in addition to the loopback names.
  std::vector<std::string> frame_ancestors;  ///< Origins that can show the page in a frame.
};

/// The graph that the page shows, and the settings with which it is checked.
struct ShownGraph {
  std::filesystem::path file;
  std::vector<Setting> settings;
  std::uint64_t seed = 0;
  std::string device = "cpu";
  std::filesystem::path weights;  ///< A run whose kept weights the values are computed with; empty: those of a first step.
  bool allows_code = false;       ///< Plugins and networks from files are loaded without asking.
  bool is_of_run = false;         ///< The graph.yaml of a run, which extends no other file.
};

/// Shows a graph while it is written. The page follows the file. The graph is checked, and its values are computed, in child processes, so
/// a node that crashes or hangs does not end the server.
class GraphViewer {
 public:
  /// `worker` is the command line of a child process, which calls `serve_worker`. Throws std::runtime_error if no port is free.
  GraphViewer(ShownGraph graph, const Reach& reach, std::vector<std::string> worker);
  GraphViewer(const GraphViewer&) = delete;
  GraphViewer& operator=(const GraphViewer&) = delete;
  ~GraphViewer();

  [[nodiscard]] std::string address() const;  ///< With the token. It must be shown to the user only.
  [[nodiscard]] int port() const;
  /// Returns why the server cannot go on; empty if it can. [any thread]
  [[nodiscard]] std::string failure() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// The runs that the page shows. Each gets the number of its place, by which the page names it.
struct ShownRuns {
  std::vector<std::filesystem::path> runs;  ///< Folders of runs.
  std::filesystem::path below;              ///< A folder whose runs are shown as they come; empty: only `runs`.
  bool allows_code = false;                 ///< As in ShownGraph.
  bool has_control = false;                 ///< The page can ask the run in this process for a checkpoint, to pause, or to stop.
};

/// Shows runs: while they run, in this or another process, and afterwards.
class RunViewer {
 public:
  /// As GraphViewer. Throws Refusal if a folder is none of a run.
  RunViewer(ShownRuns runs, const Reach& reach, std::vector<std::string> worker);
  RunViewer(const RunViewer&) = delete;
  RunViewer& operator=(const RunViewer&) = delete;
  ~RunViewer();

  /// The first run works in this process, from now on until `leave`. [any thread]
  void enter(Run& run);
  void leave();  ///< On return, nothing uses the run. [any thread]

  /// Returns true if a page was open, and the last one was closed. [any thread]
  [[nodiscard]] bool is_closed() const;
  [[nodiscard]] std::string address() const;  ///< As GraphViewer's, as the two below.
  [[nodiscard]] int port() const;
  [[nodiscard]] std::string failure() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// What a worker can load.
struct WorkerTypes {
  std::function<const Registry&()> own;  ///< Leat's own types.
  /// Returns Leat's own types and those of these plugins. It is called only if the user allows their code.
  std::function<Registry(const std::vector<std::filesystem::path>& plugins)> with;
  std::vector<PluginFile> plugins;  ///< Descriptions of the plugins, which were read without loading them.
};

/// Answers the requests of a GraphViewer until it ends. Requests arrive at file 3, and answers leave at file 4.
void serve_worker(const WorkerTypes& types);

}  // namespace leat::viewer
