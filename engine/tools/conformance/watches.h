#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/run.h"

// Observers of the conformance kit in a run. Each writes the type of the running node to a page.
namespace leat::conformance {

/// The type of the running node, in memory that a child process shares with its parent. The parent reads it if the child crashes or hangs.
class Page {
 public:
  Page();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  ~Page();

  void write(std::string_view type);
  [[nodiscard]] std::string read() const { return text_; }

 private:
  char* text_;
};

/// Records the types that run. On request, detects changed inputs and changes the order of calls.
class Watcher final : public Observer {
 public:
  explicit Watcher(Page& page) : page_(page) {}
  /// Hashes inputs before and after each call.
  void hash_inputs() { hashes_ = true; }
  /// Delays each call by a different time, so that calls end in another order.
  void shake_calls(std::uint64_t seed) { shakes_ = seed; }

  void call_begins(const NodeCall& call) override;
  void call_ends(const NodeCall& call) override;

  [[nodiscard]] const std::set<std::string>& ran() const { return ran_; }
  /// Returns types, each with the type of an input value that it changed.
  [[nodiscard]] const std::set<std::pair<std::string, std::string>>& written() const { return written_; }

 private:
  void shake(const NodeCall& call) const;

  Page& page_;
  std::mutex lock_;
  bool hashes_ = false;
  std::uint64_t shakes_ = 0;
  std::set<std::string> ran_;
  std::set<std::pair<std::string, std::string>> written_;
};

/// Counts the requests of each call of one type to its frame, and throws at the n-th; n = 0: never.
class Failing final : public Observer {
 public:
  static constexpr const char* words = "this is only a test of what happens when a frame fails";

  Failing(Page& page, std::string type, int nth) : page_(page), type_(std::move(type)), nth_(nth) {}
  void call_begins(const NodeCall& call) override;
  void call_ends(const NodeCall&) override;
  void requested() override;

  [[nodiscard]] int most_asked() const { return most_asked_; }  ///< Largest number of requests in one call.
  [[nodiscard]] bool has_failed() const { return has_failed_; }

 private:
  Page& page_;
  std::string type_;
  int nth_;
  std::atomic<int> most_asked_{0};
  std::atomic<bool> has_failed_{false};
};

/// Reads each metric that is given as a function twice: at once, and when the lane is two steps further. Finds metrics that differ.
class LateMetrics final : public Observer {
 public:
  explicit LateMetrics(Page& page) : page_(page) {}
  void call_begins(const NodeCall& call) override;
  void call_ends(const NodeCall& call) override;
  void metric_given(std::string_view metric, std::int64_t step, const std::function<double()>& later) override;
  void metrics_due(std::string_view phase, std::int64_t step) override;
  void step_retired(const Progress& progress) override;

  struct Changed {
    std::string node;
    std::string text;
    auto operator<=>(const Changed&) const = default;
  };
  /// Returns the metrics that differ. Call it after the run.
  [[nodiscard]] const std::set<Changed>& changed() const { return changed_; }

 private:
  struct Given {
    double sum = 0;
    int count = 0;
  };
  Page& page_;
  std::mutex lock_;
  std::condition_variable moved_;
  std::string phase_;
  std::int64_t furthest_ = 0;  ///< The latest step of the phase in which a call has ended.
  std::map<std::pair<std::int64_t, std::string>, Given> given_;
  std::set<Changed> changed_;
};

/// Stops a run at a call: the n-th of all calls, or the first call of a step.
class Stopping final : public Observer {
 public:
  Stopping(Page& page, std::int64_t calls, std::int64_t step) : page_(page), left_(calls), step_(step) {}
  void call_begins(const NodeCall& call) override;
  void call_ends(const NodeCall&) override;

  Run* run = nullptr;  ///< Must be set before the run begins.

 private:
  Page& page_;
  std::atomic<std::int64_t> left_;
  std::int64_t step_;
};

}  // namespace leat::conformance
