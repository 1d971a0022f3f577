#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>

#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

// Classes and structures are meant by their names, wherever a graph has them in another order than the data.

namespace fs = std::filesystem;
using namespace leat::test;
using leat::text_of;

namespace {

constexpr int side = 32;

/// A bright disc on the left or on the right, where each picture has it somewhere else.
cv::Mat drawn(int index, bool is_right) {
  cv::RNG random(static_cast<std::uint64_t>(index) * 2 + is_right + 1);
  cv::Mat out(side, side, CV_8UC1);
  random.fill(out, cv::RNG::UNIFORM, 20, 60);
  cv::circle(out, {(is_right ? 24 : 8) + random.uniform(-2, 3), 16 + random.uniform(-3, 4)}, 6, cv::Scalar(220), cv::FILLED);
  return out;
}

void put(const fs::path& file, const cv::Mat& picture) {
  fs::create_directories(file.parent_path());
  REQUIRE(cv::imwrite(file.string(), picture));
}

/// train/ and test/ with the classes NORMAL and PNEUMONIA, sick/ with PNEUMONIA alone, and organs/ with images, masks of a lung on the left
/// and of a heart on the right, made when they are first needed.
const fs::path& place() {
  static const leat::TemporaryFolder made;
  static const bool is_made = [] {
    for (int k = 0; k < 12; ++k)
      for (const bool is_sick : {false, true}) {
        const std::string name = std::string(is_sick ? "PNEUMONIA/p" : "NORMAL/n") + std::to_string(k) + ".png";
        put(made.path() / "train" / name, drawn(k, is_sick));
        put(made.path() / "test" / name, drawn(100 + k, is_sick));
        if (is_sick) put(made.path() / "sick" / name, drawn(100 + k, is_sick));
      }
    for (int k = 0; k < 12; ++k) {
      const std::string name = "o" + std::to_string(k) + ".png";
      cv::Mat lung = cv::Mat::zeros(side, side, CV_8UC1), heart = lung.clone();
      cv::circle(lung, {8, 16 + k % 3}, 6, cv::Scalar(255), cv::FILLED);
      cv::rectangle(heart, {20, 12 + k % 3, 8, 8}, cv::Scalar(255), cv::FILLED);
      cv::Mat picture = lung * 0.8 + heart * 0.4 + 20;
      picture.at<std::uint8_t>(0, k) = 255;  // No two pictures are equal.
      put(made.path() / "organs/images" / name, picture);
      put(made.path() / "organs/masks_lung" / name, lung);
      put(made.path() / "organs/masks_heart" / name, heart);
    }
    return true;
  }();
  REQUIRE(is_made);
  return made.path();
}

/// The texts that a test changes.
struct Classes {
  std::string network = "[NORMAL, PNEUMONIA]";
  std::string metric = "classes: [NORMAL, PNEUMONIA]";
  std::string table = "classes: [NORMAL, PNEUMONIA]";
  std::string test = "path: test";
};

std::string graph_of(const Classes& of) {
  return "leat: 1\n"
         "resources:\n"
         "  data: {uses: io.split, with: {path: train, class_labels: 0, validation: 4}}\n"
         "  held: {uses: io.split, with: {" +
         of.test +
         "}}\n"
         "  net: {uses: model.multitask_unet, with: {channels: [4, 8, 8], classes: " +
         of.network +
         "}}\n"
         "  adam: {uses: optim.adam, with: {model: net, lr: 0.01}}\n"
         "templates:\n"
         "  judge:\n"
         "    params: {split: {value: data, doc: Set.}, part: {value: all, doc: Part.}}\n"
         "    outputs: {logits: logits.logits, label: images.label}\n"
         "    nodes:\n"
         "      images: {uses: io.images, with: {split: \"${split}\", part: \"${part}\", batch: 8}}\n"
         "      decoded: {uses: image.decode, in: images.file}\n"
         "      batch: {uses: tensor.normalize, in: decoded, with: {model: net}}\n"
         "      features: {uses: model.encode, in: batch, with: {model: net}}\n"
         "      logits: {uses: model.classify, in: features, with: {model: net}}\n"
         "phases:\n"
         "  train:\n"
         "    nodes:\n"
         "      seen: {uses: judge, with: {part: labelled}}\n"
         "      ce: {uses: loss.cross_entropy, in: {logits: seen.logits, label: seen.label}}\n"
         "      loss: {uses: loss.total, in: {terms: {ce: ce}}}\n"
         "      step: {uses: train.step, in: loss, with: {optimizer: adam}}\n"
         "  validate:\n"
         "    nodes:\n"
         "      seen: {uses: judge, with: {part: validation}}\n"
         "      classes: {uses: metric.classification, in: {logits: seen.logits, label: seen.label}, with: {" +
         of.metric +
         "}}\n"
         "  test:\n"
         "    nodes:\n"
         "      seen: {uses: judge, with: {split: held}}\n"
         "      classes: {uses: metric.classification, in: {logits: seen.logits, label: seen.label}, with: {" +
         of.metric +
         "}}\n"
         "  predict:\n"
         "    nodes:\n"
         "      seen: {uses: judge, with: {split: held}}\n"
         "      p: {uses: tensor.probabilities, in: seen.logits}\n"
         "      scores: {uses: tensor.scores, in: p}\n"
         "      table: {uses: write.csv, in: {probabilities: scores}, with: {" +
         of.table +
         "}}\n"
         "plan:\n"
         "  train: {phase: train, steps: 40, validate: every 20 steps, keep: {best: validate.classes.balanced_accuracy}}\n"
         "  then: [test, predict]\n";
}

struct Ran {
  Finished finished;
  nlohmann::json test;
  fs::path folder;
};

void write(const std::string& name, const std::string& text) { std::ofstream(place() / (name + ".yaml")) << text; }

Finished checked(const std::string& name, const std::string& text) {
  write(name, text);
  return run_leat({"check", name + ".yaml"}, place());
}

Ran ran(const std::string& name, const std::string& text) {
  write(name, text);
  Ran out{run_leat({"run", name + ".yaml", "--out", name}, place()), {}, place() / name};
  CAPTURE(out.finished.err);
  REQUIRE(out.finished.code == 0);
  out.test = nlohmann::json::parse(text_of(out.folder / "results.json")).at("phases").at("test");
  return out;
}

/// How many rows of predictions.csv say the class whose folder the image is in, and how many there are.
std::pair<int, int> right_rows(const fs::path& table) {
  std::istringstream text(text_of(table));
  int right = 0, all = 0;
  std::string line;
  std::getline(text, line);
  for (; std::getline(text, line); ++all) right += line.substr(line.find(",ok,") + 4).starts_with(line.substr(0, line.find('/')) + ",");
  return {right, all};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("names: classes in the folders' order are judged and predicted") {
  const Ran plain = ran("plain", graph_of({}));
  CHECK(plain.test.at("classes.accuracy") == 1.0);
  CHECK(right_rows(plain.folder / "predictions.csv") == std::pair(24, 24));
}

TEST_CASE("names: network, metric and table may have the classes in another order than the folders") {
  const std::string swapped = "[PNEUMONIA, NORMAL]";
  const Ran all = ran("swapped", graph_of({swapped, "classes: " + swapped, "classes: " + swapped}));
  CHECK(all.test.at("classes.accuracy") == 1.0);
  CHECK(right_rows(all.folder / "predictions.csv") == std::pair(24, 24));
  CHECK(text_of(all.folder / "predictions.csv").starts_with("image,status,class,probability_PNEUMONIA,probability_NORMAL,warnings\n"));
  CHECK(contains(text_of(all.folder / "images/test.classes.csv"), "NORMAL/n0.png,,NORMAL/n0.png,NORMAL,"));

  // Nobody has to name them twice.
  const Ran unnamed = ran("unnamed", graph_of({swapped, "", ""}));
  CHECK(unnamed.test == all.test);
  CHECK(text_of(unnamed.folder / "predictions.csv") == text_of(all.folder / "predictions.csv"));
}

TEST_CASE("names: what is read in another order gives the same figures to the last bit") {
  const Ran plain = ran("plain_test", graph_of({}));
  Classes other;
  other.test = "path: test, classes: [PNEUMONIA, NORMAL]";
  CHECK(ran("sorted", graph_of(other)).test == plain.test);
  other.metric = "classes: [PNEUMONIA, NORMAL]";
  const nlohmann::json turned = ran("turned", graph_of(other)).test;
  CHECK(turned.at("classes.sensitivity") == plain.test.at("classes.specificity"));
  CHECK(turned.at("classes.f1_NORMAL") == plain.test.at("classes.f1_NORMAL"));
}

TEST_CASE("names: a test set without one of the classes is judged by the others, and this is said") {
  Classes sick;
  sick.test = "path: sick";
  const Finished check = checked("sick_check", graph_of(sick));
  CAPTURE(check.err);
  CHECK(check.code == 0);
  CHECK(contains(check.err, "`path` of `held` has no NORMAL, which `classes` of `classes` names: metrics that need it are undefined"));
  const Ran found = ran("sick_run", graph_of(sick));
  CHECK(found.test.at("classes.accuracy") == 1.0);
  CHECK(found.test.at("classes.sensitivity") == 1.0);
  CHECK(found.test.at("classes.specificity").is_null());
  CHECK(contains(found.finished.err, "`specificity` is undefined in `test`"));
  CHECK(contains(text_of(found.folder / "images/test.classes.csv"), "PNEUMONIA/p0.png,,PNEUMONIA/p0.png,PNEUMONIA,"));
  // With the classes named by the split as well.
  sick.test = "path: sick, classes: [NORMAL, PNEUMONIA]";
  CHECK(checked("sick_named", graph_of(sick)).code == 0);
  CHECK(ran("sick_named_run", graph_of(sick)).test == found.test);
}

TEST_CASE("names: other names are refused with both places") {
  const Finished other = checked("other", graph_of({"[SICK, WELL]", "", ""}));
  CAPTURE(other.err);
  CHECK(other.code == 2);
  CHECK(contains(other.err, "has NORMAL and PNEUMONIA (`path` of `data`), but `label` of `ce` takes SICK and WELL (`classes` of `net`)"));
  CHECK(contains(other.err, "other.yaml:3:39: note: `path` of `data` is here"));
  // A folder one level too high has one class, `train`.
  Classes high;
  high.test = "path: .";
  CHECK(checked("high", graph_of(high)).code == 2);
  const Finished table = checked("two_of_three", graph_of({"[NORMAL, PNEUMONIA, OTHER]", "", "classes: [NORMAL, PNEUMONIA]"}));
  CHECK(table.code == 2);
  CHECK(contains(table.err, "`probabilities` of `table` takes NORMAL and PNEUMONIA (`classes` of `table`)"));
  const Finished lacking = checked("lacking", graph_of({"[NORMAL, PNEUMONIA, OTHER]", "", ""}));
  CHECK(lacking.code == 2);
  CHECK(contains(lacking.err, "it lacks OTHER"));
}

TEST_CASE("names: a file of weights may have the classes in another order than the network") {
  const Ran plain = ran("first", graph_of({}));
  Classes swapped;
  swapped.network = "[PNEUMONIA, NORMAL], weights: first/checkpoints/best/net.safetensors";
  const auto judged = [](std::string text) { return text.erase(text.find("plan:")) + "plan: {then: [test, predict]}\n"; };
  const Ran later = ran("from_file", judged(graph_of(swapped)));
  CHECK(later.test == plain.test);
  CHECK(text_of(later.folder / "predictions.csv") == text_of(plain.folder / "predictions.csv"));
  swapped.network = "[PNEUMONIA, HEALTHY], weights: first/checkpoints/best/net.safetensors";
  const Finished other = checked("from_other", judged(graph_of(swapped)));
  CHECK(other.code == 2);
  CHECK(contains(other.err, "its `classes` is [NORMAL, PNEUMONIA], but here it is [PNEUMONIA, HEALTHY]"));
}

namespace {

std::string organs_of(const std::string& network, const std::string& test, const std::string& metric = "") {
  return "leat: 1\n"
         "resources:\n"
         "  data: {uses: io.split, with: {path: organs/images, masks: [lung=../masks_lung, heart=../masks_heart], mask_labels: 0, "
         "validation: 2}}\n"
         "  held: {uses: io.split, with: {path: organs/images, shares_with: [data], masks: " +
         test +
         "}}\n"
         "  net: {uses: model.multitask_unet, with: {channels: [4, 8, 8], masks: " +
         network +
         "}}\n"
         "  adam: {uses: optim.adam, with: {model: net, lr: 0.01}}\n"
         "templates:\n"
         "  judge:\n"
         "    params: {split: {value: data, doc: Set.}, part: {value: all, doc: Part.}}\n"
         "    outputs: {logits: logits.logits, mask: images.mask}\n"
         "    nodes:\n"
         "      images: {uses: io.masks, with: {split: \"${split}\", part: \"${part}\", batch: 4}}\n"
         "      decoded: {uses: image.decode, in: images.file}\n"
         "      batch: {uses: tensor.normalize, in: decoded, with: {model: net}}\n"
         "      features: {uses: model.encode, in: batch, with: {model: net}}\n"
         "      logits: {uses: model.segment, in: {features: features, image: batch}, with: {model: net}}\n"
         "phases:\n"
         "  train:\n"
         "    nodes:\n"
         "      seen: {uses: judge, with: {part: labelled}}\n"
         "      masks: {uses: tensor.masks, in: seen.mask}\n"
         "      dice: {uses: loss.dice, in: {logits: seen.logits, mask: masks}}\n"
         "      loss: {uses: loss.total, in: {terms: {dice: dice}}}\n"
         "      step: {uses: train.step, in: loss, with: {optimizer: adam}}\n"
         "  test:\n"
         "    nodes:\n"
         "      seen: {uses: judge, with: {split: held}}\n"
         "      small: {uses: image.resize, in: seen.mask, with: {size: 32, method: nearest}}\n"
         "      organs: {uses: metric.segmentation, in: {logits: seen.logits, mask: small}, with: {" +
         metric +
         "}}\n"
         "plan: {train: {phase: train, steps: 150}, then: [test]}\n";
}

}  // namespace

TEST_CASE("names: masks are meant by their names, whatever their order in split, network and metric") {
  const std::string straight = "[lung=../masks_lung, heart=../masks_heart]", crossed = "[heart=../masks_heart, lung=../masks_lung]";
  const nlohmann::json plain = ran("organs_plain", organs_of("[lung, heart]", straight)).test;
  CHECK(ran("organs_crossed", organs_of("[lung, heart]", crossed)).test == plain);
  CHECK(ran("organs_metric", organs_of("[lung, heart]", crossed, "masks: [heart, lung]")).test.at("organs.dice_heart") ==
        plain.at("organs.dice_heart"));
  const nlohmann::json turned = ran("organs_turned", organs_of("[heart, lung]", straight)).test;
  CHECK(turned.at("organs.dice_lung") > 0.8);
  CHECK(turned.at("organs.dice_heart") > 0.8);
  CHECK(plain.at("organs.dice_lung") > 0.8);
  const Finished other = checked("organs_other", organs_of("[lung, liver]", straight));
  CHECK(other.code == 2);
  CHECK(contains(other.err, "has lung and heart (`masks` of `data`)"));
  const Finished fewer = checked("organs_fewer", organs_of("[lung, heart]", "[lung=../masks_lung]"));
  CHECK(fewer.code == 2);
  CHECK(contains(fewer.err, "it lacks heart"));
}

namespace {

/// Writes what a network of random weights predicts, and the references as data sets. Each order is that of one node.
std::string written_of(const std::string& masks, const std::string& classes) {
  return "leat: 1\n"
         "resources:\n"
         "  organs: {uses: io.split, with: {path: organs/images, masks: [lung=../masks_lung, heart=../masks_heart]}}\n"
         "  sick: {uses: io.split, with: {path: test}}\n"
         "  net: {uses: model.multitask_unet, with: {channels: [4, 8, 8], masks: [lung, heart]}}\n"
         "phases:\n"
         "  predict:\n"
         "    nodes:\n"
         "      images: {uses: io.masks, with: {split: organs, batch: 4}}\n"
         "      decoded: {uses: image.decode, in: images.file}\n"
         "      batch: {uses: tensor.normalize, in: decoded, with: {model: net}}\n"
         "      features: {uses: model.encode, in: batch, with: {model: net}}\n"
         "      logits: {uses: model.segment, in: {features: features, image: batch}, with: {model: net}}\n"
         "      p: {uses: tensor.probabilities, in: logits, with: {kind: sigmoid}}\n"
         "      seen: {uses: tensor.images, in: {probabilities: p, like: decoded}}\n"
         "      pictures: {uses: write.image, in: {mask: seen}, with: {" +
         masks +
         "}}\n"
         "      table: {uses: write.csv, in: {mask: seen}, with: {" +
         masks +
         "}}\n"
         "      set: {uses: write.dataset, in: {image: decoded, mask: images.mask}, with: {layout: masks, folder: organs, " +
         masks +
         "}}\n"
         "  test:\n"
         "    nodes:\n"
         "      images: {uses: io.images, with: {split: sick, batch: 4}}\n"
         "      decoded: {uses: image.decode, in: images.file}\n"
         "      set: {uses: write.dataset, in: {image: decoded, label: images.label}, with: {layout: classes, folder: classes, " +
         classes +
         "}}\n"
         "plan: {then: [predict, test]}\n";
}

/// The files below a folder with their contents.
std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) out[fs::relative(entry.path(), folder).generic_string()] = text_of(entry.path());
  return out;
}

}  // namespace

TEST_CASE("names: writers put each structure and class into the file of its name, whatever their own order") {
  const auto written = [](const std::string& name, const std::string& text) {
    write(name, text);
    const Finished finished = run_leat({"run", name + ".yaml", "--out", name}, place());
    CAPTURE(finished.err);
    REQUIRE(finished.code == 0);
    return place() / name;
  };
  const fs::path plain = written("written_plain", written_of("masks: [lung, heart]", "classes: [NORMAL, PNEUMONIA]"));
  const fs::path turned = written("written_turned", written_of("masks: [heart, lung]", "classes: [PNEUMONIA, NORMAL]"));
  const fs::path unnamed = written("written_unnamed", written_of("", ""));
  CHECK(files_in(plain / "masks").size() == 24);
  CHECK(files_in(turned / "masks") == files_in(plain / "masks"));
  CHECK(files_in(unnamed / "masks") == files_in(plain / "masks"));
  CHECK(files_in(turned / "classes") == files_in(plain / "classes"));
  CHECK(files_in(unnamed / "classes") == files_in(plain / "classes"));
  // The first structure's folder is masks/, the others have their names.
  CHECK(files_in(turned / "organs/masks") == files_in(plain / "organs/masks_heart"));
  CHECK(files_in(turned / "organs/masks_lung") == files_in(plain / "organs/masks"));
  CHECK(text_of(turned / "predictions.csv").starts_with("image,status,class,mask_heart,mask_lung,warnings\n"));
}

TEST_CASE("predict: runs whose classes have another order are not averaged") {
  const std::string swapped = "[PNEUMONIA, NORMAL]";
  ran("one_order", graph_of({}));
  ran("other_order", graph_of({swapped, "classes: " + swapped, "classes: " + swapped}));
  const Finished both = run_leat({"predict", "one_order", "other_order", "test", "--out", "both_orders"}, place());
  CAPTURE(both.err);
  CHECK(both.code == 2);
  CHECK(contains(both.err,
                 "one_order and other_order cannot be combined: `classes` of `net` is [NORMAL, PNEUMONIA] in one_order, but "
                 "[PNEUMONIA, NORMAL] in other_order"));
  CHECK(!fs::exists(place() / "both_orders/predictions.csv"));
}

TEST_CASE("predict: runs that cannot be averaged are told apart by names and sizes, not by titles") {
  ran("plain_net", graph_of({}));
  std::string other = graph_of({});
  const std::string channels = "channels: [4, 8, 8]";
  other.replace(other.find(channels), channels.size(), "channels: [4, 8, 12]");
  const std::string scores = "      scores: {uses: tensor.scores, in: p}\n";
  other.replace(other.find(scores), scores.size(), "      points: {uses: tensor.scores, in: p}\n");
  const std::string reads = "in: {probabilities: scores}";
  other.replace(other.find(reads), reads.size(), "in: {probabilities: points}");
  ran("other_net", other);
  const Finished both = run_leat({"predict", "plain_net", "other_net", "test", "--out", "both_nets"}, place());
  CAPTURE(both.err);
  CHECK(both.code == 2);
  CHECK(contains(both.err, "`channels` of `net` is [4, 8, 8] in plain_net, but [4, 8, 12] in other_net"));
  CHECK(contains(both.err, "`scores` is tensor.scores in plain_net, but not set in other_net"));
  CHECK(contains(both.err, "the input `probabilities` of `table` is scores in plain_net, but points in other_net"));
  ran("titled_net", graph_of({}) + "title: Another title\n");
  CHECK(run_leat({"predict", "plain_net", "titled_net", "test", "--out", "titled"}, place()).code == 0);
}

namespace {

std::string gated(const std::string& gate) {
  return "leat: 1\n"
         "resources:\n"
         "  data: {uses: io.split, with: {path: train, class_labels: 8, validation: 0}}\n"
         "  net: {uses: model.multitask_unet, with: {channels: [4, 8, 8], classes: [NORMAL, PNEUMONIA]}}\n"
         "  adam: {uses: optim.adam, with: {model: net, lr: 0.01}}\n"
         "phases:\n"
         "  train:\n"
         "    nodes:\n"
         "      images: {uses: io.images, with: {split: data, part: unlabelled, batch: 8}}\n"
         "      decoded: {uses: image.decode, in: images.file}\n"
         "      batch: {uses: tensor.normalize, in: decoded, with: {model: net}}\n"
         "      features: {uses: model.encode, in: batch, with: {model: net}}\n"
         "      logits: {uses: model.classify, in: features, with: {model: net}}\n"
         "      gate: {uses: gate.confidence, in: {logits: logits, truth: images.known_label}, with: {threshold: 0.5, alignment: prior, " +
         gate +
         "}}\n"
         "      ce: {uses: loss.pseudo_label, in: {logits: logits, pseudo: gate.pseudo, weight: gate.weight}}\n"
         "      loss: {uses: loss.total, in: {terms: {ce: ce}}}\n"
         "      step: {uses: train.step, in: loss, with: {optimizer: adam}}\n"
         "plan: {train: {phase: train, steps: 6}}\n";
}

}  // namespace

TEST_CASE("names: the gate may have the classes in another order than the network") {
  const auto metrics = [](const std::string& name, const std::string& gate) {
    write(name, gated(gate));
    const Finished finished = run_leat({"run", name + ".yaml", "--out", name}, place());
    CAPTURE(finished.err);
    REQUIRE(finished.code == 0);
    return nlohmann::json::parse(text_of(place() / name / "results.json")).at("phases").at("train");
  };
  const nlohmann::json straight = metrics("gate_straight", "classes: [NORMAL, PNEUMONIA], prior: [0.3, 0.7]");
  const nlohmann::json crossed = metrics("gate_crossed", "classes: [PNEUMONIA, NORMAL], prior: [0.7, 0.3]");
  CHECK(straight.at("gate.share_NORMAL").get<double>() == doctest::Approx(crossed.at("gate.share_NORMAL").get<double>()));
  CHECK(straight.at("gate.pseudo_accuracy").get<double>() == doctest::Approx(crossed.at("gate.pseudo_accuracy").get<double>()));
  CHECK(straight.at("loss.loss").get<double>() == doctest::Approx(crossed.at("loss.loss").get<double>()));
  write("gate_other", gated("classes: [SICK, WELL], prior: [0.7, 0.3]"));
  CHECK(run_leat({"check", "gate_other.yaml"}, place()).code == 2);
}
