#include "leat/description.h"

#include "support/doctest.h"
#include "support/graph_text.h"

using namespace leat;
using leat::TemporaryFolder;
using leat::test::brief;
using leat::test::params_of;

namespace {

/// A graph with these parameters (from line 3 on) and one node with this `with` (on the line `phases`).
std::string graph_text(const std::string& params, const std::string& with = "{}") {
  return "leat: 1\nparams:\n" + params + "phases: {predict: {nodes: {a: {uses: io.images, with: " + with +
         "}}}}\nplan: {then: [predict]}\n";
}

GraphDescription good(const std::string& yaml, const std::vector<Setting>& settings = {}) {
  Diagnostics diagnostics;
  GraphDescription graph = read_graph_text(yaml, "g.yaml", "/graphs", settings, diagnostics);
  CHECK(brief(diagnostics) == "");
  return graph;
}

std::string mistakes(const std::string& yaml, const std::vector<Setting>& settings = {}) {
  Diagnostics diagnostics;
  (void)read_graph_text(yaml, "g.yaml", "/graphs", settings, diagnostics);
  return brief(diagnostics);
}

Tree with_of(const std::string& params, const std::string& with, const std::vector<Setting>& settings = {}) {
  const GraphDescription graph = good(graph_text(params, with), settings);
  return graph.phases.at(0).nodes.at(0).with;
}

}  // namespace

TEST_CASE("substitution: a reference alone takes the value with its kind, inside of a text its words") {
  const Tree with = with_of("  n: 256\n  list: [a, {b: 2}]\n  text: '12'\n  map: {value: {k: v}}\n  nothing: null\n",
                            "{a: '${n}', b: 'x${n}-${text}y', c: '${list}', d: '${text}', e: '${map}', f: '${nothing}', g: ['${n}']}");
  CHECK(with.find("a")->scalar == "256");
  CHECK_FALSE(with.find("a")->is_quoted);
  CHECK(with.find("b")->scalar == "x256-12y");
  CHECK(with.find("b")->is_quoted);
  CHECK(with.find("c")->items.at(1).find("b")->scalar == "2");
  CHECK(with.find("d")->is_quoted);
  CHECK(with.find("e")->find("k")->scalar == "v");
  CHECK(with.find("f")->is_null());
  CHECK(with.find("g")->items.at(0).scalar == "256");
}

TEST_CASE("substitution: the value stands at the place of the reference") {
  const Tree with = with_of("  n: 256\n", "{a: '${n}'}");
  CHECK(with.find("a")->place.str() == "g.yaml:4:59");
}

TEST_CASE("substitution: a parameter may refer to those above it") {
  const Tree with =
      with_of("  root: /data\n  chex: ${root}/chex\n  train: ${chex}/train\n", "{a: '${train}', b: '${chex}'}", {{"root", "/other"}});
  CHECK(with.find("a")->scalar == "/other/chex/train");
  CHECK(mistakes(graph_text("  a: ${b}\n  b: 1\n", "{x: '${a}'}")) == "g.yaml:3:6: error: there is no parameter `b`\n");
}

TEST_CASE("substitution: a path starts from where the parameter was written") {
  const std::string here = std::filesystem::current_path().string();
  const std::string params = "  data: ../data\n  chex: ${data}/chex\n  name: x\n";
  const std::string with = "{a: '${data}', b: '${data}/y', c: 'y/${data}', d: '${chex}'}";
  Tree tree = with_of(params, with);
  for (const Tree::Entry& entry : tree.entries) CHECK(entry.value.directory == "/graphs");
  tree = with_of(params, with, {{"data", "data"}});
  CHECK(tree.find("a")->directory == here);
  CHECK(tree.find("b")->directory == here);
  CHECK(tree.find("b")->scalar == "data/y");
  CHECK(tree.find("c")->directory == "/graphs");
  CHECK(tree.find("d")->directory == here);
}

TEST_CASE("substitution: mistakes") {
  CHECK(mistakes(graph_text("  size: 1\n  list: [1]\n", "{a: '${siez}', b: 'x${list}', c: 'x${size', d: '${}'}")) ==
        "g.yaml:5:59: error: there is no parameter `siez` (did you mean `size`?)\n"
        "g.yaml:5:73: error: `${list}` is a list of 1, which cannot be inserted into a text\n"
        "g.yaml:5:88: error: `${` without a `}` in the text `x${size` (`${name}` inserts a parameter)\n"
        "g.yaml:5:102: error: there is no parameter `` (valid names are `list` and `size`)\n");
}

TEST_CASE("substitution: what cannot be made is told once, not again by its reader") {
  CHECK(mistakes("leat: 1\nphases: {train: {prefetch: '${n}', nodes: {a: {uses: x.y, in: '${n}.x'}}}}\nplan: {train: {phase: train, steps: "
                 "'${n}'}}\n") ==
        "g.yaml:2:28: error: there is no parameter `n`\n"
        "g.yaml:2:63: error: there is no parameter `n`\n"
        "g.yaml:3:37: error: there is no parameter `n`\n");
  CHECK(mistakes(graph_text("  n: {value: 5, range: [1, 2]}\n", "{a: '${n}'}")) == "g.yaml:3:14: error: `n` is 5; the range is 1..2\n");
}

TEST_CASE("parameters of a graph: declarations") {
  CHECK(mistakes(graph_text(
            "  a: {value: 1, range: [1]}\n  b: {value: 1, range: [2, 1]}\n  c: {value: 1, multiple_of: 0}\n  d: {value: x, range: [1, 2]}\n"
            "  e: {doc: Folder}\n  f g: 1\n  h: {value: 1, doc: [x]}\n  i: {valeu: 1}\n")) ==
        "g.yaml:3:24: error: `range` of parameter `a` must be two numbers, found a list of 1 (`range: [lowest, highest]`)\n"
        "g.yaml:4:24: error: `range` of parameter `b` must be two numbers, the lower one first, found a list of 2\n"
        "g.yaml:5:30: error: `multiple_of` of parameter `c` must be a whole number of at least 1, found the number `0`\n"
        "g.yaml:6:14: error: parameter `d` has a range or `multiple_of` and must be a number, found the text `x`\n"
        "g.yaml:7:3: error: the parameter `e` has no value (give it one here, or with --set e=…)\n"
        "g.yaml:8:3: error: `f g` is not a valid name for a parameter (names are letters, digits, `_` and `-`)\n"
        "g.yaml:9:22: error: `doc` of parameter `h` must be a text, found a list of 1\n"
        "g.yaml:10:3: error: the parameter `i` has no value (give it one here, or with --set i=…)\n"
        "g.yaml:10:7: error: parameter `i` has no key `valeu` (did you mean `value`?)\n");
}

TEST_CASE("parameters: what they are and what they may be") {
  const GraphDescription graph = good(
      graph_text("  size: {value: 64, doc: Its side., range: [32, 1e3], multiple_of: 32}\n  fit: {value: pad, one_of: [pad, squash]}\n",
                 "{a: '${size}', b: '${fit}'}"));
  REQUIRE(graph.params.size() == 2);
  CHECK(graph.params[0].doc == "Its side.");
  CHECK(graph.params[0].allowed == "32..1e3, a multiple of 32");
  CHECK(graph.params[1].doc.empty());
  CHECK(graph.params[1].allowed == "one of pad, squash");
}

TEST_CASE("parameters: words beside a list or a map may stand in its place, and other lists and maps too") {
  const std::string params = "  shares: {value: {x: 0.3, y: 0.7}, one_of: [labels]}\n  list: {value: [1], one_of: [all, none]}\n";
  const std::string uses = "{a: '${shares}', b: '${list}'}";
  const GraphDescription graph = good(graph_text(params, uses));
  CHECK(graph.params[0].allowed == "a map, or one of labels");
  CHECK(graph.params[1].allowed == "a list, or one of all, none");
  CHECK(with_of(params, uses).find("a")->entries.size() == 2);
  const Tree set = with_of(params, uses, {{"shares", "labels"}, {"list", "none"}});
  CHECK(set.find("a")->scalar == "labels");
  CHECK(set.find("b")->scalar == "none");
  CHECK(with_of(params, uses, {{"shares", "{x: 1}"}, {"list", "[2, 3]"}}).find("b")->items.size() == 2);
  const std::string wrong = mistakes(graph_text(params, uses), {{"shares", "label"}});
  CHECK(wrong.find("`shares` must be a map, found the text `label` (did you mean `labels`?)") != std::string::npos);
}

TEST_CASE("--set: replaces a value, the last one counts") {
  const Tree with =
      with_of("  size: {value: 256, range: [64, 1024]}\n  list: [1]\n  needed: {doc: What}\n",
              "{a: '${size}', b: '${list}', c: '${needed}'}", {{"size", "64"}, {"size", "128"}, {"list", "[x, y]"}, {"needed", "a: b"}});
  CHECK(with.find("a")->scalar == "128");
  CHECK(with.find("b")->items.size() == 2);
  CHECK(with.find("c")->find("a")->scalar == "b");
  CHECK(good(graph_text("  size: 1\n", "{a: '${size}'}"), {{"size", "5"}}).params.at(0).value == "5");
}

TEST_CASE("--set: a number goes where fractions are allowed, anything goes where text is") {
  CHECK(with_of("  rate: 0.5\n", "{a: '${rate}'}", {{"rate", "1"}}).find("a")->scalar == "1");
  CHECK(with_of("  text: x\n", "{a: '${text}'}", {{"text", "12"}}).find("a")->scalar == "12");
  CHECK(with_of("  any: null\n", "{a: '${any}'}", {{"any", "[1]"}}).find("a")->is_list());
}

TEST_CASE("--set: mistakes") {
  const std::string graph =
      graph_text("  size: {value: 256, multiple_of: 32, range: [64, 1024]}\n  rate: 1.0\n  flag: true\n  list: [1]\n  text: x\n",
                 "{a: '${size}${rate}${flag}${text}', b: '${list}'}");
  CHECK(mistakes(graph, {{"siez", "1"}}) == "--set siez:1:1: error: the graph has no parameter `siez` (did you mean `size`?)\n");
  CHECK(mistakes(graph, {{"width_of_all", "1"}}) ==
        "--set width_of_all:1:1: error: the graph has no parameter `width_of_all` (valid names are `size`, `rate`, `flag`, `list` and "
        "`text`)\n");
  CHECK(
      mistakes(graph, {{"size", "big"}}) ==
      "--set size:1:1: error: `size` must be a whole number, found the text `big`\n  note: g.yaml:3:17: its default is the number `256`\n");
  CHECK(mistakes(graph, {{"size", "96.5"}}) ==
        "--set size:1:1: error: `size` must be a whole number, found the number `96.5` (a default written as 256.0 allows fractions)\n"
        "  note: g.yaml:3:17: its default is the number `256`\n");
  CHECK(mistakes(graph, {{"size", "2048"}}) == "--set size:1:1: error: `size` is 2048; the range is 64..1024\n");
  CHECK(mistakes(graph, {{"size", "100"}}) == "--set size:1:1: error: `size` is 100, which is not a multiple of 32\n");
  CHECK(mistakes(graph, {{"rate", "fast"}}) ==
        "--set rate:1:1: error: `rate` must be a number, found the text `fast`\n  note: g.yaml:4:9: its default is the number `1.0`\n");
  CHECK(mistakes(graph, {{"flag", "1"}}) ==
        "--set flag:1:1: error: `flag` must be true or false, found the number `1`\n  note: g.yaml:5:9: its default is `true`\n");
  CHECK(mistakes(graph, {{"list", "1"}}) ==
        "--set list:1:1: error: `list` must be a list, found the number `1`\n  note: g.yaml:6:9: its default is a list of 1\n");
  CHECK(mistakes(graph, {{"text", ""}}) ==
        "--set text:1:1: error: `text` must be a text, found nothing (for an empty text: --set 'text=\"\"')\n"
        "  note: g.yaml:7:9: its default is the text `x`\n");
  CHECK(mistakes(graph, {{"text", "\"\""}}) == "");
  CHECK(mistakes(graph, {{"list", ""}}) ==
        "--set list:1:1: error: `list` must be a list, found nothing (for an empty list: --set 'list=[]')\n"
        "  note: g.yaml:6:9: its default is a list of 1\n");
  CHECK(mistakes(graph, {{"list", "[]"}}) == "");
  CHECK(mistakes(graph, {{"rate", ""}}) ==
        "--set rate:1:1: error: `rate` must be a number, found nothing (to keep the default, leave it out)\n"
        "  note: g.yaml:4:9: its default is the number `1.0`\n");
  CHECK(mistakes(graph, {{"list", "[1"}}) ==
        "--set list:1:3: error: invalid YAML: the text ends inside a value\n  note: --set list:1:1: it is opened here\n");
  CHECK(mistakes("leat: 1\nphases: {}\nplan: {then: a}\n", {{"x", "1"}}) ==
        "--set x:1:1: error: the graph has no parameter `x` (it has no parameters)\n");
}

TEST_CASE("--set: a parameter that nothing refers to is warned of") {
  CHECK(mistakes(graph_text("  size: 1\n  used: 1\n", "{a: '${used}'}"), {{"size", "2"}, {"used", "3"}}) ==
        "--set size:1:1: warning: nothing in the graph refers to the parameter `size`\n");
}

TEST_CASE("parameters: cannot make a small text too large") {
  std::string lists = "  a0: [x, x]\n";
  std::string texts = "  a0: xxxxxxxxxxxxxxxx\n";
  std::string nested = "  a0: [x]\n";
  for (int k = 1; k < 80; ++k) {
    const std::string name = "  a" + std::to_string(k) + ": ";
    const std::string before = "${a" + std::to_string(k - 1) + "}";
    lists += name + "['" + before + "', '" + before + "']\n";
    texts += name + "x" + before + before + "\n";
    nested += name + "['" + before + "']\n";
  }
  const std::string expected =
      "g.yaml:1:1: error: parameters and templates make the graph too large (a parameter or a template repeats another one many times)\n";
  CHECK(mistakes(graph_text(lists)) == expected);
  CHECK(mistakes(graph_text(texts)) == expected);
  CHECK(mistakes(graph_text(nested)) == expected);
}

TEST_CASE("extends: merges by name, null removes, a list replaces a list") {
  const TemporaryFolder folder;
  folder.write("parts/base.yaml",
               "leat: 1\n"
               "title: base\n"
               "params:\n"
               "  size: {value: 256, range: [64, 512], doc: Side}\n"
               "  data: ../data\n"
               "  gone: 1\n"
               "  plain: 1\n"
               "resources: {old: {uses: a.b}, kept: {uses: a.b, with: {list: [1, 2, 3], x: 1, path: here}}}\n"
               "phases:\n"
               "  predict: {prefetch: 4, nodes: {a: {uses: io.images, with: {size: '${size}', data: '${data}', plain: '${plain}'}}, b: "
               "{uses: x.y}}}\n"
               "  test: {nodes: {}}\n"
               "plan: {then: [test]}\n");
  const auto file = folder.write("g.yaml",
                                 "leat: 1\n"
                                 "extends: parts/base.yaml\n"
                                 "params: {size: 128, gone: null, plain: {range: [0, 9]}, fresh: 2}\n"
                                 "resources: {old: null, kept: {with: {list: [4], y: 2}}}\n"
                                 "phases:\n"
                                 "  test: null\n"
                                 "  predict: {nodes: {b: null, c: {uses: x.z, with: {n: '${fresh}'}}}}\n"
                                 "plan: {then: [predict]}\n");
  Diagnostics diagnostics;
  const GraphDescription graph = read_graph(file, {}, diagnostics);
  CHECK(brief(diagnostics) == "");
  CHECK(graph.title == "base");
  CHECK(params_of(graph) == "size=128(64..512) data=../data() plain=1(0..9) fresh=2() ");
  REQUIRE(graph.resources.size() == 1);
  const ComponentText& kept = graph.resources[0];
  CHECK(kept.with.find("list")->items.size() == 1);
  CHECK(kept.with.find("x")->scalar == "1");
  CHECK(kept.with.find("y")->scalar == "2");
  CHECK(kept.place.str() == (folder.path() / "parts/base.yaml").string() + ":8:31");
  CHECK(kept.with.find("y")->place.str() == file.string() + ":4:52");
  CHECK(kept.with.find("path")->directory == folder.path() / "parts");
  REQUIRE(graph.phases.size() == 1);
  CHECK(graph.phases[0].prefetch == 4);
  REQUIRE(graph.phases[0].nodes.size() == 2);
  CHECK(graph.phases[0].nodes[0].with.find("size")->scalar == "128");
  CHECK(graph.phases[0].nodes[0].with.find("data")->directory == folder.path() / "parts");
  CHECK(graph.phases[0].nodes[1].name == "c");
  CHECK(graph.plan.then.at(0).text == "predict");

  Diagnostics of_range;
  (void)read_graph(file, {{"size", "1024"}}, of_range);
  CHECK(brief(of_range) == "--set size:1:1: error: `size` is 1024; the range is 64..512\n");
}

TEST_CASE("extends: mistakes keep the place of the file they stand in") {
  const TemporaryFolder folder;
  folder.write("base.yaml", "leat: 1\nphases:\n  test: {nods: {}}\nparams: {size: {value: 256, multiple_of: 32}}\n");
  const auto file = folder.write("g.yaml", "leat: 1\nextends: base.yaml\nparams: {size: 100}\n");
  Diagnostics diagnostics;
  (void)read_graph(file, {}, diagnostics);
  const std::string base = (folder.path() / "base.yaml").string();
  CHECK(brief(diagnostics) == base + ":3:10: error: phase `test` has no key `nods` (did you mean `nodes`?)\n" + file.string() +
                                  ":3:16: error: `size` is 100, which is not a multiple of 32\n");
}

TEST_CASE("extends: goes over several files, and in a circle is refused") {
  const TemporaryFolder folder;
  folder.write("c.yaml", "leat: 1\ntitle: c\nphases: {test: {nodes: {}}}\nplan: {then: test}\n");
  folder.write("sub/b.yaml", "leat: 1\nextends: ../c.yaml\n");
  const auto file = folder.write("a.yaml", "leat: 1\nextends: sub/b.yaml\n");
  Diagnostics diagnostics;
  CHECK(read_graph(file, {}, diagnostics).title == "c");
  CHECK(brief(diagnostics) == "");

  folder.write("c.yaml", "leat: 1\nextends: sub/../sub/b.yaml\n");
  Diagnostics circle;
  (void)read_graph(file, {}, circle);
  const std::string b = (folder.path() / "sub/b.yaml").string();
  const std::string c = (folder.path() / "c.yaml").string();
  CHECK(brief(circle) == c + ":2:10: error: `" + b + "` extends `" + c + "` extends `" + b + "` (a graph cannot extend itself)\n");

  folder.write("self.yaml", "leat: 1\nextends: self.yaml\n");
  Diagnostics self;
  (void)read_graph(folder.path() / "self.yaml", {}, self);
  const std::string name = (folder.path() / "self.yaml").string();
  CHECK(brief(self) == name + ":2:10: error: `" + name + "` extends `" + name + "` (a graph cannot extend itself)\n");
}

TEST_CASE("extends: a base that is missing, no path or no graph is refused") {
  const TemporaryFolder folder;
  const auto told = [&folder](const std::string& extends) {
    const auto file = folder.write("g.yaml", "leat: 1\nextends: " + extends + "\n");
    Diagnostics diagnostics;
    (void)read_graph_text("leat: 1\nextends: " + extends + "\n", "graphs/g.yaml", folder.path(), {}, diagnostics);
    return brief(diagnostics);
  };
  folder.write("list.yaml", "[1]\n");
  folder.write("old.yaml", "leat: 0\nphases: {}\n");
  CHECK(told("no.yaml") == "graphs/g.yaml:2:10: error: cannot read `graphs/no.yaml`: No such file or directory\n");
  CHECK(told(".") == "graphs/g.yaml:2:10: error: cannot read `graphs/`: it is a folder\n");
  CHECK(told("[a]") == "graphs/g.yaml:2:10: error: `extends` must be the path of a graph, or `leat:parts`, found a list of 1\n");
  CHECK(told("list.yaml") == "graphs/list.yaml:1:1: error: a graph must be a map, found a list of 1 (begin it with `leat: 1`)\n");
  CHECK(
      told("old.yaml") ==
      "graphs/old.yaml:1:7: error: `leat` must be the version of the graph's language, found the number `0` (this Leat reads version 1)\n");
}
