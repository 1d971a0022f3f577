#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "io/tar_set.h"
#include "io/tars/tar_order.h"
#include "leat/encoded.h"
#include "leat/label.h"
#include "leat/leat.h"
#include "leat/read_tree.h"
#include "leat/tries_files.h"
#include "program/trained_samples.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/tar_file.h"
#include "support/temporary_folder.h"

// Tars of WebDataset as data sets of a training.

void leat_register_leat_nodes_io(leat::Registry& registry);

using namespace leat;
using namespace leat::test;
namespace fs = std::filesystem;

namespace {

/// What came out of a source, by (step, slot).
struct Seen {
  struct Slot {
    Sample sample;
    int label = -2;
    std::string bytes;
    Image mask;
  };
  std::mutex lock;
  std::map<std::pair<std::int64_t, int>, Slot> slots;
};
Seen* seen = nullptr;

struct Look final : Node {
  Input<Encoded> file{this, "file", "Any length."};
  OptionalInput<Label> label{this, "label", "One of C. A label."};
  OptionalInput<Image> mask{this, "mask", "Any size, 8 bit, of K, or unknown."};
  void process(Frame& frame) const override {
    const std::lock_guard guard(seen->lock);
    const Label* known = frame[label];
    const Image* picture = frame[mask];
    const std::vector<std::uint8_t>& bytes = frame[file].bytes;
    seen->slots[{frame.key().step, frame.key().slot}] = {
        frame.sample(), known ? known->index : -2, {bytes.begin(), bytes.end()}, picture ? *picture : Image()};
  }
};

Registry made_registry() {
  Registry out;
  leat_register_leat_nodes_io(out);
  leat::detail::register_type<Look>(out, "test.look", "Remembers what it sees.");
  return out;
}

/// Programs point into it.
const Registry& registry() {
  static const Registry one = made_registry();
  return one;
}

std::string png(int value, cv::Size size = {6, 4}) {
  std::vector<std::uint8_t> bytes;
  cv::imencode(".png", cv::Mat(size, CV_8UC1, cv::Scalar(value)), bytes);
  return {bytes.begin(), bytes.end()};
}

/// A mask, or a label map, whose left half has a value.
std::string half(int value, int right = 0) {
  cv::Mat picture(4, 6, CV_8UC1, cv::Scalar(right));
  picture.colRange(0, 3) = value;
  std::vector<std::uint8_t> bytes;
  cv::imencode(".png", picture, bytes);
  return {bytes.begin(), bytes.end()};
}

/// A long key needs a header of its own before that of the entry.
std::string key_of(int k) { return k % 5 == 4 ? std::string(120, 'x') + "/k" + std::to_string(k) : "k" + std::to_string(k); }

constexpr int tars = 4, per_tar = 10;

void put_tars(const fs::path& folder) {
  for (int tar = 0; tar < tars; ++tar) {
    Entries entries;
    for (int k = tar * per_tar; k < (tar + 1) * per_tar; ++k) {
      entries.emplace_back(key_of(k) + ".cls", k % 2 == 0 ? std::to_string(k % 3 == 0) + "\n" : k % 3 == 0 ? "ill" : "well");
      entries.emplace_back(key_of(k) + ".png", png(k));
      entries.emplace_back(key_of(k) + ".Mask.png", half(255));
      entries.emplace_back(key_of(k) + ".seg.png", half(1, 2));
      entries.emplace_back(key_of(k) + ".json", "{}");
    }
    write_tar(folder / ("t" + std::to_string(tar) + ".tar"), entries);
  }
}

const std::string with_all = "classes: [well, ill], masks: [lungs=mask.png, heart=seg.png:1, spine=seg.png:2]";

std::string graph(const fs::path& path, const std::string& set, const std::string& source, const std::string& look,
                  const std::string& phase = "test", const std::string& plan = "then: [test]") {
  return "leat: 1\nresources:\n  data: {uses: io.tar_set, with: {path: '" + path.string() + "', " + set + "}}\nphases:\n  " + phase +
         ":\n    nodes:\n      source: {uses: io.tar_images, with: {tars: data, " + source + "}}\n      look: {uses: test.look, in: {" +
         look + "}}\nplan: {" + plan + "}\n";
}

const std::string looks_at_all = "file: source.file, label: source.label, mask: source.mask";

/// Returns the ids of a training in the order of slots.
std::vector<std::string> trained(const fs::path& folder, const std::string& source, int steps, int threads = 2, std::uint64_t seed = 0) {
  Seen all;
  seen = &all;
  (void)run_graph(
      registry(),
      graph(folder, with_all, source, "file: source.file", "train", "train: {phase: train, steps: " + std::to_string(steps) + "}"), threads,
      {}, seed);
  std::vector<std::string> out;
  for (const auto& [key, slot] : all.slots) out.push_back(slot.sample.id);
  return out;
}

std::string mistakes_of(const fs::path& path, const std::string& set, const std::string& look = "file: source.file") {
  return mistakes(registry(), graph(path, set, "batch: 2", look));
}

/// A set of a run, or of a resumed run.
struct Surveyed {
  std::unique_ptr<TarSet> set;
  std::string refusal;
  std::string said;
};

Surveyed surveyed(const fs::path& path, const std::string& with, const Archive* record = nullptr, bool accepts = false) {
  Surveyed out;
  Diagnostics diagnostics;
  const Tree tree = read_tree(source_text("set.yaml", path, "{path: '" + path.string() + "', " + with + "}"), diagnostics);
  diagnostics.throw_if_errors();
  out.set = std::make_unique<TarSet>();
  for (ParamPort* param : out.set->params())
    if (const Tree* value = tree.find(param->name())) param->read(*value);
  Opening opening;
  opening.name = "data";
  opening.recorded = record;
  opening.accepts_changed_files = accepts;
  opening.warn = [&out](const std::string& sentence) { out.said += sentence + "\n"; };
  try {
    out.set->survey(opening);
    out.set->open(opening);
  } catch (const Refusal& refusal) {
    out.refusal = refusal.at() + ": " + refusal.what();
  }
  return out;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

#define CHECK_SAYS(text, part)          \
  do {                                  \
    const std::string checked = (text); \
    CAPTURE(checked);                   \
    CHECK(has(checked, part));          \
  } while (false)

}  // namespace

TEST_CASE("io.tar_images: outside of a training, each sample once and in order, with its bytes, class and masks") {
  const TemporaryFolder folder;
  put_tars(folder.path());
  Seen all;
  seen = &all;
  (void)run_graph(registry(), graph(folder.path(), with_all, "batch: 7", looks_at_all));
  REQUIRE(all.slots.size() == tars * per_tar);
  int k = 0;
  for (const auto& [key, slot] : all.slots) {
    const std::string tar = "t" + std::to_string(k / per_tar);
    CHECK(slot.sample.id == tar + "/" + key_of(k));
    CHECK(slot.sample.file == (folder / (tar + ".tar")).string());
    CHECK(slot.bytes == png(k));
    CHECK(slot.label == (k % 3 == 0 ? 1 : 0));
    const cv::Vec3b left = slot.mask.pixels.at<cv::Vec3b>(0, 0), right = slot.mask.pixels.at<cv::Vec3b>(3, 5);
    CHECK(left == cv::Vec3b(255, 255, 0));
    CHECK(right == cv::Vec3b(0, 0, 255));
    ++k;
  }
}

TEST_CASE("io.tar_images: each epoch of a training has each sample once, in an order that neither threads nor the batch change") {
  const TemporaryFolder folder;
  put_tars(folder.path());
  for (const char* window : {"0", "15", "1"}) {
    const std::string source = std::string("window: ") + window;
    const std::vector<std::string> order = trained(folder.path(), source + ", batch: 8", 10);
    REQUIRE(order.size() == 80);
    CHECK(trained(folder.path(), source + ", batch: 8", 10, 4) == order);
    CHECK(trained(folder.path(), source + ", batch: 16", 5) == order);
    CHECK(trained(folder.path(), source + ", batch: 8", 10, 2, 1) != order);
    const std::vector<std::string> first(order.begin(), order.begin() + 40), second(order.begin() + 40, order.end());
    CHECK(first != second);
    for (const auto& epoch : {first, second}) CHECK(std::set(epoch.begin(), epoch.end()).size() == 40);
  }
}

TEST_CASE("tar order: a sample is less than a window from its place among whole tars, in each window and epoch") {
  const std::vector<std::int64_t> counts{5, 0, 12, 1, 30, 7};
  const std::int64_t all = 55;
  RandomKey key;
  key.key = RandomKey::of(3, "train", "images");
  const TarOrder plain(counts, 1);
  for (const std::int64_t window : {2, 7, 20, 54, 55, 1000}) {
    const TarOrder order(counts, window);
    std::set<std::vector<std::size_t>> orders;
    for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
      std::map<std::pair<std::size_t, std::int64_t>, std::int64_t> place;
      std::vector<std::size_t> tars_in_turn;
      for (std::int64_t k = 0; k < all; ++k) {
        const SampleInTar one = plain.shuffled(key, epoch * all + k);
        if (tars_in_turn.empty() || tars_in_turn.back() != one.tar) tars_in_turn.push_back(one.tar);
        else CHECK(one.sample == plain.shuffled(key, epoch * all + k - 1).sample + 1);
        place[{one.tar, one.sample}] = k;
      }
      CHECK(tars_in_turn.size() == 5);
      orders.insert(tars_in_turn);
      std::set<std::pair<std::size_t, std::int64_t>> drawn;
      for (std::int64_t k = 0; k < all; ++k) {
        const SampleInTar one = order.shuffled(key, epoch * all + k);
        drawn.insert({one.tar, one.sample});
        CHECK(std::abs(place.at({one.tar, one.sample}) - k) < window);
      }
      CHECK(drawn.size() == static_cast<std::size_t>(all));
    }
    CHECK(orders.size() > 10);
  }
  // A draw does not depend on those before.
  const TarOrder fresh(counts, 20), used(counts, 20);
  for (std::int64_t k = 0; k < 5 * all; ++k) (void)used.shuffled(key, k);
  CHECK(used.shuffled(key, 17) == fresh.shuffled(key, 17));
  CHECK(fresh.in_order(5) == SampleInTar{2, 0});
  CHECK(fresh.in_order(all + 17) == SampleInTar{3, 0});
}

TEST_CASE("io.tar_set: tars that cannot be read in any order are refused with their places") {
  const TemporaryFolder folder;
  put_tars(folder.path());
  write_tar(folder / "c.tar.gz", {{"a.png", png(1)}});
  CHECK_SAYS(mistakes_of(folder / "c.tar.gz", ""), "c.tar.gz` is compressed, so its samples cannot be read in any order");
  fs::rename(folder / "c.tar.gz", folder / "c.tar");
  CHECK_SAYS(mistakes_of(folder / "c.tar", ""), "c.tar` is compressed");
  CHECK_SAYS(mistakes_of(folder / "none.tar", ""), "the tar `" + (folder / "none.tar").string() + "` does not exist");
  CHECK_SAYS(mistakes_of(folder / "t{2..9}.tar", ""), "6 of 8 tars are missing; the first is `" + (folder / "t4.tar").string() + "`");
  CHECK_SAYS(mistakes_of(folder / "t*.tar", ""), "`*` is not expanded");
  CHECK_SAYS(mistakes_of("pipe:cat a.tar", ""), "`path` is a command, but a training reads its samples in any order");
  write_tar(folder / "twice.tar", {{"a.png", png(1)}, {"b.png", png(2)}, {"a.cls", "1"}});
  CHECK_SAYS(mistakes_of(folder / "twice.tar", ""), "twice.tar`: the key `a` is there twice: entry 3, `a.cls`");
  fs::resize_file(folder / "t1.tar", 3000);
  CHECK_SAYS(mistakes_of(folder / "t1.tar", "image: png"), "t1.tar`: Truncated input file");
  write_tar(folder / "cut.tar", {{"a.png", png(1)}, {"b.png", png(2)}});
  fs::resize_file(folder / "cut.tar", 2048);
  CHECK_SAYS(mistakes_of(folder / "cut.tar", ""), "cut.tar`: it is truncated: the zeros that end a tar are missing");
  write_tar(folder / "link.tar", {{"a.png", "-> b.png"}});
  CHECK_SAYS(mistakes_of(folder / "link.tar", ""), "its entry `a.png` is a link, sparse, or no file");
}

TEST_CASE("io.tar_set: a damaged header and a lost one are refused, and two tars in one file are not") {
  const TemporaryFolder folder;
  write_tar(folder / "a.tar", {{"a.png", png(1)}, {"a.cls", "0"}, {"b.png", png(2)}, {"b.txt", ""}, {"c.png", png(3)}});
  const std::string good = text_of(folder / "a.tar");
  const auto said = [&](std::size_t place, std::size_t count, char byte) {
    std::string bytes = good;
    bytes.replace(place, count, count, byte);
    put(folder / "a.tar", bytes);
    return mistakes_of(folder / "a.tar", "");
  };
  const std::size_t image = 1024, text = image + 1024, second = text + image, empty = second + image - 1024;
  REQUIRE(good.substr(empty, 5) == "b.txt");
  CHECK_SAYS(said(image + 20, 1, 'x'), "a.tar`: Damaged tar archive, at or after its entry `a.png`");
  CHECK_SAYS(said(20, 1, 'x'), "a.tar`: it is not a tar: Unrecognized archive format");
  CHECK_SAYS(said(0, good.size(), 'x'), "a.tar`: it is not a tar: Unrecognized archive format");
  CHECK_SAYS(said(image, 512, '\0'), "a.tar`: Damaged tar archive, at or after its entry `a.png`");
  // An entry without bytes, or with zeros only.
  CHECK_SAYS(said(empty, 512, '\0'), "are zeros, but entries follow after its entry `b.png`: a header is lost");
  CHECK_SAYS(said(image, 2048, '\0'), "a.tar`: its 2048 bytes from byte 1024 are zeros, but entries follow after its entry `a.png`");
  write_tar(folder / "d.tar", {{"d.png", png(4)}});
  for (const std::size_t zeros : {std::size_t{0}, std::size_t{1024}}) {
    std::string bytes = good;
    if (zeros > 0) bytes.resize(bytes.find_last_not_of('\0') / 512 * 512 + 512 + zeros);
    put(folder / "a.tar", bytes + text_of(folder / "d.tar"));
    CHECK(mistakes_of(folder / "a.tar", "") == "");
    CHECK(surveyed(folder / "a.tar", "image: png").set->size() == 4);
  }
}

TEST_CASE("io.tar_set: one tar twice in a list is refused with both, also as a link and as a copy") {
  const TemporaryFolder folder;
  put_tars(folder.path());
  const std::string first = "`" + (folder / "t1.tar").string() + "` and `" + (folder / "u.tar").string() + "` ";
  const auto said = [&] { return mistakes_of(folder.path(), "image: png"); };
  CHECK(said() == "");
  fs::create_symlink(folder / "t1.tar", folder / "u.tar");
  CHECK_SAYS(said(), first + "are the same file");
  fs::remove(folder / "u.tar");
  fs::create_hard_link(folder / "t1.tar", folder / "u.tar");
  CHECK_SAYS(said(), first + "are the same file");
  fs::remove(folder / "u.tar");
  fs::copy(folder / "t1.tar", folder / "u.tar");
  CHECK_SAYS(said(), first + "have the same bytes");
  // The same keys and sizes, but another image.
  std::string bytes = text_of(folder / "u.tar");
  bytes[bytes.find("IDAT") + 5] ^= 1;
  put(folder / "u.tar", bytes);
  CHECK(said() == "");
}

TEST_CASE("io.tar_set: names with several dots are named as the cause of two images and of a key that comes again") {
  const TemporaryFolder folder;
  write_tar(folder / "a.tar", {{"1.2.840.png", png(1)}, {"1.2.841.png", png(2)}});
  CHECK_SAYS(mistakes_of(folder / "a.tar", ""), "the sample `1` has 2 images: 2.840.png, 2.841.png");
  CHECK_SAYS(mistakes_of(folder / "a.tar", ""), "a key ends at the first dot of the file name");
  write_tar(folder / "b.tar", {{"1.2.png", png(1)}, {"2.3.png", png(2)}, {"1.3.png", png(3)}});
  CHECK_SAYS(mistakes_of(folder / "b.tar", ""), "does not follow the sample that begins with entry 1; a key ends at the first dot");
}

TEST_CASE("io.tar_set: control characters of a class do not reach the terminal") {
  const TemporaryFolder folder;
  write_tar(folder / "a.tar", {{"a.png", png(1)}, {"a.cls", "\x1B[2J\u009Bx"}});
  CHECK_SAYS(mistakes_of(folder.path(), "classes: [well]"), "`a/a` has the class `\\x1B[2J\\u009Bx`, which is none");
}

TEST_CASE("io.tar_set: metadata is no sample, also as a file") {
  const TemporaryFolder folder;
  write_tar(folder / "a.tar", {{"__meta__.json", "{}"}, {"__a__/b.json", "{}"}, {"p/__c__.png", png(1)}, {"a.png", png(1)}});
  const Surveyed one = surveyed(folder.path(), "image: png");
  CHECK(one.set->size() == 1);
  CHECK(one.said == "`data`: 3 entries of the tars without a key, or with metadata, are not read\n");
}

TEST_CASE("io.tar_set: samples without an image are left out and counted, and two images are refused") {
  const TemporaryFolder folder;
  write_tar(folder / "a.tar", {{"README", "x"}, {"a.png", png(1)}, {"b.json", "{}"}, {"c.PNG", png(2)}});
  write_tar(folder / "b.tar", {{"README", "x"}});
  const Surveyed some = surveyed(folder.path(), "image: ''");
  CHECK(some.refusal == "");
  CHECK(some.set->size() == 2);
  CHECK(some.said ==
        "`data`: 1 of 3 samples has no image, and is left out; in `a`, `b` has only json\n"
        "`data`: 2 entries of the tars without a key, or with metadata, are not read\n"
        "`data`: 1 of 2 tars has no sample with an image\n");
  CHECK_SAYS(mistakes_of(folder / "b.tar", ""), "no sample of the tars has an image");
  write_tar(folder / "two.tar", {{"a.png", png(1)}, {"a.seen.png", png(2)}});
  CHECK_SAYS(mistakes_of(folder / "two.tar", ""), "the sample `a` has 2 images: png, seen.png");
  CHECK(mistakes_of(folder / "two.tar", "image: seen.png") == "");
  CHECK(mistakes_of(folder / "two.tar", "masks: [m=seen.png]") == "");
}

TEST_CASE("io.tar_set: a class that is not known, or missing, is refused with tar and key before a run") {
  const TemporaryFolder folder;
  write_tar(folder / "a.tar", {{"a.png", png(1)}, {"a.cls", "0"}, {"b.png", png(2)}, {"b.cls", "2"}, {"c.png", png(3)}, {"c.cls", "x"}});
  const std::string label = "file: source.file, label: source.label";
  CHECK_SAYS(mistakes_of(folder.path(), "classes: [well, ill]"), "`a/b` has the class `2`, which is none of `classes`");
  CHECK_SAYS(mistakes_of(folder.path(), "classes: [well, ill]"), "the entries `cls` have `0`, `2`, `x`");
  CHECK_SAYS(mistakes_of(folder.path(), "classes: [q, w, e]"), "`a/c` has the class `x`");
  CHECK(mistakes_of(folder.path(), "classes: [q, x, e]", label) == "");
  // A class that is called by a number has the name.
  CHECK_SAYS(mistakes_of(folder.path(), "classes: [x, '2', '1']"), "`a/a` has the class `0`");
  const Surveyed by_name = surveyed(folder.path(), "classes: [x, '2', '0']");
  CHECK(by_name.set->label_of({0, 0}) == 2);
  CHECK(by_name.set->label_of({0, 1}) == 1);
  CHECK_SAYS(mistakes_of(folder.path(), "", label), "the tars have no classes");
  CHECK(mistakes_of(folder.path(), "") == "");
  write_tar(folder / "b.tar", {{"a.png", png(1)}, {"a.cls", "0"}, {"d.png", png(4)}});
  CHECK(mistakes_of(folder / "b.tar", "classes: [well]") == "");
  CHECK_SAYS(mistakes_of(folder / "b.tar", "classes: [well]", label),
             "1 sample of 2 has no class: its entry `cls` is missing; the first is `b/d`");
}

TEST_CASE("io.tar_set: an empty class is refused, and samples without a class or mask and classes without samples are said") {
  const TemporaryFolder folder;
  write_tar(folder / "a.tar", {{"a.png", png(1)}, {"a.cls", "0"}, {"a.mask.png", half(255)}, {"b.png", png(2)}, {"c.png", png(3)}});
  write_tar(folder / "b.tar", {{"d.png", png(4)}, {"d.cls", "1"}, {"d.mask.png", half(255)}});
  const Surveyed one = surveyed(folder.path(), "classes: [well, ill, other], masks: [lungs=mask.png]");
  CHECK(one.refusal == "");
  CHECK(one.said ==
        "`data`: 2 of 4 samples have no entry `cls`, so the class is not known; the first is `a/b`\n"
        "`data`: 2 of 4 samples have no mask `mask.png`; the first is `a/b`\n"
        "`data`: no sample is of the class `other`\n");
  const std::vector<SampleCount> counts = one.set->sample_counts();
  REQUIRE(counts.size() == 3);
  const auto is = [](const SampleCount& count, const std::string& name, std::int64_t images, std::int64_t labels, std::int64_t masks) {
    return count.part == "all" && count.class_name == name && count.images == images && count.labels == labels && count.masks == masks &&
           count.patients == images;
  };
  CHECK(is(counts[0], "well", 1, 1, 1));
  CHECK(is(counts[1], "ill", 1, 1, 1));
  CHECK(is(counts[2], "", 2, 0, 0));
  CHECK_SAYS(surveyed(folder.path(), "image: png, classes: [well, ill, x, y]").said, "no sample is of 2 classes: `x`, `y`\n");
  CHECK(surveyed(folder.path(), "image: png").said == "");
  write_tar(folder / "c.tar", {{"e.png", png(5)}, {"e.cls", " \n"}});
  CHECK_SAYS(mistakes_of(folder.path(), "image: png, classes: [well, ill]"), "the entry `cls` of `c/e` is empty");
  CHECK(mistakes_of(folder.path(), "image: png") == "");
}

TEST_CASE("io.tar_set: masks that are missing or named badly are refused") {
  const TemporaryFolder folder;
  write_tar(folder / "a.tar", {{"a.png", png(1)}, {"a.mask.png", half(255)}, {"b.png", png(2)}});
  const std::string mask = "file: source.file, mask: source.mask";
  CHECK_SAYS(mistakes_of(folder.path(), "image: png", mask), "the tars have no masks");
  CHECK(mistakes_of(folder.path(), "masks: [lungs=mask.png]") == "");
  CHECK_SAYS(mistakes_of(folder.path(), "masks: [lungs=mask.png]", mask),
             "1 sample of 2 has not all masks; the first is `a/b`, which lacks `mask.png`");
  for (const char* text : {"lungs", "lungs=", "=mask.png", "lungs=m.png:", "lungs=m.png:x", "lungs=m.png:1+", "lungs=m.png:70000"})
    CHECK_SAYS(mistakes_of(folder.path(), "masks: ['" + std::string(text) + "']"), "names no mask");
  CHECK_SAYS(mistakes_of(folder.path(), "masks: [a=m.png, a=n.png]"), "two masks are called `a`");
  CHECK_SAYS(mistakes_of(folder.path(), "masks: [a=m.png, b=m.png]"), "the masks of `a` and of `b` are both `m.png`");
  CHECK_SAYS(mistakes_of(folder.path(), "masks: [a=m.png:1, b=m.png:2], void: 2"), "`void` is 2, which `masks` names");
  CHECK_SAYS(mistakes_of(folder.path(), "masks: [a=cls]"), "`label` is `cls`, which `masks` has too");
}

TEST_CASE("io.tar_images: a tar that changes during a run is an error with tar and key") {
  const TemporaryFolder folder;
  put_tars(folder.path());
  const Surveyed data = surveyed(folder.path(), with_all);
  const std::vector<std::uint8_t> bytes = data.set->read_image({1, 2});
  CHECK(std::string(bytes.begin(), bytes.end()) == png(12));
  write_tar(folder / "t1.tar", {{"a.png", png(1)}, {"b.png", png(2)}});
  CHECK_THROWS_WITH(
      (void)data.set->read_image({1, 2}),
      doctest::Contains(
          ("`" + (folder / "t1.tar").string() + "` has changed since its samples were listed, so the image of `k12` cannot").c_str()));
  fs::remove(folder / "t1.tar");
  CHECK_THROWS_WITH((void)data.set->read_image({1, 2}), doctest::Contains("t1.tar`: No such file"));
  // The same keys, places and sizes.
  const std::string bytes_of_tar = text_of(folder / "t2.tar");
  const auto time = fs::last_write_time(folder / "t2.tar");
  (void)data.set->read_image({2, 1});
  put(folder / "t2.tar", bytes_of_tar);
  fs::last_write_time(folder / "t2.tar", time + std::chrono::milliseconds(1));
  CHECK_THROWS_WITH((void)data.set->read_image({2, 1}), doctest::Contains("t2.tar` has changed since its samples were listed"));
}

TEST_CASE("io.tar_set: a resumed run refuses changed tars, and takes a copy elsewhere") {
  const TemporaryFolder folder;
  put_tars(folder / "tars");
  Archive record;
  surveyed(folder / "tars", with_all).set->record(record);
  fs::copy(folder / "tars", folder / "copy");
  for (const auto& entry : fs::directory_iterator(folder / "copy"))
    fs::last_write_time(entry.path(), entry.last_write_time() + std::chrono::hours(3));
  CHECK(surveyed(folder / "copy", with_all, &record).refusal == "");
  CHECK(surveyed(folder / "tars", with_all, &record).refusal == "");
  put(folder / "list.txt", "tars/t1.tar\ntars/t0.tar\ntars/t2.tar\ntars/t3.tar\n");
  CHECK_SAYS(surveyed(folder / "list.txt", with_all, &record).refusal, "they are in another order");
  CHECK_SAYS(surveyed(folder / "tars/t{0..2}.tar", with_all, &record).refusal, "1 tar is gone (`t3`)");
  write_tar(folder / "tars/t2.tar", {{"a.png", png(1)}});
  CHECK(surveyed(folder / "tars", with_all, &record).refusal ==
        "path: the tars are not those that the run began with: 1 tar is replaced (`t2`)");
  const Surveyed accepted = surveyed(folder / "tars", with_all, &record, true);
  CHECK(accepted.refusal == "");
  CHECK_SAYS(accepted.said, "the tars are not those that the run began with: 1 tar is replaced (`t2`); from now on");
}

TEST_CASE("io.tar_images: a tar that is trained and validated on is refused, also a copy under another name") {
  const TemporaryFolder folder;
  put_tars(folder.path());
  fs::create_directories(folder / "copy");
  fs::copy(folder / "t2.tar", folder / "copy/other.tar");
  const auto said = [&](const std::string& judged) {
    return mistakes(registry(), "leat: 1\nresources:\n  data: {uses: io.tar_set, with: {path: '" + (folder / "t{0..2}.tar").string() +
                                    "', image: 'png" + "'}}\n  test: {uses: io.tar_set, with: {path: '" + (folder / judged).string() +
                                    "', image: 'png" +
                                    "'}}\nphases:\n  train:\n    nodes:\n      source: {uses: io.tar_images, with: {tars: data}}\n"
                                    "      look: {uses: test.look, in: {file: source.file}}\n  validate:\n    nodes:\n"
                                    "      source: {uses: io.tar_images, with: {tars: test}}\n"
                                    "      look: {uses: test.look, in: {file: source.file}}\n"
                                    "plan: {train: {phase: train, steps: 2, validate: {phase: validate, every: 1 steps}}}\n");
  };
  CHECK(said("t3.tar") == "");
  CHECK_SAYS(said("t2.tar"), "but the two share 10 equal files (`t2/k20`");
  CHECK_SAYS(said("copy/other.tar"), "but the two share 10 equal files (`other/k20`");
  SUBCASE("packed again, in another order and with other keys") {
    write_tar(folder / "again.tar", {{"x.png", png(200)}, {"y.png", png(21)}, {"z.png", png(3)}});
    const std::string words = said("again.tar");
    CHECK_SAYS(words, "but the two share 2 equal files (`again/y`, `again/z`)");
    CHECK_SAYS(words, "one of the equal files is `t2/k21` in `" + (folder / "t2.tar").string() + "` for training and `again/y` in `");
  }
  SUBCASE("not two images of one size that differ") {
    write_tar(folder / "others.tar", {{"x.png", png(200)}, {"y.png", png(201)}});
    CHECK(said("others.tar") == "");
  }
}

TEST_CASE("io.tar_images: an image or a mask that cannot be used is found before a run, in any sample, with its key") {
  const TemporaryFolder folder;
  const auto said = [&](const std::string& image, const std::string& mask, const std::string& look) {
    Entries entries;
    for (int k = 0; k < 30; ++k) {
      entries.emplace_back("k" + std::to_string(k) + ".png", k == 17 ? image : png(k));
      entries.emplace_back("k" + std::to_string(k) + ".mask.png", k == 23 ? mask : half(255));
    }
    write_tar(folder / "t.tar", entries);
    const Program program = build(registry(), graph(folder / "t.tar", "masks: [lungs=mask.png]", "batch: 2", "file: source.file" + look));
    Diagnostics found;
    try_files(program, found);
    return found.str();
  };
  const std::string with_mask = ", mask: source.mask";
  CHECK(said(png(17), half(255), with_mask) == "");
  CHECK_SAYS(said("broken", half(255), with_mask), "1 of 30 samples of the tars cannot be used; the first: `t/k17` is not a picture");
  CHECK_SAYS(said(png(17).substr(0, 50), half(255), with_mask),
             "1 of 30 images cannot be read; the first is `t/k17`: the PNG is truncated");
  CHECK_SAYS(said(png(17), png(255, {9, 9}), with_mask), "the first: `t/k23` cannot be used: the mask `");
  CHECK_SAYS(said(png(17), png(255, {9, 9}), with_mask), "k23.mask.png` is 9 x 9, but its image is 6 x 4");
  CHECK(said(png(17), png(255, {9, 9}), "") == "");
  CHECK_SAYS(said(png(17), half(128), with_mask), "masks of `lungs` use different values: 255 in 29 files, 128 in 1");
}

TEST_CASE("io.tar_set: what a run trained on is known by the bytes of its images, in other tars too") {
  const TemporaryFolder folder;
  put_tars(folder.path());
  const auto text = [&](const std::string& trained, const std::string& judged) {
    return "leat: 1\nresources:\n  data: {uses: io.tar_set, with: {path: '" + (folder / trained).string() +
           "', image: png}}\n  test: {uses: io.tar_set, with: {path: '" + (folder / judged).string() +
           "', image: png}}\nphases:\n  train:\n    nodes:\n      source: {uses: io.tar_images, with: {tars: data}}\n"
           "      look: {uses: test.look, in: {file: source.file}}\n  validate:\n    nodes:\n"
           "      source: {uses: io.tar_images, with: {tars: test}}\n      look: {uses: test.look, in: {file: source.file}}\n"
           "plan: {train: {phase: train, steps: 2, validate: {phase: validate, every: 1 steps}}}\n";
  };
  Program before = build(registry(), text("t{0..1}.tar", "t3.tar"));
  const std::vector<program::TrainedSample> trained =
      program::trained_samples_in(program::archive_of(program::find_trained_samples(before, {before.plan.train})));
  CHECK(trained.size() == 20);
  write_tar(folder / "again.tar", {{"x.png", png(200)}, {"y.png", png(11)}});
  Program now = build(registry(), text("t2.tar", "again.tar"));
  CHECK_THROWS_WITH(program::refuse_trained_samples(now, {now.plan.train, now.plan.validate}, trained),
                    doctest::Contains("the run has trained on 1 equal file (`again/y`) of `test`, on which it is evaluated now"));
}
