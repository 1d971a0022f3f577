#include "support/doctest.h"
#include "support/graphs.h"
#include "support/text_file.h"
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

struct GivesRows final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "rows x 3."};
  void process(Frame&) const override {}
};

template <int rows>
struct WantRows final : Node {
  Input<toys::Number> number{this, "number", rows == 4 ? "4 x 5." : "6 x 3."};
  void process(Frame&) const override {}
};

struct GivesAnySize final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  void shapes(Shapes& shapes) const override {
    Contract out;
    out.has_shape = true;
    out.dims = {Dim{}, Dim{}};
    shapes.set(same, out);
  }
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

struct GivesOne final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Output<toys::Number> same{this, "same", "Any shape."};
  Output<toys::Number> other{this, "other", "Any shape."};
  void shapes(Shapes& shapes) const override {
    if (shapes.is_connected(other)) throw Refusal("there is no other", "other");
  }
  void process(Frame&) const override {}
};

struct Join final : Node {
  Input<toys::Number> number{this, "number", "Any shape.", differentiable};
  Input<toys::Number> other{this, "other", "Any shape."};
  void process(Frame&) const override {}
};

struct Through final : Node {
  Input<toys::Number> number{this, "number", "Any shape.", differentiable};
  Output<toys::Number> same{this, "same", "Any shape.", differentiable};
  void process(Frame&) const override {}
};

struct Dotted final : Source {
  Param<int> length_of{this, "count.of.all", "How many.", 1};
  Output<toys::Number> number{this, "number", "Any shape."};
  std::int64_t length() const override {
    if (*length_of != 7) throw Refusal("it has another length");
    return 7;
  }
  void process(Frame&) const override {}
};

Registry registry_of_mistakes() {
  Registry registry = toy_registry();
  detail::register_type<Chain>(registry, "test.chain", "A chain.");
  detail::register_type<Refusing>(registry, "test.refusing", "Refuses.");
  detail::register_type<UseChain>(registry, "test.use", "Uses them.");
  detail::register_type<Dotted>(registry, "test.dotted", "Has a name of three parts.");
  detail::register_type<WantTwo>(registry, "test.want_two", "Wants two columns.");
  detail::register_type<RefuseShape>(registry, "test.refuse_shape", "Refuses.");
  detail::register_type<GivesRows>(registry, "test.gives_rows", "Gives three columns.");
  detail::register_type<WantRows<4>>(registry, "test.want_4", "Wants five columns.");
  detail::register_type<WantRows<6>>(registry, "test.want_6", "Wants three.");
  detail::register_type<GivesOne>(registry, "test.gives_one", "Gives one of two.");
  detail::register_type<Through>(registry, "test.through", "Has a gradient.", LaneKind::Device);
  detail::register_type<Join>(registry, "test.join", "Has a gradient for one.", LaneKind::Device);
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
      {"description", "`d 3` is not a valid name for a node", {"d 3: {uses: toy.pass, in: count}", "d3_after: {uses: toy.sum, in: d 3}"}},
      {"description",
       "resource `d4` has no `uses`",
       {"d4_use: {uses: toy.multiply, in: {numbers: count}, with: {weight: d4}}"},
       {"d4: {with: {}}"}},
      {"description",
       "must be `node.port` or `node`",
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
       "`by` must be a whole number",
       {"n2: {uses: toy.add, in: count, with: {by: x}}", "n2_pair: {uses: toy.pair, in: {first: n2, second: count}}"}},
      {"nodes",
       "needs `weight`, the name of a weight",
       {"n3: {uses: toy.multiply, in: {numbers: count}}", "n3_two: {uses: test.want_two, in: n3}"}},
      {"nodes", "no lane is called `gpu`", {"n4: {uses: toy.pass, in: count, lane: gpu}", "n4_sum: {uses: toy.sum, in: n4}"}},
      {"nodes", "uses `wieght`, but no resource has that name", {"n5: {uses: toy.multiply, in: {numbers: count}, with: {weight: wieght}}"}},
      {"nodes",
       "has no parameter `wheight`",
       {"n6: {uses: toy.multiply, in: {numbers: count}, with: {wheight: weight}}", "n6_two: {uses: test.want_two, in: n6}"}},
      {"edges", "but no node of `train` has that name", {"e1: {uses: toy.add, in: cuont}", "e1_sum: {uses: toy.sum, in: e1}"}},
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
       "takes one value per step",
       {"g1_sum: {uses: toy.sum, in: count}", "g1: {uses: toy.pair, in: {first: count, second: g1_sum}}",
        "g1_after: {uses: toy.sum, in: g1}", "g1_learn: {uses: toy.pair, in: {first: g1, second: g1_sum}}"}},
      {"grains",
       "would pair samples of `g2_other` with samples of `count`",
       {"g2_other: {uses: toy.count, with: {length: 9, batch: 2}}", "g2: {uses: toy.pair, in: {first: count, second: g2_other}}",
        "g2_after: {uses: toy.pair, in: {first: g2, second: g2_other}}"}},
      {"grains", "reads nothing and is not a source", {"g3: {uses: toy.sink}"}},
      {"contracts",
       "takes 4 x 5",
       {"c0: {uses: test.gives_rows, in: count}", "c0_four: {uses: test.want_4, in: c0}", "c0_six: {uses: test.want_6, in: c0}"}},
      {"contracts",
       "outputs N x 1, but `number` of `c1` takes N x 2",
       {"c1_sum: {uses: toy.sum, in: count}", "c1: {uses: test.want_two, in: c1_sum}", "c1_again: {uses: test.refuse_shape, in: c1}"}},
      {"contracts",
       "it does not like that",
       {"c2_sum: {uses: toy.sum, in: count}", "c2: {uses: test.refuse_shape, in: c2_sum}", "c2_two: {uses: test.want_two, in: c2}"}},
      {"segments", "reads `weight` on the cpu lane", {"s1: {uses: toy.multiply, in: {numbers: count}, with: {weight: weight}, lane: cpu}"}},
      {"segments",
       "no gradient can flow from `number` of `s5` back to node",
       {"s4: {uses: test.through, in: multiply}", "s5: {uses: test.through, in: s4, lane: cpu}", "s6: {uses: test.through, in: s5}",
        "s7: {uses: toy.pair, in: {first: s4, second: s6}}", "s8: {uses: test.through, in: s6}"}},
      {"segments",
       "no gradient can flow from `number` of `s12` back to node",
       {"s9: {uses: test.through, in: multiply}", "s10: {uses: toy.pass, in: s9}",
        "s11: {uses: toy.pair, in: {first: s10, second: s9}, lane: device}", "s12: {uses: test.join, in: {number: s9, other: s11}}"}},
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
      {"plan", "`nobody` is not a source of `train` with an end", {}, {}, "validate: every epoch of nobody"},
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
  // A `keep` needs one.
  if (plan.find("validate:") == std::string::npos) plan += ", validate: every 2 steps";
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

namespace {

constexpr std::string_view whole_graph = R"(leat: 1
params:
  by: {value: 2, range: [1, 9]}
  name: weight
resources:
  weight: {uses: toy.weight}
  second: {uses: toy.weight}
templates:
  added:
    params: {by: {doc: How much.}, more: 1}
    inputs: [number]
    outputs: {sum: pair.pair}
    nodes:
      add: {uses: toy.add, in: number, with: {by: "${by}"}}
      pass: {uses: toy.pass, in: add}
      pair: {uses: toy.pair, in: {first: pass, second: number}}
  folded:
    inputs: [number]
    outputs: {fold: fold}
    nodes:
      fold: {uses: toy.fold, in: number}
phases:
  train:
    nodes:
      count: {uses: toy.count, with: {length: 10, batch: 2, is_sized: true}}
      one: {uses: test.gives_one, in: count}
      added: {uses: added, in: {number: one.same}, with: {by: "${by}"}}
      again: {uses: added, in: {number: added}, with: {by: 3}}
      folded: {uses: folded, in: again}
      multiply: {uses: toy.multiply, in: {numbers: folded}, with: {weight: "${name}"}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: "${name}"}}
  validate:
    nodes:
      count: {uses: toy.count, with: {length: 3, batch: 2, is_sized: true}}
      folded: {uses: folded, in: {number: count}}
      sink: {uses: toy.sink, in: folded/fold}
      score: {uses: toy.score, in: count, with: {weight: second}}
plan: {train: {phase: train, steps: 5, validate: every epoch, keep: {best: validate.folded/fold.fold}}, memory: 1MB}
)";

/// The mistakes of the graph with one text in place of another.
std::string said_with(const std::string& old, const std::string& other) {
  std::string text(whole_graph);
  const std::size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  return mistakes(registry_of_mistakes(), text.replace(at, old.size(), other));
}

}  // namespace

TEST_CASE("mistakes: what hides names, or connections, is told alone") {
  CHECK(said_with("leat: 1", "leat: 1") == "");
  struct Change {
    std::string old, other, words;
  };
  const std::vector<Change> changes{
      {"\nparams:", "\nparms:", "no key `parms`"},
      {"\nresources:", "\nresorces:", "no key `resorces`"},
      {"\ntemplates:", "\ntempaltes:", "no key `tempaltes`"},
      {"\nphases:", "\nphasses:", "no key `phasses`"},
      {"\nplan:", "\nplna:", "no key `plna`"},
      {"\ntemplates:", "\nresources:", "the key `resources` is used here a second time"},
      {"  second: {", "  weight: {", "the key `weight` is used here a second time"},
      {"  folded:\n    inputs", "  added:\n    inputs", "the key `added` is used here a second time"},
      {"      pass: {uses", "      add: {uses", "the key `add` is used here a second time"},
      {"      again: {uses", "      added: {uses", "the key `added` is used here a second time"},
      {"    params: {by", "    parmas: {by", "no key `parmas`"},
      {"    inputs: [number]", "    inptus: [number]", "no key `inptus`"},
      {"    outputs: {sum", "    outptus: {sum", "no key `outptus`"},
      {"    nodes:\n      add", "    noeds:\n      add", "no key `noeds`"},
      {"    nodes:\n      count", "    noeds:\n      count", "no key `noeds`"},
      {"in: {number: added}", "in: {nubmer: added}", "no input `nubmer`"},
      {"with: {by: 3}", "with: {yb: 3}", "no parameter `yb`"},
      {"uses: folded, in: {", "uses: foldde, in: {", "no template `foldde`"},
      {"in: add}", "in: add, wiht: {}}", "no key `wiht`"},
      {"toy.multiply, in: {numbers: folded}", "toy.multiply, lane: gpu, in: {numbers: folded}", "no lane is called `gpu`"},
  };
  for (const Change& change : changes) {
    CAPTURE(change.words);
    const std::string text = said_with(change.old, change.other);
    CAPTURE(text);
    CHECK(count_of(text, ": error: ") == 1);
    CHECK(text.find(change.words) != std::string::npos);
  }
}

TEST_CASE("mistakes: a name that is refused may be referred to") {
  std::string text(whole_graph);
  const auto replace_all = [&text](const std::string& old, const std::string& other) {
    for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at + other.size()))
      text.replace(at, old.size(), other);
  };
  SUBCASE("of a node in a template") {
    replace_all("      pass:", "      p.ass:");
    replace_all("first: pass", "first: p.ass");
  }
  SUBCASE("of a node that an output names") {
    replace_all("      pair:", "      the pair:");
    replace_all("pair.pair", "the pair.pair");
  }
  SUBCASE("of a template") {
    replace_all("  added:\n    params", "  the added:\n    params");
    replace_all("uses: added", "uses: the added");
  }
  SUBCASE("of a resource") {
    replace_all("  weight: {uses", "  the weight: {uses");
    replace_all("name: weight", "name: the weight");
  }
  CAPTURE(text);
  const std::string found = mistakes(registry_of_mistakes(), text);
  CAPTURE(found);
  CHECK(count_of(found, ": error: ") == 1);
  CHECK(found.find("is not a valid name for") != std::string::npos);
}

TEST_CASE("mistakes: who may not change a resource is told, not those who read it beside") {
  const std::string text = said_with("      score: {uses",
                                     "      batch: {uses: toy.multiply, in: {numbers: count}, with: {weight: second}}\n"
                                     "      learn: {uses: toy.learn, in: {product: batch}, with: {weight: second}}\n"
                                     "      score: {uses");
  CAPTURE(text);
  CHECK(count_of(text, ": error: ") == 1);
  CHECK(text.find("changes `second` in a `validate` phase") != std::string::npos);
}

TEST_CASE("mistakes: a step that is not whole is not measured") {
  std::string text(whole_graph);
  text.replace(text.find("sink, in: folded/fold"), 21, "sink, in: folded.flod");
  text.replace(text.find("memory: 1MB"), 11, "memory: 10B");
  const std::string found = mistakes(registry_of_mistakes(), text);
  CAPTURE(found);
  CHECK(count_of(found, ": error: ") == 2);
  CHECK(found.find("one step of `train`") != std::string::npos);
}

TEST_CASE("mistakes: too little memory is told once") {
  const std::string text = said_with("memory: 1MB", "memory: 10B");
  CAPTURE(text);
  CHECK(count_of(text, ": error: ") == 1);
  CHECK(text.find("`memory` leaves 10 B for it") != std::string::npos);
}

TEST_CASE("mistakes: a type that is nearly one hides nothing of what else is wrong in its text") {
  const std::string node = said_with("again: {uses: added, in: {number: added}, with: {by: 3}}",
                                     "again: {uses: toy.multipyl, in: {numbers: folded}, with: {weight: wieght, heigth: 3}, lane: gpu}");
  CAPTURE(node);
  CHECK(count_of(node, ": error: ") == 4);
  CHECK(node.find("no node type is called `toy.multipyl`") != std::string::npos);
  CHECK(node.find("`again` uses `wieght`, but no resource has that name") != std::string::npos);
  CHECK(node.find("`again` (toy.multiply) has no parameter `heigth`") != std::string::npos);
  CHECK(node.find("no lane is called `gpu`") != std::string::npos);
  const std::string resource = said_with("  second: {uses: toy.weight}", "  second: {uses: test.chian, with: {next: thrid, nxt: 1}}");
  CAPTURE(resource);
  CHECK(count_of(resource, ": error: ") == 3);
  CHECK(resource.find("no resource type is called `test.chian`") != std::string::npos);
  CHECK(resource.find("`second` uses `thrid`, but no resource has that name") != std::string::npos);
  CHECK(resource.find("`second` (test.chain) has no parameter `nxt`") != std::string::npos);
  // Of a type that is like no other nothing more is known.
  const std::string other = said_with("  second: {uses: toy.weight}", "  second: {uses: something.else, with: {next: thrid, nxt: 1}}");
  CAPTURE(other);
  CHECK(count_of(other, ": error: ") == 1);
}

TEST_CASE("mistakes: a phase of another kind under `plan.train` is told alone") {
  const std::string kind = said_with("  train:\n    nodes:", "  train:\n    kind: validate\n    nodes:");
  CAPTURE(kind);
  CHECK(count_of(kind, ": error: ") == 1);
  CHECK(kind.find("the phase `train` is of kind `validate`") != std::string::npos);
  const std::string phase = said_with("phase: train, steps: 5", "phase: validate, steps: 5");
  CAPTURE(phase);
  CHECK(count_of(phase, ": error: ") == 1);
  CHECK(phase.find("the phase `validate` is of kind `validate`") != std::string::npos);
  const std::string word =
      said_with("{phase: train, steps: 5, validate: every epoch, keep: {best: validate.folded/fold.fold}}", "validate");
  CAPTURE(word);
  CHECK(count_of(word, ": error: ") == 1);
  CHECK(word.find("`plan.train` must be a map, found the text `validate`") != std::string::npos);
}

TEST_CASE("mistakes: one in a template or in a phase that others are like is told once") {
  const std::string graph = R"(leat: 1
templates:
  t:
    inputs: [number]
    outputs: {sum: pair}
    nodes:
      add: {uses: toy.add, in: number, with: {by: x, yb: 1}}
      add_too: {uses: toy.ad, in: number, lane: gpu}
      pass: {uses: toy.pass, in: adds}
      pair: {uses: toy.pair, in: {first: pass}}
phases:
  first:
    kind: test
    wiehgts: last
    nodes:
      count: {uses: toy.count, with: {length: 0, batch: 2}}
      learn: {uses: toy.sum, in: coutn, wiht: {}}
      one: {uses: t, in: count}
      two: {uses: t, in: one.sum}
      outer: {uses: t, in: learn}
  second: {like: first}
  third: {like: first, kind: validate}
  predict: {like: first}
plan: {then: [first, second, third]}
)";
  const std::string text = mistakes(registry_of_mistakes(), graph);
  CAPTURE(text);
  for (const std::string words : {"must be a whole number, found the text `x`", "has no parameter `yb`", "no node type is called `toy.ad`",
                                  "no lane is called `gpu`", "`one/pass` reads `one/adds`, but no node of `first` has that name",
                                  "`second` of `one/pair` (toy.pair) is not connected", "has no key `wiehgts`", "has no key `wiht`",
                                  "`learn` reads `coutn`, but no node of `first`", "`count` never ends, but `first` ends"})
    CHECK_MESSAGE(count_of(text, words) == 1, words);
  CHECK(count_of(text, ": error: ") == 10);
}

TEST_CASE("shapes: two sizes that a node leaves open need not be the same") {
  Registry registry = toy_registry();
  detail::register_type<GivesAnySize>(registry, "test.gives_any_size", "Gives what it likes.");
  detail::register_type<WantRows<6>>(registry, "test.want_6", "Wants 6 x 3.");
  CHECK(mistakes(registry,
                 "leat: 1\nphases:\n  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 8, batch: 4}}\n"
                 "      any: {uses: test.gives_any_size, in: count}\n      six: {uses: test.want_6, in: any}\n"
                 "plan: {then: [test]}\n") == "");
}

TEST_CASE("mistakes: a parameter is read however its dots are spelt, and refused where it is given twice") {
  const auto said = [](const std::string& with) {
    return mistakes(registry_of_mistakes(), "leat: 1\nphases:\n  test:\n    nodes:\n      a: {uses: test.dotted, with: {" + with +
                                                "}}\n      b: {uses: toy.sink, in: a}\nplan: {then: [test]}\n");
  };
  for (const std::string with : {"count.of.all: 7", "count: {of: {all: 7}}", "count.of: {all: 7}", "count: {of.all: 7}"})
    CHECK(said(with) == "");
  for (const std::string with : {"count: {of: {all: 7}}, count.of.all: 7", "count.of: {all: 7}, count: {of.all: 8}"}) {
    const std::string text = said(with);
    CAPTURE(text);
    CHECK(count_of(text, ": error: ") == 1);
    CHECK(text.find("`count.of.all` of `a` (test.dotted) is given a second time, under another spelling") != std::string::npos);
  }
}

TEST_CASE("mistakes: what goes through a template and nobody reads is looked at") {
  const auto said = [](const std::string& templates, const std::string& nodes, const std::string& head = "") {
    return mistakes(registry_of_mistakes(),
                    "leat: 1\n" + head + "templates:\n" + templates +
                        "phases:\n  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 3, batch: 2}}\n" + nodes +
                        "plan: {then: [test]}\n");
  };
  const std::string good = "  t: {inputs: [number], outputs: {sum: add}, nodes: {add: {uses: toy.add, in: number}}}\n";
  const auto check_one = [](const std::string& text, const std::string& words) {
    CAPTURE(text);
    CHECK(count_of(text, ": error: ") == 1);
    CHECK_MESSAGE(text.find(words) != std::string::npos, words);
  };
  const std::string use = "      t: {uses: t, in: count}\n";
  CHECK(said(good, use) == "");
  // An output, whether or not anybody reads it.
  const std::string read = "      more: {uses: toy.pass, in: t.sum}\n      again: {uses: toy.pass, in: t.sum}\n";
  for (const std::string& readers : {std::string(), read}) {
    check_one(said("  t: {inputs: [number], outputs: {sum: ad}, nodes: {add: {uses: toy.add, in: number}}}\n", use + readers),
              "g.yaml:3:40: error: output `sum` of template `t` reads `t/ad`, but no node of `test` has that name");
    check_one(said("  t: {inputs: [number], outputs: {sum: add.smu}, nodes: {add: {uses: toy.add, in: number}}}\n", use + readers),
              "g.yaml:3:40: error: `t/add` (toy.add) has no output `smu`");
    check_one(said(good + "  u: {inputs: [number], outputs: {sum: inner.smu}, nodes: {inner: {uses: t, in: number}}}\n",
                   "      t: {uses: u, in: count}\n" + readers),
              "g.yaml:4:40: error: `t/inner`, an instance of template `t`, has no output `smu`");
  }
  // An input that the template does not use.
  check_one(said("  t: {inputs: [number], outputs: {}, nodes: {add: {uses: toy.count, with: {length: 3, batch: 2}}}}\n",
                 "      t: {uses: t, in: cuont}\n"),
            "error: input `number` of `t` reads `cuont`, but no node of `test` has that name");
}

TEST_CASE("mistakes: a template that nobody uses is checked as far as it is known") {
  const auto said = [](const std::string& templates) {
    return mistakes(registry_of_mistakes(),
                    "leat: 1\nparams: {size: 2}\nresources:\n  weight: {uses: toy.weight}\ntemplates:\n" + templates +
                        "phases:\n  test:\n    nodes:\n      count: {uses: toy.count, with: {length: 3, batch: 2}}\n"
                        "      sink: {uses: toy.sink, in: count}\nplan: {then: [test]}\n");
  };
  CHECK(said("  t: {params: {by: {doc: It.}, more: 1}, inputs: [number, other], outputs: {o: sum, p: other, q: pair.pair}, nodes: {\n"
             "    add: {uses: toy.add, in: number, with: {by: '${by}'}}, sum: {uses: toy.sum, in: add},\n"
             "    one: {uses: test.refuse_shape, in: sum},\n"
             "    pair: {uses: toy.pair, in: {first: add, second: other}}, end: {uses: toy.add, in: count, with: {by: '${size}'}},\n"
             "    count: {uses: toy.count, with: {length: 0, batch: 2}}}}\n") == "");
  const std::string text = said(R"(  t:
    params: {by: {doc: It.}, more: {value: 9, range: [1, 5]}}
    inputs: [number, other]
    outputs: {o: sum.smu, p: other, q: nothing}
    nodes:
      add: {uses: toy.add, in: nubmer, with: {yb: 1, by: '${by}'}}
      sum: {uses: toy.sum, in: add}
      pair: {uses: toy.pair, in: {first: number}}
      odd: {uses: toy.odd, in: number}
      multiply: {uses: toy.multiply, in: {numbers: number}, with: {weight: wieght}}
      inner: {uses: u, in: {x: number}, with: {n: '${size}', m: '${szie}'}}
  u: {params: {n: 1}, inputs: [x], nodes: {add: {uses: toy.add, in: x, with: {by: '${n}', ba: 1}}}}
)");
  CAPTURE(text);
  for (const std::string words :
       {"`more` is 9; the range is 1..5", "`t/sum` (toy.sum) has no output `smu`", "output `q` of template `t` reads `t/nothing`",
        "reads `t/nubmer`, but no node of `t` has that name", "has no parameter `yb`", "`second` of `t/pair` (toy.pair) is not connected",
        "no node type is called `toy.odd`", "uses `wieght`, but no resource", "has no parameter `m`", "there is no parameter `szie`",
        "has no parameter `ba`"})
    CHECK_MESSAGE(count_of(text, words) == 1, words);
  CHECK(count_of(text, ": error: ") == 11);
}

TEST_CASE("mistakes: what is to be removed and is not there hides nothing else") {
  const TemporaryFolder folder;
  put(folder / "base.yaml",
      "leat: 1\nphases: {test: {nodes: {count: {uses: toy.count, with: {length: 3, batch: 2}}, sink: {uses: toy.sink, in: count}}}}\nplan: "
      "{then: [test]}\n");
  put(folder / "g.yaml", "leat: 1\nextends: base.yaml\nphases: {test: {nodes: {cuont: null, sink: {in: none}}}}\n");
  Diagnostics diagnostics;
  const GraphDescription graph = read_graph(folder / "g.yaml", {}, diagnostics);
  (void)Program::build(graph, registry_of_mistakes(), {}, diagnostics);
  const std::string text = diagnostics.str();
  CAPTURE(text);
  CHECK(count_of(text, ": error: ") == 2);
  CHECK(text.find("`cuont` is removed here") != std::string::npos);
  CHECK(text.find("`sink` reads `none`") != std::string::npos);
}

TEST_CASE("mistakes: a graph need not use all templates of the one that it extends") {
  const TemporaryFolder folder;
  put(folder / "base.yaml",
      "leat: 1\nresources: {weight: {uses: toy.weight}}\ntemplates: {t: {nodes: {m: {uses: toy.multiply, with: {weight: weight}}}}}\n"
      "phases: {test: {nodes: {t: {uses: t}}}}\nplan: {then: [test]}\n");
  put(folder / "g.yaml",
      "leat: 1\nextends: base.yaml\nresources: {weight: null}\nphases: {test: {nodes: {t: null, count: {uses: toy.count, with: {length: 3, "
      "batch: 2}}, sink: {uses: toy.sink, in: count}}}}\n");
  Diagnostics diagnostics;
  const GraphDescription graph = read_graph(folder / "g.yaml", {}, diagnostics);
  (void)Program::build(graph, registry_of_mistakes(), {}, diagnostics);
  CHECK(diagnostics.str() == "");
}
