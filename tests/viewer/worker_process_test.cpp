#include "server/worker_process.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "support/doctest.h"
#include "support/temporary_folder.h"

// The server's side of a child process, with shells in place of workers: each breaks its promise in another way.

using namespace leat::viewer;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> shell(const std::string& script) { return {"/bin/sh", "-c", script}; }

constexpr WorkLimits usual{10s, std::int64_t{1} << 30};

WorkerProcess::Reply reply_of(const std::string& script, WorkLimits limits = usual) {
  WorkerProcess process(shell(script), limits);
  return process.ask({{"do", "nothing"}});
}

}  // namespace

TEST_CASE("worker process: one that ends, crashes or talks nonsense is told with its last words") {
  CHECK(reply_of("exit 3").failure == "the process for it ended with exit code 3");
  CHECK(reply_of("echo first >&2; echo it is full >&2; exit 1").failure == "the process for it ended with exit code 1: it is full");
  CHECK(reply_of("kill -SEGV $$").failure == "the process for it crashed (Segmentation fault)");
  CHECK(reply_of("echo this is no message, and it goes on >&4; sleep 100").failure.find("the process for it crashed") == 0);
}

TEST_CASE("worker process: a request that crashes it is not tried again; one that it did not read is") {
  const leat::TemporaryFolder folder;
  const std::string list = (folder / "started").string();
  const auto starts = [&] {
    std::ifstream in(list);
    return std::count(std::istreambuf_iterator<char>(in), {}, '\n');
  };
  const auto begun = [&](std::ptrdiff_t count) {
    for (int k = 0; k < 500 && starts() < count; ++k) std::this_thread::sleep_for(20ms);
    return starts() == count;
  };
  {
    // It reads all of the request, and crashes.
    WorkerProcess process(shell("echo >>" + list + "; sleep 0.3; dd bs=65536 count=1 <&3 >/dev/null 2>&1; kill -SEGV $$"), usual);
    process.warm_up();
    REQUIRE(begun(1));
    CHECK(process.ask({{"do", "nothing"}}).failure == "the process for it crashed (Segmentation fault)");
    CHECK(starts() == 1);
  }
  // The first process ends without a request. The second one gets it. As the server does, the test ignores the signal of a closed pipe.
  std::signal(SIGPIPE, SIG_IGN);
  WorkerProcess process(shell("echo >>" + list + "; [ $(wc -l <" + list + ") -gt 2 ] || exit 0; exit 5"), usual);
  process.warm_up();
  REQUIRE(begun(2));
  CHECK(process.ask({{"do", "nothing"}}).failure == "the process for it ended with exit code 5");
  CHECK(starts() == 3);
}

TEST_CASE("worker process: time and memory have limits") {
  const auto begin = std::chrono::steady_clock::now();
  CHECK(reply_of("sleep 100", {1s, usual.bytes}).failure == "it was ended after 1 seconds, the limit");
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  CHECK(reply_of("x=$(head -c 100000000 /dev/zero | tr '\\0' a); sleep 100", {30s, std::int64_t{50} << 20}).failure ==
        "it was ended because it used more than 50 MiB of memory, the limit");
}

TEST_CASE("worker process: what it writes to stderr does not hold it up") {
  CHECK(reply_of("yes warning | head -c 1000000 >&2; exit 7").failure == "the process for it ended with exit code 7: warning");
}

TEST_CASE("worker process: a newer request replaces one that takes long, and the next gets a new process") {
  WorkerProcess process(shell("sleep 100"), usual);
  WorkerProcess::Reply first;
  std::thread asks([&] { first = process.ask({}); });
  std::this_thread::sleep_for(100ms);
  const auto begin = std::chrono::steady_clock::now();
  std::thread newer([&] { CHECK(process.ask_instead({}).is_replaced); });
  asks.join();
  CHECK(first.is_replaced);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  std::this_thread::sleep_for(100ms);
  process.end();
  newer.join();
  CHECK(process.ask({}).is_replaced);
}

TEST_CASE("worker process: a program that is not there is told") {
  WorkerProcess process({"/no/such/program"}, usual);
  CHECK_THROWS_WITH(process.ask({}), "cannot start /no/such/program: No such file or directory");
}
