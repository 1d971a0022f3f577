#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "leat/metrics_text.h"
#include "leat/program_summary.h"
#include "leat/resolved_text.h"
#include "leat/thread_lane.h"
#include "leat/value.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/own_nodes.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

// Keys that cannot change the numbers of a run do not count in the hash of its graph. Runs with and without them have the same bits.
using namespace leat;
using leat::test::own_nodes;

namespace {

namespace fs = std::filesystem;

struct Keys {
  std::string train;     ///< Further keys of `plan.train`.
  std::string plan;      ///< Further keys of the plan.
  std::string prefetch;  ///< A key of each phase.
  std::string steps = "6";
};

std::string graph(const Keys& keys) {
  const auto judge = [&keys](const std::string& phase, const std::string& split) {
    return "  " + phase + ":\n" + keys.prefetch + "    nodes:\n      chests: {uses: io.chest, with: {hospital: A, split: " + split +
           R"(, count: 6, batch: 4}}
      resized: {uses: image.resize, in: chests.image, with: {size: 32}}
      batch: {uses: tensor.normalize, in: resized, with: {model: net}}
      encode: {uses: model.encode, in: batch, with: {model: net}}
      classes: {uses: model.classify, in: encode, with: {model: net}}
      measure: {uses: metric.classification, in: {logits: classes, label: chests.label, picture: resized}}
)";
  };
  return R"(leat: 1
title: small
resources:
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [NORMAL, PNEUMONIA], masks: []}}
  adam: {uses: optim.adam, with: {model: net, lr: 1.0e-2}}
phases:
  train:
)" + keys.prefetch +
         R"(    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 6, batch: 4}}
      resized: {uses: image.resize, in: chests.image, with: {size: 32}}
      view: {uses: augment.weak, in: resized}
      batch: {uses: tensor.normalize, in: view, with: {model: net}}
      encode: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      classes: {uses: model.classify, in: encode, with: {model: net}}
      loss: {uses: loss.cross_entropy, in: {logits: classes, label: chests.label}}
      total: {uses: loss.total, in: {terms: {classes: loss}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
)" + judge("validate", "validation") +
         judge("test", "test") + "plan:\n  train: {phase: train, steps: " + keys.steps +
         ", validate: every 2 steps, keep: {best: validate.measure.accuracy}" + keys.train + "}\n  then: [test]\n" + keys.plan;
}

/// The lines of metrics and the weights, which have all numbers of a run.
std::map<std::string, std::string> numbers_of(const fs::path& run) {
  std::map<std::string, std::string> out;
  for (const char* file : {"metrics.jsonl", "checkpoints/last/net.safetensors", "checkpoints/last/adam.safetensors"})
    out[file] = text_of(run / file);
  return out;
}

RunResult run(const Keys& keys, const fs::path& folder, RunOptions options = {}) {
  options.folder = folder;
  return run_graph(own_nodes(), graph(keys), 2, options);
}

std::string hash_of(const Keys& keys) { return build(own_nodes(), graph(keys)).graph_hash; }

const std::vector<Keys> same{{"", "", "    prefetch: 1\n"},
                             {", checkpoint_every: 2", "", ""},
                             {", checkpoint_every: 1 h", "", ""},
                             {"", "  memory: 300MB\n", ""},
                             {"", "  stall_after: 5 min\n", ""},
                             {"", "  record: {edges: [train.resized.resized], slots: 2, every: 2 steps}\n", ""},
                             {"", "  keep_results: 1MB\n", ""},
                             {"", "  cache: 10MB\n", ""},
                             {"", "  cache: {memory: 5kB, file: 8kB}\n", ""},
                             {"", "  cache: {memory: 0, file: 1MB}\n", ""}};

}  // namespace

TEST_CASE("same graph: keys that cannot change a run's numbers do not count in its hash, and runs with them have the same bits") {
  const TemporaryFolder folder;
  const RunResult plain = run({}, folder / "plain");
  const std::map<std::string, std::string> numbers = numbers_of(folder / "plain");
  for (const auto& [file, text] : numbers) CHECK_FALSE(text.empty());
  for (std::size_t k = 0; k < same.size(); ++k) {
    CAPTURE(graph(same[k]));
    CHECK(hash_of(same[k]) == hash_of({}));
    const fs::path path = folder / std::to_string(k);
    CHECK(run(same[k], path).phases == plain.phases);
    CHECK(numbers_of(path) == numbers);
  }
  CHECK(hash_of({"", "", "", "7"}) != hash_of({}));
  CHECK(hash_of({", stop_after: 2 validations", "", ""}) != hash_of({}));
}

TEST_CASE("same graph: a run is resumed with a cache, and its bits are those of a run in one piece") {
  const TemporaryFolder folder;
  // Enough steps that the stop comes before the end, also on a busy machine.
  const Keys longer{"", "", "", "40"};
  const RunResult whole = run(longer, folder / "whole");
  RunOptions options;
  options.folder = folder / "run";
  {
    Program program = build(own_nodes(), graph(longer));
    Run* begun = nullptr;
    OnStep stop([&](const Progress& progress) {
      if (progress.step == 2) begun->stop();
    });
    options.observers = {{&stop, Hears::Steps}};
    Run stopped(program, make_thread_lane(), make_test_executor(2), options);
    begun = &stopped;
    REQUIRE(stopped.run().was_interrupted);
  }
  options = {};
  options.resumes = true;
  const RunResult resumed = run({"", "  cache: 10MB\n", "", longer.steps}, folder / "run", options);
  CHECK(resumed.phases == whole.phases);
  CHECK(numbers_of(folder / "run") == numbers_of(folder / "whole"));
  REQUIRE(resumed.cache);
  CHECK(resumed.cache->found > 0);
  CHECK(resumed.cache->since_step >= 2);
  CHECK(resumed.cache->since_step < 40);
  CHECK(text_of(folder / "run" / "graph.yaml").find("cache:") != std::string::npos);
}

TEST_CASE("same graph: the hash of an earlier version, which counted all keys, is understood from the run's graph") {
  const TemporaryFolder folder;
  const std::string text = build(own_nodes(), graph(same[3])).resolved;
  REQUIRE(text.find("memory: 300MB") != std::string::npos);
  put(folder / "graph.yaml", text);
  const std::string recorded = hash_text(hash_bytes(text.data(), text.size()));
  CHECK(recorded != hash_of({}));
  CHECK(graph_hash_in(folder.path(), recorded) == hash_of({}));
  CHECK(graph_hash_in(folder.path(), hash_of({})) == hash_of({}));
  CHECK(graph_hash_in(folder.path() / "none", recorded) == recorded);
  // Without such keys, the hash is that of earlier versions.
  const std::string usual = build(own_nodes(), graph({})).resolved;
  CHECK(hash_of({}) == hash_text(hash_bytes(usual.data(), usual.size())));
}

TEST_CASE("a plan's cache: check says in one line each what is kept, and what is not because it is recorded") {
  const std::string record = "  record: {edges: [train.resized.resized], slots: 2, every: 2 steps}\n";
  const auto said = [](const std::string& plan) {
    const std::string table = program_table(build(own_nodes(), graph({"", plan, ""})));
    return table.substr(std::min(table.find("the cache keeps"), table.size()));
  };
  CHECK(said("  cache: 10MB\n") ==
        "the cache keeps what comes of these nodes; at most 12 images, 12.3 kB, which fit into 10.0 MB of memory:\n"
        "  train: `resized`\n  validate: `resized`\n");
  CHECK(said("  cache: 10MB\n" + record) ==
        "the cache keeps what comes of these nodes; at most 6 images, 6.1 kB, which fit into 10.0 MB of memory:\n"
        "  train: `resized` is recorded, so it is not kept\n  validate: `resized`\n");
  CHECK(said("  cache: {memory: 0, file: 1MB}\n").find("which fit into 1.0 MB of a file:\n") != std::string::npos);
  CHECK(said("").empty());
}

TEST_CASE("a plan's cache: one without room for an image is refused, and 0 in memory needs a file") {
  const auto said = [](const std::string& plan) { return mistakes(own_nodes(), graph({"", plan, ""})); };
  CHECK(said("  cache: 100B\n").find("`cache` has no effect: an image of `resized` takes 1.0 kB, but the cache has room for 100 B") !=
        std::string::npos);
  CHECK(said("  cache: 1023B\n").find("takes 1.024 kB, but the cache has room for 1.023 kB") != std::string::npos);
  CHECK(said("  cache: 1024B\n").empty());
  CHECK(said("  cache: {memory: 0, file: 1kB}\n").find("`cache` has no effect") != std::string::npos);
  CHECK(said("  cache: {memory: 0}\n").find("must be an amount like `1GB`, or 0 with a `file`") != std::string::npos);
  CHECK(said("  cache: 0\n").find("must be an amount like `1GB`, or a map with `memory` and `file`") != std::string::npos);
}

TEST_CASE("a plan's cache: too little memory for a step names the cache, in figures that differ") {
  const Program usual = build(own_nodes(), graph({}));
  const std::int64_t validate = usual.phases.at(1).step_bytes, step = usual.phases.at(0).step_bytes, cache = 12 * 1024;
  const auto plan = [](std::int64_t memory) { return "  memory: " + std::to_string(memory) + "B\n  cache: 1MB\n"; };
  const std::string refused = mistakes(own_nodes(), graph({"", plan(step + validate + cache - 1), ""}));
  CAPTURE(refused);
  CHECK(refused.find(" for it, because the cache takes up to 12.3 kB") != std::string::npos);
  CHECK(refused.find("reduce `memory` of the cache") != std::string::npos);
  const auto size_after = [&](const std::string& words) {
    const std::size_t at = refused.find(words) + words.size();
    return refused.substr(at, refused.find_first_of(",f", at) - at);
  };
  CHECK(size_after("takes up to ") + " " != size_after("`memory` leaves "));
  const Program fewer = build(own_nodes(), graph({"", plan(3 * step + validate + cache / 2), ""}));
  CHECK(fewer.phases.at(0).credits == 2);
  CHECK(program_table(fewer).find("at most 2 in flight (3 without the memory of the cache), values") != std::string::npos);
}

TEST_CASE("a run's cache: its sentence says what would help, and since when it counts") {
  ProgramCache cache;
  cache.memory_bytes = 5000;
  cache.values = 12;
  cache.expected_bytes = 12288;
  CacheUse use{4, 4096, 0, 10, 30, 26, 0};
  CHECK(cache_text(use, cache) ==
        "the cache held 4 images (4.1 kB in memory); 10 of 40 images were taken from it; 4 of at most 12 images fit: all of them need 12.3 "
        "kB, "
        "so make `memory` of the cache larger, or give it a `file`");
  cache.is_size_known = false;
  cache.file_bytes = 1;
  use.since_step = 40;
  CHECK(cache_text(use, cache) ==
        "since the resume at step 40, the cache held 4 images (4.1 kB in memory); 10 of 40 images were taken from it; others did not fit: "
        "make "
        "`memory` of the cache larger, or its `file` larger");
  use.left_out = 0;
  CHECK(cache_text(use, cache).ends_with("10 of 40 images were taken from it"));
}
