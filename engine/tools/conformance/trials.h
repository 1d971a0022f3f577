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

/// Returns findings in the form in which the child process of a trial returns them.
[[nodiscard]] nlohmann::json json_of(const std::vector<Finding>& all);
[[nodiscard]] nlohmann::json json_of(const Judgement& judgement);

/// Runs trials of nodes and keeps their findings. Each trial has a child process, because a node can end the process.
class Trials {
 public:
  explicit Trials(const ConformanceSettings& settings) : settings_(settings) {}

  /// Runs a trial, which returns JSON with `findings`, and adds these. Returns nullopt if the trial failed, which is a finding too.
  std::optional<nlohmann::json> run(const std::string& what, const std::function<nlohmann::json()>& trial);
  /// Returns the page on which a child process writes the type of the running node.
  [[nodiscard]] Page& page() { return page_; }
  /// Returns the findings, sorted and without repetitions; so does `not_judged`.
  [[nodiscard]] std::vector<Finding> findings() const;
  [[nodiscard]] std::vector<Finding> not_judged() const;

 private:
  const ConformanceSettings& settings_;
  std::vector<Finding> findings_;
  std::vector<Finding> not_judged_;
  Page page_;
};

}  // namespace leat::conformance
