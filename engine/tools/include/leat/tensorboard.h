#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace leat {

/// A run's metrics as an event file of TensorBoard, `events.out.tfevents.leat` in a folder: each metric is a scalar `phase/node.name`, a
/// step the training's. It is made of metrics.jsonl and events.log, while the run goes on or later. [one thread]
class TensorboardFile {
 public:
  /// Throws Refusal where `run` is no run's folder, and std::runtime_error where the file cannot be written.
  TensorboardFile(std::filesystem::path run, const std::filesystem::path& folder);

  /// Adds what the run has measured since the last call: at the time that its log has, or else now. Begins anew where the run was resumed
  /// from before that. Throws Refusal with file and line where something there cannot be read; a last line that is cut waits.
  void update();

 private:
  void begin();
  void add_lines(std::int64_t size, bool are_new);
  void add(const std::string& line, bool is_new);
  void add_results();
  void write(const std::string& phase, std::int64_t step, const std::map<std::string, double>& metrics);

  std::filesystem::path run_;
  std::filesystem::path file_;
  std::int64_t read_ = 0;   ///< Of metrics.jsonl, in bytes.
  std::int64_t lines_ = 0;  ///< Of these.
  bool is_begun_ = false;
  double time_ = 0;              ///< Of the last line.
  std::set<std::string> lined_;  ///< Phases with lines in metrics.jsonl.
  bool has_results_ = false;
  std::map<std::pair<std::string, std::int64_t>, double> times_;  ///< Of a phase's steps; seconds since 1970.
};

}  // namespace leat
