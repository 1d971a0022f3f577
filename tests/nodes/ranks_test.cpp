#include <signal.h>

#include <chrono>
#include <string>
#include <thread>

#include "support/doctest.h"
#include "support/rank_processes.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

// Ranks are real processes. A test waits for what they print, not for a time.

using namespace leat::test;
using leat::put;
using leat::TemporaryFolder;

namespace {

/// Checks that all ranks of a scene do what they should.
void check_scene(int size, const std::string& scene) {
  CAPTURE(size);
  const TemporaryFolder folder;
  Scene ranks(size, folder.path(), {scene});
  for (int rank = 0; rank < size; ++rank) {
    const Finished finished = ranks[rank].wait();
    CHECK(finished.err == "");
    CHECK(finished.code == 0);
  }
}

/// Returns how messages name a rank, up to the machine.
std::string start_of_name(Scene& ranks, int rank) {
  return "rank " + std::to_string(rank) + " (process " + std::to_string(ranks[rank].id()) + " on ";
}

/// Checks that a rank ends because of the victim: `error: rank 1 (process 4711 on gpu-03) has ended`.
void check_lost(Scene& ranks, int rank, const std::string& name, const std::string& what) {
  CAPTURE(rank);
  const Finished finished = ranks[rank].wait();
  CHECK(finished.code == 1);
  const std::string line = finished.last_error_line();
  CHECK_MESSAGE(line.starts_with("error: " + name), line);
  CHECK_MESSAGE(line.ends_with(what), line);
}

void check_others_lose(Scene& ranks, int victim, const std::string& what) {
  const std::string name = start_of_name(ranks, victim);
  for (int rank = 0; rank < ranks.size(); ++rank)
    if (rank != victim) check_lost(ranks, rank, name, what);
}

}  // namespace

TEST_CASE("ranks: texts of equal and different lengths are gathered, and those of rank 0 given to all") {
  for (const int size : {2, 3, 4}) check_scene(size, "gathers");
}

TEST_CASE("ranks: equally long blocks are gathered") {
  for (const int size : {2, 3, 4}) check_scene(size, "blocks");
}

TEST_CASE("ranks: sums are right, and have the same bits on all ranks and in each repetition") {
  for (const int size : {2, 3, 4}) check_scene(size, "sums");
}

TEST_CASE("ranks: several sums at a time are those of single ones") {
  for (const int size : {2, 3, 4}) check_scene(size, "asynchronous");
}

TEST_CASE("ranks: each rank that is killed in a collective call is named by the others") {
  for (int victim = 0; victim < 3; ++victim) {
    CAPTURE(victim);
    const TemporaryFolder folder;
    Scene ranks(3, folder.path(), {"inside", std::to_string(victim)});
    ranks.wait_for(victim, "inside");
    ranks[victim].signal(SIGKILL);
    const std::string name = start_of_name(ranks, victim);
    // This one is in the call, and the other one comes later.
    check_lost(ranks, (victim + 2) % 3, name, ") has ended");
    put(folder / "go", "");
    check_lost(ranks, (victim + 1) % 3, name, ") has ended");
  }
}

TEST_CASE("ranks: each rank that is killed between two collective calls is named by the others") {
  for (int victim = 0; victim < 3; ++victim) {
    CAPTURE(victim);
    const TemporaryFolder folder;
    Scene ranks(3, folder.path(), {"outside", std::to_string(victim)});
    ranks.wait_for(victim, "outside");
    ranks[victim].signal(SIGKILL);
    check_others_lose(ranks, victim, ") has ended");
  }
}

TEST_CASE("ranks: of two ranks, the other one says who was killed in a loop of calls") {
  for (int victim = 0; victim < 2; ++victim) {
    const TemporaryFolder folder;
    Scene ranks(2, folder.path(), {"loops"});
    ranks.wait_for(victim, "in the loop");
    ranks[victim].signal(SIGKILL);
    check_others_lose(ranks, victim, ") has ended");
  }
}

TEST_CASE("ranks: the run goes on after a rank was stopped for a short time") {
  for (int victim = 0; victim < 2; ++victim) {
    const TemporaryFolder folder;
    Scene ranks(3, folder.path(), {"loops"});
    ranks.wait_for("in the loop");
    ranks[victim].signal(SIGSTOP);
    ranks[victim].wait_until_stopped();
    // So that signs of life are missing.
    std::this_thread::sleep_for(std::chrono::seconds(3));
    ranks[victim].signal(SIGCONT);
    put(folder / "go", "");
    for (int rank = 0; rank < 3; ++rank) CHECK(ranks[rank].wait().code == 0);
  }
}

TEST_CASE("ranks: a rank that gives no sign of life is given up, and ends if it continues") {
  for (int victim = 0; victim < 3; ++victim) {
    CAPTURE(victim);
    const TemporaryFolder folder;
    Scene ranks(3, folder.path(), {"loops"}, 5);
    ranks.wait_for("in the loop");
    ranks[victim].signal(SIGSTOP);
    check_others_lose(ranks, victim, ") has given no sign of life for 5 s");
    const std::string name = start_of_name(ranks, victim);
    ranks[victim].signal(SIGCONT);
    check_lost(ranks, victim, name, ") was given up by the others, because it had given no sign of life for 5 s");
  }
}

TEST_CASE("ranks: a rank that fails says why to the others") {
  for (int victim = 0; victim < 3; ++victim) {
    CAPTURE(victim);
    const TemporaryFolder folder;
    Scene ranks(3, folder.path(), {"fails", std::to_string(victim)});
    check_others_lose(ranks, victim, ") failed: its disk is full");
    CHECK(ranks[victim].wait().last_error_line() == "error: its disk is full");
  }
}

TEST_CASE("ranks: a call for which a rank never comes, because it has left, ends") {
  for (int victim = 0; victim < 2; ++victim) {
    CAPTURE(victim);
    const TemporaryFolder folder;
    Scene ranks(2, folder.path(), {"leaves", std::to_string(victim)});
    const int other = 1 - victim;
    const std::string name = start_of_name(ranks, victim);
    const std::string waits = start_of_name(ranks, other);
    for (const int rank : {victim, other}) {
      const Finished finished = ranks[rank].wait();
      CHECK(finished.code == 1);
      CHECK_MESSAGE(finished.last_error_line().starts_with("error: " + name), finished.err);
      CHECK_MESSAGE(finished.err.find(") has left the run, but " + waits) != std::string::npos, finished.err);
    }
  }
}

TEST_CASE("ranks: those that are done wait for the last one, and learn if it ends") {
  const TemporaryFolder folder;
  {
    Scene ranks(3, folder.path(), {"last"});
    ranks.wait_for("has called");
    put(folder / "go", "");
    for (int rank = 0; rank < 3; ++rank) CHECK(ranks[rank].wait().code == 0);
  }
  std::filesystem::remove(folder / "go");
  Scene ranks(3, folder.path(), {"last"});
  ranks.wait_for("has called");
  ranks[0].signal(SIGKILL);
  check_others_lose(ranks, 0, ") has ended");
}

TEST_CASE("ranks: a rank that does not come is named") {
  const TemporaryFolder folder;
  const leat::cli::ReservedPort port;
  std::vector<Process> some;
  for (const int rank : {0, 1})
    some.emplace_back(std::vector<std::string>{rank_worker(), "3", "loops"}, folder.path(), std::to_string(rank),
                      rank_variables(rank, 3, port.port()));
  for (Process& rank : some) {
    const Finished finished = rank.wait();
    CHECK(finished.code == 1);
    CHECK(finished.last_error_line() == "error: rank 2 has not come within 15 s");
  }
}

TEST_CASE("ranks: two processes that are the same rank are refused") {
  const TemporaryFolder folder;
  const leat::cli::ReservedPort port;
  std::vector<Process> all;
  for (const int rank : {0, 1, 1})
    all.emplace_back(std::vector<std::string>{rank_worker(), "60", "loops"}, folder.path(), std::to_string(all.size()),
                     rank_variables(rank, 3, port.port()));
  CHECK(all[0].wait().last_error_line().starts_with("error: two processes are rank 1: rank 1 (process "));
}
