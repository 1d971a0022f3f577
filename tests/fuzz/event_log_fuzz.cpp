#include <fstream>
#include <iterator>
#include <random>

#include "leat/activity.h"
#include "leat/curves.h"
#include "leat/live_activity.h"
#include "leat/verdict.h"
#include "record/event_log.h"
#include "support/doctest.h"
#include "support/graphs.h"

// Readers of a run's files get what a broken disk, an old version or a stranger can leave there.

using namespace leat;

namespace {

constexpr const char* graph = R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  train:
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 2}}
      same: {uses: toy.pass, in: {number: count}}
      fold: {uses: toy.fold, in: {number: same}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
plan: {train: {phase: train, steps: 30}}
)";

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// Changes a text at random: bytes changed, cut, repeated, moved.
std::string changed(std::string bytes, std::mt19937_64& random) {
  const auto below = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random); };
  for (std::size_t changes = 1 + below(4); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = below(bytes.size() - 1), length = 1 + below(std::min<std::size_t>(200, bytes.size() - at - 1));
    switch (below(4)) {
      case 0:
        bytes[at] = static_cast<char>(below(255));
        break;
      case 1:
        bytes.resize(at);
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(below(bytes.size()), bytes.substr(at, length));
        break;
      default:
        bytes.replace(at, length, std::string(length, static_cast<char>(below(255))));
        break;
    }
  }
  return bytes;
}

/// Calls all readers. They can refuse a file, in a sentence, and do nothing else.
void read_all(const std::filesystem::path& log, const std::filesystem::path& metrics) {
  const auto may_refuse = [](const auto& act) {
    try {
      act();
    } catch (const std::runtime_error& error) {
      CHECK(!std::string(error.what()).empty());
    }
  };
  may_refuse([&] { (void)activity(log); });
  may_refuse([&] { (void)verdicts(log); });
  may_refuse([&] {
    LiveActivity live(log);
    for (int k = 0; k < 3; ++k) (void)live.read(400);
    while (live.is_behind()) (void)live.read();
    live.end();
    (void)live.spans(100);
    if (!live.header()) return;
    for (int p = 0; p < static_cast<int>(live.header()->phases.size()); ++p) {
      (void)live.progress(p);
      const LivePhase phase = live.at(p);
      CHECK(phase.waiting.size() == live.header()->phases[static_cast<std::size_t>(p)].edges.size());
    }
  });
  may_refuse([&] {
    Curves curves(metrics);
    (void)curves.read();
    for (const auto& [phase, all] : curves.phases())
      for (const auto& [name, curve] : all) (void)curve.points(7);
  });
}

}  // namespace

TEST_CASE("fuzz: readers of a run's files survive any file") {
  const TemporaryFolder folder;
  RunOptions options;
  options.folder = folder / "run";
  (void)run_graph(toy_registry(), graph, 2, options);
  const std::string log = bytes_of(folder / "run" / "events.log"), metrics = bytes_of(folder / "run" / "metrics.jsonl");
  std::mt19937_64 random(42);
  for (int k = 0; k < 400; ++k) {
    CAPTURE(k);
    write(folder / "events.log", changed(log, random));
    write(folder / "metrics.jsonl", changed(metrics + metrics, random));
    read_all(folder / "events.log", folder / "metrics.jsonl");
  }
  // A log that is cut anywhere opens.
  for (std::size_t end = 0; end < log.size(); end += 13) {
    write(folder / "events.log", log.substr(0, end));
    LiveActivity live(folder / "events.log");
    CHECK_NOTHROW((void)live.read());
    CHECK(!live.is_damaged());
    if (end > log.size() / 4) CHECK_NOTHROW((void)verdicts(folder / "events.log"));
    (void)live.recent_verdicts();
  }
}

TEST_CASE("fuzz: a log whose frames are whole can say anything") {
  // The frames are written by the log itself, so only what they say is odd.
  const TemporaryFolder folder;
  RunOptions options;
  options.folder = folder / "run";
  (void)run_graph(toy_registry(), graph, 2, options);
  const std::filesystem::path file = folder / "run" / "events.log";
  const record::Ticks ticks;
  std::mt19937_64 random(7);
  for (int k = 0; k < 60; ++k) {
    CAPTURE(k);
    std::filesystem::remove(file);
    static const std::vector<std::string> headers{
        R"({"version":1,"phases":[]})",
        R"({"version":1,"phases":[{"name":"a","nodes":[],"edges":[[0,"x",1,0]]}]})",
        R"({"version":1,"phases":[{"name":"a","nodes":[{"name":"n","type":"t","lane":"cpu"}],"edges":[[0,"x",0,0,-5,-7]],"credits":-1}]})",
        R"({"version":1,"workers":"many","phases":[{"name":"a","nodes":[{"name":"n","type":"t","lane":"cpu"}],"edges":[]}]})",
        R"({"version":1,"phases":[{"name":3,"nodes":{},"edges":0}]})",
        "[]",
        "{",
        ""};
    {
      record::EventLog log(file, headers[static_cast<std::size_t>(k) % headers.size()], ticks, [](const std::string&) {});
      for (int n = 0; n < 200; ++n) {
        record::Span& span = log.of_this_thread().next();
        span.ready = static_cast<std::int64_t>(random() >> (random() % 40));
        span.waited = static_cast<std::uint32_t>(random());
        span.busy = static_cast<std::uint32_t>(random());
        span.step = static_cast<std::uint32_t>(random() % 9);
        span.slot = static_cast<std::int32_t>(random() % 5) - 2;
        span.who =
            record::Span::who_of(static_cast<record::EventKind>(random() % 6), static_cast<int>(random() % 3),
                                 static_cast<std::int64_t>(random() % 4), random() % 3 == 0 ? 0xFFFF : static_cast<int>(random() % 3));
        log.of_this_thread().commit();
        if (n % 20 == 0)
          log.add_note(n % 40 == 0 ? R"({"failed": 3, "said": {}, "stalled": []})" : R"({"said": "a", "at": "b", "usage": 1})");
      }
    }
    read_all(file, folder / "none.jsonl");
  }
}
