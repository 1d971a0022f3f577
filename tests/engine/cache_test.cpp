#include <string>

#include "cached_pictures.h"
#include "run/value_cache.h"
#include "support/rank_runs.h"
#include "support/small_disk.h"

// plan.cache: what deterministic nodes make of a file is kept, and nothing that a run computes depends on it.
using namespace leat;
using namespace leat::test;

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

TEST_CASE("cache: the ranks of a machine together keep as many bytes as the plan says") {
  const std::string text =
      "leat: 1\nresources:\n  weight: {uses: toy.weight}\nphases:\n  train:\n    nodes:\n"
      "      files: {uses: test.files, with: {length: 10, batch: 4}}\n      opened: {uses: test.open, in: {file: files}}\n"
      "      twice: {uses: test.double, in: opened}\n      shaken: {uses: test.shake, in: twice}\n"
      "      batch: {uses: toy.batch, in: shaken, lane: device}\n      own: {uses: toy.add_rows, in: batch}\n"
      "      mix: {uses: toy.mix, in: own}\n      learn: {uses: toy.learn, in: mix.total, with: {weight: weight}}\n"
      "plan:\n  train: {phase: train, steps: 30}\n  cache: 450B\n";
  static const Registry registry = cache_registry();  // A program names its types.
  for (const int ranks : {1, 2}) {
    const TemporaryFolder folder;
    RankedRun shared;
    shared.folder = folder.path() / "run";
    shared.build = [&text](const BatchShare& share) {
      Diagnostics diagnostics;
      const GraphDescription graph = read_graph_text(text, "g.yaml", std::filesystem::current_path(), {}, diagnostics);
      auto program = std::make_unique<Program>(Program::build(graph, registry, {7, "cpu", share}, diagnostics));
      diagnostics.throw_if_errors();
      return program;
    };
    for (const RankRun& rank : run_all(shared, ranks)) {
      REQUIRE(rank.error == "");
      CHECK(rank.result.cache->bytes == (ranks == 1 ? 400 : 200));
    }
  }
}

TEST_CASE("cache: when the file is full, no value is packed for it") {
  const Counted filed = counted(graph("  cache: {memory: 100B, file: 300B}\n"));
  CHECK(filed.result.cache->values == 4);
  CHECK(filed.result.cache->left_out > 50);
  // Two workers can pack one value, or one for the same last place, at the same time.
  CHECK(packed <= 3 * 3);
}

TEST_CASE("cache: the file leaves a reserve on its disk, and a run on a small disk does without the file") {
  const TemporaryFolder folder;
  const test::SmallDisk disk(folder.path() / "disk", 1024);
  if (!disk.why_not().empty()) {
    MESSAGE("not tested: " << disk.why_not());
    return;
  }
  const auto free = [&] { return static_cast<std::int64_t>(std::filesystem::space(disk.path()).available); };
  const std::vector<std::byte> value(100'000);
  {
    run::ValueFile file(disk.path(), 1 << 30, 500'000);
    int kept = 0;
    while (file.append(value)) ++kept;
    CHECK(kept >= 4);
    CHECK(kept <= 5);
    CHECK(free() >= 500'000);
    CHECK_FALSE(file.has_failed());
    disk.grow(2048);  // There is room again.
    CHECK(file.append(value));
  }
  const Counted plain = counted(graph(""));
  RunOptions options;
  options.folder = disk.path() / "run";
  const Counted full = counted(graph("  cache: {memory: 450B, file: 1MB}\n"), 3, std::move(options));
  CHECK(full.result.phases == plain.result.phases);
  CHECK(full.result.cache->file_bytes == 0);
  REQUIRE(full.result.warnings.size() == 2);
  CHECK(full.result.warnings[0].starts_with("the file of the cache can take 1.6 kB, but the disk of " + disk.path().string()));
  CHECK(full.result.warnings[1].find("has less than 1.0 GB free") != std::string::npos);
}

TEST_CASE("cache: the room on a disk is compared with what the file can take, also for a folder that does not exist yet") {
  const TemporaryFolder folder;
  ProgramCache cache;
  cache.memory_bytes = 1000;
  cache.is_size_known = true;
  cache.expected_bytes = 5'000'000'000'000'000'000;
  const std::filesystem::path place = folder.path() / "not/yet";
  CHECK(run::no_room_for_file(cache, place).empty());
  cache.file_bytes = 4'000'000'000'000'000'000;
  CHECK(run::no_room_for_file(cache, place).find(" but the disk of " + folder.path().string() + " has ") != std::string::npos);
  cache.expected_bytes = 900;  // All values fit into memory.
  CHECK(run::no_room_for_file(cache, place).empty());
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
  const Program program = build(cache_registry(), graph("  cache: 1MB\n"));
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
  CHECK(mistakes(cache_registry(), test).find("`cache` has no effect: without `train`, every image is used once") != std::string::npos);
  const std::string random =
      "leat: 1\nphases:\n  train:\n    nodes:\n      count: {uses: toy.count, with: {batch: 4}}\n"
      "      noise: {uses: toy.noise, in: {number: count}}\n      sink: {uses: toy.sum, in: {numbers: noise}}\n"
      "plan: {train: {phase: train, steps: 5}, cache: 1MB}\n";
  CHECK(mistakes(cache_registry(), random).find("no node of the training depends on the files only") != std::string::npos);
  CHECK(mistakes(cache_registry(), graph("  memory: 1kB\n  cache: 1MB\n")).find("`cache` takes up to 2") != std::string::npos);
  CHECK(mistakes(cache_registry(), graph("  cache: lots\n")).find("an amount like `1GB`, or a map with `memory` and `file`") !=
        std::string::npos);
  CHECK(mistakes(cache_registry(), graph("  cache: {file: 1GB}\n")).find("`memory`") != std::string::npos);
}
