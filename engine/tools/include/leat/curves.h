#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace leat {

/// One or several successive values of a metric.
struct CurvePoint {
  std::int64_t step = 0;  ///< Training step of the last value.
  std::int64_t count = 0;
  std::int64_t undefined = 0;  ///< How many of them are no number, or not finite.
  double sum = 0;              ///< Of those that are finite, as `low` and `high`.
  double low = 0;
  double high = 0;

  [[nodiscard]] double mean() const;  ///< NaN if no value is finite.
};

/// The values of one metric, as at most 4096 points. If there are more, neighbours are joined, so the smallest and the largest stay.
class Curve {
 public:
  static constexpr std::size_t most_points = 4096;

  void add(std::int64_t step, double value);
  [[nodiscard]] std::int64_t values() const { return values_; }
  [[nodiscard]] double last() const { return last_; }
  /// Returns at most `most` points. Throws std::invalid_argument if that is less than 1.
  [[nodiscard]] std::vector<CurvePoint> points(std::size_t most) const;

 private:
  std::vector<CurvePoint> points_;
  std::int64_t per_point_ = 1;  ///< Values of a whole point.
  std::int64_t values_ = 0;
  double last_ = 0;
};

/// The metrics of a run, read from its metrics.jsonl while it is written. The memory does not grow with the file. [one thread]
class Curves {
 public:
  explicit Curves(std::filesystem::path metrics_file) : file_(std::move(metrics_file)) {}

  /// Reads what was written since the last call, at most about `most_bytes`. Begins again if a resumed run has cut the file. Lines that are
  /// not metrics are counted, and left out. Returns true if there was something.
  bool read(std::int64_t most_bytes = std::int64_t{1} << 23);
  [[nodiscard]] bool is_behind() const { return is_behind_; }  ///< More is to be read at once.
  [[nodiscard]] std::int64_t lines_left_out() const { return lines_left_out_; }
  /// By phase and `node.metric`, in the order in which the phases came.
  [[nodiscard]] const std::vector<std::pair<std::string, std::map<std::string, Curve>>>& phases() const { return phases_; }
  [[nodiscard]] const Curve* find(const std::string& phase, const std::string& metric) const;
  /// Returns the step of the newest line of a phase; 0 if it has none.
  [[nodiscard]] std::int64_t newest_step(const std::string& phase) const;

 private:
  void add_line(const std::string& line);

  std::filesystem::path file_;
  std::int64_t read_ = 0;
  std::string begin_;  ///< First bytes that were read, to detect another file.
  bool is_behind_ = false;
  bool is_line_too_long_ = false;  ///< The file is read up to the middle of a line that is left out.
  std::int64_t lines_left_out_ = 0;
  std::vector<std::pair<std::string, std::map<std::string, Curve>>> phases_;
  std::map<std::string, std::int64_t> newest_steps_;  ///< By phase.
};

}  // namespace leat
