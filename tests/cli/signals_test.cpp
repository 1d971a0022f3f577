#include <signal.h>

#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

// What SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 do to the command. The nodes of the plugin `gated` wait where a test wants them to
// wait, so a test knows where its signal comes.

namespace fs = std::filesystem;
using namespace leat::test;
using leat::put;
using leat::TemporaryFolder;
using leat::text_of;

namespace {

const std::string plugin = LEAT_PLUGIN_FOLDER "/gated.plugin";

void put_graph(const TemporaryFolder& folder, const std::string& steps = "1000000") {
  put(folder / "graph.yaml", "leat: 1\nparams: {steps: " + steps + R"(, built_after: "", waits_for: "", at: 0, fails: false, ends_after: ""}
resources:
  weight: {uses: gated.weight, with: {ends_after: "${ends_after}"}}
phases:
  train:
    nodes:
      counts: {uses: gated.counts, with: {batch: 2}}
      learn:
        uses: gated.learn
        in: counts
        with: {weight: weight, built_after: "${built_after}", waits_for: "${waits_for}", at: "${at}", fails: "${fails}", pause_ms: 1}
plan:
  train: {phase: train, steps: "${steps}", checkpoint_every: 5}
)");
}

std::vector<std::string> words(std::vector<std::string> of_command) {
  of_command.insert(of_command.begin(), {"--plugin", plugin});
  return of_command;
}

std::vector<std::string> run_with(const std::string& set = "") {
  std::vector<std::string> out = words({"run", "graph.yaml", "--out", "run"});
  if (!set.empty()) out.insert(out.end(), {"--set", set});
  return out;
}

/// Far longer than anything here takes.
void wait_until(const std::function<bool()>& holds) {
  for (int tries = 0; !holds() && tries < 30000; ++tries) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  REQUIRE(holds());
}

void wait_for(const fs::path& file) {
  INFO(file.string());
  wait_until([&] { return fs::exists(file); });
}

/// The command has said this on stderr.
void wait_for_words(const TemporaryFolder& folder, const std::string& said) {
  INFO(said);
  wait_until([&] { return text_of(folder / ".stderr").find(said) != std::string::npos; });
}

/// A process has ended, whether or not its parent has looked.
bool has_ended(const std::string& process) {
  const std::string status = text_of("/proc/" + process + "/stat");
  return status.empty() || status.find(") Z ") != std::string::npos;
}

/// Whether a process's first thread takes SIGTERM.
bool takes_sigterm(const std::string& process) {
  const std::string status = text_of("/proc/" + process + "/status"), key = "SigBlk:";
  const std::size_t place = status.find(key);
  return place != std::string::npos && (std::stoull(status.substr(place + key.size()), nullptr, 16) & (1ull << (SIGTERM - 1))) == 0;
}

std::int64_t checkpointed_steps(const fs::path& run) {
  return nlohmann::json::parse(text_of(run / "checkpoints/last/manifest.json")).at("steps");
}

std::int64_t last_step(const fs::path& run) {
  const std::string text = text_of(run / "metrics.jsonl");
  const std::string line = text.substr(text.rfind('\n', text.size() - 2) + 1);
  return nlohmann::json::parse(line).at("step");
}

/// It stopped at the end of a step, and kept a checkpoint of it.
void check_stopped(const Finished& finished, const fs::path& run) {
  CAPTURE(finished.err);
  CHECK(finished.code == 130);
  CHECK(finished.last_error_line().starts_with("interrupted after "));
  CHECK_FALSE(fs::exists(run / "results.json"));
  CHECK(checkpointed_steps(run) == last_step(run));
}

constexpr const char* stopping = "stopping after this step";
constexpr const char* stopping_already = "stopping already; again to stop at once";

}  // namespace

TEST_CASE("signals: SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 each stop a run after a step, with a checkpoint") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    CAPTURE(number);
    const TemporaryFolder folder;
    put_graph(folder);
    Command run(run_with(), folder.path());
    wait_for(folder / "run/checkpoints/last/manifest.json");
    run.signal(number);
    check_stopped(run.wait(), folder / "run");
  }
}

TEST_CASE("signals: a scheduler's warnings do not hasten a stop, the first SIGTERM after them neither; the second ends the process") {
  const TemporaryFolder folder;
  put_graph(folder);
  Command run(run_with("waits_for=go"), folder.path());
  wait_for(folder / "go.waits");
  run.signal(SIGUSR2);
  wait_for_words(folder, stopping);
  for (const int number : {SIGUSR2, SIGUSR1, SIGUSR2}) run.signal(number);
  run.signal(SIGTERM);
  wait_for_words(folder, stopping_already);
  SUBCASE("the step ends") {
    put(folder / "go", "");
    check_stopped(run.wait(), folder / "run");
  }
  SUBCASE("warnings after that do not hasten it") {
    run.signal(SIGUSR1);
    put(folder / "go", "");
    check_stopped(run.wait(), folder / "run");
  }
  SUBCASE("once more") {
    run.signal(SIGTERM);
    CHECK(run.wait().code == 130);
  }
  SUBCASE("once more, as SIGINT") {
    run.signal(SIGINT);
    CHECK(run.wait().code == 130);
  }
}

TEST_CASE("signals: a terminal that closes may send SIGHUP again, which hastens nothing") {
  const TemporaryFolder folder;
  put_graph(folder);
  Command run(run_with("waits_for=go"), folder.path());
  wait_for(folder / "go.waits");
  run.signal(SIGHUP);
  wait_for_words(folder, "stopping after this step, because of SIGHUP\n");
  run.signal(SIGHUP);
  run.signal(SIGTERM);
  wait_for_words(folder, stopping_already);
  run.signal(SIGHUP);
  put(folder / "go", "");
  check_stopped(run.wait(), folder / "run");
}

TEST_CASE("signals: a run that began with SIGHUP ignored, as `nohup` does it, goes on") {
  const TemporaryFolder folder;
  put_graph(folder, "10");
  ::signal(SIGHUP, SIG_IGN);
  Command run(run_with("waits_for=go"), folder.path());
  ::signal(SIGHUP, SIG_DFL);
  wait_for(folder / "go.waits");
  run.signal(SIGHUP);
  put(folder / "go", "");
  const Finished finished = run.wait();
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK(last_step(folder / "run") == 10);
}

TEST_CASE("signals: whoever reads what a run prints may be gone, and the run goes on") {
  const TemporaryFolder folder;
  put_graph(folder, "10");
  SUBCASE("to its end") {
    Command run(run_with(), folder.path(), Command::Prints::ToNobody);
    CHECK(run.wait().code == 0);
    CHECK(last_step(folder / "run") == 10);
    CHECK(fs::exists(folder / "run/results.json"));
  }
  SUBCASE("or to where it is asked to stop") {
    Command run(run_with("waits_for=go"), folder.path(), Command::Prints::ToNobody);
    wait_for(folder / "go.waits");
    run.signal(SIGHUP);
    run.signal(SIGTERM);
    put(folder / "go", "");
    CHECK(run.wait().code == 130);
    CHECK(checkpointed_steps(folder / "run") == last_step(folder / "run"));
  }
}

TEST_CASE("signals: a terminal that takes no word holds up neither checkpoints nor a stop, and the second SIGINT ends the process") {
  const TemporaryFolder folder;
  put_graph(folder);
  Command run(run_with(), folder.path(), Command::Prints::ToFullPipe);
  wait_for(folder / "run/checkpoints/last/manifest.json");
  const std::int64_t before = checkpointed_steps(folder / "run");
  wait_until([&] { return checkpointed_steps(folder / "run") > before; });
  run.signal(SIGINT);
  // It has stopped when it writes no more.
  wait_until([&] {
    const std::int64_t steps = checkpointed_steps(folder / "run");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return checkpointed_steps(folder / "run") == steps && steps == last_step(folder / "run");
  });
  run.signal(SIGINT);
  CHECK(run.wait().code == 130);
}

TEST_CASE("signals: after a warning that cannot be said, the second SIGINT or SIGTERM ends the process") {
  for (const int warning : {SIGUSR1, SIGUSR2, SIGHUP}) {
    CAPTURE(warning);
    const TemporaryFolder folder;
    put_graph(folder);
    Command run(run_with(), folder.path(), Command::Prints::ToFullPipe);
    wait_for(folder / "run/checkpoints/last/manifest.json");
    run.signal(warning);
    // It has stopped when it writes no more.
    wait_until([&] {
      const std::int64_t steps = checkpointed_steps(folder / "run");
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      return checkpointed_steps(folder / "run") == steps && steps == last_step(folder / "run");
    });
    run.signal(SIGTERM);
    // Two of one signal that come at the same moment are one.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    run.signal(SIGTERM);
    CHECK(run.wait().code == 130);
  }
}

TEST_CASE("signals: where an error that ends the command cannot be said, SIGINT or SIGTERM ends the process") {
  for (const int number : {SIGINT, SIGTERM}) {
    const TemporaryFolder folder;
    put_graph(folder);
    Command verify(words({"verify", "graph.yaml", "--set", "waits_for=go", "--set", "fails=true", "--steps", "4"}), folder.path(),
                   Command::Prints::ToFullPipe);
    wait_for(folder / "go.waits");
    std::string process = text_of(folder / "go.waits");
    process.pop_back();
    put(folder / "go", "");
    wait_until([&] { return takes_sigterm(process); });
    verify.signal(number);
    CHECK(verify.wait().code == 130);
  }
}

TEST_CASE("signals: the second SIGINT or SIGTERM ends the process while a step goes on") {
  for (const auto& [first, second] : {std::pair(SIGINT, SIGINT), std::pair(SIGTERM, SIGINT), std::pair(SIGINT, SIGTERM)}) {
    const TemporaryFolder folder;
    put_graph(folder);
    Command run(run_with("waits_for=go"), folder.path());
    wait_for(folder / "go.waits");
    run.signal(first);
    wait_for_words(folder, stopping);
    run.signal(second);
    CHECK(run.wait().code == 130);
  }
}

TEST_CASE("signals: before a run begins each of them ends the process") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    CAPTURE(number);
    const TemporaryFolder folder;
    put_graph(folder);
    Command run(run_with("built_after=go"), folder.path());
    wait_for(folder / "go.waits");
    run.signal(number);
    CHECK(run.wait().code == 130);
    CHECK_FALSE(fs::exists(folder / "run"));
  }
}

TEST_CASE("signals: one that comes after a run's end changes nothing of it, a second SIGTERM ends the process") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    CAPTURE(number);
    const TemporaryFolder folder;
    put_graph(folder, "10");
    Command run(run_with("ends_after=go"), folder.path());
    // The resource's end comes after the run's.
    wait_for(folder / "go.waits");
    const std::string results = text_of(folder / "run/results.json");
    CHECK(nlohmann::json::parse(results).at("steps") == 10);
    run.signal(number);
    SUBCASE("once") {
      put(folder / "go", "");
      CHECK(run.wait().code == 0);
    }
    SUBCASE("and again") {
      if (number != SIGTERM) run.signal(SIGTERM);
      else wait_for_words(folder, "again to stop at once");
      run.signal(SIGINT);
      CHECK(run.wait().code == 130);
    }
    CHECK(text_of(folder / "run/results.json") == results);
  }
}

TEST_CASE("signals: they end `leat verify`") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    CAPTURE(number);
    const TemporaryFolder folder;
    put_graph(folder);
    Command verify(words({"verify", "graph.yaml", "--set", "waits_for=go", "--steps", "4"}), folder.path());
    wait_for(folder / "go.waits");
    verify.signal(number);
    CHECK(verify.wait().code == 130);
  }
}

TEST_CASE("signals: they end `leat plugin check`, and the process in which it tries a graph") {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    CAPTURE(number);
    const TemporaryFolder folder;
    put_graph(folder, "4");
    Command check({"plugin", "check", plugin, "graph.yaml", "--set", "waits_for=go"}, folder.path());
    wait_for(folder / "go.waits");
    std::string trial = text_of(folder / "go.waits");
    trial.pop_back();
    check.signal(number);
    CHECK(check.wait().code == 130);
    wait_until([&] { return has_ended(trial); });
  }
}

TEST_CASE("signals: a warned sweep stops its runs as SIGTERM does, also where the runs get the same signal themselves") {
  for (const int number : {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
    CAPTURE(number);
    const TemporaryFolder folder;
    put_graph(folder);
    put(folder / "sweep.yaml", "leat: 1\nsystems: {One: graph.yaml}\nset: {waits_for: go, at: 7}\nbudgets: [{seeds: [0]}]\n");
    Command sweep(words({"sweep", "sweep.yaml", "--out", "out"}), folder.path());
    wait_for(folder / "go.waits");
    std::string run = text_of(folder / "go.waits");
    run.pop_back();
    const auto tell_run = [&] { ::kill(std::stoi(run), number); };
    const auto run_says = [&](const std::string& said) {
      wait_until([&] { return text_of(folder / "out/One/log-0.txt").find(said) != std::string::npos; });
    };
    SUBCASE("the sweep alone") {
      sweep.signal(number);
      run_says(stopping);
    }
    SUBCASE("the run first") {
      tell_run();
      run_says(stopping);
      sweep.signal(number);
      wait_for_words(folder, "stopping after each run's step");
    }
    SUBCASE("the sweep first") {
      sweep.signal(number);
      run_says(stopping);
      tell_run();
      if (number == SIGTERM) run_says(stopping_already);
    }
    put(folder / "go", "");
    const Finished finished = sweep.wait();
    CAPTURE(finished.err);
    CHECK(finished.code == 130);
    CHECK(finished.last_error_line().starts_with("interrupted, 0 of 1 runs have finished"));
    CHECK(checkpointed_steps(folder / "out/One/seed-0") == 8);
  }
}
