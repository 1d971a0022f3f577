#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <opencv2/imgcodecs.hpp>
#include <thread>

#include "io/chest/draw_chest.h"
#include "io/class_turns.h"
#include "leat/leat.h"
#include "leat/read_tree.h"
#include "leat/run.h"
#include "support/doctest.h"
#include "support/observers.h"

void leat_register_leat_nodes_io(leat::Registry& registry);

using namespace leat;
using chest::Hospital;

namespace {

bool are_equal(const cv::Mat& a, const cv::Mat& b) { return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0; }

DrawnChest test_chest(std::int64_t index, Hospital hospital = Hospital::A) {
  return draw_chest(3, "test", index, hospital, index % 2 == 1);
}

struct Figures {
  double image = 0, mask = 0;
  std::array<double, 2> in_lungs{}, elsewhere{};  ///< Mean intensity of each class.
};

Figures figures(Hospital hospital, int count) {
  Figures out;
  for (int index = 0; index < count; ++index) {
    const DrawnChest drawn = test_chest(index, hospital);
    out.image += cv::mean(drawn.image)[0] / count;
    out.mask += cv::mean(drawn.mask)[0] / 255 / count;
    out.in_lungs.at(static_cast<std::size_t>(drawn.label)) += cv::mean(drawn.image, drawn.mask)[0] / (count / 2.0);
    out.elsewhere.at(static_cast<std::size_t>(drawn.label)) += cv::mean(drawn.image, 255 - drawn.mask)[0] / (count / 2.0);
  }
  return out;
}

/// A Program's side of `shapes` for a source: only who is connected.
struct Connected final : Shapes {
  PhaseKind kind() const override { return PhaseKind::Train; }
  explicit Connected(std::string name) : port(std::move(name)) {}
  [[nodiscard]] bool is_connected(const Port& asked) const override { return asked.name() == port; }
  [[nodiscard]] Contract of(const Port&, int) const override { return {}; }
  [[nodiscard]] int count(const Port&) const override { return 0; }
  [[nodiscard]] std::string member(const Port&, int) const override { return {}; }
  [[nodiscard]] bool equate(const Contract&, const Contract&) override { return false; }
  void set(const Port&, Contract) override {}
  void set_bytes(const Port&, std::int64_t) override {}
  void assume_as(const Port&, const Port&) override {}
  void set_fact(const Port&, const std::string&, std::int64_t) override {}
  [[nodiscard]] std::int64_t fact(const Port&, const std::string&, std::int64_t otherwise) const override { return otherwise; }
  void cannot_measure(const Metric&, const std::string&) override {}
  void is_deterministic() override {}
  void keeps_results() override {}
  void writes(const std::string&, std::string_view) override {}
  void disclose(const std::string&) override {}
  void change_field_of_view(const Port&, const Port&, const std::string&) override {}
  void check_field_of_view(const Port&, const Port&) const override {}
  std::string port;
};

Tree yaml(const std::string& text) {
  Diagnostics diagnostics;
  return read_tree(source_text("test", {}, text), diagnostics);
}

std::unique_ptr<Node> chest_node(const std::map<std::string, std::string>& settings) {
  Registry registry;
  leat_register_leat_nodes_io(registry);
  std::unique_ptr<Node> node = registry.find_node("io.chest")->make();
  for (ParamPort* param : node->params())
    if (const auto set = settings.find(std::string(param->name())); set != settings.end()) param->read(yaml(set->second));
  return node;
}

std::string refusal_of(const std::map<std::string, std::string>& settings, const std::string& connected = "image") {
  Connected shapes(connected);
  try {
    chest_node(settings)->shapes(shapes);
  } catch (const Refusal& refusal) {
    return refusal.what() + (refusal.at().empty() ? "" : " at " + refusal.at());
  }
  return {};
}

/// Hashes of the images that a phase's source gives, by (step, slot).
std::map<std::pair<std::int64_t, int>, std::uint64_t> images_of(const std::string& phase, const std::string& with, int threads) {
  const std::string graph = "leat: 1\ntitle: chests\nphases:\n  " + phase + ":\n    nodes:\n      chests: {uses: io.chest, with: {" + with +
                            "}}\nplan:\n" + (phase == "train" ? "  train: {phase: train, steps: 6}\n" : "  then: [test]\n");
  Registry registry;
  leat_register_leat_nodes_io(registry);
  Diagnostics diagnostics;
  Program program = Program::build(read_graph_text(graph, "chests.yaml", ".", {}, diagnostics), registry, {.seed = 3}, diagnostics);
  diagnostics.throw_if_errors();
  std::map<std::pair<std::int64_t, int>, std::uint64_t> hashes;
  std::mutex lock;
  RunOptions options;
  OnValue keep([&](const PutValue& one) {
    const std::lock_guard guard(lock);
    if (one.port == "image") hashes[{one.step, one.slot}] = one.value.hash();
  });
  options.observers = {{&keep, Hears::Values}};
  Run run(program, make_thread_lane(), make_tbb_executor(threads), options);
  (void)run.run();
  return hashes;
}

}  // namespace

TEST_CASE("a drawn chest has the same bits whenever and wherever it is drawn") {
  std::vector<DrawnChest> first;
  for (int index = 0; index < 12; ++index) first.push_back(test_chest(index, index < 6 ? Hospital::A : Hospital::B));
  std::vector<DrawnChest> again(12);
  std::vector<std::thread> threads;
  for (int worker = 0; worker < 4; ++worker)
    threads.emplace_back([&again, worker] {
      for (int index = 11 - worker; index >= 0; index -= 4)
        again[static_cast<std::size_t>(index)] = test_chest(index, index < 6 ? Hospital::A : Hospital::B);
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t k = 0; k < first.size(); ++k) {
    CHECK(are_equal(first[k].image, again[k].image));
    CHECK(are_equal(first[k].mask, again[k].mask));
    CHECK(first[k].label == again[k].label);
  }
}

TEST_CASE("seed, split, index and hospital each give other patients") {
  const DrawnChest one = draw_chest(3, "test", 5, Hospital::A, true);
  CHECK_FALSE(are_equal(one.mask, draw_chest(4, "test", 5, Hospital::A, true).mask));
  CHECK_FALSE(are_equal(one.mask, draw_chest(3, "labelled", 5, Hospital::A, true).mask));
  CHECK_FALSE(are_equal(one.mask, draw_chest(3, "test", 6, Hospital::A, true).mask));
  CHECK_FALSE(are_equal(one.mask, draw_chest(3, "test", 5, Hospital::B, true).mask));
}

TEST_CASE("the class moves blobs into the lungs and leaves the patient as it is") {
  const DrawnChest sick = draw_chest(3, "test", 5, Hospital::A, true);
  const DrawnChest well = draw_chest(3, "test", 5, Hospital::A, false);
  CHECK(are_equal(sick.mask, well.mask));
  CHECK(cv::mean(sick.image, sick.mask)[0] > cv::mean(well.image, well.mask)[0] + 5);
  CHECK(sick.label == 1);
  CHECK(well.label == 0);
}

TEST_CASE("a mask is 0 or 255 and covers a twentieth to half of the picture") {
  for (const Hospital hospital : {Hospital::A, Hospital::B})
    for (int index = 0; index < 20; ++index) {
      const cv::Mat mask = test_chest(index, hospital).mask;
      CHECK(cv::countNonZero(mask == 0) + cv::countNonZero(mask == 255) == 64 * 64);
      CHECK(cv::countNonZero(mask) > 64 * 64 / 20);
      CHECK(cv::countNonZero(mask) < 64 * 64 / 2);
    }
}

// The figures that these surround are those of README.md beside logistic.py: 500 chests a hospital, five seeds.
TEST_CASE("hospital A is dark around the body, B gray, and in both only the lungs tell the class") {
  const Figures a = figures(Hospital::A, 200);
  CHECK(a.image == doctest::Approx(103.9).epsilon(0.03));
  CHECK(a.mask == doctest::Approx(0.190).epsilon(0.05));
  CHECK(a.in_lungs[1] - a.in_lungs[0] > 10);
  CHECK(std::abs(a.elsewhere[1] - a.elsewhere[0]) < 8);

  const Figures b = figures(Hospital::B, 200);
  CHECK(b.image == doctest::Approx(106.9).epsilon(0.03));
  CHECK(b.mask == doctest::Approx(0.190).epsilon(0.05));
  CHECK(b.in_lungs[1] - b.in_lungs[0] > 6);
  CHECK(std::abs(b.elsewhere[1] - b.elsewhere[0]) < 6);
}

TEST_CASE("chests 0 to 3 of both hospitals look as they did when they were judged") {
  const cv::Mat stored = cv::imread(LEAT_TEST_DATA "/chest/examples.png", cv::IMREAD_GRAYSCALE);
  REQUIRE(stored.size() == cv::Size(4 * 64, 2 * 64));
  for (int row = 0; row < 2; ++row)
    for (int index = 0; index < 4; ++index) {
      const DrawnChest drawn = draw_chest(7, "test", index, row == 0 ? Hospital::A : Hospital::B, index % 2 == 1);
      // One level: another processor's exp may differ in its last bit.
      CHECK(cv::norm(drawn.image, stored(cv::Rect(64 * index, 64 * row, 64, 64)), cv::NORM_INF) <= 1);
    }
}

TEST_CASE("classes that take turns give every even batch both equally, and each pass every place once") {
  const ClassTurns turns({{0, 2, 4, 6, 8}, {1, 3, 5}});
  const RandomKey key{RandomKey::of(0, "train", "labelled")};
  std::vector<std::int64_t> first, second, third;
  for (std::int64_t draw = 0; draw < 30; ++draw) {
    const std::int64_t place = turns(key, draw, true);
    CHECK(place % 2 == draw % 2);
    if (draw % 2 == 0) (draw < 10 ? first : draw < 20 ? second : third).push_back(place);
  }
  CHECK((first != second || second != third));
  for (std::vector<std::int64_t>* pass : {&first, &second, &third}) {
    std::sort(pass->begin(), pass->end());
    CHECK(*pass == std::vector<std::int64_t>{0, 2, 4, 6, 8});
  }
  CHECK(turns(key, 0, false) == 0);
  CHECK(turns(key, 1, false) == 1);
  CHECK(turns(key, 8, false) == 8);
  CHECK(turns(key, 7, false) == 1);
}

TEST_CASE("io.chest: one pass has `count` images of each hospital") {
  CHECK(dynamic_cast<Source&>(*chest_node({{"hospital", "A"}, {"count", "20"}})).length() == 20);
  CHECK(dynamic_cast<Source&>(*chest_node({{"hospital", "[A, B]"}, {"count", "1000"}})).length() == 2000);
}

TEST_CASE("io.chest: refuses hospitals that do not exist, are named twice or are none") {
  CHECK_THROWS_WITH_AS(chest_node({{"hospital", "C"}}), "`hospital` must be A, B or a list of them, found the text `C`", Refusal);
  CHECK_THROWS_WITH_AS(chest_node({{"hospital", "[A, A]"}}), "`hospital` names A twice", Refusal);
  CHECK_THROWS_WITH_AS(chest_node({{"hospital", "[]"}}), "`hospital` is an empty list", Refusal);
}

TEST_CASE("io.chest: unlabelled images teach neither class, mask nor balance") {
  const std::map<std::string, std::string> settings{{"hospital", "A"}, {"count", "1000"}, {"split", "unlabelled"}};
  CHECK(refusal_of(settings, "label") == "images of `split: unlabelled` have no `label` at label");
  CHECK(refusal_of(settings, "mask") == "images of `split: unlabelled` have no `mask` at mask");
  CHECK(refusal_of(settings, "known_label").empty());
  std::map<std::string, std::string> balanced = settings;
  balanced["balance"] = "class";
  CHECK(refusal_of(balanced) == "`balance: class` needs labels, but images of `split: unlabelled` have none at balance");
  CHECK(refusal_of({{"hospital", "A"}, {"count", "20"}, {"split", "labelled"}}, "label").empty());
}

TEST_CASE("io.chest: one image cannot be balanced") {
  CHECK(refusal_of({{"hospital", "A"}, {"count", "1"}, {"balance", "class"}}) ==
        "`count` is 1, so one of the two classes has no image at count");
}

TEST_CASE("io.chest: `known_label` is for diagnosis only") {
  const std::unique_ptr<Node> node = chest_node({});
  for (const Port* port : node->outputs()) CHECK(port->is(diagnostic) == (port->name() == "known_label"));
}

TEST_CASE("io.chest: gives the same images with any number of threads, and the second pass is the first in another order") {
  const std::string with = "hospital: [A, B], count: 6, batch: 4, balance: class";
  const auto one = images_of("train", with, 1);
  REQUIRE(one.size() == 24);
  CHECK(images_of("train", with, 4) == one);
  std::vector<std::uint64_t> passes[2];
  for (const auto& [at, hash] : one) passes[at.first / 3].push_back(hash);
  CHECK(passes[0] != passes[1]);
  for (auto& pass : passes) std::sort(pass.begin(), pass.end());
  CHECK(passes[0] == passes[1]);
}

TEST_CASE("io.chest: a test phase is one pass in the split's order, and any source of a split gives the same chests") {
  const auto test = images_of("test", "hospital: A, split: test, count: 7, batch: 3", 2);
  CHECK(test.size() == 7);
  const auto wide = images_of("test", "hospital: [B, A], split: test, count: 7, batch: 7", 2);
  REQUIRE(wide.size() == 14);
  for (int place = 0; place < 7; ++place) CHECK(test.at({place / 3, place % 3}) == wide.at({1, place}));
}
