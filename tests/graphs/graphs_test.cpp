#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>

#include "support/command.h"
#include "support/doctest.h"
#include "support/place.h"
#include "support/text_file.h"

// Every graph that is shipped runs, with small settings, on data that a graph of this test draws in the layout of the papers' data sets.

namespace fs = std::filesystem;
using namespace leat::test;
using leat::text_of;

namespace {

const std::string graphs = LEAT_SOURCE "/graphs/";

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder)) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

/// Runs it with two threads on the device's side, which has to end well; gives the parsed results.json.
nlohmann::json results_of(const std::string& graph, const std::string& out, const std::vector<std::string>& settings = {}) {
  std::vector<std::string> arguments{"run", graph, "--out", out, "--device", "cpu:2"};
  for (const std::string& one : settings) arguments.insert(arguments.end(), {"--set", one});
  const Finished finished = run_leat(arguments, place());
  CAPTURE(finished.err);
  REQUIRE(finished.code == 0);
  return nlohmann::json::parse(text_of(place() / out / "results.json"));
}

/// Each metric of a phase is a number, or nothing where it is undefined.
void check_measured(const nlohmann::json& results, const std::string& phase, const std::vector<std::string>& metrics) {
  for (const std::string& metric : metrics) {
    CAPTURE(phase);
    CAPTURE(metric);
    REQUIRE(results.at("phases").at(phase).contains(metric));
  }
}

const char* const drawing = R"(leat: 1
templates:
  classes:
    inputs: []
    outputs: {}
    params: {hospital: {value: A, doc: Whose.}, split: {value: test, doc: Which.}, count: {value: 8, doc: How many.}, folder: {value: chex, doc: Where to.}}
    nodes:
      chests: {uses: io.chest, with: {hospital: "${hospital}", split: "${split}", count: "${count}", batch: 8}}
      files: {uses: write.dataset, in: {image: chests.image, label: chests.label}, with: {folder: "${folder}", classes: [NORMAL, PNEUMONIA]}}
  masks:
    inputs: []
    outputs: {}
    params:
      hospital: {value: A, doc: Whose.}
      split: {value: masks, doc: Which.}
      count: {value: 4, doc: How many.}
      folder: {value: jsrt, doc: Where to.}
      rows: {value: train, doc: What the list calls them.}
    nodes:
      chests: {uses: io.chest, with: {hospital: "${hospital}", split: "${split}", count: "${count}", batch: 8}}
      files: {uses: write.dataset, in: {image: chests.image, mask: chests.mask}, with: {folder: "${folder}", layout: masks, masks: [lungs], rows: "${rows}"}}
phases:
  predict:
    nodes:
      chex_train: {uses: classes, with: {split: labelled, count: 60, folder: chex/train}}
      chex_test: {uses: classes, with: {folder: chex/test}}
      nihx: {uses: classes, with: {hospital: B, folder: nihx}}
      jsrt_train: {uses: masks, with: {count: 12}}
      jsrt_val: {uses: masks, with: {split: validation, folder: jsrt-val, rows: val}}
      jsrt_test: {uses: masks, with: {split: test, folder: jsrt-test, rows: test}}
      mcu: {uses: masks, with: {hospital: B, folder: mcu, rows: test}}
plan: {then: [predict]}
)";

/// CheX names its patients in its files.
void name_patients(const fs::path& folder) {
  int number = 0;
  for (const fs::path& file : files_in(folder / "NORMAL"))
    fs::rename(file, folder / "NORMAL" / ("IM-" + std::to_string(++number) + "-0001.png"));
  for (const fs::path& file : files_in(folder / "PNEUMONIA"))
    fs::rename(file, folder / "PNEUMONIA" / ("person" + std::to_string(++number) + "_virus_1.png"));
}

/// Adds a list's files and rows to another's.
void join(const fs::path& folder, const fs::path& other) {
  for (const char* kind : {"images", "masks"})
    for (const fs::path& file : files_in(other / kind)) fs::rename(file, folder / kind / file.filename());
  const std::string rows = text_of(other / "split.csv");
  std::ofstream(folder / "split.csv", std::ios::app) << rows.substr(rows.find('\n') + 1);
  fs::remove_all(other);
}

/// A second structure: a disc for each chest, in masks_heart/ and a column of the list.
void add_hearts(const fs::path& folder) {
  fs::create_directories(folder / "masks_heart");
  for (const fs::path& file : files_in(folder / "masks")) {
    cv::Mat heart(64, 64, CV_8UC1, cv::Scalar(0));
    cv::circle(heart, {30, 40}, 9, cv::Scalar(255), cv::FILLED);
    cv::imwrite((folder / "masks_heart" / file.filename()).string(), heart);
  }
  std::istringstream rows(text_of(folder / "split.csv"));
  std::ostringstream out;
  for (std::string row; std::getline(rows, row);) {
    const std::size_t begin = row.find(",masks/"), end = row.find(',', begin + 1);
    if (out.tellp() == 0) out << row << ",mask_heart\n";
    else
      out << row << ","
          << "masks_heart/" << row.substr(begin + 7, end - begin - 7) << "\n";
  }
  std::ofstream(folder / "split.csv") << out.str();
}

/// The data set's folder.
const fs::path& data() {
  static const fs::path made = [] {
    std::ofstream(place() / "draw.yaml") << drawing;
    (void)results_of("draw.yaml", "data");
    const fs::path folder = place() / "data";
    name_patients(folder / "chex/train");
    join(folder / "jsrt", folder / "jsrt-val");
    join(folder / "jsrt", folder / "jsrt-test");
    add_hearts(folder / "jsrt");
    return folder;
  }();
  return made;
}

std::vector<std::string> small_multimix() {
  return {"data=" + data().string(), "size=32",      "class_labels=20", "mask_labels=4",      "batch=4",
          "unlabelled_batch=4",      "mask_batch=2", "steps=3",         "checkpoint_every=2", "validate_every=2 steps"};
}

/// The only warning of a few steps is that the network was certain of nothing.
void check_warnings(const nlohmann::json& results) {
  for (const nlohmann::json& warning : results.at("warnings"))
    CHECK(warning.get<std::string>().find("no sample has passed the gate") != std::string::npos);
}

}  // namespace

TEST_CASE("graphs: 01 and 02 write their sheets") {
  (void)results_of(graphs + "01_first_graph.yaml", "first");
  CHECK_FALSE(cv::imread((place() / "first/mosaic.png").string()).empty());
  (void)results_of(graphs + "02_views.yaml", "views");
  CHECK_FALSE(cv::imread((place() / "views/weak.png").string()).empty());
  CHECK_FALSE(cv::imread((place() / "views/strong.png").string()).empty());
}

TEST_CASE("graphs: 03 and 04 train, validate and test") {
  for (const std::string name : {"03_train", "04_pseudo_labels"}) {
    const auto results = results_of(graphs + name + ".yaml", name, {"steps=2"});
    CHECK(results.at("steps") == 2);
    check_measured(results, "test", {"classes.accuracy", "classes.auc"});
    CHECK(fs::exists(place() / name / "checkpoints/best/net.safetensors"));
  }
}

TEST_CASE("graphs: the demo trains its three systems and judges them on both hospitals") {
  const auto results = results_of(graphs + "demo.yaml", "demo", {"steps=4", "unlabelled=40", "tests=20", "checkpoint_every=2"});
  for (const std::string phase : {"test_a", "test_b"})
    for (const std::string system : {"supervised", "multimix_a", "multimix"})
      check_measured(results, phase, {system + "_classes.accuracy", system + "_lungs.dice"});
  CHECK_FALSE(cv::imread((place() / "demo/chests-of-b.png").string()).empty());
  CHECK(results.at("peak_bytes") <= results.at("bound_bytes"));
  // What the report draws: masks and maps of all images, and pictures.
  const auto column = [](const std::string& table, const std::string& name) {
    std::vector<std::string> out;
    std::istringstream lines(text_of(place() / "demo/images" / table));
    std::string line;
    std::getline(lines, line);
    const auto fields = [](const std::string& text) {
      std::vector<std::string> all;
      std::istringstream in(text);
      for (std::string one; std::getline(in, one, ',');) all.push_back(one);
      return all;
    };
    const std::vector<std::string> names = fields(line);
    const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
    REQUIRE(at < names.size());
    while (std::getline(lines, line)) out.push_back(fields(line).at(at));
    return out;
  };
  for (const std::string name : {"mask_predicted", "mask_reference", "picture"})
    for (const std::string& text : column("test_b.multimix_lungs.csv", name)) CHECK_FALSE(text.empty());
  for (const std::string& text : column("test_b.multimix_saliency.csv", "saliency")) CHECK(text.starts_with("iVBORw0KGgo"));
  for (const std::string& text : column("test_b.multimix_classes.csv", "picture_from")) CHECK(text == "drawn");
  CHECK(column("train.labelled.csv", "from_0").size() == 20);
  CHECK(results.at("versions").contains("LibTorch"));
  check_warnings(results);
  // With fewer bytes, what is left out is counted and said.
  const fs::path file = place() / "few.yaml";
  std::ofstream(file) << "leat: 1\nextends: " << graphs << "demo.yaml\nplan: {keep_results: 60kB}\n";
  const auto few = results_of(file.string(), "demo_few", {"steps=2", "unlabelled=40", "tests=20"});
  CHECK(few.at("warnings").dump().find("the masks of ") != std::string::npos);
  CHECK(few.at("warnings").dump().find(" of 20 images are kept: all of them take ") != std::string::npos);
}

TEST_CASE("graphs: multimix trains, validates, keeps the best and tests on four sets; infer predicts with its weights") {
  const auto results = results_of(graphs + "multimix.yaml", "multimix", small_multimix());
  CHECK(results.at("steps") == 3);
  for (const std::string phase : {"validate", "test_last", "test_cross_last", "test", "test_cross"})
    check_measured(results, phase, {"classes.balanced_accuracy", "classes.auc", "lungs.dice"});
  CHECK(results.at("resources").at("chex") == nlohmann::json{{"labels", 20}, {"validation_labels", 6}});
  CHECK(results.at("resources").at("jsrt") == nlohmann::json{{"masks", 4}, {"validation_masks", 4}});
  for (const std::string set : {"chex", "jsrt", "nihx", "mcu"}) CHECK(results.at("data").at(set).at("fingerprint").is_string());
  CHECK(results.at("parameters").at("class_labels") == 20);
  CHECK(fs::exists(place() / "multimix/splits/chex.csv"));
  const std::string drawn = "`chex`: 20 labelled images were drawn ";
  const std::string proportions = drawn + "in the class proportions of all images outside of validation (`class_share: prior`)";
  const std::string stated =
      "`unlabelled/gate` of `train`: the graph gives it the class proportions NORMAL 0.257, PNEUMONIA 0.743 (`prior`)";
  CHECK(results.at("disclosures") == nlohmann::json{proportions, stated});
  check_warnings(results);
  const std::string report = run_leat({"report", "multimix", "--json"}, place()).out;
  CHECK(nlohmann::json::parse(report).at("runs").at(0).at("disclosures") == results.at("disclosures"));
  CHECK(run_leat({"report", "multimix"}, place()).out.find("note: `chex`: 20 labelled images were drawn in the class") !=
        std::string::npos);

  const fs::path weights = place() / "multimix/checkpoints/best/net.safetensors";
  (void)results_of(graphs + "infer.yaml", "infer",
                   {"weights=" + weights.string(), "images=" + (data() / "jsrt/images").string(), "size=32"});
  const std::string table = text_of(place() / "infer/predictions.csv");
  CHECK(table.starts_with("image,status,class,probability_NORMAL,probability_PNEUMONIA,mask_lungs,warnings\n"));
  CHECK(std::count(table.begin(), table.end(), '\n') == 1 + 12 + 4 + 4);
  CHECK(files_in(place() / "infer/masks").size() == 20);
  CHECK(cv::imread(files_in(place() / "infer/masks")[0].string(), cv::IMREAD_UNCHANGED).size() == cv::Size(64, 64));

  const auto finished = run_leat({"run", "--resume", "multimix"}, place());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  const auto again = nlohmann::json::parse(text_of(place() / "multimix/results.json"));
  CHECK(again.at("phases") == results.at("phases"));
}

TEST_CASE("graphs: multimix can be told to know no class shares but those of its labels, and `check` and `run` say so") {
  std::vector<std::string> arguments{"check", graphs + "multimix.yaml", "--set", "prior=labels", "--set", "class_share=chance"};
  for (const std::string& one : small_multimix()) arguments.insert(arguments.end(), {"--set", one});
  Finished finished = run_leat(arguments, place());
  CAPTURE(finished.err);
  REQUIRE(finished.code == 0);
  CHECK(finished.err.empty());
  const std::string gate = "note: `unlabelled/gate` of `train`: its class proportions are those of the 20 labelled images: NORMAL 0.";
  CHECK(finished.out.find("note: `chex`: 20 labelled images were drawn at random, whatever their classes (`class_share: chance`)\n" +
                          gate) != std::string::npos);
  arguments[0] = "run";
  arguments.insert(arguments.end(), {"--out", "of_labels", "--device", "cpu:2"});
  finished = run_leat(arguments, place());
  CAPTURE(finished.err);
  REQUIRE(finished.code == 0);
  CHECK(finished.err.find(gate) != std::string::npos);
  arguments[3] = "prior=label";
  finished = run_leat(arguments, place());
  CHECK(finished.code == 2);
  CHECK(finished.err.find("`prior` must be a map, found the text `label`") != std::string::npos);
  CHECK(finished.err.find("did you mean `labels`?") != std::string::npos);
}

TEST_CASE("graphs: each of the papers' systems trains, validates and tests with what it has") {
  struct System {
    const char* name;
    bool has_classes, has_pseudo_labels, has_masks;
  };
  for (const System& system : {System{"unet", false, false, true},
                               {"enc", true, false, false},
                               {"enc-ssl", true, true, false},
                               {"umtl", true, false, true},
                               {"umtls", true, false, true},
                               {"umtl-ssl", true, true, true},
                               {"umtls-ssl", true, true, true},
                               {"multimix-paper", true, true, true},
                               {"multimix-official-code", true, true, true}}) {
    CAPTURE(system.name);
    std::vector<std::string> settings;
    for (const std::string& setting : small_multimix()) {
      const bool is_of_classes = setting.starts_with("class_labels") || setting.starts_with("batch");
      const bool is_of_unlabelled = setting.starts_with("unlabelled_batch"), is_of_masks = setting.starts_with("mask_");
      if ((!is_of_classes || system.has_classes) && (!is_of_unlabelled || system.has_pseudo_labels) && (!is_of_masks || system.has_masks))
        settings.push_back(setting);
    }
    const auto results = results_of(graphs + system.name + ".yaml", system.name, settings);
    std::vector<std::string> measured;
    if (system.has_classes) measured.insert(measured.end(), {"classes.accuracy", "classes.auc"});
    if (system.has_masks) measured.push_back("lungs.dice");
    for (const std::string phase : {"validate", "test", "test_cross"}) check_measured(results, phase, measured);
    if (system.has_classes) check_measured(results, "saliency", {"jsrt.focus", "mcu.focus"});
    CHECK(fs::exists(place() / system.name / "checkpoints/best/net.safetensors"));
  }
}

TEST_CASE("graphs: two structures train, are judged each, and their masks are written beside each other") {
  std::ofstream(place() / "two.yaml") << "leat: 1\nextends: " << graphs << R"(multimix.yaml
resources:
  jsrt: {with: {masks: [lungs=mask, heart=mask_heart]}}
  jsrt_test: {with: {masks: [lungs=mask, heart=mask_heart]}}
  net: {with: {masks: [lungs, heart]}}
templates:
  learn_masks: {nodes: {loss: {with: {masks: [lungs, heart]}}}}
phases:
  test: {nodes: {lungs: {with: {masks: [lungs, heart]}}}}
  predict: {nodes: {pictures: {with: {masks: [lungs, heart]}}, table: {with: {masks: [lungs, heart]}}}}
  validate: null
  test_cross: null
  test_last: null
  test_cross_last: null
  saliency: null
plan: {train: {validate: null, keep: null}, then: [test, predict]}
)";
  auto settings = small_multimix();
  std::replace(settings.begin(), settings.end(), std::string("steps=3"), std::string("steps=2"));
  std::erase(settings, "validate_every=2 steps");
  settings.push_back("images=" + (data() / "mcu/images").string());
  const auto results = results_of("two.yaml", "two", settings);
  check_measured(results, "train", {"masked/loss.value_lungs", "masked/loss.value_heart"});
  check_measured(results, "test", {"lungs.dice", "lungs.dice_lungs", "lungs.dice_heart"});
  const auto masks = files_in(place() / "two/masks");
  REQUIRE(masks.size() == 8);
  CHECK(masks[0].filename().string().ends_with("_heart.png"));
  CHECK(masks[1].filename().string().ends_with("_lungs.png"));
  CHECK(text_of(place() / "two/predictions.csv").find("mask_lungs,mask_heart,") != std::string::npos);
}

TEST_CASE("graphs: `leat draw` writes each kind of picture, or says why not") {
  const auto draw = [](const std::string& file) {
    return run_leat({"draw", graphs + "demo.yaml", "--phase", "test_a", "--out", file}, place());
  };
  CHECK(draw("test.mmd").code == 0);
  CHECK(text_of(place() / "test.mmd").find("flowchart LR") != std::string::npos);
  CHECK(draw("test.dot").code == 0);
  CHECK(draw("test.png").code == 2);
  CHECK(draw("gone/test.dot").last_error_line() == "error: cannot write gone/test.dot");
  const Finished svg = draw("it's a test.svg");
  if (std::system("dot -V >/dev/null 2>&1") == 0) {
    CHECK(svg.code == 0);
    const std::string text = text_of(place() / "it's a test.svg");
    CHECK(text.find("multimix_lungs") != std::string::npos);
    CHECK(text.find("</svg>") != std::string::npos);
    CHECK(draw("gone/test.svg").last_error_line() == "error: cannot write gone/test.svg");
  } else {
    MESSAGE("skipped SVG: there is no `dot` here");
    CHECK(svg.last_error_line().find("its `dot` is not installed") != std::string::npos);
  }
}

TEST_CASE("graphs: `leat check --json` of each graph parses, and says phases and bounds") {
  for (const char* name : {"01_first_graph", "02_views", "03_train", "04_pseudo_labels", "demo"}) {
    const Finished finished = run_leat({"check", graphs + name + ".yaml", "--json"}, place());
    CAPTURE(finished.err);
    REQUIRE(finished.code == 0);
    const auto parsed = nlohmann::json::parse(finished.out);
    CHECK(parsed.at("version") == 1);
    CHECK_FALSE(parsed.at("phases").empty());
    if (name == std::string("03_train"))
      CHECK(parsed.at("parameters").at(0) ==
            nlohmann::json{{"name", "steps"}, {"value", "300"}, {"doc", "Training steps."}, {"allowed", "1..100000"}});
    CHECK(parsed.at("bound_bytes").get<std::int64_t>() <= parsed.at("memory_bytes").get<std::int64_t>());
  }
}

TEST_CASE("graphs: each sweep is one of programs, on the real data sets") {
  const fs::path real = fs::path(graphs) / "../../shared/data";
  if (!fs::exists(real / "chex")) {
    MESSAGE("skipped: there is no ../shared/data");
    return;
  }
  for (const char* name : {"bridge-ablation", "multimix-ablation", "multimix-table", "official-code-ablation", "paper-table"}) {
    const Finished finished = run_leat({"sweep", graphs + name + ".yaml", "--set", "data=" + real.string(), "--dry-run"}, place());
    CAPTURE(name);
    CAPTURE(finished.err);
    CHECK(finished.code == 0);
  }
}

TEST_CASE("graphs: each ablation is a program") {
  for (const fs::path& file : files_in(graphs + "ablations")) {
    std::vector<std::string> arguments{"check", file.string()};
    for (const std::string& setting : small_multimix()) {
      const std::string name = setting.substr(0, setting.find('='));
      const bool is_left_out =
          (file.stem() == "no_masks" && name.starts_with("mask_")) ||
          ((file.stem() == "no_pseudo_labels" || file.stem() == "umtls" || file.stem() == "umtl") && name == "unlabelled_batch") ||
          (file.stem() == "no_classes" && (name == "class_labels" || name == "batch" || name == "unlabelled_batch"));
      if (!is_left_out) arguments.insert(arguments.end(), {"--set", setting});
    }
    const Finished finished = run_leat(arguments, place());
    CAPTURE(file.string());
    CAPTURE(finished.err);
    CHECK(finished.code == 0);
  }
}
