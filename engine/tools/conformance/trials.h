#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "conformance/living_rows.h"
#include "conformance/watches.h"
#include "leat/check_behaviour.h"

namespace leat::conformance {

/// Findings as what a trial's child answers.
[[nodiscard]] nlohmann::json json_of(const std::vector<Finding>& all);
[[nodiscard]] nlohmann::json json_of(const Judgement& judgement);

/// Runs trials of nodes, each in a child process, for a node may end that, and keeps what they find.
class Trials {
 public:
  explicit Trials(const ConformanceSettings& settings) : settings_(settings) {}

  /// Runs a trial, which returns JSON with `findings`; they are added. Nothing: it did not end well, which is a finding as well.
  std::optional<nlohmann::json> run(const std::string& what, const std::function<nlohmann::json()>& trial);
  /// Where a child writes what it is at.
  [[nodiscard]] Page& page() { return page_; }
  /// Sorted, without repetition, as `not_judged` is.
  [[nodiscard]] std::vector<Finding> findings() const;
  [[nodiscard]] std::vector<Finding> not_judged() const;

 private:
  const ConformanceSettings& settings_;
  std::vector<Finding> findings_;
  std::vector<Finding> not_judged_;
  Page page_;
};

}  // namespace leat::conformance
