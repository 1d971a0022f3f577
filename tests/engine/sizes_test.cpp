#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "leat/drawing.h"
#include "leat/function.h"
#include "leat/program_summary.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/toys.h"

// How large values are: what functions state or take over, and what stays unknown, which `leat check` says.
using namespace leat;

namespace {

struct Tile {
  std::int64_t side = 0;
};

}  // namespace

template <>
struct leat::ValueTraits<Tile> {
  static constexpr std::string_view name = "tile";
  static std::size_t bytes(const Tile& tile) { return static_cast<std::size_t>(tile.side * tile.side); }
  static std::uint64_t hash(const Tile& tile) { return hash_bytes(&tile, sizeof tile); }
  static std::string describe(const Tile& tile) { return std::to_string(tile.side); }
  static Contract contract(const Tile&) { return {}; }
  static Tile blank(const Contract&) { return {}; }
};

namespace {

struct MakeTile final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<Tile> tile{this, "tile", "100 x 100, 8 bit. A tile."};
  void process(Frame& frame) const override { frame.put(tile, {100}); }
};

struct TakeTile final : Node {
  Input<Tile> tile{this, "tile", "height x width, 8 bit. A tile."};
  void process(Frame& frame) const override { frame.metric("side", static_cast<double>(frame[tile].side)); }
};

struct WantWide final : Node {
  Input<Tile> tile{this, "tile", "height x 300, 8 bit. A tile."};
  void process(Frame&) const override {}
};

struct OneWord final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<Tile> row{this, "row", "C, float. One word and a type are a shape."};
  Output<Tile> words{this, "words", "Pixels, as they are."};
  Output<Tile> rows{this, "rows", "N. Rows."};
  void process(Frame&) const override {}
};

struct TakeSlowly final : Node {
  Gather<Tile> tiles{this, "tiles", "Any shape. Tiles."};
  void process(Frame& frame) const override {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    frame.metric("rows", frame[tiles].size());
  }
};

Tile puff(const Tile&) { return {300}; }
Tile turn(const Tile& tile) { return tile; }
Tile enlarge(const Tile&) { return {300}; }
Tile draw(const toys::Number&) { return {7}; }

// What LEAT_FUNCTION compiles: a name for each argument, and the output's sentence or none.
Tile mixed(const Tile& tile, const Tile&, Random&) { return tile; }
static_assert(leat::detail::fit_names(&turn, "tile") && leat::detail::fit_names(&turn, "tile: height x width, 8 bit. A tile."));
static_assert(leat::detail::fit_names(&turn, "tile", "300 x 300, 8 bit. A larger one."));
static_assert(leat::detail::fit_names(&mixed, "one", "other_2") && leat::detail::fit_names(&mixed, "one", "other", "Any shape. Mixed."));
static_assert(!leat::detail::fit_names(&turn) && !leat::detail::fit_names(&turn, "") && !leat::detail::fit_names(&mixed, "one"));
static_assert(!leat::detail::fit_names(&turn, "tile", "other") && !leat::detail::fit_names(&mixed, "one", "other", "random"));
static_assert(!leat::detail::fit_names(&turn, "tile", "other: height x width, 8 bit. Another tile."));
static_assert(!leat::detail::fit_names(&turn, "A tile.") && !leat::detail::fit_names(&mixed, "one", "300 x 300, 8 bit. A larger one."));
static_assert(!leat::detail::fit_names(&turn, "tile", "300 x 300, 8 bit. A larger one.", "more"));

void register_turn(Registry& registry) { leat::detail::register_function(registry, "test.turn", "Turns.", &turn, "turn", "tile"); }
void register_puff(Registry& registry) {
  leat::detail::register_function(registry, "test.puff", "Does not say it.", &puff, "puff", "tile");
}
void register_enlarge(Registry& registry) {
  leat::detail::register_function(registry, "test.enlarge", "Enlarges.", &enlarge, "enlarge", "tile: height x width, 8 bit. A tile.",
                                  "300 x 300, 8 bit. A larger one.");
}
void register_draw(Registry& registry) { leat::detail::register_function(registry, "test.draw", "Draws.", &draw, "draw", "number"); }

Registry registry_of_tiles() {
  Registry registry = toy_registry();
  leat::detail::register_type<MakeTile>(registry, "test.make", "Makes tiles.");
  leat::detail::register_type<TakeTile>(registry, "test.take", "Takes tiles.");
  leat::detail::register_type<WantWide>(registry, "test.want_wide", "Takes wide tiles.");
  leat::detail::register_type<OneWord>(registry, "test.one_word", "Has sentences.");
  leat::detail::register_type<TakeSlowly>(registry, "test.take_slowly", "Takes tiles.");
  register_puff(registry);
  register_turn(registry);
  register_enlarge(registry);
  register_draw(registry);
  return registry;
}

std::string graph(const std::string& nodes) {
  return "leat: 1\nphases:\n  test:\n    prefetch: 2\n    nodes:\n      count: {uses: toy.count, with: {length: 4, batch: 2}}\n"
         "      sink: {uses: toy.sink, in: count}\n      make: {uses: test.make, in: count}\n" +
         nodes + "plan: {then: [test]}\n";
}

ProgramPhase phase_of(const std::string& nodes) { return std::move(build(registry_of_tiles(), graph(nodes)).phases.at(0)); }

std::int64_t bytes_of_step(const std::string& nodes) { return phase_of(nodes).step_bytes - phase_of("").step_bytes; }

std::vector<std::string> names(const ProgramPhase& phase) {
  std::vector<std::string> out;
  for (const Wire* wire : phase.unknown_sizes())
    out.push_back(phase.nodes[static_cast<std::size_t>(wire->node)].name + (wire->is_size_known ? " assumed" : " unknown"));
  return out;
}

}  // namespace

TEST_CASE("sizes: a function takes shape and size over from its first input of the same type, or states them") {
  const std::string take = "      take: {uses: test.take, in: ";
  CHECK(bytes_of_step("      turn: {uses: test.turn, in: make}\n" + take + "turn}\n") == 2 * 2 * 100 * 100);
  CHECK(bytes_of_step("      enlarge: {uses: test.enlarge, in: make}\n" + take + "enlarge}\n") == 2 * (100 * 100 + 300 * 300));
  CHECK(mistakes(registry_of_tiles(),
                 graph("      enlarge: {uses: test.enlarge, in: make}\n      wide: {uses: test.want_wide, in: enlarge}\n")) == "");
  CHECK(mistakes(registry_of_tiles(), graph("      turn: {uses: test.turn, in: make}\n      wide: {uses: test.want_wide, in: turn}\n"))
            .find("`turn` outputs 100 x 100, 8 bit, but `tile` of `wide` takes height x 300") != std::string::npos);
  const Registry registry = registry_of_tiles();
  const auto node = registry.find_node("test.enlarge")->make();
  CHECK(node->inputs().at(0)->name() == "tile");
  CHECK(node->inputs().at(0)->sentence() == "height x width, 8 bit. A tile.");
  CHECK(node->outputs().at(0)->sentence() == "300 x 300, 8 bit. A larger one.");
  CHECK(registry.find_node("test.turn")->make()->inputs().at(0)->sentence() == "Any shape. The `tile` of `turn`.");
}

TEST_CASE("sizes: what is not known is said, and counts nothing; what nobody reads counts nothing either") {
  const std::string take = "      take: {uses: test.take, in: ";
  CHECK(bytes_of_step("      draw: {uses: test.draw, in: count}\n" + take + "draw}\n") == 0);
  CHECK(bytes_of_step("      enlarge: {uses: test.enlarge, in: make}\n") == 2 * 100 * 100);
  CHECK(bytes_of_step("") == 0);
  const std::string unknown = "      draw: {uses: test.draw, in: count}\n" + take + "draw}\n";
  const std::string assumed = "      turn: {uses: test.turn, in: make}\n      take_turned: {uses: test.take, in: turn}\n";
  const Registry registry = registry_of_tiles();
  const Program program = build(registry, graph(unknown + assumed));
  CHECK(names(program.phases.at(0)) == std::vector<std::string>{"count unknown", "draw unknown", "turn assumed"});
  const std::string table = program_table(program);
  CHECK(table.find("sizes not known before the run, and not counted: count.number, draw.draw\n") != std::string::npos);
  CHECK(table.find("sizes assumed to equal those of the node's inputs: turn.turn\n") != std::string::npos);
  CHECK(table.find("values of known size in flight take up to ") != std::string::npos);
  const std::string edges = edge_table(program);
  CHECK(edges.find("10.0 kB, assumed\n") != std::string::npos);
  CHECK(edges.find("assumed") == edges.rfind("assumed"));
  const auto json = nlohmann::json::parse(program_json(program));
  CHECK(json["phases"][0]["unknown_sizes"] == nlohmann::json{"count.number", "draw.draw"});
  CHECK(json["phases"][0]["assumed_sizes"] == nlohmann::json{"turn.turn"});
}

TEST_CASE("sizes: an assumption that is wrong is measured: values take at most `memory` and one step") {
  const std::string text =
      "leat: 1\nphases:\n  test:\n    prefetch: 16\n    nodes:\n      count: {uses: toy.count, with: {length: 400, batch: 4}}\n"
      "      make: {uses: test.make, in: count}\n      puff: {uses: test.puff, in: make}\n"
      "      take: {uses: test.take_slowly, in: puff}\nplan: {then: [test], memory: 500kB}\n";
  for (const int threads : {1, 2, 4}) {
    const RunResult result = run_graph(registry_of_tiles(), text, threads);
    CHECK(result.phases.at("test").at("take.rows") == 4);
    CHECK(result.peak_bytes <= 500'000 + 4 * (100 * 100 + 300 * 300) + 4 * 16 * 100);
  }
}

TEST_CASE("contracts: one word is a shape where an element type follows") {
  const auto node = registry_of_tiles().find_node("test.one_word")->make();
  const Contract& row = node->outputs().at(0)->contract();
  REQUIRE(row.has_shape);
  CHECK(row.dims.at(0).symbol == "C");
  CHECK(row.dtype == Dtype::F32);
  CHECK_FALSE(node->outputs().at(1)->contract().has_shape);
  CHECK(node->outputs().at(2)->contract().has_shape);
  CHECK(Contract::parse("16, int. Counts.").dims.at(0).size == 16);
  CHECK_FALSE(Contract::parse("Labels, many.").has_shape);
}
