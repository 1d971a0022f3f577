#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "leat/run.h"
#include "support/doctest.h"
#include "support/observers.h"
#include "support/thread_ranks.h"

// Trainings on several ranks that are threads of this process.
namespace leat {

/// By node, step and slot of the whole batch: hashes of the training's values before the device lane.
using SlotValues = std::map<std::tuple<std::string, std::int64_t, int>, std::uint64_t>;

struct RankRun {
  RunResult result;
  std::string error;
  SlotValues values;
};

/// What every rank runs.
struct RankedRun {
  std::function<std::unique_ptr<Program>(const BatchShare&)> build;
  std::filesystem::path folder;
  bool resumes = false;
  std::function<std::unique_ptr<Lane>()> make_lane = make_thread_lane;
  std::function<std::unique_ptr<Executor>(int)> make_executor = [](int threads) { return make_tbb_executor(threads); };
  /// Called after each step.
  std::function<void(int rank, Run& run, const Progress& progress)> at_step = [](int, Run&, const Progress&) {};
};

class AtStep final : public Observer {
 public:
  explicit AtStep(std::function<void(const Progress&)> call) : call_(std::move(call)) {}
  void step_retired(const Progress& progress) override { call_(progress); }

 private:
  std::function<void(const Progress&)> call_;
};

inline RankRun run_rank(const RankedRun& started, ThreadRanks& ranks, int rank) {
  RankRun out;
  try {
    const auto program = started.build({rank, ranks.size()});
    std::mutex lock;
    OnValue values([&](const PutValue& put) {
      if (put.phase != "train" || put.slot < 0) return;
      const std::lock_guard guard(lock);
      CHECK(
          out.values.emplace(std::tuple(std::string(put.node) + "." + std::string(put.port), put.step, put.slot), put.value.hash()).second);
    });
    Run* running = nullptr;
    AtStep at_step([&](const Progress& progress) { started.at_step(rank, *running, progress); });
    RunOptions options;
    options.folder = started.folder;
    options.resumes = started.resumes;
    options.ranks = ranks.size() > 1 ? &ranks.of(rank) : nullptr;
    options.observers = {{&values, Hears::Values}, {&at_step, Hears::Steps}};
    Run run(*program, started.make_lane(), started.make_executor(2), std::move(options));
    running = &run;
    out.result = run.run();
  } catch (const std::exception& error) {
    out.error = error.what();
    ranks.leave(rank);
  }
  return out;
}

inline std::vector<RankRun> run_all(const RankedRun& started, int count) {
  ThreadRanks ranks(count);
  std::vector<RankRun> out(static_cast<std::size_t>(count));
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < count; ++rank)
    threads.emplace_back([&, rank] { out[static_cast<std::size_t>(rank)] = run_rank(started, ranks, rank); });
  threads.clear();
  return out;
}

inline SlotValues joined(const std::vector<RankRun>& all) {
  SlotValues out;
  for (const RankRun& one : all)
    for (const auto& [at, hash] : one.values) CHECK(out.emplace(at, hash).second);
  return out;
}

}  // namespace leat
