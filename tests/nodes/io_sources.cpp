#include <map>
#include <mutex>
#include <set>

#include "leat/encoded.h"
#include "leat/image.h"
#include "leat/label.h"
#include "leat/leat.h"
#include "support/graphs.h"
#include "support/small_data.h"

#include "support/doctest.h"

void leat_register_leat_nodes_io(leat::Registry& registry);

using namespace leat;
using namespace leat::test;

namespace {

/// What came out of a source, by (step, slot).
struct Seen {
  std::mutex lock;
  std::map<std::pair<std::int64_t, int>, std::pair<Sample, int>> slots;
  std::map<std::string, Image> masks;
};
Seen* seen = nullptr;

struct Look final : Node {
  Input<Encoded> file{this, "file", "Any length."};
  OptionalInput<Label> label{this, "label", "One of C. A label.", diagnostic};
  OptionalInput<Image> mask{this, "mask", "Any size, 8 bit.", diagnostic};

  void process(Frame& frame) const override {
    const std::lock_guard guard(seen->lock);
    const Label* known = frame[label];
    seen->slots[{frame.key().step, frame.key().slot}] = {frame.sample(), known ? known->index : -2};
    if (const Image* picture = frame[mask]) seen->masks[frame.sample().id] = *picture;
  }
};

struct Learn final : Node {
  Input<Encoded> file{this, "file", "Any length."};
  OptionalInput<Label> label{this, "label", "One of C. A label."};
  OptionalInput<Image> mask{this, "mask", "Any size, 8 bit."};
  void process(Frame&) const override {}
};

Registry made_registry() {
  Registry out;
  leat_register_leat_nodes_io(out);
  detail::register_type<Look>(out, "test.look", "Remembers what it sees.");
  detail::register_type<Learn>(out, "test.learn", "Learns from labels.");
  return out;
}

/// Programs point into it.
const Registry& registry() {
  static const Registry one = made_registry();
  return one;
}

std::string graph(const std::filesystem::path& data, const std::string& split, const std::string& source, const std::string& look,
                  const std::string& phase = "test", const std::string& plan = "then: [test]") {
  return "leat: 1\nresources:\n  data: {uses: io.split, with: {path: '" + data.string() + "', " + split + "}}\nphases:\n  " + phase +
         ":\n    nodes:\n      source: {uses: " + source + "}\n      look: {uses: " + look + "}\nplan: {" + plan + "}\n";
}

void put_classes(const std::filesystem::path& folder) {
  for (int k = 0; k < 12; ++k) put_bytes(folder / (k < 3 ? "rare" : "usual") / (std::to_string(k) + ".png"), k);
}

std::map<std::string, int> counts_of(const Seen& all) {
  std::map<std::string, int> out;
  for (const auto& [key, slot] : all.slots) ++out[slot.first.id];
  return out;
}

}  // namespace

TEST_CASE("io.images: one pass in order outside of training, with who each sample is") {
  const TemporaryFolder folder;
  put_classes(folder.path());
  Seen all;
  seen = &all;
  run_graph(registry(), graph(folder.path(), "patient: '[0-9]+'", "io.images, with: {split: data, batch: 5}",
                              "test.look, in: {file: source.file, label: source.label}"));
  REQUIRE(all.slots.size() == 12);
  const auto& [sample, label] = all.slots.at({0, 3});
  CHECK(sample.id == "usual/10.png");
  CHECK(sample.file == (folder.path() / "usual" / "10.png").string());
  CHECK(sample.group.empty());
  CHECK(sample.patient == "10");
  CHECK(label == 1);
  CHECK(all.slots.contains({2, 1}));
}

TEST_CASE("io.images: training permutes each pass anew, the same for each number of threads") {
  const TemporaryFolder folder;
  put_classes(folder.path());
  const std::string text = graph(folder.path(), "group: auto", "io.images, with: {split: data, batch: 6}",
                                 "test.look, in: {file: source.file, label: source.label}", "train", "train: {phase: train, steps: 4}");
  std::vector<std::vector<std::string>> orders;
  for (const int threads : {1, 4}) {
    Seen all;
    seen = &all;
    run_graph(registry(), text, threads);
    REQUIRE(all.slots.size() == 24);
    for (const auto& [id, count] : counts_of(all)) CHECK(count == 2);
    auto& order = orders.emplace_back();
    for (const auto& [key, slot] : all.slots) order.push_back(slot.first.id);
  }
  CHECK(orders[0] == orders[1]);
  CHECK(std::vector(orders[0].begin(), orders[0].begin() + 12) != std::vector(orders[0].begin() + 12, orders[0].end()));
}

TEST_CASE("io.images: balanced by class, each class goes through its own passes") {
  const TemporaryFolder folder;
  put_classes(folder.path());
  Seen all;
  seen = &all;
  run_graph(registry(), graph(folder.path(), "group: auto", "io.images, with: {split: data, batch: 6, balance: class}",
                              "test.look, in: {file: source.file, label: source.label}", "train", "train: {phase: train, steps: 6}"));
  REQUIRE(all.slots.size() == 36);
  for (const auto& [key, slot] : all.slots) CHECK(slot.second == key.second % 2);
  for (const auto& [id, count] : counts_of(all)) CHECK(count == (id.starts_with("rare") ? 6 : 2));
}

TEST_CASE("io.images: labels outside of the budget cannot be learned from, only looked at") {
  const TemporaryFolder folder;
  put_classes(folder.path());
  const std::string budget = "class_labels: 4, validation: 2";
  const auto refused = [&](const std::string& with, const std::string& reader) {
    return mistakes(registry(), graph(folder.path(), budget, "io.images, with: {split: data, " + with + "}", reader));
  };
  const std::string learns = "test.learn, in: {file: source.file, label: source.label}";
  CHECK(refused("part: labelled", learns).empty());
  CHECK(refused("part: validation", learns).empty());
  CHECK(refused("part: unlabelled", learns).find("the labels of `unlabelled` images are not for training") != std::string::npos);
  CHECK(refused("part: unlabelled", learns).find("`known_label` has it, for diagnostics only") != std::string::npos);
  CHECK(refused("part: all", learns).find("`all` has images whose labels are not for training") != std::string::npos);
  CHECK(refused("part: unlabelled", "test.learn, in: {file: source.file, label: source.known_label}").find("for diagnosis only") !=
        std::string::npos);
  CHECK(refused("part: unlabelled", "test.look, in: {file: source.file, label: source.known_label}").empty());
  CHECK(refused("part: unlabelled, balance: class", "test.learn, in: {file: source.file}").find("to balance by class needs labels") !=
        std::string::npos);
}

TEST_CASE("io.images: an empty part, a split without classes, a file that is gone meanwhile") {
  const TemporaryFolder folder;
  put_classes(folder.path());
  CHECK(mistakes(registry(), graph(folder.path(), "group: auto", "io.images, with: {split: data, part: validation}",
                                   "test.look, in: {file: source.file}"))
            .find("the part `validation` of the split has no image") != std::string::npos);
  CHECK(mistakes(registry(), graph(folder.path() / "rare", "group: auto", "io.images, with: {split: data}",
                                   "test.learn, in: {file: source.file, label: source.label}"))
            .find("the split has no classes") != std::string::npos);
  put(folder.path() / "l.csv", "image,Diagnosis\nusual/3.png,x\n");
  const std::string of_list = mistakes(registry(), graph(folder.path() / "l.csv", "group: auto", "io.images, with: {split: data}",
                                                         "test.learn, in: {file: source.file, label: source.label}"));
  CHECK(of_list.find("the split has no classes") != std::string::npos);
  CHECK(of_list.find("`l.csv` has no column `class` or `label`, only `image` and `Diagnosis`") != std::string::npos);
  CHECK(of_list.find("warning: `data`: `l.csv` has a column `Diagnosis`, but none called `class` or `label`: no image has a class") !=
        std::string::npos);
  std::filesystem::remove(folder.path() / "l.csv");
  Program program =
      build(registry(), graph(folder.path(), "group: auto", "io.images, with: {split: data}", "test.look, in: {file: source.file}"));
  std::filesystem::remove(folder.path() / "usual" / "7.png");
  Seen all;
  seen = &all;
  Run run(program, make_thread_lane(), make_test_executor(2), {});
  try {
    (void)run.run();
    FAIL("a file that is gone was read");
  } catch (const NodeError& error) {
    CHECK(error.cause == "cannot read `" + (folder.path() / "usual" / "7.png").string() + "`: No such file or directory");
    CHECK(error.where.find("sample `usual/7.png`") != std::string::npos);
  }
}

TEST_CASE("io.images: the largest file bounds the memory") {
  const TemporaryFolder folder;
  put(folder.path() / "a.png", std::string(100, 'x'));
  put(folder.path() / "b.png", std::string(5000, 'x'));
  const Program program =
      build(registry(), graph(folder.path(), "group: auto", "io.images, with: {split: data}", "test.look, in: {file: source.file}"));
  const ProgramPhase& phase = program.phases[0];
  const Wire& file = phase.wires[static_cast<std::size_t>(phase.nodes[static_cast<std::size_t>(phase.find("source"))].wires[0])];
  CHECK(file.is_size_known);
  CHECK(file.bytes == 5000 + static_cast<std::int64_t>(sizeof(Encoded)));
}

TEST_CASE("io.masks: pairs of image and masks, a channel each") {
  const TemporaryFolder folder;
  for (int k = 0; k < 5; ++k) {
    const std::string name = std::to_string(k) + ".png";
    put_picture(folder.path() / "images" / name, k);
    put_picture(folder.path() / "masks" / name, k % 2 ? 255 : 0);
    put_picture(folder.path() / "masks_heart" / name, k == 3 ? 1 : 0, {4, 3});
  }
  const std::string split = "masks: [lungs=../masks, heart=../masks_heart]";
  const std::string text = graph(folder.path() / "images", split, "io.masks, with: {split: data, batch: 2}",
                                 "test.look, in: {file: source.file, mask: source.mask}");
  const Program program = build(registry(), text);
  const ProgramPhase& phase = program.phases[0];
  const Wire& mask = phase.wires[static_cast<std::size_t>(phase.nodes[static_cast<std::size_t>(phase.find("source"))].wires[1])];
  CHECK(mask.contract.str() == "6 x 8 x 2, 8 bit, of 2 (lungs, heart)");
  Seen all;
  seen = &all;
  run_graph(registry(), text);
  REQUIRE(all.masks.size() == 5);
  for (int k = 0; k < 5; ++k) {
    const Image& picture = all.masks.at(std::to_string(k) + ".png");
    CHECK(picture.pixels.size() == cv::Size(8, 6));
    CHECK(cv::mean(picture.pixels) == cv::Scalar(k % 2 ? 255 : 0, k == 3 ? 255 : 0));
  }
  const auto refused = [&](const std::string& with, const std::string& source, const std::string& reader) {
    return mistakes(registry(), graph(folder.path() / "images", with, source, reader));
  };
  CHECK(refused("group: auto", "io.masks, with: {split: data}", "test.look, in: {file: source.file}").find("the split has no masks") !=
        std::string::npos);
  CHECK(refused(split + ", mask_labels: 2", "io.masks, with: {split: data, part: unlabelled}",
                "test.learn, in: {file: source.file, mask: source.mask}")
            .find("`known_mask` has it, for diagnostics only") != std::string::npos);
  CHECK(refused(split + ", mask_labels: 2", "io.masks, with: {split: data, part: unlabelled}",
                "test.look, in: {file: source.file, mask: source.known_mask}")
            .empty());
}
