#include <map>
#include <mutex>
#include <opencv2/imgproc.hpp>
#include <set>

#include "io/mask_values.h"
#include "leat/encoded.h"
#include "leat/image.h"
#include "leat/label.h"
#include "leat/leat.h"
#include "leat/tries_files.h"
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

TEST_CASE("io.images: images with the same bytes under two classes are told once before a run, if their classes are used") {
  const TemporaryFolder folder;
  put_classes(folder.path());
  put_bytes(folder.path() / "rare" / "twin.png", 5);
  const auto told = [&](const std::string& look, const std::string& phase) {
    Diagnostics found;
    std::string text =
        graph(folder.path(), "group: auto", "io.images, with: {split: data, batch: 5}", look, phase, "then: [" + phase + "]");
    text.insert(text.find("plan:"), "  again: {like: " + phase + "}\n");
    const Program program = Program::build(read_graph_text(text, "g.yaml", folder.path(), {}, found), registry(), {}, found);
    CHECK(found.str().empty());
    try_files(program, found);
    REQUIRE(found.all().size() < 2);
    return found.all().empty() ? std::string() : found.all()[0].text;
  };
  CHECK(told("test.look, in: {file: source.file, label: source.label}", "test") ==
        "`source`: `rare/twin.png` (`rare`) and `usual/5.png` (`usual`) have the same bytes, but different classes");
  CHECK(told("test.look, in: {file: source.file}", "predict").empty());
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
  CHECK(refused("part: unlabelled", learns).find("`known_label` has it, but for diagnostics only") != std::string::npos);
  CHECK(refused("part: all", learns).find("`all` has images whose labels are not for training") != std::string::npos);
  CHECK(refused("part: unlabelled", "test.learn, in: {file: source.file, label: source.known_label}").find("is a diagnostic output") !=
        std::string::npos);
  CHECK(refused("part: unlabelled", "test.look, in: {file: source.file, label: source.known_label}").empty());
  CHECK(refused("part: unlabelled, balance: class", "test.learn, in: {file: source.file}").find("`balance: class` needs labels") !=
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
  put(folder.path() / "l.csv", "image,What\nusual/3.png,x\n");
  const std::string of_list = mistakes(registry(), graph(folder.path() / "l.csv", "group: auto", "io.images, with: {split: data}",
                                                         "test.learn, in: {file: source.file, label: source.label}"));
  CHECK(of_list.find("the split has no classes") != std::string::npos);
  CHECK(of_list.find("`l.csv` has no column `class` or `label`, only `image` and `What`") != std::string::npos);
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
            .find("`known_mask` has it, but for diagnostics only") != std::string::npos);
  CHECK(refused(split + ", mask_labels: 2", "io.masks, with: {split: data, part: unlabelled}",
                "test.look, in: {file: source.file, mask: source.known_mask}")
            .empty());
}

namespace {

/// All that is said of a graph that trains on a part of a split and judges by one.
std::string said_of(const std::string& resources, const std::string& learned, const std::string& judged, const std::string& kind = "test") {
  const std::string text =
      "leat: 1\nresources:\n" + resources + "phases:\n  train:\n    nodes:\n      source: {uses: io.images, with: {" + learned +
      "}}\n      learn: {uses: test.learn, in: {file: source.file}}\n  judging:\n    kind: " + kind +
      "\n    nodes:\n      source: {uses: io.images, with: {" + judged +
      "}}\n      learn: {uses: test.learn, in: {file: source.file}}\nplan: {train: {phase: train, steps: 1}, then: [judging]}\n";
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(text, "g.yaml", std::filesystem::current_path(), {}, diagnostics);
  (void)Program::build(description, registry(), {}, diagnostics);
  return diagnostics.str();
}

std::string split(const std::string& name, const std::filesystem::path& path, const std::string& with) {
  return "  " + name + ": {uses: io.split, with: {path: '" + path.string() + "'" + with + "}}\n";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("io.split: patients that are trained on and judged by are refused across two splits, whatever labels they have") {
  const TemporaryFolder folder;
  for (int k = 0; k < 8; ++k) {
    put_picture(folder.path() / "a" / (k % 2 ? "x" : "y") / ("p" + std::to_string(k) + "_a.png"), k);
    put_picture(folder.path() / "b" / (k % 2 ? "x" : "y") / ("p" + std::to_string(k) + "_b.png"), 100 + k);
  }
  const std::string patients = ", patient: '^p[0-9]+'";
  const auto both = [&](const std::string& training, const std::string& judged) {
    return split("training", folder.path() / "a", training) + split("judged", folder.path() / "b", judged);
  };
  const std::string learns = ", class_labels: 2, validation: 0";
  const std::string said = said_of(both(patients + learns, patients), "split: training, part: unlabelled", "split: judged");
  CAPTURE(said);
  CHECK(has(said, "`train` trains on `training` and `judging` evaluates on `judged`, but the two share 6 patients (`p"));
  CHECK(has(said_of(both(patients + learns, patients), "split: training, part: unlabelled", "split: judged", "validate"),
            "share 6 patients"));
  // Without `patient` an image is a patient by itself, and other bytes are another image.
  CHECK(said_of(both(learns, ""), "split: training, part: labelled", "split: judged") == "");
  CHECK(said_of(both(patients + learns, patients + ", shares_with: [training]"), "split: training, part: unlabelled", "split: judged") ==
        "");
}

TEST_CASE("io.split: patients of a list's column are those of a file's name") {
  const TemporaryFolder folder;
  for (int k = 0; k < 4; ++k) put_picture(folder.path() / (std::to_string(k) + ".png"), k);
  for (int k = 0; k < 4; ++k) put_picture(folder.path() / "b" / ("p" + std::to_string(k) + ".png"), 100 + k);
  put(folder.path() / "list.csv", "image,class,patient\n0.png,a,p1\n1.png,b,p2\n2.png,a,\n3.png,b,p9\n");
  const std::string said = said_of(split("training", folder.path() / "list.csv", ", class_labels: 0, validation: 0") +
                                       split("judged", folder.path() / "b", ", patient: '^p[0-9]+'"),
                                   "split: training, part: labelled", "split: judged");
  CAPTURE(said);
  CHECK(has(said, "but the two share 2 patients (`p1`, `p2`)"));
}

TEST_CASE("io.split: `part: all` of a split that trains, its drawn validation, and copies of its files elsewhere") {
  const TemporaryFolder folder;
  for (int k = 0; k < 12; ++k) put_picture(folder.path() / "data" / (k % 2 ? "x" : "y") / (std::to_string(k) + ".png"), k);
  const std::string data = split("data", folder.path() / "data", ", class_labels: 4, validation: 4");
  CHECK(said_of(data, "split: data, part: labelled", "split: data, part: validation", "validate") == "");
  const std::string all = said_of(data, "split: data, part: labelled", "split: data, part: all");
  CAPTURE(all);
  CHECK(has(all, "`train` trains on `data` and `judging` evaluates on `data`, but these parts of it share 4 equal files (`"));
  CHECK(said_of(split("data", folder.path() / "data", ", class_labels: 4, validation: 4, shares_with: [data]"),
                "split: data, part: labelled", "split: data, part: all") == "");
  std::filesystem::create_directories(folder.path() / "copies");
  std::filesystem::copy_file(folder.path() / "data" / "y" / "2.png", folder.path() / "copies" / "renamed.png");
  const std::string all_labels = split("data", folder.path() / "data", ", class_labels: 0, validation: 0");
  const std::string copied =
      said_of(all_labels + split("copies", folder.path() / "copies", ""), "split: data, part: labelled", "split: copies");
  CHECK(has(copied, "share 1 equal file (`renamed.png`)"));
  std::filesystem::create_directory_symlink(folder.path() / "data", folder.path() / "linked");
  CHECK(has(said_of(all_labels + split("linked", folder.path() / "linked", ""), "split: data, part: labelled", "split: linked"),
            "share 12 equal files (`"));
}

TEST_CASE("io.split: a list whose own rows share a patient with its validation rows is refused where both are used") {
  const TemporaryFolder folder;
  for (int k = 0; k < 4; ++k) put_picture(folder.path() / (std::to_string(k) + ".png"), k);
  put(folder.path() / "list.csv", "image,class,split,patient\n0.png,a,train,p\n1.png,b,train,q\n2.png,a,train,r\n3.png,b,val,q\n");
  const std::string list = split("data", folder.path() / "list.csv", ", rows: train, class_labels: 0");
  CHECK(has(said_of(list, "split: data, part: labelled", "split: data, part: validation", "validate"),
            "these parts of it share 1 patient (`q`)"));
}

TEST_CASE("io.split: how a budget was drawn is disclosed, and what draws nothing discloses nothing") {
  const TemporaryFolder folder;
  for (int k = 0; k < 12; ++k) put_picture(folder.path() / "data" / (k % 2 ? "x" : "y") / (std::to_string(k) + ".png"), k);
  const auto disclosed = [&](const std::string& with) {
    std::vector<std::string> out;
    const auto made = unsurveyed_split(folder.path() / "data", with);
    Opening opening;
    opening.name = "data";
    opening.disclose = [&](std::string sentence) { out.push_back(std::move(sentence)); };
    made->survey(opening);
    return out;
  };
  using Sentences = std::vector<std::string>;
  CHECK(disclosed("class_labels: 4") ==
        Sentences{
            "`data`: 4 labelled images were drawn in the class proportions of all images outside of validation (`class_share: prior`)"});
  CHECK(disclosed("class_labels: 4, class_share: balanced") ==
        Sentences{"`data`: 4 labelled images were drawn as the same number of each class (`class_share: balanced`)"});
  CHECK(disclosed("class_labels: 10, class_share: chance") ==
        Sentences{"`data`: 10 labelled images were drawn at random, whatever their classes (`class_share: chance`)"});
  CHECK(disclosed("class_labels: 0").empty());
  CHECK(disclosed("seed: 1").empty());
}

TEST_CASE("io.masks: a list that has classes for some images and masks for others trains and validates on its masks, and on its classes") {
  const TemporaryFolder folder;
  std::string list = "image,label,lung,heart\n";
  for (int k = 0; k < 16; ++k) {
    const std::string name = std::to_string(k) + ".png";
    put_picture(folder.path() / name, k);
    if (k >= 8)
      for (const char* structure : {"l", "h"}) put_picture(folder.path() / (structure + name), 255);
    list += name + (k < 8 ? (k % 2 ? ",a,,\n" : ",b,,\n") : ",,l" + name + ",h" + name + "\n");
  }
  put(folder.path() / "both.csv", list);
  const auto run = [&](const std::string& budget, const std::string& source, const std::string& port) {
    Seen out;
    seen = &out;
    (void)run_graph(registry(),
                    graph(folder.path() / "both.csv", "masks: [lung=lung, heart=heart], validation: 2, " + budget,
                          source + ", with: {split: data, part: validation}", "test.look, in: {file: source.file, " + port + "}"));
    std::vector<int> images;
    for (const auto& [name, count] : counts_of(out)) images.push_back(std::stoi(name));
    return images;
  };
  const std::vector<int> with_masks = run("mask_labels: 4", "io.masks", "mask: source.mask");
  REQUIRE(with_masks.size() == 2);
  for (const int image : with_masks) CHECK(image >= 8);
  const std::vector<int> with_classes = run("class_labels: 4", "io.images", "label: source.label");
  REQUIRE(with_classes.size() == 2);
  for (const int image : with_classes) CHECK(image < 8);
}

TEST_CASE(
    "io.masks: masks that cannot be used are found before a run, in every phase, unless the phase skips errors or does not read them") {
  const TemporaryFolder folder;
  for (int k = 0; k < 5; ++k) {
    put_picture(folder.path() / "images" / (std::to_string(k) + ".png"), k);
    put_picture(folder.path() / "masks" / (std::to_string(k) + ".png"), 255);
  }
  cv::Mat labels(6, 8, CV_8UC1, cv::Scalar(0));
  labels.col(1) = 1, labels.col(2) = 2;
  const auto file = [&](const char* name) { return (folder.path() / "masks" / name).string(); };
  const auto found_in = [&](const std::string& text) {
    Diagnostics told;
    const Program program = Program::build(read_graph_text(text, "g.yaml", folder.path(), {}, told), registry(), {}, told);
    CHECK(told.str().empty());
    try_files(program, told);
    return told.str();
  };
  const auto graph_of = [&](const std::string& source, const std::string& in) {
    return graph(folder.path(), "masks: [lungs]", "io.masks, with: {split: data}" + source, "test.look, in: {" + in + "}");
  };
  const auto found = [&](const std::string& source, const std::string& in) { return found_in(graph_of(source, in)); };
  CHECK(found("", "file: source.file, mask: source.mask").empty());
  cv::imwrite(file("3.png"), labels);
  const std::string mask_3 = "1 of 5 images of the part `all` has a mask that cannot be used: the mask `" + file("3.png") +
                             "` has the values 0, 1 and 2; a mask has 0 and one other value, or grays around 0 and 255";
  CHECK(found("", "file: source.file, mask: source.mask").find("error: `source`: " + mask_3) != std::string::npos);
  CHECK(found("", "file: source.file, mask: source.known_mask")
            .find("^ correct the files, or leave such samples out with `on_error: skip`") != std::string::npos);
  std::filesystem::resize_file(file("1.png"), 50);
  CHECK(found("", "file: source.file, mask: source.mask")
            .find("2 of 5 images of the part `all` have masks that cannot be used; the first: the mask `" + file("1.png") +
                  "`: the PNG is truncated: it ends after 50 bytes") != std::string::npos);
  CHECK(found("", "file: source.file").empty());
  Seen none;
  seen = &none;
  CHECK_THROWS_AS((void)run_graph(registry(), graph_of("", "file: source.file, mask: source.mask")), GraphError);
  CHECK(none.slots.empty());
  const std::string skipping = graph_of(", on_error: skip", "file: source.file, mask: source.mask");
  CHECK(found_in(skipping).find("warning: `source`: 2 of 5 images of the part `all` have masks") != std::string::npos);
  CHECK(found_in(skipping).find("error: `") == std::string::npos);
  Seen all;
  seen = &all;
  run_graph(registry(), skipping);
  CHECK(all.masks.size() == 3);
}

TEST_CASE("io.masks: masks of one structure that use different values are told before a run, with the first of each") {
  const TemporaryFolder folder;
  for (int k = 0; k < 5; ++k) {
    put_picture(folder.path() / "images" / (std::to_string(k) + ".png"), k);
    put_picture(folder.path() / "masks" / (std::to_string(k) + ".png"), 255);
  }
  const auto put_mask = [&](int k, const cv::Scalar& colour, int type) {
    cv::Mat mask(6, 8, type, cv::Scalar::all(0));
    mask.colRange(0, 4).setTo(colour);
    cv::imwrite((folder.path() / "masks" / (std::to_string(k) + ".png")).string(), mask);
  };
  const auto found = [&](const std::string& source = "") {
    Diagnostics told;
    const std::string text = graph(folder.path(), "masks: [lungs]", "io.masks, with: {split: data}" + source,
                                   "test.look, in: {file: source.file, mask: source.mask}");
    const Program program = Program::build(read_graph_text(text, "g.yaml", folder.path(), {}, told), registry(), {}, told);
    CHECK(told.str().empty());
    try_files(program, told);
    return told.str();
  };
  const auto name = [&](int k) { return "`" + (folder.path() / "masks" / (std::to_string(k) + ".png")).string() + "`"; };
  const std::string start = "warning: `source`: masks of `lungs` use different values: ";
  CHECK(found().empty());
  put_mask(4, cv::Scalar(65535), CV_16UC1);
  put_mask(3, cv::Scalar(0), CV_8UC1);
  CHECK(found().empty());
  for (int k = 0; k < 5; ++k) put_mask(k, cv::Scalar(k < 3 ? 1 : 2), CV_8UC1);
  CHECK(found().find(start + "1 in 3 files, 2 in 2; the first are " + name(0) + " and " + name(3) + "; each is read as inside") !=
        std::string::npos);
  put_mask(0, cv::Scalar(255), CV_8UC1);
  CHECK(found().find(start + "1 in 2 files, 2 in 2, 255 in 1; the first are " + name(1) + " and " + name(3) + ";") != std::string::npos);
  for (int k = 0; k < 5; ++k) put_mask(k, k == 1 ? cv::Scalar(0, 255, 0) : k == 2 ? cv::Scalar(0, 0, 128) : cv::Scalar(0, 0, 255), CV_8UC3);
  CHECK(found().find(start + "red in 3 files, green in 1, red (128) in 1; the first are " + name(0) + " and " + name(1) + ";") !=
        std::string::npos);
  std::filesystem::resize_file(folder.path() / "masks" / "0.png", 50);
  CHECK(found(", on_error: skip").find(start + "red in 2 files, ") != std::string::npos);
}

TEST_CASE("io.masks: masks with soft edges, of lossy files and of 0 and 255 are drawn with the same") {
  cv::Mat soft(32, 32, CV_8UC1, cv::Scalar(0));
  soft.colRange(0, 16).setTo(255);
  cv::GaussianBlur(soft, soft, {}, 1);
  CHECK(drawn_with(soft, inside_of(soft, false), false) == "255");
  cv::Mat nearly(32, 32, CV_8UC1, cv::Scalar(0));
  nearly.colRange(0, 16).setTo(254);
  CHECK(drawn_with(nearly, inside_of(nearly, true), true) == "255");
  CHECK(drawn_with(nearly, inside_of(nearly, false), false) == "254");
  CHECK(drawn_with(cv::Mat(4, 4, CV_8UC1, cv::Scalar(0)), cv::Mat(4, 4, CV_8UC1, cv::Scalar(0)), false).empty());
  cv::Mat seen(8, 8, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  seen.colRange(0, 4).setTo(cv::Scalar(0, 0, 0, 255));
  CHECK(drawn_with(seen, inside_of(seen, false), false) == "black");
}

TEST_CASE("io.masks: many masks are tried in several threads, each once, and the first fault is that of the first image") {
  const TemporaryFolder folder;
  for (int k = 0; k < 300; ++k) {
    const std::string name = std::to_string(1000 + k) + ".png";
    put_picture(folder.path() / "images" / name, k % 256, {8, 6 + k / 256});
    put_picture(folder.path() / "masks" / name, k % 7 == 3 ? 9 : 255, {8, 6 + k / 256});
  }
  const auto split = made_split(folder.path(), "masks: [lungs]");
  const std::vector<std::string> faults = split->mask_faults(split->part(Split::Target::Masks, Split::Part::All)).faults;
  CHECK(faults.size() == 43);
  for (std::size_t k = 0; k < faults.size(); ++k)
    CHECK(faults[k].find("/" + std::to_string(1003 + 7 * k) + ".png` has only the value 9") != std::string::npos);
  std::filesystem::remove_all(folder.path() / "masks");
  CHECK(split->mask_faults(split->part(Split::Target::Masks, Split::Part::All)).faults == faults);
}
