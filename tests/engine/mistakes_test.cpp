#include "support/doctest.h"
#include "support/graphs.h"
#include "support/toys.h"

// All mistakes of a graph are told at once, of whatever stage, and each once: nothing is said of what is only unknown because something
// else is wrong.
using namespace leat;

namespace {

struct Chain final : Resource {
  static constexpr std::string_view kind = "chain";
  Uses<Chain> next{this, "next", "Another.", true};
};

struct Refusing final : Resource {
  static constexpr std::string_view kind = "refusing";
  void survey(const Opening&) override { throw Refusal("there is nothing"); }
};

struct UseChain final : Source {
  Uses<Chain> chain{this, "chain", "It.", true};
  Uses<Refusing> refusing{this, "refusing", "It.", true};
  Output<toys::Number> number{this, "number", "Any shape."};
  std::int64_t length() const override { throw Refusal("a resource with a mistake was asked"); }
  void shapes(Shapes&) const override { throw Refusal("a resource with a mistake was asked"); }
  void process(Frame&) const override {}
};

struct WantTwo final : Node {
  Input<toys::Number> number{this, "number", "N x 2."};
  Output<toys::Number> same{this, "same", "N x 2."};
  void process(Frame&) const override {}
};

struct RefuseShape final : Node {
  Input<toys::Number> number{this, "number", "N x 1."};
  Output<toys::Number> same{this, "same", "N x 1."};
  void shapes(Shapes& shapes) const override {
    if (!shapes.is_connected(same)) throw Refusal("nobody reads it");
    throw Refusal("it does not like that");
  }
  void process(Frame&) const override {}
};

Registry registry_of_mistakes() {
  Registry registry = toy_registry();
  detail::register_type<Chain>(registry, "test.chain", "A chain.");
  detail::register_type<Refusing>(registry, "test.refusing", "Refuses.");
  detail::register_type<UseChain>(registry, "test.use", "Uses them.");
  detail::register_type<WantTwo>(registry, "test.want_two", "Wants two columns.");
  detail::register_type<RefuseShape>(registry, "test.refuse_shape", "Refuses.");
  return registry;
}

/// One mistake with nodes that follow from it, to be added to a graph without any.
struct Mistake {
  std::string stage;
  std::string words;  ///< Of its message.
  std::vector<std::string> nodes;
  std::vector<std::string> resources = {};
  std::string plan = {};  ///< Into `plan.train`.
  std::string then = {};  ///< Into `then`.
  std::vector<std::string> validation = {};
};

const std::vector<Mistake>& all_mistakes() {
  static const std::vector<Mistake> all{
      {"description",
       "has no key `wiht`",
       {"d1: {uses: toy.pass, in: count, wiht: {}}", "d1_sum: {uses: toy.sum, in: d1}", "d1_two: {uses: test.want_two, in: d1_sum}"}},
      {"description",
       "there is no parameter `nothing`",
       {"d2: {uses: toy.add, in: count, with: {by: '${nothing}'}}", "d2_sum: {uses: toy.sum, in: d2}"}},
      {"description", "`d 3` is no name for a node", {"d 3: {uses: toy.pass, in: count}", "d3_after: {uses: toy.sum, in: d 3}"}},
      {"description",
       "resource `d4` has no `uses`",
       {"d4_use: {uses: toy.multiply, in: {numbers: count}, with: {weight: d4}}"},
       {"d4: {with: {}}"}},
      {"description",
       "wants `node.port` or `node`",
       {"d5: {uses: toy.pair, in: {first: count, second: [1]}}", "d5_sum: {uses: toy.sum, in: d5}"}},
      {"resources",
       "no resource type is called `toy.weigth`",
       {"r1_use: {uses: toy.multiply, in: {numbers: count}, with: {weight: r1}}", "r1_two: {uses: test.want_two, in: r1_use}"},
       {"r1: {uses: toy.weigth}"}},
      {"resources",
       "there is nothing",
       {"r2_use: {uses: test.use, with: {refusing: r2}}", "r2_sum: {uses: toy.sum, in: r2_use}"},
       {"r2: {uses: test.refusing}"}},
      {"resources",
       "`r3` uses `r4` uses `r3`",
       {"r3_use: {uses: test.use, with: {chain: r4}}", "r3_sum: {uses: toy.sum, in: r3_use}"},
       {"r3: {uses: test.chain, with: {next: r4}}", "r4: {uses: test.chain, with: {next: r3}}",
        "r5: {uses: test.chain, with: {next: r4}}"}},
      {"nodes",
       "no node type is called `toy.ad`",
       {"n1: {uses: toy.ad, in: count}", "n1_pair: {uses: toy.pair, in: {first: n1, second: count}}",
        "n1_sum: {uses: toy.sum, in: n1_pair}"}},
      {"nodes",
       "`by` wants a whole number",
       {"n2: {uses: toy.add, in: count, with: {by: x}}", "n2_pair: {uses: toy.pair, in: {first: n2, second: count}}"}},
      {"nodes",
       "needs `weight`, the name of a weight",
       {"n3: {uses: toy.multiply, in: {numbers: count}}", "n3_two: {uses: test.want_two, in: n3}"}},
      {"nodes", "no lane is called `gpu`", {"n4: {uses: toy.pass, in: count, lane: gpu}", "n4_sum: {uses: toy.sum, in: n4}"}},
      {"nodes", "uses `wieght`, and no resource has that name", {"n5: {uses: toy.multiply, in: {numbers: count}, with: {weight: wieght}}"}},
      {"nodes",
       "has no parameter `wheight`",
       {"n6: {uses: toy.multiply, in: {numbers: count}, with: {wheight: weight}}", "n6_two: {uses: test.want_two, in: n6}"}},
      {"edges", "and no node of `train` has that name", {"e1: {uses: toy.add, in: cuont}", "e1_sum: {uses: toy.sum, in: e1}"}},
      {"edges",
       "`second` of `e2` (toy.pair) is not connected",
       {"e2: {uses: toy.pair, in: {first: count}}", "e2_sum: {uses: toy.sum, in: e2}"}},
      {"edges", "takes numbers values", {"e3: {uses: toy.unbatch, in: count}", "e3_sum: {uses: toy.sum, in: e3}"}},
      {"edges",
       "a cycle: `e4` → `e5` → `e4`",
       {"e4: {uses: toy.pair, in: {first: count, second: e5}}", "e5: {uses: toy.pass, in: e4}", "e5_sum: {uses: toy.sum, in: e5}"}},
      {"edges", "has no input `frist`", {"e6: {uses: toy.pair, in: {frist: count, second: count}}", "e6_sum: {uses: toy.sum, in: e6}"}},
      {"edges", "has no output `nubmer`", {"e7: {uses: toy.add, in: count.nubmer}", "e7_sum: {uses: toy.sum, in: e7}"}},
      {"grains",
       "takes one value a step",
       {"g1_sum: {uses: toy.sum, in: count}", "g1: {uses: toy.pair, in: {first: count, second: g1_sum}}",
        "g1_after: {uses: toy.sum, in: g1}", "g1_learn: {uses: toy.pair, in: {first: g1, second: g1_sum}}"}},
      {"grains",
       "would pair samples of `g2_other` with samples of `count`",
       {"g2_other: {uses: toy.count, with: {length: 9, batch: 2}}", "g2: {uses: toy.pair, in: {first: count, second: g2_other}}",
        "g2_after: {uses: toy.pair, in: {first: g2, second: g2_other}}"}},
      {"grains", "reads nothing, and is no source", {"g3: {uses: toy.sink}"}},
      {"contracts",
       "gives N x 1, `number` of `c1` takes N x 2",
       {"c1_sum: {uses: toy.sum, in: count}", "c1: {uses: test.want_two, in: c1_sum}", "c1_again: {uses: test.refuse_shape, in: c1}"}},
      {"contracts",
       "it does not like that",
       {"c2_sum: {uses: toy.sum, in: count}", "c2: {uses: test.refuse_shape, in: c2_sum}", "c2_two: {uses: test.want_two, in: c2}"}},
      {"segments", "reads `weight` on the cpu lane", {"s1: {uses: toy.multiply, in: {numbers: count}, with: {weight: weight}, lane: cpu}"}},
      {"segments",
       "both change `other`",
       {"s2: {uses: toy.learn, in: {product: multiply}, with: {weight: other}}",
        "s3: {uses: toy.learn, in: {product: multiply}, with: {weight: other}}"},
       {"other: {uses: toy.weight}"}},
      {"segments",
       "changes `weight` in a `validate` phase",
       {},
       {},
       {},
       {},
       {"product: {uses: toy.multiply, in: {numbers: count}, with: {weight: weight}}",
        "learn: {uses: toy.learn, in: {product: product}, with: {weight: weight}}"}},
      {"plan", "no phase is called `nothing`", {}, {}, {}, "nothing"},
      {"plan", "the phase `train` is of kind `train`", {}, {}, {}, "train"},
      {"plan", "no node of `validate` is called `nobody`", {}, {}, "keep: {best: validate.nobody.score}"},
      {"plan", "epochs are counted by a source, and `nobody` is none of `train`", {}, {}, "validate: every epoch of nobody"},
  };
  return all;
}

std::string said(const std::vector<const Mistake*>& mistakes_in) {
  std::string nodes, resources, plan, then, validation;
  for (const Mistake* one : mistakes_in) {
    for (const std::string& line : one->nodes) nodes += "      " + line + "\n";
    for (const std::string& line : one->resources) resources += "  " + line + "\n";
    for (const std::string& line : one->validation) validation += "      " + line + "\n";
    if (!one->plan.empty()) plan += ", " + one->plan;
    if (!one->then.empty()) then += (then.empty() ? "" : ", ") + one->then;
  }
  return mistakes(registry_of_mistakes(),
                  "leat: 1\nresources:\n  weight: {uses: toy.weight}\n" + resources + "phases:\n  train:\n    nodes:\n" +
                      "      count: {uses: toy.count, with: {length: 10, batch: 2}}\n"
                      "      multiply: {uses: toy.multiply, in: {numbers: count}, with: {weight: weight}}\n"
                      "      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}\n" +
                      nodes + "  validate:\n    nodes:\n      count: {uses: toy.count, with: {length: 3, batch: 2}}\n" + validation +
                      "      fold: {uses: toy.fold, in: count}\nplan: {train: {phase: train, steps: 5" + plan + "}, then: [" + then +
                      "]}\n");
}

int count_of(const std::string& text, const std::string& words) {
  int count = 0;
  for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("mistakes: one gives exactly one message, whatever follows from it") {
  CHECK(said({}) == "");
  for (const Mistake& one : all_mistakes()) {
    CAPTURE(one.words);
    const std::string text = said({&one});
    CAPTURE(text);
    CHECK(count_of(text, ": error: ") == 1);
    CHECK(text.find(one.words) != std::string::npos);
  }
}

TEST_CASE("mistakes: those of two stages are told together") {
  for (const Mistake& one : all_mistakes())
    for (const Mistake& other : all_mistakes()) {
      if (&one >= &other) continue;
      const std::string text = said({&one, &other});
      CAPTURE(text);
      CHECK(count_of(text, ": error: ") == 2);
      CHECK(text.find(one.words) != std::string::npos);
      CHECK(text.find(other.words) != std::string::npos);
    }
}

TEST_CASE("mistakes: all are told at once") {
  std::vector<const Mistake*> all;
  for (const Mistake& one : all_mistakes()) all.push_back(&one);
  const std::string text = said(all);
  CAPTURE(text);
  CHECK(count_of(text, ": error: ") == static_cast<int>(all.size()));
  for (const Mistake* one : all) CHECK(text.find(one->words) != std::string::npos);
}
