/// A process that is one of several ranks, for tests: `leat_rank_worker [--ranks N] TIMEOUT SCENE [VICTIM]`. The first argument is for
/// launching. Scenes that wait for the test look for the file `go` in the folder.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>

#include "launch_ranks.h"
#include "leat/diagnostics.h"
#include "leat/joined_ranks.h"
#include "rank_environment.h"
#include "support/rank_calls.h"

extern "C" void leat_nodes_join_ranks(const leat::RankPlace& place, std::chrono::seconds timeout,
                                      std::unique_ptr<leat::JoinedRanks>& joined);

namespace leat::test {

namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t signals = 0;

void say(const std::string& line) { std::cout << line << std::endl; }

bool may_go() { return std::filesystem::exists("go"); }

[[noreturn]] void wait_outside() {
  for (;;) ::pause();
}

/// Calls collective functions until the test lets them end.
void loops(JoinedRanks& ranks, int) {
  for (int round = 0; ranks.from_first(may_go() ? "end" : "") != "end"; ++round) {
    (void)ranks.gather(std::to_string(round));
    if (round == 3) say("in the loop");
  }
}

/// The victim stays outside while the others wait for it in a call.
void outside(JoinedRanks& ranks, int victim) {
  (void)ranks.gather("first");
  if (ranks.rank() == victim) {
    say("outside");
    wait_outside();
  }
  (void)ranks.gather("second");
}

/// All ranks but one, the victim among them, wait in a call for one that comes when the test lets it.
void inside(JoinedRanks& ranks, int victim) {
  (void)ranks.gather("first");
  if (ranks.rank() == (victim + 1) % ranks.size())
    while (!may_go()) std::this_thread::sleep_for(10ms);
  if (ranks.rank() == victim) say("inside");
  (void)ranks.gather("second");
}

void fails(JoinedRanks& ranks, int victim) {
  (void)ranks.gather("first");
  if (ranks.rank() == victim) throw std::runtime_error("its disk is full");
  (void)ranks.gather("second");
}

void refuses(JoinedRanks&, int) { throw Refusal("the graph is wrong"); }

void leaves(JoinedRanks& ranks, int victim) {
  (void)ranks.gather("first");
  if (ranks.rank() != victim) (void)ranks.gather("second");
}

/// Rank 0 works on after the others have done their part.
void last(JoinedRanks& ranks, int) {
  (void)ranks.gather("first");
  say("has called");
  if (ranks.rank() == 0)
    while (!may_go()) std::this_thread::sleep_for(10ms);
}

/// Ends with 130 after each rank has had a signal, and says how many.
void interrupted(JoinedRanks& ranks, int) {
  for (const int signal : {SIGINT, SIGTERM}) ::signal(signal, [](int) { signals = signals + 1; });
  (void)ranks.gather("first");
  say("waits for a signal");
  for (bool all = false; !all;) {
    all = true;
    for (const std::string& count : ranks.gather(std::to_string(signals))) all = all && count != "0";
  }
  say("signals: " + std::to_string(signals));
}

using Scene = void (*)(JoinedRanks&, int);

template <void (*Calls)(JoinedRanks&)>
void calls(JoinedRanks& ranks, int) {
  Calls(ranks);
}

const std::map<std::string, Scene> scenes{{"gathers", calls<gathers>},
                                          {"blocks", calls<blocks>},
                                          {"sums", calls<sums>},
                                          {"asynchronous", calls<asynchronous_sums>},
                                          {"measure", calls<measure>},
                                          {"loops", loops},
                                          {"outside", outside},
                                          {"inside", inside},
                                          {"fails", fails},
                                          {"refuses", refuses},
                                          {"leaves", leaves},
                                          {"last", last},
                                          {"interrupted", interrupted}};

int run(const std::vector<std::string>& words) {
  ::signal(SIGPIPE, SIG_IGN);
  std::unique_ptr<JoinedRanks> ranks;
  try {
    const auto place = cli::place_from_environment();
    leat_nodes_join_ranks(place.value(), std::chrono::seconds(std::stoi(words.at(1))), ranks);
    say(ranks->name_of(ranks->rank()) + " has joined");
    scenes.at(words.at(2))(*ranks, words.size() > 3 ? std::stoi(words[3]) : 0);
    ranks->leave("");
    say("done");
    return signals == 0 ? 0 : 130;
  } catch (const std::exception& error) {
    // In one piece, because the launcher writes to the same file.
    std::cerr << "error: " + std::string(error.what()) + "\n" << std::flush;
    if (ranks) ranks->leave(error.what());
    return dynamic_cast<const Refusal*>(&error) ? 2 : 1;
  }
}

}  // namespace

}  // namespace leat::test

int main(int argc, char** argv) {
  std::vector<std::string> words(argv, argv + argc);
  if (words.at(1) == "--ranks")
    return leat::cli::launch_ranks(std::stoi(words.at(2)), leat::cli::words_without_ranks(), std::chrono::seconds(60));
  return leat::test::run(words);
}
