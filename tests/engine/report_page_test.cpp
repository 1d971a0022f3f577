#include "leat/report_page.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "leat/report.h"
#include "leat/run_store.h"
#include "leat/run_table.h"
#include "leat/thrown.h"
#include "record/event_log.h"
#include "report/image_curves.h"
#include "report/image_scores.h"
#include "report/learning_curves.h"
#include "report/papers.h"
#include "report/pseudonyms.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

using namespace leat;
using namespace leat::report;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

json page_of(const std::vector<fs::path>& runs, bool has_names = false) { return json::parse(report_page(runs, {has_names, false}).json); }

const char* const graph_text = R"(leat: 1
title: Lungs of CANARY-title/folder
phases:
  test:
    kind: test
    nodes:
      chests: {uses: io.images, with: {folder: ./CANARY-data, classes: [NORMAL, PNEUMONIA]}}
      classes: {uses: metric.classification, in: {logits: chests}}
      lungs: {uses: metric.segmentation, in: {logits: chests}}
plan: {then: [test]}
)";

json results_of(std::uint64_t seed) {
  return {{"version", 1},
          {"title", "Lungs of CANARY-title/folder and CANARY-data"},
          {"graph_hash", "00ff"},
          {"seed", seed},
          {"device", "cpu:2"},
          {"parameters", {{"data", "/home/CANARY-user/CANARY-data"}, {"cohort", "CANARY cohort"}, {"size", 64}, {"mode", "balanced"}}},
          {"seconds", 7.5},
          {"steps", 3},
          {"peak_bytes", 1000},
          {"bound_bytes", 2000},
          {"phases",
           {{"test",
             {{"classes.accuracy", 0.75},
              {"classes.auc", 0.75},
              {"classes.images", 4},
              {"classes.share", 0.5},
              {"classes.share_CANARYGROUP", 0.25},
              {"classes.share_NORMAL", 0.5},
              {"lungs.dice", 0.7},
              {"lungs.images", 2}}}}},
          {"warnings",
           {"`chests`: 3 images are not plain gray 8 bit: /data/CANARY folder/CANARY Meier 4711.png was 16 bit",
            "the patient `CANARY, Anna` (`1950.03.12`) is in two parts", "`classes` is undefined in `test`, because it measured no image",
            "the file CANARY-left.dcm of 0042 cannot be read"}},
          {"disclosures", {"its labels were drawn from ./CANARY-data/list.csv"}}};
}

fs::path put_run(const fs::path& folder, std::uint64_t seed) {
  put(folder / "results.json", results_of(seed).dump());
  put(folder / "graph.yaml", graph_text);
  put(folder / "images" / "test.classes.csv",
      "image,group,patient,label,prediction,confidence,probability_NORMAL,probability_PNEUMONIA\n"
      "CANARY-a.png,CANARYGROUP,CANARY-Anna,NORMAL,NORMAL,0.9,0.9,0.1\n"
      "CANARY-b.png,CANARYGROUP,CANARY-Anna,NORMAL,PNEUMONIA,0.6,0.4,0.6\n"
      "CANARY-c.png,CANARYGROUP,CANARY-Bert,PNEUMONIA,PNEUMONIA,0.5,0.5,0.5\n"
      "CANARY-d.png,CANARYGROUP,CANARY-Carl,PNEUMONIA,PNEUMONIA,0.8,0.2,0.8\n");
  put(folder / "images" / "test.lungs.csv",
      "image,group,patient,dice,operator\nCANARY-b.png,CANARYGROUP,CANARY-b.png,0.8,CANARY-operator\n"
      "CANARY-e.png,CANARYGROUP,CANARY-e.png,0.6,CANARY-operator\n");
  put(folder / "metrics.jsonl",
      "{\"phase\":\"test\",\"step\":1,\"metrics\":{\"classes.share\":0.5,\"classes.share_CANARYGROUP\":0.25}}\n"
      "{\"phase\":\"test\",\"step\":2,\"metrics\":{\"classes.share\":0.25,\"classes.share_CANARYGROUP\":null}}\n"
      "{\"phase\":\"test\",\"step\":3,\"metrics\":{\"classes.share\":0.75,\"classes.share_CANARYGROUP\":0.5}}\n{\"phase\":\"te");
  return folder;
}

const json& table_of(const json& group, const std::string& node) {
  for (const json& table : group["tables"])
    if (table["node"] == node) return table;
  throw std::runtime_error("no table of " + node);
}

}  // namespace

TEST_CASE("report page: the values are those of the report and the store") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 7);
  const json group = page_of({run})["groups"][0];
  const std::vector<fs::path> runs{run};
  const Report report = make_report(runs);
  REQUIRE(group["figures"].size() == report.figures.size());
  for (std::size_t k = 0; k < report.figures.size(); ++k) {
    const ReportFigure& one = report.figures[k];
    const json& shown = group["figures"][k];
    CAPTURE(one.metric);
    CHECK(shown["phase"] == one.phase);
    CHECK(shown["node"] == one.node);
    CHECK(shown["interval"][0] == one.interval.value);
    if (std::isfinite(one.interval.low)) CHECK(shown["interval"][1] == one.interval.low);
    else CHECK(shown["interval"][1].is_null());
  }
  RunStore store = RunStore::open(folder.path());
  store.update();
  const StoredRun stored = store.runs().at(0);
  for (const StoredMetric& metric : stored.metrics) {
    const bool has_it = std::any_of(group["figures"].begin(), group["figures"].end(), [&](const json& one) {
      return one["node"].get<std::string>() + "." + one["metric"].get<std::string>() == metric.name && one["interval"][0] == metric.value;
    });
    if (metric.name != "classes.share_CANARYGROUP") CHECK_MESSAGE(has_it, metric.name);
  }
  CHECK(group["runs"][0]["seed"] == "7");
  const json& classes = table_of(group, "classes");
  CHECK(classes["confusion"][0]["counts"] == json({{1, 1}, {1, 1}}));
  CHECK(classes["probabilities"] == json({{0.1, 0.6, 0.5, 0.8}}));
  // Of equal probabilities the first class is predicted.
  CHECK(classes["predicted"] == json({0, 1, 0, 1}));
  CHECK(classes["roc"][0]["of"] == "PNEUMONIA");
  CHECK(classes["roc"][0]["points"] == json({{0.0, 0.0}, {0.0, 0.5}, {0.5, 0.5}, {0.5, 1.0}, {1.0, 1.0}}));
  CHECK(classes["roc"][0]["area"] == 0.75);
  CHECK(classes["roc"][0]["predicted"] == json({0.5, 0.5}));
  CHECK(table_of(group, "lungs")["columns"] == json({{"dice", {0.8, 0.6}}}));
}

TEST_CASE("report page: the same image has the same number in every table, and patients only if one has several images") {
  const TemporaryFolder folder;
  const json page = page_of({put_run(folder / "run", 0)});
  CHECK(page["names"].is_null());
  const json& group = page["groups"][0];
  const json& classes = page["row_sets"][table_of(group, "classes")["rows"].get<std::size_t>()];
  const json& lungs = page["row_sets"][table_of(group, "lungs")["rows"].get<std::size_t>()];
  CHECK(classes["images"] == json({1, 2, 3, 4}));
  CHECK(classes["patients"] == json({1, 1, 2, 3}));
  CHECK(classes["labels"] == json({{0, 0, 1, 1}}));
  CHECK(lungs["images"] == json({2, 5}));
  CHECK_FALSE(lungs.contains("patients"));
}

TEST_CASE("report page: images of two seeds share a number only if they are the same") {
  const TemporaryFolder folder;
  const fs::path first = put_run(folder / "a", 0), second = put_run(folder / "b", 1);
  const auto with = [&](const std::string& source, const std::string& first_print, const std::string& second_print) {
    const std::string text =
        "leat: 1\nresources:\n  xrays: {uses: io.split, with: {path: data}}\nphases:\n  test:\n    kind: test\n    nodes:\n      chests: " +
        source +
        "\n      classes: {uses: metric.classification, in: {logits: chests}}\n"
        "      lungs: {uses: metric.segmentation, in: {logits: chests}}\nplan: {then: [test]}\n";
    for (const auto& [run, print, seed] : {std::tuple(first, first_print, 0), std::tuple(second, second_print, 1)}) {
      put(run / "graph.yaml", text);
      json results = results_of(static_cast<std::uint64_t>(seed));
      if (!print.empty()) results["data"]["xrays"] = {{"files", 5}, {"fingerprint", print}, {"is_whole", true}};
      put(run / "results.json", results.dump());
    }
    return report_page(std::vector<fs::path>{first, second}, {});
  };
  const auto images_of = [](const ReportPage& page) {
    std::set<std::int64_t> out;
    const json data = json::parse(page.json);
    for (const json& set : data["row_sets"])
      for (const json& image : set["images"]) out.insert(image.get<std::int64_t>());
    return out.size();
  };
  const auto doubts = [](const ReportPage& page) {
    return std::any_of(page.contents.begin(), page.contents.end(),
                       [](const std::string& one) { return one.starts_with("Some runs recorded no fingerprints"); });
  };
  const ReportPage drawn = with("{uses: io.chest, with: {hospital: A, split: test, count: 4}}", "", "");
  CHECK(images_of(drawn) == 10);
  CHECK(drawn.contents[0] == "It has the results of 2 runs and the values of 10 images.");
  CHECK_FALSE(doubts(drawn));
  const std::string files = "{uses: io.classes, with: {split: xrays}}";
  const ReportPage same = with(files, "0123", "0123"), other = with(files, "0123", "4567"), unknown = with(files, "", "");
  CHECK(images_of(same) == 5);
  CHECK_FALSE(doubts(same));
  CHECK(images_of(other) == 10);
  CHECK_FALSE(doubts(other));
  CHECK(images_of(unknown) == 5);
  CHECK(doubts(unknown));
  CHECK_FALSE(doubts(report_page(std::vector<fs::path>{first}, {})));
}

TEST_CASE("report page: equal names in two data sets are different images") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 0);
  put(run / "graph.yaml",
      "leat: 1\nresources:\n  chex: {uses: io.split, with: {path: a}}\n  jsrt: {uses: io.split, with: {path: b}}\nphases:\n  test:\n"
      "    kind: test\n    nodes:\n      chests: {uses: io.classes, with: {split: chex}}\n"
      "      masks: {uses: io.masks, with: {split: jsrt}}\n      classes: {uses: metric.classification, in: {logits: chests}}\n"
      "      lungs: {uses: metric.segmentation, in: {logits: masks}}\nplan: {then: [test]}\n");
  const json page = page_of({run});
  CHECK(page["row_sets"][table_of(page["groups"][0], "lungs")["rows"].get<std::size_t>()]["images"] == json({5, 6}));
}

TEST_CASE("report page: runs without results below a folder are said to be left out, with their names only where names are asked for") {
  const TemporaryFolder folder;
  (void)put_run(folder / "runs" / "seed-2", 2);
  (void)put_run(folder / "runs" / "seed-10", 10);
  for (const char* name : {"CANARY-failed", "CANARY-stopped", "CANARY-lost"}) {
    const fs::path run = folder / "runs" / name;
    put(run / "graph.yaml", graph_text);
    put(run / "begun.json", R"({"seed": 7, "device": "cpu:2"})");
    put(run / "metrics.jsonl", "");
  }
  put(folder / "runs" / "plugin" / "graph.yaml", graph_text);
  const std::vector<fs::path> all{folder / "runs"};
  const ReportPage page = report_page(all, {});
  REQUIRE(page.left_out.size() == 4);
  CHECK(page.left_out[0] == "Left out: 3 runs that have no results.");
  const std::string lost = ": unfinished (its log does not say how it ended: it was killed, or it runs on another machine)";
  CHECK(page.left_out[1] == "Run 1, " + (folder / "runs" / "CANARY-failed").string() + lost);
  const json shown = json::parse(page.json)["left_out"];
  REQUIRE(shown.size() == 4);
  CHECK(shown[0] == page.left_out[0]);
  // As the command numbers them, so that runs of one seed can be told apart.
  CHECK(shown[1] == "Run 1, seed 7" + lost);
  CHECK(shown[3] == "Run 3, seed 7" + lost);
  CHECK(page.json.find("CANARY") == std::string::npos);
  const ReportPage named = report_page(all, {.has_names = true});
  CHECK(json::parse(named.json)["left_out"] == json(named.left_out));
  CHECK(json::parse(page.json)["groups"][0]["runs"][0]["seed"] == "2");
  const std::vector<fs::path> one{folder / "runs" / "seed-2"};
  CHECK(json::parse(report_page(one, {}).json)["left_out"].empty());
  fs::remove_all(folder / "runs" / "seed-2");
  fs::remove_all(folder / "runs" / "seed-10");
  try {
    (void)report_page(all, {});
    FAIL_CHECK("it was not refused");
  } catch (const Refusal& refusal) {
    CHECK(std::string(refusal.what()).find("has no finished run\n  Left out: 3 runs") != std::string::npos);
  }
}

TEST_CASE("report page: runs without results have the status that `leat runs` has for them") {
  const TemporaryFolder folder;
  (void)put_run(folder / "runs" / "seed-2", 2);
  const auto put_log = [&](const std::string& name, const std::string& note) {
    put(folder / "runs" / name / "graph.yaml", graph_text);
    const record::Ticks ticks;
    record::EventLog log(folder / "runs" / name / "events.log", "{}", ticks, [](const std::string& why) { FAIL(why); });
    log.add_note(note);
  };
  put_log("failed", R"({"failed":{"node":"a","where":"","why":"no memory"}})");
  put_log("paused", R"({"control":"pause","step":3,"ns":5})");
  put_log("running", R"({"usage":{"seconds":1.0,"paused":false}})");
  put_log("stopped", R"({"interrupted":3})");
  std::vector<int> locks;
  for (const char* name : {"paused", "running"}) {
    locks.push_back(::open((folder / "runs" / name / "lock").c_str(), O_CREAT | O_RDWR, 0644));
    REQUIRE(::flock(locks.back(), LOCK_EX) == 0);
  }
  const std::vector<fs::path> all{folder / "runs"};
  const std::vector<std::string> lines = report_page(all, {}).left_out;
  for (const int lock : locks) ::close(lock);
  REQUIRE(lines.size() == 5);
  for (std::size_t k = 0;
       const std::string words : {"failed: failed: no memory", "paused: paused", "running: running", "stopped: stopped"}) {
    ++k;
    CHECK(lines[k] == "Run " + std::to_string(k) + ", " + (folder / "runs" / words).string());
  }
}

TEST_CASE("report page: a copied run below a folder is left out and this is said, but two that are named are refused") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "runs" / "lr1-s0", 0), copy = put_run(folder / "runs" / "copied", 0);
  (void)put_run(folder / "runs" / "lr1-s1", 1);
  fs::last_write_time(copy / "results.json", fs::last_write_time(run / "results.json") - std::chrono::hours(1));
  put(folder / "runs" / "begun" / "graph.yaml", graph_text);
  put(folder / "runs" / "begun" / "begun.json", R"({"seed": 7, "device": "cpu:2"})");
  const std::vector<fs::path> all{folder / "runs"};
  const ReportPage page = report_page(all, {});
  const json made = json::parse(page.json);
  REQUIRE(made["groups"].size() == 1);
  CHECK(made["groups"][0]["runs"].size() == 2);
  REQUIRE(page.left_out.size() == 3);
  CHECK(page.left_out[0] == "Left out: 1 run that has no results, and 1 run whose seed another run has.");
  const std::string why = ": another run of the same graph has the same seed, and only the newest counts";
  CHECK(page.left_out[2] == "Run 2, " + copy.string() + why);
  CHECK(made["left_out"][2] == "Run 2, seed 0" + why);
  // `leat runs --mean` has the same runs.
  RunStore store = RunStore::view(folder / "runs");
  store.update();
  CHECK(run_table_text(store.runs(), {{}, {}, true}).find(why.substr(2) + ": copied\n") != std::string::npos);
  // A run that is named counts, though another one is newer.
  const std::vector<fs::path> with_copy{copy, folder / "runs"};
  CHECK(report_page(with_copy, {}).left_out[2] == "Run 2, " + run.string() + why);
  const std::vector<fs::path> both{run, copy};
  CHECK_THROWS_WITH_AS((void)report_page(both, {}), doctest::Contains("both have the seed 0"), Refusal);
}

TEST_CASE("report page: no name of a file, folder, patient or group is in it, unless it is asked for") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "CANARY-run", 0);
  const ReportPage page = report_page(std::vector<fs::path>{run}, {});
  const std::size_t found = page.json.find("CANARY");
  CHECK_MESSAGE(found == std::string::npos, page.json.substr(found < 80 ? 0 : found - 80, 200));
  for (const char* part : {"4711", "1950", "0042", "Meier", "Anna", "cohort\",\"CANARY", "dcm", "/home", "/data"}) {
    CAPTURE(part);
    CHECK(page.json.find(part) == std::string::npos);
  }
  const json group = json::parse(page.json)["groups"][0];
  const json& warnings = group["runs"][0]["warnings"];
  CHECK(warnings[0] == "`chests`: 3 images are not plain gray 8 bit: [name] was 16 bit");
  CHECK(warnings[2] == "`classes` is undefined in `test`, because it measured no image");
  CHECK(group["runs"][0]["params"] == json::parse(R"([["cohort","[name] cohort"],["data","[name]"],["mode","balanced"],["size","64"]])"));
  CHECK(group["title"] == "Lungs of [name] and [name]");
  const json& curves = group["runs"][0]["curves"];
  CHECK(curves[0]["metric"] == "classes.share");
  CHECK(curves[1]["metric"] == "classes.share_group1");

  const json named = page_of({run}, true);
  CHECK(named["names"]["images"] == json({"CANARY-a.png", "CANARY-b.png", "CANARY-c.png", "CANARY-d.png", "CANARY-e.png"}));
  CHECK(named["names"]["patients"] == json({"CANARY-Anna", "CANARY-Bert", "CANARY-Carl"}));
  CHECK(named["groups"][0]["runs"][0]["folder"] == run.string());
}

TEST_CASE("report page: masks, saliency maps and pictures from files are left out unless they are asked for, and are nothing else") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 0);
  put(run / "images" / "test.lungs.csv",
      "image,group,patient,dice,mask_predicted,mask_reference,picture,picture_from\n"
      "a.png,,a.png,0.9,2x2 1 2 1,2x2 0 2 2,QUJD,file\nb.png,,b.png,0.2,2x2 4,CANARY,REVG,drawn\nc.png,,c.png,0.8,,,,\n"
      "d.png,,d.png,0.5,2x2 0 4,2x2 4,<CANARY>,file\n");
  put(run / "images" / "test.focus.csv",
      "image,group,patient,inside,area,focus,saliency,mask_reference,picture_from\n"
      "a.png,,a.png,0.4,0.2,2,U0FM,2x2 4,file\nb.png,,b.png,0.1,0.2,0.5,REVG,2x2 4,drawn\nd.png,,d.png,0.3,0.2,1.5,<CANARY>,2x2 4,file\n");
  put(run / "images" / "test.grays.csv",
      "image,group,patient,mean,from_0,from_128,picture,picture_from\nCANARY.png,,CANARY,60,0.75,0.25,R1JZ,file\n"
      "CANARY2.png,,CANARY2,80,0.25,0.75,,\n");
  json results = results_of(0);
  results["phases"]["test"]["focus.inside"] = 0.27;
  results["phases"]["test"]["grays.mean"] = 70;
  put(run / "results.json", results.dump());
  const ReportPage without = report_page(std::vector<fs::path>{run}, {});
  const json group = json::parse(without.json)["groups"][0];
  const json kept = table_of(group, "lungs")["kept"];
  CHECK(kept["rows"] == json({1}));
  CHECK(kept["masks"][0]["predicted"] == json({"2x2 4"}));
  CHECK(kept["masks"][0]["reference"] == json({""}));
  CHECK(kept["pictures"] == json({"REVG"}));
  CHECK(table_of(group, "focus")["kept"]["saliency"] == json({"REVG"}));
  CHECK(group["intensities"][0]["mean"] == json({0.5, 0.5}));
  CHECK(group["intensities"][0]["picture"] == "");
  CHECK(group["intensities"][0]["images"] == 2);
  for (const char* secret : {"CANARY", "QUJD", "U0FM", "R1JZ", "2x2 1 2 1", "2x2 0 4"}) {
    CAPTURE(secret);
    CHECK(without.json.find(secret) == std::string::npos);
  }
  const json& missing = group["missing"];
  CHECK(std::any_of(missing.begin(), missing.end(),
                    [](const json& one) { return one.get<std::string>().find("`--pictures`") != std::string::npos; }));
  const ReportPage page = report_page(std::vector<fs::path>{run}, {.has_pictures = true});
  const json with = json::parse(page.json)["groups"][0];
  CHECK(table_of(with, "lungs")["kept"]["rows"] == json({0, 1, 3}));
  CHECK(table_of(with, "lungs")["kept"]["pictures"] == json({"QUJD", "REVG", ""}));
  CHECK(table_of(with, "lungs")["kept"]["masks"][0]["reference"] == json({"2x2 0 2 2", "", "2x2 4"}));
  CHECK(table_of(with, "focus")["kept"]["rows"] == json({0, 1, 2}));
  CHECK(table_of(with, "focus")["kept"]["saliency"] == json({"U0FM", "REVG", ""}));
  CHECK(with["intensities"][0]["picture"] == "R1JZ");
  CHECK(page.json.find("CANARY") == std::string::npos);
  CHECK(page.contents.at(3) == "Read the title before you pass the file on: " + with["title"].get<std::string>());
  CHECK(page.contents.at(4) == "It has the outlines of 3 predicted masks and of the reference.");
  CHECK(page.contents.at(5) == "It has 3 saliency maps.");
  CHECK(page.contents.at(6) == "It has 2 pictures that came from files. Text that is burnt into a picture stays in it: look at each.");
  CHECK(page.contents.at(7) == "It has 1 picture that Leat drew.");
}

TEST_CASE("report page: of a phase, the worst images of each table are drawn in all of its tables") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 0);
  std::string lungs = "image,group,patient,dice,mask_predicted,mask_reference,picture_from\n",
              focus =
                  "image,group,patient,inside,area,saliency,"
                  "picture_from\n";
  for (int k = 0; k < 100; ++k) {
    const std::string name = std::to_string(k);
    lungs += name + ",,," + std::to_string(0.5 + k * 0.001) + ",2x2 4,2x2 4,drawn\n";
    focus += name + ",,," + std::to_string(0.9 - k * 0.001) + ",0.2,REVG,drawn\n";
  }
  put(run / "images" / "test.lungs.csv", lungs);
  put(run / "images" / "test.focus.csv", focus);
  std::string graph = graph_text;
  graph.insert(graph.find("plan:"), "      focus: {uses: metric.saliency, in: {logits: chests}}\n");
  put(run / "graph.yaml", graph);
  json results = results_of(0);
  results["phases"]["test"]["focus.inside"] = 0.27;
  put(run / "results.json", results.dump());
  const json group = page_of({run})["groups"][0];
  const json of_lungs = table_of(group, "lungs")["kept"]["rows"], of_focus = table_of(group, "focus")["kept"]["rows"];
  REQUIRE(of_lungs.size() == 48);
  CHECK(of_lungs[0] == 0);
  CHECK(of_lungs[24] == 76);
  CHECK(of_focus[0] == 0);
  CHECK(std::set<int>(of_lungs.begin(), of_lungs.end()) == std::set<int>(of_focus.begin(), of_focus.end()));
}

TEST_CASE("report page: of several structures, the worst images by the mean and by each are drawn and have their values") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 0);
  std::string text =
      "image,group,patient,dice_lungs,jaccard_lungs,dice_heart,jaccard_heart,mask_predicted_lungs,mask_reference_lungs,picture_from\n";
  // The worst hearts come last, the worst lungs in the middle.
  for (int k = 0; k < 100; ++k) {
    const double lungs = k >= 40 && k < 60 ? 0.1 : 0.9, heart = 0.8 - 0.002 * k;
    text += std::to_string(k) + ",,," + std::to_string(lungs) + ",0.5," + std::to_string(heart) + ",0.5,2x2 4,2x2 4,drawn\n";
  }
  put(run / "images" / "test.lungs.csv", text);
  const json table = table_of(page_of({run})["groups"][0], "lungs");
  CHECK(table["scores"] == json({"dice", "dice_lungs", "dice_heart"}));
  CHECK(table["columns"]["dice"][0] == 0.85);
  CHECK(table["columns"]["dice"][50] == 0.4);
  CHECK(table["columns"].contains("jaccard_heart"));
  const std::set<int> kept(table["kept"]["rows"].begin(), table["kept"]["rows"].end());
  for (int k = 76; k < 100; ++k) CHECK_MESSAGE(kept.contains(k), "the heart of ", k);
  for (int k = 40; k < 60; ++k) CHECK_MESSAGE(kept.contains(k), "the lungs of ", k);
  CHECK(kept.size() < 60);
}

TEST_CASE("report page: the order by class has drawings that the table of masks kept") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 0);
  std::string classes = "image,group,patient,label,prediction,confidence,probability_NORMAL,probability_PNEUMONIA\n",
              lungs = "image,group,patient,dice,mask_predicted,mask_reference,picture_from\n";
  for (int k = 0; k < 100; ++k) {
    const std::string name = std::to_string(k), normal = std::to_string(0.9 - 0.001 * k);
    classes += name + ",,,NORMAL,NORMAL," + normal + "," + normal + "," + std::to_string(0.1 + 0.001 * k) + "\n";
    lungs += name + ",,," + std::to_string(0.5 + 0.001 * k) + ",2x2 4,2x2 4,drawn\n";
  }
  put(run / "images" / "test.classes.csv", classes);
  put(run / "images" / "test.lungs.csv", lungs);
  const json rows = table_of(page_of({run})["groups"][0], "lungs")["kept"]["rows"];
  CHECK(rows.size() == 48);
  CHECK(rows.back() == 99);
}

TEST_CASE("report page: a run that names tables outside of its folder shows nothing of them") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 0);
  put(folder / "secret.csv", "image,group,patient,dice\nCANARY.png,,CANARY.png,0.5\n");
  fs::create_directories(run / "images" / "test.x");
  json results = results_of(0);
  results["phases"]["test"] = json::object();
  results["phases"]["test"]["x/../../../secret.dice"] = 0.5;
  put(run / "results.json", results.dump());
  CHECK(page_of({run}, true)["groups"][0]["tables"].empty());
}

TEST_CASE("report page: versions and fingerprints are those of the run, or it says that the run lacks them") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 0);
  const auto lacks = [&] {
    const json missing = page_of({run})["groups"][0]["missing"];
    return std::any_of(missing.begin(), missing.end(), [](const json& one) { return one.get<std::string>().starts_with("Versions"); });
  };
  CHECK(lacks());
  json results = results_of(0);
  results["versions"] = {{"Leat", "0.2.0"}, {"LibTorch", "2.13.0"}};
  results["data"]["chex"] = {{"files", 12}, {"fingerprint", "0123456789abcdef"}, {"is_whole", true}};
  put(run / "results.json", results.dump());
  CHECK_FALSE(lacks());
  const json read = page_of({run})["groups"][0]["runs"][0];
  CHECK(read["versions"]["LibTorch"] == "2.13.0");
  CHECK(read["sources"]["files"]["chex"]["fingerprint"] == "0123456789abcdef");
  CHECK(read["sources"]["files"]["chex"]["files"] == 12);
  CHECK(read["sources"]["unknown"] == json({"test.chests (io.images)"}));
  CHECK(read["sources"]["drawn"].empty());
}

TEST_CASE("report page: of drawn images it has what they follow from") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 3);
  put(run / "graph.yaml",
      "leat: 1\nphases:\n  test:\n    kind: test\n    nodes:\n"
      "      chests: {uses: io.chest, with: {hospital: B, split: test, count: 4, batch: 2}}\n"
      "      others: {uses: io.chest, with: {hospital: [B], split: test, count: 4, batch: 1}}\n"
      "      both: {uses: io.chest, with: {hospital: [A, B], split: test, count: 4}}\n"
      "      classes: {uses: metric.classification, in: {logits: chests}}\nplan: {then: [test]}\n");
  const json sources = page_of({run})["groups"][0]["runs"][0]["sources"];
  CHECK(sources["unknown"].empty());
  REQUIRE(sources["drawn"].size() == 2);
  CHECK(sources["drawn"][0] == json::parse(R"({"type": "io.chest", "nodes": ["test.chests", "test.others"],
                        "params": [["hospital", "B"], ["split", "test"], ["count", "4"]]})"));
  CHECK(sources["drawn"][1]["params"][0][1] == "[A, B]");
}

TEST_CASE("report page: many titles are in its table only") {
  const TemporaryFolder folder;
  for (int k = 0; k < 9; ++k) {
    const fs::path run = put_run(folder / std::to_string(k), 0);
    json results = results_of(0);
    results["graph_hash"] = "01" + std::to_string(k);
    results["title"] = "Graph " + std::to_string(k);
    put(run / "results.json", results.dump());
  }
  const std::vector<std::string> contents = report_page(std::vector<fs::path>{folder.path()}, {}).contents;
  CHECK(std::count(contents.begin(), contents.end(), "Read the 9 titles in its first table before you pass the file on.") == 1);
  CHECK(contents.size() < 8);
}

TEST_CASE("report page: two graphs are compared, and what cannot be is said without names") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "a", 0), other = put_run(folder / "CANARY-b", 1);
  json results = results_of(1);
  results["graph_hash"] = "0100";
  put(other / "results.json", results.dump());
  const json one = page_of({run, other})["compared"];
  CHECK(one["problem"] == "");
  REQUIRE(one["metrics"].size() > 0);
  CHECK(one["metrics"][0]["interval"][0] == 0);
  CHECK(one["metrics"][0]["interval"][1].is_null());
  CHECK(one["method"] == "There are no intervals and no p, because all draws of patients gave the same differences.");
  CHECK(one["notes"].dump().find("seeds 1 and 0") != std::string::npos);
  put_run(folder / "CANARY-c", 2);
  const json three = page_of({run, folder / "CANARY-c", other})["compared"];
  CHECK(three["problem"] ==
        "the two sides have no seed in common, but they are compared seed by seed: the second has seed 1, the first has seeds 0, 2");
  CHECK(page_of({run})["compared"].is_null());
}

TEST_CASE("report page: a folder of runs is all of them, by graph") {
  const TemporaryFolder folder;
  for (const std::uint64_t seed : {0, 1}) {
    const fs::path run = put_run(folder / ("a/seed-" + std::to_string(seed)), seed);
    const fs::path other = put_run(folder / ("b/seed-" + std::to_string(seed)), seed);
    json results = results_of(seed);
    results["graph_hash"] = "0100";
    put(other / "results.json", results.dump());
  }
  json page = page_of({folder.path()});
  REQUIRE(page["groups"].size() == 2);
  CHECK(page["groups"][0]["runs"].size() == 2);
  CHECK(page["row_sets"].size() == 2);
  CHECK(page["groups"][0]["figures"][0]["by_seed"] == json({0.75, 0.75}));
  // Equal seeds of one graph: the runs of each folder are apart.
  put_run(folder / "c/seed-0", 0);
  CHECK(page_of({folder.path()})["groups"].size() == 3);
  CHECK_THROWS_AS((void)report_page(std::vector<fs::path>{folder / "none"}, {}), Refusal);
  fs::create_directory(folder / "empty");
  CHECK_THROWS_AS((void)report_page(std::vector<fs::path>{folder / "empty"}, {}), Refusal);
}

TEST_CASE("report page: what is missing is said") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 0);
  fs::remove_all(run / "images");
  fs::remove(run / "metrics.jsonl");
  const json missing = page_of({run})["groups"][0]["missing"];
  REQUIRE(missing.size() >= 3);
  CHECK(missing[0].get<std::string>().starts_with("Curves and values by image of test:"));
}

TEST_CASE("report page: advice on what is missing follows from what the graph lacks") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 0);
  const auto missing_with = [&](const std::string& picture, const std::string& saliency, const std::string& plan) {
    put(run / "graph.yaml",
        "leat: 1\nphases:\n  test:\n    kind: test\n    nodes:\n      chests: {uses: io.images, with: {folder: x}}\n"
        "      classes: {uses: metric.classification, in: {logits: chests}}\n      lungs: {uses: metric.segmentation, in: {logits: chests" +
            picture + "}}\n" + saliency + "plan: {then: [test]" + plan + "}\n");
    std::vector<std::string> out;
    const json missing = page_of({run})["groups"][0]["missing"];
    for (const json& one : missing)
      if (const auto words = one.get<std::string>(); !words.starts_with("Distributions") && !words.starts_with("Versions") &&
                                                     !words.starts_with("Times") && !words.starts_with("Learning"))
        out.push_back(words);
    return out;
  };
  const std::string picture = ", picture: chests", keep = ", keep_results: 10MB",
                    saliency = "      focus: {uses: metric.saliency, in: {saliency: chests, mask: chests}}\n",
                    no_saliency =
                        "Saliency: no test phase measures it. Add `metric.saliency`, with the map of `model.saliency` and a mask, as "
                        "in graphs/demo.yaml.";
  using Words = std::vector<std::string>;
  CHECK(missing_with(picture, saliency, "") ==
        Words{"Outlines of masks, saliency maps and pictures of the worst images: the plan keeps none. "
              "Set `keep_results: 10MB` in the plan."});
  CHECK(missing_with("", saliency, keep) ==
        Words{"Outlines of masks and saliency maps: the run kept none. A larger `keep_results` in the plan has room for more.",
              "Pictures of the worst images: connect the images to `picture` of `metric.segmentation`, `metric.saliency`, "
              "`metric.classification`."});
  const Words bare = missing_with("", "", "");
  REQUIRE(bare.size() == 3);
  CHECK(bare[0] == "Outlines of masks: the plan keeps none. Set `keep_results: 10MB` in the plan.");
  CHECK(bare[1].ends_with(", and set `keep_results: 10MB` in the plan."));
  CHECK(bare[2] == no_saliency);
}

TEST_CASE("report page: bins of a reliability curve without images have no values") {
  const TemporaryFolder folder;
  const json bins = table_of(page_of({put_run(folder / "run", 0)})["groups"][0], "classes")["reliability"][0]["bins"];
  REQUIRE(bins.size() == 10);
  CHECK(bins[2] == json({0, nullptr, nullptr, nullptr, nullptr}));
  CHECK(bins[7][0] == 1);
  CHECK(bins[7][1] == 0.8);
}

TEST_CASE("report page: it has the counts of the data sets, and says of how many images the grays are") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "run", 0);
  put(run / "graph.yaml",
      "leat: 1\nphases:\n  test:\n    kind: test\n    nodes:\n      chests: {uses: io.chest, with: {hospital: A, count: 50}}\n"
      "      grays: {uses: metric.intensities, in: chests.image}\n"
      "      focus: {uses: metric.saliency, in: {saliency: chests, mask: chests.mask}}\nplan: {then: [test]}\n");
  put(run / "images" / "test.grays.csv", "image,group,patient,mean,from_0,from_128\na,,,60,0.75,0.25\nb,,,80,0.25,0.75\n");
  json results = results_of(0);
  results["phases"]["test"]["grays.mean"] = 70;
  put(run / "results.json", results.dump());
  CHECK(page_of({run})["groups"][0]["intensities"][0]["of"].is_null());
  CHECK(page_of({run})["groups"][0]["runs"][0]["samples"].empty());
  results["lengths"] = {{"test.chests", 50}};
  results["metrics"] = {{"test.grays.mean", {{"sentence", "Mean gray of an image."}}}};
  const json samples = json::array(
      {{{"data", "test.chests"}, {"part", "test"}, {"class", "NORMAL"}, {"images", 25}, {"labels", 25}, {"masks", 25}, {"patients", 25}}});
  results["samples"] = samples;
  put(run / "results.json", results.dump());
  const json group = page_of({run})["groups"][0];
  CHECK(group["intensities"][0]["images"] == 2);
  CHECK(group["intensities"][0]["of"] == 50);
  CHECK(group["runs"][0]["samples"] == samples);
  CHECK(group["saliency_masks"] == json({{"test.focus", "chests.mask"}}));
  CHECK(group["meanings"] == json({"Mean gray of an image."}));
  for (const json& one : group["figures"]) CHECK(one.contains("meaning") == (one["node"] == "grays"));
}

TEST_CASE("image curves: the corners of a ROC curve, with ties, as scikit-learn has them") {
  // sklearn.metrics.roc_curve([0, 0, 1, 1, 1], [.1, .4, .4, .35, .8], drop_intermediate=False)
  const std::vector<double> scores{0.1, 0.4, 0.4, 0.35, 0.8};
  const std::vector<std::uint8_t> positives{0, 0, 1, 1, 1};
  const std::vector<RocPoint> curve = roc_curve(scores, positives);
  const std::vector<std::pair<double, double>> known{{0, 0}, {0, 1.0 / 3}, {0.5, 2.0 / 3}, {0.5, 1}, {1, 1}};
  REQUIRE(curve.size() == known.size());
  for (std::size_t k = 0; k < known.size(); ++k) {
    CHECK(curve[k].false_positives == doctest::Approx(known[k].first));
    CHECK(curve[k].true_positives == doctest::Approx(known[k].second));
  }
  CHECK(roc_curve(scores, std::vector<std::uint8_t>(5, 1)).empty());
}

TEST_CASE("image curves: a thinned curve keeps its ends and stays near the exact one") {
  std::vector<RocPoint> curve;
  constexpr int count = 5000;
  for (int k = 0; k <= count; ++k) curve.push_back({static_cast<double>(k) / count, std::sqrt(static_cast<double>(k) / count)});
  const std::vector<RocPoint> few = thinned(curve, 0.002);
  CHECK(few.size() < 60);
  CHECK(few.front().true_positives == 0);
  CHECK(few.back().true_positives == 1);
  for (const RocPoint& exact : curve) {
    const auto after =
        std::find_if(few.begin() + 1, few.end(), [&](const RocPoint& one) { return one.false_positives >= exact.false_positives; });
    const RocPoint &a = *(after - 1), &b = *after;
    const double share = (exact.false_positives - a.false_positives) / (b.false_positives - a.false_positives);
    // The distance along y exceeds the one from the line where the curve is steep.
    CHECK(std::abs(a.true_positives + share * (b.true_positives - a.true_positives) - exact.true_positives) < 0.02);
  }
}

TEST_CASE("image curves: bins of reliability include their upper end, and have Wilson's interval") {
  const std::vector<ReliabilityBin> bins =
      reliability(std::vector<double>{0, 0.1, 0.15, 0.15, 1}, std::vector<std::uint8_t>{0, 1, 1, 0, 1});
  REQUIRE(bins.size() == 10);
  CHECK(bins[0].count == 2);
  CHECK(bins[0].probability == doctest::Approx(0.05));
  CHECK(bins[1].count == 2);
  CHECK(bins[9].fraction == 1);
  // statsmodels.stats.proportion.proportion_confint(1, 2, method="wilson")
  CHECK(bins[1].low == doctest::Approx(0.0945312057).epsilon(1e-8));
  CHECK(bins[1].high == doctest::Approx(0.9054687943).epsilon(1e-8));
  CHECK(bins[5].count == 0);
}

TEST_CASE("image curves: a confusion matrix of any number of classes") {
  const std::vector<std::size_t> labels{0, 1, 2, 2}, said{0, 2, 2, 1};
  CHECK(confusion(labels, said, 3) == std::vector<std::vector<std::int64_t>>{{1, 0, 0}, {0, 0, 1}, {0, 1, 1}});
  CHECK_THROWS_AS((void)confusion(labels, said, 2), std::logic_error);
}

TEST_CASE("learning curves: many values become few points, which keep the extremes; damaged lines are skipped") {
  const TemporaryFolder folder;
  std::string text = "no json\n{\"phase\": 3}\n";
  for (int step = 1; step <= 1000; ++step)
    text += R"({"phase":"train","step":)" + std::to_string(step) + R"(,"metrics":{"loss.value":)" + (step == 537 ? "9" : "1") +
            R"(,"step.lr":0.1,"gate.accuracy":null}})" + "\n";
  put(folder / "metrics.jsonl", text + "{\"phase\":\"train\",\"st");
  const std::vector<LearningCurve> curves = read_learning_curves(folder.path(), 100);
  REQUIRE(curves.size() == 1);
  CHECK(curves[0].metric == "loss.value");
  CHECK(curves[0].values == 1000);
  REQUIRE(curves[0].step.size() == 100);
  CHECK(curves[0].step.back() == 1000);
  CHECK(curves[0].high[53] == 9);
  CHECK(curves[0].low[53] == 1);
  CHECK(curves[0].mean[53] == doctest::Approx(1.8));
  CHECK(read_learning_curves(folder / "none", 100).empty());
}

TEST_CASE("papers: a run of one of their systems has their row, and another number of test images is said") {
  FinishedRun run;
  run.title = "UMTL-SSL: 100 class labels, 10 masks, 64 pixels";
  run.params = {{"class_labels", "100"}, {"mask_labels", "10"}};
  run.phases = {{"test",
                 PhaseKind::Test,
                 {{"classes", "accuracy", 0.7, {}, 0},
                  {"classes", "images", 624, {}, -1},
                  {"lungs", "dice", 0.9, {}, 0},
                  {"lungs", "images", 123, {}, -1}}},
                {"test_cross", PhaseKind::Test, {{"classes", "accuracy", 0.4, {}, 0}, {"classes", "images", 1000, {}, -1}}}};
  const auto row = paper_row(run);
  REQUIRE(row);
  CHECK(row->model == "UMTL-SSL");
  REQUIRE(row->figures.size() == 3);
  CHECK(row->figures[0].value == 0.790);
  CHECK_FALSE(row->figures[0].is_other_subset);
  CHECK(row->figures[1].value == 0.961);
  CHECK(row->figures[1].printed == 0.906);
  CHECK(row->figures[2].data == "NIHX");
  CHECK(row->figures[2].is_other_subset);
  run.title = "MultiMix as printed: all";
  run.params = {{"class_labels", "0"}, {"mask_labels", "0"}};
  REQUIRE(paper_row(run));
  CHECK(paper_row(run)->class_labels == "all");
  for (const char* title : {"MultiMix without classes: 10 masks", "MultiMix", "Mine: 100"}) {
    run.title = title;
    CHECK_FALSE(paper_row(run));
  }
}

TEST_CASE("pseudonyms: own names with blanks and signs stay as a whole, and nothing that is glued to them") {
  Pseudonyms names;
  for (const char* one : {"gesund (normal)", "virale < 5 ans", "klasse.f1_virale < 5 ans", "(a) b"}) names.add_own_name(one);
  for (const char* stays : {"gesund (normal)", "[\"gesund (normal)\", \"virale < 5 ans\"]", "No interval: test klasse.f1_virale < 5 ans.",
                            "`gesund (normal)` and `virale < 5 ans`", "(virale < 5 ans), (a) b; none"}) {
    CAPTURE(stays);
    CHECK(names.plain(stays) == stays);
  }
  CHECK(names.plain("gesund (normalo)") == "[name] ([name])");
  CHECK(names.plain("virale < 5 ans.png") == "[name] < [name]");
  CHECK(names.plain("data/gesund (normal)/Meier.png") == "[name] ([name]");
  CHECK(names.plain("Meier-gesund (normal)") == "[name] (normal)");
  CHECK(names.plain("gesund (normal) Meier") == "gesund (normal) [name]");
}

TEST_CASE("pseudonyms: a title keeps no part of a path, whatever its case, Unicode form and ending") {
  Pseudonyms names;
  for (const char* one : {"Lungs", "net", "NORMAL"}) names.add_own_name(one);
  names.add_secret("Secret Hospital/Müller & Söhne");
  names.add_secret("/mnt/images/Ward7/NORMAL/lists.csv");
  CHECK(names.image("images/ward7/PatientDoe055.png", "a") == 1);
  CHECK(names.image("scans/JOHN_DOE_1970-01-01.nii.gz", "b") == 2);
  CHECK(names.patient("Åse Ærø", "c") == 1);
  CHECK(names.written("Lungs of images/ward7/PatientDoe055.png") == "Lungs of [name]");
  for (const char* secret : {"PatientDoe055.png", "PatientDoe055", "patientdoe055", "JOHN_DOE_1970-01-01", "john_doe_1970-01-01.nii",
                             "ward7", "WARD7", "Secret Hospital", "Müller & Söhne", "Mu\u0308ller & So\u0308hne", "MÜLLER & SÖHNE",
                             "Secret Hospital/Müller & Söhne", "åse ærø", "A\u030Ase Ærø", "lists.csv"}) {
    CAPTURE(secret);
    CHECK(names.written(std::string("Lungs, ") + secret + ": net") == "Lungs, [name]: net");
    CHECK(names.written(secret) == "[name]");
    CHECK(names.written(std::string("(") + secret + ")_2") == "([name])_2");
  }
  // Whole words only; Leat's own words and names of the graph stay.
  for (const char* stays : {"Lungs of images, NORMAL", "the PatientDoe0551", "forward7", "Ward7ü", "Patient Doe 055"}) {
    CAPTURE(stays);
    CHECK(names.written(stays) == stays);
  }
}

TEST_CASE("report page: a title is without the names of images of all graphs, and of paths in the graph") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder / "one", 1), other = put_run(folder / "other", 1);
  json results = results_of(1);
  results["title"] = "Study of canary-E, CANARY-bert and canary-DATA";
  results["graph_hash"] = "11ff";
  put(run / "results.json", results.dump());
  put(run / "images" / "test.lungs.csv", "image,group,patient,dice\nx1.png,,x1.png,0.7\ny1.png,,y1.png,0.7\n");
  const std::vector<fs::path> both{run, other};
  const json page = page_of(both);
  REQUIRE(page["groups"].size() == 2);
  CHECK(page["groups"][0]["title"] == "Study of [name], [name] and [name]");
  for (const json& words : page["contents"]) CHECK(words.get<std::string>().find("anary-E") == std::string::npos);
}

TEST_CASE("pseudonyms: sentences keep Leat's words, own names and numbers") {
  Pseudonyms names;
  names.add_own_name("chex/images");
  names.add_own_name("PNEUMONIA");
  CHECK(names.plain("`chex/images` has 1,000 images of `PNEUMONIA` (40%), at 1e-05 and 16..64") ==
        "`chex/images` has 1,000 images of `PNEUMONIA` (40%), at 1e-05 and 16..64");
  CHECK(names.plain("the image 7 of Müller, 12 and A. Schmidt") == "the image 7 of [name], [name] and [name]. [name]");
  CHECK(names.plain("") == "");
  CHECK(names.plain("`a`/`Meier`") == "`[name]`");
  CHECK(names.plain("in the class proportions of all images (`class_share: prior`)") ==
        "in the class proportions of all images (`class_share: prior`)");
  CHECK(names.plain("`class_meier: prior`") == "`[name]`");
  CHECK(names.image("x", "x") == 1);
  CHECK(names.image("y", "y") == 2);
  CHECK(names.image("x", "x") == 1);
  CHECK(names.image("x", "another x") == 3);
  CHECK(names.image_names() == std::vector<std::string>{"x", "y", "x"});
}

TEST_CASE("images with several findings are ordered by the mean of what is known, not by its sum") {
  // The probabilities of the labels: 0.3 alone; 0.2 and 0.2; 0.9 and 0.1; of the last, nothing is known.
  const ImageRows several = ImageRows::parse(
      "image,group,patient,label_a,label_b,prediction_a,confidence_a,prediction_b,confidence_b,probability_a,probability_b\n"
      "p0,,,1,,0,0.7,0,0.5,0.3,0.5\n"
      "p1,,,1,0,0,0.8,1,0.8,0.2,0.8\n"
      "p2,,,1,1,1,0.9,0,0.9,0.9,0.1\n"
      "p3,,,,,0,0.9,0,0.9,0.1,0.1\n");
  CHECK(least_probable_first(several) == std::vector<std::size_t>{1, 0, 2, 3});
  const ImageRows one = ImageRows::parse(
      "image,group,patient,label,prediction,confidence,probability_A,probability_B\n"
      "p0,,,A,A,0.9,0.9,0.1\n"
      "p1,,,B,A,0.7,0.7,0.3\n");
  CHECK(least_probable_first(one) == std::vector<std::size_t>{1, 0});
}
