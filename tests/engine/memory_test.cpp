#include <atomic>
#include <thread>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/toys.h"

// Values whose size the Program cannot know: they are measured, and past the plan's `memory` only the oldest step goes on.
using namespace leat;

namespace {

/// A value that counts as so many bytes.
struct Blob {
  std::int64_t id = 0;
  std::int64_t bytes = 0;
};

}  // namespace

template <>
struct leat::ValueTraits<Blob> {
  static constexpr std::string_view name = "blob";
  static std::size_t bytes(const Blob& blob) { return static_cast<std::size_t>(blob.bytes); }
  static std::uint64_t hash(const Blob& blob) { return hash_bytes(&blob, sizeof blob); }
  static std::string describe(const Blob& blob) { return std::to_string(blob.bytes) + " bytes"; }
  static Contract contract(const Blob&) { return {}; }
  static Blob blank(const Contract&) { return {}; }
};

namespace {

/// Makes blobs whose sizes differ from sample to sample, up to `most` kilobytes.
struct Inflate final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<Blob> blob{this, "blob", "Any shape."};
  Param<int> kilobytes{this, "kilobytes", "The most that one takes.", 100};

  void process(Frame& frame) const override {
    const std::int64_t id = frame[number].id;
    frame.put(blob, {id, (id % 3 + 1) * *kilobytes * 1000 / 3});
  }
};

struct Copy final : Node {
  Input<Blob> blob{this, "blob", "Any shape."};
  Output<Blob> copy{this, "copy", "Any shape."};
  void process(Frame& frame) const override {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    frame.put(copy, frame[blob]);
  }
};

struct Fold final : Node {
  Input<Blob> blob{this, "blob", "Any shape."};
  Output<Blob> same{this, "same", "Any shape."};
  State<std::int64_t> state{this, "state", 1};
  void process(Frame& frame) const override {
    frame.state(state) = frame.state(state) * 31 % 1000003 + frame[blob].id;
    frame.put(same, frame[blob]);
  }
  void finish(Frame& frame) const override { frame.metric("fold", static_cast<double>(frame.state(state))); }
};

struct Take final : Node {
  Gather<Blob> blobs{this, "blobs", "Any shape."};
  void process(Frame& frame) const override {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    frame.metric("rows", frame[blobs].size());
  }
};

Registry blob_registry() {
  Registry registry = toy_registry();
  detail::register_type<Inflate>(registry, "test.inflate", "Makes blobs.");
  detail::register_type<Copy>(registry, "test.copy", "Copies blobs.");
  detail::register_type<Fold>(registry, "test.fold", "Folds blobs in order.");
  detail::register_type<Take>(registry, "test.take", "Takes blobs.");
  detail::register_type<Take>(registry, "test.take_device", "Takes blobs on the device lane.", LaneKind::Device);
  return registry;
}

std::string graph(const std::string& kind, const std::string& last, const std::string& plan) {
  return "leat: 1\nphases:\n  " + kind +
         ":\n    prefetch: 16\n    nodes:\n      count: {uses: toy.count, with: {length: 400, batch: 4}}\n"
         "      inflate: {uses: test.inflate, in: {number: count}}\n      one: {uses: test.copy, in: {blob: inflate}}\n"
         "      fold: {uses: test.fold, in: {blob: one}}\n      take: {uses: " +
         last + ", in: {blobs: fold}}\n" + plan;
}

}  // namespace

TEST_CASE("memory: values of unknown size take at most `memory` and one step, and give the same values as with plenty") {
  for (const int threads : {1, 2, 4}) {
    CAPTURE(threads);
    const RunResult plenty = run_graph(blob_registry(), graph("test", "test.take", "plan: {then: [test], memory: 1GB}\n"), threads);
    const RunResult tight = run_graph(blob_registry(), graph("test", "test.take", "plan: {then: [test], memory: 1MB}\n"), threads);
    CHECK(tight.phases == plenty.phases);
    // Of a step: four samples with three values each, of at most 100 kB.
    CHECK(tight.peak_bytes <= 1'000'000 + 4 * 3 * 100'000);
    CHECK(plenty.peak_bytes > 0);
  }
}

TEST_CASE("memory: less than one step takes, the steps go on one after another") {
  const RunResult result = run_graph(blob_registry(), graph("test", "test.take", "plan: {then: [test], memory: 20kB}\n"), 3);
  CHECK(result.phases.at("test").at("take.rows") == 4);
  CHECK(result.peak_bytes <= 20'000 + 4 * 3 * 100'000);
}

TEST_CASE("memory: with a device lane that is slower than loading, too") {
  const std::string plan = "plan: {train: {phase: train, steps: 100}, memory: 1MB}\n";
  const RunResult result = run_graph(blob_registry(), graph("train", "test.take_device", plan), 3);
  CHECK(result.steps == 100);
  CHECK(result.peak_bytes <= 1'000'000 + 4 * 3 * 100'000);
}
