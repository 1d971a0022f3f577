#include <unistd.h>

#include <atomic>
#include <deque>
#include <fstream>
#include <thread>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/toys.h"

// Order and pairing, tested with the cores contended: on an idle machine the bugs hide. The long ones run as `./do soak`.

namespace leat {

struct Bulk {
  std::vector<std::byte> bytes;
};

template <>
struct ValueTraits<Bulk> {
  static constexpr std::string_view name = "bulk";
  static std::size_t bytes(const Bulk& bulk) { return bulk.bytes.size(); }
  static std::uint64_t hash(const Bulk& bulk) { return hash_bytes(bulk.bytes.data(), bulk.bytes.size()); }
  static std::string describe(const Bulk& bulk) { return std::to_string(bulk.bytes.size()) + " bytes"; }
  static Contract contract(const Bulk&) { return {}; }
  static Bulk blank(const Contract&) { return {}; }
};

}  // namespace leat

using namespace leat;

namespace {

/// Two threads that only take the cores away.
class Contention {
 public:
  Contention() {
    for (int k = 0; k < 2; ++k)
      threads_.emplace_back([this] {
        while (!is_over_.load(std::memory_order_relaxed)) {
        }
      });
  }
  ~Contention() {
    is_over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> is_over_{false};
  std::vector<std::thread> threads_;
};

/// What a join does that pairs the first of one side with the first of the other: the fault that the engine must not have.
struct ArrivalOrder {
  std::mutex lock;
  std::deque<std::int64_t> waiting[2];
  std::int64_t pairs = 0;
  std::int64_t wrong = 0;

  void arrive(int side, std::int64_t id) {
    const std::lock_guard guard(lock);
    auto& others = waiting[1 - side];
    if (others.empty()) {
      waiting[side].push_back(id);
      return;
    }
    ++pairs;
    if (others.front() != id) ++wrong;
    others.pop_front();
  }
};

struct PairByArrival final : Node {
  PairByArrival(ArrivalOrder& all, int which) : order(all), side(which) {}
  Input<toys::Number> number{this, "number", "Any shape."};

  void process(Frame& frame) const override { order.arrive(side, frame[number].id); }
  ArrivalOrder& order;
  int side;
};

struct SlowSink final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  State<std::int64_t> seen{this, "seen", 0};

  void process(Frame& frame) const override {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(200);
    while (std::chrono::steady_clock::now() < end) {
    }
    frame.state(seen) += frame[number].id;
  }
  void finish(Frame& frame) const override { frame.metric("sum", static_cast<double>(frame.state(seen))); }
};

constexpr std::int64_t bulk_bytes = 100'000;

struct MakeBulk final : Source {
  Output<Bulk> bulk{this, "bulk", "Any shape."};
  Param<int> length_{this, "length", "Values in a pass.", 1, {1, 1 << 30}};

  std::int64_t length() const override { return *length_; }
  void shapes(Shapes& shapes) const override { shapes.set_bytes(bulk, bulk_bytes); }
  void process(Frame& frame) const override { frame.put(bulk, {std::vector<std::byte>(bulk_bytes, std::byte(frame.draw() & 0xFF))}); }
};

struct CopyBulk final : Node {
  Input<Bulk> bulk{this, "bulk", "Any shape."};
  Output<Bulk> copy{this, "copy", "Any shape."};

  void shapes(Shapes& shapes) const override { shapes.set_bytes(copy, bulk_bytes); }
  void process(Frame& frame) const override { frame.put(copy, frame[bulk]); }
};

struct CheckBulk final : Node {
  Input<Bulk> first{this, "first", "Any shape."};
  Input<Bulk> second{this, "second", "Any shape."};
  State<std::int64_t> same{this, "same", 0};

  void process(Frame& frame) const override { frame.state(same) += frame[first].bytes == frame[second].bytes; }
  void finish(Frame& frame) const override { frame.metric("same", static_cast<double>(frame.state(same))); }
};

Registry soak_registry(ArrivalOrder& order) {
  Registry registry = toy_registry();
  registry.add(
      NodeType{"test.weak_arrives", "Pairs by arrival.", [&order] { return std::make_unique<PairByArrival>(order, 0); }, LaneKind::Cpu});
  registry.add(
      NodeType{"test.strong_arrives", "Pairs by arrival.", [&order] { return std::make_unique<PairByArrival>(order, 1); }, LaneKind::Cpu});
  detail::register_type<SlowSink>(registry, "test.slow_sink", "Takes its time.");
  detail::register_type<MakeBulk>(registry, "test.make_bulk", "Makes big values.");
  detail::register_type<CopyBulk>(registry, "test.copy_bulk", "Copies.");
  detail::register_type<CheckBulk>(registry, "test.check_bulk", "Compares.");
  return registry;
}

std::string test_graph(int in_flight, const std::string& nodes) {
  return "leat: 1\nphases:\n  test:\n    prefetch: " + std::to_string(in_flight) + "\n    nodes:\n" + nodes + "plan: {then: [test]}\n";
}

/// A weak/strong diamond of so many keys on contended cores. Beside the pairs that the engine makes, the same two branches are paired as
/// they arrive: were the engine's pairs made so, `wrong` would say it.
void soak_diamond(std::int64_t keys, int weak_us, int strong_us) {
  const Contention contention;
  toys::Witness witness;
  toys::watch(&witness);
  ArrivalOrder order;
  const auto result = run_graph(soak_registry(order),
                                test_graph(8, R"(
      count: {uses: toy.count, with: {length: )" + std::to_string(keys) +
                                                  R"(, batch: 50}}
      weak: {uses: toy.pass, in: {number: count}, with: {busy_us: )" +
                                                  std::to_string(weak_us) + R"(, jitter: true}}
      strong: {uses: toy.pass, in: {number: count}, with: {busy_us: )" +
                                                  std::to_string(strong_us) + R"(, jitter: true}}
      pair: {uses: toy.pair, in: {first: weak, second: strong}}
      sum: {uses: toy.sum, in: {numbers: pair}}
      weak_arrives: {uses: test.weak_arrives, in: {number: weak}}
      strong_arrives: {uses: test.strong_arrives, in: {number: strong}}
)"),
                                4);
  toys::watch(nullptr);
  CHECK(witness.pairs == keys);
  CHECK(witness.wrong == 0);
  // Each pair is 4 times its number, and every step of 50 is summed.
  CHECK(result.phases.at("test").at("sum.sum") == doctest::Approx(4.0 * static_cast<double>(keys - 1) / 2 * 50));
  CHECK(order.pairs == keys);
  CHECK(order.wrong > 0);
  MESSAGE("of ", keys, " pairs the engine made ", witness.wrong.load(), " wrong, a join by arrival ", order.wrong);
}

std::int64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::int64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

/// Steps of four values of 100 kB, each copied twice and compared: counted bytes stay below the bound, and memory does not grow.
void soak_memory(std::int64_t steps) {
  ArrivalOrder order;
  const Registry registry = soak_registry(order);
  Program program = build(registry, test_graph(4, R"(
      make: {uses: test.make_bulk, with: {batch: 4, length: )" +
                                                      std::to_string(4 * steps) + R"(}}
      one: {uses: test.copy_bulk, in: {bulk: make}}
      two: {uses: test.copy_bulk, in: {bulk: make}}
      check: {uses: test.check_bulk, in: {first: one, second: two}}
)"));
  const std::int64_t bound = program.bound_bytes();
  std::int64_t early = 0;
  RunOptions options;
  OnStep measure([&](const Progress& progress) {
    if (progress.step == 100) early = resident_bytes();
  });
  options.observers = {{&measure, Hears::Steps}};
  Run run(program, make_thread_lane(), make_test_executor(4), options);
  const RunResult result = run.run();
  CHECK(result.phases.at("test").at("check.same") == static_cast<double>(4 * steps));
  CHECK(bound == 4 * 4 * 3 * bulk_bytes);
  CHECK(result.peak_bytes <= bound);
  CHECK(result.peak_bytes >= 3 * bulk_bytes);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  MESSAGE("resident memory is not looked at: a sanitizer keeps what was freed");
#else
  REQUIRE(early > 0);
  CHECK(resident_bytes() - early < 64 << 20);
#endif
}

}  // namespace

TEST_CASE("contended: a weak/strong diamond pairs each number with itself, and a join by arrival would not") {
  soak_diamond(100'000, 2, 6);
}

TEST_CASE("soak: ten million keys through a weak/strong diamond, none paired wrongly" * doctest::skip()) { soak_diamond(10'000'000, 0, 1); }

TEST_CASE("contended: a sink a hundred times slower than its source ends normally") {
  const Contention contention;
  ArrivalOrder order;
  const auto result = run_graph(soak_registry(order), test_graph(8, R"(
      count: {uses: toy.count, with: {length: 1000, batch: 10}}
      quick: {uses: toy.pass, in: {number: count}, with: {busy_us: 2}}
      sink: {uses: test.slow_sink, in: {number: quick}}
)"),
                                4);
  CHECK(result.phases.at("test").at("sink.sum") == 999.0 * 1000 / 2);
}

TEST_CASE("contended: a gate that drops everything ends normally, and everything is accounted for") {
  const Contention contention;
  ArrivalOrder order;
  const auto result = run_graph(soak_registry(order), test_graph(4, R"(
      count: {uses: toy.count, with: {length: 20000, batch: 20}}
      gate: {uses: toy.drop, in: {number: count}, with: {every: 1}}
      after: {uses: toy.pass, in: {number: gate}, with: {busy_us: 5, jitter: true}}
      pair: {uses: toy.pair, in: {first: count, second: after}}
      sink: {uses: toy.sink, in: {number: pair}}
      sum: {uses: toy.sum, in: {numbers: pair}}
)"),
                                4);
  CHECK(result.phases.at("test").at("sink.seen") == 0);
  CHECK(result.phases.at("test").at("sink.dropped") == 20000);
  CHECK(result.phases.at("test").at("sum.living") == 0);
}

TEST_CASE("contended: where two views of a sample drop different ones, what is left of both is paired, slot by slot and row by row") {
  const Contention contention;
  toys::Witness witness;
  toys::watch(&witness);
  ArrivalOrder order;
  const auto result = run_graph(soak_registry(order), test_graph(8, R"(
      count: {uses: toy.count, with: {length: 15000, batch: 15}}
      weak: {uses: toy.pass, in: {number: count}, with: {busy_us: 2, jitter: true}}
      strong: {uses: toy.pass, in: {number: count}, with: {busy_us: 6, jitter: true}}
      weak_left: {uses: toy.drop, in: {number: weak}, with: {every: 3}}
      strong_left: {uses: toy.drop, in: {number: strong}, with: {every: 5}}
      pair: {uses: toy.pair, in: {first: weak_left, second: strong_left}}
      sink: {uses: toy.sink, in: {number: pair}}
      weak_batch: {uses: toy.batch, in: {numbers: weak_left}}
      strong_batch: {uses: toy.batch, in: {numbers: strong_left}}
      rows: {uses: toy.pair_rows, in: {first: weak_batch, second: strong_batch}}
)"),
                                4);
  toys::watch(nullptr);
  CHECK(witness.wrong == 0);
  // Of fifteen numbers in a row 3 or 5 divides seven.
  CHECK(witness.pairs == 8000 + 15000);
  const Metrics& test = result.phases.at("test");
  CHECK(test.at("sink.seen") == 8000);
  CHECK(test.at("sink.dropped") == 7000);
  CHECK(test.at("rows.weight") == 8);
}

TEST_CASE("contended: big values stay below the bound, and memory does not grow") {
  const Contention contention;
  soak_memory(1500);
}

TEST_CASE("soak: a long run of big values stays below the bound, and memory does not grow" * doctest::skip()) { soak_memory(60'000); }
