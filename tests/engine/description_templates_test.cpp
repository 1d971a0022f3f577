#include "leat/description.h"

#include "support/doctest.h"
#include "support/graph_text.h"

using namespace leat;
using leat::test::brief;

namespace {

/// A graph with these templates (from line 3 on) and these nodes in one phase, on the line after them.
std::string graph_text(const std::string& templates, const std::string& nodes) {
  return "leat: 1\ntemplates:\n" + templates + "phases: {predict: {nodes: {" + nodes + "}}}\nparams: {n: 7}\nplan: {then: [predict]}\n";
}

std::string mistakes(const std::string& templates, const std::string& nodes) {
  Diagnostics diagnostics;
  (void)read_graph_text(graph_text(templates, nodes), "g.yaml", "/graphs", {}, diagnostics);
  return brief(diagnostics);
}

/// Each node as `name type(inputs) {with}`.
std::string expanded(const std::string& templates, const std::string& nodes) {
  Diagnostics diagnostics;
  const GraphDescription graph = read_graph_text(graph_text(templates, nodes), "g.yaml", "/graphs", {}, diagnostics);
  CHECK(brief(diagnostics) == "");
  std::string out;
  for (const NodeText& node : graph.phases.at(0).nodes) {
    out += node.name + " " + node.uses.text + "(";
    for (std::size_t k = 0; k < node.in.size(); ++k) {
      const InputText& input = node.in[k];
      out += (k > 0 ? ", " : "") + input.port + (input.member.empty() ? "" : "." + input.member) + "=" + input.from.node +
             (input.from.port.empty() ? "" : ":" + input.from.port);
    }
    out += ")";
    for (const Tree::Entry& entry : node.with.entries) out += " " + entry.key + "=" + entry.value.scalar;
    out += "\n";
  }
  return out;
}

const std::string strong =
    "  strong:\n"
    "    inputs: [image, extra]\n"
    "    outputs: {out: last.image, raw: image}\n"
    "    params: {least: 2, most: {value: '${least}', range: [1, 9]}}\n"
    "    nodes:\n"
    "      pick: {uses: a.pick, in: {image: image, more: {x: extra, y: image}}, with: {least: '${least}', most: '${most}', n: '${n}'}}\n"
    "      last: {uses: a.last, in: pick.image}\n";

}  // namespace

TEST_CASE("templates: an instance becomes its nodes, with inputs, outputs and parameters bound") {
  CHECK(expanded(strong,
                 "src: {uses: io.images}, s: {uses: strong, in: {image: src.image, extra: src}, with: {least: '${n}'}}, "
                 "use: {uses: x.y, in: {a: s.out, b: s.raw}}") ==
        "src io.images()\n"
        "s/pick a.pick(image=src:image, more.x=src, more.y=src:image) least=7 most=7 n=7\n"
        "s/last a.last(=s/pick:image)\n"
        "use x.y(a=s/last:image, b=src:image)\n");
}

TEST_CASE("templates: an instance may be referred to before it stands, and by a port of its input") {
  const std::string one =
      "  t:\n    inputs: [source]\n    outputs: {o: n.o}\n    nodes: {n: {uses: a.b, in: {x: source.image, y: source.mask}}}\n";
  CHECK(expanded(one, "use: {uses: x.y, in: s}, s: {uses: t, in: src}, src: {uses: io.images}") ==
        "use x.y(=s/n:o)\ns/n a.b(x=src:image, y=src:mask)\nsrc io.images()\n");
}

TEST_CASE("templates: may use templates, and a parameter of theirs hides the graph's") {
  const std::string nested =
      "  inner: {inputs: [i], outputs: {o: a.o}, params: {n: 1}, nodes: {a: {uses: x.a, in: i, with: {n: '${n}'}}}}\n"
      "  outer:\n"
      "    inputs: [i]\n"
      "    outputs: {o: second.o}\n"
      "    params: {k: '${n}'}\n"
      "    nodes:\n"
      "      first: {uses: inner, in: i, with: {n: '${k}'}}\n"
      "      second: {uses: inner, in: {i: first}}\n"
      "      side: {uses: x.side, in: second, with: {n: '${n}'}}\n";
  CHECK(expanded(
            nested,
            "s: {uses: x.s}, one: {uses: outer, in: {i: s.p}}, two: {uses: outer, in: one.o, with: {k: 5}}, end: {uses: x.e, in: two}") ==
        "s x.s()\n"
        "one/first/a x.a(=s:p) n=7\n"
        "one/second/a x.a(=one/first/a:o) n=1\n"
        "one/side x.side(=one/second/a:o) n=7\n"
        "two/first/a x.a(=one/second/a:o) n=5\n"
        "two/second/a x.a(=two/first/a:o) n=1\n"
        "two/side x.side(=two/second/a:o) n=7\n"
        "end x.e(=two/second/a:o)\n");
}

TEST_CASE("templates: the expanded text resolves to itself") {
  Diagnostics diagnostics;
  const GraphDescription graph =
      read_graph_text(graph_text(strong, "src: {uses: io.images}, s: {uses: strong, in: {image: src.image, extra: src}}"), "g.yaml",
                      "/graphs", {}, diagnostics);
  const GraphDescription again = read_graph_text(graph.resolved, "graph.yaml", "/graphs", {}, diagnostics);
  CHECK(brief(diagnostics) == "");
  CHECK(test::same_description(again) == test::same_description(graph));
  CHECK(again.resolved == graph.resolved);
}

TEST_CASE("templates: places point to the template's text, those of bound inputs to the instance") {
  Diagnostics diagnostics;
  const GraphDescription graph =
      read_graph_text(graph_text("  t: {inputs: [i], nodes: {n: {uses: a.b, in: {x: i}}}}\n", "s: {uses: x.s}, q: {uses: t, in: {i: s.o}}"),
                      "g.yaml", "/graphs", {}, diagnostics);
  const NodeText& node = graph.phases.at(0).nodes.at(1);
  CHECK(node.place.str() == "g.yaml:3:28");
  CHECK(node.in.at(0).place.str() == "g.yaml:3:48");
  CHECK(node.in.at(0).from.place.str() == "g.yaml:4:65");
}

TEST_CASE("templates: mistakes in a template") {
  CHECK(mistakes("  t: {inputs: [a, a, 'b c', n], outputs: {o: [1]}, nods: {}, nodes: {n: {uses: x.y}}}\n  'u v': {}\n  w: {inputs: {}}\n",
                 "a: {uses: x.y}") ==
        "g.yaml:3:19: error: `a` is an input of template `t` already\n  note: g.yaml:3:16: the first is here\n"
        "g.yaml:3:22: error: `b c` is not a valid name for a template's input (names are letters, digits, `_` and `-`)\n"
        "g.yaml:3:46: error: output `o` of template `t` must be `node.port` or `node`, found a list of 1\n"
        "g.yaml:3:52: error: template `t` has no key `nods` (did you mean `nodes`?)\n"
        "g.yaml:3:70: error: `n` is a node and an input of template `t`\n  note: g.yaml:3:29: the input is here\n"
        "g.yaml:4:3: error: `u v` is not a valid name for a template (names are letters, digits, `_` and `-`)\n"
        "g.yaml:5:3: error: template `w` has no `nodes` (`nodes: {name: {uses: …}}`)\n"
        "g.yaml:5:15: error: `inputs` of template `w` must be a list of names, found an empty map\n");
}

TEST_CASE("templates: mistakes in an instance") {
  const std::string what = "`s`, an instance of template `strong`,";
  CHECK(mistakes(strong, "s: {uses: strong, in: {image: a, imgae: b}, with: {leest: 1, most: 10}, prefetch: 3}") ==
        "g.yaml:10:28: error: " + what +
            " needs the input `extra` (`in: {extra: node.port}`)\n  note: g.yaml:4:21: the template declares it here\n" +
            "g.yaml:10:61: error: " + what + " has no input `imgae` (did you mean `image`?)\n" + "g.yaml:10:79: error: " + what +
            " has no parameter `leest` (did you mean `least`?)\n" + "g.yaml:10:95: error: `most` is 10; the range is 1..9\n" +
            "g.yaml:10:100: error: " + what + " has no key `prefetch` (valid names are `uses`, `in` and `with`)\n");
  CHECK(mistakes(strong, "s: {uses: strong, in: a.b}") == "g.yaml:10:50: error: " + what + " has 2 inputs (`in: {input: node.port}`)\n");
  CHECK(mistakes(strong, "s: {uses: strong, in: {image: {x: a}, extra: b}}") ==
        "g.yaml:10:59: error: input `image` of " + what + " takes one `node.port`\n");
  CHECK(mistakes(strong, "a: {uses: x.y}, s: {uses: strong, in: {image: a, extra: a}}, b: {uses: x.y, in: {p: s, q: s.otu}}") ==
        "g.yaml:10:112: error: " + what + " has 2 outputs (name one of `out` and `raw`)\n" + "g.yaml:10:118: error: " + what +
            " has no output `otu` (did you mean `out`?)\n");
  CHECK(mistakes(strong, "a: {uses: storng}") == "g.yaml:10:38: error: there is no template `storng` (did you mean `strong`?)\n");
  CHECK(mistakes("  t: {inputs: [i], nodes: {n: {uses: x.y, in: i.port}}}\n", "s: {uses: t, in: a.b}") ==
        "g.yaml:3:47: error: input `i` of `s`, an instance of template `t`, has no ports (it is `a.b`, one value)\n");
  CHECK(mistakes("  t: {params: {p: {doc: needed}}, nodes: {n: {uses: x.y, with: {p: '${p}'}}}}\n", "s: {uses: t}") ==
        "g.yaml:4:28: error: the parameter `p` has no value (give it in the `with` of the instance)\n");
  CHECK(mistakes("  t: {nodes: {n: {uses: x.y}}}\n", "s: {uses: t}, s/n: {uses: x.y}") ==
        "g.yaml:4:42: error: there is a node `s/n` already\n  note: g.yaml:3:15: the first is here\n");
}

TEST_CASE("templates: a mistake in a template is told once for all its instances") {
  CHECK(mistakes("  t: {nodes: {n: {uses: x.y, with: {p: '${nn}'}, on_error: no}}}\n", "a: {uses: t}, b: {uses: t}, c: {uses: t}") ==
        "g.yaml:3:40: error: there is no parameter `nn` (did you mean `n`?)\n"
        "g.yaml:3:60: error: `on_error` of node `n` cannot be `no` (valid names are `stop` and `skip`)\n");
}

TEST_CASE("templates: that stand inside of themselves are refused with their path") {
  CHECK(mistakes("  a: {nodes: {x: {uses: b}}}\n  b: {nodes: {y: {uses: a}}}\n", "s: {uses: a}") ==
        "g.yaml:4:25: error: `a` uses `b` uses `a` (a template cannot contain itself)\n");
  CHECK(mistakes("  t: {inputs: [i], outputs: {o: i}, nodes: {}}\n", "s: {uses: t, in: s.o}, e: {uses: x.y, in: s}") ==
        "g.yaml:3:33: error: an output of `s` leads back to its own input\n");
}

TEST_CASE("templates: cannot make a small text too large") {
  std::string templates = "  t0: {nodes: {a: {uses: x.y}, b: {uses: x.y}}}\n";
  for (int k = 1; k < 40; ++k) {
    const std::string before = "t" + std::to_string(k - 1);
    templates += "  t" + std::to_string(k) + ": {nodes: {a: {uses: " + before + "}, b: {uses: " + before + "}}}\n";
  }
  CHECK(
      mistakes(templates, "s: {uses: t39}") ==
      "g.yaml:1:1: error: parameters and templates make the graph too large (a parameter or a template repeats another one many times)\n");
}
