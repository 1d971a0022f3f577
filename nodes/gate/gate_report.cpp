#include "gate/gate_report.h"

#include <algorithm>

#include "gate/gate_tally.h"
#include "leat/diagnostics.h"

namespace leat {

void GateReport::put(Frame& frame, std::vector<std::int64_t> occurring, const Readout& counted) const {
  const auto metric = [&](const std::string& name, auto read) {
    frame.metric(name, counted.later([groups = group_count, classes = class_count, read](const std::vector<double>& numbers) {
      return read(GateTally(groups, classes, numbers));
    }));
  };
  metric("share", [](const GateTally& tally) { return tally.share(); });
  metric("confidence", [](const GateTally& tally) { return tally.confidence(); });
  for (std::int64_t bin = 0; bin < GateTally::bins; ++bin)
    metric("confidence_" + std::to_string(100 / GateTally::bins * bin), [bin](const GateTally& tally) { return tally.share_of_bin(bin); });
  for (std::int64_t c = 0; c < class_count; ++c) {
    const std::string name = class_name(c);
    metric("share_" + name, [c](const GateTally& tally) { return tally.share_of_class(c); });
    metric("pseudo_" + name, [c](const GateTally& tally) { return tally.pseudo(c); });
  }
  if (knows_truth) metric("pseudo_accuracy", [](const GateTally& tally) { return tally.accuracy(); });
  if (groups.size() < 2) return;
  std::sort(occurring.begin(), occurring.end());
  occurring.erase(std::unique(occurring.begin(), occurring.end()), occurring.end());
  for (const std::int64_t g : occurring) {
    if (g >= static_cast<std::int64_t>(groups.size())) continue;
    const std::string name = group_name(groups[static_cast<std::size_t>(g)]);
    metric("share_" + name, [g](const GateTally& tally) { return tally.share_of_group(g); });
    if (knows_truth) metric("pseudo_accuracy_" + name, [g](const GateTally& tally) { return tally.accuracy_of_group(g); });
  }
}

std::string GateReport::class_name(std::int64_t index) const {
  return classes.empty() ? std::to_string(index) : classes[static_cast<std::size_t>(index)];
}

/// Invariant: two groups never get the same name, and no group gets the name of a class. `group_` is put before names that are taken or
/// that begin with `group_`.
std::string GateReport::group_name(const std::string& name) const {
  if (name.empty()) return "no_group";
  bool is_taken = name == "no_group" || name.starts_with("group_");
  for (std::int64_t c = 0; c < class_count; ++c) is_taken = is_taken || class_name(c) == name;
  return (is_taken ? "group_" : "") + name;
}

void check_class_names(const std::vector<std::string>& classes) {
  for (const std::string& name : classes)
    if (name == "accuracy" || name.starts_with("accuracy_"))
      throw Refusal("the metric `pseudo_" + name + "` of the class `" + name + "` would have the name of a pseudo-label accuracy",
                    "classes");
}

}  // namespace leat
