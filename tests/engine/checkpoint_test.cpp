#include "run/checkpoint.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <random>

#include "support/doctest.h"
#include "support/graphs.h"

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
    const auto found = run::read_checkpoint(last);
    REQUIRE(found);
    CHECK(found->resources.size() == 30);
    CHECK(found->place.steps >= steps);
    // As a resume does: else the next write would begin by removing one that was cut just before its exchange.
    run::finish_write(last);
    steps = found->place.steps;
  }
  CHECK(steps > 3);
}

TEST_CASE("a checkpoint: the first one, cut just before it got its name, is there after the next write was cut too") {
  const TemporaryFolder folder;
  const auto last = folder.path() / "last";
  write_checkpoint(last, checkpoint_of(5));
  std::filesystem::rename(last, folder.path() / "last.new");
  run::finish_write(last);
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
