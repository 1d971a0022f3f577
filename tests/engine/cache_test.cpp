#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <string>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/small_disk.h"
#include "support/toys.h"

// plan.cache: what deterministic nodes make of a file is kept, and nothing that a run computes depends on it.
using namespace leat;

namespace {

struct Picture {
  std::vector<std::uint8_t> pixels;
};

}  // namespace

template <>
struct leat::ValueTraits<Picture> {
  static constexpr std::string_view name = "picture";
  static std::size_t bytes(const Picture& one) { return one.pixels.size(); }
  static std::uint64_t hash(const Picture& one) { return hash_bytes(one.pixels.data(), one.pixels.size()); }
  static std::string describe(const Picture& one) { return std::to_string(one.pixels.size()) + " pixels"; }
  static Contract contract(const Picture& one) {
    Contract out;
    out.has_shape = true;
    out.dims = {Dim{static_cast<std::int64_t>(one.pixels.size()), {}}};
    out.dtype = Dtype::U8;
    return out;
  }
  static Picture blank(const Contract&) { return {}; }
  static std::vector<std::byte> pack(const Picture& one) {
    std::vector<std::byte> out(one.pixels.size());
    std::memcpy(out.data(), one.pixels.data(), out.size());
    return out;
  }
  static Picture unpack(std::span<const std::byte> bytes) {
    Picture out{std::vector<std::uint8_t>(bytes.size())};
    std::memcpy(out.pixels.data(), bytes.data(), bytes.size());
    return out;
  }
};

namespace {

std::atomic<int> opened{0}, doubled{0};

/// A data set of `length` files, in a random order in each epoch of a training.
struct Files final : Source {
  Output<toys::Number> file{this, "file", "Any shape."};
  Param<int> length_{this, "length", "Files.", 10};
  std::int64_t length() const override { return *length_; }
  void shapes(Shapes& shapes) const override { shapes.set_bytes(file, sizeof(toys::Number)); }
  void process(Frame& frame) const override {
    const std::int64_t one = pick(frame, *length_, frame.key().kind == PhaseKind::Train);
    frame.identify({"f" + std::to_string(one), "", "", {}});
    frame.put(file, {one, one});
  }
};

struct Open final : Node {
  Input<toys::Number> file{this, "file", "Any shape."};
  Output<Picture> picture{this, "picture", "100, 8 bit."};
  Param<int> fails_at{this, "fails_at", "A file that cannot be opened.", -1};
  void shapes(Shapes& shapes) const override { shapes.is_deterministic(); }
  void process(Frame& frame) const override {
    ++opened;
    const std::int64_t id = frame[file].id;
    if (id == *fails_at) throw std::runtime_error("it cannot be opened");
    if (id % 3 == 0) frame.note("opened with a note on " + std::to_string(id));
    frame.put(picture, {std::vector<std::uint8_t>(100, static_cast<std::uint8_t>(id))});
  }
};

struct Double final : Node {
  Input<Picture> picture{this, "picture", "height, 8 bit."};
  Output<Picture> twice{this, "twice", "height, 8 bit."};
  Param<int> times{this, "times", "Factor.", 2};
  void shapes(Shapes& shapes) const override { shapes.is_deterministic(); }
  void process(Frame& frame) const override {
    ++doubled;
    Picture out = frame[picture];
    if (out.pixels[0] % 2 == 0) frame.note("even");
    for (std::uint8_t& pixel : out.pixels) pixel = static_cast<std::uint8_t>(pixel * *times);
    frame.put(twice, out);
  }
};

std::mutex seen_lock;
std::map<std::string, std::vector<std::string>> seen;  ///< Notes by sample.

struct Shake final : Node {
  Input<Picture> picture{this, "picture", "height, 8 bit."};
  Output<toys::Number> shaken{this, "shaken", "Any shape."};
  void shapes(Shapes& shapes) const override { shapes.set_bytes(shaken, sizeof(toys::Number)); }
  void process(Frame& frame) const override {
    const std::vector<std::uint8_t>& pixels = frame[picture].pixels;
    {
      const std::lock_guard guard(seen_lock);
      const auto [at, is_new] = seen.emplace(frame.sample().id, frame.notes());
      CHECK(at->second == frame.notes());
    }
    const std::int64_t sum = std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0});
    frame.put(shaken, {0, sum * 1000 + frame.random().below(1000)});
  }
};

struct Take final : Node {
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  State<std::int64_t> state{this, "state", 1};
  void process(Frame& frame) const override {
    const auto rows = frame[numbers];
    for (int row = 0; row < rows.size(); ++row)
      frame.state(state) = (frame.state(state) * 31 + rows[row].value * static_cast<std::int64_t>(rows.weight(row))) % 1'000'003;
    frame.metric("fold", static_cast<double>(frame.state(state)));
  }
};

Registry registry() {
  Registry out = toy_registry();
  detail::register_type<Files>(out, "test.files", "Files.");
  detail::register_type<Open>(out, "test.open", "Opens.");
  detail::register_type<Double>(out, "test.double", "Doubles.");
  detail::register_type<Shake>(out, "test.shake", "Adds a random number.");
  detail::register_type<Take>(out, "test.take", "Takes.");
  return out;
}

std::string nodes(const std::string& open = {}) {
  return "    nodes:\n      files: {uses: test.files, with: {length: 10, batch: 4}}\n      opened: {uses: test.open, in: {file: files}" +
         open +
         "}\n      twice: {uses: test.double, in: {picture: opened}}\n"
         "      weak: {uses: test.shake, in: {picture: twice}}\n      strong: {uses: test.shake, in: {picture: twice}}\n"
         "      take: {uses: test.take, in: {numbers: weak}}\n      other: {uses: test.take, in: {numbers: strong}}\n";
}

std::string graph(const std::string& plan, const std::string& open = {}) {
  return "leat: 1\nphases:\n  train:\n    prefetch: 4\n" + nodes(open) + "  validate:\n" + nodes(open) +
         "plan:\n  train: {phase: train, steps: 50, validate: every 20 steps}\n" + plan;
}

struct Counted {
  RunResult result;
  int opened;
  int doubled;
  std::map<std::string, std::vector<std::string>> notes;
};

Counted counted(const std::string& text, int threads = 3, RunOptions options = {}) {
  opened = doubled = 0;
  seen.clear();
  RunResult result = run_graph(registry(), text, threads, std::move(options));
  return {std::move(result), opened, doubled, seen};
}

}  // namespace

TEST_CASE("cache: each file is opened once, in both phases together, and metrics and notes are those of a run without") {
  const Counted plain = counted(graph(""));
  CHECK(plain.opened == 50 * 4 + 3 * 10);
  CHECK(plain.notes.at("f6") == std::vector<std::string>{"even", "opened with a note on 6"});
  CHECK_FALSE(plain.result.cache);
  for (const int threads : {1, 4}) {
    const Counted cached = counted(graph("  cache: 1MB\n"), threads);
    CHECK(cached.result.phases == plain.result.phases);
    CHECK(cached.notes == plain.notes);
    // Two workers can compute one value at the same time.
    CHECK(cached.opened >= 10);
    CHECK(cached.opened <= 10 + threads * 10);
    CHECK(cached.doubled == cached.opened);
    REQUIRE(cached.result.cache);
    CHECK(cached.result.cache->values == 10);
    CHECK(cached.result.cache->bytes == 1000);
    CHECK(cached.result.cache->found + cached.result.cache->missed == 230);
    CHECK(cached.result.cache->left_out == 0);
  }
}

TEST_CASE("cache: a budget that is too small keeps some; a file keeps the rest") {
  const Counted plain = counted(graph(""));
  const Counted some = counted(graph("  cache: 450B\n"));
  CHECK(some.result.phases == plain.result.phases);
  CHECK(some.notes == plain.notes);
  CHECK(some.result.cache->values == 4);
  CHECK(some.result.cache->left_out > 0);
  const Counted filed = counted(graph("  cache: {memory: 450B, file: 1MB}\n"));
  CHECK(filed.result.phases == plain.result.phases);
  CHECK(filed.notes == plain.notes);
  CHECK(filed.result.cache->values == 10);
  CHECK(filed.result.cache->bytes == 400);
  CHECK(filed.result.cache->file_bytes >= 600);
  CHECK(filed.result.cache->left_out == 0);
}

TEST_CASE("cache: a full disk ends the file, not the run") {
  const TemporaryFolder folder;
  const test::SmallDisk disk(folder.path() / "disk", 64);
  if (!disk.why_not().empty()) {
    MESSAGE("not tested: " << disk.why_not());
    return;
  }
  const Counted plain = counted(graph(""));
  disk.fill_but(0);
  RunOptions options;
  // The run itself keeps no files there.
  ::setenv("TMPDIR", disk.path().c_str(), 1);
  const Counted full = counted(graph("  cache: {memory: 450B, file: 1MB}\n"), 3, std::move(options));
  ::unsetenv("TMPDIR");
  CHECK(full.result.phases == plain.result.phases);
  CHECK(full.result.cache->file_bytes == 0);
  REQUIRE(full.result.warnings.size() == 1);
  CHECK(full.result.warnings[0].find("disk is full") != std::string::npos);
}

TEST_CASE("cache: an observer sees every value, and changes nothing") {
  struct Watch final : Observer {
    std::atomic<int> values{0}, known{0};
    void value_put(const PutValue& put) override {
      ++values;
      if (put.value.type().name == "known") ++known;
    }
  } watch;
  const Counted plain = counted(graph(""));
  RunOptions options;
  options.observers = {{&watch, Hears::Values}};
  const Counted watched = counted(graph("  cache: 1MB\n"), 3, std::move(options));
  CHECK(watched.result.phases == plain.result.phases);
  CHECK(watch.known == 0);
  CHECK(watch.values == 230 * 5);
  CHECK(watched.opened == plain.opened);
}

TEST_CASE("cache: what fails is not kept, and is left out each time") {
  const std::string fails = ", with: {fails_at: 6}, on_error: skip";
  const Counted plain = counted(graph("", fails));
  const Counted cached = counted(graph("  cache: 1MB\n", fails));
  CHECK(cached.result.phases == plain.result.phases);
  CHECK(cached.result.cache->values == 9);
}

TEST_CASE("cache: it begins with a source's value, ends before a second reader, and shares what has equal parameters") {
  const Program program = build(registry(), graph("  cache: 1MB\n"));
  for (const ProgramPhase& phase : program.phases) {
    REQUIRE(phase.stretches.size() == 1);
    CHECK(phase.stretches[0].nodes == std::vector<int>{1, 2});
    CHECK(phase.stretches[0].text == program.phases[0].stretches[0].text);
  }
  CHECK(program.plan.cache.values == 20);
  CHECK(program.plan.cache.expected_bytes == 2000);
  CHECK(program.plan.cache.most_memory() == 2000);
  CHECK(program.flight_bytes() == program.memory_bytes - 2000);
}

TEST_CASE("cache: one that has no effect, or is larger than the memory, is refused") {
  const std::string test = "leat: 1\nphases:\n  test:\n" + nodes() + "plan: {then: [test], cache: 1MB}\n";
  CHECK(mistakes(registry(), test).find("`cache` has no effect: without `train`, every image is used once") != std::string::npos);
  const std::string random =
      "leat: 1\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count, with: {batch: 4}}\n"
      "      noise: {uses: toy.noise, in: {number: count}}\n      sink: {uses: toy.sum, in: {numbers: noise}}\n"
      "plan: {train: {phase: train, steps: 5}, cache: 1MB}\n";
  CHECK(mistakes(registry(), random).find("no node of the training depends on the files only") != std::string::npos);
  CHECK(mistakes(registry(), graph("  memory: 1kB\n  cache: 1MB\n")).find("`cache` takes up to 2") != std::string::npos);
  CHECK(mistakes(registry(), graph("  cache: lots\n")).find("an amount like `1GB`, or a map with `memory` and `file`") !=
        std::string::npos);
  CHECK(mistakes(registry(), graph("  cache: {file: 1GB}\n")).find("`memory`") != std::string::npos);
}
