#include "leat/report.h"
#include "leat/comparison.h"
#include "leat/metrics_text.h"
#include "leat/report_json.h"
#include "leat/report_text.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "base/text_width.h"
#include "report/finished_run.h"
#include "report/image_rows.h"
#include "report/report_table.h"
#include "report/report_words.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/text_file.h"

using namespace leat;
using namespace leat::report;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

/// Two systems that learn from a hospital more or less, as a graph's resolved text has them. Only names, sources and edges count here.
const char* const graph_text = R"(leat: 1
title: Two hospitals
phases:
  train:
    kind: train
    nodes:
      a/chests: {uses: io.chest, with: {hospital: [A], split: unlabelled}}
      ab/chests: {uses: io.chest, with: {hospital: [A, B], split: unlabelled}}
      multi_a_gate: {uses: gate.confidence, in: {logits: a/chests}}
      multi_gate: {uses: gate.confidence, in: {logits: ab/chests}}
  test_b:
    kind: test
    nodes:
      chests: {uses: io.chest, with: {hospital: B}}
      plain_classes: {uses: metric.classification, in: {logits: chests}}
      multi_a_classes: {uses: metric.classification, in: {logits: chests}}
      multi_classes: {uses: metric.classification, in: {logits: chests}}
plan:
  train: {phase: train, steps: 5}
  then: [test_b]
)";

json results(std::uint64_t seed, const json& phases) {
  return {{"version", 1},          {"title", "Two hospitals"},     {"graph_hash", "00ff"}, {"seed", seed},
          {"device", "cpu:2"},     {"parameters", json::object()}, {"seconds", 75.2},      {"steps", 5},
          {"peak_bytes", 1200000}, {"bound_bytes", 30000000},      {"phases", phases},     {"warnings", {"`b` is odd"}}};
}

fs::path put_run(const fs::path& folder, std::uint64_t seed, const json& phases, const std::string& graph = graph_text) {
  put(folder / "results.json", results(seed, phases).dump());
  if (!graph.empty()) put(folder / "graph.yaml", graph);
  return folder;
}

/// 40 images, half of each class, of which so many at the begin of each class are judged right. AUC and all that follow from the scores.
std::string judged(int right, const std::string& first_image = "i0") {
  std::ostringstream out;
  out << "image,group,label,probability_NORMAL,probability_PNEUMONIA\n";
  for (int k = 0; k < 40; ++k) {
    const bool is_ill = k % 2 == 1, is_said = k / 2 < right ? is_ill : !is_ill;
    out << (k == 0 ? first_image : "i" + std::to_string(k)) << ",B," << (is_ill ? "PNEUMONIA" : "NORMAL")
        << (is_said ? ",0.25,0.75\n" : ",0.75,0.25\n");
  }
  return out.str();
}

const ReportFigure& figure(const Report& report, const std::string& node, const std::string& metric) {
  for (const ReportFigure& one : report.figures)
    if (one.node == node && one.metric == metric) return one;
  throw std::runtime_error("no " + node + "." + metric);
}

const ReportDifference& difference(const Report& report, const std::string& ours, const std::string& theirs, const std::string& metric) {
  for (const ReportDifference& one : report.differences)
    if (one.ours == ours && one.theirs == theirs && one.metric == metric) return one;
  throw std::runtime_error("no " + ours + " - " + theirs);
}

Report report_of(std::vector<fs::path> runs) { return make_report(runs); }

std::string refusal_of(std::vector<fs::path> runs) {
  try {
    (void)make_report(runs);
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
  return {};
}

/// The demo's prototype over seeds 0 to 4, on hospital B.
Report demo_over_seeds(const fs::path& folder) {
  const double supervised[] = {.698, .772, .802, .676, .720}, multimix[] = {.910, .894, .898, .934, .886};
  std::vector<fs::path> runs;
  for (const std::size_t seed : {3, 0, 4, 1, 2})
    runs.push_back(put_run(
        folder / std::to_string(seed), seed,
        {{"test_b",
          {{"plain_classes.accuracy", supervised[seed]}, {"multi_a_classes.accuracy", .8}, {"multi_classes.accuracy", multimix[seed]}}},
         {"train", {{"multi_gate.share", .93}, {"multi_a_gate.share", .95}}}}));
  return report_of(runs);
}

Report one_run(const fs::path& folder) {
  put_run(folder, 7,
          {{"test_b",
            {{"plain_classes.accuracy", .5},
             {"multi_a_classes.accuracy", .6},
             {"multi_classes.accuracy", .9},
             {"multi_classes.auc", .9},
             {"multi_classes.images", 40}}},
           {"train", {{"multi_gate.share", .93}, {"multi_a_gate.share", nullptr}, {"multi_gate.loss", .5}}}});
  put(folder / "images" / "test_b.plain_classes.csv", judged(10));
  put(folder / "images" / "test_b.multi_a_classes.csv", judged(12));
  put(folder / "images" / "test_b.multi_classes.csv", judged(18));
  return report_of({folder});
}

std::size_t widest(const std::string& text) {
  std::istringstream in(text);
  std::size_t most = 0;
  for (std::string line; std::getline(in, line);)
    most = std::max(most, static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; })));
  return most;
}

}  // namespace

TEST_CASE("image rows: classes are judged as the metric node judges them") {
  const ImageRows rows = ImageRows::parse(
      "image,group,label,probability_a,probability_b,probability_c\r\n"
      "\"1, one\",x,a,.5,.25,.25\n2,x,b,.4,.4,.2\n3,x,c,.1,.2,.7\n4,x,c,.1,.8,.1\n");
  CHECK(rows.images()[0] == "1, one");
  const std::vector<std::int64_t> all{0, 1, 2, 3}, without_b{0, 2, 3, 3};
  CHECK(*(*rows.statistic("accuracy"))(all) == .5);
  CHECK(*(*rows.statistic("balanced_accuracy"))(all) == doctest::Approx((1 + 0 + .5) / 3));
  CHECK(*(*rows.statistic("balanced_accuracy"))(without_b) == doctest::Approx((1 + 1. / 3) / 2));
  CHECK(*(*rows.statistic("auc"))(all) == doctest::Approx((1 + 2. / 3 + .5) / 3));
  CHECK_FALSE((*rows.statistic("auc"))(without_b).has_value());
  CHECK(*(*rows.statistic("f1_a"))(all) == doctest::Approx(2. / 3));
  CHECK_FALSE(rows.statistic("sensitivity").has_value());
  CHECK_FALSE(rows.statistic("calibration_error").has_value());
  CHECK(*rows.majority_share() == .5);
}

TEST_CASE("image rows: of two classes the last is the positive one") {
  const ImageRows rows = ImageRows::parse("image,group,label,probability_n,probability_p\n1,,n,.9,.1\n2,,p,.6,.4\n3,,p,.2,.8\n");
  const std::vector<std::int64_t> all{0, 1, 2};
  CHECK(*(*rows.statistic("sensitivity"))(all) == .5);
  CHECK(*(*rows.statistic("specificity"))(all) == 1);
  CHECK(*(*rows.statistic("positive_share"))(all) == doctest::Approx(1. / 3));
  CHECK(*(*rows.statistic("auc"))(all) == 1);
  CHECK(rows.positive_class() == "p");
  CHECK(ImageRows::parse("image,group,label,probability_a,probability_b,probability_c\n1,,a,.9,.1,0\n").positive_class().empty());
}

TEST_CASE("report: the positive class of two is named once, with places if they differ") {
  CHECK(positive_class_sentence({}).empty());
  CHECK(positive_class_sentence({{"p", {"test.a", "test.b"}}}) ==
        "sensitivity, specificity and positive_share: `p` is the positive class.");
  CHECK(positive_class_sentence({{"n", {"cross.a"}}, {"p", {"test.a", "test.b"}}}) ==
        "sensitivity, specificity and positive_share: the positive class is `n` in cross.a, but `p` in test.a and test.b.");
}

TEST_CASE("image rows: several labels at once are judged class by class") {
  const ImageRows rows =
      ImageRows::parse("image,group,label_a,label_b,probability_a,probability_b\n1,,1,0,.9,.6\n2,,0,0,.2,.4\n3,,1,1,.4,.7\n");
  const std::vector<std::int64_t> all{0, 1, 2};
  CHECK(*(*rows.statistic("accuracy_a"))(all) == doctest::Approx(2. / 3));
  CHECK(*(*rows.statistic("accuracy"))(all) == doctest::Approx(2. / 3));
  CHECK(*(*rows.statistic("balanced_accuracy_b"))(all) == .75);
  CHECK_FALSE(rows.majority_share().has_value());
}

TEST_CASE("image rows: numbers have means, several channels the mean of theirs") {
  const ImageRows one = ImageRows::parse("image,group,dice\n1,A,.5\n2,A,1\n");
  CHECK(*(*one.statistic("dice"))(std::vector<std::int64_t>{0, 1}) == .75);
  CHECK_FALSE(one.statistic("images").has_value());
  const ImageRows two = ImageRows::parse("image,group,dice_lungs,dice_heart\n1,A,.5,.7\n2,A,1,.8\n");
  CHECK(*(*two.statistic("dice"))(std::vector<std::int64_t>{0, 1}) == .75);
  CHECK(*(*two.statistic("dice_heart"))(std::vector<std::int64_t>{1, 1}) == .8);
  const ImageRows in_mm = ImageRows::parse("image,group,assd_lungs,assd_mm_lungs,assd_heart,assd_mm_heart\n1,A,2,3,4,6\n");
  CHECK(*(*in_mm.statistic("assd"))(std::vector<std::int64_t>{0}) == 3);
  CHECK(*(*in_mm.statistic("assd_mm"))(std::vector<std::int64_t>{0}) == 4.5);
  CHECK_THROWS_WITH(ImageRows::parse("image,dice\n1\n"), "line 2 has 1 fields, but the header has 2");
}

TEST_CASE("report: over seeds, means and paired differences are those of the demo's note") {
  const TemporaryFolder folder;
  const Report report = demo_over_seeds(folder.path());
  REQUIRE(report.runs.size() == 5);
  CHECK(report.runs[1].seed == 1);
  CHECK(report.systems == std::vector<std::string>{"plain", "multi_a", "multi"});
  CHECK(figure(report, "plain_classes", "accuracy").interval.value == doctest::Approx(.7336));
  const Interval found = difference(report, "multi", "plain", "accuracy").interval;
  CHECK(number_words(found.value, true) == "+0.171");
  CHECK(number_words(found.low, true) == "+0.089");
  CHECK(number_words(found.high, true) == "+0.252");
  REQUIRE(report.sentences.size() == 2);
  CHECK(report.sentences[0].starts_with(
      "On test_b, multi, which also had the unlabelled images of B, differed from multi_a by: accuracy +0.104"));
  CHECK(report.sentences[1] ==
        "On test_b, multi differed from plain by: accuracy +0.171 [+0.089, +0.252] (5 seeds, paired by seed; 95 % intervals in brackets). "
        "Observed to be higher: "
        "accuracy.");
  CHECK(report.about == "test_b");
}

TEST_CASE("report: one run has intervals by image where the images reproduce its figures") {
  const TemporaryFolder folder;
  const Report report = one_run(folder.path());
  const Interval accuracy = figure(report, "multi_classes", "accuracy").interval;
  CHECK(accuracy.low > .78);
  CHECK(accuracy.low < .85);
  CHECK(accuracy.high > .94);
  CHECK(std::isnan(figure(report, "multi_gate", "share").interval.low));
  CHECK(std::isnan(figure(report, "multi_a_gate", "share").interval.value));
  const Interval worth = difference(report, "multi", "multi_a", "accuracy").interval;
  CHECK(worth.value == doctest::Approx(.3));
  CHECK(worth.low > .15);
  CHECK(worth.high < .45);
  REQUIRE(report.sentences.size() == 3);
  CHECK(report.sentences[1].find("(1 training run, seed 7, paired by image; 95 % intervals in brackets)") != std::string::npos);
  CHECK(report.sentences[2].find("report several seeds") != std::string::npos);
  REQUIRE(report.trivial.size() == 2);
  CHECK(report.trivial[0].interval.value == .5);
  CHECK(report_text(one_run(folder.path())) == report_text(report));

  put_run(folder.path(), 7, {{"test_b", {{"plain_classes.accuracy", .5}, {"multi_classes.accuracy", .8}}}});
  CHECK(std::isnan(figure(report_of({folder.path()}), "multi_classes", "accuracy").interval.low));
}

TEST_CASE("report: the differences on other tests are said too, with signs that turn and the number of intervals") {
  const TemporaryFolder folder;
  const std::string graph =
      std::regex_replace(std::string(graph_text), std::regex("plan:\n"),
                         "  test_a:\n    kind: test\n    nodes:\n      chests: {uses: io.chest, with: {hospital: A}}\n"
                         "      plain_classes: {uses: metric.classification, in: {logits: chests}}\n"
                         "      multi_a_classes: {uses: metric.classification, in: {logits: chests}}\n"
                         "      multi_classes: {uses: metric.classification, in: {logits: chests}}\nplan:\n");
  const fs::path run =
      put_run(folder.path(), 7,
              {{"test_b", {{"plain_classes.accuracy", .5}, {"multi_a_classes.accuracy", .6}, {"multi_classes.accuracy", .9}}},
               {"test_a", {{"plain_classes.accuracy", .5}, {"multi_a_classes.accuracy", .9}, {"multi_classes.accuracy", .6}}},
               {"train", {{"multi_gate.share", .93}, {"multi_a_gate.share", .9}}}},
              graph);
  for (const auto& [node, on_b, on_a] : {std::tuple("plain", 10, 10), std::tuple("multi_a", 12, 18), std::tuple("multi", 18, 12)}) {
    put(run / "images" / (std::string("test_b.") + node + "_classes.csv"), judged(on_b));
    put(run / "images" / (std::string("test_a.") + node + "_classes.csv"), judged(on_a));
  }
  const Report report = report_of({run});
  REQUIRE(report.sentences.size() == 4);
  CHECK(report.about == "test_b");
  CHECK(report.sentences[2].starts_with("On test_a, multi differed from multi_a by: accuracy -0.300 ["));
  CHECK(report.sentences[2].ends_with("]. The sign of accuracy is the other way than on test_b."));
  CHECK(report.chance ==
        "There are 6 differences with 95 % intervals; 6 intervals leave out 0. Where there is no difference, about one in twenty such "
        "intervals leaves out 0 by chance.");
  CHECK(std::regex_replace(report_text(report), std::regex("\n *"), " ").find("about one in twenty") != std::string::npos);
  CHECK(json::parse(report_json(report))["chance"] == report.chance);
}

TEST_CASE("report: a difference without an interval is said to have none, and why") {
  ReportDifference equal{"test_b", "classes", "accuracy", "multi", "plain", {0, NAN, NAN}, 0, true},
      other{"test_b", "classes", "auc", "multi", "plain", {.1, .05, .15}, 1, false};
  const std::string words = observed_sentence("multi", {equal, other}, {7});
  CHECK(words.find("accuracy 0.000 (no interval), AUC +0.100 [+0.050, +0.150]") != std::string::npos);
  CHECK(words.ends_with("No interval for accuracy, because all draws of images gave the same difference."));
  CHECK(chance_words({equal, other}).empty());
}

TEST_CASE("report: seeds that drew other images have no variance over patients") {
  const TemporaryFolder folder;
  const auto counts = [&](const std::string& type) {
    std::vector<fs::path> runs;
    for (const std::uint64_t seed : {1, 2}) {
      runs.push_back(put_run(folder.path() / std::to_string(seed), seed,
                             {{"test_b", {{"plain_classes.accuracy", .5}, {"multi_classes.accuracy", seed == 1 ? .8 : .9}}}},
                             std::regex_replace(std::string(graph_text), std::regex("io\\.chest"), type)));
      put(runs.back() / "images" / "test_b.plain_classes.csv", judged(10));
      put(runs.back() / "images" / "test_b.multi_classes.csv", judged(seed == 1 ? 16 : 18));
    }
    return report_of(runs).counts_patients;
  };
  CHECK(counts("io.images"));
  CHECK_FALSE(counts("io.chest"));
}

TEST_CASE("report: what W means is said only where a table has it") {
  const TemporaryFolder folder;
  const fs::path run = put_run(folder.path(), 7, {{"test_b", {{"plain_classes.accuracy", .5}, {"multi_classes.accuracy", .5}}}});
  for (const char* node : {"plain", "multi"}) put(run / "images" / (std::string("test_b.") + node + "_classes.csv"), judged(10));
  Report report = report_of({run});
  CHECK(wilson_words(report).empty());
  report.figures.push_back({"train", "gate", "share", "", "", true, {1, .9, 1}, -1, true});
  CHECK_FALSE(wilson_words(report).empty());
  CHECK(report_text(report).find("Wilson") == std::string::npos);
}

TEST_CASE("report: a predictor that has learnt nothing says the most frequent class, or every pixel") {
  const TemporaryFolder folder;
  put_run(folder.path(), 0,
          {{"test_b",
            {{"plain_classes.accuracy", .5},
             {"multi_classes.accuracy", .9},
             {"multi_classes.auc", .9},
             {"plain_lungs.dice", .8},
             {"multi_lungs.dice", .9},
             {"multi_lungs.trivial_dice", .47},
             {"plain_lungs.trivial_dice", .47}}}});
  put(folder.path() / "images" / "test_b.plain_classes.csv",
      "image,group,label,probability_n,probability_p\n1,,n,.9,.1\n2,,p,.6,.4\n3,,p,.2,.8\n4,,p,.2,.8\n");
  put(folder.path() / "images" / "test_b.multi_classes.csv",
      "image,group,label,probability_n,probability_p\n1,,n,.9,.1\n2,,p,.6,.4\n3,,p,.2,.8\n4,,p,.2,.8\n");
  const std::string text = report_text(report_of({folder.path()}));
  CAPTURE(text);
  CHECK(text.find("trivial  0.750     0.500   0.470\n") != std::string::npos);
}

TEST_CASE("report: where all draws are equal, fractions of rows have Wilson's interval, other metrics none, and both are said") {
  const TemporaryFolder folder;
  const auto words_of = [](const Report& report) { return std::regex_replace(report_text(report), std::regex("\n +"), " "); };
  // 40 of 40 images are right, and all areas under the curve are 1.
  const json phases{{"test_b", {{"plain_classes.accuracy", 1}, {"multi_classes.accuracy", 1}, {"multi_classes.auc", 1}}}};
  const auto run = [&](std::uint64_t seed) {
    const fs::path out = put_run(folder.path() / std::to_string(seed), seed, phases);
    for (const char* node : {"plain", "multi"}) put(out / "images" / (std::string("test_b.") + node + "_classes.csv"), judged(20));
    return out;
  };
  const Report report = report_of({run(7)});
  const ReportFigure& accuracy = figure(report, "multi_classes", "accuracy");
  CHECK(accuracy.is_wilson);
  // statsmodels.stats.proportion.proportion_confint(40, 40, method="wilson")
  CHECK(accuracy.interval.low == doctest::Approx(0.9123783988));
  CHECK(accuracy.interval.high == 1);
  CHECK(std::isnan(figure(report, "multi_classes", "auc").interval.low));
  CHECK(std::isnan(difference(report, "multi", "plain", "accuracy").interval.low));
  const std::string text = words_of(report);
  CAPTURE(text);
  CHECK(text.find("0.912–1.000 W") != std::string::npos);
  CHECK(text.find("W: Wilson's score interval over images, because all draws gave the same value.") != std::string::npos);
  CHECK(text.find("No interval, because all draws of images gave the same value: test_b multi_classes.auc, test_b multi_classes.accuracy − "
                  "plain_classes.accuracy.") != std::string::npos);
  const json shown = json::parse(report_json(report))["phases"]["test_b"];
  CHECK(shown["multi_classes.accuracy"]["method"] == "Wilson score");
  CHECK_FALSE(shown["multi_classes.auc"].contains("method"));
  CHECK(shown["multi_classes.auc"]["high"].is_null());

  // Two seeds on the same images are not 80 images.
  const std::string of_files = std::regex_replace(std::string(graph_text), std::regex("io\\.chest"), "io.images");
  const auto run_of_files = [&](std::uint64_t seed) {
    const fs::path out = run(seed);
    put(out / "graph.yaml", of_files);
    return out;
  };
  const Report seeds = report_of({run_of_files(1), run_of_files(2)});
  CHECK(figure(seeds, "multi_classes", "accuracy").is_wilson);
  CHECK(figure(seeds, "multi_classes", "accuracy").interval.low == doctest::Approx(0.9123783988));
  CHECK(words_of(seeds).find("because all draws and seeds gave the same value.") != std::string::npos);
  CHECK(words_of(seeds).find("No interval, because all seeds gave the same value: test_b multi_classes.auc") != std::string::npos);

  // Images of one patient count once.
  const fs::path patients = run(3);
  std::string rows = "image,group,patient,label,probability_NORMAL,probability_PNEUMONIA\n";
  for (int k = 0; k < 40; ++k)
    rows += "i" + std::to_string(k) + ",,p" + std::to_string(k / 4) + (k / 4 % 2 ? ",PNEUMONIA,0.1,0.9\n" : ",NORMAL,0.9,0.1\n");
  put(patients / "images" / "test_b.multi_classes.csv", rows);
  const Report by_patient = report_of({patients});
  CHECK(figure(by_patient, "multi_classes", "accuracy").interval.low == doctest::Approx(0.7224672001));
  CHECK(words_of(by_patient).find("W: Wilson's score interval over patients") != std::string::npos);
}

TEST_CASE("report: intervals are drawn by patient where some have several images") {
  const TemporaryFolder folder;
  std::string rows = "image,group,patient,dice\n";
  for (int k = 0; k < 40; ++k) rows += "i" + std::to_string(k) + ",,p" + std::to_string(k / 4) + "," + (k / 4 % 2 ? "0.5" : "0.9") + "\n";
  const auto report = [&](const std::string& name, const std::string& table) {
    put_run(folder.path() / name, 7, {{"test_b", {{"lungs.dice", .7}}}});
    put(folder.path() / name / "images" / "test_b.lungs.csv", table);
    return report_of({folder.path() / name});
  };
  const Report by_patient = report("a", rows);
  CHECK(by_patient.is_by_patient);
  CHECK(report_text(by_patient).find("95 % intervals by patient (percentile") != std::string::npos);
  for (std::size_t at = 0; (at = rows.find(",p", at)) != std::string::npos; ++at) rows.erase(at + 1, rows.find(',', at + 1) - at - 1);
  rows.replace(0, rows.find('\n'), "image,group,subject,dice");
  const Report by_image = report("b", rows);
  CHECK_FALSE(by_image.is_by_patient);
  const auto width = [](const Report& one) {
    return figure(one, "lungs", "dice").interval.high - figure(one, "lungs", "dice").interval.low;
  };
  CHECK(width(by_patient) > 1.5 * width(by_image));
}

TEST_CASE("report: over seeds that judged the same images, other patients are reckoned with") {
  const TemporaryFolder folder;
  const std::vector<int> right{15, 16, 17};
  const auto report = [&](const std::string& name, bool has_images) {
    std::vector<fs::path> runs;
    for (std::size_t seed = 0; seed < right.size(); ++seed) {
      runs.push_back(put_run(folder.path() / name / std::to_string(seed), seed, {{"test_b", {{"classes.accuracy", right[seed] / 20.0}}}}));
      if (has_images) put(runs.back() / "images" / "test_b.classes.csv", judged(right[seed]));
    }
    return report_of(runs);
  };
  const Report seeds = report("seeds", false), both = report("both", true);
  const Interval narrow = figure(seeds, "classes", "accuracy").interval, wide = figure(both, "classes", "accuracy").interval;
  CHECK(narrow.value == doctest::Approx(.8));
  CHECK(narrow.high - .8 == doctest::Approx(.1242).epsilon(1e-3));  // 4.303 * .05 / sqrt(3)
  CHECK(wide.value == doctest::Approx(.8));
  // Seeds: .05 / sqrt(3) = .029. Patients, 40 of whom nearly the same are right in all three: sqrt(.8 * .2 / 40) = .063, so t is near 2.
  CHECK(wide.high - .8 == doctest::Approx(.138).epsilon(.05));
  CHECK(report_text(seeds).find("Means over 3 seeds and 95 % intervals over seeds (Student's t), as in `leat runs --mean`.") !=
        std::string::npos);
  CHECK(report_text(both).find("over seeds and, if all seeds evaluated the same images, images") != std::string::npos);
  const std::string words = std::regex_replace(report_text(both), std::regex("\n +"), " ");
  CHECK(words.find("They differ from those of `leat runs --mean`") != std::string::npos);
}

TEST_CASE("report: systems that saw other images are not paired by image") {
  const TemporaryFolder folder;
  (void)one_run(folder.path());
  put(folder.path() / "images" / "test_b.multi_a_classes.csv", judged(12, "other"));
  const Report report = report_of({folder.path()});
  CHECK(std::isnan(difference(report, "multi", "multi_a", "accuracy").interval.low));
  CHECK_FALSE(std::isnan(difference(report, "multi", "plain", "accuracy").interval.low));
}

TEST_CASE("report: says that nothing was shown where an interval has 0 in it") {
  const Interval unclear{.01, -.02, .04}, worse{-.1, -.2, -.05}, better{.1, .05, .2}, alone{.1, NAN, NAN};
  const auto said = [](std::vector<ReportDifference> all) { return observed_sentence("a", all, {7}); };
  CHECK(said({{"t", "c", "accuracy", "a", "b", unclear}}) ==
        "On t, a differed from b by: accuracy +0.010 [-0.020, +0.040] (1 training run, seed 7, paired by image; 95 % intervals in "
        "brackets). No difference in accuracy "
        "was shown: its interval includes 0.");
  CHECK(said({{"t", "c", "auc", "a", "b", better}, {"t", "l", "dice", "a", "b", worse}}) ==
        "On t, a differed from b by: AUC +0.100 [+0.050, +0.200], Dice -0.100 [-0.200, -0.050] (1 training run, seed 7, paired by image; "
        "95 % intervals in brackets). "
        "Observed to be higher: AUC. Observed to be lower: Dice.");
  CHECK(said({{"t", "lungs", "dice", "a", "b", worse}, {"t", "heart", "dice", "a", "b", alone}}) ==
        "On t, a differed from b by: lungs Dice -0.100 [-0.200, -0.050], heart Dice +0.100 (no interval) (1 training run, seed 7, paired "
        "by image; 95 % "
        "intervals in brackets). "
        "Observed to be lower: lungs Dice.");
  // An end near 0 is not printed as 0.
  const std::string small = said({{"t", "l", "dice", "a", "b", {-.001, -.002, -.00012}}});
  CHECK(small.find("Dice -0.001 [-0.002, -0.0001] (") != std::string::npos);
  CHECK(small.ends_with("Observed to be lower: Dice."));
  CHECK(said({{"t", "l", "dice", "a", "b", {-.001, -.002, .0001}}}).ends_with("No difference in Dice was shown: its interval includes 0."));
  CHECK(said({}).empty());
}

TEST_CASE("report: the text is a table of systems, at most 110 characters wide") {
  const TemporaryFolder folder;
  const std::string text = report_text(one_run(folder.path()));
  CAPTURE(text);
  CHECK(widest(text) <= 110);
  CHECK(text.find("seed 7; device cpu:2; 5 training steps; 1 min 15 s; at most 1.2 MB in flight\n") != std::string::npos);
  CHECK(text.find("         accuracy     AUC          gate\n"
                  "         test_b       test_b       share\n"
                  "trivial  0.500        0.500        -\n"
                  "plain    0.500        -            -\n") != std::string::npos);
  CHECK(text.find("\nmulti    0.900        0.900        0.930\n         0.8") != std::string::npos);
  CHECK(text.find("warning: `b` is odd\n") != std::string::npos);
  const std::string markdown = report_markdown(one_run(folder.path()));
  CAPTURE(markdown);
  CHECK(markdown.find("|---|---|---|---|\n") != std::string::npos);
}

TEST_CASE("report: without systems each metric is a row and phases stand side by side") {
  const TemporaryFolder folder;
  put_run(folder.path(), 0,
          {{"test", {{"classes.accuracy", .9}, {"classes.images", 300}, {"lungs.dice", .8}}},
           {"validate", {{"classes.accuracy", 1}, {"lungs.dice", nullptr}}},
           {"train", {{"loss.value", 12.25}}}},
          "");
  const std::string text = report_text(report_of({folder.path()}));
  CAPTURE(text);
  CHECK(text.find("                  test   validate\n"
                  "classes.accuracy  0.900  1.000\n"
                  "classes.images    300    -\n"
                  "lungs.dice        0.800  -\n") != std::string::npos);
  CHECK(text.find("loss.value  12.25\n") != std::string::npos);
}

TEST_CASE("report: says of one run where its time went") {
  const TemporaryFolder folder;
  Report report = one_run(folder.path());
  REQUIRE(report.runs[0].phases.empty());
  CHECK(report_text(report).find("workers") == std::string::npos);
  PhaseActivity training{.name = "train", .steps = 500, .seconds = 100};
  training.nodes.push_back({.name = "chests", .lane = "cpu", .busy = 1.5});
  training.nodes.push_back({.name = "view", .lane = "cpu", .busy = 3});
  training.nodes.push_back({.name = "quick", .lane = "cpu", .busy = .001});
  training.nodes.push_back({.name = "encode", .lane = "device", .busy = 97});
  report.runs[0].phases = {training, {.name = "short", .steps = 1, .seconds = .5, .nodes = training.nodes}};
  const std::string text = report_text(report);
  CAPTURE(text);
  CHECK(text.find("\ntrain: 500 steps in 1 min 40 s; the device lane ran 97 % of that time; the workers' nodes ran 4.5 s together\n"
                  "  (most `view` 3.0 s, `chests` 1.5 s)\n") != std::string::npos);
  CHECK(text.find("short") == std::string::npos);
  const json out = json::parse(report_json(report));
  CHECK(out.at("runs")[0].at("activity")[0].at("nodes")[1].at("name") == "view");
  CHECK(out.at("runs")[0].at("activity")[0].at("nodes")[3].at("busy") == 97);
}

TEST_CASE("report: a log that cannot be read costs what the run did, and no figure") {
  const TemporaryFolder folder;
  const std::string whole = report_json(one_run(folder.path()));
  put(folder.path() / "events.log", std::string(300, 'x'));
  const Report report = report_of({folder.path()});
  REQUIRE(!report.runs[0].warnings.empty());
  CHECK(report.runs[0].warnings.back().find("the activity of the run is not shown: ") == 0);
  CHECK(json::parse(report_json(report)).at("phases") == json::parse(whole).at("phases"));
}

TEST_CASE("report: JSON has every figure") {
  const TemporaryFolder folder;
  const json out = json::parse(report_json(one_run(folder.path())));
  CHECK(out.at("version") == 1);
  CHECK(out.at("phases").at("train").at("multi_gate.loss").at("value") == .5);
  CHECK(out.at("phases").at("train").at("multi_gate.loss").at("low").is_null());
  CHECK(out.at("differences").size() == 3);
  CHECK(out.at("runs")[0].at("seed") == 7);
}

TEST_CASE("report: refuses folders that it cannot compare") {
  const TemporaryFolder folder;
  const fs::path first = put_run(folder.path() / "first", 0, json::object()), same = put_run(folder.path() / "same", 0, json::object());
  json other = results(1, json::object());
  other["graph_hash"] = "other";
  put(folder.path() / "other" / "results.json", other.dump());
  json smaller = other;
  smaller["parameters"] = {{"size", 32}};
  put(folder.path() / "smaller" / "results.json", smaller.dump());
  json larger = smaller;
  larger["graph_hash"] = "another";
  larger["parameters"] = {{"size", 64}};
  put(folder.path() / "larger" / "results.json", larger.dump());
  put(folder.path() / "cut" / "results.json", "{\"version\": 1");
  put(folder.path() / "lacks" / "results.json", "{\"version\": 1}");
  put(folder.path() / "unfinished" / "graph.yaml", graph_text);
  CHECK(refusal_of({first, same}).ends_with("both have the seed 0"));
  CHECK(refusal_of({first, folder.path() / "other"}).ends_with("are runs of different graphs, or of one with different parameters"));
  CHECK(
      refusal_of({folder.path() / "smaller", folder.path() / "larger"}).ends_with("of one with different parameters: `size` is 32 and 64"));
  CHECK(refusal_of({folder.path() / "cut"}).ends_with("is not JSON"));
  CHECK(refusal_of({folder.path() / "lacks"}).find("is not whole") != std::string::npos);
  CHECK(refusal_of({folder.path() / "unfinished"}).ends_with("holds a run that has not finished: it has no results.json"));
  CHECK(refusal_of({folder.path() / "nothing"}).ends_with("is not a run's folder"));
}

TEST_CASE("report: a table that is too wide goes on in a second block") {
  ReportTable table;
  for (int k = 0; k < 8; ++k) table.columns.push_back({"", "column number " + std::to_string(k)});
  table.rows.push_back({"row", std::vector<ReportCell>(8, ReportCell{".5", ""})});
  const std::string text = table.text(60);
  CHECK(widest(text) <= 60);
  CHECK(text.find("\n\n") != std::string::npos);
}

TEST_CASE("report: a name with a line break, a terminal's control or a bar stays in its cell") {
  ReportTable table;
  table.columns.push_back({"", "test\n2"});
  table.rows.push_back({"gate.share_a\nb", {{".5", ""}}});
  table.rows.push_back({"gate.share_\x1b[2J|c", {{".6", ""}}});
  CHECK(table.text() == "                      test\\x0A2\ngate.share_a\\x0Ab     .5\ngate.share_\\x1B[2J|c  .6\n");
  CHECK(table.markdown() == "|  | test\\x0A2 |\n|---|---|\n| gate.share_a\\x0Ab | .5 |\n| gate.share_\\x1B[2J\\|c | .6 |\n");
}

TEST_CASE("report: columns are aligned by what a terminal shows, not by bytes") {
  CHECK(text_width("plain") == 5);
  CHECK(text_width("Entzündung") == 10);
  CHECK(text_width("u\u0308") == 1);
  CHECK(text_width("肺炎") == 4);
  CHECK(text_width("a\xFF") == 2);
  CHECK(padded("肺", 4) == "肺  ");
  ReportTable table;
  table.columns = {{"", "肺炎"}, {"", "b"}};
  table.rows.push_back({"Entzündung", {{"1", ""}, {"2", ""}}});
  table.rows.push_back({"正常", {{"12345", ""}, {"3", ""}}});
  CHECK(table.text() ==
        "            肺炎   b\n"
        "Entzündung  1      2\n"
        "正常        12345  3\n");
  CHECK(metrics_text({{"c.f1_Entzündung", .5}, {"c.f1_肺炎", 1}, {"c.f1_plain_name", 2}}) ==
        "  c.f1_Entzündung  0.5\n"
        "  c.f1_plain_name  2\n"
        "  c.f1_肺炎        1\n");
}

TEST_CASE("report: numbers are short") {
  CHECK(number_words(.95649) == "0.956");
  CHECK(number_words(-.0004, true) == "0.000");
  CHECK(number_words(1) == "1.000");
  CHECK(number_words(.00002) == "2.0e-05");
  CHECK(number_words(0) == "0.000");
  CHECK(number_words(500) == "500");
  CHECK(number_words(123.456) == "123.5");
  CHECK(number_words(NAN) == "-");
  CHECK(duration_words(271) == "4 min 31 s");
}

namespace {

/// What newer runs say of a metric.
json declared(bool is_headline, const json& low = nullptr, const json& high = nullptr, const std::string& better = "higher") {
  return {{"better", better}, {"is_headline", is_headline}, {"low", low}, {"high", high}};
}

fs::path put_newer(const fs::path& folder, std::uint64_t seed, const json& phases, const json& more, const std::string& graph = "") {
  json all = results(seed, phases);
  all.update(more);
  put(folder / "results.json", all.dump());
  if (!graph.empty()) put(folder / "graph.yaml", graph);
  return folder;
}

/// A graph whose plan keeps weights.
const char* const keeping_graph = R"(leat: 1
title: Kept
phases:
  train: {kind: train, nodes: {chests: {uses: io.chest}}}
  validate: {kind: validate, nodes: {classes: {uses: metric.classification, in: {logits: chests}}, chests: {uses: io.chest}}}
  test: {kind: test, nodes: {classes: {uses: metric.classification, in: {logits: chests}}, chests: {uses: io.chest}}}
plan:
  train: {phase: train, steps: 500, validate: {phase: validate, every: 10 steps}, keep: {best: validate.classes.auc}}
  then: [test]
)";

fs::path put_kept(const fs::path& folder, std::uint64_t seed, std::int64_t kept, double auc) {
  return put_newer(folder, seed, {{"validate", {{"classes.auc", .7}}}, {"test", {{"classes.auc", auc}}}},
                   {{"metrics", {{"validate.classes.auc", declared(true, 0, 1)}, {"test.classes.auc", declared(true, 0, 1)}}},
                    {"weights_of", {{"validate", 500}, {"test", kept}}},
                    {"kept", {{"step", kept}, {"phase", "validate"}, {"metrics", {{"classes.auc", auc + .01}}}}}},
                   keeping_graph);
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("report: beside tests of kept weights stands the validation of the same weights, and each says its step") {
  const TemporaryFolder folder;
  const Report report = report_of({put_kept(folder.path(), 0, 120, .9)});
  const std::string text = report_text(report);
  CAPTURE(text);
  CHECK(has(text,
            "             test      validate\n"
            "             step 120  step 120  step 500\n"
            "classes.auc  0.900     0.910     0.700\n"));
  REQUIRE(report.notes.size() == 1);
  CHECK(report.notes[0].starts_with(
      "The plan's `keep` selected the weights of step 120. validate evaluated those of step 500. test evaluated the selected ones. "));
  CHECK(has(report_markdown(report), "|  | test step 120 | validate step 120 | validate step 500 |\n"));
  const json out = json::parse(report_json(report));
  CHECK(out.at("phases").at("validate").at("classes.auc").at("value") == .7);
  CHECK(out.at("kept").at("validate").at("classes.auc").at("value") == doctest::Approx(.91));
  CHECK(out.at("weights").at(2) == json{{"phase", "test"}, {"is_kept", false}, {"steps", {120}}});
}

TEST_CASE("report: over seeds that kept other steps, columns are called kept and last, and the steps are told") {
  const TemporaryFolder folder;
  const std::string text = report_text(report_of({put_kept(folder.path() / "a", 0, 120, .9), put_kept(folder.path() / "b", 1, 340, .8)}));
  CAPTURE(text);
  CHECK(has(text, "validate"));
  CHECK(has(text, "kept"));
  CHECK(has(text, "step 500"));
  CHECK(has(text, "the weights of the steps 120, 340 (by seed)"));
}

TEST_CASE("report: where the last validation is the kept one, it stands there once") {
  const TemporaryFolder folder;
  const Report report = report_of({put_kept(folder.path(), 0, 500, .7)});
  CHECK(std::none_of(report.figures.begin(), report.figures.end(), [](const ReportFigure& one) { return one.is_kept; }));
  CHECK(has(report_text(report), "selected the weights of step 500. validate evaluated the selected ones."));
}

TEST_CASE("report: of a run that did not record which weights were kept, this is said") {
  const TemporaryFolder folder;
  put_run(folder.path(), 0, {{"validate", {{"classes.auc", .7}}}, {"test", {{"classes.auc", .9}}}}, keeping_graph);
  const std::string text = report_text(report_of({folder.path()}));
  CAPTURE(text);
  CHECK(has(text, "The metrics of validate are those of its last occurrence."));
}

TEST_CASE("report: one image, and one patient, give no interval, and the report says why") {
  const TemporaryFolder folder;
  const auto report = [&](const std::string& name, const std::string& rows) {
    put_run(folder.path() / name, 7, {{"test", {{"lungs.dice", .9}}}}, "");
    put(folder.path() / name / "images" / "test.lungs.csv", "image,group,patient,dice\n" + rows);
    return report_of({folder.path() / name});
  };
  const Report image = report("image", "i,,p,0.9\n"), patient = report("patient", "i,,p,0.8\nk,,p,1\n"),
               two = report("two", "i,,p,0.8\nk,,q,1\n");
  CHECK(std::isnan(figure(image, "lungs", "dice").interval.low));
  CHECK(has(report_text(image), "`lungs` of test evaluated one image, so its metrics have no interval."));
  CHECK(std::isnan(figure(patient, "lungs", "dice").interval.high));
  CHECK(has(report_text(patient), "`lungs` of test evaluated one patient, so its metrics have no interval."));
  // Student's t with one degree of freedom is wider than the bounds of Dice.
  CHECK(figure(two, "lungs", "dice").interval.low == 0);
  CHECK(figure(two, "lungs", "dice").interval.high == 1);
  CHECK(figure(two, "lungs", "dice").patients == 2);
  CHECK(has(report_text(two), "WARNING: intervals are over very few images: 2 in test."));
  CHECK(has(report_text(two), "Intervals are limited to the bounds of their metric"));
}

TEST_CASE("report: one patient in all seeds adds no variance of patients") {
  const TemporaryFolder folder;
  std::vector<fs::path> runs;
  for (int seed = 0; seed < 2; ++seed) {
    runs.push_back(put_run(folder.path() / std::to_string(seed), static_cast<std::uint64_t>(seed), {{"test", {{"lungs.dice", .5}}}}, ""));
    put(runs.back() / "images" / "test.lungs.csv", "image,group,patient,dice\ni,,p,0.4\nk,,p,0.6\n");
  }
  CHECK_FALSE(report_of(runs).counts_patients);
}

TEST_CASE("report: intervals over seeds of shares end at 0 and 1, of differences at -1 and 1, and this is said once") {
  const TemporaryFolder folder;
  std::vector<fs::path> runs;
  const double dice[] = {.90, .999}, loss[] = {.1, 2};
  for (std::size_t seed = 0; seed < 2; ++seed)
    runs.push_back(put_newer(
        folder.path() / std::to_string(seed), seed,
        {{"test", {{"lungs.dice", dice[seed]}, {"lungs.own", dice[seed]}, {"lungs.assd", loss[seed]}, {"lungs.free", loss[seed]}}}},
        {{"metrics",
          {{"test.lungs.dice", declared(true, 0, 1)},
           {"test.lungs.assd", declared(false, 0, nullptr, "lower")},
           {"test.lungs.free", declared(false)}}}}));
  const Report report = report_of(runs);
  CHECK(figure(report, "lungs", "dice").interval.high == 1);
  CHECK(figure(report, "lungs", "assd").interval.low == 0);
  CHECK(figure(report, "lungs", "assd").interval.high > 2);
  CHECK(figure(report, "lungs", "free").interval.low < 0);
  // Nothing is known of it.
  CHECK(figure(report, "lungs", "own").interval.high > 1);
  const std::string text = report_text(report);
  CAPTURE(text);
  const std::string sentence = "limited to the bounds";
  REQUIRE(has(text, sentence));
  CHECK(text.find(sentence) == text.rfind(sentence));
  Interval difference{.5, -1.5, 2.5};
  CHECK(cut(difference, of_differences({0, 1})));
  CHECK(difference.low == -1);
  CHECK(difference.high == 1);
}

TEST_CASE("report: of runs that recorded no bounds, the shares of Leat's nodes are known by name") {
  const TemporaryFolder folder;
  std::vector<fs::path> runs;
  for (std::size_t seed = 0; seed < 2; ++seed) {
    const double value = seed == 0 ? .5 : 1;
    runs.push_back(
        put_run(folder.path() / std::to_string(seed), seed,
                {{"test", {{"lungs.dice_pooled", value}, {"lungs.jaccard", value}, {"lungs.dicey", value}, {"lungs.ssim", value}}}}, ""));
  }
  const Report report = report_of(runs);
  CHECK(figure(report, "lungs", "dice_pooled").interval.high == 1);
  CHECK(figure(report, "lungs", "jaccard").interval.high == 1);
  CHECK(figure(report, "lungs", "dicey").interval.high > 1);
  CHECK(figure(report, "lungs", "ssim").interval.high > 1);
}

TEST_CASE("report: how a metric follows from its rows also tells its bounds") {
  const TemporaryFolder folder;
  std::vector<fs::path> runs;
  for (std::size_t seed = 0; seed < 2; ++seed) {
    runs.push_back(put_newer(folder.path() / std::to_string(seed), seed, {{"test", {{"own.hits", seed == 0 ? .5 : 1}}}},
                             {{"metrics", json::object()}}));
    put(runs.back() / "images" / "test.own.csv",
        std::string("image,group,patient,seen\na,,a,yes\nb,,b,") + (seed == 0 ? "no" : "yes") + "\n");
    put(runs.back() / "images" / "test.own.json",
        R"({"version": 1, "metrics": {"hits": {"kind": "share", "conditions": [["seen", "yes"]]}}})");
  }
  CHECK(figure(report_of(runs), "own", "hits").interval.high == 1);
}

TEST_CASE("report: an author's headline stands in the summary, has its interval by the file beside its rows, and is compared") {
  const TemporaryFolder folder;
  const auto put_side = [&](const std::string& name, const std::string& hash, double more) {
    std::string rows = "image,group,patient,millimetres\n";
    for (int k = 0; k < 10; ++k)
      rows += "i" + std::to_string(k) + ",,i" + std::to_string(k) + "," + std::to_string(k + more + (k % 3) * more) + "\n";
    const double mean = 4.5 + more + .9 * more;
    const fs::path run =
        put_newer(folder.path() / name, 3, {{"test", {{"plain_tips.offset", mean}, {"own_tips.offset", mean}, {"own_tips.other", 1}}}},
                  {{"graph_hash", hash},
                   {"metrics",
                    {{"test.plain_tips.offset", declared(true, 0, nullptr, "lower")},
                     {"test.own_tips.offset", declared(true, 0, nullptr, "lower")},
                     {"test.own_tips.other", declared(false)}}}});
    for (const char* node : {"plain_tips", "own_tips"}) {
      put(run / "images" / ("test." + std::string(node) + ".csv"), rows);
      put(run / "images" / ("test." + std::string(node) + ".json"),
          R"({"version": 1, "metrics": {"offset": {"kind": "mean", "columns": ["millimetres"]}}})");
    }
    return run;
  };
  const fs::path ours = put_side("ours", "ours", 0), theirs = put_side("theirs", "theirs", 1);
  const Report report = report_of({ours});
  CHECK(figure(report, "own_tips", "offset").interval.low > 2);
  CHECK(figure(report, "own_tips", "offset").interval.high < 7);
  const std::string text = report_text(report);
  CAPTURE(text);
  CHECK(has(text, "       offset\n       test\n"));
  CHECK_FALSE(has(text, "tips.other"));
  REQUIRE(report.differences.size() == 1);
  CHECK(report.differences[0].metric == "offset");
  const Comparison found = compare_runs(std::vector<fs::path>{ours}, std::vector<fs::path>{theirs}, {});
  REQUIRE(found.metrics.size() == 2);
  CHECK(found.metrics[0].name.ends_with("_tips.offset"));
  CHECK(found.metrics[0].difference.interval.value == doctest::Approx(-1.9));
  CHECK(found.metrics[0].difference.interval.high < -1);
}

TEST_CASE("report: what a node declares as a detail is no headline, whatever its name is") {
  const TemporaryFolder folder;
  put_newer(folder.path(), 0, {{"test", {{"a_x.dice", .5}, {"b_x.dice", .5}}}},
            {{"metrics", {{"test.a_x.dice", declared(false)}, {"test.b_x.dice", declared(false)}}}});
  CHECK(report_of({folder.path()}).differences.empty());
}

TEST_CASE("report: rows that do not give the figure are told of, and do not count") {
  const TemporaryFolder folder;
  put_newer(folder.path(), 0, {{"test", {{"lungs.dice", .9}}}}, {{"metrics", json::object()}});
  put(folder.path() / "images" / "test.lungs.csv", "image,group,patient,dice\na,,a,0.5\nb,,b,0.6\n");
  put(folder.path() / "images" / "test.lungs.json", R"({"version": 1, "metrics": {"dice": {"kind": "mean", "columns": ["dice"]}}})");
  const Report report = report_of({folder.path()});
  CHECK(std::isnan(figure(report, "lungs", "dice").interval.low));
  REQUIRE(report.notes.size() == 1);
  CHECK(report.notes[0] ==
        "images/test.lungs.csv gives 0.550 for `dice`, but results.json gives 0.900, so the interval does not use the images.");
  put(folder.path() / "images" / "test.lungs.json", R"({"version": 1, "metrics": {"dice": {"kind": "mean", "columns": ["dise"]}}})");
  CHECK(has(refusal_of({folder.path()}), "it does not match the file next to it: there is no column `dise`"));
  put(folder.path() / "images" / "test.lungs.json", R"({"version": 7, "metrics": {}})");
  CHECK(has(refusal_of({folder.path()}), "it was written by another version of Leat"));
}
