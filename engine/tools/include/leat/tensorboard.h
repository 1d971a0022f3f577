#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace leat {

/// A run's metrics as an event file of TensorBoard, `events.out.tfevents.leat` in a folder. Each metric is a scalar `phase/node.name` at
/// the training step. The file is made from metrics.jsonl and events.log, during the run or later. [one thread]
class TensorboardFile {
 public:
  /// Throws Refusal if `run` is not a run's folder, and std::runtime_error if `folder` cannot be made.
  TensorboardFile(std::filesystem::path run, const std::filesystem::path& folder);

  /// Adds the run's metrics since the last call, with the times of its log or else the current time. Starts the file again if the run was
  /// resumed from an earlier step. Throws Refusal with file and line if a line is invalid; an incomplete last line waits for the next call.
  void update();

 private:
  void begin();
  void add_lines(std::int64_t size, bool are_new);
  void add(const std::string& line, bool is_new);
  void add_results();
  void write(const std::string& phase, std::int64_t step, const std::map<std::string, double>& metrics);

  std::filesystem::path run_;
  std::filesystem::path file_;
  std::int64_t read_ = 0;   ///< Bytes of metrics.jsonl that are read.
  std::int64_t lines_ = 0;  ///< Lines in these bytes.
  bool is_begun_ = false;
  double time_ = 0;              ///< Time of the last line, in seconds since 1970.
  std::set<std::string> lined_;  ///< Phases with lines in metrics.jsonl.
  bool has_results_ = false;
  std::map<std::pair<std::string, std::int64_t>, double> times_;  ///< Times of the steps of a phase, in seconds since 1970.
};

}  // namespace leat
