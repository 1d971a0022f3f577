#include "server/recordings.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "leat/recorded.h"
#include "server/packed.h"
#include "server/requests.h"
#include "server/value_json.h"

namespace leat::viewer {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto look_interval = std::chrono::seconds(1);

/// Returns the outputs of a recording, or an empty list if it cannot be read. Who asks for its values learns why.
json outputs_of(const fs::path& folder, const RecordedStep& step) {
  json out = json::array();
  try {
    for (const ShownOutput& one : read_recording(folder, step.phase, step.trained).outputs)
      out.push_back({{"node", one.name.node}, {"port", one.name.port}});
  } catch (const std::exception&) {
    return json::array();
  }
  return out;
}

}  // namespace

void Recordings::look() {
  if (Clock::now() - looked_ < look_interval) return;
  looked_ = Clock::now();
  std::error_code none;
  const fs::file_time_type changed = fs::last_write_time(run_folder_ / "recorded", none);
  if (none || shown_ == changed) return;
  const std::vector<RecordedStep> all = recorded_steps(run_folder_);
  json phases = json::array();
  for (std::size_t k = 0; k < all.size(); ++k) {
    const bool is_new = k == 0 || all[k].phase != all[k - 1].phase;
    if (is_new) phases.push_back({{"name", all[k].phase}, {"trained", json::array()}});
    phases.back()["trained"].push_back(all[k].trained);
    // All recordings of a phase have the same outputs, unless the run was resumed with another graph.
    const bool is_last = k + 1 == all.size() || all[k + 1].phase != all[k].phase;
    if (is_last) phases.back()["outputs"] = outputs_of(run_folder_, all[k]);
  }
  feed_.put("recorded", dumped(phases));
  shown_ = changed;
}

Answer Recordings::values(const std::string& body) const {
  return answer([&]() -> Answer {
    const json asked = object_in(body);
    const std::vector<OutputName> wanted = outputs_in(asked);
    const Recording recording = read_recording(run_folder_, asked.at("phase"), asked.at("trained"));
    Message out;
    json list = json::array();
    for (const OutputName& name : wanted) {
      const auto found =
          std::find_if(recording.outputs.begin(), recording.outputs.end(), [&](const auto& one) { return one.name == name; });
      if (found != recording.outputs.end()) list.push_back(values_json(*found, out.bytes));
    }
    out.head = {{"outputs", list}, {"step", recording.step}, {"trained_steps", recording.trained}};
    return {200, "application/octet-stream", packed(std::move(out))};
  });
}

}  // namespace leat::viewer
