#include "leat/verdict.h"

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "leat/live_activity.h"
#include "leat/log_header.h"
#include "leat/trace.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/toys.h"
#include "verdict/log_verdict.h"

// Runs with an injected cause, which the verdict must name, and runs in which nothing is wrong. Most nodes sleep, so that the cores that
// other programs use do not change them.
using namespace leat;

namespace {

void sleep_us(int microseconds) {
  timespec left{microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
  while (::nanosleep(&left, &left) != 0) {
  }
}

void burn_us(int microseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
  while (std::chrono::steady_clock::now() < end) {
  }
}

/// Waits as a thread waits that reads from a disk: the kernel does not let it be woken. A child that shares the memory has this effect on
/// its parent.
void wait_as_for_a_disk_us(int microseconds) {
  const pid_t child = ::vfork();
  if (child == 0) {
    sleep_us(microseconds);
    ::_exit(0);
  }
  if (child > 0) ::waitpid(child, nullptr, 0);
}

struct Work final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  Param<int> sleeps{this, "sleeps", "Microseconds.", 0, {0, 1000000}};
  Param<int> burns{this, "burns", "Microseconds.", 0, {0, 1000000}};
  Param<int> reads{this, "reads", "Microseconds in which it waits as for a disk.", 0, {0, 1000000}};
  Param<int> bytes{this, "bytes", "What its value is said to take.", 16, {16, 1 << 30}};

  void shapes(Shapes& shapes) const override { shapes.set_bytes(same, static_cast<std::size_t>(*bytes)); }
  void process(Frame& frame) const override {
    if (*sleeps > 0) sleep_us(*sleeps);
    if (*burns > 0) burn_us(*burns);
    if (*reads > 0) wait_as_for_a_disk_us(*reads);
    frame.put(same, frame.take(number));
  }
};

struct InTurn final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  Param<int> sleeps{this, "sleeps", "Microseconds.", 0, {0, 1000000}};
  State<std::int64_t> seen{this, "seen", 0};

  void process(Frame& frame) const override {
    sleep_us(*sleeps);
    ++frame.state(seen);
    frame.put(same, frame.take(number));
  }
};

/// The first node of the device lane.
struct Net final : Node {
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  Output<toys::Number> sum{this, "sum", "Any shape."};
  Param<int> sleeps{this, "sleeps", "Microseconds.", 0, {0, 1000000}};

  void process(Frame& frame) const override {
    sleep_us(*sleeps);
    frame.put(sum, frame[numbers][0]);
  }
};

/// Another one, or a writer behind the lane.
struct Next final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  Param<int> sleeps{this, "sleeps", "Microseconds.", 0, {0, 1000000}};

  void process(Frame& frame) const override {
    sleep_us(*sleeps);
    frame.put(same, frame[number]);
  }
};

struct Write final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Param<int> sleeps{this, "sleeps", "Microseconds.", 0, {0, 1000000}};
  State<std::int64_t> written{this, "written", 0};

  void process(Frame& frame) const override {
    sleep_us(*sleeps);
    ++frame.state(written);
  }
};

struct SlowMetric final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Param<int> sleeps{this, "sleeps", "Microseconds in which the metric is read.", 0, {0, 1000000}};
  Metric value{this, "value", Better::Neither, "The number."};

  void process(Frame& frame) const override {
    frame.metric(value, [us = *sleeps] {
      sleep_us(us);
      return 1.0;
    });
  }
};

Registry registry() {
  Registry out = toy_registry();
  detail::register_type<Work>(out, "test.work", "Takes its time.");
  detail::register_type<InTurn>(out, "test.in_turn", "Takes its time, in order.");
  detail::register_type<Net>(out, "test.net", "Computes.", LaneKind::Device);
  detail::register_type<Next>(out, "test.next", "Computes on.", LaneKind::Device);
  detail::register_type<Write>(out, "test.write", "Writes.");
  detail::register_type<SlowMetric>(out, "test.slow_metric", "Measures.");
  return out;
}

struct Setup {
  std::string nodes;
  int workers = 2;
  int prefetch = 3;
  int steps = 45;
  std::string plan;    ///< Further keys of the plan.
  std::string phases;  ///< Instead of one phase `test`.
};

std::string yaml_of(const Setup& setup) {
  if (!setup.phases.empty()) return setup.phases;
  return "leat: 1\nphases:\n  test:\n    prefetch: " + std::to_string(setup.prefetch) +
         "\n    nodes:\n      source: {uses: toy.count, with: {is_sized: true, length: " + std::to_string(8 * setup.steps) +
         ", batch: 8}}\n" + setup.nodes + "plan: {then: [test]" + setup.plan + "}\n";
}

/// Whether the time counts in which the run's threads had no core, because other programs use the cores of the machine that runs the tests.
enum class Cores { AsTheyAre, Free };

struct Judged {
  Verdict verdict;
  double without_core = 0;  ///< Seconds in which a thread had no core, per second.
};

/// LEAT_KEEP_VERDICT_RUNS=DIR keeps the runs in DIR/1, DIR/2, …, so that their pages can be looked at.
std::filesystem::path folder_of_run(const TemporaryFolder& folder) {
  static int runs = 0;
  const char* const kept = std::getenv("LEAT_KEEP_VERDICT_RUNS");
  return kept ? std::filesystem::path(kept) / std::to_string(++runs) : folder / "run";
}

Judged judged(const Setup& setup, Cores cores = Cores::Free) {
  const TemporaryFolder folder;
  RunOptions options;
  options.folder = folder_of_run(folder);
  (void)run_graph(registry(), yaml_of(setup), setup.workers, options);
  verdict::LogVerdict log;
  record::LogReader reader = log.reader();
  double delayed = 0;
  reader.note = [&](std::string_view text) {
    nlohmann::json note = nlohmann::json::parse(text);
    if (!note.contains("usage")) return;
    for (const char* key : {"workers_delayed", "lane_delayed"}) {
      delayed += note["usage"][key].get<double>();
      if (cores == Cores::Free) note["usage"][key] = 0;
    }
    log.note(note.dump());
  };
  CHECK(record::read_log(options.folder / "events.log", reader));
  std::vector<Verdict> all = log.finish();
  REQUIRE(!all.empty());
  const double seconds = all.front().seconds;
  return {std::move(all.front()), delayed / seconds};
}

void tell(const std::string& what, const Verdict& verdict) {
  if (!std::getenv("LEAT_TELL_VERDICTS")) return;
  std::string text = what + "\n    [" + name(verdict.limit) + "] " + verdict.sentence;
  for (const std::string& detail : verdict.details) text += "\n      " + detail;
  MESSAGE(text);
}

using Names = std::vector<std::string>;

/// Checks the cause that a run's verdict names. A busy machine can change a run, so it has several tries.
void check_cause(const std::string& what, const Setup& setup, std::vector<Limit> limits, Names nodes, Cores cores = Cores::Free) {
  CAPTURE(what);
  constexpr int tries = 4;
  Verdict verdict;
  for (int k = 0; k < tries; ++k) {
    verdict = judged(setup, cores).verdict;
    std::sort(verdict.nodes.begin(), verdict.nodes.end());
    tell(what, verdict);
    if (std::find(limits.begin(), limits.end(), verdict.limit) != limits.end() && verdict.nodes == nodes) return;
  }
  CAPTURE(verdict.sentence);
  CHECK_MESSAGE(std::find(limits.begin(), limits.end(), verdict.limit) != limits.end(), name(verdict.limit));
  CHECK(verdict.nodes == nodes);
}

std::string slot(const std::string& name, const std::string& input, int sleeps, const std::string& type = "test.work") {
  return "      " + name + ": {uses: " + type + ", in: {number: " + input + "}, with: {sleeps: " + std::to_string(sleeps) + "}}\n";
}
std::string net(const std::string& input, int sleeps) {
  return "      net: {uses: test.net, in: {numbers: " + input + "}, with: {sleeps: " + std::to_string(sleeps) + "}}\n";
}

const Gain* find(const Verdict& verdict, Gain::Change change, const std::string& node = {}) {
  for (const Gain& one : verdict.gains)
    if (one.change == change && one.node == node) return &one;
  return nullptr;
}

/// Compares a gain that the verdict predicts with the gain of doing it. Runs whose threads had no core for some time cannot be compared.
void check_gain(const std::string& what, const Setup& setup, const Gain& wanted, const std::function<Setup(const Gain&)>& changed) {
  CAPTURE(what);
  constexpr int tries = 4;
  constexpr double within = 0.15, much_without_core = 0.05;
  double predicted = 0, measured = 0;
  int compared = 0;
  for (int k = 0; k < tries; ++k) {
    const Judged before = judged(setup);
    const Gain* gain = find(before.verdict, wanted.change, wanted.node);
    REQUIRE(gain);
    const Judged after = judged(changed(*gain));
    predicted = gain->speed - 1;
    measured = before.verdict.seconds / after.verdict.seconds - 1;
    if (std::getenv("LEAT_TELL_VERDICTS"))
      MESSAGE(what << ": " << gain->sentence << " Predicted gain " << 100 * predicted << " %, measured " << 100 * measured
                   << " %; wait predicted " << 100 * gain->waits << " %, measured " << 100 * after.verdict.waits << " %; without a core "
                   << 100 * before.without_core << " and " << 100 * after.without_core << " %");
    if (std::abs(predicted - measured) <= within * measured) return;
    if (std::max(before.without_core, after.without_core) < much_without_core) ++compared;
  }
  if (compared == 0) {
    MESSAGE("skipped: " << what << ": other programs use the cores");
    return;
  }
  CHECK(predicted == doctest::Approx(measured).epsilon(within));
}

Setup slow_decode() { return {slot("decode", "source", 4000) + slot("augment", "decode", 400) + net("augment", 5000)}; }
Setup slow_augmentation() { return {slot("decode", "source", 800) + slot("strong", "decode", 3200) + net("strong", 9000)}; }
Setup low_prefetch() { return {slot("decode", "source", 1000) + slot("weak", "decode", 1000) + net("weak", 8000), 2, 1}; }
Setup in_turn() { return {slot("decode", "source", 1000) + slot("fold", "decode", 2500, "test.in_turn") + net("fold", 8000), 4}; }

}  // namespace

TEST_CASE("verdict: names slow decoding") { check_cause("slow decode", slow_decode(), {Limit::Node}, {"decode"}); }

TEST_CASE("verdict: names slow augmentation") { check_cause("slow augmentation", slow_augmentation(), {Limit::Node}, {"strong"}); }

TEST_CASE("verdict: names a prefetch of 1") { check_cause("prefetch of 1", low_prefetch(), {Limit::Prefetch}, {}); }

TEST_CASE("verdict: names a slow writer") {
  Setup setup{slot("decode", "source", 800) + net("decode", 6000) + slot("write", "net", 16000, "test.write")};
  check_cause("slow writer", setup, {Limit::Ordered, Limit::Node}, {"write"});
}

TEST_CASE("verdict: names a slow node of the device") {
  Setup setup{slot("decode", "source", 800) + net("decode", 2000) + slot("deep", "net", 14000, "test.next")};
  check_cause("slow device", setup, {Limit::Device}, {"deep"});
}

TEST_CASE("verdict: names other programs") {
  std::vector<pid_t> others;
  const auto cores = std::thread::hardware_concurrency();
  for (unsigned k = 0; k < 3 * cores; ++k) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);
      for (;;) burn_us(1000);
    }
    if (child > 0) others.push_back(child);
  }
  Setup setup{"      decode: {uses: test.work, in: {number: source}, with: {burns: 2000}}\n" + net("decode", 6000)};
  check_cause("a busy machine", setup, {Limit::Elsewhere}, {}, Cores::AsTheyAre);
  for (const pid_t child : others) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
}

TEST_CASE("verdict: names a slow disk") {
  Setup setup{"      decode: {uses: test.work, in: {number: source}, with: {reads: 4000}}\n" + slot("small", "decode", 300) +
              net("small", 5000)};
#if defined(__SANITIZE_THREAD__)
  // ThreadSanitizer makes fork of vfork, so the thread sleeps as any other.
  check_cause("slow disk", setup, {Limit::Disk, Limit::Node}, {"decode"});
#else
  check_cause("slow disk", setup, {Limit::Disk}, {"decode"});
#endif
}

TEST_CASE("verdict: names two nodes that share the blame") {
  Setup setup{slot("decode", "source", 2400) + slot("strong", "decode", 2400) + slot("small", "strong", 200) + net("small", 6000)};
  check_cause("two nodes", setup, {Limit::Node}, {"decode", "strong"});
}

TEST_CASE("verdict: names too few workers") {
  Setup setup{slot("read", "source", 700) + slot("decode", "read", 700) + slot("resize", "decode", 700) + slot("affine", "resize", 700) +
                  slot("intensity", "affine", 700) + net("intensity", 9000),
              1};
  check_cause("too few workers", setup, {Limit::Workers}, {});
}

TEST_CASE("verdict: names memory that is too small") {
  Setup setup = low_prefetch();
  setup.prefetch = 4;
  setup.nodes = "      decode: {uses: test.work, in: {number: source}, with: {sleeps: 1000, bytes: 1000000}}\n" +
                slot("weak", "decode", 1000) + net("weak", 8000);
  setup.plan = ", memory: 12MB";
  check_cause("memory", setup, {Limit::Memory}, {});
}

TEST_CASE("verdict: names a node that runs one task at a time") {
  check_cause("a node with a state", in_turn(), {Limit::Ordered}, {"fold"});
}

TEST_CASE("verdict: names a slow validation, and metrics that are read slowly") {
  Setup validation;
  validation.phases =
      "leat: 1\nresources:\n  weight: {uses: toy.weight}\nphases:\n"
      "  train:\n    nodes:\n"
      "      source: {uses: toy.count, with: {batch: 8}}\n" +
      slot("decode", "source", 800) +
      "      multiply: {uses: toy.multiply, in: {numbers: decode}, with: {weight: weight}}\n"
      "      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}\n"
      "  validate:\n    nodes:\n      source: {uses: toy.count, with: {batch: 8, length: 40}}\n" +
      slot("decode", "source", 800) + net("decode", 9000) +
      "      score: {uses: toy.score, in: {number: decode}, with: {weight: weight}}\n"
      "plan: {train: {phase: train, steps: 60, validate: every 5 steps}}\n";
  check_cause("slow validation", validation, {Limit::Phase}, {});
  Setup metrics{slot("decode", "source", 500) + net("decode", 4000) + slot("score", "net", 14000, "test.slow_metric")};
  check_cause("slow metrics", metrics, {Limit::Metrics}, {});
}

TEST_CASE("verdict: accuses nobody where the device computes all the time") {
  check_cause("healthy", {slot("decode", "source", 800) + net("decode", 8000) + slot("deep", "net", 8000, "test.next")}, {Limit::Device},
              {});
  check_cause("healthy, one node", {slot("decode", "source", 1200) + slot("strong", "decode", 1200) + net("strong", 16000)},
              {Limit::Device}, {});
}

TEST_CASE("verdict: accuses nobody where workers are evenly busy without a device") {
  Setup three{slot("decode", "source", 1200) + slot("resize", "decode", 1200) + slot("affine", "resize", 1200)};
  check_cause("three alike", three, {Limit::Workers}, {});
  Setup four{slot("decode", "source", 800) + slot("resize", "decode", 700) + slot("affine", "resize", 750) + slot("flip", "affine", 650), 1,
             2};
  check_cause("four alike, one worker", four, {Limit::Workers}, {});
}

TEST_CASE("verdict: the gain of one more worker is the one of doing it") {
  check_gain("a third worker", slow_decode(), {Gain::Change::Worker}, [](const Gain& gain) {
    Setup more = slow_decode();
    more.workers = gain.to;
    return more;
  });
}

TEST_CASE("verdict: the gain of more steps in flight is the one of doing it") {
  check_gain("prefetch", low_prefetch(), {Gain::Change::Credit}, [](const Gain& gain) {
    Setup more = low_prefetch();
    more.prefetch = gain.to;
    return more;
  });
}

TEST_CASE("verdict: the gain of a node in half its time is the one of doing it") {
  check_gain("strong in half its time", slow_augmentation(), {Gain::Change::Faster, "strong"}, [](const Gain&) {
    Setup less = slow_augmentation();
    less.nodes = slot("decode", "source", 800) + slot("strong", "decode", 1600) + net("strong", 9000);
    return less;
  });
  check_gain("fold in half its time", in_turn(), {Gain::Change::Faster, "fold"}, [](const Gain&) {
    Setup less = in_turn();
    less.nodes = slot("decode", "source", 1000) + slot("fold", "decode", 1250, "test.in_turn") + net("fold", 8000);
    return less;
  });
}

namespace {

/// On a busy machine, other programs come first.
bool blames_decode(const Verdict& verdict) {
  return verdict.nodes == Names{"decode"} ||
         (verdict.limit == Limit::Elsewhere && verdict.details.at(0).find("for `decode`") != std::string::npos);
}

/// Runs with a slow decoder. Returns true if the verdicts of its windows name it.
bool windows_blame_decode() {
  const TemporaryFolder folder;
  RunOptions options;
  options.folder = folder / "run";
  (void)run_graph(registry(), yaml_of(slow_decode()), 2, options);
  std::string header;
  std::vector<record::Event> events;
  std::vector<std::string> notes;
  record::LogReader reader;
  reader.header = [&](std::string_view text) { header = text; };
  reader.event = [&](const record::Event& event) { events.push_back(event); };
  reader.note = [&](std::string_view text) { notes.emplace_back(text); };
  CHECK(record::read_log(folder / "run" / "events.log", reader));
  std::int64_t last = 0;
  for (const record::Event& event : events) last = std::max(last, event.ready_ns);
  LiveActivity live(folder / "run" / "events.log", 0.5);
  while (live.read()) {
  }
  const std::vector<Verdict> recent = live.recent_verdicts();
  REQUIRE(recent.size() == 1);
  bool is_named = blames_decode(recent.front());
  CHECK(recent.front().seconds < 0.8);
  live.end();
  CHECK(live.verdicts().at(0).sentence == verdicts(folder / "run" / "events.log").phases.at(0).sentence);
  for (const double from : {0.2, 0.4}) {
    verdict::LogVerdict window;
    window.header(read_log_header(header));
    for (const record::Event& event : events)
      if (event.ready_ns >= static_cast<std::int64_t>(from * static_cast<double>(last)) &&
          event.ready_ns < (from + 0.4) * static_cast<double>(last))
        window.add(event);
    for (const std::string& note : notes) window.note(note);
    const std::vector<Verdict> found = window.finish();
    REQUIRE(found.size() == 1);
    tell("window", found.front());
    is_named = is_named && blames_decode(found.front());
    CHECK(found.front().seconds < 0.6e-9 * static_cast<double>(last));
  }
  return is_named;
}

}  // namespace

TEST_CASE("verdict: a window of a run's events gives the verdict of the run") {
  // A busy machine can change a part of a run, so there are several tries.
  constexpr int tries = 4;
  bool is_named = false;
  for (int k = 0; k < tries && !is_named; ++k) is_named = windows_blame_decode();
  CHECK(is_named);
}

namespace {

/// The header of a log of an earlier Leat, which has no workers, credits and segments.
const char* const old_header = R"({"version": 1, "phases": [{"name": "train", "nodes": [
  {"name": "source", "type": "toy.count", "lane": "cpu", "grain": "slot"},
  {"name": "pass", "type": "toy.pass", "lane": "cpu", "grain": "slot"},
  {"name": "net", "type": "toy.sum", "lane": "device", "grain": "step"}],
  "edges": [[0, "number", 1, 0], [1, "same", 2, 0]]}]})";

constexpr std::int64_t ms = 1'000'000;

record::Event event_of(record::EventKind kind, int node, std::int64_t step, int slot, std::int64_t ready, std::int64_t begin,
                       std::int64_t end, std::uint32_t thread) {
  record::Event event;
  event.kind = kind;
  event.ready_ns = ready;
  event.waited_ns = begin - ready;
  event.busy_ns = end - begin;
  event.step = static_cast<std::uint32_t>(step);
  event.slot = slot;
  event.node = static_cast<std::uint16_t>(node);
  event.thread = thread;
  return event;
}

/// Steps of 10 ms: a worker runs `pass` for 9 ms, then the lane computes for 1 ms.
void add_step(verdict::LogVerdict& log, std::int64_t step, std::int64_t late = 0) {
  using record::EventKind;
  const std::int64_t at = step * 9 * ms + late;
  log.add(event_of(EventKind::Admitted, 0xFFFF, step, -1, at, at, at, 0));
  log.add(event_of(EventKind::Ran, 0, step, 0, at, at, at, 1));
  log.add(event_of(EventKind::Ran, 1, step, 0, at, at, at + 9 * ms, 1));
  log.add(event_of(EventKind::Ran, 2, step, -1, at + 9 * ms, at + 9 * ms, at + 10 * ms, 2));
  log.add(event_of(EventKind::Retired, 0xFFFF, step, -1, at + 10 * ms, at + 10 * ms, at + 10 * ms, 0));
}

}  // namespace

TEST_CASE("verdict: a log of an earlier Leat tells the number of its workers by its threads") {
  verdict::LogVerdict log;
  log.header(read_log_header(old_header));
  for (std::int64_t step = 0; step < 50; ++step) add_step(log, step);
  for (const char* note :
       {"", "{", "[]", R"({"usage": 3})", R"({"usage": {"seconds": 1, "nodes": [[9, 9, 1, 1, 1], [0, -1, 1, 1, 1], [0, 1]]}})"})
    log.note(note);
  const std::vector<Verdict> found = log.finish();
  REQUIRE(found.size() == 1);
  tell("old log", found.front());
  CHECK(found.front().nodes == Names{"pass"});
  CHECK(found.front().waits == doctest::Approx(1 - 50.0 / 451));
  CHECK(found.front().workers_busy == doctest::Approx(450.0 / 451));
  const std::string json = verdicts_json(found);
  CHECK(nlohmann::json::parse(json).at(0).at("limit") == "node");
  verdict::LogVerdict other;
  CHECK_THROWS_WITH(other.reader().header("{}"), "the header of the event log names no phases, nodes and edges");
}

TEST_CASE("verdict: a pause by hand is not waiting") {
  constexpr std::int64_t second = 1000 * ms;
  const std::string busy = R"({"usage":{"seconds":0.09,"cores":4,"machine_cores":4,"process":0.2,"workers":0.2,"machine":0.2,"bytes":9}})";
  // Other programs have all cores in the pause.
  const std::string idle = R"({"usage":{"seconds":1,"cores":4,"machine_cores":4,"process":0,"machine":4,"bytes":9}})";
  const auto judged = [&](bool pauses) {
    verdict::LogVerdict log;
    log.header(read_log_header(old_header));
    for (std::int64_t step = 0; step < 50; ++step) {
      if (step % 10 == 9) log.note(busy);
      if (pauses && step == 20) {
        log.note(R"({"control":"pause","step":19,"ns":175000000})");
        log.note(R"({"control":"checkpoint","step":20,"ns":500000000})");
        for (int k = 0; k < 9; ++k) log.note(idle);
        log.note(R"({"control":"go on","step":20,"ns":1181000000})");
        log.note(idle);
      }
      add_step(log, step, pauses && step >= 20 ? second : 0);
    }
    return log.finish().at(0);
  };
  const Verdict paused = judged(true), without = judged(false);
  CHECK(paused.seconds == doctest::Approx(without.seconds).epsilon(0.001));
  CHECK(paused.waits == doctest::Approx(without.waits).epsilon(0.001));
  CHECK(paused.sentence == without.sentence);
  REQUIRE(without.others);
  CHECK(*paused.others == doctest::Approx(*without.others));
}

TEST_CASE("verdict: nodes that compute the same in each epoch are named, because a cache would save them") {
  const auto detail = [](const std::string& kind, double epochs) {
    nlohmann::json header = nlohmann::json::parse(old_header);
    header["phases"][0]["kind"] = kind;
    header["phases"][0]["cacheable"] = {{{"nodes", {1}}, {"epochs", epochs}, {"bytes", 13'000'000}}};
    verdict::LogVerdict log;
    log.header(read_log_header(header.dump()));
    for (std::int64_t step = 0; step < 50; ++step) add_step(log, step);
    const std::vector<Verdict> found = log.finish();
    for (const std::string& one : found.at(0).details)
      if (one.find("`cache`") != std::string::npos) return one;
    return std::string();
  };
  CHECK(detail("train", 12) ==
        "`pass` takes 100 % of the worker's time and computes the same values in each of 12 epochs: `cache` of the "
        "plan would keep them, in 13.0 MB.");
  CHECK(detail("validate", 3).find("in each of 3 occurrences of `train`: ") != std::string::npos);
  CHECK(detail("train", 1.05).empty());
}

TEST_CASE("verdict: tells the end of a run, and a log that is cut") {
  const TemporaryFolder folder;
  RunOptions options;
  options.folder = folder / "run";
  Setup setup = slow_decode();
  setup.steps = 3;
  (void)run_graph(registry(), yaml_of(setup), 2, options);
  const std::filesystem::path log = folder / "run" / "events.log";
  const LogVerdicts whole = verdicts(log);
  CHECK(whole.is_whole);
  CHECK(whole.phases.at(0).sentence == "`test` has 3 steps; too few to tell what held it up.");
  CHECK(whole.end.has_finished);
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 5);
  CHECK_FALSE(verdicts(log).is_whole);
}

TEST_CASE("verdict: too few steps give none") {
  verdict::LogVerdict log;
  log.header(read_log_header(old_header));
  for (std::int64_t step = 0; step < 3; ++step) add_step(log, step);
  const std::vector<Verdict> found = log.finish();
  REQUIRE(found.size() == 1);
  CHECK(found.front().limit == Limit::Unknown);
  CHECK(found.front().sentence == "`train` has 3 steps so far; too few to tell what holds it up.");
}

TEST_CASE("verdict: memory does not grow with the log") {
  verdict::LogVerdict log(1'000);
  log.header(read_log_header(old_header));
  std::size_t before = 0;
  for (std::int64_t step = 0; step < 400'000; ++step) {
    add_step(log, step);
    if (step == 20'000) before = ::mallinfo2().uordblks;
  }
  const std::size_t after = ::mallinfo2().uordblks;
  CHECK(after < before + 500'000);
  CHECK(log.finish().front().nodes == Names{"pass"});
}

TEST_CASE("trace: has every body and step of a run, with the names of nodes and threads") {
  const TemporaryFolder folder;
  RunOptions options;
  options.folder = folder / "run";
  Setup setup = slow_decode();
  setup.steps = 6;
  (void)run_graph(registry(), yaml_of(setup), 2, options);
  std::ostringstream out;
  write_trace(folder / "run" / "events.log", out);
  const nlohmann::json trace = nlohmann::json::parse(out.str());
  std::map<std::string, int> bodies;
  std::map<std::string, int> kinds;
  std::set<std::string> rows;
  for (const nlohmann::json& one : trace.at("traceEvents")) {
    ++kinds[one.at("ph")];
    if (one.at("ph") == "X") {
      ++bodies[one.at("name")];
      CHECK(one.at("dur").get<double>() >= 0);
    }
    if (one.at("ph") == "M") rows.insert(one.at("args").at("name"));
  }
  CHECK(bodies == std::map<std::string, int>{{"source", 48}, {"decode", 48}, {"augment", 48}, {"net", 6}});
  CHECK(kinds["b"] == 6);
  CHECK(kinds["e"] == 6);
  CHECK(rows.contains("device lane"));
  CHECK(rows.contains("run"));
}

TEST_CASE("verdict: tells threads without a core by whose they are") {
  const auto judged = [](double process, double machine, bool is_over = false) {
    verdict::LogVerdict log;
    log.header(read_log_header(old_header));
    for (std::int64_t step = 0; step < 50; ++step) add_step(log, step);
    log.note(nlohmann::json{{"usage",
                             {{"seconds", 0.45},
                              {"cores", 2},
                              {"machine_cores", 2},
                              {"process", process},
                              {"workers", 0.3},
                              {"workers_delayed", 0.2},
                              {"machine", machine}}}}
                 .dump());
    if (is_over) log.note(R"({"finished":true})");
    Verdict out = log.finish().at(0);
    tell("no core", out);
    return out;
  };
  const Verdict own = judged(0.9, 0.9);
  CHECK(own.limit == Limit::Threads);
  CHECK(own.nodes.empty());
  const Verdict others = judged(0.3, 0.9);
  CHECK(others.limit == Limit::Elsewhere);
  CHECK(others.sentence ==
        "Other programs use 67 % of the machine's cores; the run's threads had no core for 40 % of the time in which they "
        "could have computed.");
  CHECK(others.details.at(0).starts_with("Apart from that: the device waits 89 % of its time for `pass`"));
  // A run that is over is spoken of in the past.
  const Verdict over = judged(0.3, 0.9, true);
  CHECK(over.sentence.starts_with("Other programs used 67 % of the machine's cores; "));
  CHECK(over.details.at(0).starts_with("Apart from that: the device waited 89 % of its time for `pass`"));
  std::string all = over.sentence;
  for (const std::string& one : over.details) all += " " + one;
  for (const char* present : {" waits", " takes ", " is ", " are ", " use ", " now "}) {
    CAPTURE(present);
    CHECK_MESSAGE(all.find(present) == std::string::npos, all);
  }
}

TEST_CASE("verdict: names memory that values of unknown size fill") {
  verdict::LogVerdict log;
  log.header(read_log_header(R"({"version": 1, "workers": 4, "phases": [{"name": "train", "credits": 3, "step_bytes": 10, "memory": 1000,
    "has_unknown_sizes": true, "nodes": [
    {"name": "source", "type": "a.b", "lane": "cpu", "grain": "slot", "segment": -1},
    {"name": "pass", "type": "a.b", "lane": "cpu", "grain": "slot", "segment": -1},
    {"name": "net", "type": "a.b", "lane": "device", "grain": "step", "segment": 0}], "edges": [[0, "number", 1, 0], [1, "same", 2, 0]]}]})"));
  using record::EventKind;
  for (std::int64_t step = 0; step < 50; ++step) {
    const std::int64_t at = step * 9 * ms;
    log.add(event_of(EventKind::Admitted, 0xFFFF, step, -1, at, at, at, 0));
    log.add(event_of(EventKind::Ran, 0, step, 0, at, at, at, 1));
    log.add(event_of(EventKind::Ran, 1, step, 0, at, at + 6 * ms, at + 9 * ms, 1));
    log.add(event_of(EventKind::Ran, 2, step, -1, at + 9 * ms, at + 9 * ms, at + 10 * ms, 2));
    log.add(event_of(EventKind::Retired, 0xFFFF, step, -1, at + 10 * ms, at + 10 * ms, at + 10 * ms, 0));
  }
  log.note(R"({"usage":{"seconds":0.45,"cores":2,"machine_cores":2,"process":0.01,"machine":0.01,"bytes":990}})");
  const Verdict found = log.finish().at(0);
  tell("held back", found);
  CHECK(found.limit == Limit::Memory);
  CHECK(found.sentence == "The device waits 89 % of its time because the values in flight take all of `memory` of the plan, 1000 bytes.");
}

namespace {

/// Two phases: a training with one step in flight, and a validation.
const char* const two_phases = R"({"version": 1, "workers": 2, "phases": [
  {"name": "train", "kind": "train", "credits": 1, "nodes": [
    {"name": "source", "type": "a.b", "lane": "cpu", "grain": "slot", "segment": -1},
    {"name": "pass", "type": "a.b", "lane": "cpu", "grain": "slot", "segment": -1},
    {"name": "net", "type": "a.b", "lane": "device", "grain": "step", "segment": 0}],
   "edges": [[0, "number", 1, 0], [1, "same", 2, 0]]},
  {"name": "validate", "credits": 3, "nodes": [
    {"name": "files", "type": "a.b", "lane": "cpu", "grain": "slot", "segment": -1},
    {"name": "encode", "type": "a.b", "lane": "device", "grain": "step", "segment": 0}],
   "edges": [[0, "number", 1, 0]]}]})";

std::string usage_note(double seconds, double process, double machine, double workers = 0, double delayed = 0) {
  return nlohmann::json{{"usage",
                         {{"seconds", seconds},
                          {"cores", 2},
                          {"machine_cores", 2},
                          {"process", process},
                          {"workers", workers},
                          {"workers_delayed", delayed},
                          {"machine", machine}}}}
      .dump();
}

record::Event in_phase(int phase, int occurrence, record::Event event) {
  event.phase = static_cast<std::uint16_t>(phase);
  event.occurrence = static_cast<std::uint32_t>(occurrence);
  return event;
}

/// A step of 20 ms of the training: a worker takes `path` ms, then the lane computes.
void add_train_step(verdict::LogVerdict& log, std::int64_t step, std::int64_t at, std::int64_t path) {
  using record::EventKind;
  log.add(event_of(EventKind::Admitted, 0xFFFF, step, -1, at, at, at, 0));
  log.add(event_of(EventKind::Ran, 0, step, 0, at, at, at, 1));
  log.add(event_of(EventKind::Ran, 1, step, 0, at, at, at + path, 1));
  log.add(event_of(EventKind::Ran, 2, step, -1, at + path, at + path, at + 20 * ms, 2));
  log.add(event_of(EventKind::Retired, 0xFFFF, step, -1, at + 20 * ms, at + 20 * ms, at + 20 * ms, 0));
}

std::string all_of(const Verdict& verdict) {
  std::string out = verdict.sentence;
  for (const std::string& one : verdict.details) out += "\n" + one;
  return out;
}

}  // namespace

TEST_CASE("verdict: a short phase between takes the use of the cores of the time around it, and no gain is printed where they are full") {
  const auto judged = [](double machine) {
    verdict::LogVerdict log;
    log.header(read_log_header(two_phases));
    std::int64_t at = 0, step = 0;
    for (int occurrence = 0; occurrence < 10; ++occurrence) {
      for (int k = 0; k < 50; ++k, at += 20 * ms) add_train_step(log, step++, at, 10 * ms);
      for (int k = 0; k < 2; ++k, at += 10 * ms) {
        using record::EventKind;
        const auto add = [&](const record::Event& event) { log.add(in_phase(1, occurrence, event)); };
        add(event_of(EventKind::Admitted, 0xFFFF, k, -1, at, at, at, 0));
        add(event_of(EventKind::Ran, 0, k, 0, at, at, at + 4 * ms, 1));
        add(event_of(EventKind::Ran, 1, k, -1, at + 4 * ms, at + 4 * ms, at + 10 * ms, 2));
        add(event_of(EventKind::Retired, 0xFFFF, k, -1, at + 10 * ms, at + 10 * ms, at + 10 * ms, 0));
      }
      // The training has begun again.
      for (int k = 0; k < 5; ++k, at += 20 * ms) add_train_step(log, step++, at, 10 * ms);
      log.note(usage_note(1.12, 0.5, machine));
    }
    std::vector<Verdict> out = log.finish();
    REQUIRE(out.size() == 2);
    CHECK(out[0].phase == "train");
    tell("train", out[0]);
    tell("validate", out[1]);
    return out[1];
  };
  const Verdict alone = judged(0.5), full = judged(2.2);
  REQUIRE(alone.others);
  CHECK(*alone.others == doctest::Approx(0));
  CHECK(all_of(alone).find("`encode` in half its time would") != std::string::npos);
  REQUIRE(full.others);
  CHECK(*full.others == doctest::Approx(1.7 / 2.24));
  CHECK_MESSAGE(all_of(full).find(" would make") == std::string::npos, all_of(full));
  CHECK_MESSAGE(all_of(full).find(" would bring the") == std::string::npos, all_of(full));
  CHECK(full.details.back() ==
        "In the seconds around it, the run used 0.4 of 2 cores; other programs used 1.5, so this does not say what a change would bring.");
  CHECK_FALSE(full.gains.empty());
  CHECK(sentence_with_phase(full).starts_with("In `validate`, the device waits "));
}

TEST_CASE("verdict: too few steps in flight are named although the wait is short, if nothing else can hold the device up") {
  const auto judged = [](std::int64_t path, double machine) {
    verdict::LogVerdict log;
    log.header(read_log_header(two_phases));
    for (std::int64_t step = 0; step < 100; ++step) add_train_step(log, step, 20 * ms * step, path);
    log.note(usage_note(2, 0.8, machine));
    Verdict out = log.finish().at(0);
    tell("prefetch of 1", out);
    return out;
  };
  // As on a machine whose cores others use: the replay finds that more steps in flight would compete for a core.
  const Verdict full = judged(2 * ms, 4);
  CHECK(full.limit == Limit::Prefetch);
  CHECK(full.sentence == "The device waits 10 % of its time because only one step is in flight (`prefetch: 1`).");
  const Verdict free = judged(10 * ms, 0.8);
  CHECK(free.limit == Limit::Prefetch);
  CHECK_MESSAGE(free.sentence.starts_with("The device waits 50 % of its time because only one step is in flight (`prefetch: 1`); "),
                free.sentence);
}

TEST_CASE("verdict: settings that can be changed come before nodes that would be faster, and those say if they would help more") {
  verdict::LogVerdict log;
  log.header(read_log_header(two_phases));
  // Both workers wait, as for a slow disk, so two steps in flight help; half the wait would help more.
  for (std::int64_t step = 0; step < 100; ++step) {
    using record::EventKind;
    const std::int64_t at = 100 * ms * step;
    log.add(event_of(EventKind::Admitted, 0xFFFF, step, -1, at, at, at, 0));
    for (int slot = 0; slot < 3; ++slot) {
      const std::int64_t begin = at + slot / 2 * 49 * ms;
      log.add(event_of(EventKind::Ran, 0, step, slot, at, at, at, 1));
      log.add(event_of(EventKind::Ran, 1, step, slot, at, begin, begin + 49 * ms, 1 + static_cast<std::uint32_t>(slot % 2) * 5));
    }
    log.add(event_of(EventKind::Ran, 2, step, -1, at + 98 * ms, at + 98 * ms, at + 100 * ms, 2));
    log.add(event_of(EventKind::Retired, 0xFFFF, step, -1, at + 100 * ms, at + 100 * ms, at + 100 * ms, 0));
  }
  log.note(usage_note(10, 0.2, 0.2));
  const Verdict found = log.finish().at(0);
  tell("settings first", found);
  std::size_t settings = 0, nodes = 0;
  bool is_more_said = false;
  for (const std::string& one : found.details) {
    const bool is_setting = one.find(" steps in flight would ") != std::string::npos || one.find(" worker would ") != std::string::npos;
    if (is_setting) ++settings;
    if (is_setting) CHECK(nodes == 0);
    if (one.starts_with("`pass` in half its time would")) ++nodes;
    is_more_said = is_more_said || one.starts_with("`pass` in half its time would help more than ");
  }
  CHECK(settings > 0);
  CHECK(nodes == 1);
  CHECK_MESSAGE(is_more_said, all_of(found));
}

TEST_CASE("verdict: a process that works on the run decides the tense, whatever the log says") {
  const auto told = [](std::optional<bool> is_over) {
    verdict::LogVerdict log;
    log.header(read_log_header(old_header));
    for (std::int64_t step = 0; step < 50; ++step) add_step(log, step);
    log.note(R"({"interrupted":50})");
    return log.finish(is_over).at(0).sentence;
  };
  CHECK(told({}).starts_with("The device waited "));
  CHECK(told(true).starts_with("The device waited "));
  // It has resumed the run, and has not written to the log yet.
  CHECK(told(false).starts_with("The device waits "));
}
