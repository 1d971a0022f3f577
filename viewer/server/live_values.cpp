#include "server/live_values.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "leat/recorded.h"
#include "server/packed.h"
#include "server/requests.h"
#include "server/value_json.h"

namespace leat::viewer {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds capture_time = 10s;

}  // namespace

void LiveValues::enter(Run& run) {
  end_captures(false);
  const std::lock_guard guard(run_use_);
  run_ = &run;
}

void LiveValues::leave() {
  end_captures(true);
  const std::lock_guard guard(run_use_);
  run_ = nullptr;
}

std::optional<RunNow> LiveValues::now() {
  const std::shared_lock guard(run_use_);
  return run_ ? std::optional(run_->now()) : std::nullopt;
}

/// Ends the capture in progress, in favour of a newer one. Returns what ends the newer one; nullopt if none may begin.
std::optional<std::stop_token> LiveValues::next_capture() {
  const std::lock_guard guard(capture_lock_);
  capture_.request_stop();
  if (is_leaving_) return {};
  capture_ = std::stop_source();
  return capture_.get_token();
}

void LiveValues::end_captures(bool leaves) {
  const std::lock_guard guard(capture_lock_);
  is_leaving_ = leaves;
  if (leaves) capture_.request_stop();
}

Answer LiveValues::values(const std::string& body) {
  return answer([&]() -> Answer {
    const json asked = object_in(body);
    const std::string phase = asked.at("phase");
    const int slots = static_cast<int>(std::clamp<std::int64_t>(asked.value("slots", std::int64_t{4}), 1, 64));
    const std::vector<OutputName> outputs = outputs_in(asked);
    const std::optional<std::stop_token> stop = next_capture();
    std::optional<CapturedStep> step;
    {
      const std::shared_lock guard(run_use_);
      if (!stop || !run_) return error_answer(409, "the run is over, or works in another process: its values cannot be watched");
      step = run_->capture(phase, outputs, slots, capture_time, *stop);
    }
    if (stop->stop_requested() && !step) return error_answer(409, "a newer request has replaced this one");
    if (!step) return error_answer(503, "no step of `" + phase + "` was done within 10 s");
    Message out;
    json list = json::array();
    for (const PreviewedOutput& one : step->outputs) list.push_back(values_json(shown_output(one, slots), out.bytes));
    out.head = {{"outputs", list},           {"step", step->step}, {"has_step", true},          {"trained", json::array()},
                {"stateful", json::array()}, {"weights", nullptr}, {"warnings", json::array()}, {"seconds", 0}};
    return {200, "application/octet-stream", packed(std::move(out))};
  });
}

}  // namespace leat::viewer
