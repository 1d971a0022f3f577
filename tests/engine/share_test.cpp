#include <map>
#include <mutex>
#include <tuple>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/toys.h"

// A process that computes a part of every batch: its slots have the values that they have in the whole batch.
using namespace leat;

namespace {

/// By phase, node, step and slot of the whole batch.
using Values = std::map<std::tuple<std::string, std::string, std::int64_t, int>, std::uint64_t>;

Program build_share(const std::string& text, const BatchShare& share, Diagnostics& diagnostics) {
  const GraphDescription description = read_graph_text(text, "g.yaml", std::filesystem::current_path(), {}, diagnostics);
  diagnostics.throw_if_errors();
  ProgramSettings settings{7, "cpu", {}};
  settings.share = share;
  static const Registry registry = toy_registry();  // A program names its types.
  return Program::build(description, registry, settings, diagnostics);
}

Values values_of(const std::string& text, const BatchShare& share, int threads) {
  Diagnostics diagnostics;
  Program program = build_share(text, share, diagnostics);
  diagnostics.throw_if_errors();
  Values out;
  std::mutex lock;
  OnValue observer([&](const PutValue& put) {
    if (put.slot < 0) return;
    const std::lock_guard guard(lock);
    const auto [at, is_new] = out.emplace(std::tuple(std::string(put.phase), std::string(put.node), put.step, put.slot), put.value.hash());
    CHECK(is_new);
  });
  RunOptions options;
  options.observers = {{&observer, Hears::Values}};
  Run run(program, make_thread_lane(), make_test_executor(threads), std::move(options));
  (void)run.run();
  return out;
}

/// With every kind of value of a slot: drawn, random, dropped, paired, scattered.
std::string graph(int length, int batch) {
  const std::string numbers = "length: " + std::to_string(length) + ", batch: " + std::to_string(batch);
  const std::string nodes =
      "    nodes:\n      count: {uses: toy.count, with: {" + numbers +
      "}}\n      noise: {uses: toy.noise, in: count}\n      pass: {uses: toy.pass, in: noise, with: {busy_us: 50, jitter: "
      "true}}\n      pair: {uses: toy.pair, in: {first: noise, second: pass}}\n      rest: {uses: toy.drop, in: pair, "
      "with: {every: 3}}\n      batch: {uses: toy.batch, in: pair}\n      again: {uses: toy.unbatch, in: batch}\n"
      "      sum: {uses: toy.sum, in: rest}\n      sink: {uses: toy.sink, in: again}\n";
  return "leat: 1\nphases:\n  train:\n" + nodes + "  test:\n" + nodes + "plan: {train: {phase: train, steps: 9}, then: [test]}\n";
}

}  // namespace

TEST_CASE("share: two processes have, slot by slot, the values of one; in training, and where the last step is partial") {
  // The last step of the test has 1, 2, 3 and 5 slots.
  for (const auto& [length, batch] : {std::pair{13, 4}, {14, 4}, {15, 4}, {26, 7}}) {
    CAPTURE(length);
    const std::string text = graph(length, batch);
    const Values whole = values_of(text, {}, 2);
    Values parts;
    for (const int rank : {0, 1}) {
      const Values part = values_of(text, {rank, 2}, 2);
      for (const auto& [at, hash] : part) {
        CHECK(std::get<3>(at) % 2 == rank);
        CHECK(parts.emplace(at, hash).second);
      }
    }
    CHECK(parts == whole);
  }
}

TEST_CASE("share: a step without a slot of this process ends at once") {
  const std::string text =
      "leat: 1\nphases:\n  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 5, batch: 4}}\n"
      "      pass: {uses: toy.pass, in: count}\nplan: {then: [test]}\n";
  CHECK(values_of(text, {0, 2}, 2).size() == 2 * 3);
  CHECK(values_of(text, {1, 2}, 2).size() == 2 * 2);
}

TEST_CASE("share: a process has room for its part alone") {
  Diagnostics diagnostics;
  const Program program = build_share(graph(14, 5), {1, 2}, diagnostics);
  diagnostics.throw_if_errors();
  CHECK(program.phases[0].origins.at(0).rows == 2);
  CHECK(program.phases[1].steps == 3);
}

TEST_CASE("share: a rank that there cannot be is refused") {
  for (const BatchShare share : {BatchShare{0, 0}, {-1, 2}, {2, 2}, {5, 2}, {0, -1}}) {
    const std::string said = "`share` has rank " + std::to_string(share.rank) + " of " + std::to_string(share.ranks) +
                             " ranks; ranks count from 0, and there is at least one";
    Diagnostics diagnostics;
    CHECK_THROWS_WITH_AS((void)build_share(graph(14, 5), share, diagnostics), said.c_str(), std::invalid_argument);
  }
}

TEST_CASE("share: a batch that is smaller than the number of processes is refused at its source") {
  Diagnostics diagnostics;
  (void)build_share(graph(14, 2), {0, 3}, diagnostics);
  CHECK(diagnostics.str().find("g.yaml:5:7: error: `batch` of `count` is 2, but 3 processes share each batch") != std::string::npos);
  CHECK(diagnostics.str().find("set it to 3 or more") != std::string::npos);
}
