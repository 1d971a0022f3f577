#include <signal.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "support/command.h"
#include "support/doctest.h"
#include "support/rank_processes.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

using namespace leat::test;
using leat::TemporaryFolder;

namespace {

/// Starts a scene by the launcher of `leat run --ranks`, which `leat_rank_worker` contains too.
Process launched(const TemporaryFolder& folder, const std::vector<std::string>& scene, int ranks = 3) {
  std::vector<std::string> words{rank_worker(), "--ranks", std::to_string(ranks), "60"};
  words.insert(words.end(), scene.begin(), scene.end());
  return Process(words, folder.path(), "launcher", {});
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Returns the process of a rank, from a line that the launcher has passed on.
::pid_t process_of(const Process& launcher, int rank) {
  const std::string begin = "rank " + std::to_string(rank) + " (process ";
  std::string text;
  while (!has(text, begin)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    text = launcher.out() + launcher.err();
  }
  return std::atoi(text.c_str() + text.find(begin) + begin.size());
}

void wait_for_line(const Process& launcher, const std::string& text) {
  while (!has(launcher.err(), text)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

Finished run_with(const Process::Variables& variables, const std::vector<std::string>& options) {
  const TemporaryFolder folder;
  std::vector<std::string> words{leat_command(), "run", "graph.yaml"};
  words.insert(words.end(), options.begin(), options.end());
  return Process(words, folder.path(), "leat", variables).wait();
}

Process::Variables with(const std::string& name, const std::string& value) {
  Process::Variables variables = rank_variables(1, 2, 29500);
  for (auto& [known, text] : variables)
    if (known == name) text = value;
  return variables;
}

}  // namespace

TEST_CASE("--ranks: succeeds if all ranks do, and marks the lines of all but the first") {
  const TemporaryFolder folder;
  const Finished finished = launched(folder, {"gathers"}).wait();
  CHECK(finished.code == 0);
  CHECK(has(finished.out, "rank 0 (process "));
  CHECK(finished.out.ends_with("has joined\ndone\n"));
  for (const char* line : {"rank 1: rank 1 (process ", "rank 1: done\n", "rank 2: rank 2 (process ", "rank 2: done\n"})
    CHECK_MESSAGE(has(finished.err, line), line);
}

TEST_CASE("--ranks: has the highest exit code of the ranks") {
  const TemporaryFolder folder;
  const Finished failed = launched(folder, {"fails", "1"}).wait();
  CHECK(failed.code == 1);
  CHECK(has(failed.err, "rank 1: error: its disk is full\n"));
  CHECK_MESSAGE(has("\n" + failed.err, "\nerror: rank 1 (process "), failed.err);
  CHECK(launched(folder, {"refuses"}).wait().code == 2);
}

TEST_CASE("--ranks: says that a rank was killed, and the others end") {
  const TemporaryFolder folder;
  Process launcher = launched(folder, {"loops"});
  wait_for_line(launcher, "rank 2: in the loop");
  ::kill(process_of(launcher, 2), SIGKILL);
  const Finished finished = launcher.wait();
  CHECK(finished.code == 1);
  CHECK(has(finished.err, "rank 2 was ended by SIGKILL\n"));
  CHECK(has(finished.err, "rank 1: error: rank 2 (process "));
}

TEST_CASE("--ranks: passes a signal on once to each rank, and ends with 130") {
  for (const int signal : {SIGINT, SIGTERM}) {
    const TemporaryFolder folder;
    Process launcher = launched(folder, {"interrupted"});
    launcher.wait_for("waits for a signal");
    for (const int rank : {1, 2}) wait_for_line(launcher, "rank " + std::to_string(rank) + ": waits for a signal");
    launcher.signal(signal);
    const Finished finished = launcher.wait();
    CHECK(finished.code == 130);
    CHECK(has(finished.out, "signals: 1\n"));
    for (const char* line : {"rank 1: signals: 1\n", "rank 2: signals: 1\n"}) CHECK_MESSAGE(has(finished.err, line), finished.err);
  }
}

TEST_CASE("--ranks: no rank outlives the launcher") {
  const TemporaryFolder folder;
  Process launcher = launched(folder, {"loops"});
  wait_for_line(launcher, "rank 2: in the loop");
  const ::pid_t first = process_of(launcher, 0);
  const ::pid_t last = process_of(launcher, 2);
  launcher.signal(SIGKILL);
  CHECK(launcher.wait().code == 128 + SIGKILL);
  for (const ::pid_t rank : {first, last})
    while (::kill(rank, 0) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

TEST_CASE("--ranks: is refused if torchrun has started the process") {
  const Finished finished = run_with(rank_variables(0, 2, 29500), {"--ranks", "2"});
  CHECK(finished.code == 2);
  CHECK(finished.err ==
        "error: --ranks starts the ranks itself, but the environment variable RANK is set, so torchrun or another program has started this "
        "process as a rank: leave out --ranks\n");
}

TEST_CASE("ranks: an incomplete or impossible environment is refused") {
  const auto refusal = [](const Process::Variables& variables) {
    const Finished finished = run_with(variables, {});
    CHECK(finished.code == 2);
    return finished.err;
  };
  CHECK(refusal({{"LOCAL_RANK", "0"}}) ==
        "error: the environment variable LOCAL_RANK is set, so this process is one of several ranks, but RANK is not set: start the ranks "
        "with torchrun, or with --ranks\n");
  CHECK(has(refusal(with("MASTER_ADDR", "")), "but MASTER_ADDR is not set"));
  CHECK(refusal(with("MASTER_PORT", "70000")) ==
        "error: the environment variable MASTER_PORT is `70000`; it must be a whole number in 1..65535\n");
  CHECK(refusal(with("RANK", "2")) == "error: the environment variable RANK is 2, but WORLD_SIZE is 2: it must be less\n");
  CHECK(has(refusal(with("RANK", "1x")), "RANK is `1x`"));
  CHECK(refusal(with("LOCAL_WORLD_SIZE", "3")) ==
        "error: the environment variable LOCAL_WORLD_SIZE is 3, but WORLD_SIZE is 2: it cannot be more\n");
}

TEST_CASE("run: tasks of srun that are no ranks are warned of") {
  const std::string words = "srun has started 4 tasks of this command, but none is a rank";
  CHECK(has(run_with({{"SLURM_STEP_NUM_TASKS", "4"}}, {}).err, words));
  CHECK_FALSE(has(run_with({{"SLURM_STEP_NUM_TASKS", "1"}}, {}).err, words));
}
