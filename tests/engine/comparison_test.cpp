#include "leat/comparison_text.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "leat/diagnostics.h"
#include "leat/file_marks.h"
#include "run/checkpoint.h"
#include "support/doctest.h"
#include "support/graphs.h"

using namespace leat;
using nlohmann::json;

namespace {

namespace fs = std::filesystem;

constexpr int usual_patients = 30;

/// What image k of patient k / 2 got; better by `more` and by what the seed brought.
double dice(int k, double more, int seed) { return .5 + .01 * (k / 2 % 7) + more + .004 * seed; }

enum class Images { NotKept, Same, OfEachSeed };

/// A finished run that judged sixty masks, with a table that says so if they are kept.
fs::path put_run(const fs::path& folder, int seed, const std::string& hash, double more, Images images = Images::Same,
                 int patients = usual_patients) {
  const std::string list = images == Images::OfEachSeed ? std::to_string(seed) + "-" : "";
  double mean = 0;
  std::string rows = "image,group,patient,dice\n";
  for (int k = 0; k < 2 * patients; ++k) {
    const double one = dice(k, k / 2 % 3 == 0 ? 2 * more : more / 2, hash == "ours" ? seed : 0);
    mean += one / (2 * patients);
    rows += "i" + list + std::to_string(k) + ",,p" + list + std::to_string(k / 2) + "," + std::to_string(one) + "\n";
  }
  const fs::path run = folder / (hash + std::to_string(seed));
  fs::create_directories(run / "images");
  std::ofstream(run / "results.json") << json{
      {"version", 1},
      {"title", "The " + hash},
      {"graph_hash", hash},
      {"seed", seed},
      {"device", "cpu:2"},
      {"parameters", json::object()},
      {"seconds", 1.5},
      {"steps", 5},
      {"peak_bytes", 1},
      {"bound_bytes", 2},
      {"phases", {{"test", {{"lungs.dice", mean}, {"lungs.images", 60}, {"lungs.ssim", mean / 2}}}}},
      {"warnings", json::array()}};
  if (images != Images::NotKept) std::ofstream(run / "images" / "test.lungs.csv") << rows;
  return run;
}

struct Sides {
  explicit Sides(const fs::path& folder, int seeds = 3, double more = .03, Images images = Images::Same, int patients = usual_patients) {
    for (int seed = 0; seed < seeds; ++seed) {
      ours.push_back(put_run(folder, seed, "ours", more, images, patients));
      theirs.push_back(put_run(folder, seed, "theirs", 0, images, patients));
    }
  }
  std::vector<fs::path> ours, theirs;
};

std::string refusal_of(const std::vector<fs::path>& ours, const std::vector<fs::path>& theirs,
                       const std::vector<std::string>& metrics = {}) {
  try {
    (void)compare_runs(ours, theirs, metrics);
  } catch (const Refusal& refusal) {
    return refusal.what() + (refusal.hint().empty() ? "" : " (" + refusal.hint() + ")");
  }
  return {};
}

}  // namespace

TEST_CASE("comparison: the difference is paired by seed, and its interval knows of other seeds and other patients") {
  const TemporaryFolder folder;
  const Sides sides(folder.path());
  const Comparison found = compare_runs(sides.ours, sides.theirs, {});
  REQUIRE(found.metrics.size() == 1);
  const ComparedMetric& one = found.metrics[0];
  CHECK(one.name == "lungs.dice");
  CHECK(one.counts_patients);
  CHECK(one.difference.interval.value == doctest::Approx(.03 + .004));
  CHECK(one.ours - one.theirs == doctest::Approx(one.difference.interval.value));
  // Of the seeds: 0, .004, .008. Of the patients: ten have .06 more, twenty .015.
  const double of_seeds = .004 * .004 / 3, of_patients = .0212 * .0212 / usual_patients;
  CHECK((one.difference.interval.high - one.difference.interval.low) / 2 > 1.96 * std::sqrt(of_seeds + of_patients) * .95);
  CHECK((one.difference.interval.high - one.difference.interval.low) / 2 < 2.6 * std::sqrt(of_seeds + of_patients));
  CHECK(one.difference.p < .001);
  CHECK(one.holm == one.difference.p);
  const std::string text = comparison_text(found);
  CHECK(text.starts_with("ours: The ours\ntheirs: The theirs\npaired by seed: 0, 1, 2\n"));
  CHECK(text.find("test lungs.dice") != std::string::npos);
  CHECK(text.find('*') == std::string::npos);
}

TEST_CASE("comparison: intervals and p over few patients are Student's t over the patients' means, and a warning says how few") {
  // Patients k have 2 * .03 more if k % 3 == 0, else .015: scipy.stats.ttest_1samp(differences of patients, 0), and its
  // confidence_interval().
  struct Row {
    int patients;
    double low, high, p;
  };
  for (const Row& row : {Row{3, -0.0345397909, 0.0945397909, 0.183503}, Row{20, 0.0204437509, 0.0410562491, 5.36054e-06}}) {
    CAPTURE(row.patients);
    const TemporaryFolder folder;
    const Sides sides(folder.path(), 1, .03, Images::Same, row.patients);
    const Comparison found = compare_runs(sides.ours, sides.theirs, {});
    const ComparedMetric& one = found.metrics.at(0);
    CHECK(one.patients == row.patients);
    CHECK(found.is_by_patient);
    CHECK((one.difference.interval.high - one.difference.interval.low) / (row.high - row.low) == doctest::Approx(1).epsilon(0.06));
    CHECK(one.difference.interval.low == doctest::Approx(row.low).epsilon(0.1));
    CHECK(std::abs(std::log10(one.difference.p / row.p)) < 0.5);
    const std::string text = comparison_text(found);
    const bool warns = text.find("WARNING: intervals are over very few patients: 3 in test lungs.dice.") != std::string::npos;
    CHECK(warns == (row.patients < few_clusters));
    CHECK(text.find("patients") != std::string::npos);
    CHECK(json::parse(comparison_json(found)).at("metrics").at(0).at("patients") == row.patients);
  }
}

TEST_CASE("comparison: without images that all seeds judged, figures are compared over seeds alone, and are marked") {
  const TemporaryFolder folder;
  Images images = Images::NotKept;
  SUBCASE("not kept") {}
  SUBCASE("of each seed") { images = Images::OfEachSeed; }
  const Sides sides(folder.path(), 3, .03, images);
  const Comparison found = compare_runs(sides.ours, sides.theirs, std::vector<std::string>{"test.lungs.dice", "test.lungs.ssim"});
  REQUIRE(found.metrics.size() == 2);
  CHECK_FALSE(found.metrics[0].counts_patients);
  const std::vector<double> differences{.03, .034, .038};
  CHECK(found.metrics[0].difference.interval.low == doctest::Approx(mean_interval(differences).low));
  CHECK(found.metrics[0].holm >= found.metrics[0].difference.p);
  CHECK(comparison_text(found).find("test lungs.dice *") != std::string::npos);
  CHECK(json::parse(comparison_json(found)).at("metrics").at(1).at("metric") == "lungs.ssim");
}

TEST_CASE("comparison: one seed each is compared over patients, and says so") {
  const TemporaryFolder folder;
  const Sides sides(folder.path(), 1);
  const Comparison found = compare_runs(sides.ours, sides.theirs, {});
  CHECK(found.metrics.at(0).difference.interval.low > 0);
  CHECK(comparison_text(found).find("They describe this one training run.") != std::string::npos);
}

TEST_CASE("comparison: one seed each without images of both sides has no interval, and no note claims one") {
  const TemporaryFolder folder;
  const Sides sides(folder.path(), 1, .03, Images::NotKept);
  const Comparison found = compare_runs(sides.ours, sides.theirs, {});
  CHECK(std::isnan(found.metrics.at(0).difference.interval.low));
  CHECK(comparison_method(found) ==
        "There are no intervals and no p: with one run on each side, they need stored values of the same images on both sides. "
        "Compare several seeds.");
  CHECK(comparison_pairing(found) == "Not paired.");
  CHECK(comparison_text(found).find("95 %") == std::string::npos);
  CHECK(comparison_text(found).find('*') == std::string::npos);
}

TEST_CASE("comparison: drawn images of two seeds are different images, and the sides have the words that were asked for") {
  const TemporaryFolder folder;
  const fs::path ours = put_run(folder.path(), 0, "ours", .03), theirs = put_run(folder.path(), 1, "theirs", 0);
  for (const fs::path& run : {ours, theirs})
    std::ofstream(run / "graph.yaml") << "leat: 1\nphases:\n  test:\n    nodes:\n      chests: {uses: io.chest, with: {count: 60}}\n"
                                         "      lungs: {uses: metric.segmentation, in: {logits: chests}}\nplan: {then: [test]}\n";
  const Comparison found = compare_runs(std::vector{ours}, std::vector{theirs}, {});
  REQUIRE(found.notes.size() == 2);
  CHECK(found.notes[0] == "The two runs have the seeds 0 and 1, so a difference can come from the seed alone.");
  CHECK(found.notes[1] == "Each side drew its images from its own seed, so images with the same name are different images.");
  CHECK_FALSE(found.metrics.at(0).counts_patients);
  CHECK(comparison_text(found).find("seeds: 0 in ours, 1 in theirs") != std::string::npos);
  for (const fs::path& run : {ours, theirs}) fs::remove(run / "graph.yaml");
  std::ofstream(theirs / "images" / "test.lungs.csv") << "image,group,patient,dice\ni0,,,0.5\nx,,,0.5\n";
  const Comparison named = compare_runs(std::vector{ours}, std::vector{theirs}, {}, {"the second", "the first"});
  REQUIRE(named.notes.size() == 2);
  CHECK(named.notes[1] == "`test.lungs` evaluated 60 images in the second and 2 images in the first; 1 is the same.");
}

TEST_CASE("comparison: only common seeds are compared, and the others are named") {
  const TemporaryFolder folder;
  const Sides sides(folder.path(), 4);
  const Comparison found = compare_runs(sides.ours, std::vector{sides.theirs[0], sides.theirs[2], sides.theirs[3]}, {});
  CHECK(found.seeds == std::vector<std::uint64_t>{0, 2, 3});
  REQUIRE(found.notes.size() == 1);
  CHECK(found.notes[0] == "Only the seeds that both sides have are compared. Left out: seed 1 of ours.");
  const Comparison same = compare_runs(std::vector{sides.ours[0], sides.ours[2], sides.ours[3]},
                                       std::vector{sides.theirs[0], sides.theirs[2], sides.theirs[3]}, {});
  CHECK(found.metrics.at(0).difference.p == same.metrics.at(0).difference.p);
  const Comparison one = compare_runs(std::vector{sides.ours[0], sides.ours[1]}, std::vector{sides.theirs[1], sides.theirs[2]}, {},
                                      {"the second", "the first"});
  CHECK(one.seeds == std::vector<std::uint64_t>{1});
  CHECK(one.notes.at(0) == "Only the seeds that both sides have are compared. Left out: seed 0 of the second and seed 2 of the first.");
  CHECK(comparison_text(one).find("paired by seed: 1\n") != std::string::npos);
}

TEST_CASE("comparison: headline metrics that only one side has are named") {
  const TemporaryFolder folder;
  const Sides sides(folder.path(), 1);
  const auto rename = [&](const fs::path& run, const json& metrics) {
    json results = json::parse(std::ifstream(run / "results.json"));
    results["phases"]["test"] = metrics;
    std::ofstream(run / "results.json") << results;
  };
  rename(sides.ours[0], {{"lungs.dice", .8}, {"klasse.accuracy", .7}, {"klasse.auc", .9}, {"klasse.images", 4}});
  rename(sides.theirs[0], {{"lungs.dice", .7}, {"cls.accuracy", .7}});
  CHECK(compare_runs(sides.ours, sides.theirs, {}).notes.at(0) ==
        "Not compared, because the other side has no metric of this name: `test.klasse.accuracy`, `test.klasse.auc` of ours; "
        "`test.cls.accuracy` of theirs.");
  rename(sides.theirs[0], {{"cls.accuracy", .7}});
  rename(sides.ours[0], {{"klasse.accuracy", .7}});
  CHECK(refusal_of(sides.ours, sides.theirs) ==
        "these runs have no headline metric of a test in common, such as accuracy, AUC or Dice: there is `test.klasse.accuracy` of ours; "
        "`test.cls.accuracy` of theirs");
}

TEST_CASE("comparison: a p that is smaller than draws can show is printed as a bound") {
  const TemporaryFolder folder;
  const Sides sides(folder.path(), 1, .2);
  const std::string text = comparison_text(compare_runs(sides.ours, sides.theirs, {}));
  CHECK(text.find("<0.001") != std::string::npos);
  CHECK(text.find("e-") == std::string::npos);
}

TEST_CASE("comparison: refuses what cannot be paired") {
  const TemporaryFolder folder;
  const Sides sides(folder.path());
  CHECK(refusal_of({sides.ours[0], sides.ours[1]}, {sides.theirs[2]}) ==
        "the two sides have no seed in common, but they are compared seed by seed: ours has seeds 0, 1, theirs has seed 2");
  CHECK(refusal_of({sides.ours[0], sides.theirs[1]}, sides.theirs).find("are runs of different graphs") != std::string::npos);
  CHECK(refusal_of({sides.ours[0], sides.ours[0]}, {sides.theirs[0], sides.theirs[0]}).find("both have the seed 0") != std::string::npos);
  CHECK(refusal_of(sides.ours, sides.theirs, {"test.lungs.dcie"}) ==
        "the metric `test.lungs.dcie` is not on both sides (did you mean `test.lungs.dice`?)");
}

TEST_CASE("comparison: figures of the last class are not compared where it is another class") {
  const TemporaryFolder folder;
  const auto put = [&](const std::string& hash, const std::string& rows) {
    const fs::path run = put_run(folder.path(), 0, hash, 0, Images::NotKept);
    json results = json::parse(std::ifstream(run / "results.json"));
    results["phases"]["test"] = {{"classes.accuracy", .75}, {"classes.sensitivity", .5}, {"classes.f1_A", .8}};
    std::ofstream(run / "results.json") << results;
    std::ofstream(run / "images" / "test.classes.csv") << rows;
    return run;
  };
  const fs::path straight = put("straight",
                                "image,group,patient,label,probability_A,probability_B\n"
                                "1,,,A,0.9,0.1\n2,,,A,0.8,0.2\n3,,,B,0.3,0.7\n4,,,B,0.6,0.4\n");
  const fs::path crossed = put("crossed",
                               "image,group,patient,label,probability_B,probability_A\n"
                               "1,,,A,0.1,0.9\n2,,,A,0.2,0.8\n3,,,B,0.7,0.3\n4,,,B,0.4,0.6\n");
  CHECK(refusal_of({straight}, {crossed}, {"test.classes.sensitivity"}) ==
        "`test.classes.sensitivity` means something else on each side: for the same images it is 0.500 or 1.000 (give the metric node its "
        "`classes` in the same order on both sides)");
  CHECK(refusal_of({straight}, {crossed}, {"test.classes.accuracy", "test.classes.f1_A"}).empty());
  const fs::path renamed = put("renamed",
                               "image,group,patient,label,probability_C,probability_B\n"
                               "1,,,C,0.9,0.1\n2,,,C,0.8,0.2\n3,,,B,0.3,0.7\n4,,,B,0.6,0.4\n");
  CHECK(refusal_of({straight}, {renamed}, {"test.classes.sensitivity"}) ==
        "the classes of `test.classes` have other names on each side: `A`, `B` and `C`, `B` (give them the same names in both graphs, and "
        "run "
        "one again)");
}

TEST_CASE("comparison: other images, and other labels of equal images, are said") {
  const TemporaryFolder folder;
  const auto put = [&](const std::string& hash, const std::string& rows) {
    const fs::path run = put_run(folder.path(), 0, hash, 0, Images::NotKept);
    json results = json::parse(std::ifstream(run / "results.json"));
    results["phases"]["test"] = {{"classes.accuracy", .75}};
    std::ofstream(run / "results.json") << results;
    std::ofstream(run / "images" / "test.classes.csv") << rows;
    return run;
  };
  const std::string head = "image,group,patient,label,probability_A,probability_B\n";
  const fs::path ours = put("ours", head + "1,,,A,0.9,0.1\n2,,,A,0.8,0.2\n3,,,B,0.3,0.7\n4,,,B,0.6,0.4\n");
  const fs::path theirs = put("theirs", head + "1,,,A,0.9,0.1\n2,,,B,0.2,0.8\n3,,,B,0.3,0.7\n5,,,B,0.6,0.4\n");
  const Comparison found = compare_runs(std::vector{ours}, std::vector{theirs}, std::vector<std::string>{"test.classes.accuracy"});
  CHECK(found.notes ==
        std::vector<std::string>{"`test.classes` evaluated 4 images in ours and 4 images in theirs; 3 are the same.",
                                 "`test.classes` had another label on each side for 1 image (`2`), so the two sides have other data."});
  CHECK(comparison_text(found).find("3 are the same.") != std::string::npos);
  CHECK(json::parse(comparison_json(found)).at("notes").size() == 2);
}

TEST_CASE("comparison: images are paired by the contents of their files if the runs recorded them") {
  const TemporaryFolder folder;
  const fs::path data = folder.path() / "data";
  const auto put_file = [&](const std::string& name, const std::string& text) {
    fs::create_directories((data / name).parent_path());
    std::ofstream(data / name) << text;
  };
  struct Image {
    std::string name;
    std::string contents;
    double dice;
  };
  const auto put = [&](const std::string& hash, const std::vector<Image>& images) {
    const fs::path run = put_run(folder.path(), 0, hash, 0, Images::NotKept);
    FileMarks marks;
    std::string rows = "image,group,patient,dice\n";
    double mean = 0;
    for (const Image& image : images) {
      put_file(hash + "/" + image.name, image.contents);
      marks.add(image.name, data / hash / image.name);
      rows += image.name + ",,p" + image.contents + "," + std::to_string(image.dice) + "\n";
      mean += image.dice / static_cast<double>(images.size());
    }
    marks.look();
    Archive record;
    marks.save(record, "pictures");
    run::Checkpoint checkpoint;
    checkpoint.records = std::make_shared<const run::Records>(std::map<std::string, Archive>{{"xrays", record}});
    fs::create_directories(run / "checkpoints");
    run::write_checkpoint(run / "checkpoints" / "last", checkpoint);
    json results = json::parse(std::ifstream(run / "results.json"));
    results["phases"]["test"] = {{"lungs.dice", mean}};
    std::ofstream(run / "results.json") << results;
    std::ofstream(run / "images" / "test.lungs.csv") << rows;
    std::ofstream(run / "graph.yaml")
        << "leat: 1\nresources:\n  xrays: {uses: io.split, with: {path: data}}\nphases:\n  test:\n    nodes:\n"
           "      files: {uses: io.masks, with: {split: xrays}}\n      lungs: {uses: metric.segmentation, in: "
           "{logits: files.mask}}\nplan: {then: [test]}\n";
    return run;
  };
  const auto compared = [&](const std::vector<Image>& ours, const std::vector<Image>& theirs) {
    const fs::path one = put("ours", ours), other = put("theirs", theirs);
    return compare_runs(std::vector{one}, std::vector{other}, std::vector<std::string>{"test.lungs.dice"});
  };
  const std::vector<Image> ours{{"1", "a", .5}, {"2", "b", .6}, {"3", "c", .7}};
  const Comparison same = compared(ours, {{"1", "a", .4}, {"2", "b", .5}, {"3", "c", .5}});
  CHECK(same.notes.empty());
  CHECK(same.metrics[0].counts_patients);
  const Comparison named = compared(ours, {{"x", "c", .5}, {"y", "a", .4}, {"z", "b", .5}});
  CHECK(named.notes ==
        std::vector<std::string>{"`test.lungs` has other names for the same images in ours and theirs; they are paired by the "
                                 "contents of their files."});
  CHECK(named.metrics[0].counts_patients);
  // scipy.stats.ttest_1samp([.1, .1, .2], 0).confidence_interval()
  CHECK(same.metrics[0].difference.interval.low == doctest::Approx(-.0101).epsilon(.5));
  CHECK(named.metrics[0].difference.interval.low == doctest::Approx(same.metrics[0].difference.interval.low));
  CHECK(named.metrics[0].difference.interval.high == doctest::Approx(same.metrics[0].difference.interval.high));
  const Comparison replaced = compared(ours, {{"1", "a", .4}, {"2", "other", .5}, {"3", "c", .6}});
  CHECK(replaced.notes ==
        std::vector<std::string>{"`test.lungs` evaluated other files under the same name for 1 image (`2`), so the two sides "
                                 "have other data; evaluate both on the same files."});
  CHECK_FALSE(replaced.metrics[0].counts_patients);
}

TEST_CASE("comparison: a validation is that of the kept weights, which is said") {
  const TemporaryFolder folder;
  Sides sides(folder.path(), 2);
  for (const std::vector<fs::path>* side : {&sides.ours, &sides.theirs})
    for (const fs::path& run : *side) {
      json results = json::parse(std::ifstream(run / "results.json"));
      results["phases"]["validate"] = {{"lungs.dice", .5}};
      if (side == &sides.ours) {
        results["weights_of"] = {{"validate", 500}, {"test", 120}};
        results["kept"] = {{"step", 120}, {"phase", "validate"}, {"metrics", {{"lungs.dice", .75}}}};
      }
      std::ofstream(run / "results.json") << results;
    }
  const Comparison found = compare_runs(sides.ours, sides.theirs, std::vector<std::string>{"validate.lungs.dice"});
  CHECK(found.metrics.at(0).ours == .75);
  CHECK(found.metrics.at(0).theirs == .5);
  CHECK(found.notes ==
        std::vector<std::string>{"`validate` is the validation of the kept weights in ours and its last validation in theirs."});
}
