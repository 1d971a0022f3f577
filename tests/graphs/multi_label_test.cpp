#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"

// Data set, network, loss, metric, probabilities and table all say whether several classes may hold at once, and must say the same.

namespace fs = std::filesystem;
using namespace leat::test;

namespace {

constexpr const char* graph = R"(leat: 1
params: {data: true, net: true, loss: true, metric: true, table: true, kind: sigmoid}
resources:
  data: {uses: io.split, with: {path: ., multi_label: "${data}", validation: 4}}
  net: {uses: model.multitask_unet, with: {channels: [2, 4], classes: [A, B], multi_label: "${net}"}}
  adam: {uses: optim.adam, with: {model: net}}
templates:
  see:
    inputs: [file]
    outputs: {logits: logits.logits}
    nodes:
      decoded: {uses: image.decode, in: file}
      batch: {uses: tensor.normalize, in: decoded, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      logits: {uses: model.classify, in: features, with: {model: net}}
phases:
  train:
    nodes:
      images: {uses: io.images, with: {split: data, part: labelled, batch: 4}}
      seen: {uses: see, in: images.file}
      ce: {uses: loss.cross_entropy, in: {logits: seen, label: images.label}, with: {multi_label: "${loss}"}}
      loss: {uses: loss.total, in: {terms: {ce: ce}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam}}
  validate:
    nodes:
      images: {uses: io.images, with: {split: data, part: validation, batch: 4}}
      seen: {uses: see, in: images.file}
      classes: {uses: metric.classification, in: {logits: seen, label: images.label}, with: {multi_label: "${metric}"}}
  predict:
    nodes:
      images: {uses: io.images, with: {split: data, batch: 4}}
      seen: {uses: see, in: images.file}
      probabilities: {uses: tensor.probabilities, in: seen, with: {kind: "${kind}"}}
      scores: {uses: tensor.scores, in: probabilities}
      table: {uses: write.csv, in: {probabilities: scores}, with: {multi_label: "${table}"}}
plan:
  train: {phase: train, steps: 2, validate: every 1 steps}
  then: [predict]
)";

void put_data(const fs::path& folder) {
  const char* const findings[] = {"A", "B", "A;B", "none"};
  std::ofstream list(folder / "split.csv");
  list << "image,class\n";
  for (int k = 0; k < 16; ++k) {
    const std::string name = std::to_string(k) + ".png";
    cv::imwrite((folder / name).string(), cv::Mat(16, 16, CV_8UC1, cv::Scalar(10 * k)));
    list << name << "," << findings[k % 4] << "\n";
  }
  std::ofstream(folder / "graph.yaml") << graph;
}

Finished checked(const fs::path& folder, const std::string& setting) { return run_leat({"check", "graph.yaml", "--set", setting}, folder); }

}  // namespace

TEST_CASE("several labels at once: where data, network, loss, metric, probabilities and table say so, the graph runs") {
  const leat::TemporaryFolder folder;
  put_data(folder.path());
  const Finished run = run_leat({"run", "graph.yaml", "--out", "run"}, folder.path());
  CAPTURE(run.err);
  CHECK(run.code == 0);
}

TEST_CASE("several labels at once: images without labels can be shown to diagnostics") {
  const leat::TemporaryFolder folder;
  put_data(folder.path());
  std::ofstream(folder / "split.csv", std::ios::app) << "more/0.png,\nmore/1.png,\n";
  for (const char* name : {"0.png", "1.png"}) {
    fs::create_directories(folder / "more");
    cv::imwrite((folder / "more" / name).string(), cv::Mat(16, 16, CV_8UC1, cv::Scalar(name[0] == '0' ? 3 : 5)));
  }
  std::ofstream(folder / "look.yaml") << "leat: 1\n"
                                         "resources: {data: {uses: io.split, with: {path: ., multi_label: true, class_labels: 4}}}\n"
                                         "phases:\n"
                                         "  test:\n"
                                         "    nodes:\n"
                                         "      images: {uses: io.images, with: {split: data, part: unlabelled, batch: 4}}\n"
                                         "      decoded: {uses: image.decode, in: images.file}\n"
                                         "      sheet: {uses: write.mosaic, in: {image: decoded}}\n"
                                         "plan: {then: [test]}\n";
  const Finished run = run_leat({"run", "look.yaml", "--out", "look"}, folder.path());
  CAPTURE(run.err);
  CHECK(run.code == 0);
}

TEST_CASE("several labels at once: whichever end says otherwise is refused by `check`, with both places") {
  const leat::TemporaryFolder folder;
  put_data(folder.path());
  const auto refuses = [&](const std::string& setting, const std::string& words) {
    const Finished check = checked(folder.path(), setting);
    CAPTURE(setting);
    CAPTURE(check.err);
    CHECK(check.code == 2);
    CHECK(check.err.find(words) != std::string::npos);
  };
  refuses("net=false",
          "`seen/logits` has exactly one entry (`multi_label` of `net`), but `logits` of `ce` takes several entries at once (`multi_label` "
          "of `ce`)");
  refuses("loss=false", "has several entries at once (`multi_label` of `net`), but `logits` of `ce` takes exactly one entry");
  refuses("metric=false", "but `logits` of `classes` takes exactly one entry (`multi_label` of `classes`)");
  refuses("table=false", "has several entries at once (`kind` of `probabilities`), but `probabilities` of `table` takes exactly one entry");
  refuses("kind=softmax", "several entries of `logits` may hold at once, but softmax makes their probabilities sum to 1");
}

TEST_CASE("several labels at once: a network of classes that exclude each other is not read as one of findings") {
  const leat::TemporaryFolder folder;
  put_data(folder.path());
  fs::remove(folder / "split.csv");
  for (int k = 0; k < 16; ++k) {
    const fs::path to = folder / (k % 2 == 0 ? "A" : "B");
    fs::create_directories(to);
    fs::rename(folder / (std::to_string(k) + ".png"), to / (std::to_string(k) + ".png"));
  }
  const std::vector<std::string> one{"check",      "graph.yaml", "--set",        "data=false", "--set",       "net=false", "--set",
                                     "loss=false", "--set",      "metric=false", "--set",      "table=false", "--set",     "kind=softmax"};
  CHECK(run_leat(one, folder.path()).code == 0);
  std::vector<std::string> sigmoid = one;
  sigmoid.back() = "kind=sigmoid";
  const Finished check = run_leat(sigmoid, folder.path());
  CAPTURE(check.err);
  CHECK(check.code == 2);
  CHECK(check.err.find("exactly one entry of `logits` holds, but a sigmoid takes each by itself") != std::string::npos);
}
