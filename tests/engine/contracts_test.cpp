#include <map>
#include <string>
#include <vector>

#include "leat/manual.h"
#include "support/doctest.h"
#include "support/graphs.h"

// What a port's sentence promises. A sentence without its contract is refused, and a value that is not as promised ends the run, whoever
// reads it.
using namespace leat;

namespace {

struct Grid {
  std::vector<std::int64_t> sizes{3, 2};
  Dtype dtype = Dtype::F32;
  std::vector<std::string> names;  ///< Of the last dimension.
};

/// It has no shape.
struct Tag {};

}  // namespace

template <>
struct leat::ValueTraits<Grid> {
  static constexpr std::string_view name = "grid";
  static std::size_t bytes(const Grid&) { return 64; }
  static std::uint64_t hash(const Grid& grid) { return hash_bytes(grid.sizes.data(), grid.sizes.size() * sizeof(std::int64_t)); }
  static std::string describe(const Grid& grid) { return contract(grid).str(); }
  static Contract contract(const Grid& grid) {
    Contract out{.has_shape = true, .dtype = grid.dtype};
    for (const std::int64_t size : grid.sizes) out.dims.push_back(Dim{size, {}});
    if (!grid.names.empty()) out.dims.back() = Dim::named(grid.names, nullptr, {});
    return out;
  }
  static Grid blank(const Contract&) { return {}; }
};

template <>
struct leat::ValueTraits<Tag> {
  static constexpr std::string_view name = "tag";
  static std::size_t bytes(const Tag&) { return 1; }
  static std::uint64_t hash(const Tag&) { return 1; }
  static std::string describe(const Tag&) { return "a tag"; }
  static Contract contract(const Tag&) { return {}; }
  static Tag blank(const Contract&) { return {}; }
};

namespace {

/// What the node of a test puts in slot 1, or from there on; set by the test.
Grid wrong;

struct Grids final : Source {
  Output<Grid> any{this, "any", "height x width, float. A grid whose size no check knows."};
  [[nodiscard]] std::int64_t length() const override { return 4; }
  void process(Frame& frame) const override {
    frame.identify({.id = std::to_string(frame.draw())});
    frame.put(any, {});
  }
};

/// A node for one sample, with a sentence for what it gives.
template <const char* sentence>
struct Slot final : Node {
  Input<Grid> in{this, "in", "height x width, float. A grid."};
  Output<Grid> out{this, "out", sentence};
  void process(Frame& frame) const override {
    const bool is_second = frame.sample().id == "1";
    const Grid taken = frame.take(in);
    frame.put(out, is_second ? wrong : taken);
  }
};
constexpr char three_by_two[] = "3 x 2, float. Always of one size.";
constexpr char as_it_came[] = "height x width, float. As large as the other.";
constexpr char any_float[] = "Any shape, float. Numbers.";
constexpr char open[] = "3 x ..., float. Numbers.";
constexpr char scalar[] = "A scalar, float. A number.";

struct Named final : Node {
  Input<Grid> in{this, "in", "Any shape. A grid."};
  Output<Grid> out{this, "out", "R x C, float. With names."};
  Param<std::vector<std::string>> names{this, "names", "The names.", std::vector<std::string>{"a", "b"}};
  void shapes(Shapes& shapes) const override {
    Contract contract = out.contract();
    contract.dims[1] = Dim::named(*names, this, "names");
    shapes.set(out, contract);
  }
  void process(Frame& frame) const override { frame.put(out, wrong); }
};

struct Step final : Node {
  Gather<Grid> in{this, "in", "Any shape. Grids."};
  Output<Grid> rows{this, "rows", "N x 2, float. A row for each."};
  Scatter<Grid> row{this, "row", "2, float. Its row."};
  void process(Frame& frame) const override {
    const auto grids = frame[in];
    frame.put(rows, wrong.sizes.size() == 2 ? wrong : Grid{{grids.size(), 2}, Dtype::F32, {}});
    for (int k = 0; k < grids.size(); ++k) frame.put(row, k, wrong.sizes.size() == 1 && k == 2 ? wrong : Grid{{2}, Dtype::F32, {}});
  }
};

struct Reads final : Node {
  Input<Grid> in{this, "in", "Any shape. A grid."};
  void process(Frame&) const override {}
};
struct MayRead final : Node {
  Maybe<Grid> in{this, "in", "Any shape. A grid."};
  void process(Frame&) const override {}
};
struct Gathers final : Node {
  Gather<Grid> in{this, "in", "Any shape. Grids."};
  void process(Frame&) const override {}
};
struct ReadsLarge final : Node {
  Input<Grid> in{this, "in", "3 x 5, float. A grid."};
  void process(Frame&) const override {}
};

template <const char* sentence, class T>
struct Bad final : Node {
  Input<Grid> in{this, "in", "Any shape. A grid."};
  Output<T> out{this, "out", sentence};
  void process(Frame& frame) const override { frame.put(out, {}); }
};
constexpr char no_shape[] = "A gray picture.";
constexpr char no_type[] = "N x C x H x W, floot. Numbers.";
constexpr char lone[] = "C. Numbers.";
constexpr char lone_typo[] = "C, flot. Numbers.";
constexpr char other_cross[] = "N X C, float. Numbers.";
constexpr char negative[] = "N x -2, float. Numbers.";
constexpr char two_types[] = "N x C, float, int. Numbers.";
constexpr char bad_range[] = "N x C, float, 1..0. Numbers.";
constexpr char in_the_middle[] = "N x ... x W, float. Numbers.";
constexpr char words[] = "Any number of them. Numbers.";

Registry registry_of_grids() {
  Registry registry = toy_registry();
  detail::register_type<Grids>(registry, "test.grids", "Makes grids.");
  detail::register_type<Slot<three_by_two>>(registry, "test.sized", "Gives a grid.");
  detail::register_type<Slot<as_it_came>>(registry, "test.same", "Gives a grid.");
  detail::register_type<Slot<any_float>>(registry, "test.any", "Gives a grid.");
  detail::register_type<Slot<open>>(registry, "test.open", "Gives a grid.");
  detail::register_type<Slot<scalar>>(registry, "test.scalar", "Gives a grid.");
  detail::register_type<Named>(registry, "test.named", "Gives a grid.");
  detail::register_type<Step>(registry, "test.step", "Gives grids.");
  detail::register_type<Reads>(registry, "test.reads", "Reads.");
  detail::register_type<MayRead>(registry, "test.may_read", "Reads.");
  detail::register_type<Gathers>(registry, "test.gathers", "Reads.");
  detail::register_type<ReadsLarge>(registry, "test.reads_large", "Reads.");
  detail::register_type<Bad<no_shape, Grid>>(registry, "bad.no_shape", "Is wrong.");
  detail::register_type<Bad<no_type, Grid>>(registry, "bad.no_type", "Is wrong.");
  detail::register_type<Bad<no_type, Tag>>(registry, "bad.no_type_of_tag", "Is wrong.");
  detail::register_type<Bad<lone, Grid>>(registry, "bad.lone", "Is wrong.");
  detail::register_type<Bad<lone_typo, Grid>>(registry, "bad.lone_typo", "Is wrong.");
  detail::register_type<Bad<other_cross, Grid>>(registry, "bad.other_cross", "Is wrong.");
  detail::register_type<Bad<negative, Grid>>(registry, "bad.negative", "Is wrong.");
  detail::register_type<Bad<two_types, Grid>>(registry, "bad.two_types", "Is wrong.");
  detail::register_type<Bad<bad_range, Grid>>(registry, "bad.range", "Is wrong.");
  detail::register_type<Bad<in_the_middle, Grid>>(registry, "bad.in_the_middle", "Is wrong.");
  detail::register_type<Bad<words, Grid>>(registry, "bad.words", "Is wrong.");
  detail::register_type<Bad<no_shape, Tag>>(registry, "good.tag", "Is right.");
  return registry;
}

/// A graph in which a node of this type reads a grid whose size no check knows, and these others read it.
std::string graph(const std::string& type, const std::string& readers = {}) {
  return "leat: 1\nphases:\n  test:\n    nodes:\n      grids: {uses: test.grids, with: {batch: 4}}\n      made: {uses: " + type +
         ", in: {in: grids}}\n" + readers + "plan: {then: [test]}\n";
}

/// Of several wrong values, one worker meets that of the first slot first.
std::string failure(const std::string& text, int workers = 2) {
  try {
    (void)run_graph(registry_of_grids(), text, workers);
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

std::string said(const std::string& type) {
  const std::string all = mistakes(registry_of_grids(), graph(type)), mark = "declares an output called `out` with the sentence ";
  const std::size_t at = all.find(mark);
  return at == std::string::npos ? all : all.substr(at + mark.size(), all.find('\n', at) - at - mark.size());
}

const std::string in_slot = "g.yaml:6:7: error: `made` (test.";
const std::string at_slot = ") failed at step 0 of `test`, slot 1, sample `1`: it puts ";

}  // namespace

TEST_CASE("contracts: a sentence without its contract is refused with the port and the sentence, where values have a shape") {
  const std::string begin =
      ": it has to begin with what its values are, such as `N x C, float.`, `height x width, 8 bit.`, `One of C.`, `A scalar, float.` or "
      "`Any shape.`";
  CHECK(said("bad.no_shape") == "\"A gray picture.\"" + begin);
  CHECK(said("bad.lone") == "\"C. Numbers.\"" + begin);
  CHECK(said("bad.lone_typo") == "\"C, flot. Numbers.\"" + begin);
  CHECK(said("bad.other_cross") == "\"N X C, float. Numbers.\"" + begin);
  CHECK(said("bad.negative") == "\"N x -2, float. Numbers.\"" + begin);
  CHECK(said("bad.words") == "\"Any number of them. Numbers.\"" + begin);
  CHECK(said("good.tag") == "");
  CHECK_THROWS_WITH_AS((void)manual_page(registry_of_grids(), "bad.no_shape"),
                       ("`bad.no_shape` declares an output called `out` with the sentence \"A gray picture.\"" + begin).c_str(), Refusal);
}

TEST_CASE("contracts: a word that means nothing after the shape is refused, and so is what is said twice") {
  const std::string known =
      " is not an element type (`8 bit`, `16 bit`, `8 or 16 bit`, `8 or 16 bit or float`, `int` or `float`), a range such as `0..1`, the "
      "entries, `of C` or `one of C`, or `or unknown`";
  for (const std::string type : {"bad.no_type", "bad.no_type_of_tag"})
    CHECK(said(type) == "\"N x C x H x W, floot. Numbers.\": `floot`" + known);
  CHECK(said("bad.two_types") == "\"N x C, float, int. Numbers.\": `int` is a second element type");
  CHECK(said("bad.range") == "\"N x C, float, 1..0. Numbers.\": `1..0`" + known);
  CHECK(said("bad.in_the_middle") == "\"N x ... x W, float. Numbers.\": `...` is for all dimensions that follow, so it comes last");
}

TEST_CASE("contracts: a value that is not as its port says ends the run, whoever reads it") {
  wrong = {{7, 5}, Dtype::F32, {}};
  const std::string told = in_slot + "sized" + at_slot + "7 x 5, float into `out`, where 3 x 2, float is promised";
  CHECK(failure(graph("test.sized")) == told);
  for (const std::string reader : {"reads", "may_read", "gathers"})
    CHECK(failure(graph("test.sized", "      reader: {uses: test." + reader + ", in: {in: made}}\n")) == told);
  CHECK(failure(graph("test.sized",
                      "      one: {uses: test.reads, in: {in: made}}\n      other: {uses: test.gathers, in: {in: made}}\n")) == told);
}

TEST_CASE("contracts: a skip of what fails does not hide a broken promise") {
  wrong = {{7, 5}, Dtype::F32, {}};
  CHECK(failure(graph("test.sized, on_error: skip")) ==
        in_slot + "sized" + at_slot + "7 x 5, float into `out`, where 3 x 2, float is promised");
}

TEST_CASE("contracts: shape, number of dimensions, element type and names are compared") {
  const auto told = [](const std::string& type, Grid grid) {
    wrong = std::move(grid);
    const std::string all = failure(graph("test." + type), 1), mark = "it puts ";
    const std::size_t at = all.find(mark);
    return at == std::string::npos ? all : all.substr(at + mark.size());
  };
  CHECK(told("sized", {{3, 2}, Dtype::F32, {}}) == "");
  CHECK(told("sized", {{3, 2}, Dtype::Any, {}}) == "");
  CHECK(told("sized", {{3, 2, 1}, Dtype::F32, {}}) == "3 x 2 x 1, float into `out`, where 3 x 2, float is promised");
  CHECK(told("sized", {{3}, Dtype::F32, {}}) == "3, float into `out`, where 3 x 2, float is promised");
  CHECK(told("sized", {{3, 2}, Dtype::I64, {}}) == "3 x 2, int into `out`, where 3 x 2, float is promised");
  CHECK(told("sized", {{3, 2}, Dtype::Other, {}}) == "3 x 2, another element type into `out`, where 3 x 2, float is promised");
  CHECK(told("any", {{9}, Dtype::F32, {}}) == "");
  CHECK(told("any", {{9}, Dtype::U8, {}}) == "9, 8 bit into `out`, where any shape, float is promised");
  CHECK(told("open", {{4}, Dtype::F32, {}}) == "4, float into `out`, where 3 x ..., float is promised");
  CHECK(told("scalar", {{}, Dtype::I64, {}}) == "3 x 2, float into `out`, where a scalar, float is promised");
  CHECK(told("named", {{3, 2}, Dtype::F32, {"a", "b"}}) == "");
  CHECK(told("named", {{3, 2}, Dtype::F32, {}}) == "");
  CHECK(told("named", {{3, 2}, Dtype::F32, {"b", "a"}}) == "3 x 2 (b, a), float into `out`, where R x 2 (a, b), float is promised");
}

TEST_CASE("contracts: equal words are equal numbers also where no check knows them") {
  wrong = {{3, 2}, Dtype::F32, {}};
  CHECK(failure(graph("test.same")) == "");
  wrong = {{3, 9}, Dtype::F32, {}};
  CHECK(failure(graph("test.same")) ==
        in_slot + "same" + at_slot + "3 x 9, float into `out`, where height x width, float is promised, and `width` of what it reads is 2");
}

TEST_CASE("contracts: what a whole step gives has as many rows as the step, and each row is compared") {
  const std::string begin = in_slot + "step) failed at step 0 of `test`: it puts ";
  wrong = {{1, 1, 1}, Dtype::F32, {}};
  CHECK(failure(graph("test.step")) == "");
  wrong = {{3, 2}, Dtype::F32, {}};
  CHECK(failure(graph("test.step")) == begin + "3 x 2, float into `rows`, where N x 2, float for 4 rows is promised");
  wrong = {{9}, Dtype::F32, {}};
  CHECK(failure(graph("test.step")) == begin + "9, float into row 2 of `row`, where 2, float is promised");
}

TEST_CASE("contracts: a value that keeps its node's promise, but not what its readers need, is told so") {
  wrong = {{3, 2}, Dtype::F32, {}};
  CHECK(
      failure(graph("test.same", "      reader: {uses: test.reads_large, in: {in: made}}\n"), 1) ==
      "g.yaml:5:7: error: `grids` (test.grids) failed at step 0 of `test`, slot 0, sample `0`: it puts 3 x 2, float into `any`, where its "
      "readers take 3 x 5, float");
}

TEST_CASE("contracts: a port of several element types takes each of them, and no other") {
  const std::map<std::string, Dtype> types{
      {"8 bit", Dtype::U8},  {"16 bit", Dtype::U16}, {"8 or 16 bit", Dtype::U8OrU16}, {"8 or 16 bit or float", Dtype::U8OrU16OrF32},
      {"float", Dtype::F32}, {"int", Dtype::I64}};
  for (const auto& [word, type] : types) {
    CAPTURE(word);
    const Contract read = Contract::parse("H x W x 3, " + word + ". Colours.");
    CHECK(read.dtype == type);
    CHECK(read.str() == "H x W x 3, " + word);
    CHECK(is_within(type, type));
    CHECK(is_within(Dtype::Any, type));
    CHECK(is_within(type, Dtype::U8OrU16) == (type == Dtype::U8 || type == Dtype::U16 || type == Dtype::U8OrU16));
    CHECK(is_within(type, Dtype::U8OrU16OrF32) == (type != Dtype::I64));
    CHECK(is_within(type, Dtype::U8) == (type == Dtype::U8));
  }
  CHECK(bytes_of(Dtype::U16) == 2);
  CHECK(bytes_of(Dtype::U8OrU16) == 2);
  CHECK(bytes_of(Dtype::U8OrU16OrF32) == 4);
  const std::vector<std::uint16_t> numbers{1, 65535};
  const Numbers kept = Numbers::of({2}, numbers.data());
  CHECK(kept.dtype == Dtype::U16);
  CHECK(kept.bytes.size() == 4);
}
