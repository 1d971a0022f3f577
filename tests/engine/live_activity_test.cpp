#include "leat/live_activity.h"

#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "leat/curves.h"
#include "support/doctest.h"
#include "support/graphs.h"

using namespace leat;
using namespace std::chrono_literals;

namespace {

constexpr const char* two_phases = R"(leat: 1
phases:
  train:
    kind: train
    nodes:
      numbers: {uses: toy.count, with: {batch: 3}}
      same: {uses: toy.pass, in: numbers.number}
      sum: {uses: toy.sum, in: same}
  validate:
    kind: validate
    nodes:
      numbers: {uses: toy.count, with: {batch: 2, length: 5}}
      sum: {uses: toy.sum, in: numbers.number}
plan:
  train: {phase: train, steps: 40, validate: {phase: validate, every: 10 steps}}
)";

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void check_same(const PhaseActivity& ours, const PhaseActivity& theirs) {
  CHECK(ours.steps == theirs.steps);
  // A settled occurrence ends with the retirement of its last step, some microseconds after its last body; on a busy machine some hundred.
  const auto near = [&](double seconds) { return doctest::Approx(seconds).epsilon(.02).scale(theirs.seconds + 3e-2); };
  CHECK(ours.seconds == near(theirs.seconds));
  REQUIRE(ours.nodes.size() == theirs.nodes.size());
  for (std::size_t k = 0; k < ours.nodes.size(); ++k) {
    CHECK(ours.nodes[k].name == theirs.nodes[k].name);
    CHECK(ours.nodes[k].calls == theirs.nodes[k].calls);
    CHECK(ours.nodes[k].running == near(theirs.nodes[k].running));
    CHECK(ours.nodes[k].queued == near(theirs.nodes[k].queued));
    CHECK(ours.nodes[k].waiting_for_credit == near(theirs.nodes[k].waiting_for_credit));
  }
  for (std::size_t k = 0; k < ours.edges.size(); ++k) CHECK(ours.edges[k].values == theirs.edges[k].values);
}

/// Runs the graph in the folder.
void run_in(const std::filesystem::path& folder, const std::string& text = two_phases) {
  RunOptions options;
  options.folder = folder;
  (void)run_graph(toy_registry(), text, 2, options);
}

}  // namespace

TEST_CASE("curves: the mean of equal values is that value, to its last digit") {
  Curve curve;
  for (int step = 1; step <= 3; ++step) curve.add(step, 0.1);
  REQUIRE(curve.points(1).size() == 1);
  CHECK(curve.points(1).front().mean() == 0.1);
}

TEST_CASE("live activity: a log that grows by pieces gives what the whole log gives") {
  const TemporaryFolder folder;
  run_in(folder / "run");
  const std::string bytes = bytes_of(folder / "run" / "events.log");
  const std::filesystem::path growing = folder / "growing.log";
  LiveActivity live(growing);
  CHECK(!live.read());
  CHECK(live.is_missing());
  CHECK(live.header() == nullptr);
  // The pieces end anywhere, also in the middle of a frame.
  for (std::size_t end = 0; end < bytes.size();) {
    end = std::min(bytes.size(), end + 1499);
    std::ofstream(growing, std::ios::binary) << bytes.substr(0, end);
    (void)live.read();
  }
  live.end();
  CHECK(!live.is_damaged());
  CHECK(live.has_ended());
  CHECK(!live.log_end().failure);
  REQUIRE(live.header());
  CHECK(live.header()->workers == 2);
  const auto whole = activity(folder / "run" / "events.log");
  REQUIRE(whole.size() == 2);
  for (int p = 0; p < 2; ++p) {
    CHECK(live.header()->phases[static_cast<std::size_t>(p)].credits > 0);
    check_same(live.at(p).whole, whole[static_cast<std::size_t>(p)]);
  }
  CHECK(live.progress(0).step == 40);
  CHECK(live.progress(0).occurrences == 1);
  CHECK(live.progress(1).step == 3);
  CHECK(live.progress(1).occurrences == 4);
  // A value per slot, and one for the step.
  CHECK(live.header()->phases[0].edges[0].per_step == 3);
  for (const std::int64_t waiting : live.at(0).waiting) CHECK(waiting == 0);
  CHECK(live.moments("train").size() == 40);
  CHECK(live.spans(1e9).size() == 40 * 7 + 4 * (5 + 3));
  for (const CallLengths& one : live.at(0).whole_lengths) CHECK(one.median <= one.p95);
}

TEST_CASE("live activity: the last seconds add up, and are those of the newest steps") {
  const TemporaryFolder folder;
  std::string text = two_phases;
  text.insert(text.find("toy.pass") + 8, ", with: {busy_us: 20000}");
  std::thread runs([&] { run_in(folder / "run", text); });
  LiveActivity live(folder / "run" / "events.log", .2);
  double longest = 0;
  bool has_waited = false;
  while (!live.has_ended()) {
    (void)live.read();
    if (live.header() && live.phase() == 0) {
      const LivePhase phase = live.at(0);
      for (const NodeActivity& node : phase.recent.nodes)
        CHECK(node.running + node.queued + node.waiting_for_input + node.blocked_by_output + node.waiting_for_credit ==
              doctest::Approx(phase.recent.seconds));
      CHECK(phase.to - phase.from >= phase.recent.seconds - 1e-6);
      longest = std::max(longest, phase.recent.seconds);
      for (std::size_t k = 0; k < phase.waiting.size(); ++k) {
        const LogHeader::Phase& names = live.header()->phases[0];
        CHECK(phase.waiting[k] <= std::int64_t{names.edges[k].per_step} * names.credits);
        has_waited = has_waited || phase.waiting[k] > 0;
      }
    }
    std::this_thread::sleep_for(20ms);
  }
  runs.join();
  // Snapshots are a quarter of a second apart.
  CHECK(longest > .2);
  CHECK(longest < 1.5);
  CHECK(has_waited);
}

TEST_CASE("live activity: a log that is replaced by another is read anew") {
  const TemporaryFolder folder;
  run_in(folder / "long");
  std::string text = two_phases;
  text.replace(text.find("steps: 40"), 9, "steps: 10");
  run_in(folder / "short", text);
  const std::filesystem::path file = folder / "events.log";
  std::filesystem::copy_file(folder / "long" / "events.log", file);
  LiveActivity live(file);
  (void)live.read();
  CHECK(live.progress(0).step == 40);
  std::filesystem::copy_file(folder / "short" / "events.log", file, std::filesystem::copy_options::overwrite_existing);
  CHECK(live.read());
  CHECK(live.progress(0).step == 10);
}

TEST_CASE("live activity: why a run failed is in its log, with the node") {
  const TemporaryFolder folder;
  std::string text = two_phases;
  text.replace(text.find("toy.pass"), 8, "toy.fail");
  CHECK_THROWS(run_in(folder / "run", text));
  LiveActivity live(folder / "run" / "events.log");
  (void)live.read();
  REQUIRE(live.log_end().failure);
  CHECK(live.log_end().failure->node == "same");
  CHECK(live.log_end().failure->why.find("same") != std::string::npos);
  CHECK(!live.has_ended());
}

TEST_CASE("live activity: what is no log is refused") {
  const TemporaryFolder folder;
  LiveActivity live(folder.write("events.log", "this is no log of a run"));
  CHECK_THROWS_WITH_AS((void)live.read(), doctest::Contains("is not an event log"), std::runtime_error);
}

TEST_CASE("soak: a log of a million steps is followed in bounded memory" * doctest::skip()) {
  const TemporaryFolder folder;
  // LEAT_LONG_RUN=DIR keeps the run, for tests/viewer/long_run.mjs.
  const char* const kept = std::getenv("LEAT_LONG_RUN");
  const std::filesystem::path run = kept ? std::filesystem::path(kept) : folder / "run";
  std::string text = two_phases;
  text.replace(text.find("steps: 40"), 9, "steps: 1000000").replace(text.find("every: 10 "), 10, "every: 100000 ");
  run_in(run, text);
  const std::string log = bytes_of(run / "events.log");
  LiveActivity live(folder / "grown.log");
  std::ofstream grown(folder / "grown.log", std::ios::binary);
  constexpr std::size_t pieces = 500;
  std::size_t early = 0, most = 0;
  for (std::size_t k = 0; k < pieces; ++k) {
    const std::size_t begin = log.size() * k / pieces, end = log.size() * (k + 1) / pieces;
    grown.write(log.data() + begin, static_cast<std::streamsize>(end - begin)).flush();
    while (live.read() || live.is_behind()) {
    }
    if (live.phase() >= 0) (void)live.at(0);
    // The text of the log is mapped, so it does not count here.
    const std::size_t bytes = ::mallinfo2().uordblks;
    if (live.progress(0).step < 300'000) early = std::max(early, bytes);
    most = std::max(most, bytes);
  }
  live.end();
  CHECK(live.progress(0).step == 1'000'000);
  CHECK(live.at(0).whole.nodes[1].calls == 3'000'000);
  MESSAGE("a log of " << log.size() / 1'000'000 << " MB; until step 300,000 the heap without it was at most " << early / 1000
                      << " kB, later at most " << most / 1000 << " kB");
  CHECK(early > 0);
  CHECK(most < early + 4'000'000);
}

TEST_CASE("curves: few values stay, many are joined with their extremes") {
  Curve few;
  for (int k = 1; k <= 100; ++k) few.add(k, k);
  CHECK(few.points(4096).size() == 100);
  CHECK(few.points(10).size() == 10);
  CHECK(few.points(10).back().step == 100);
  CHECK(few.points(10).back().mean() == doctest::Approx(95.5));

  Curve many;
  for (int k = 1; k <= 1'000'000; ++k) {
    double value = std::sin(k * 1e-4);
    if (k == 123'456) value = 50;
    if (k == 654'321) value = -50;
    if (k % 250'000 == 0) value = std::nan("");
    many.add(k, value);
  }
  CHECK(many.values() == 1'000'000);
  for (const std::size_t most : {std::size_t{4096}, std::size_t{500}, std::size_t{1}}) {
    const std::vector<CurvePoint> points = many.points(most);
    CHECK(points.size() <= most);
    double low = 0, high = 0;
    std::int64_t count = 0, undefined = 0, before = 0;
    for (const CurvePoint& one : points) {
      low = std::min(low, one.low);
      high = std::max(high, one.high);
      count += one.count;
      undefined += one.undefined;
      CHECK(one.step > before);
      before = one.step;
      CHECK(one.low <= one.mean());
      CHECK(one.mean() <= one.high);
    }
    CHECK(low == -50);
    CHECK(high == 50);
    CHECK(count == 1'000'000);
    CHECK(undefined == 4);
    CHECK(before == 1'000'000);
  }
  CHECK_THROWS_AS((void)many.points(0), std::invalid_argument);
}

TEST_CASE("curves: a file that grows is read on, one that a resumed run has cut is read anew") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.write("metrics.jsonl", "");
  Curves curves(file);
  CHECK(!curves.read());
  const auto line = [](int step, const std::string& value) {
    return R"({"phase":"train","step":)" + std::to_string(step) + R"(,"metrics":{"loss.loss":)" + value + "}}\n";
  };
  folder.write("metrics.jsonl", line(1, "3") + line(2, "2").substr(0, 20));
  CHECK(curves.read());
  REQUIRE(curves.find("train", "loss.loss"));
  CHECK(curves.find("train", "loss.loss")->values() == 1);
  folder.write("metrics.jsonl", line(1, "3") + line(2, "2") + "this is no metric\n" + line(3, "null"));
  CHECK(curves.read());
  CHECK(curves.find("train", "loss.loss")->values() == 3);
  CHECK(curves.find("train", "loss.loss")->points(9).back().undefined == 1);
  CHECK(curves.lines_left_out() == 1);
  CHECK(curves.find("train", "other") == nullptr);
  folder.write("metrics.jsonl", line(1, "3"));
  CHECK(curves.read());
  CHECK(curves.find("train", "loss.loss")->values() == 1);
  CHECK(curves.lines_left_out() == 0);
}
