#include <signal.h>

#include <algorithm>
#include <chrono>
#include <opencv2/imgcodecs.hpp>
#include <thread>

#include "leat/csv.h"
#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

// `leat sweep` through the command: rows run as processes of their own, and whatever ends a sweep, the next one goes on with it.

namespace fs = std::filesystem;
using namespace leat::test;
using leat::put;
using leat::TemporaryFolder;
using leat::text_of;

namespace {

/// Two trainings of 16 pixels that learn from so many chests, `wide` with more channels.
void put_graphs(const TemporaryFolder& folder) {
  put(folder / "narrow.yaml", R"(leat: 1
params: {steps: 4, count: 8, channels: [8, 16, 24]}
resources:
  net: {uses: model.multitask_unet, with: {channels: "${channels}", norm: group, classes: [NORMAL, PNEUMONIA]}}
  adam: {uses: optim.adam, with: {model: net}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: "${count}", batch: 4}}
      small: {uses: image.resize, in: chests.image, with: {size: 16}}
      batch: {uses: tensor.normalize, in: small, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      loss: {uses: loss.cross_entropy, in: {logits: logits, label: chests.label}}
      total: {uses: loss.total, in: {terms: {classes: loss}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
  test:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: test, count: 8, batch: 4}}
      small: {uses: image.resize, in: chests.image, with: {size: 16}}
      batch: {uses: tensor.normalize, in: small, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      classes: {uses: metric.classification, in: {logits: logits, label: chests.label}, with: {classes: [NORMAL, PNEUMONIA]}}
plan: {train: {phase: train, steps: "${steps}", checkpoint_every: 4}, then: [test]}
)");
  put(folder / "wide.yaml",
      "leat: 1\nextends: narrow.yaml\nparams: {channels: [8, 24, 32], count: null}\n"
      "phases: {train: {nodes: {chests: {with: {count: 8}}}}}\n");
}

/// Three rows and five runs.
void put_sweep(const TemporaryFolder& folder, const std::string& set = "steps: 4") {
  put_graphs(folder);
  put(folder / "sweep.yaml", "leat: 1\nsystems: {Narrow: narrow.yaml, Wide: wide.yaml}\nset: {" + set + R"(}
budgets:
  - {count: 8, seeds: [0, 1]}
  - {count: 12}
)");
}

Finished sweep(const TemporaryFolder& folder, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"sweep", "sweep.yaml", "--out", "out", "--device", "cpu:1"});
  return run_leat(more, folder.path());
}

void check_ends_well(const Finished& finished) {
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
}

std::size_t occurrences(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

/// The runs of a sweep that was cut off have the weights of runs that were not.
void check_weights(const TemporaryFolder& folder, const std::string& steps) {
  for (const std::string seed : {"0", "1"}) {
    const std::string straight = "straight-" + seed;
    check_ends_well(
        run_leat({"run", "wide.yaml", "--set", "steps=" + steps, "--seed", seed, "--device", "cpu:1", "--out", straight}, folder.path()));
    for (const char* file : {"checkpoints/last/net.safetensors", "metrics.jsonl", "graph.yaml"})
      CHECK(text_of(folder.path() / "out/Wide" / ("seed-" + seed) / file) == text_of(folder.path() / straight / file));
  }
}

void wait_for(const fs::path& file) {
  for (int tries = 0; !fs::exists(file) && tries < 6000; ++tries) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(fs::exists(file));
}

std::string cut_png() {
  std::vector<std::uint8_t> bytes;
  cv::Mat pixels(64, 64, CV_8UC1);
  cv::randu(pixels, 0, 255);
  cv::imencode(".png", pixels, bytes);
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2)};
}

}  // namespace

TEST_CASE("sweep: all rows run, the first seed of each before the others; a second call runs nothing") {
  const TemporaryFolder folder;
  put_sweep(folder);
  const Finished finished = sweep(folder);
  check_ends_well(finished);
  const std::string& err = finished.err;
  CHECK(occurrences(err, " starts\n") == 5);
  CHECK(err.starts_with("Narrow-8 seed 0 starts\n"));
  CHECK(err.find("Narrow-12 seed 0 starts") < err.find("Wide seed 0 starts"));
  CHECK(err.find("Wide seed 0 starts") < err.find("Narrow-8 seed 1 starts"));
  CHECK(err.find("Wide seed 1 has finished in 0:0") != std::string::npos);
  CHECK(err.ends_with(", 5 of 5\n"));
  CAPTURE(finished.out);
  CHECK(finished.out.find("\nNarrow-8   2      ") < finished.out.find("\nNarrow-12  1      "));
  CHECK(finished.out.find("\nNarrow-12  1      ") < finished.out.find("\nWide       2      "));
  CHECK(finished.out.find("classes.accuracy  classes.auc   weights ") != std::string::npos);
  CHECK(finished.out.ends_with("\nthe runs are in out\n"));
  CHECK(text_of(folder / "out/sweep.yaml") == text_of(folder / "sweep.yaml"));

  const Finished again = sweep(folder);
  CHECK(again.code == 0);
  CHECK(again.err.empty());
  CHECK(again.out == finished.out);
}

TEST_CASE("sweep: --dry-run lists rows, and what the others take once some have finished") {
  const TemporaryFolder folder;
  put_sweep(folder);
  const Finished before = sweep(folder, {"--dry-run"});
  CHECK(before.out ==
        "row        seeds  finished  a run takes    the others take\n"
        "Narrow-8   2      0         not known yet  not known yet\n"
        "Narrow-12  1      0         not known yet  not known yet\n"
        "Wide       2      0         not known yet  not known yet\n"
        "\n"
        "3 rows, 5 runs; 0 finished. The time of 5 runs is not known yet.\n");
  CHECK_FALSE(fs::exists(folder / "out"));

  check_ends_well(sweep(folder));
  fs::remove_all(folder / "out/Narrow-12");
  fs::remove_all(folder / "out/Wide");
  // Runs that come from another machine count too.
  fs::remove(folder / "out/sweep.yaml");
  fs::remove(folder / "out/runs.sqlite");
  const Finished after = sweep(folder, {"--dry-run"});
  CAPTURE(after.out);
  CHECK(after.out.find("Wide       2      0         not known yet  not known yet\n") != std::string::npos);
  CHECK(after.out.find("3 rows, 5 runs; 2 finished. One after another, 1 run will take about ") != std::string::npos);
  CHECK(after.out.find(" s. The time of 2 runs is not") != std::string::npos);
}

TEST_CASE("sweep: runs side by side end as one after another") {
  const TemporaryFolder folder;
  put_sweep(folder);
  check_ends_well(sweep(folder, {"--jobs", "3"}));
  check_weights(folder, "4");
}

TEST_CASE("sweep: a run that fails is told, recorded, and tried again in the same call and in the next") {
  const TemporaryFolder folder;
  put_sweep(folder);
  put(folder / "images/a.png", cut_png());
  put(folder / "pictures.yaml", R"(leat: 1
params: {size: 16}
resources: {pictures: {uses: io.split, with: {path: images}}}
phases:
  predict:
    nodes:
      files: {uses: io.images, with: {split: pictures, batch: 1}}
      decoded: {uses: image.decode, in: files.file}
      small: {uses: image.resize, in: decoded, with: {size: "${size}"}}
      masks: {uses: write.image, in: {mask: small}, with: {masks: [lungs]}}
plan: {then: [predict]}
)");
  put(folder / "sweep.yaml", "leat: 1\nsystems: {Pictures: pictures.yaml, Wide: wide.yaml}\nbudgets: [{size: 16}]\n");
  const Finished finished = sweep(folder);
  CAPTURE(finished.err);
  CAPTURE(finished.out);
  CHECK(finished.code == 1);
  CHECK(finished.err.find("Wide seed 0 has finished") < finished.err.find("Pictures-16 seed 0 starts again\n"));
  CHECK(occurrences(finished.err, "Pictures-16 seed 0 failed: pictures.yaml:8:7: error: `decoded`") == 2);
  CHECK(occurrences(finished.err, "\n  its log is out/Pictures-16/log-0.txt\n") == 2);
  CHECK(occurrences(finished.err, "\n  it is tried once more, after the others\n") == 1);
  CHECK(finished.out.find("\n1 of 2 runs have finished; 1 failed, in two tries each; to try again: leat sweep ") != std::string::npos);
  CHECK(finished.out.find("Pictures-16/seed-0 failed: pictures.yaml:8:7: error:") != std::string::npos);
  const Finished listed = run_leat({"runs", "out", "--where", "status=failed"}, folder.path());
  CHECK(listed.out.find("\nPictures-16/seed-0  0     failed") != std::string::npos);
  CHECK(listed.out.find("error: `decoded`") != std::string::npos);

  const Finished again = sweep(folder);
  CHECK(again.code == 1);
  CHECK(occurrences(again.err, "Pictures-16 seed 0 failed: ") == 2);
  CHECK(again.err.find("Wide") == std::string::npos);

  cv::imwrite((folder / "images/a.png").string(), cv::Mat(64, 64, CV_8UC1, cv::Scalar(128)));
  check_ends_well(sweep(folder));
  CHECK(fs::exists(folder / "out/Pictures-16/seed-0/masks/a.png"));
}

TEST_CASE("sweep: killed and begun again it ends the same") {
  const TemporaryFolder folder;
  put_sweep(folder, "steps: 120");
  const std::vector<std::string> arguments{"sweep", "sweep.yaml", "--out", "out", "--device", "cpu:1", "--jobs", "2"};
  {
    Command killed(arguments, folder.path());
    wait_for(folder / "out/Wide/seed-0/checkpoints/last/manifest.json");
    killed.signal(SIGKILL);
    CHECK(killed.wait().code == 128 + SIGKILL);
  }
  check_ends_well(run_leat(arguments, folder.path()));
  check_weights(folder, "120");
}

TEST_CASE("sweep: what was cut off goes on with its own threads, also where others now share the cores") {
  const TemporaryFolder folder;
  put_sweep(folder, "steps: 120");
  {
    Command killed({"sweep", "sweep.yaml", "--out", "out"}, folder.path());
    wait_for(folder / "out/Narrow-8/seed-0/checkpoints/last/manifest.json");
    killed.signal(SIGKILL);
    (void)killed.wait();
  }
  check_ends_well(run_leat({"sweep", "sweep.yaml", "--out", "out", "--jobs", "2"}, folder.path()));
  const unsigned cores = std::thread::hardware_concurrency();
  const auto has_device = [&folder](const std::string& run, unsigned threads) {
    return text_of(folder / run / "results.json").find("\"device\": \"cpu:" + std::to_string(threads) + "\"") != std::string::npos;
  };
  CHECK(has_device("out/Narrow-8/seed-0", cores));
  CHECK(has_device("out/Wide/seed-1", std::max(1u, cores / 2)));
}

TEST_CASE("sweep: an interrupt lets each run write a checkpoint, and says how to go on") {
  const TemporaryFolder folder;
  put_sweep(folder, "steps: 400");
  const std::vector<std::string> arguments{"sweep", "sweep.yaml", "--out", "out",   "--device",
                                           "cpu:1", "--jobs",     "2",     "--set", "steps=100000"};
  Command interrupted(arguments, folder.path());
  wait_for(folder / "out/Narrow-8/seed-0/checkpoints/last/manifest.json");
  wait_for(folder / "out/Narrow-12/seed-0/checkpoints/last/manifest.json");

  const Finished other = run_leat(arguments, folder.path());
  CHECK(other.code == 2);
  CHECK(other.err == "error: another sweep is using out\n");

  interrupted.signal(SIGINT);
  const Finished finished = interrupted.wait();
  CAPTURE(finished.err);
  CHECK(finished.code == 130);
  CHECK(finished.last_error_line() ==
        "interrupted, 0 of 5 runs have finished; continue with: leat sweep sweep.yaml --out out --jobs 2 --device cpu:1 --set "
        "steps=100000");
  for (const char* log : {"out/Narrow-8/log-0.txt", "out/Narrow-12/log-0.txt"})
    CHECK(text_of(folder / log).find(" training steps; continue with: leat run --resume out/") != std::string::npos);
  CHECK_FALSE(fs::exists(folder / "out/Wide"));
}

TEST_CASE("sweep: begun in the background by a shell, where SIGINT is ignored, it still stops runs that have only begun") {
  const TemporaryFolder folder;
  // More steps than a run gets to, however long this test is kept waiting.
  put_sweep(folder, "steps: 20000");
  const auto before = ::signal(SIGINT, SIG_IGN);
  Command interrupted({"sweep", "sweep.yaml", "--out", "out"}, folder.path());
  ::signal(SIGINT, before);
  wait_for(folder / "out/Narrow-8/log-0.txt");
  interrupted.signal(SIGINT);
  CHECK(interrupted.wait().code == 130);
  CHECK_FALSE(fs::exists(folder / "out/Narrow-8/seed-0/results.json"));
}

TEST_CASE("sweep: refuses a folder with runs of other settings") {
  const TemporaryFolder folder;
  put_sweep(folder);
  check_ends_well(sweep(folder));
  const std::string refused =
      "error: out/Narrow-8/seed-0 is a run of another graph, or of this one with other settings: name another folder with --out\n";
  const Finished set = sweep(folder, {"--set", "steps=5"});
  CHECK(set.code == 2);
  CHECK(set.err == refused);
  CHECK(sweep(folder, {"--set", "steps=5", "--dry-run"}).err == refused);
  put_sweep(folder, "steps: 6");
  const Finished other = sweep(folder);
  CHECK(other.code == 2);
  CHECK(other.err == refused);
}

TEST_CASE("sweep: a system may be added to a finished one, and `compare` says what it changes") {
  const TemporaryFolder folder;
  put_sweep(folder);
  check_ends_well(sweep(folder));
  put(folder / "sweep.yaml", R"(leat: 1
systems: {Narrow: narrow.yaml, Larger: {graph: narrow.yaml, set: {channels: [8, 24, 32]}}}
set: {steps: 4}
budgets: [{count: 8, seeds: [0, 1]}, {count: 12}]
compare: {with: Narrow, metrics: [test.classes.accuracy, test.classes.auc, test.classes.acuracy]}
)");
  const Finished more = sweep(folder);
  check_ends_well(more);
  CHECK(occurrences(more.err, " starts\n") == 3);
  CAPTURE(more.out);
  const std::size_t differences = more.out.find("\nDifferences from Narrow, paired by seed");
  REQUIRE(differences != std::string::npos);
  const std::string table = more.out.substr(differences);
  CHECK(table.find("classes.accuracy  classes.auc") != std::string::npos);
  CHECK(table.find("\nLarger-8   2      ") < table.find("\nLarger-12  1      "));
  CHECK(table.find("Narrow-8") == std::string::npos);
  CHECK(table.find("\nNo finished run has measured `test.classes.acuracy`; did you mean `test.classes.accuracy`?\n") != std::string::npos);
  CHECK(text_of(folder / "out/sweep.yaml") == text_of(folder / "sweep.yaml"));

  put(folder / "sweep.yaml",
      "leat: 1\nsystems: {Narrow: narrow.yaml}\nbudgets: [{count: 8}]\ncompare: {with: Narrow, metrics: test.clases.auc}\n");
  CHECK(sweep(folder).err ==
        "sweep.yaml:4:34: error: no graph of the sweep has a node `test.clases`\n"
        "      compare: {with: Narrow, metrics: test.clases.auc}\n"
        "                                       ^ did you mean `test.classes`?\n");
  put(folder / "sweep.yaml", "leat: 1\nsystems: {Narrow: narrow.yaml}\nbudgets: [{count: 8}]\ncompare: {with: Narow}\n");
  CHECK(sweep(folder).err ==
        "sweep.yaml:4:10: error: `compare` of the sweep has no `metrics`\n"
        "      compare: {with: Narow}\n"
        "               ^ `metrics: [test.classes.auc]`\n"
        "sweep.yaml:4:17: error: the sweep has no system `Narow`\n"
        "      compare: {with: Narow}\n"
        "                      ^ did you mean `Narrow`?\n");
}

TEST_CASE("sweep: all mistakes are told with their places before anything runs") {
  const TemporaryFolder folder;
  put_graphs(folder);
  put(folder / "sweep.yaml", R"(leat: 1
systems: {Narrow: narrow.yaml, Gone: gone.yaml, "a b": wide.yaml}
set: {stepz: 3, channels: 8}
budgets:
  - {count: many, seeds: [0, -1]}
  - {count: 8, seed: 0}
  - 9
bugets: []
)");
  const Finished finished = sweep(folder, {"--set", "batch=4", "--set", "count=3"});
  CHECK(finished.code == 2);
  CHECK(finished.out.empty());
  CHECK_FALSE(fs::exists(folder / "out"));
  CHECK(finished.err == R"(--set batch:1:1: error: no graph of the sweep has a parameter `batch`
      4
      ^ valid names are `channels`, `count` and `steps`
--set count:1:1: error: `count` is already set by the budgets
      3
      ^
sweep.yaml:5:13: note: here
      - {count: many, seeds: [0, -1]}
                ^
sweep.yaml:2:38: error: cannot read `gone.yaml`: No such file or directory
      systems: {Narrow: narrow.yaml, Gone: gone.yaml, "a b": wide.yaml}
                                           ^
sweep.yaml:2:49: error: `a b` is not a valid name for a system
      systems: {Narrow: narrow.yaml, Gone: gone.yaml, "a b": wide.yaml}
                                                      ^ names are letters, digits, `_` and `-`
sweep.yaml:3:7: error: no graph of the sweep has a parameter `stepz`
      set: {stepz: 3, channels: 8}
            ^ did you mean `steps`?
sweep.yaml:3:27: error: `channels` must be a list, found the number `8`
      set: {stepz: 3, channels: 8}
                                ^
narrow.yaml:2:40: note: its default is a list of 3
      params: {steps: 4, count: 8, channels: [8, 16, 24]}
                                             ^
sweep.yaml:5:13: error: `count` must be a whole number, found the text `many`
      - {count: many, seeds: [0, -1]}
                ^
narrow.yaml:2:27: note: its default is the number `8`
      params: {steps: 4, count: 8, channels: [8, 16, 24]}
                                ^
sweep.yaml:5:30: error: `seeds` of a budget must be a list of whole numbers of at least 0, found the number `-1`
      - {count: many, seeds: [0, -1]}
                                 ^
sweep.yaml:6:16: error: no graph of the sweep has a parameter `seed`
      - {count: 8, seed: 0}
                   ^ valid names are `channels`, `count` and `steps`
sweep.yaml:7:5: error: a budget must be a map, found the number `9`
      - 9
        ^ `{mask_labels: 10, seeds: [0, 1]}`
sweep.yaml:8:1: error: the sweep has no key `bugets`
      bugets: []
      ^ did you mean `budgets`?
)");
}

TEST_CASE("sweep: rows that cannot be told apart, and no file") {
  const TemporaryFolder folder;
  put_graphs(folder);
  put(folder / "sweep.yaml", "leat: 1\nsystems: {Narrow: narrow.yaml}\nbudgets:\n  - {count: 8}\n  - {steps: 8}\n");
  CHECK(sweep(folder).err ==
        "sweep.yaml:5:13: error: two different rows are called `Narrow-8`\n"
        "      - {steps: 8}\n"
        "                ^ set the same parameters in all budgets\n");
  fs::remove(folder / "sweep.yaml");
  CHECK(sweep(folder).err == "sweep.yaml:1:1: error: cannot read `sweep.yaml`: No such file or directory\n");
}

TEST_CASE("sweep: the folds of a cross-validation are pooled over their images, each judged once") {
  const TemporaryFolder folder;
  cv::RNG random(5);
  for (const std::string name : {"images/bright", "images/dark", "other/bright", "other/dark"})
    for (int k = 0; k < 9; ++k) {
      cv::Mat pixels(16, 16, CV_8UC1);
      random.fill(pixels, cv::RNG::NORMAL, name.ends_with("dark") ? 90 : 150, 40);
      fs::create_directories(folder / name);
      cv::imwrite((folder / name / (std::to_string(k) + ".png")).string(), pixels);
    }
  put(folder / "net.yaml", R"(leat: 1
params: {fold: {value: 0, range: [0, 2], doc: The fold that validates.}, width: 8}
resources:
  data: {uses: io.split, with: {path: images, class_labels: 0, folds: 3, fold: "${fold}"}}
  other: {uses: io.split, with: {path: other}}
  net: {uses: model.multitask_unet, with: {channels: ["${width}", 16], norm: group, classes: [bright, dark]}}
  adam: {uses: optim.adam, with: {model: net}}
phases:
  train:
    nodes:
      files: {uses: io.images, with: {split: data, part: labelled, batch: 6}}
      decoded: {uses: image.decode, in: files.file}
      batch: {uses: tensor.normalize, in: decoded, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      loss: {uses: loss.cross_entropy, in: {logits: logits, label: files.label}}
      total: {uses: loss.total, in: {terms: {classes: loss}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
  validate:
    kind: validate
    nodes:
      files: {uses: io.images, with: {split: data, part: validation, batch: 6}}
      decoded: {uses: image.decode, in: files.file}
      batch: {uses: tensor.normalize, in: decoded, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      classes: {uses: metric.classification, in: {logits: logits, label: files.label}, with: {classes: [bright, dark]}}
  again:
    kind: test
    nodes:
      files: {uses: io.images, with: {split: other, batch: 6}}
      decoded: {uses: image.decode, in: files.file}
      batch: {uses: tensor.normalize, in: decoded, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net}}
      logits: {uses: model.classify, in: features, with: {model: net}}
      classes: {uses: metric.classification, in: {logits: logits, label: files.label}, with: {classes: [bright, dark]}}
plan: {train: {phase: train, steps: 6, validate: every 6 steps}, then: [again]}
)");
  put(folder / "sweep.yaml", R"(leat: 1
systems: {Net: net.yaml}
budgets: [{fold: 0, seeds: [0, 1]}, {fold: 1}, {fold: 2}]
pool_over: fold
)");
  const Finished finished = sweep(folder);
  check_ends_well(finished);
  CAPTURE(finished.out);
  // The joined tables, counted by hand.
  int images = 0, correct = 0;
  for (const std::string fold : {"0", "1", "2"}) {
    const leat::CsvTable table = leat::read_csv(text_of(folder / ("out/Net-" + fold + "/seed-0/images/validate.classes.csv")));
    const auto label = static_cast<std::size_t>(table.find_column("label")),
               said = static_cast<std::size_t>(table.find_column("prediction"));
    for (const auto& row : table.rows) ++images, correct += row.fields[label] == row.fields[said];
  }
  CHECK(images == 18);
  char accuracy[16];
  std::snprintf(accuracy, sizeof accuracy, "%.3f", correct / 18.);
  CHECK(finished.out.find("Out-of-fold figures, pooled over `fold`") != std::string::npos);
  CHECK(finished.out.find("\nNet  3      1      18      " + std::string(accuracy)) != std::string::npos);
  CHECK(finished.out.find("`again.classes` is not pooled: it judges the same images in each fold.") != std::string::npos);
  CHECK(finished.out.find("`Net`, seed 1, is not pooled: 1 of 3 folds have a finished run.") != std::string::npos);
}
