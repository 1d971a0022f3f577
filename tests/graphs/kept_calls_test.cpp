#include "leat/kept_calls.h"

#include <atomic>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "leat/preview.h"
#include "leat/run.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/own_nodes.h"
#include "support/temporary_folder.h"

// A preview with results of earlier ones has the bits of a preview without them, whatever has changed in between.

namespace fs = std::filesystem;
using namespace leat;
using leat::test::own_nodes;

namespace {

struct Asked {
  fs::path graph;
  OutputName output;
  std::vector<Setting> set = {};
  std::uint64_t seed = 7;
  std::int64_t step = 1;
  int slots = 0;
  std::string device = "cpu:1";
  std::string phase = "train";
};

using Hashes = std::map<int, std::uint64_t>;

/// Returns the hashes of the values by slot, and the warnings.
std::pair<Hashes, std::vector<std::string>> shown(const Asked& asked, KeptCalls* kept) {
  Diagnostics diagnostics;
  Program program = Program::build(read_graph(asked.graph, asked.set, diagnostics), own_nodes(), {asked.seed, asked.device}, diagnostics);
  diagnostics.throw_if_errors();
  const PreviewScope scope = keep_upstream(program, asked.phase, {asked.output});
  const Preview seen = preview(program, make_lane(own_nodes(), asked.device), make_test_executor(2), {asked.output},
                               {scope.has_any_step() ? asked.step : 0, scope.is_by_slot ? asked.slots : 0, {}, kept});
  std::pair<Hashes, std::vector<std::string>> out;
  out.second = seen.warnings;
  for (const auto& [slot, value] : seen.outputs.at(0).values) out.first[slot] = value.hash();
  return out;
}

/// Checks that the kept results change nothing, and returns the values.
Hashes checked(const Asked& asked, KeptCalls& kept) {
  const auto with = shown(asked, &kept), without = shown(asked, nullptr);
  CHECK(with == without);
  return with.first;
}

std::size_t reused_by(const Asked& asked, KeptCalls& kept) {
  const std::size_t before = kept.reused();
  (void)shown(asked, &kept);
  return kept.reused() - before;
}

/// A picture that differs for each number.
void put_drawing(const fs::path& file, int number) {
  cv::Mat drawing(32, 32, CV_8UC1);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) drawing.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(x * 7 + y * number + number * number);
  fs::create_directories(file.parent_path());
  cv::imwrite(file.string(), drawing);
}

constexpr const char* of_files = R"(leat: 1
resources:
  data: {uses: io.split, with: {path: data, class_labels: 4, validation: "0"}}
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [a, b], masks: []}}
  adam: {uses: optim.adam, with: {model: net}}
phases:
  train:
    nodes:
      images: {uses: io.images, with: {split: data, part: labelled, batch: 4, shuffle: never}}
      decoded: {uses: image.decode, in: images.file}
      small: {uses: image.resize, in: decoded, with: {size: 16}}
      weak: {uses: augment.weak, in: small}
      strong: {uses: augment.strong, in: weak}
      batch: {uses: tensor.normalize, in: strong, with: {model: net}}
      encode: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      classes: {uses: model.classify, in: encode, with: {model: net}}
      gate:
        uses: gate.confidence
        in: {logits: classes, truth: images.known_label}
        with: {threshold: 0.5, alignment: prior, prior: labels, classes: [a, b]}
      loss: {uses: loss.cross_entropy, in: {logits: classes, label: images.label}}
      total: {uses: loss.total, in: {terms: {classes: loss}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
plan: {train: {phase: train, steps: 10}}
)";

struct Files {
  Files() {
    for (int k = 0; k < 3; ++k) put_drawing(folder / "data" / "a" / (std::to_string(k) + ".png"), k + 1);
    for (int k = 0; k < 3; ++k) put_drawing(folder / "data" / "b" / (std::to_string(k) + ".png"), k + 11);
    write(of_files);
  }
  void write(const std::string& text) const { folder.write("g.yaml", text); }
  [[nodiscard]] Asked asked(const std::string& node, const std::string& port) const { return {folder / "g.yaml", {node, port}}; }

  TemporaryFolder folder;
};

std::string with(std::string text, const std::string& before, const std::string& after) {
  const std::size_t at = text.find(before);
  REQUIRE(at != std::string::npos);
  return text.replace(at, before.size(), after);
}

}  // namespace

TEST_CASE("kept calls: previews have the same bits in the graphs of the tutorial and the demo, and repeat no call") {
  for (const char* graph : {"graphs/02_views.yaml", "graphs/03_train.yaml", "graphs/04_pseudo_labels.yaml", "graphs/demo.yaml"}) {
    CAPTURE(graph);
    KeptCalls kept(std::int64_t{1} << 30);
    Diagnostics diagnostics;
    const Program whole =
        Program::build(read_graph(fs::path(LEAT_SOURCE) / graph, {}, diagnostics), own_nodes(), {7, "cpu:1"}, diagnostics);
    const ProgramPhase& phase = whole.phases.front();
    int count = 0;
    for (const ProgramNode& node : phase.nodes)
      for (const Port* port : node.node->outputs()) {
        if (++count % 3 != 0) continue;
        Asked asked{fs::path(LEAT_SOURCE) / graph, {node.name, std::string(port->name())}};
        asked.phase = phase.name;
        CAPTURE(node.name);
        CAPTURE(port->name());
        const auto first = shown(asked, &kept), second = shown(asked, &kept), without = shown(asked, nullptr);
        CHECK(first == without);
        CHECK(second == without);
      }
    CHECK(kept.reused() > 0);
    CHECK(kept.bytes() > 0);
  }
}

TEST_CASE("kept calls: an edit at the end repeats the calls after it only") {
  const Files files;
  KeptCalls kept(std::int64_t{1} << 28);
  const Asked loss = files.asked("total", "loss");
  const Hashes before = checked(loss, kept);
  // Four slots of decoded, small, weak and strong; batch, encode, classes, the loss and the total.
  CHECK(reused_by(loss, kept) == 21);
  files.write(with(of_files, "{terms: {classes: loss}}", "{terms: {classes: loss}}, with: {weights: {classes: 3}}"));
  CHECK(reused_by(loss, kept) == 20);
  CHECK(checked(loss, kept) != before);
  files.write(with(of_files, "uses: augment.strong, in: weak", "uses: augment.strong, in: weak, with: {operations: [3, 3]}"));
  CHECK(reused_by(loss, kept) == 12);
  CHECK(checked(loss, kept) != before);
  files.write(of_files);
  CHECK(checked(loss, kept) == before);
}

TEST_CASE("kept calls: nothing that has changed upstream shows an old value") {
  const Files files;
  KeptCalls kept(std::int64_t{1} << 28);
  for (const auto& [node, port] :
       std::vector<std::pair<std::string, std::string>>{{"strong", "view"}, {"classes", "logits"}, {"gate", "weight"}, {"loss", "term"}}) {
    CAPTURE(node);
    const Asked asked = files.asked(node, port);
    const Hashes before = checked(asked, kept);
    const auto differs = [&](const std::string& what, const Asked& changed) {
      CAPTURE(what);
      const Hashes after = checked(changed, kept);
      // The weights of the gate are 0 or 1, and often stay.
      if (node != "gate") CHECK(after != before);
      CHECK(checked(changed, kept) == after);
    };
    Asked other = asked;
    other.seed = 8;
    differs("seed", other);
    if (node == "strong") {
      other = asked;
      other.step = 2;
      differs("step", other);
      other = asked;
      other.slots = 2;
      CHECK(checked(other, kept).size() == 2);
    }
    for (const auto& [old, text] : std::vector<std::pair<std::string, std::string>>{{"size: 16", "size: 8"},
                                                                                    {"in: small}", "in: small, with: {flip: 0.1}}"},
                                                                                    {"path: data,", "path: other,"},
                                                                                    {"strong:", "other:"}}) {
      CAPTURE(text);
      if (text == "path: other,") {
        for (int k = 0; k < 3; ++k) put_drawing(files.folder / "other" / "a" / (std::to_string(k) + ".png"), k + 21);
        for (int k = 0; k < 3; ++k) put_drawing(files.folder / "other" / "b" / (std::to_string(k) + ".png"), k + 31);
      }
      std::string changed = with(of_files, old, text);
      if (text == "other:" && node == "strong") continue;
      // Random numbers depend on a node's name.
      if (text == "other:") changed = with(changed, "in: strong", "in: other");
      files.write(changed);
      differs(text, asked);
    }
    files.write(of_files);
    CHECK(checked(asked, kept) == before);
    // A file gets other bytes, of the same size, at the same time.
    const fs::path file = files.folder / "data/a/1.png";
    const auto time = fs::last_write_time(file);
    const fs::path aside = files.folder / "aside.png";
    fs::copy_file(file, aside, fs::copy_options::overwrite_existing);
    fs::copy_file(files.folder / "data/b/2.png", file, fs::copy_options::overwrite_existing);
    fs::last_write_time(file, time);
    (void)checked(asked, kept);
    fs::copy_file(aside, file, fs::copy_options::overwrite_existing);
    CHECK(checked(asked, kept) == before);
  }
}

TEST_CASE("kept calls: what a node knows of its data set besides its input counts too") {
  const Files files;
  KeptCalls kept(std::int64_t{1} << 28);
  files.write(with(of_files, "class_labels: 4,", "class_labels: 0,"));
  const Asked asked = files.asked("gate", "weight");
  (void)checked(asked, kept);
  // The images of the step stay, but the shares of the classes change.
  for (int k = 3; k < 9; ++k) put_drawing(files.folder / "data" / "b" / (std::to_string(k) + ".png"), k + 11);
  (void)checked(asked, kept);
}

TEST_CASE("kept calls: files of weights, moving averages and extended files") {
  const Files files;
  KeptCalls kept(std::int64_t{1} << 28);
  const Asked asked = files.asked("classes", "logits");
  files.folder.write("base.yaml", of_files);
  files.folder.write("g.yaml", "leat: 1\nextends: base.yaml\n");
  const Hashes before = checked(asked, kept);
  files.folder.write("base.yaml", with(of_files, "size: 16", "size: 8"));
  CHECK(checked(asked, kept) != before);
  files.folder.write("base.yaml", with(of_files, "masks: []}", "masks: [], initial: another}"));
  CHECK(checked(asked, kept) != before);
  files.folder.write("base.yaml", with(of_files, "{optimizer: adam}", "{optimizer: adam, ema: true}"));
  CHECK(checked(asked, kept) == before);
  files.folder.write("base.yaml", of_files);
  // Weights from a file that changes on the disk.
  const auto weights_of = [&](std::uint64_t seed) {
    Diagnostics diagnostics;
    Program program = Program::build(read_graph(asked.graph, {}, diagnostics), own_nodes(), {seed, "cpu:1"}, diagnostics);
    RunOptions options;
    options.folder = files.folder / ("run" + std::to_string(seed));
    options.stop_after_steps = 1;
    (void)Run(program, make_lane(own_nodes(), "cpu:1"), make_test_executor(2), std::move(options)).run();
    return kept_weights(files.folder / ("run" + std::to_string(seed)))->resources.at("net");
  };
  const Archive first = weights_of(1), second = weights_of(2);
  first.write(files.folder / "w.safetensors");
  files.folder.write("base.yaml", with(of_files, "masks: []}", "masks: [], weights: w.safetensors}"));
  const Hashes of_first = checked(asked, kept);
  second.write(files.folder / "w.safetensors");
  CHECK(checked(asked, kept) != of_first);
  first.write(files.folder / "w.safetensors");
  CHECK(checked(asked, kept) == of_first);
}

TEST_CASE("kept calls: warnings of calls that are not repeated are told again") {
  const Files files;
  cv::imwrite((files.folder / "data/a/0.png").string(), cv::Mat(32, 32, CV_8UC3, cv::Scalar(10, 120, 240)));
  KeptCalls kept(std::int64_t{1} << 28);
  Asked asked = files.asked("small", "resized");
  asked.step = 0;
  for (int k = 0; k < 2; ++k) {
    const auto seen = shown(asked, &kept);
    CHECK(seen == shown(asked, nullptr));
    CHECK(!seen.second.empty());
  }
}

TEST_CASE("kept calls: dropped samples stay dropped, with their reason") {
  const Files files;
  files.write(with(
      with(of_files, "decoded: {uses: image.decode, in: images.file}", "decoded: {uses: image.decode, in: images.file, on_error: skip}"),
      "class_labels: 4", "class_labels: 0"));
  put(files.folder / "data/a/1.png", "\x89PNG\r\n\x1a\n no picture");
  KeptCalls kept(std::int64_t{1} << 28);
  for (const auto& [node, port] :
       std::vector<std::pair<std::string, std::string>>{{"strong", "view"}, {"classes", "logits"}, {"loss", "term"}})
    for (int k = 0; k < 2; ++k) (void)checked(files.asked(node, port), kept);
}

TEST_CASE("kept calls: the budget of bytes holds") {
  const Files files;
  KeptCalls none(0), few(20'000);
  const Asked asked = files.asked("loss", "term");
  const Hashes before = checked(asked, none);
  CHECK(none.bytes() == 0);
  CHECK(none.reused() == 0);
  for (int k = 0; k < 3; ++k) CHECK(checked(asked, few) == before);
  CHECK(few.bytes() <= 20'000);
}

TEST_CASE("preview: one that is given up ends at the next call of a node, and what it has computed is kept") {
  const Files files;
  KeptCalls kept(std::int64_t{1} << 28);
  Diagnostics diagnostics;
  Program program = Program::build(read_graph(files.folder / "g.yaml", {}, diagnostics), own_nodes(), {7, "cpu:1"}, diagnostics);
  (void)keep_upstream(program, "train", {{"loss", "term"}});
  std::atomic<int> calls{0};
  PreviewSettings settings{0, 0, {}, &kept, [&] { return ++calls > 12; }};
  CHECK_THROWS_WITH_AS((void)preview(program, make_lane(own_nodes(), "cpu:1"), make_test_executor(1), {{"loss", "term"}}, settings),
                       doctest::Contains("the preview was given up"), std::exception);
  CHECK(kept.bytes() > 0);
  Asked asked = files.asked("loss", "term");
  CHECK(reused_by(asked, kept) > 0);
}
