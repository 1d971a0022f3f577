#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "leat/observer.h"

namespace leat::conformance {

/// Keeps the metrics of one step of a phase. [parallel]
class StepMetrics final : public Observer {
 public:
  StepMetrics(std::string phase, std::int64_t step) : phase_(std::move(phase)), step_(step) {}
  void step_retired(const Progress& progress) override;

  /// Returns the metrics, `node.metric`, that are NaN here and not in `other`.
  [[nodiscard]] std::vector<std::string> undefined_beside(const StepMetrics& other) const;

 private:
  std::string phase_;
  std::int64_t step_;
  std::mutex lock_;
  std::map<std::string, double> metrics_;
};

}  // namespace leat::conformance
