#include <signal.h>

#include <chrono>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <thread>

#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

// Whole runs that go on, or predict, after files that they read have changed or gone.

namespace fs = std::filesystem;
using namespace leat::test;
using leat::put;
using leat::TemporaryFolder;
using leat::text_of;

namespace {

/// Reads pictures and learns nothing: what is read is all that counts here.
const char* const reading = R"(leat: 1
params: {data: {value: data, doc: D.}}
resources:
  data: {uses: io.split, with: {path: "${data}", class_labels: 8, validation: 6}}
phases:
  train:
    nodes:
      images: {uses: io.images, with: {split: data, part: labelled, batch: 4}}
      decoded: {uses: image.decode, in: images.file}
  validate:
    nodes:
      images: {uses: io.images, with: {split: data, part: validation, batch: 4}}
      decoded: {uses: image.decode, in: images.file}
plan:
  train: {phase: train, steps: 3000, validate: every 1000 steps, checkpoint_every: 1}
)";

#ifdef LEAT_WITH_TENSOR
const char* const graph = R"(leat: 1
params: {steps: {value: 300, doc: S.}, data: {value: data, doc: D.}}
resources:
  data: {uses: io.split, with: {path: "${data}", class_labels: 8, validation: 6}}
  net: {uses: model.multitask_unet, with: {channels: [2, 4], classes: [DARK, LIGHT]}}
  adam: {uses: optim.adam, with: {model: net}}
templates:
  see:
    inputs: [file]
    outputs: {logits: logits.logits}
    params: {mode: {value: eval, doc: Mode.}}
    nodes:
      decoded: {uses: image.decode, in: file}
      batch: {uses: tensor.normalize, in: decoded, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net, mode: "${mode}"}}
      logits: {uses: model.classify, in: features, with: {model: net}}
phases:
  train:
    nodes:
      images: {uses: io.images, with: {split: data, part: labelled, batch: 4}}
      seen: {uses: see, in: images.file, with: {mode: train}}
      ce: {uses: loss.cross_entropy, in: {logits: seen, label: images.label}}
      loss: {uses: loss.total, in: {terms: {ce: ce}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam}}
  validate:
    nodes:
      images: {uses: io.images, with: {split: data, part: validation, batch: 4}}
      seen: {uses: see, in: images.file}
      classes: {uses: metric.classification, in: {logits: seen, label: images.label}, with: {classes: [DARK, LIGHT]}}
  predict:
    nodes:
      images: {uses: io.images, with: {split: data, batch: 4}}
      seen: {uses: see, in: images.file}
      shares: {uses: tensor.probabilities, in: seen}
      scores: {uses: tensor.scores, in: shares}
      table: {uses: write.csv, in: {probabilities: scores}, with: {classes: [DARK, LIGHT]}}
plan:
  train: {phase: train, steps: "${steps}", validate: every 100 steps, checkpoint_every: 1}
)";
#endif

void put_picture(const fs::path& file, int value) {
  fs::create_directories(file.parent_path());
  cv::imwrite(file.string(), cv::Mat(16, 16, CV_8UC1, cv::Scalar(value)));
}

void put_data(const fs::path& folder) {
  for (int k = 0; k < 24; ++k)
    put_picture(folder / (k % 2 == 0 ? "DARK" : "LIGHT") / (std::to_string(100 + k) + ".png"), k % 2 == 0 ? k : 200 + k);
}

/// Starts a run and stops it when it has a checkpoint. On a busy machine a run may end before the signal comes: then it is started again.
void stop_early(const TemporaryFolder& folder, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"run", "graph.yaml", "--out", "run"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  for (int starts = 0; starts < 20; ++starts) {
    fs::remove_all(folder / "run");
    Command command(arguments, folder.path());
    for (int tries = 0; !fs::exists(folder / "run/checkpoints/last/manifest.json") && tries < 60000; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    command.signal(SIGTERM);
    const Finished stopped = command.wait();
    CAPTURE(stopped.err);
    if (stopped.code == 130) return;
    REQUIRE(stopped.code == 0);
  }
  FAIL("the run ended before the signal came, each time");
}

std::vector<std::string> lines_with(const std::string& text, const std::string& word) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line.find(word) != std::string::npos) out.push_back(line);
  return out;
}

}  // namespace

TEST_CASE("run --resume: pictures that came, went or were replaced are refused, and nothing of the run's folder changes") {
  const TemporaryFolder folder;
  put(folder / "graph.yaml", reading);
  put_data(folder / "data");
  stop_early(folder);
  const std::string drawn = text_of(folder / "run/splits/data.csv"), manifest = text_of(folder / "run/checkpoints/last/manifest.json");
  const auto unchanged = [&] {
    return text_of(folder / "run/splits/data.csv") == drawn && text_of(folder / "run/checkpoints/last/manifest.json") == manifest;
  };
  put_picture(folder / "data/DARK/a_new.png", 99);
  put_picture(folder / "data/LIGHT/a_new.png", 98);
  Finished finished = run_leat({"run", "--resume", "run"}, folder.path());
  CHECK(finished.code == 2);
  CHECK(finished.err.find(
            "the data set is not the one that the run drew its split from: 2 pictures are new (`DARK/a_new.png`, `LIGHT/a_new.png`)") !=
        std::string::npos);
  CHECK(finished.err.find("--accept-changed-files") != std::string::npos);
  CHECK(unchanged());
  for (const char* name : {"DARK", "LIGHT"}) fs::remove(folder / "data" / name / "a_new.png");
  for (const int k : {102, 104}) put_picture(folder / "data/DARK" / (std::to_string(k) + ".png"), 138 + k);
  finished = run_leat({"run", "--resume", "run"}, folder.path());
  CHECK(finished.code == 2);
  CHECK(finished.err.find("2 pictures are replaced (`DARK/102.png`, `DARK/104.png`)") != std::string::npos);
  CHECK(unchanged());

  // Accepted by name, who validates goes on to validate.
  put_picture(folder / "data/DARK/a_new.png", 99);
  fs::remove(folder / "data/LIGHT/101.png");
  finished = run_leat({"run", "--resume", "run", "--accept-changed-files"}, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK(finished.err.find("`data`: the run continues with the split that it drew, although 1 picture is new (`DARK/a_new.png`), 1 is gone "
                          "(`LIGHT/101.png`), 2 are replaced (`DARK/102.png`, `DARK/104.png`)") != std::string::npos);
  // The list has what the resumed run uses.
  std::string used = drawn;
  const std::size_t gone = used.find("LIGHT/101.png,");
  used.erase(gone, used.find('\n', gone) + 1 - gone);
  CHECK(text_of(folder / "run/splits/data.csv") == used);
  CHECK(text_of(folder / "run/splits/data.before.csv") == drawn);
  CHECK(text_of(folder / "run/results.json").find("although 1 picture is new") != std::string::npos);
  const std::size_t validating =
      lines_with(drawn, ",validation").size() - lines_with(drawn, "LIGHT/101.png,LIGHT,LIGHT/101.png,validation").size();
  CHECK(text_of(folder / "run/results.json").find("\"validation_labels\": " + std::to_string(validating)) != std::string::npos);
}

TEST_CASE("run --resume: a copy of the data with other times, at another place, is the same data") {
  const TemporaryFolder folder;
  put(folder / "graph.yaml", reading);
  put_data(folder / "data");
  stop_early(folder);
  const std::string drawn = text_of(folder / "run/splits/data.csv");
  fs::copy(folder / "data", folder / "copy", fs::copy_options::recursive);
  for (const auto& entry : fs::recursive_directory_iterator(folder / "copy"))
    if (entry.is_regular_file()) fs::last_write_time(entry.path(), entry.last_write_time() + std::chrono::hours(9));
  fs::remove_all(folder / "data");
  Finished finished = run_leat({"run", "--resume", "run"}, folder.path());
  CHECK(finished.code == 2);
  CHECK(finished.err.find("does not exist") != std::string::npos);
  finished = run_leat({"run", "graph.yaml", "--set", "data=copy", "--resume", "run", "--accept-changed-graph"}, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK(finished.err.find("drawn again") == std::string::npos);
  CHECK(text_of(folder / "run/splits/data.csv") == drawn);
}

TEST_CASE("run --resume: images that the run has trained on are not evaluated after training and test rows are exchanged") {
  const TemporaryFolder folder;
  put(folder / "graph.yaml", R"(leat: 1
params: {rows: {value: one, doc: R.}, trows: {value: two, doc: T.}, shared: {value: [], doc: S.}}
resources:
  learned: {uses: io.split, with: {path: data, rows: "${rows}", class_labels: 0, validation: 0}}
  tested: {uses: io.split, with: {path: data, rows: "${trows}", shares_with: "${shared}"}}
phases:
  train:
    nodes:
      images: {uses: io.images, with: {split: learned, part: labelled, batch: 4}}
      decoded: {uses: image.decode, in: images.file}
  test:
    nodes:
      images: {uses: io.images, with: {split: tested, batch: 4}}
      decoded: {uses: image.decode, in: images.file}
plan:
  train: {phase: train, steps: 3000, checkpoint_every: 1}
  then: [test]
)");
  std::string list = "image,class,patient,split\n";
  for (int k = 0; k < 24; ++k) {
    put_picture(folder / "data" / (std::to_string(100 + k) + ".png"), k);
    list +=
        std::to_string(100 + k) + ".png," + (k % 2 == 0 ? "DARK" : "LIGHT") + ",p" + std::to_string(k) + (k < 12 ? ",one" : ",two") + "\n";
  }
  put(folder / "data/split.csv", list);
  stop_early(folder);
  const std::string manifest = text_of(folder / "run/checkpoints/last/manifest.json");
  const std::vector<std::string> exchanged{
      "run", "graph.yaml", "--set", "rows=two", "--set", "trows=one", "--resume", "run", "--accept-changed-graph"};
  Finished finished = run_leat(exchanged, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 2);
  CHECK(finished.err.find("`test`: the run has trained on 12 patients (`p0`, `p1`, `p2`, …) and 12 equal files "
                          "(`100.png`, `101.png`, `102.png`, …) of `tested`, on which it is evaluated now; they were in `learned` then") !=
        std::string::npos);
  CHECK(finished.err.find("`shares_with: [learned]` at `tested`") != std::string::npos);
  CHECK(text_of(folder / "run/checkpoints/last/manifest.json") == manifest);

  // A copy under other names is the same picture, and so is the old name of a file that now has the contents of another.
  fs::copy(folder / "data", folder / "copy", fs::copy_options::recursive);
  for (int k = 0; k < 24; ++k)
    fs::rename(folder / "copy" / (std::to_string(100 + k) + ".png"), folder / "copy" / ("c" + std::to_string(k) + ".png"));
  std::string other = "image,class,split\n";
  for (int k = 0; k < 24; ++k)
    other += "c" + std::to_string(k) + ".png," + (k % 2 == 0 ? "DARK" : "LIGHT") + (k < 12 ? ",one" : ",two") + "\n";
  put(folder / "copy/split.csv", other);
  std::string copied = text_of(folder / "graph.yaml");
  for (std::size_t at = copied.find("path: data"); at != std::string::npos; at = copied.find("path: data"))
    copied.replace(at, 10, "path: copy");
  put(folder / "copied.yaml", copied);
  finished = run_leat({"run", "copied.yaml", "--set", "rows=two", "--set", "trows=one", "--resume", "run", "--accept-changed-graph"},
                      folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 2);
  CHECK(finished.err.find("the run has trained on 12 equal files (`c0.png`, `c1.png`, `c2.png`, …) of `tested`") != std::string::npos);

  // Allowed by name, it is disclosed. The run then knows both parts as trained on.
  std::vector<std::string> allowed = exchanged;
  allowed.insert(allowed.end(), {"--set", "shared=[learned]"});
  finished = run_leat(allowed, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK(text_of(folder / "run/results.json").find("they were in `learned` then, as `shares_with` allows") != std::string::npos);
}

#ifdef LEAT_WITH_TENSOR
TEST_CASE("run --resume and predict: the file of the first weights is not asked for again") {
  const TemporaryFolder folder;
  put(folder / "graph.yaml", graph);
  put_data(folder / "data");
  REQUIRE(run_leat({"run", "graph.yaml", "--set", "steps=2", "--out", "first"}, folder.path()).code == 0);
  fs::rename(folder / "first/checkpoints/last/net.safetensors", folder / "begin.safetensors");
  std::string begun = graph;
  const std::string network = "classes: [DARK, LIGHT]}}";
  begun.replace(begun.find(network), network.size(), "classes: [DARK, LIGHT], weights: begin.safetensors}}");
  put(folder / "graph.yaml", begun);
  stop_early(folder);
  Finished finished = run_leat({"predict", "run", "data", "--out", "before"}, folder.path());
  CAPTURE(finished.err);
  REQUIRE(finished.code == 0);
  fs::remove(folder / "begin.safetensors");
  finished = run_leat({"predict", "run", "data", "--out", "after"}, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK(text_of(folder / "after/predictions.csv") == text_of(folder / "before/predictions.csv"));
  CHECK(!text_of(folder / "after/predictions.csv").empty());
  finished = run_leat({"run", "--resume", "run"}, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  // A finished one too, and a new run needs it.
  CHECK(run_leat({"run", "--resume", "run"}, folder.path()).code == 0);
  CHECK(run_leat({"run", "run/graph.yaml", "--out", "other"}, folder.path()).code == 2);
}

TEST_CASE("predict: two runs of one data set are averaged, and what they recorded of it is not asked of the images") {
  const TemporaryFolder folder;
  put(folder / "graph.yaml", graph);
  put_data(folder / "data");
  for (const char* name : {"one", "two"})
    REQUIRE(run_leat({"run", "graph.yaml", "--set", "steps=2", "--out", name, "--seed", name[0] == 'o' ? "1" : "2"}, folder.path()).code ==
            0);
  put_picture(folder / "data/DARK/a_new.png", 99);
  const Finished finished = run_leat({"predict", "one", "two", "data", "--out", "both"}, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK(lines_with(text_of(folder / "both/predictions.csv"), ".png").size() == 25);
}

#endif

TEST_CASE("run: --accept-changed-files without a run to resume is refused") {
  const TemporaryFolder folder;
  put(folder / "graph.yaml", reading);
  const Finished finished = run_leat({"run", "graph.yaml", "--accept-changed-files"}, folder.path());
  CHECK(finished.code == 2);
  CHECK(finished.err.find("name it with --resume") != std::string::npos);
}

TEST_CASE("a mask that the last phase cannot use is an error of check, and of a run before it writes anything; drawing reads no masks") {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b", "c", "d"}) {
    fs::create_directories(folder.path() / "data/images");
    fs::create_directories(folder.path() / "data/masks");
    cv::imwrite((folder.path() / "data/images" / name).string() + ".png", cv::Mat(6, 8, CV_8UC1, cv::Scalar(name[0])));
    cv::imwrite((folder.path() / "data/masks" / name).string() + ".png", cv::Mat(6, 8, CV_8UC1, cv::Scalar(name[0] == 'c' ? 7 : 255)));
  }
  const auto graph_with = [](const std::string& key) {
    return "leat: 1\nresources:\n  data: {uses: io.split, with: {path: data, masks: [lungs]}}\ntemplates:\n  see:\n    inputs: []\n    "
           "nodes:\n"
           "      images: {uses: io.masks, with: {split: data}" +
           key +
           "}\n      resized: {uses: image.resize, in: images.mask, with: {size: 4, method: nearest}}\n"
           "phases:\n  first:\n    kind: test\n    nodes:\n      images: {uses: io.images, with: {split: data}}\n"
           "      decoded: {uses: image.decode, in: images.file}\n"
           "  test: {nodes: {seen: {uses: see}}}\n  test_again: {like: test}\nplan: {then: [first, test, test_again]}\n";
  };
  put(folder.path() / "graph.yaml", graph_with(""));
  const std::string fault = "`seen/images`: 1 of 4 images of the part `all` has a mask that cannot be used: the mask `";
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"check", "graph.yaml"}, {"run", "graph.yaml", "--out", "run"}}) {
    const Finished finished = run_leat(arguments, folder.path());
    CAPTURE(finished.err);
    CHECK(finished.code == 2);
    const std::size_t found = finished.err.find("error: " + fault);
    CHECK(("\n" + finished.err).find("\ngraph.yaml:8:7: error: ") != std::string::npos);
    REQUIRE(found != std::string::npos);
    CHECK(finished.err.find(fault, found + 8) == std::string::npos);
    CHECK_FALSE(fs::exists(folder.path() / "run"));
  }
  CHECK(run_leat({"draw", "graph.yaml"}, folder.path()).code == 0);
  put(folder.path() / "skips.yaml", graph_with(", on_error: skip"));
  Finished finished = run_leat({"check", "skips.yaml"}, folder.path());
  CHECK(finished.code == 0);
  CHECK(finished.err.find("skips.yaml:8:7: warning: " + fault) == 0);
  finished = run_leat({"run", "skips.yaml", "--out", "run"}, folder.path());
  CHECK(finished.code == 0);
  CHECK(finished.err.find("warning: " + fault) != std::string::npos);
  CHECK(text_of(folder.path() / "run/results.json").find(fault) != std::string::npos);
}
