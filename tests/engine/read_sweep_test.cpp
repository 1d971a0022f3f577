#include <fstream>
#include <set>

#include "leat/sweep.h"
#include "support/doctest.h"
#include "support/graphs.h"

using namespace leat;

namespace {

namespace fs = std::filesystem;

Sweep read(const fs::path& file, const std::vector<Setting>& settings = {}) {
  Diagnostics diagnostics;
  Sweep sweep = read_sweep(file, settings, diagnostics);
  CHECK(diagnostics.str().empty());
  return sweep;
}

const SweepRow& row(const Sweep& sweep, const std::string& name) {
  for (const SweepRow& one : sweep.rows)
    if (one.name == name) return one;
  throw std::runtime_error("no row " + name);
}

std::string words(const SweepRow& row) {
  std::string out;
  for (const Setting& one : row.settings) out += one.key + "=" + one.value + " ";
  return out;
}

}  // namespace

TEST_CASE("sweep: the papers' table has 54 rows, named as theirs") {
  const Sweep sweep = read(LEAT_SOURCE "/graphs/paper-table.yaml");
  std::set<std::string> expected, found;
  const std::vector<std::string> masks{"10", "50", "all"}, classes{"100", "1000", "all"};
  for (const std::string& mask : masks) expected.insert("U-Net-" + mask);
  for (const std::string& label : classes) {
    expected.insert({"Enc-" + label, "EncSSL-" + label});
    for (const std::string& mask : masks)
      for (const std::string system : {"UMTL", "UMTLS", "UMTL-SSL", "UMTLS-SSL", "MultiMix"})
        expected.insert(system + "-" + mask + "-" + label);
  }
  for (const SweepRow& one : sweep.rows) found.insert(one.name);
  CHECK(sweep.rows.size() == 54);
  CHECK(found == expected);
  CHECK(row(sweep, "U-Net-10").seeds == std::vector<std::uint64_t>{0, 1, 2, 3, 4});
  CHECK(row(sweep, "Enc-1000").seeds == std::vector<std::uint64_t>{0, 1, 2});
  CHECK(row(sweep, "MultiMix-all-100").seeds == std::vector<std::uint64_t>{0});
  CHECK(words(row(sweep, "EncSSL-all")) == "class_labels=0 data=" LEAT_SOURCE "/data size=64 steps=1000 ");
}

TEST_CASE("sweep: the ablations compare each change with the graph as it is") {
  for (const std::string name : {"multimix-ablation", "official-code-ablation"}) {
    CAPTURE(name);
    const Sweep sweep = read(std::string(LEAT_SOURCE "/graphs/") + name + ".yaml");
    CHECK(sweep.rows.size() >= 8);
    CHECK(sweep.rows[0].system == sweep.base);
    CHECK(sweep.metrics.size() >= 3);
  }
}

TEST_CASE("sweep: a graph gets what it has, `--set` comes before `set`, and equal rows are one") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "sweep.yaml";
  std::ofstream(folder.path() / "a.yaml") << "leat: 1\nparams: {lr: 1, labels: 2}\nphases: {}\n";
  std::ofstream(folder.path() / "b.yaml") << "leat: 1\nextends: a.yaml\nparams: {labels: null, words: [x, y]}\n";
  std::ofstream(file) << "leat: 1\nsystems: {A: a.yaml, B: b.yaml}\nset: {lr: 0.1, words: [p, \"1\"]}\n"
                         "budgets: [{labels: 5, seeds: [3]}, {labels: 0, seeds: [1, 0]}, {labels: 5, seeds: [3, 2]}]\n";
  const Sweep sweep = read(file, {{"lr", "1e-3"}});
  REQUIRE(sweep.rows.size() == 3);
  CHECK(sweep.rows[0].name == "A-5");
  CHECK(sweep.rows[0].seeds == std::vector<std::uint64_t>{2, 3});
  CHECK(words(sweep.rows[0]) == "labels=5 lr=1e-3 ");
  CHECK(sweep.rows[1].name == "A-all");
  CHECK(sweep.rows[2].name == "B");
  CHECK(sweep.rows[2].seeds == std::vector<std::uint64_t>{0, 1, 2, 3});
  CHECK(words(sweep.rows[2]) == "words=[p, \"1\"] lr=1e-3 ");
  CHECK(sweep.rows[2].folder(3) == "B/seed-3");
}

TEST_CASE("sweep: a system may set what its graph has, before `set`") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "sweep.yaml";
  std::ofstream(folder.path() / "a.yaml") << "leat: 1\nparams: {lr: 1, labels: 2, steps: 3}\nphases: {}\n";
  const auto put = [&file](const std::string& systems) {
    std::ofstream(file) << "leat: 1\nsystems: {plain: a.yaml, slow: " << systems << "}\nset: {lr: 1, steps: 9}\nbudgets: [{labels: 5}]\n";
  };
  const auto said = [&file](const std::vector<Setting>& settings) {
    Diagnostics diagnostics;
    (void)read_sweep(file, settings, diagnostics);
    return diagnostics.str();
  };
  put("{graph: a.yaml, set: {lr: 0.1}}");
  const Sweep sweep = read(file);
  REQUIRE(sweep.rows.size() == 2);
  CHECK(words(sweep.rows[0]) == "labels=5 lr=1 steps=9 ");
  CHECK(sweep.rows[1].name == "slow-5");
  CHECK(words(sweep.rows[1]) == "labels=5 lr=0.1 steps=9 ");
  CHECK(said({{"lr", "7"}}).find("error: `lr` is already set by the system `slow`") != std::string::npos);
  put("{graph: a.yaml, set: {labels: 4}}");
  CHECK(said({}).find("sweep.yaml:2:62: error: `labels` is already set by the budgets") != std::string::npos);
  put("{graph: a.yaml, set: {rl: 4}}");
  CHECK(said({}).find("sweep.yaml:2:54: error: the graph of the system `slow` has no parameter `rl`") != std::string::npos);
  put("{set: {lr: 4}}");
  CHECK(said({}).find("sweep.yaml:2:26: error: the system `slow` has no `graph`") != std::string::npos);
  put("[a.yaml]");
  CHECK(said({}).find("the system `slow` must be the path of a graph, or a map with `graph` and `set`, found a list") != std::string::npos);
}

TEST_CASE("sweep: rows that differ in the fold alone are pooled; a parameter that no two budgets set is refused") {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "sweep.yaml";
  std::ofstream(folder.path() / "a.yaml") << "leat: 1\nparams: {fold: 0, labels: 2}\nphases: {}\n";
  const auto put = [&file](const std::string& budgets, const std::string& pool) {
    std::ofstream(file) << "leat: 1\nsystems: {A: a.yaml}\nbudgets: " << budgets << "\npool_over: " << pool << "\n";
  };
  put("[{labels: 5, fold: 0}, {labels: 5, fold: 1}, {labels: 9, fold: 0}]", "fold");
  const Sweep sweep = read(file);
  CHECK(sweep.pool == "fold");
  REQUIRE(sweep.rows.size() == 3);
  CHECK(sweep.rows[0].name == "A-5-0");
  CHECK(sweep.rows[0].pooled_name == "A-5");
  CHECK(sweep.rows[1].pooled_name == "A-5");
  CHECK(sweep.rows[2].pooled_name == "A-9");
  const auto said = [&file] {
    Diagnostics diagnostics;
    (void)read_sweep(file, {}, diagnostics);
    return diagnostics.str();
  };
  put("[{fold: 0}]", "fold");
  CHECK(said().find("sweep.yaml:4:12: error: the budgets set no two values of `fold` that could be pooled") != std::string::npos);
  std::ofstream(folder.path() / "a.yaml") << "leat: 1\nparams: {fold: {value: 0, range: [0, 3], doc: It.}}\nphases: {}\n";
  put("[{fold: 0}, {fold: 2}]", "fold");
  CHECK(said().find("sweep.yaml:4:12: warning: no budget sets `fold` to 1, 3, which its range has") != std::string::npos);
  put("[{fold: 0}, {fold: 1}]", "flod");
  CHECK(said().find("sweep.yaml:4:12: error: no graph of the sweep has a parameter `flod`") != std::string::npos);
}
