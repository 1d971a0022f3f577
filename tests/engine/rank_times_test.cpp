#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/late_rank.h"
#include "leat/live_activity.h"
#include "leat/report.h"
#include "leat/report_json.h"
#include "leat/report_page.h"
#include "leat/report_text.h"
#include "record/event_log.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/rank_runs.h"
#include "support/text_file.h"
#include "support/toys.h"

// How long each rank of a training takes, as the log, the page, `leat explain` and the report say it.
using namespace leat;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr const char* header = R"({"version": 1, "workers": 2, "begun": 1000.0, "phases": [{"name": "train", "kind": "train",
  "nodes": [{"name": "count", "type": "toy.count", "lane": "cpu", "grain": "slot"}], "edges": []}]})";

struct Times {
  double compute_s = 0, data_s = 0;
};

std::string name_of(std::size_t rank, int process = 4710) {
  return "rank " + std::to_string(rank) + " (process " + std::to_string(process + static_cast<int>(rank)) + " on gpu-03)";
}

/// A note as the engine writes it: the times of all ranks in a step, times the steps.
std::string note(const std::vector<Times>& of_step, std::int64_t steps, double second, int process = 4710) {
  nlohmann::ordered_json ranks = json::array();
  for (std::size_t k = 0; k < of_step.size(); ++k)
    ranks.push_back({{"name", name_of(k, process)},
                     {"compute_s", of_step[k].compute_s * static_cast<double>(steps)},
                     {"data_s", of_step[k].data_s * static_cast<double>(steps)}});
  return nlohmann::ordered_json{{"ranks", ranks}, {"phase", "train"}, {"steps", steps}, {"ns", static_cast<std::int64_t>(second * 1e9)}}
      .dump();
}

void add_part(const fs::path& file, const std::vector<std::string>& notes) {
  const record::Ticks ticks;
  record::EventLog log(file, header, ticks, [](const std::string& why) { FAIL(why); });
  for (const std::string& one : notes) log.add_note(one);
}

struct Read {
  RanksActivity recent, whole;
};

Read read(const fs::path& file) {
  LiveActivity live(file);
  while (live.read() || live.is_behind()) {
  }
  return {live.recent_ranks(), live.ranks()};
}

/// Notes of 20 steps each second.
std::vector<std::string> seconds_of(const std::vector<Times>& of_step, int seconds, int process = 4710) {
  std::vector<std::string> out;
  for (int k = 1; k <= seconds; ++k) out.push_back(note(of_step, 20, k, process));
  return out;
}

const std::vector<Times> with_late{{0.050, 0.008}, {0.118, 0}, {0.060, 0}, {0.058, 0.001}};

std::string graph(int steps) {
  return "leat: 1\nresources:\n  weight: {uses: toy.weight}\nphases:\n  train:\n    nodes:\n"
         "      count: {uses: toy.count, with: {length: 40, batch: 4}}\n      batch: {uses: toy.batch, in: count, lane: device}\n"
         "      mix: {uses: toy.mix, in: batch}\n      learn: {uses: toy.learn, in: mix.total, with: {weight: weight}}\n"
         "plan:\n  train: {phase: train, steps: " +
         std::to_string(steps) + "}\n";
}

/// A finished run on so many ranks.
fs::path put_run(const fs::path& folder, int ranks) {
  constexpr int steps = 12;
  RankedRun started;
  started.folder = folder;
  started.make_executor = make_test_executor;
  started.build = [](const BatchShare& share) {
    static const Registry registry = toy_registry();
    Diagnostics diagnostics;
    const GraphDescription description = read_graph_text(graph(steps), "g.yaml", fs::current_path(), {}, diagnostics);
    diagnostics.throw_if_errors();
    auto program = std::make_unique<Program>(Program::build(description, registry, {7, "cpu", share}, diagnostics));
    diagnostics.throw_if_errors();
    return program;
  };
  for (const RankRun& one : run_all(started, ranks)) REQUIRE(one.error == "");
  return folder;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("rank times: the late rank is the one that takes a tenth longer than the one in the middle of the others") {
  const auto late = [](const std::vector<std::int64_t>& ms, std::int64_t steps = 10) {
    std::vector<RankTimes> sums;
    for (const std::int64_t one : ms) sums.push_back({one * steps * 1'000'000, 0});
    const auto found = find_late_rank(sums, steps);
    return found ? found->rank : -1;
  };
  CHECK(late({60, 118, 60, 60}) == 1);
  CHECK(late({60, 65, 60, 60}) == -1);
  CHECK(late({100, 60, 100, 100}) == -1);  // A fast rank is none that others wait for.
  CHECK(late({60, 118}) == 1);
  CHECK(late({60, 118}, 9) == -1);
  CHECK(late({60}) == -1);
  CHECK(late({0, 0, 0}) == -1);
  CHECK(late({}) == -1);
}

TEST_CASE("rank times: the sentence says whether the late rank computes or waits for its images") {
  const auto sentence = [](const std::vector<RankTimes>& sums) { return find_late_rank(sums, 10)->sentence("rank 1 (on gpu-03)", 10); };
  CHECK(sentence({{600'000'000, 0}, {1'180'000'000, 0}, {600'000'000, 0}}) ==
        "the other ranks wait for rank 1 (on gpu-03): its part of a step takes 118 ms, that of others 60 ms; it computes 118 ms, others 60 "
        "ms");
  CHECK(sentence({{600'000'000, 0}, {600'000'000, 15'000'000'000}, {600'000'000, 10'000'000}}) ==
        "the other ranks wait for rank 1 (on gpu-03): its part of a step takes 1560 ms, that of others 61 ms; it waits 1500 ms for its "
        "images, "
        "others 1 ms");
  CHECK(sentence({{600'000'000, 0}, {1'180'000'000, 0}}) ==
        "the other rank waits for rank 1 (on gpu-03): its part of a step takes 118 ms, that of the other 60 ms; it computes 118 ms, the "
        "other "
        "60 ms");
}

TEST_CASE("rank times: a log gives the times of each rank in the window and in the whole run, and names the late one") {
  const TemporaryFolder folder;
  // Rank 2 is late at first, and rank 1 in the last seconds.
  std::vector<std::string> notes = seconds_of({{0.06, 0}, {0.06, 0}, {0.2, 0.1}, {0.06, 0}}, 30);
  for (int k = 31; k <= 45; ++k) notes.push_back(note(with_late, 20, k));
  add_part(folder / "log", notes);
  const auto [recent, whole] = read(folder / "log");
  CHECK(recent.phase == "train");
  CHECK(recent.steps == 200);
  REQUIRE(recent.ranks.size() == 4);
  CHECK(recent.ranks[0].name == "rank 0 (process 4710 on gpu-03)");
  CHECK(recent.ranks[0].compute == doctest::Approx(0.05));
  CHECK(recent.ranks[0].data == doctest::Approx(0.008));
  CHECK(recent.ranks[0].waiting == doctest::Approx(0.06));
  CHECK(recent.ranks[1].waiting == 0);
  CHECK(recent.late == 1);
  CHECK(recent.sentence ==
        "The other ranks wait for rank 1 (process 4711 on gpu-03): its part of a step takes 118 ms, that of others 59 ms; it computes 118 "
        "ms, "
        "others 58 ms.");
  CHECK(recent.longest_first() == std::vector{1, 2, 3, 0});
  CHECK(whole.steps == 900);
  CHECK(whole.late == 2);
  CHECK(whole.ranks[2].compute == doctest::Approx((0.2 * 600 + 0.06 * 300) / 900));
}

TEST_CASE("rank times: few slow steps make a longer window, and too few of them no judgement") {
  const TemporaryFolder folder;
  std::vector<std::string> notes;
  for (int k = 1; k <= 40; ++k) notes.push_back(note({{2, 0}, {4, 0}}, 1, 4 * k));
  add_part(folder / "slow", notes);
  CHECK(read(folder / "slow").recent.steps == 12);
  CHECK(read(folder / "slow").recent.late == 1);
  notes.resize(9);
  add_part(folder / "few", notes);
  CHECK(read(folder / "few").whole.late == -1);
  CHECK(read(folder / "few").whole.sentence == "Only 9 steps were measured, too few to tell whether a rank is late.");
  add_part(folder / "even", seconds_of({{0.06, 0}, {0.061, 0}}, 3));
  CHECK(read(folder / "even").whole.sentence == "No rank is late: none takes a tenth longer than the others.");
}

TEST_CASE("rank times: one process has none") {
  const TemporaryFolder folder;
  add_part(folder / "log", {note({{0.06, 0}}, 20, 1), R"({"said": "rank"})"});
  CHECK(read(folder / "log").recent.ranks.empty());
  CHECK(read(folder / "log").whole.ranks.empty());
  CHECK(ranks_text(read(folder / "log").whole) == "");
}

TEST_CASE("rank times: 64 ranks are a table of the first, and a line on the others") {
  const TemporaryFolder folder;
  std::vector<Times> all(64, Times{0.060, 0});
  all[7] = {0.058, 0};
  all[40] = {0.2, 0.01};
  all[41] = {0.061, 0.001};
  add_part(folder / "log", seconds_of(all, 5));
  const std::string text = ranks_text(read(folder / "log").whole);
  CAPTURE(text);
  CHECK(has(text, "rank 40 (process 4750 on gpu-03), late  210       200        10.0"));
  CHECK(has(text, "rank 41 (process 4751 on gpu-03)"));
  CHECK(has(text, "\nThe parts of the other 56 ranks take 58.0 to 60.0 ms.\nThe other ranks wait for rank 40 (process 4750 on gpu-03): "));
  CHECK(std::count(text.begin(), text.end(), '\n') == 13);
}

TEST_CASE("rank times: of a resumed run, the newest part counts for the window, and parts of other numbers of ranks are left out") {
  const TemporaryFolder folder;
  add_part(folder / "log", seconds_of({{0.06, 0}, {0.2, 0}}, 5));
  add_part(folder / "log", seconds_of(with_late, 10, 8000));
  const auto [recent, whole] = read(folder / "log");
  CHECK(recent.ranks.size() == 4);
  CHECK(recent.ranks[1].name == "rank 1 (process 8001 on gpu-03)");
  CHECK(whole.ranks.size() == 4);
  CHECK(whole.steps == 200);
  CHECK(whole.other_steps == 100);
  CHECK(has(ranks_text(whole), "These are means over 200 steps. 100 other steps were done on another number of ranks, and are left out."));
  // Again as many as at first, in other processes: names that would blame a process that only one of the parts had are plain.
  add_part(folder / "log", seconds_of({{0.06, 0}, {0.08, 0}}, 5, 9000));
  CHECK(read(folder / "log").recent.ranks[1].name == "rank 1 (process 9001 on gpu-03)");
  CHECK(read(folder / "log").recent.steps == 100);
  CHECK(read(folder / "log").whole.ranks[1].name == "rank 1");
  CHECK(read(folder / "log").whole.ranks[1].compute == doctest::Approx(0.14));
  CHECK(read(folder / "log").whole.other_steps == 200);
  // One process goes on.
  add_part(folder / "log", {});
  CHECK(read(folder / "log").recent.ranks.empty());
  CHECK(read(folder / "log").whole.steps == 200);
}

TEST_CASE("rank times: damaged notes are left out") {
  const TemporaryFolder folder;
  const std::string good = note(with_late, 20, 1);
  const json whole = json::parse(good);
  std::vector<std::string> notes{good};
  const auto add = [&](const std::function<void(json&)>& change) {
    json made = whole;
    change(made);
    // The engine writes the ranks first.
    nlohmann::ordered_json out;
    if (made.contains("ranks")) out["ranks"] = made["ranks"];
    for (const auto& [key, value] : made.items()) out[key] = value;
    notes.push_back(out.dump());
  };
  for (const char* key : {"ranks", "phase", "steps", "ns"}) {
    add([&](json& one) { one.erase(key); });
    for (const json& value : {json(nullptr), json("many"), json(-1), json::array(), json::object(), json(1e300), json(true)})
      if (!(std::string(key) == "phase" && value.is_string())) add([&](json& one) { one[key] = value; });
  }
  for (const char* key : {"name", "compute_s", "data_s"}) {
    add([&](json& one) { one["ranks"][2].erase(key); });
    for (const json& value : {json(nullptr), json(-1), json::array(), json(1e300)}) add([&](json& one) { one["ranks"][2][key] = value; });
  }
  add([](json& one) { one["steps"] = 0; });
  add([](json& one) { one["steps"] = 18446744073709551615ULL; });
  add([](json& one) { one["ranks"] = json::array({one["ranks"][0]}); });
  add([](json& one) { one["ranks"].erase(3); });  // Another number of ranks in the same part.
  add([](json& one) { one["ranks"][0] = 7; });
  for (const std::size_t length : {10U, 60U, 200U}) notes.push_back(good.substr(0, length));
  add_part(folder / "log", notes);
  const auto [recent, all] = read(folder / "log");
  CHECK(all.steps == 20);
  CHECK(all.ranks.size() == 4);
  CHECK(recent.late == 1);
  CHECK(all.other_steps == 0);
}

TEST_CASE("rank times: a name does not control the terminal") {
  const TemporaryFolder folder;
  json made = json::parse(note(with_late, 20, 1));
  made["ranks"][1]["name"] = "rank 1\x1b[2J\n";
  add_part(folder / "log", {"{\"ranks\":" + made["ranks"].dump() + ",\"phase\":\"train\",\"steps\":20,\"ns\":1}"});
  const std::string text = ranks_text(read(folder / "log").whole);
  CHECK(has(text, "rank 1?[2J?, late"));
  CHECK(!has(text, "\x1b"));
}

TEST_CASE("rank times: a run on two ranks says of all its steps what the ranks did, and its results how many there were") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 2);
  const RanksActivity ranks = read(run / "events.log").whole;
  // The times of the last step are not exchanged any more.
  CHECK(ranks.steps == 11);
  REQUIRE(ranks.ranks.size() == 2);
  CHECK(ranks.ranks[1].name == "rank 1");
  CHECK(ranks.ranks[1].part() > 0);
  CHECK(json::parse(text_of(run / "results.json")).at("ranks") == 2);
  const std::vector<Verdict> verdict = verdicts(run / "events.log").phases;
  REQUIRE(verdict.size() == 1);
  CHECK(verdict[0].ranks.steps == 11);
  CHECK(json::parse(verdicts_json(verdict))[0].at("ranks").at("ranks").size() == 2);

  const fs::path alone = put_run(folder / "alone", 1);
  CHECK(json::parse(text_of(alone / "results.json")).at("ranks") == 1);
  CHECK(read(alone / "events.log").whole.ranks.empty());
  CHECK(json::parse(verdicts_json(verdicts(alone / "events.log").phases))[0].at("ranks").is_null());
}

TEST_CASE("rank times: the report of a run on several ranks says how many there were, and what each did") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 2);
  fs::remove(run / "events.log");
  add_part(run / "events.log", seconds_of(with_late, 10));
  const std::vector<fs::path> folders{run};
  const Report report = make_report(folders);
  const std::string text = report_text(report);
  CAPTURE(text);
  CHECK(has(text, "; trained on 4 ranks; 12 training steps; "));
  CHECK(has(text, "waiting for"));
  CHECK(has(text, "rank 1 (process 4711 on gpu-03), late  118"));
  CHECK(has(text, "\nThe other ranks wait for rank 1 (process 4711 on gpu-03): "));
  const std::string markdown = report_markdown(report);
  CHECK(has(markdown, "| rank 0 (process 4710 on gpu-03) |"));
  CHECK(has(markdown, "|\n\nThe other ranks wait for"));
  const json out = json::parse(report_json(report)).at("runs")[0];
  CHECK(out.at("ranks") == 4);
  CHECK(out.at("rank_times").at("late") == 1);
  CHECK(out.at("rank_times").at("ranks")[3].at("data") == doctest::Approx(0.001));

  // The page for others has no process and no host.
  const std::string page = report_page(folders, {}).json;
  CHECK(!has(page, "gpu-03"));
  CHECK(!has(page, "4711"));
  const json times = json::parse(page).at("groups")[0].at("runs")[0];
  CHECK(times.at("ranks") == 4);
  CHECK(times.at("rank_times").at("ranks")[1].at("name") == "rank 1");
  CHECK(has(times.at("rank_times").at("sentence"), "The other ranks wait for rank 1: "));
  CHECK(has(report_page(folders, {.has_names = true}).json, "rank 1 (process 4711 on gpu-03)"));

  const std::vector<fs::path> alone{put_run(folder / "alone", 1)};
  CHECK(!has(report_text(make_report(alone)), "rank"));
  CHECK(json::parse(report_json(make_report(alone))).at("runs")[0].at("rank_times").is_null());
}
