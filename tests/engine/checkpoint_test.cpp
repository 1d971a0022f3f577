#include "run/checkpoint.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <random>
#include <thread>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/syncs.h"
#include "support/text_file.h"

using namespace leat;

namespace {

/// One of many resources, so that writing and removing it takes its time.
run::Checkpoint checkpoint_of(std::int64_t steps) {
  run::Checkpoint out;
  out.place.steps = steps;
  for (int k = 0; k < 30; ++k) out.resources["resource" + std::to_string(k)] = {};
  return out;
}

}  // namespace

TEST_CASE("a checkpoint: whenever its writer is killed, a whole one is there to be read") {
  const TemporaryFolder folder;
  const auto last = folder.path() / "last";
  const auto begin = std::chrono::steady_clock::now();
  write_checkpoint(last, checkpoint_of(0));
  const auto write_us = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin).count() + 1;
  std::mt19937 random(7);
  std::int64_t steps = 0;
  // On a machine that has other things to do a writer may come to nothing in 150 rounds; then it gets more, and longer ones.
  for (int round = 0; round < 150 || (steps <= 3 && round < 1000); ++round) {
    const pid_t writer = ::fork();
    REQUIRE(writer >= 0);
    if (writer == 0) {
      for (std::int64_t step = steps + 1;; ++step) write_checkpoint(last, checkpoint_of(step));
    }
    const auto longest_us = (5 * write_us + 5000) * (1 + round / 150);
    ::usleep(static_cast<useconds_t>(random() % longest_us));
    ::kill(writer, SIGKILL);
    REQUIRE(::waitpid(writer, nullptr, 0) == writer);
    const auto found = run::find_checkpoint(last);
    REQUIRE(found);
    CHECK(found->checkpoint.resources.size() == 30);
    CHECK(found->checkpoint.place.steps >= steps);
    // As a resume does: else the next write would begin by removing one that was cut just before its exchange.
    run::finish_write(found->folder, last);
    steps = found->checkpoint.place.steps;
  }
  CHECK(steps > 3);
}

TEST_CASE("a checkpoint: the first one, cut just before it got its name, is there after the next write was cut too") {
  const TemporaryFolder folder;
  const auto last = folder.path() / "last";
  write_checkpoint(last, checkpoint_of(5));
  std::filesystem::rename(last, folder.path() / "last.new");
  run::finish_write(run::find_checkpoint(last)->folder, last);
  CHECK(std::filesystem::exists(last / "manifest.json"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "last.new"));
  // What the next write leaves when it is cut at once.
  std::filesystem::create_directories(folder.path() / "last.new");
  const auto found = run::read_checkpoint(last);
  REQUIRE(found);
  CHECK(found->place.steps == 5);
}

TEST_CASE("a checkpoint: text that is not UTF-8 can be anywhere in it, and two names stay two") {
  const TemporaryFolder folder;
  const std::string latin = "caf\xe9", other = "caf\xe8";
  run::Checkpoint one;
  one.graph_hash = latin;
  one.device = latin;
  one.types["weight"] = latin;
  one.files[latin] = 3;
  one.place.phases[latin] = {{latin, 1.0}, {other, 2.0}};
  one.place.recent = {{latin, {1.0}}, {other, {2.0}}};
  one.resources["weight"].metadata = {{latin, "first"}, {other, "second"}, {"file", latin}};
  one.resources["weight"].put("value", 1.0);
  one.states.metadata["of"] = other;
  write_checkpoint(folder.path() / "last", one);
  const auto found = run::read_checkpoint(folder.path() / "last");
  REQUIRE(found);
  REQUIRE(found->place.phases.size() == 1);
  CHECK(found->place.phases.begin()->second == Metrics{{"caf\\xE8", 2.0}, {"caf\\xE9", 1.0}});
  CHECK(found->place.recent.at("caf\\xE9") == std::vector{1.0});
  CHECK(found->place.recent.at("caf\\xE8") == std::vector{2.0});
  CHECK(found->resources.at("weight").metadata.size() == 3);
  CHECK(found->resources.at("weight").metadata.at("file") == "caf\xef\xbf\xbd");
}

TEST_CASE("a checkpoint: which weights were judged, and what the validation of the best measured, are there after a resume") {
  const TemporaryFolder folder;
  run::Checkpoint before = checkpoint_of(5);
  before.place.kept = {{"classes.auc", .75}, {"classes.f1_a", NAN}};
  before.place.weights_of = {{"validate", 5}, {"test", 3}};
  write_checkpoint(folder.path() / "last", before);
  const auto found = run::read_checkpoint(folder.path() / "last");
  REQUIRE(found);
  CHECK(found->place.kept.at("classes.auc") == .75);
  CHECK(std::isnan(found->place.kept.at("classes.f1_a")));
  CHECK(found->place.weights_of == before.place.weights_of);
}

TEST_CASE("a checkpoint: the one before is deleted only when the names of the new one last") {
  const TemporaryFolder folder;
  const auto last = folder.path() / "last";
  write_checkpoint(last, checkpoint_of(1));
  bool is_old_there = false;
  int syncs = 0;
  test::syncing = [&](const std::filesystem::path& path) {
    if (path != std::filesystem::canonical(folder.path())) return;
    ++syncs;
    is_old_there = text_of(folder.path() / "last.new" / "manifest.json").find("\"steps\": 1,") != std::string::npos;
  };
  write_checkpoint(last, checkpoint_of(2));
  test::syncing = nullptr;
  CHECK(syncs > 0);
  CHECK(is_old_there);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "last.new"));
}

TEST_CASE("a checkpoint: one without its manifest is damaged, and none only where nothing is") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "checkpoints");
  const auto last = folder.path() / "checkpoints" / "last", manifest = last / "manifest.json";
  CHECK_FALSE(run::read_checkpoint(last));
  write_checkpoint(last, checkpoint_of(5));
  std::filesystem::remove(manifest);
  const std::string why = "cannot read the checkpoint " + last.string() + ": it has no manifest.json";
  CHECK_THROWS_WITH_AS((void)run::read_checkpoint(last), why.c_str(), std::runtime_error);
  CHECK_THROWS_WITH_AS((void)last_checkpoint(folder.path()), why.c_str(), std::runtime_error);
  CHECK_THROWS_WITH_AS((void)kept_weights(folder.path()), why.c_str(), std::runtime_error);
  std::filesystem::create_directories(manifest);
  const std::string folder_there = "cannot read the checkpoint " + manifest.string() + ": it is a folder";
  CHECK_THROWS_WITH_AS((void)run::read_checkpoint(last), folder_there.c_str(), std::runtime_error);
  CHECK_THROWS_WITH_AS((void)last_checkpoint(folder.path()), folder_there.c_str(), std::runtime_error);
  // What a kill leaves where the best weights are exchanged: the old ones, of which the manifest is gone already.
  std::filesystem::remove_all(last);
  std::filesystem::create_directory(folder.path() / "checkpoints");
  write_checkpoint(folder.path() / "checkpoints" / "best", checkpoint_of(3));
  put(folder.path() / "checkpoints" / "best.next" / "states.safetensors", "");
  CHECK(kept_weights(folder.path())->steps == 3);
}

TEST_CASE("a checkpoint: the best weights can be read at any time of a run that goes on") {
  const TemporaryFolder folder;
  const auto checkpoints = folder.path() / "checkpoints";
  std::filesystem::create_directory(checkpoints);
  run::Checkpoint one;
  const auto step = [&](std::int64_t steps) {
    one.place.steps = steps;
    one.resources["a"].put("steps", steps);
    run::write_checkpoint(checkpoints / "best.next", one);
    one.place.best_step = steps;
    one.place.steps = steps + 1;
    run::write_checkpoint(checkpoints / "last", one);
    run::promote_best(checkpoints, steps);
  };
  step(0);
  std::atomic<bool> is_over{false};
  std::thread writer([&] {
    for (std::int64_t steps = 10; !is_over; steps += 10) step(steps);
  });
  std::string failures;
  for (int k = 0; k < 3000; ++k) try {
      const auto kept = kept_weights(folder.path());
      if (!kept || !kept->is_best || kept->resources.at("a").whole("steps") != kept->steps) failures += "other weights\n";
    } catch (const std::exception& error) {
      failures += error.what() + std::string("\n");
    }
  is_over = true;
  writer.join();
  CHECK(failures.empty());
}
