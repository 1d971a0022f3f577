#include "report/activity.h"

#include "support/doctest.h"
#include "support/graphs.h"

using namespace leat;
using record::Event;
using record::EventKind;

namespace {

constexpr std::int64_t second = 1'000'000'000;

const char* const header = R"({"version": 1, "phases": [{"name": "train", "nodes": [
  {"name": "source", "type": "toy.count", "lane": "cpu", "grain": "slot"},
  {"name": "pass", "type": "toy.pass", "lane": "cpu", "grain": "slot"},
  {"name": "sum", "type": "toy.sum", "lane": "device", "grain": "step"}],
  "edges": [[0, "number", 1, 0], [1, "same", 2, 0]]}]})";

Event ran(int node, std::uint32_t step, int slot, std::int64_t ready, std::int64_t begin, std::int64_t end) {
  Event event;
  event.ready_ns = ready * second;
  event.waited_ns = (begin - ready) * second;
  event.busy_ns = (end - begin) * second;
  event.step = step;
  event.slot = slot;
  event.node = static_cast<std::uint16_t>(node);
  return event;
}

Event stepped(EventKind kind, std::uint32_t step, std::int64_t at) {
  Event event;
  event.kind = kind;
  event.step = step;
  event.ready_ns = at * second;
  return event;
}

std::vector<PhaseActivity> activity_of(const std::vector<std::vector<Event>>& parts) {
  return report::activity([&](const record::LogReader& reader) {
    for (const auto& events : parts) {
      reader.header(header);
      for (const Event& event : events) reader.event(event);
    }
  });
}

void check_sum(const PhaseActivity& phase) {
  for (const NodeActivity& node : phase.nodes) {
    CAPTURE(node.name);
    CHECK(node.running + node.queued + node.waiting_for_input + node.blocked_by_output + node.waiting_for_credit ==
          doctest::Approx(phase.seconds));
  }
}

}  // namespace

TEST_CASE("activity: each second of a node is spent in one of five states") {
  // A step of two slots. `source` makes both at once, `pass` takes one after the other, `sum` waits for both and then for the device.
  const auto phases = activity_of({{
      stepped(EventKind::Admitted, 0, 10),
      ran(0, 0, 0, 10, 10, 12),
      ran(0, 0, 1, 10, 11, 13),
      ran(1, 0, 0, 12, 12, 15),
      ran(1, 0, 1, 13, 15, 16),
      ran(2, 0, -1, 16, 18, 20),
      stepped(EventKind::Retired, 0, 20),
  }});
  REQUIRE(phases.size() == 1);
  const PhaseActivity& phase = phases[0];
  CHECK(phase.name == "train");
  CHECK(phase.steps == 1);
  CHECK(phase.seconds == doctest::Approx(10));
  check_sum(phase);

  const NodeActivity& source = phase.nodes[0];
  CHECK(source.calls == 2);
  CHECK(source.busy == doctest::Approx(4));
  CHECK(source.running == doctest::Approx(3));
  CHECK(source.queued == 0);
  // From 13 on it is done; until 15 its second value waits for `pass`.
  CHECK(source.blocked_by_output == doctest::Approx(2));
  CHECK(source.waiting_for_credit == doctest::Approx(5));

  const NodeActivity& pass = phase.nodes[1];
  CHECK(pass.waiting_for_input == doctest::Approx(2));
  CHECK(pass.running == doctest::Approx(4));
  CHECK(pass.queued == 0);
  CHECK(pass.blocked_by_output == doctest::Approx(2));
  CHECK(pass.waiting_for_credit == doctest::Approx(2));

  const NodeActivity& sum = phase.nodes[2];
  CHECK(sum.lane == "device");
  CHECK(sum.waiting_for_input == doctest::Approx(6));
  CHECK(sum.queued == doctest::Approx(2));
  CHECK(sum.running == doctest::Approx(2));

  REQUIRE(phase.edges.size() == 2);
  CHECK(phase.edges[0].values == 2);
  CHECK(phase.edges[0].waited == doctest::Approx(2));
  CHECK(phase.edges[1].from == "pass");
  CHECK(phase.edges[1].to == "sum");
  CHECK(phase.edges[1].values == 2);
  CHECK(phase.edges[1].waited == doctest::Approx(3 + 2));
}

TEST_CASE("activity: a step in flight makes what it has for a node something that the node waits for") {
  // Step 1 is admitted at 2, while `source` still has nothing of it to run before 5.
  const auto phases = activity_of({{
      stepped(EventKind::Admitted, 0, 0),
      ran(0, 0, 0, 0, 0, 1),
      stepped(EventKind::Admitted, 1, 2),
      ran(0, 1, 0, 5, 6, 7),
  }});
  const NodeActivity& source = phases.at(0).nodes[0];
  CHECK(source.running == doctest::Approx(2));
  CHECK(source.waiting_for_credit == doctest::Approx(1));
  CHECK(source.waiting_for_input == doctest::Approx(3));
  CHECK(source.queued == doctest::Approx(1));
  CHECK(phases.at(0).steps == 0);
  check_sum(phases.at(0));
}

TEST_CASE("activity: parts of a resumed run and occurrences of a phase add up, each on its own clock") {
  std::vector<Event> once{stepped(EventKind::Admitted, 0, 0), ran(0, 0, 0, 0, 1, 3), stepped(EventKind::Retired, 0, 3)};
  std::vector<Event> again = once;
  for (Event event : once) {
    event.occurrence = 1;
    event.ready_ns += 100 * second;
    if (event.kind == EventKind::Ran) event.kind = EventKind::Dropped;
    again.push_back(event);
  }
  const auto phases = activity_of({once, again});
  CHECK(phases.at(0).steps == 3);
  CHECK(phases.at(0).seconds == doctest::Approx(9));
  CHECK(phases.at(0).nodes[0].calls == 3);
  CHECK(phases.at(0).nodes[0].dropped == 1);
  CHECK(phases.at(0).nodes[0].busy == doctest::Approx(6));
  CHECK(phases.at(0).nodes[0].queued == doctest::Approx(3));
  check_sum(phases.at(0));
}

TEST_CASE("activity: of a real run, states add up to its time, and every value of every edge is there") {
  TemporaryFolder folder;
  RunOptions options;
  options.folder = folder.path() / "run";
  (void)run_graph(toy_registry(), R"(leat: 1
phases:
  test:
    prefetch: 2
    nodes:
      count: {uses: toy.count, with: {length: 90, batch: 9}}
      slow: {uses: toy.pass, in: {number: count}, with: {busy_us: 300}}
      batch: {uses: toy.batch, in: {numbers: slow}}
      back: {uses: toy.unbatch, in: {batch: batch}}
      pair: {uses: toy.pair, in: {first: slow, second: back}}
plan: {then: [test]}
)",
                  2, options);
  const auto phases = activity(options.folder / "events.log");
  REQUIRE(phases.size() == 1);
  check_sum(phases[0]);
  CHECK(phases[0].steps == 10);
  CHECK(phases[0].nodes[1].busy >= 90 * 300e-6);
  for (const EdgeActivity& edge : phases[0].edges) {
    CAPTURE(edge.from);
    CAPTURE(edge.to);
    CHECK(edge.values == (edge.from == "batch" ? 10 : 90));
    CHECK(edge.waited >= 0);
  }
}
