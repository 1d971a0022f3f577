#include "progress.h"

#include <chrono>

#include "support/doctest.h"

using namespace leat;
using namespace leat::cli;
using namespace std::chrono_literals;

namespace {

/// The line after steps of 8 images that ended at these times after the first one.
std::string line_after(std::vector<std::chrono::milliseconds> times, std::int64_t steps, std::int64_t resumed_from = 0) {
  Pace pace;
  Progress progress{"train", PhaseKind::Train, resumed_from, steps, 8, {}};
  for (const auto time : times) {
    ++progress.step;
    pace.add(progress, Pace::Clock::time_point() + 1h + time);
  }
  return progress_text(progress, pace, false);
}

std::vector<std::chrono::milliseconds> every(std::chrono::milliseconds step, int count) {
  std::vector<std::chrono::milliseconds> out;
  for (int k = 0; k < count; ++k) out.push_back(step * k);
  return out;
}

}  // namespace

TEST_CASE("progress: no rate is shown before it is known") {
  CHECK(line_after({0ms}, 10) == "train  1/10");
  CHECK(line_after({0ms, 0ms}, 10) == "train  2/10");
  CHECK(line_after({0ms, 1ms, 2ms}, 10) == "train  3/10");
  CHECK(line_after({0ms, 499ms}, 10) == "train  2/10");
  CHECK(line_after(every(1ms, 10), 10) == "train  10/10");
}

TEST_CASE("progress: the rate is of the time between steps, the rest of the steps as long") {
  CHECK(line_after({0ms, 500ms}, 10) == "train  2/10  16 images/s  0:04 left");
  CHECK(line_after(every(100ms, 10), 20) == "train  10/20  80 images/s  0:01 left");
  CHECK(line_after(every(100ms, 20), 20) == "train  20/20  80 images/s");
  CHECK(line_after(every(1ms, 2001), 1000000) == "train  2001/1000000  8000 images/s  16:38 left");
  // A step that takes longer than the time that is looked back to.
  CHECK(line_after({0ms, 20000ms, 40000ms}, 4) == "train  3/4  0.4 images/s  0:20 left");
}

TEST_CASE("progress: the rate is of the last seconds") {
  std::vector<std::chrono::milliseconds> times = every(1000ms, 60);
  for (int k = 1; k <= 100; ++k) times.push_back(59s + 100ms * k);
  CHECK(line_after(times, 160) == "train  160/160  80 images/s");
}

TEST_CASE("progress: a resumed run's rate has nothing of the steps before") {
  CHECK(line_after({0ms, 1000ms}, 1000, 900) == "train  902/1000  8.0 images/s  1:38 left");
}

TEST_CASE("progress: a pause is no part of the rate and of the time left") {
  Pace pace;
  const auto begin = Pace::Clock::time_point() + 1h;
  Progress progress{"train", PhaseKind::Train, 0, 100, 8, {}};
  pace.leave_out_pause(begin);
  const auto steps = [&](Pace::Clock::time_point from, int count) {
    for (int k = 0; k < count; ++k) {
      ++progress.step;
      pace.add(progress, from + k * 100ms);
    }
  };
  steps(begin, 20);
  pace.leave_out_pause(begin + 60s);
  steps(begin + 60s + 100ms, 1);
  CHECK(progress_text(progress, pace, false) == "train  21/100  80 images/s  0:08 left");
  steps(begin + 60s + 200ms, 29);
  CHECK(progress_text(progress, pace, false) == "train  50/100  80 images/s  0:05 left");
}

TEST_CASE("progress: a line is cut to the terminal's width, between characters") {
  CHECK(cut_to("━━──  2/4", 9) == "━━──  2/4");
  CHECK(cut_to("━━──  2/4", 8) == "━━──  2/");
  CHECK(cut_to("━━──  2/4", 3) == "━━─");
  CHECK(cut_to("", 3) == "");
}

TEST_CASE("progress: another phase, or the same once more, begins a rate of its own") {
  Pace pace;
  const auto begin = Pace::Clock::time_point() + 1h;
  Progress progress{"train", PhaseKind::Train, 1, 100, 8, {}};
  pace.add(progress, begin);
  progress.step = 2;
  pace.add(progress, begin + 1s);
  progress = {"validate", PhaseKind::Validate, 1, 4, 100, {}};
  pace.add(progress, begin + 2s);
  CHECK(progress_text(progress, pace, false) == "validate  1/4");
  progress.step = 4;
  pace.add(progress, begin + 3s);
  CHECK(progress_text(progress, pace, false) == "validate  4/4  100 images/s");
  progress.step = 1;
  pace.add(progress, begin + 60s);
  CHECK(progress_text(progress, pace, false) == "validate  1/4");
}

TEST_CASE("progress: losses and shares of gates are shown, other metrics are not") {
  const Progress progress{"train", PhaseKind::Train, 1, 4, 8, {{"gate.accuracy", .5}, {"gate.share", .25}, {"total.loss", 1.5}}};
  CHECK(progress_text(progress, Pace(), true) == "train  ━━━━━───────────────  1/4  gate.share 0.250  total.loss 1.500");
}
