#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>

#include "leat/function.h"
#include "leat/manual.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/toys.h"

// What the author of a node type gets wrong is said in a sentence that names the node, and neither ends the process nor is silent.
using namespace leat;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

struct Same : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  void process(Frame& frame) const override { frame.put(same, frame[number]); }
};

struct TwoStates final : Same {
  State<std::int64_t> one{this, "count"};
  State<std::int64_t> other{this, "count"};
};
struct NamelessState final : Same {
  State<std::int64_t> one{this, ""};
};
struct TwoInputs final : Same {
  OptionalInput<toys::Number> other{this, "number", "Any shape."};
};
struct NamelessInput final : Same {
  OptionalInput<toys::Number> other{this, "", "Any shape."};
};
struct NamelessOutput final : Same {
  Output<toys::Number> other{this, "", "Any shape."};
};
struct Dotted final : Same {
  OptionalInput<toys::Number> other{this, "a.b", "Any shape."};
};
struct Spaced final : Same {
  Output<toys::Number> other{this, "a b", "Any shape."};
};
struct Bytes final : Same {
  State<double> one{this, "caf\xe9"};
};
struct Slashed final : Same {
  Param<int> one{this, "a/b", "One.", 1};
};
struct DottedParam final : Same {
  Param<int> one{this, "a.b", "One.", 1};
};
struct TwoOutputs final : Same {
  Output<toys::Number> other{this, "same", "Any shape."};
};
struct TwoParams final : Same {
  Param<int> one{this, "by", "One.", 1};
  Param<int> other{this, "by", "Another.", 2};
};
struct NamelessParam final : Same {
  Param<int> one{this, "", "One.", 1};
};
struct Thing final : Resource {
  static constexpr std::string_view kind = "thing";
  Param<int> one{this, "by", "One.", 1};
  Param<int> other{this, "by", "Another.", 2};
};
struct Plain final : Resource {
  static constexpr std::string_view kind = "plain";
};
struct ParamAsResource final : Same {
  Param<int> one{this, "plain", "One.", 1};
  Uses<Plain> other{this, "plain", "Another.", true};
};

struct ThrowsInt final : Same {
  ThrowsInt() { throw 42; }
};
struct ThrowsIntResource final : Resource {
  static constexpr std::string_view kind = "thrower";
  ThrowsIntResource() { throw 42; }
};

/// Asks its Shapes for what is not there.
struct WrongShapes final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  OptionalInput<toys::Number> absent{this, "absent", "Any shape."};
  Inputs<toys::Number> many{this, "many", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  Output<toys::Number> other{this, "other", "Any shape."};
  Choice at{this,
            "at",
            "What it does.",
            "none",
            {"none", "set", "set_bytes", "set_fact", "of", "fact", "count", "member", "assume_input", "assume_output", "of_absent",
             "of_which", "member_which", "negative", "foreign"}};
  const Same* foreign = nullptr;

  void shapes(Shapes& shapes) const override {
    static const Same another;
    if (at == "set") shapes.set(number, {});
    if (at == "set_bytes") shapes.set_bytes(number, 1);
    if (at == "set_fact") shapes.set_fact(number, "pixels", 1);
    if (at == "of") (void)shapes.of(other);
    if (at == "fact") (void)shapes.fact(other, "pixels", 1);
    if (at == "count") (void)shapes.count(other);
    if (at == "member") (void)shapes.member(other, 0);
    if (at == "assume_input") shapes.assume_as(number, number);
    if (at == "assume_output") shapes.assume_as(same, other);
    if (at == "of_absent") (void)shapes.of(absent);
    if (at == "of_which") (void)shapes.of(number, 1);
    if (at == "member_which") (void)shapes.member(many, 0);
    if (at == "negative") shapes.set_bytes(same, -5);
    if (at == "foreign") shapes.set(another.same, {});
  }
  void process(Frame& frame) const override {
    frame.put(same, frame[number]);
    frame.put(other, frame[number]);
  }
};

/// Calls a function of its frame where that is not allowed.
using Act = std::function<void(const Node&, Frame&)>;
Act act;
bool acts_at_end = false;

struct Acting : Node {
  void process(Frame& frame) const override {
    if (!acts_at_end) act(*this, frame);
  }
  void finish(Frame& frame) const override {
    if (acts_at_end) act(*this, frame);
  }
};
struct OfSlots final : Acting {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
};
struct OfSteps final : Acting {
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  OptionalGather<toys::Number> absent{this, "absent", "Any shape."};
  Output<toys::Number> sum{this, "sum", "Any shape."};
  Scatter<toys::Number> each{this, "each", "Any shape."};
};

/// Its numbers' ids, with the names of their inputs.
struct Picking final : Source {
  Output<toys::Number> number{this, "number", "Any shape."};
  Param<std::int64_t> of{this, "of", "How many it picks of.", 0};
  std::int64_t length() const override { return 4; }
  void process(Frame& frame) const override { frame.put(number, {pick(frame, *of, true), 0}); }
};

struct Long final : Source {
  Output<toys::Number> number{this, "number", "Any shape."};
  Param<std::int64_t> length_{this, "length", "Its length.", 4};
  Param<std::int64_t> bytes{this, "bytes", "Of a number.", 16};
  void shapes(Shapes& shapes) const override { shapes.set_bytes(number, *bytes); }
  std::int64_t length() const override { return *length_; }
  void process(Frame& frame) const override { frame.put(number, {0, 0}); }
};

struct Huge final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> huge{this, "huge", "4000000000 x 4000000000, float. Too large."};
  void process(Frame& frame) const override { frame.put(huge, frame[number]); }
};

Registry registry_of_mistakes() {
  Registry registry = toy_registry();
  detail::register_type<TwoStates>(registry, "bad.two_states", "Has two.");
  detail::register_type<NamelessState>(registry, "bad.nameless_state", "Has one.");
  detail::register_type<TwoInputs>(registry, "bad.two_inputs", "Has two.");
  detail::register_type<NamelessInput>(registry, "bad.nameless_input", "Has one.");
  detail::register_type<NamelessOutput>(registry, "bad.nameless_output", "Has one.");
  detail::register_type<Dotted>(registry, "bad.dotted", "Has one.");
  detail::register_type<Spaced>(registry, "bad.spaced", "Has one.");
  detail::register_type<Bytes>(registry, "bad.bytes", "Has one.");
  detail::register_type<Slashed>(registry, "bad.slashed", "Has one.");
  detail::register_type<DottedParam>(registry, "bad.dotted_param", "Has one, which is right.");
  detail::register_type<TwoOutputs>(registry, "bad.two_outputs", "Has two.");
  detail::register_type<TwoParams>(registry, "bad.two_params", "Has two.");
  detail::register_type<NamelessParam>(registry, "bad.nameless_param", "Has one.");
  detail::register_type<ParamAsResource>(registry, "bad.param_as_resource", "Has both.");
  detail::register_type<Thing>(registry, "bad.thing", "Has two.");
  detail::register_type<Plain>(registry, "test.plain", "Has none.");
  detail::register_type<ThrowsInt>(registry, "bad.throws", "Throws.");
  detail::register_type<ThrowsIntResource>(registry, "bad.thrower", "Throws.");
  detail::register_type<WrongShapes>(registry, "bad.shapes", "Asks.");
  detail::register_type<OfSlots>(registry, "test.slots", "Acts.");
  detail::register_type<OfSteps>(registry, "test.steps", "Acts.");
  detail::register_type<Picking>(registry, "bad.picking", "Picks.");
  detail::register_type<Long>(registry, "bad.long", "Is long.");
  detail::register_type<Huge>(registry, "bad.huge", "Is large.");
  return registry;
}

const std::string head = "leat: 1\nphases:\n  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 8, batch: 4}}\n";
const std::string tail = "plan: {then: [test]}\n";

std::string graph(const std::string& node) { return head + "      bad: {" + node + "}\n" + tail; }

/// The first sentence that is said of a graph: without its place, up to the line's end.
std::string said(const std::string& text) {
  const std::string all = mistakes(registry_of_mistakes(), text), mark = ": error: ";
  const std::size_t at = all.find(mark);
  return at == std::string::npos ? all : all.substr(at + mark.size(), all.find('\n', at) - at - mark.size());
}

/// Why a run of this node ends; empty: it does not fail.
std::string failure(const std::string& uses, Act what, bool at_end = false) {
  act = std::move(what);
  acts_at_end = at_end;
  try {
    (void)run_graph(registry_of_mistakes(), head + "      bad: {uses: " + uses + "}\n" + tail, 1);
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

const std::string slots = "test.slots, in: {number: count}", steps = "test.steps, in: {numbers: count}";
const std::string of_slots = "g.yaml:6:7: error: `bad` (test.slots) failed at step 0 of `test`, slot 0, sample `n0`: ";
const std::string of_steps = "g.yaml:6:7: error: `bad` (test.steps) failed at step 0 of `test`: ";
const std::string end_of_slots = "g.yaml:6:7: error: `bad` (test.slots) failed at the end of `test`: ";
const std::string end_of_steps = "g.yaml:6:7: error: `bad` (test.steps) failed at the end of `test`: ";

const OfSlots& slot_node(const Node& node) { return dynamic_cast<const OfSlots&>(node); }
const OfSteps& step_node(const Node& node) { return dynamic_cast<const OfSteps&>(node); }

}  // namespace

TEST_CASE("authors: a name that a type declares twice, that is empty or that no graph can write is refused with the type and the name") {
  const std::string unwritable = ", which no graph can write: names are letters, digits, `_` and `-`";
  const std::map<std::string, std::string> wrong{{"bad.two_states", "declares two states called `count`"},
                                                 {"bad.nameless_state", "declares a state without a name"},
                                                 {"bad.two_inputs", "declares two inputs called `number`"},
                                                 {"bad.nameless_input", "declares an input without a name"},
                                                 {"bad.nameless_output", "declares an output without a name"},
                                                 {"bad.dotted", "declares an input called `a.b`" + unwritable},
                                                 {"bad.spaced", "declares an output called `a b`" + unwritable},
                                                 {"bad.bytes", "declares a state called `caf\\xe9`" + unwritable},
                                                 {"bad.slashed", "declares a parameter called `a/b`" + unwritable},
                                                 {"bad.two_outputs", "declares two outputs called `same`"},
                                                 {"bad.two_params", "declares two parameters called `by`"},
                                                 {"bad.nameless_param", "declares a parameter without a name"},
                                                 {"bad.param_as_resource", "declares a parameter and a resource called `plain`"}};
  const Registry registry = registry_of_mistakes();
  for (const auto& [type, words] : wrong) {
    CHECK(said(graph("uses: " + type + ", in: {number: count}")) == "`bad`: `" + type + "` " + words);
    CHECK_THROWS_WITH_AS((void)manual_page(registry, type), ("`" + type + "` " + words).c_str(), Refusal);
  }
  CHECK(said("leat: 1\nresources:\n  thing: {uses: bad.thing}\n" + head.substr(8) + tail) ==
        "`thing`: `bad.thing` declares two parameters called `by`");
  CHECK_THROWS_WITH_AS((void)manual_page(registry, "bad.thing"), "`bad.thing` declares two parameters called `by`", Refusal);
  CHECK(said(graph("uses: toy.pass, in: {number: count}")) == "");
  CHECK(said(graph("uses: bad.dotted_param, in: {number: count}, with: {a: {b: 2}}")) == "");
}

TEST_CASE("authors: a type that makes no object is named") {
  Registry registry = registry_of_mistakes();
  registry.add(NodeType{"bad.null", "Makes nothing.", [] { return std::unique_ptr<Node>(); }, LaneKind::Cpu, {}});
  registry.add(ResourceType{"bad.null_resource", "Makes nothing.", [] { return std::unique_ptr<Resource>(); }, {}, "null", {}});
  const auto told = [&registry](const std::string& text) {
    Diagnostics diagnostics;
    const GraphDescription description = read_graph_text(text, "g.yaml", std::filesystem::current_path(), {}, diagnostics);
    (void)Program::build(description, registry, {}, diagnostics);
    return diagnostics.str();
  };
  const std::string why = "its `make` returns null\n";
  CHECK(told(graph("uses: bad.null, in: {number: count}")).find("`bad` (bad.null): " + why) != std::string::npos);
  CHECK(told("leat: 1\nresources:\n  thing: {uses: bad.null_resource}\n" + head.substr(8) + tail)
            .find("`thing` (bad.null_resource): " + why) != std::string::npos);
  for (const std::string type : {"bad.null", "bad.null_resource"})
    CHECK_THROWS_WITH_AS((void)manual_page(registry, type), ("`" + type + "` cannot be made: its `make` returns null").c_str(), Refusal);
}

TEST_CASE("authors: a wrong port in `shapes` is refused with the type, the function and the port") {
  const auto told = [](const std::string& at) { return said(graph("uses: bad.shapes, in: {number: count}, with: {at: " + at + "}")); };
  const std::string begin = "`bad`: `bad.shapes` calls `Shapes::";
  CHECK(told("none") == "");
  CHECK(told("set") == begin + "set` with its input `number`, but only an output can be set");
  CHECK(told("set_bytes") == begin + "set_bytes` with its input `number`, but only an output can be set");
  CHECK(told("set_fact") == begin + "set_fact` with its input `number`, but only an output can be set");
  CHECK(told("of") == begin + "of` with its output `other`, but only an input can be asked for");
  CHECK(told("fact") == begin + "fact` with its output `other`, but only an input can be asked for");
  CHECK(told("count") == begin + "count` with its output `other`, but only an input can be asked for");
  CHECK(told("member") == begin + "member` with its output `other`, but only an input can be asked for");
  CHECK(told("assume_input") == begin + "assume_as` with its input `number`, but only an output can be set");
  CHECK(told("assume_output") == begin + "assume_as` with its output `other`, but only an input can be asked for");
  CHECK(told("of_absent") == begin + "of` with its input `absent`, which is not connected: ask `is_connected` first");
  CHECK(told("of_which") == begin + "of` for value 1 of its input `number`, which has 1 value");
  CHECK(told("member_which") == begin + "member` with its input `many`, which is not connected: ask `is_connected` first");
  CHECK(told("negative") == begin + "set_bytes` with -5 bytes for its output `same`, but a size cannot be negative");
  CHECK(told("foreign") == begin + "set` with `same`, which is not a port of this node");
}

TEST_CASE("authors: a constructor that throws anything is refused with the type") {
  const Registry registry = registry_of_mistakes();
  const std::string words = " cannot be made: threw a value of type `int`, which is not a std::exception";
  CHECK_THROWS_WITH_AS((void)manual_page(registry, "bad.throws"), ("`bad.throws`" + words).c_str(), Refusal);
  CHECK_THROWS_WITH_AS((void)manual_json(registry, {"bad.throws"}), ("`bad.throws`" + words).c_str(), Refusal);
  CHECK_THROWS_WITH_AS((void)manual_page(registry, "bad.thrower"), ("`bad.thrower`" + words).c_str(), Refusal);
  CHECK(said(graph("uses: bad.throws, in: {number: count}")) ==
        "`bad` (bad.throws): threw a value of type `int`, which is not a std::exception");
}

TEST_CASE("authors: what belongs to one sample is refused in a node of whole steps, and in `finish`") {
  const std::string once = " is for nodes that run once per sample, but this one runs once per step";
  CHECK(failure(steps, [](const Node&, Frame& frame) { frame.drop("too dark"); }) == of_steps + "`frame.drop`" + once);
  CHECK(failure(steps, [](const Node&, Frame& frame) { frame.note("too dark"); }) == of_steps + "`frame.note`" + once);
  CHECK(failure(steps, [](const Node&, Frame& frame) { (void)frame.notes(); }) == of_steps + "`frame.notes`" + once);
  CHECK(failure(steps, [](const Node&, Frame& frame) { (void)frame.sample(); }) == of_steps + "`frame.sample`" + once);
  const std::string source = " is for sources, but this node is not a source";
  CHECK(failure(steps, [](const Node&, Frame& frame) { frame.identify({}); }) == of_steps + "`frame.identify`" + source);
  CHECK(failure(slots, [](const Node&, Frame& frame) { frame.identify({}); }) == of_slots + "`frame.identify`" + source);
  CHECK(failure(slots, [](const Node&, Frame& frame) { (void)frame.draw(); }) == of_slots + "`frame.draw`" + source);
  CHECK(failure(slots, [](const Node& node, Frame& frame) { (void)frame.rows(slot_node(node).number); }) ==
        of_slots + "`frame.rows` is for nodes that run once per step, but this one runs once per sample");
  const std::string end = " is not possible in `finish`, which has only metrics, states and warnings";
  CHECK(failure(
            slots, [](const Node&, Frame& frame) { frame.drop("too dark"); }, true) == end_of_slots + "`frame.drop`" + end);
  CHECK(failure(
            slots, [](const Node&, Frame& frame) { frame.note("too dark"); }, true) == end_of_slots + "`frame.note`" + end);
  CHECK(failure(
            slots, [](const Node&, Frame& frame) { (void)frame.notes(); }, true) == end_of_slots + "`frame.notes`" + end);
  CHECK(failure(
            slots, [](const Node&, Frame& frame) { (void)frame.sample(); }, true) == end_of_slots + "`frame.sample`" + end);
  CHECK(failure(
            steps, [](const Node& node, Frame& frame) { (void)frame.rows(step_node(node).numbers); }, true) ==
        end_of_steps + "`frame.rows`" + end);
  CHECK(failure(
            steps, [](const Node& node, Frame& frame) { (void)frame[step_node(node).numbers]; }, true)
            .find(end_of_steps) == 0);
  CHECK(failure(
            slots, [](const Node&, Frame& frame) { (void)frame.random(); }, true) == end_of_slots + "`frame.random`" + end);
  CHECK(failure(
            slots, [](const Node& node, Frame& frame) { (void)frame[slot_node(node).number]; }, true) ==
        end_of_slots + "reading the input `number`" + end);
  CHECK(failure(
            slots, [](const Node& node, Frame& frame) { (void)frame.take(slot_node(node).number); }, true) ==
        end_of_slots + "reading the input `number`" + end);
  CHECK(failure(
            slots, [](const Node& node, Frame& frame) { frame.put(slot_node(node).same, {}); }, true) ==
        end_of_slots + "`frame.put`" + end);
}

TEST_CASE("authors: a sample that is dropped without a reason has one, for an empty one stands for a living row") {
  const Registry registry = registry_of_mistakes();
  acts_at_end = false;
  act = [](const Node&, Frame& frame) { frame.drop(""); };
  CHECK(run_graph(registry, graph("uses: test.slots, in: {number: count}"), 1).warnings.at(0).ends_with(": it gave no reason"));
}

TEST_CASE("authors: an input that was taken is not there any more") {
  const std::string taken = of_slots + "`number` was taken in this call already";
  CHECK(failure(slots, [](const Node& node, Frame& frame) {
          (void)frame.take(slot_node(node).number);
          (void)frame[slot_node(node).number];
        }) == taken);
  CHECK(failure(slots, [](const Node& node, Frame& frame) {
          (void)frame.take(slot_node(node).number);
          (void)frame.take(slot_node(node).number);
        }) == taken);
}

TEST_CASE("authors: `pick` of nothing is refused") {
  const std::string text = "leat: 1\nphases:\n  test:\n    nodes:\n      bad: {uses: bad.picking, with: {batch: 1, of: ";
  for (const char* of : {"0", "-3"}) {
    std::string told;
    try {
      (void)run_graph(registry_of_mistakes(), text + of + "}}\n" + tail, 1);
    } catch (const std::exception& error) {
      told = error.what();
    }
    CHECK(told == "g.yaml:5:7: error: `bad` (bad.picking) failed at step 0 of `test`, slot 0: `pick` is asked for one of " +
                      std::string(of) + " samples; the length must be at least 1");
  }
}

TEST_CASE("authors: a metric without a function is refused") {
  CHECK(failure(slots, [](const Node&, Frame& frame) { frame.metric("loss", std::function<double()>()); }) ==
        of_slots + "the metric `loss` is given as an empty function");
  CHECK(failure(
            slots, [](const Node&, Frame& frame) { frame.metric("loss", std::function<double()>()); }, true) ==
        end_of_slots + "the metric `loss` is given as an empty function");
}

TEST_CASE("authors: a row that a step does not have is refused with the row and their number") {
  for (const int row : {-1, 4}) {
    const std::string told = of_steps + "row " + std::to_string(row) + " is asked for, but there are 4 rows, 0..3";
    CHECK(failure(steps, [row](const Node&, Frame& frame) { (void)frame.random(row); }) == told);
    CHECK(failure(steps, [row](const Node& node, Frame& frame) { (void)frame[step_node(node).numbers].weight(row); }) == told);
    CHECK(failure(steps, [row](const Node& node, Frame& frame) { (void)frame[step_node(node).numbers].sample(row); }) == told);
    CHECK(failure(steps, [row](const Node& node, Frame& frame) { (void)frame[step_node(node).numbers].reason(row); }) == told);
    CHECK(failure(steps, [row](const Node& node, Frame& frame) { (void)frame[step_node(node).numbers][row]; }) == told);
    CHECK(failure(steps, [row](const Node& node, Frame& frame) { frame.put(step_node(node).each, row, {}); }) == told);
  }
  CHECK(failure(steps, [](const Node& node, Frame& frame) { (void)frame[step_node(node).absent].weight(0); }) ==
        of_steps + "row 0 is asked for, but there are no rows");
  CHECK(failure(steps, [](const Node& node, Frame& frame) { CHECK(frame[step_node(node).numbers].weight(3) == 1); }) == "");
}

TEST_CASE("authors: a second value for one output is refused") {
  CHECK(failure(slots, [](const Node& node, Frame& frame) {
          frame.put(slot_node(node).same, {});
          frame.put(slot_node(node).same, {});
        }) == of_slots + "a second value is put into `same` in one call");
  CHECK(failure(steps, [](const Node& node, Frame& frame) {
          frame.put(step_node(node).each, 2, {});
          frame.put(step_node(node).each, 2, {});
        }) == of_steps + "a second value is put into row 2 of `each` in one call");
}

TEST_CASE("authors: lengths and sizes that no number holds are refused or counted as the largest one") {
  const auto source = [](const std::string& with) {
    return "leat: 1\nphases:\n  test:\n    nodes:\n      bad: {uses: bad.long, with: {" + with +
           "}}\n      sink: {uses: toy.sink, in: bad}\n" + tail;
  };
  CHECK(said(source("length: 12884901885, batch: 3")) == "");
  CHECK(said(source("length: " + std::to_string(most) + ", batch: 3")) ==
        "`bad`: its length is 9223372036854775807; the maximum is 1000000000000000");
  CHECK(said(source("bytes: -1")) ==
        "`bad`: `bad.long` calls `Shapes::set_bytes` with -1 bytes for its output `number`, but a size cannot be negative");
  for (const std::string& text :
       {source("batch: 3, bytes: " + std::to_string(most)), source("batch: 2, bytes: " + std::to_string(most / 2 + 1)),
        graph("uses: bad.huge, in: {number: count}}\n      pass: {uses: toy.pass, in: bad")})
    CHECK(said(text).find("one step of `test` takes up to ") == 0);
}
