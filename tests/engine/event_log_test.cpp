#include "record/event_log.h"

#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <latch>
#include <map>
#include <set>
#include <thread>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/text_file.h"
#include "support/toys.h"

using namespace leat;
using record::Event;
using record::EventKind;
using record::EventLog;

namespace {

const record::Ticks ticks;

void no_failure(const std::string& why) { FAIL(why); }

struct Contents {
  std::vector<std::string> headers;
  std::vector<std::string> notes;
  std::vector<Event> events;
  bool is_whole = false;
};

Contents read(const std::filesystem::path& file) {
  Contents contents;
  record::LogReader reader;
  reader.header = [&](std::string_view text) { contents.headers.emplace_back(text); };
  reader.note = [&](std::string_view text) { contents.notes.emplace_back(text); };
  reader.event = [&](const Event& event) { contents.events.push_back(event); };
  contents.is_whole = record::read_log(file, reader);
  return contents;
}

void tell(EventLog& log, std::uint32_t step) {
  record::Span& span = log.of_this_thread().next();
  span = record::Span::of(EventKind::Ran, 0, 0);
  span.ready = ticks.now();
  span.step = step;
  log.of_this_thread().commit();
}

/// A log of a header, events and notes in turn.
std::string small_log(const std::filesystem::path& file) {
  {
    EventLog log(file, "{\"the\": \"header\"}", ticks, no_failure);
    for (std::uint32_t step = 0; step < 4; ++step) {
      tell(log, step);
      tell(log, step);
      log.add_note("{\"step\": " + std::to_string(step) + "}");
      log.flush();
    }
  }
  return text_of(file);
}

const char* const train_graph = R"(leat: 1
resources:
  weight: {uses: toy.weight}
phases:
  train:
    nodes:
      count: {uses: toy.count, with: {length: 64, batch: 4}}
      drop: {uses: toy.drop, in: {number: count}, with: {every: 5}}
      fold: {uses: toy.fold, in: {number: drop}}
      multiply: {uses: toy.multiply, in: {numbers: fold}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
  validate:
    nodes:
      count: {uses: toy.count, with: {length: 10, batch: 4}}
      score: {uses: toy.score, in: {number: count}, with: {weight: weight}}
plan:
  train: {phase: train, steps: 12, validate: every 4 steps}
)";

RunResult run_in(const std::filesystem::path& folder, std::int64_t stop_at, bool resumes) {
  const Registry registry = toy_registry();
  Program program = build(registry, train_graph, 5);
  RunOptions options;
  options.folder = folder;
  options.resumes = resumes;
  Run run(program, make_thread_lane(), make_test_executor(3), options);
  toys::Witness witness;
  witness.learning = [&](std::int64_t step) {
    if (step == stop_at) run.stop();
  };
  toys::watch(&witness);
  const RunResult result = run.run();
  toys::watch(nullptr);
  return result;
}

using Unit = std::tuple<int, int, int, std::uint32_t, int>;  // phase, occurrence, node, step, slot

std::map<Unit, int> units_of(const std::vector<Event>& events) {
  std::map<Unit, int> units;
  for (const Event& event : events)
    if (event.kind == EventKind::Ran || event.kind == EventKind::Dropped)
      ++units[{event.phase, event.occurrence, event.node, event.step, event.slot}];
  return units;
}

}  // namespace

TEST_CASE("an event log: cut at any byte it opens up to its last whole frame") {
  TemporaryFolder folder;
  const std::string whole = small_log(folder.path() / "whole.log");
  const Contents all = read(folder.path() / "whole.log");
  CHECK(all.is_whole);
  CHECK(all.events.size() == 8);
  CHECK(all.notes.size() == 4);
  const auto file = folder.path() / "cut.log";
  std::size_t frames = 0;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    CAPTURE(length);
    put(file, std::string_view(whole).substr(0, length));
    const Contents cut = read(file);
    const std::size_t now = cut.headers.size() + cut.notes.size() + cut.events.size() / 2;
    // It is whole exactly where a frame ends.
    CHECK(cut.is_whole == (length == 0 || now > frames));
    CHECK(now >= frames);
    CHECK(now <= frames + 1);
    CHECK(cut.events.size() % 2 == 0);
    frames = now;
  }
  CHECK(frames == 9);
}

TEST_CASE("an event log: a byte that was changed hides its frame and what follows, nothing before") {
  TemporaryFolder folder;
  std::string bytes = small_log(folder.path() / "a.log");
  const std::size_t at = bytes.size() * 3 / 5;
  bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
  put(folder.path() / "b.log", bytes);
  const Contents contents = read(folder.path() / "b.log");
  CHECK(!contents.is_whole);
  CHECK(contents.headers.size() == 1);
  CHECK(contents.notes.size() >= 1);
  CHECK(contents.notes.size() < 4);
}

TEST_CASE("an event log: read while it grows, each event is read once, and a frame that is being written waits") {
  const TemporaryFolder folder;
  const std::string whole = small_log(folder / "whole.log");
  const Contents all = read(folder / "whole.log");
  const std::filesystem::path file = folder / "events.log";
  Contents seen;
  record::LogReader reader;
  reader.header = [&](std::string_view text) { seen.headers.emplace_back(text); };
  reader.note = [&](std::string_view text) { seen.notes.emplace_back(text); };
  reader.event = [&](const Event& event) { seen.events.push_back(event); };
  record::LogTail tail(file);
  CHECK(tail.read(reader) == record::LogTail::State::Missing);
  for (std::size_t bytes = 0; bytes <= whole.size(); bytes += 13) {
    put(file, whole.substr(0, bytes));
    CHECK(tail.read(reader) == record::LogTail::State::Whole);
  }
  put(file, whole);
  CHECK(tail.read(reader) == record::LogTail::State::Whole);
  CHECK(tail.bytes_read() == static_cast<std::int64_t>(whole.size()));
  CHECK(seen.headers == all.headers);
  CHECK(seen.notes == all.notes);
  CHECK(seen.events.size() == all.events.size());
  put(file, whole + std::string(100, 'x'));
  CHECK(tail.read(reader) == record::LogTail::State::Damaged);
  put(file, whole.substr(0, 50));
  CHECK(tail.read(reader) == record::LogTail::State::Replaced);
  CHECK(seen.events.size() == all.events.size());
}

TEST_CASE("an event log: what is appended to a cut one can be read") {
  TemporaryFolder folder;
  const std::string whole = small_log(folder.path() / "whole.log");
  const auto file = folder.path() / "cut.log";
  for (std::size_t length = 0; length <= whole.size(); length += 13) {
    CAPTURE(length);
    put(file, std::string_view(whole).substr(0, length));
    const Contents before = read(file);
    {
      EventLog log(file, "{\"part\": 2}", ticks, no_failure);
      tell(log, 99);
      log.add_note("{\"resumed\": 3}");
    }
    const Contents after = read(file);
    CHECK(after.is_whole);
    CHECK(after.headers.size() == before.headers.size() + 1);
    CHECK(after.events.size() == before.events.size() + 1);
    CHECK(after.events.back().step == 99);
    CHECK(after.notes.back() == "{\"resumed\": 3}");
  }
}

TEST_CASE("an event log: another file is not taken for one, and is put aside as it is") {
  TemporaryFolder folder;
  const auto file = folder.path() / "events.log";
  for (const std::string& text : {std::string(200, 'x'), std::string("x"), std::string(39, '\0')}) {
    CAPTURE(text.size());
    put(file, text);
    CHECK_THROWS_WITH_AS((void)read(file), (file.string() + " is not an event log").c_str(), std::runtime_error);
    const EventLog log(file, "{}", ticks, no_failure);
    CHECK(log.lost_bytes() == static_cast<std::int64_t>(text.size()));
    CHECK(log.is_other_file());
    CHECK(text_of(log.aside()) == text);
    CHECK(read(file).is_whole);
  }
  CHECK(std::filesystem::exists(folder.path() / "events.damaged-3.log"));
}

TEST_CASE("an event log: what stands behind a damaged frame is put aside and counted; a frame that was cut is not damaged") {
  TemporaryFolder folder;
  const std::string whole = small_log(folder.path() / "whole.log");
  const auto file = folder.path() / "events.log";
  std::string damaged = whole;
  damaged[whole.size() / 2] ^= 1;
  put(file, damaged);
  const Contents before = read(file);
  CHECK_FALSE(before.is_whole);
  std::int64_t lost = 0;
  {
    EventLog log(file, "{}", ticks, no_failure);
    lost = log.lost_bytes();
    CHECK_FALSE(log.is_other_file());
    CHECK(log.aside() == folder.path() / "events.damaged.log");
    tell(log, 99);
  }
  CHECK(lost > 0);
  CHECK(lost <= static_cast<std::int64_t>(whole.size()));
  CHECK(text_of(folder.path() / "events.damaged.log") == damaged.substr(whole.size() - static_cast<std::size_t>(lost)));
  const Contents after = read(file);
  CHECK(after.is_whole);
  CHECK(after.events.size() == before.events.size() + 1);
  put(file, std::string_view(whole).substr(0, whole.size() - 3));
  const EventLog cut(file, "{}", ticks, no_failure);
  CHECK(cut.lost_bytes() == 0);
  CHECK(cut.aside().empty());
}

TEST_CASE("an event log: whichever bit of it is damaged, what is cut off is counted and kept") {
  TemporaryFolder folder;
  const std::string whole = small_log(folder.path() / "whole.log");
  const auto file = folder.path() / "events.log", aside = folder.path() / "events.damaged.log";
  for (std::size_t bit = 0; bit < 8 * whole.size(); bit += 3) {
    CAPTURE(bit / 8);
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    put(file, damaged);
    std::filesystem::remove(aside);
    const auto lost = static_cast<std::size_t>(EventLog(file, "{}", ticks, no_failure).lost_bytes());
    CHECK(lost > 0);
    CHECK(text_of(aside) == damaged.substr(damaged.size() - lost));
    CHECK(text_of(file).substr(0, whole.size() - lost) == whole.substr(0, whole.size() - lost));
  }
}

TEST_CASE("an event log: a damaged length in the middle of a long log hides what follows, with a word") {
  TemporaryFolder folder;
  const auto file = folder.path() / "events.log";
  {
    EventLog log(file, "{}", ticks, no_failure);
    for (std::uint32_t step = 0; step < 100'000; ++step) tell(log, step);
  }
  std::string bytes = text_of(file);
  const auto size = static_cast<std::int64_t>(bytes.size());
  // The highest byte of the length of the second frame; the first is a head of 40 bytes and its payload of 2.
  constexpr std::size_t first_frame = 42, length_at = 8;
  bytes[first_frame + length_at + 6] = 1;
  put(file, bytes);
  CHECK(EventLog(file, "{}", ticks, no_failure).lost_bytes() == size - static_cast<std::int64_t>(first_frame));
  // And cut off as well, as by a kill.
  bytes.resize(bytes.size() - 5);
  put(file, bytes);
  CHECK(EventLog(file, "{}", ticks, no_failure).lost_bytes() == size - 5 - static_cast<std::int64_t>(first_frame));
}

TEST_CASE("an event log: that it cannot be opened leaves it as it is") {
  TemporaryFolder folder;
  const auto file = folder.path() / "events.log";
  const std::string whole = small_log(file);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit none = before;
  none.rlim_cur = 0;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  std::string why;
  try {
    const EventLog log(file, "{}", ticks, no_failure);
  } catch (const std::exception& error) {
    why = error.what();
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(why == "cannot read " + file.string() + ": Too many open files");
  CHECK(text_of(file) == whole);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "events.damaged.log"));
}

TEST_CASE("an event log: that it cannot be written is told when it happens, once") {
  TemporaryFolder folder;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto action = ::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 8192;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::vector<std::string> told;
  std::atomic<bool> has_failed{false};
  {
    EventLog log(folder.path() / "events.log", "{}", ticks, [&](const std::string& why) {
      told.push_back(why);
      has_failed = true;
    });
    while (!has_failed) {
      log.add_note(std::string(100, 'x'));
      std::this_thread::yield();
    }
    log.add_note("one more");
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, action);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("cannot write " + (folder.path() / "events.log").string()) == 0);
}

TEST_CASE("an event log: a thread that works for two runs in turn has one log in each") {
  TemporaryFolder folder;
  const auto first = folder.path() / "first.log", second = folder.path() / "second.log";
  {
    EventLog a(first, "{}", ticks, no_failure), b(second, "{}", ticks, no_failure);
    const auto* of_a = &a.of_this_thread();
    const auto* of_b = &b.of_this_thread();
    for (std::uint32_t step = 0; step < 1000; ++step) {
      tell(a, step);
      tell(b, step);
    }
    CHECK(of_a == &a.of_this_thread());
    CHECK(of_b == &b.of_this_thread());
  }
  for (const auto& file : {first, second}) {
    const Contents contents = read(file);
    CHECK(contents.events.size() == 1000);
    for (const Event& event : contents.events) CHECK(event.thread == 0);
  }
}

TEST_CASE("an event log: many threads lose nothing, and each one's events stand in its order") {
  TemporaryFolder folder;
  const auto file = folder.path() / "events.log";
  constexpr std::uint32_t each = 30000;
  {
    EventLog log(file, "{}", ticks, no_failure);
    std::vector<std::thread> threads;
    for (int k = 0; k < 4; ++k)
      threads.emplace_back([&] {
        for (std::uint32_t step = 0; step < each; ++step) tell(log, step);
      });
    for (std::thread& thread : threads) thread.join();
  }
  std::map<int, std::uint32_t> next;
  std::map<int, std::int64_t> last_ns;
  bool is_ordered = true;
  for (const Event& event : read(file).events) {
    is_ordered = is_ordered && event.step == next[event.thread] && event.ready_ns >= 0;
    ++next[event.thread];
  }
  CHECK(is_ordered);
  CHECK(next.size() == 4);
  for (const auto& [thread, count] : next) CHECK(count == each);
}

TEST_CASE("a run's events account for each node and slot exactly once, and name who passed a tombstone on") {
  TemporaryFolder folder;
  (void)run_in(folder.path() / "run", -1, false);
  const Contents log = read(folder.path() / "run" / "events.log");
  CHECK(log.is_whole);
  const std::map<Unit, int> units = units_of(log.events);
  // 12 steps of 3 nodes with 4 slots and 2 with the step; 3 validations of 2 nodes with 10 slots.
  CHECK(units.size() == 12 * (3 * 4 + 2) + 3 * 2 * 10);
  for (const auto& [unit, count] : units) CHECK(count == 1);
  std::map<std::pair<int, EventKind>, int> steps;
  std::int64_t dropped = 0;
  for (const Event& event : log.events) {
    if (event.node == 0xFFFF) ++steps[{event.phase, event.kind}];
    if (event.kind == EventKind::Dropped) ++dropped;
    CHECK(event.ready_ns >= 0);
  }
  CHECK(steps[{0, EventKind::Admitted}] == 12);
  CHECK(steps[{0, EventKind::Retired}] == 12);
  CHECK(steps[{1, EventKind::Admitted}] == 9);
  CHECK(steps[{1, EventKind::Retired}] == 9);
  // Of 0..47 five divides ten; `drop` makes their tombstones and `fold` passes them on.
  CHECK(dropped == 2 * 10);
  CHECK(std::count_if(log.notes.begin(), log.notes.end(), [](const std::string& note) {
          return note.find("divided by 5") != std::string::npos && note.find("\"said\"") == std::string::npos;
        }) == 10);
}

TEST_CASE("a resumed run appends to the log, and says that it was resumed") {
  TemporaryFolder folder;
  const RunResult cut = run_in(folder.path() / "run", 6, false);
  CHECK(cut.was_interrupted);
  const auto file = folder.path() / "run" / "events.log";
  const Contents first = read(file);
  (void)run_in(folder.path() / "run", -1, true);
  const Contents both = read(file);
  CHECK(both.is_whole);
  CHECK(first.headers.size() == 1);
  CHECK(both.headers.size() == 2);
  // Each says when it was begun, and else the same.
  const auto after_begun = [](const std::string& header) { return header.substr(header.find(',')); };
  CHECK(both.headers[0].starts_with("{\"begun\":"));
  CHECK(after_begun(both.headers[0]) == after_begun(both.headers[1]));
  CHECK(both.events.size() > first.events.size());
  CHECK(std::count(both.notes.begin(), both.notes.end(), "{\"resumed\":7}") == 1);
  // What the lane did is there once for each step, whatever loaders had done ahead of the stop.
  const std::map<Unit, int> units = units_of(both.events);
  for (std::uint32_t step = 0; step < 12; ++step) CHECK(units.at({0, 0, 4, step, -1}) == 1);
}

TEST_CASE("an event log: lengths up to days survive to 1 in 10,000, and below 5 s to a few ticks") {
  using record::Span;
  static_assert(sizeof(Span) == 32);
  for (const double seconds : {0.0, 1e-6, 1.0, 5.0, 5.7, 5.8, 11.0, 12.0, 60.0, 3600.0, 86400.0, 10 * 86400.0}) {
    CAPTURE(seconds);
    const auto length = static_cast<std::int64_t>(seconds * 3e9);
    const std::int64_t read = Span::ticks(Span::length(length));
    CHECK(std::abs(read - length) <= (seconds <= 5 ? 7 : static_cast<std::int64_t>(1e-4 * static_cast<double>(length))));
  }
  CHECK(Span::ticks(Span::length(-5)) == 0);
  // What is longer than can be said is as long as can be said.
  CHECK(Span::ticks(Span::length(std::int64_t{1} << 60)) > (std::int64_t{1} << 52) - (std::int64_t{1} << 22));

  TemporaryFolder folder;
  const auto file = folder.path() / "events.log";
  const auto day = static_cast<std::int64_t>(86400e9);
  double ns_per_tick = 0;
  {
    EventLog log(file, "{}", ticks, no_failure);
    Span& span = log.of_this_thread().next();
    span = record::Span::of(EventKind::Ran, 0, 0);
    span.ready = ticks.now();
    ns_per_tick = ticks.ns_per_tick();
    span.waited = Span::length(static_cast<std::int64_t>(static_cast<double>(day) / ns_per_tick));
    span.busy = Span::length(static_cast<std::int64_t>(20e9 / ns_per_tick));
    log.of_this_thread().commit();
  }
  const Contents contents = read(file);
  REQUIRE(contents.events.size() == 1);
  CHECK(static_cast<double>(contents.events[0].waited_ns) == doctest::Approx(static_cast<double>(day)).epsilon(1e-2));
  CHECK(static_cast<double>(contents.events[0].busy_ns) == doctest::Approx(20e9).epsilon(1e-2));
}

TEST_CASE("an event log: threads and occurrences are told apart where 8 and 16 bits are too few") {
  TemporaryFolder folder;
  const auto file = folder.path() / "events.log";
  {
    EventLog log(file, "{}", ticks, no_failure);
    std::vector<std::thread> alive;
    std::latch all_told(300);
    for (std::uint32_t k = 0; k < 300; ++k)
      alive.emplace_back([&, k] {
        record::Span& span = log.of_this_thread().next();
        span = record::Span::of(EventKind::Ran, 0, 0);
        span.ready = ticks.now();
        span.who = record::Span::who_of(EventKind::Dropped, 0, 65'400 + k, record::Span::no_node);
        log.of_this_thread().commit();
        all_told.arrive_and_wait();
      });
    for (std::thread& thread : alive) thread.join();
  }
  std::set<std::uint32_t> threads, occurrences;
  for (const Event& event : read(file).events) {
    threads.insert(event.thread);
    occurrences.insert(event.occurrence);
    CHECK(event.kind == EventKind::Dropped);
    CHECK(event.node == 0xFFFF);
  }
  CHECK(threads.size() == 300);
  CHECK(occurrences.size() == 300);
  CHECK(*occurrences.rbegin() == 65'699);
}

TEST_CASE("an event log: frames of spans as Leat wrote them before still read the same") {
  struct OldHead {
    std::uint32_t mark = 0x5441454C, kind = 2;
    std::uint64_t bytes = 0;
    std::int64_t start_ticks = 1000;
    double ns_a_tick = .5;
    std::uint64_t hash = 0;
  };
  struct OldSpan {
    std::int64_t ready = 3000;
    std::uint32_t waited_eights = 100, busy_eights = 0xFFFFFFFF, step = 7;
    std::int32_t slot = 2;
    std::uint16_t node = 3, phase = 1, occurrence = 65'535;
    std::uint8_t kind = 2, thread = 255;
  };
  const OldSpan span;
  OldHead head;
  head.bytes = sizeof span;
  head.hash = hash_bytes(&span, sizeof span, hash_bytes(&head, offsetof(OldHead, hash)));
  TemporaryFolder folder;
  const auto file = folder.write("events.log", std::string(reinterpret_cast<const char*>(&head), sizeof head) +
                                                   std::string(reinterpret_cast<const char*>(&span), sizeof span));
  const Contents contents = read(file);
  CHECK(contents.is_whole);
  REQUIRE(contents.events.size() == 1);
  const Event& event = contents.events[0];
  CHECK(event.ready_ns == 1000);
  CHECK(event.waited_ns == 400);
  CHECK(event.busy_ns == 4ll * 0xFFFFFFFF);
  CHECK(event.step == 7);
  CHECK(event.slot == 2);
  CHECK(event.node == 3);
  CHECK(event.phase == 1);
  CHECK(event.occurrence == 65'535);
  CHECK(event.kind == EventKind::Dropped);
  CHECK(event.thread == 255);
}
