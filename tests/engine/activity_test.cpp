#include "report/activity.h"

#include <algorithm>
#include <deque>
#include <fstream>
#include <random>

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

std::vector<PhaseActivity> activity_of(const std::vector<std::vector<Event>>& parts, std::int64_t lag = report::usual_lag) {
  return report::activity(
      [&](const record::LogReader& reader) {
        for (const auto& events : parts) {
          reader.header(header);
          for (const Event& event : events) reader.event(event);
        }
      },
      lag);
}

void check_sum(const PhaseActivity& phase) {
  for (const NodeActivity& node : phase.nodes) {
    CAPTURE(node.name);
    CHECK(node.running + node.queued + node.waiting_for_input + node.blocked_by_output + node.waiting_for_credit ==
          doctest::Approx(phase.seconds));
  }
}

void check_same(const std::vector<PhaseActivity>& ours, const std::vector<PhaseActivity>& theirs) {
  REQUIRE(ours.size() == theirs.size());
  for (std::size_t p = 0; p < ours.size(); ++p) {
    const PhaseActivity &one = ours[p], &other = theirs[p];
    CHECK(one.steps == other.steps);
    CHECK(one.seconds == doctest::Approx(other.seconds));
    for (std::size_t k = 0; k < one.nodes.size(); ++k) {
      CAPTURE(one.nodes[k].name);
      CHECK(one.nodes[k].calls == other.nodes[k].calls);
      CHECK(one.nodes[k].dropped == other.nodes[k].dropped);
      for (const auto state : {&NodeActivity::busy, &NodeActivity::running, &NodeActivity::queued, &NodeActivity::waiting_for_input,
                               &NodeActivity::blocked_by_output, &NodeActivity::waiting_for_credit})
        CHECK(one.nodes[k].*state == doctest::Approx(other.nodes[k].*state));
    }
    for (std::size_t k = 0; k < one.edges.size(); ++k) {
      CHECK(one.edges[k].values == other.edges[k].values);
      CHECK(one.edges[k].waited == doctest::Approx(other.edges[k].waited));
    }
  }
}

/// Steps with six slots, several in flight at once, by no rule but the seed's; in the order of a log that has each thread's events when
/// it comes to them.
std::vector<Event> disordered_steps(std::uint32_t seed, std::uint32_t steps, std::size_t disorder) {
  std::mt19937 random(seed);
  const auto some = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  std::vector<std::pair<std::int64_t, Event>> told;
  std::int64_t now = 100;
  for (std::uint32_t step = 0; step < steps; ++step) {
    now += some(30);
    told.emplace_back(now, stepped(EventKind::Admitted, step, now));
    std::int64_t done = now;
    for (int slot = 0; slot < 6; ++slot) {
      std::int64_t ready = now + some(5), begin = ready + some(10), end = begin + some(20);
      told.emplace_back(end, ran(0, step, slot, ready, begin, end));
      ready = end + some(1), begin = ready + some(10), end = begin + some(20);
      told.emplace_back(end, ran(1, step, slot, ready, begin, end));
      done = std::max(done, end);
    }
    const std::int64_t begin = done + some(10), end = begin + some(10);
    told.emplace_back(end, ran(2, step, -1, done, begin, end));
    told.emplace_back(end, stepped(EventKind::Retired, step, end));
  }
  std::stable_sort(told.begin(), told.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Event> events;
  for (std::size_t k = 0; k < told.size(); ++k) events.push_back(told[k].second);
  for (std::size_t at = 0; at < events.size(); at += disorder)
    std::shuffle(events.begin() + static_cast<std::ptrdiff_t>(at),
                 events.begin() + static_cast<std::ptrdiff_t>(std::min(at + disorder, events.size())), random);
  return events;
}

/// Writes a log of so many steps with 15 spans each: two are in flight, and the last spans of some stand 20,000 behind where they belong.
void put_long_log(const std::filesystem::path& file, std::uint32_t steps) {
  const record::Ticks ticks;
  record::EventLog log(file, header, ticks, [](const std::string& why) { FAIL(why); });
  record::EventLog::ThreadLog& mine = log.of_this_thread();
  const std::int64_t start = ticks.now();
  std::int64_t told = 0;
  const auto tell = [&](const record::Span& span) {
    mine.next() = span;
    mine.commit();
    // Before the writer falls behind.
    if (++told % 50'000 == 0) log.flush();
  };
  std::deque<std::pair<std::int64_t, record::Span>> late;
  for (std::uint32_t step = 0; step < steps; ++step) {
    const std::int64_t admitted = start + std::int64_t{step} * 8'000;
    const auto span = [&](int node, int slot, std::int64_t ready) {
      record::Span made = record::Span::of(EventKind::Ran, 0, 0);
      made.ready = admitted + ready;
      made.waited = record::Span::length(800);
      made.busy = record::Span::length(1'600);
      made.step = step;
      made.slot = slot;
      made.who = record::Span::who_of(EventKind::Ran, 0, 0, node);
      return made;
    };
    const auto border = [&](EventKind kind, std::int64_t at) {
      record::Span made = span(0xFFFF, -1, at);
      made.waited = made.busy = 0;
      made.who = record::Span::who_of(kind, 0, 0, record::Span::no_node);
      return made;
    };
    tell(border(EventKind::Admitted, 0));
    for (int slot = 0; slot < 6; ++slot) tell(span(0, slot, slot * 800));
    for (int slot = 0; slot < 6; ++slot) tell(span(1, slot, 6'400 + slot * 800));
    if (step % 3 == 0) late.emplace_back(told + 20'000, span(2, -1, 12'800));
    else tell(span(2, -1, 12'800));
    tell(border(EventKind::Retired, 15'200));
    for (; !late.empty() && late.front().first <= told; late.pop_front()) tell(late.front().second);
  }
  for (const auto& [when, span] : late) tell(span);
  log.flush();
}

std::int64_t memory_kb(const std::string& what) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(what + ":")) return std::stoll(line.substr(what.size() + 1));
  return 0;
}

/// Reads a long log, and checks that its size is what was wanted, all that it says, and the memory that this takes.
void check_long_log(std::uint32_t steps, std::uintmax_t wanted_bytes, [[maybe_unused]] std::int64_t most_kb) {
  TemporaryFolder folder;
  const auto file = folder.path() / "events.log";
  put_long_log(file, steps);
  CHECK(std::filesystem::file_size(file) >= wanted_bytes);
  std::ofstream("/proc/self/clear_refs") << "5";  // The peak counts from here on.
  const std::int64_t before = memory_kb("VmRSS");
  const auto phases = activity(file);
  const std::int64_t growth = memory_kb("VmHWM") - before;
  CAPTURE(growth);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // These keep memory that was given back.
  CHECK(growth <= most_kb);
#endif
  REQUIRE(phases.size() == 1);
  CHECK(phases[0].steps == steps);
  CHECK(phases[0].nodes[0].calls == 6 * std::int64_t{steps});
  CHECK(phases[0].nodes[2].calls == steps);
  CHECK(phases[0].edges[0].values == 6 * std::int64_t{steps});
  CHECK(phases[0].edges[1].values == 6 * std::int64_t{steps});
  check_sum(phases[0]);
  // Of 8,000 ticks of a step `sum` runs for 1,600 and is queued for 800; a tick is measured anew for each frame.
  CHECK(phases[0].nodes[2].running / phases[0].seconds == doctest::Approx(.2).epsilon(.05));
  CHECK(phases[0].nodes[2].queued / phases[0].seconds == doctest::Approx(.1).epsilon(.05));
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

TEST_CASE("activity: time in which somebody had paused the run does not count") {
  // A round of the log has its notes last, so what follows the pause comes before the note that ends it.
  const std::vector<Event> before{stepped(EventKind::Admitted, 0, 0), ran(0, 0, 0, 0, 1, 3)},
      flying{ran(1, 0, 0, 3, 4, 6), stepped(EventKind::Retired, 0, 7)},
      after{ran(0, 1, 0, 101, 102, 104), stepped(EventKind::Admitted, 1, 101)}, last{stepped(EventKind::Retired, 1, 105)};
  const auto replayed = [&](std::int64_t goes_on_at) {
    return report::activity([&](const record::LogReader& reader) {
      const auto add = [&](const std::vector<Event>& events) {
        for (const Event& one : events) reader.event(one);
      };
      reader.header(header);
      add(before);
      reader.note(R"({"control":"pause","step":0,"ns":2000000000})");
      reader.note(R"({"control":"checkpoint","step":0,"ns":3000000000})");
      add(flying);
      add(after);
      reader.note(R"({"control":"go on","step":1,"ns":)" + std::to_string(goes_on_at * second) + "}");
      add(last);
    });
  };
  // The run stands still from 7, when the step in flight is done, to 100.
  const PhaseActivity phase = replayed(100).at(0);
  CHECK(phase.steps == 2);
  CHECK(phase.seconds == doctest::Approx(11));
  check_sum(phase);
  CHECK(phase.nodes[0].running == doctest::Approx(4));
  CHECK(phase.nodes[0].queued == doctest::Approx(2));
  CHECK(phase.nodes[1].running == doctest::Approx(2));
  // It goes on while a step is in flight: it has not stood still, and what it waited for afterwards is not of the pause.
  CHECK(replayed(5).at(0).seconds == doctest::Approx(104));
}

TEST_CASE("activity: a pause during a validation does not count, although steps of the training wait behind it") {
  // Step 1 is admitted and loaded, and waits for the end of the validation.
  const auto phases = report::activity([&](const record::LogReader& reader) {
    reader.header(header);
    for (const Event& one : {stepped(EventKind::Admitted, 0, 0), ran(0, 0, 0, 0, 1, 3), ran(1, 0, 0, 3, 3, 4),
                             stepped(EventKind::Retired, 0, 4), stepped(EventKind::Admitted, 1, 4), ran(0, 1, 0, 4, 4, 5)})
      reader.event(one);
    reader.note(R"({"control":"pause","step":1,"ns":6000000000})");
    reader.note(R"({"control":"go on","step":1,"ns":96000000000})");
    reader.event(ran(1, 1, 0, 5, 97, 98));
    reader.event(stepped(EventKind::Retired, 1, 98));
  });
  CHECK(phases.at(0).steps == 2);
  CHECK(phases.at(0).seconds == doctest::Approx(8));
  CHECK(phases.at(0).nodes[1].queued == doctest::Approx(2));
}

TEST_CASE("activity: a run that is stopped while it is paused has all its events") {
  const auto phases = report::activity([&](const record::LogReader& reader) {
    reader.header(header);
    reader.event(stepped(EventKind::Admitted, 0, 0));
    reader.event(ran(0, 0, 0, 0, 1, 3));
    reader.event(stepped(EventKind::Retired, 0, 3));
    reader.note(R"({"control":"pause","step":0,"ns":2000000000})");
    reader.event(stepped(EventKind::Admitted, 1, 8));
    reader.event(ran(0, 1, 0, 8, 9, 10));
  });
  CHECK(phases.at(0).nodes[0].calls == 2);
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

TEST_CASE("activity: after a changed graph each part's events belong to the nodes of its own header, by name") {
  // A node came between the two, and `sum` went, so that each number means another node than before.
  const char* const changed = R"({"version": 1, "phases": [
  {"name": "new", "nodes": [], "edges": []},
  {"name": "train", "nodes": [
  {"name": "source", "type": "toy.count", "lane": "cpu", "grain": "slot"},
  {"name": "slow", "type": "toy.pass", "lane": "cpu", "grain": "slot"},
  {"name": "pass", "type": "toy.pass", "lane": "device", "grain": "slot"}],
  "edges": [[0, "number", 1, 0], [1, "same", 2, 0]]}]})";
  const auto phases = report::activity([&](const record::LogReader& reader) {
    reader.header(header);
    for (const Event& event : {stepped(EventKind::Admitted, 0, 0), ran(0, 0, 0, 0, 0, 1), ran(1, 0, 0, 1, 1, 3), ran(2, 0, -1, 3, 3, 7),
                               stepped(EventKind::Retired, 0, 7)})
      reader.event(event);
    reader.header(changed);
    for (Event event : {stepped(EventKind::Admitted, 1, 0), ran(0, 1, 0, 0, 0, 10), ran(1, 1, 0, 10, 12, 40), ran(2, 1, 0, 40, 40, 140),
                        stepped(EventKind::Retired, 1, 140)}) {
      event.phase = 1;
      reader.event(event);
    }
  });
  REQUIRE(phases.size() == 1);
  const PhaseActivity& phase = phases[0];
  CHECK(phase.steps == 2);
  CHECK(phase.seconds == doctest::Approx(147));
  REQUIRE(phase.nodes.size() == 4);
  const auto check_node = [&](std::size_t at, const char* name, int calls, double busy) {
    CHECK(phase.nodes[at].name == name);
    CHECK(phase.nodes[at].calls == calls);
    CHECK(phase.nodes[at].busy == doctest::Approx(busy));
  };
  check_node(0, "source", 2, 11);
  check_node(1, "slow", 1, 28);
  check_node(2, "pass", 2, 102);
  check_node(3, "sum", 1, 4);
  CHECK(phase.nodes[2].lane == "device");
  REQUIRE(phase.edges.size() == 4);
  const auto check_edge = [&](std::size_t at, const char* from, const char* to, double waited) {
    CHECK(phase.edges[at].from == from);
    CHECK(phase.edges[at].to == to);
    CHECK(phase.edges[at].values == 1);
    CHECK(phase.edges[at].waited == doctest::Approx(waited));
  };
  check_edge(0, "source", "slow", 2);
  check_edge(1, "slow", "pass", 0);
  check_edge(2, "source", "pass", 0);
  check_edge(3, "pass", "sum", 0);
}

TEST_CASE("activity: steps that are counted as they retire add up to what all at once add up to") {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    const std::vector<Event> events = disordered_steps(seed, 60, 1 + 7 * seed);
    const auto all_at_once = activity_of({events});
    check_sum(all_at_once[0]);
    CHECK(all_at_once[0].nodes[1].calls == 360);
    for (const int lag : {300, 500}) check_same(activity_of({events}, lag), all_at_once);
  }
}

TEST_CASE("activity: what comes later than the lag is counted, and spoils nothing") {
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    const std::vector<Event> events = disordered_steps(seed, 60, 200);
    const auto all_at_once = activity_of({events});
    for (const int lag : {0, 1, 20}) {
      CAPTURE(lag);
      const auto late = activity_of({events}, lag);
      check_sum(late[0]);
      CHECK(late[0].steps == 60);
      for (std::size_t k = 0; k < 3; ++k) {
        const NodeActivity& node = late[0].nodes[k];
        CHECK(node.calls == all_at_once[0].nodes[k].calls);
        CHECK(node.busy == doctest::Approx(all_at_once[0].nodes[k].busy));
        for (const double state : {node.running, node.queued, node.waiting_for_input, node.blocked_by_output, node.waiting_for_credit})
          CHECK(state >= 0);
      }
    }
  }
}

TEST_CASE("activity: a log of 64 MB is read in no more than that") { check_long_log(132'000, 63'000'000, 64'000); }

TEST_CASE("soak: activity: a log of 1 GB is read in 300 MB" * doctest::skip()) { check_long_log(2'100'000, 1'000'000'000, 290'000); }
