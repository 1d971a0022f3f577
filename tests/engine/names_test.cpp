#include <algorithm>
#include <mutex>
#include <stdexcept>

#include "support/doctest.h"
#include "support/graphs.h"

// The names of entries travel in contracts. Both ends of an edge are compared, and what has another order is brought into the reader's.
using namespace leat;

namespace {

/// One of several entries, by its place.
struct Vote {
  int index = 0;
};

/// A number for each entry.
struct Shares {
  std::vector<double> values;
};

/// As Shares, of a type that has one order.
struct Fixed {
  std::vector<double> values;
};

template <class T>
Contract contract_of(const T& shares) {
  Contract out;
  out.has_shape = true;
  out.dims = {Dim{static_cast<std::int64_t>(shares.values.size()), {}}};
  out.dtype = Dtype::F32;
  return out;
}

}  // namespace

namespace leat {

template <>
struct ValueTraits<Vote> {
  static constexpr std::string_view name = "vote";
  static std::size_t bytes(const Vote&) { return sizeof(Vote); }
  static std::uint64_t hash(const Vote& vote) { return hash_bytes(&vote.index, sizeof vote.index); }
  static std::string describe(const Vote& vote) { return std::to_string(vote.index); }
  static Contract contract(const Vote&) { return {}; }
  static Vote blank(const Contract&) { return {}; }
  static Vote reorder(const Vote& vote, const Reorder& order) { return {order.to.at(static_cast<std::size_t>(vote.index))}; }
};

template <>
struct ValueTraits<Shares> {
  static constexpr std::string_view name = "shares";
  static std::size_t bytes(const Shares& shares) { return sizeof(Shares) + shares.values.size() * sizeof(double); }
  static std::uint64_t hash(const Shares& shares) { return hash_bytes(shares.values.data(), shares.values.size() * sizeof(double)); }
  static std::string describe(const Shares& shares) { return std::to_string(shares.values.size()) + " shares"; }
  static Contract contract(const Shares& shares) { return contract_of(shares); }
  static Shares blank(const Contract&) { return {}; }
  static Shares reorder(const Shares& shares, const Reorder& order) {
    REQUIRE(order.axis == 0);
    Shares out;
    for (const int from : order.from()) out.values.push_back(shares.values.at(static_cast<std::size_t>(from)));
    return out;
  }
};

template <>
struct ValueTraits<Fixed> {
  static constexpr std::string_view name = "fixed";
  static std::size_t bytes(const Fixed& shares) { return sizeof(Fixed) + shares.values.size() * sizeof(double); }
  static std::uint64_t hash(const Fixed& shares) { return hash_bytes(shares.values.data(), shares.values.size() * sizeof(double)); }
  static std::string describe(const Fixed& shares) { return std::to_string(shares.values.size()) + " shares"; }
  static Contract contract(const Fixed& shares) { return contract_of(shares); }
  static Fixed blank(const Contract&) { return {}; }
};

}  // namespace leat

namespace {

using Texts = std::vector<std::string>;

std::mutex lock;
Texts seen;

void add_seen(std::string text) {
  const std::lock_guard guard(lock);
  seen.push_back(std::move(text));
}

/// Slot k votes for the k-th of its names.
struct Ballots final : Source {
  Output<Vote> vote{this, "vote", "One of C. The slot's number."};
  Output<Shares> shares{this, "shares", "C, float. The names' own numbers: a is 1, b is 2, and so on."};
  Output<Fixed> fixed{this, "fixed", "C, float. The same."};
  Param<Texts> names{this, "names", "The entries.", Texts{}};
  [[nodiscard]] std::int64_t length() const override { return static_cast<std::int64_t>(std::max<std::size_t>(1, names->size())); }
  void shapes(Shapes& shapes) const override {
    const Dim named = names->empty() ? Dim() : Dim::named(*names, this, "names");
    Contract of_vote = vote.contract(), of_shares = this->shares.contract();
    of_vote.dtype = Dtype::I64;
    of_vote.entries = named;
    of_shares.dims = {named};
    shapes.set(vote, of_vote);
    shapes.set(this->shares, of_shares);
    shapes.set(fixed, of_shares);
    for (const Port* port : {static_cast<const Port*>(&this->shares), static_cast<const Port*>(&fixed)}) shapes.set_bytes(*port, 100);
    shapes.set_bytes(vote, sizeof(Vote));
  }
  void process(Frame& frame) const override {
    frame.identify({.id = std::to_string(frame.draw())});
    std::vector<double> numbers;
    for (const std::string& name : *names) numbers.push_back(name[0] - 'a' + 1);
    frame.put(vote, {static_cast<int>(frame.draw())});
    frame.put(shares, {numbers});
    frame.put(fixed, {numbers});
  }
};

/// Passes both on, and does not know of names.
struct Pass final : Node {
  Input<Vote> vote{this, "vote", "One of C. A vote."};
  OptionalInput<Shares> shares{this, "shares", "C, float. Shares."};
  Output<Vote> same{this, "vote", "One of C. The vote."};
  void process(Frame& frame) const override { frame.put(same, frame[vote]); }
};

/// Writes what it sees in its own names.
struct Count final : Node {
  OptionalInput<Vote> vote{this, "vote", "One of C. A vote."};
  OptionalInput<Shares> shares{this, "shares", "C, float. Shares."};
  OptionalInput<Fixed> fixed{this, "fixed", "C, float. Shares."};
  NamesOf names{this, "names", "C", "The entries."};
  void process(Frame& frame) const override {
    std::string text;
    if (const Vote* one = frame[vote]) text += (*names)[static_cast<std::size_t>(one->index)];
    if (const Shares* all = frame[shares])
      for (std::size_t k = 0; k < all->values.size(); ++k) text += " " + (*names)[k] + std::to_string(static_cast<int>(all->values[k]));
    add_seen(text);
  }
};

/// The same of all slots of a step.
struct CountStep final : Node {
  Gather<Vote> votes{this, "votes", "One of C. Votes."};
  NamesOf names{this, "names", "C", "The entries."};
  void process(Frame& frame) const override {
    std::string text;
    const Rows<Vote> rows = frame[votes];
    for (int row = 0; row < rows.size(); ++row) text += (*names)[static_cast<std::size_t>(rows[row].index)];
    add_seen(text);
  }
};

/// A network's output, which names nothing.
struct Box final : Resource {
  static constexpr std::string_view kind = "box";
};
struct Unnamed final : Node {
  Input<Shares> shares{this, "shares", "D, float. Shares."};
  Output<Shares> out{this, "out", "C, float. Shares of something."};
  Uses<Box> box{this, "box", "What it uses."};
  void shapes(Shapes& shapes) const override { shapes.set_bytes(out, 100); }
  void process(Frame& frame) const override { frame.put(out, frame[shares]); }
};

/// A network's output of which not even the number of dimensions is known.
struct Open final : Node {
  Input<Shares> shares{this, "shares", "D, float. Shares."};
  Output<Shares> out{this, "out", "R x ..., float. Rows of shares of something."};
  Uses<Box> box{this, "box", "What it uses."};
  void shapes(Shapes& shapes) const override { shapes.set_bytes(out, 100); }
  void process(Frame& frame) const override { frame.put(out, frame[shares]); }
};

/// Reads rows of shares.
struct CountRows final : Node {
  Input<Shares> rows{this, "rows", "R x C, float. Rows of shares."};
  NamesOf names{this, "names", "C", "The entries."};
  void process(Frame&) const override {}
};

/// Reads rows of shares whose order must be its own.
struct CountFixed final : Node {
  Input<Shares> rows{this, "rows", "R x C, float. Rows of shares.", differentiable};
  NamesOf names{this, "names", "C", "The entries."};
  void process(Frame&) const override {}
};

/// The mean of rows of shares.
struct MeanRows final : Node {
  Input<Shares> one{this, "one", "R x ..., float. Rows of shares."};
  OptionalInput<Shares> other{this, "other", "Q x ..., float. Rows of shares."};
  Output<Shares> out{this, "out", "R x ..., float. Rows of shares."};
  void shapes(Shapes& shapes) const override {
    const Contract mean = shapes.of(one);
    if (shapes.is_connected(other) && !shapes.equate(mean, shapes.of(other))) throw Refusal("the two differ", "other");
    shapes.set(out, mean);
    shapes.set_bytes(out, 100);
  }
  void process(Frame& frame) const override { frame.put(out, frame[one]); }
};

/// The mean of two, with the dimension of the first; shares of another number of entries with `more`.
struct Mean final : Node {
  Input<Shares> one{this, "one", "A, float. Shares."};
  OptionalInput<Shares> other{this, "other", "B, float. Shares."};
  Output<Shares> out{this, "out", "A, float. Shares."};
  Param<int> more{this, "more", "How many entries are added.", 0, {0, 9}};
  void shapes(Shapes& shapes) const override {
    Contract mean = shapes.of(one);
    if (shapes.is_connected(other) && !shapes.equate(mean, shapes.of(other))) throw Refusal("the two differ", "other");
    if (*more > 0) {
      mean.dims[0].names = nullptr;
      mean.dims[0].size += *more;
    }
    shapes.set(out, mean);
    shapes.set_bytes(out, 100);
  }
  void process(Frame& frame) const override { frame.put(out, frame[one]); }
};

Registry names_registry() {
  Registry registry = toy_registry();
  detail::register_type<Ballots>(registry, "test.ballots", "Votes.");
  detail::register_type<Pass>(registry, "test.pass", "Passes votes on.");
  detail::register_type<Count>(registry, "test.count", "Counts votes.");
  detail::register_type<CountStep>(registry, "test.count_step", "Counts votes.");
  detail::register_type<Box>(registry, "test.box", "A box.");
  detail::register_type<Unnamed>(registry, "test.unnamed", "Names nothing.");
  detail::register_type<Open>(registry, "test.open", "Names nothing, and says no shape.");
  detail::register_type<CountRows>(registry, "test.count_rows", "Counts votes.");
  detail::register_type<CountFixed>(registry, "test.count_fixed", "Counts votes.");
  detail::register_type<MeanRows>(registry, "test.mean_rows", "A mean.");
  detail::register_type<Mean>(registry, "test.mean", "A mean.");
  return registry;
}

std::string graph_of(const std::string& nodes, const std::string& kind = "test") {
  return "leat: 1\nresources:\n  net: {uses: test.box}\nphases:\n  look:\n    kind: " + kind + "\n    nodes:\n" + nodes +
         "plan: {then: [look]}\n";
}

Texts seen_by(const std::string& nodes) {
  seen.clear();
  run_graph(names_registry(), graph_of(nodes));
  std::sort(seen.begin(), seen.end());
  return seen;
}

std::string mistakes_of(const std::string& nodes, const std::string& kind = "test") {
  return mistakes(names_registry(), graph_of(nodes, kind));
}

/// Returns all that is said of the graph, warnings too.
std::string said_of(const std::string& nodes) {
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(graph_of(nodes), "g.yaml", std::filesystem::current_path(), {}, diagnostics);
  (void)Program::build(description, names_registry(), {}, diagnostics);
  return diagnostics.str();
}

}  // namespace

TEST_CASE("names: a name that has blanks or commas is in backticks where names are listed") {
  CHECK(Dim::named({"left lung", "heart", "a,b"}, nullptr, {}).str() == "3 (`left lung`, heart, `a,b`)");
}

TEST_CASE("names: a node without names of its own has those that arrive, through nodes that know of none") {
  CHECK(seen_by("      one: {uses: test.ballots, with: {names: [b, a]}}\n"
                "      pass: {uses: test.pass, in: {vote: one.vote}}\n"
                "      count: {uses: test.count, in: {vote: pass, shares: one.shares}}\n") == Texts{"a b2 a1", "b b2 a1"});
}

TEST_CASE("names: values are brought into the order that a node names, of one slot and of all slots of a step") {
  CHECK(seen_by("      one: {uses: test.ballots, with: {names: [b, c, a]}}\n"
                "      count: {uses: test.count, in: {vote: one.vote, shares: one.shares}, with: {names: [a, b, c]}}\n") ==
        Texts{"a a1 b2 c3", "b a1 b2 c3", "c a1 b2 c3"});
  CHECK(seen_by("      one: {uses: test.ballots, with: {names: [b, c, a], batch: 3}}\n"
                "      count: {uses: test.count_step, in: one.vote, with: {names: [c, a, b]}}\n") == Texts{"bca"});
}

TEST_CASE("names: labels are brought into the order of what has a number for each entry") {
  // `two` is the only place that knows the order of its shares; the votes of `one` follow it.
  CHECK(seen_by("      one: {uses: test.ballots, with: {names: [b, a]}}\n"
                "      two: {uses: test.ballots, with: {names: [b, a]}}\n"
                "      pass: {uses: test.pass, in: {vote: one.vote, shares: one.shares}}\n"
                "      count: {uses: test.count, in: {vote: pass}, with: {names: [a, b]}}\n") == Texts{"a", "b"});
}

TEST_CASE("names: other names are refused with both places") {
  CHECK(mistakes_of("      one: {uses: test.ballots, with: {names: [a, b]}}\n"
                    "      count: {uses: test.count, in: {vote: one.vote}, with: {names: [a, c]}}\n") ==
        "g.yaml:9:44: error: `one.vote` has a and b (`names` of `one`), but `vote` of `count` takes a and c (`names` of `count`)\n"
        "      count: {uses: test.count, in: {vote: one.vote}, with: {names: [a, c]}}\n"
        "                                           ^ both must have the same names, in any order\n"
        "g.yaml:8:47: note: `names` of `one` is here\n"
        "      one: {uses: test.ballots, with: {names: [a, b]}}\n"
        "                                              ^\n"
        "g.yaml:9:69: note: `names` of `count` is here\n"
        "      count: {uses: test.count, in: {vote: one.vote}, with: {names: [a, c]}}\n"
        "                                                                    ^\n");
}

TEST_CASE("names: what a reader names is known at the output, through nodes that copy a dimension") {
  const std::string nets =
      "      votes: {uses: test.ballots, with: {names: [x, y]}}\n"
      "      one: {uses: test.unnamed, in: votes.shares, with: {box: net}}\n"
      "      two: {uses: test.unnamed, in: votes.shares, with: {box: net}}\n";
  const std::string mean =
      "      mean: {uses: test.mean, in: {one: one}}\n"
      "      count: {uses: test.count, in: {shares: mean}, with: {names: [x, y]}}\n";
  CHECK(said_of(nets + mean).find("warning: `one.out` (of `net`) does not name its entries") != std::string::npos);
  const std::string swapped = said_of(nets + mean + "      other: {uses: test.count, in: {shares: two}, with: {names: [y, x]}}\n");
  CAPTURE(swapped);
  CHECK(
      swapped.find("error: `two.out` (of `net`) does not name its entries: `one` of `look` is taken for x and y (`names` of `count`), but "
                   "`two` of `look` is taken for y and x (`names` of `other`)") != std::string::npos);
  // Both members of the mean have the names of its reader, so another reader gets them in its own order.
  const std::string member = said_of(nets +
                                     "      mean: {uses: test.mean, in: {one: one, other: two}}\n"
                                     "      count: {uses: test.count, in: {shares: mean}, with: {names: [x, y]}}\n"
                                     "      other: {uses: test.count, in: {shares: two}, with: {names: [y, x]}}\n");
  CAPTURE(member);
  CHECK(member.find("error") == std::string::npos);
}

TEST_CASE("names: an output with open dimensions has those of its reader") {
  const std::string nets =
      "      votes: {uses: test.ballots, with: {names: [x, y]}}\n"
      "      one: {uses: test.open, in: votes.shares, with: {box: net}}\n"
      "      two: {uses: test.open, in: votes.shares, with: {box: net}}\n"
      "      count: {uses: test.count_rows, in: one, with: {names: [x, y]}}\n";
  CHECK(said_of(nets).find("warning: `one.out` (of `net`) does not name its entries") != std::string::npos);
  const std::string swapped = said_of(nets + "      other: {uses: test.count_rows, in: two, with: {names: [y, x]}}\n");
  CAPTURE(swapped);
  CHECK(swapped.find("error: `two.out` (of `net`) does not name its entries: `one` of `look` is taken for x and y") != std::string::npos);
  const std::string other = said_of(nets + "      more: {uses: test.count_rows, in: one, with: {names: [x, y, z]}}\n");
  CAPTURE(other);
  CHECK(other.find("`one` has x and y (`names` of `count`), but `rows` of `more` takes x, y and z") != std::string::npos);
  const std::string rank = said_of(nets + "      more: {uses: test.count, in: {shares: one}}\n");
  CAPTURE(rank);
  CHECK(rank.find("`one` is R x 2 (x, y), float for `rows` of `count`, but `shares` of `more` takes C, float") != std::string::npos);
}

TEST_CASE("names: a copied dimension with another size is another one, and two that differ are not made one") {
  CHECK(mistakes_of("      votes: {uses: test.ballots, with: {names: [x, y]}}\n"
                    "      mean: {uses: test.mean, in: {one: votes.shares}, with: {more: 1}}\n") == "");
  const std::string differ = said_of(
      "      votes: {uses: test.ballots, with: {names: [x, y]}}\n"
      "      three: {uses: test.mean, in: {one: votes.shares}, with: {more: 1}}\n"
      "      mean: {uses: test.mean, in: {one: three, other: votes.shares}}\n");
  CAPTURE(differ);
  CHECK(differ.find("the two differ") != std::string::npos);
}

TEST_CASE("names: an output with open dimensions and its copies are one, in whatever order their readers stand") {
  const std::string nets =
      "      votes: {uses: test.ballots, with: {names: [x, y]}}\n"
      "      one: {uses: test.open, in: votes.shares, with: {box: net}}\n"
      "      mean: {uses: test.mean_rows, in: {one: one}}\n";
  const std::string direct = "      direct: {uses: test.count_fixed, in: one, with: {names: [y, x]}}\n",
                    copied = "      copied: {uses: test.count_fixed, in: mean, with: {names: [x, y]}}\n";
  for (const std::string& readers : {direct + copied, copied + direct}) {
    const std::string said = said_of(nets + readers);
    CAPTURE(said);
    CHECK(said.find("error: ") != std::string::npos);
  }
  // A reader of one member beside a mean of two is no mistake, wherever it stands.
  const std::string two =
      "      two: {uses: test.open, in: votes.shares, with: {box: net}}\n"
      "      both: {uses: test.mean_rows, in: {one: one, other: two}}\n";
  const std::string reader = "      reader: {uses: test.count_rows, in: one, with: {names: [x, y]}}\n";
  CHECK(said_of(nets + two + reader).find("error") == std::string::npos);
  CHECK(said_of(nets + reader + two).find("error") == std::string::npos);
}
