#include "leat/read_tree.h"

#include <functional>

#include "support/doctest.h"
#include "support/graph_text.h"

using namespace leat;
using leat::test::brief;

namespace {

Tree read(const std::string& yaml, Diagnostics& diagnostics) { return read_tree(source_text("g.yaml", "/graphs", yaml), diagnostics); }

Tree good(const std::string& yaml) {
  Diagnostics diagnostics;
  Tree tree = read(yaml, diagnostics);
  CHECK(brief(diagnostics) == "");
  return tree;
}

std::string mistakes(const std::string& yaml) {
  Diagnostics diagnostics;
  (void)read(yaml, diagnostics);
  return brief(diagnostics);
}

/// `line:column kind text` of every value and key, indented.
std::string outline(const Tree& tree, int indent = 0) {
  const auto at = [](const Place& place) { return std::to_string(place.line) + ":" + std::to_string(place.column) + " "; };
  std::string out =
      std::string(static_cast<std::size_t>(indent), ' ') + at(tree.place) + tree.describe() + (tree.is_quoted ? " quoted" : "") + "\n";
  for (const Tree& item : tree.items) out += outline(item, indent + 2);
  for (const Tree::Entry& entry : tree.entries)
    out += std::string(static_cast<std::size_t>(indent), ' ') + at(entry.key_place) + entry.key + ":\n" + outline(entry.value, indent + 2);
  return out;
}

bool is_same(const Tree& a, const Tree& b) {
  if (a.kind != b.kind || a.scalar != b.scalar || a.is_quoted != b.is_quoted || a.items.size() != b.items.size() ||
      a.entries.size() != b.entries.size())
    return false;
  for (std::size_t k = 0; k < a.items.size(); ++k)
    if (!is_same(a.items[k], b.items[k])) return false;
  for (std::size_t k = 0; k < a.entries.size(); ++k)
    if (a.entries[k].key != b.entries[k].key || !is_same(a.entries[k].value, b.entries[k].value)) return false;
  return true;
}

}  // namespace

TEST_CASE("tree: every key and value has its place, counted from 1, in characters") {
  CHECK(outline(good("leat: 1\n"
                     "a:\n"
                     "  b: 'q'\n"
                     "  äö: \"é\"\n"
                     "l:\n"
                     "  - 1\n"
                     "  - k: v\n"
                     "    z: [true, {p: 2.5}]\n"
                     "text: |\n"
                     "  two\n"
                     "  lines\n")) ==
        "1:1 a map of 4\n"
        "1:1 leat:\n"
        "  1:7 the number `1`\n"
        "2:1 a:\n"
        "  3:3 a map of 2\n"
        "  3:3 b:\n"
        "    3:6 the text `q` quoted\n"
        "  4:3 äö:\n"
        "    4:7 the text `é` quoted\n"
        "5:1 l:\n"
        "  6:3 a list of 2\n"
        "    6:5 the number `1`\n"
        "    7:5 a map of 2\n"
        "    7:5 k:\n"
        "      7:8 the text `v`\n"
        "    8:5 z:\n"
        "      8:8 a list of 2\n"
        "        8:9 `true`\n"
        "        8:15 a map of 1\n"
        "        8:16 p:\n"
        "          8:19 the number `2.5`\n"
        "9:1 text:\n"
        "  9:7 the text `two\nlines\n` quoted\n");
}

TEST_CASE("tree: nothing stands where its key or its list does, a written null where it is") {
  CHECK(outline(good("a:\nnull_like: ~\nb: null\nc: [x, ]\nd:\n  -\n  - 1\n")) ==
        "1:1 a map of 5\n"
        "1:1 a:\n"
        "  1:1 nothing\n"
        "2:1 null_like:\n"
        "  2:12 nothing\n"
        "3:1 b:\n"
        "  3:4 nothing\n"
        "4:1 c:\n"
        "  4:4 a list of 1\n"
        "    4:5 the text `x`\n"
        "5:1 d:\n"
        "  6:3 a list of 2\n"
        "    6:3 nothing\n"
        "    7:5 the number `1`\n");
  CHECK(outline(good("")) == "1:1 nothing\n");
  CHECK(outline(good("---\n...\n")) == "1:1 nothing\n");
  CHECK(outline(good("--- {a: 1}\n...\n# end\n")) == "1:5 a map of 1\n1:6 a:\n  1:9 the number `1`\n");
  CHECK(outline(good("# only a comment\n")) == "1:1 nothing\n");
}

TEST_CASE("tree: an alias repeats what its anchor names, at its own place") {
  const Tree tree = good("a: &x {k: 1}\nb: *x\nc: &x 2\nd: [*x, *x]\n");
  CHECK(tree.find("b")->find("k")->scalar == "1");
  CHECK(tree.find("b")->place.line == 2);
  CHECK(tree.find("d")->items.at(1).scalar == "2");
  CHECK(mistakes("a: *x\n") == "g.yaml:1:4: error: invalid YAML: the referenced anchor is not defined\n");
  CHECK(mistakes("a: &x [1, *x]\n") == "g.yaml:1:11: error: an alias is inside the value that it repeats\n");
}

TEST_CASE("tree: quoted and tagged scalars are text") {
  const Tree tree = good("a: '1'\nb: \"true\"\nc: !!str 12\nd: ! 13\ne: 'null'\nf: >\n  7\n");
  for (const Tree::Entry& entry : tree.entries) CHECK(entry.value.is_quoted);
  CHECK(tree.find("e")->is_scalar());
}

TEST_CASE("tree: a folder goes with every value") {
  const Tree tree = good("a: {b: [c]}");
  CHECK(tree.find("a")->find("b")->items.at(0).directory == "/graphs");
}

TEST_CASE("tree: windows' line ends and a byte order mark change nothing") {
  const Tree tree = good("\xEF\xBB\xBFleat: 1\r\nb: |\r\n  x\r\n  y\r\n");
  CHECK(tree.find("leat")->place.column == 7);
  CHECK(tree.find("b")->scalar == "x\ny\n");
}

TEST_CASE("tree: a key that comes twice is an error with both places") {
  CHECK(mistakes("a: 1\nb:\n  c: 1\n  'c': 2\na: 3\n") ==
        "g.yaml:4:3: error: the key `c` is used here a second time\n  note: g.yaml:3:3: the first is here\n"
        "g.yaml:5:1: error: the key `a` is used here a second time\n  note: g.yaml:1:1: the first is here\n");
  Diagnostics diagnostics;
  CHECK(read("a: 1\na: 2\n", diagnostics).find("a")->scalar == "1");
}

TEST_CASE("tree: what is no YAML is refused where it stops being it") {
  CHECK(mistakes("a: [1, 2") == "g.yaml:1:9: error: invalid YAML: the text ends inside a value\n  note: g.yaml:1:4: it is opened here\n");
  CHECK(mistakes("a: b: c") == "g.yaml:1:5: error: invalid YAML: a `:` is not valid here (a text with a `:` in it needs quotes)\n");
  CHECK(mistakes("a:\n\tb: 1\n") ==
        "g.yaml:2:3: error: invalid YAML: a `:` is not valid here (indent with spaces: this line begins with a tab)\n");
  CHECK(mistakes("a: {path: ${data}/x}\n") ==
        "g.yaml:1:12: error: invalid YAML: a `{` is not closed before this (inside { } and [ ] a text with ${…} needs quotes)\n"
        "  note: g.yaml:1:4: it is opened here\n");
  CHECK(mistakes("a: 'abc\n  def\n") == "g.yaml:2:6: error: invalid YAML: the text ends inside a value\n");
  CHECK(mistakes("a: \"abc") == "g.yaml:1:8: error: invalid YAML: the text ends inside a value\n");
  CHECK(mistakes("a: [1\nb: 2\n") ==
        "g.yaml:2:2: error: invalid YAML: a `[` is not closed before this\n  note: g.yaml:1:4: it is opened here\n");
  CHECK(mistakes("a:\n   b: 1\n  c: 2\n") == "g.yaml:3:3: error: invalid YAML: the indentation of this line matches no line above it\n");
  CHECK(mistakes("a: {b: 1, ") ==
        "g.yaml:1:11: error: invalid YAML: the text ends inside a value\n  note: g.yaml:1:4: it is opened here\n");
  CHECK(mistakes("[a]: 1\n") == "g.yaml:1:1: error: a key must be a text, found a list of 1\n");
  CHECK(mistakes("~: 1\n") == "g.yaml:1:1: error: a key must be a text, found nothing\n");
  CHECK(mistakes("a: !point 1\nb: !!int 2\nc: !!map {}\n") ==
        "g.yaml:1:4: error: the tag `!point` means nothing in a graph (quotes make a value text)\n"
        "g.yaml:2:4: error: the tag `!!int` means nothing in a graph (quotes make a value text)\n"
        "g.yaml:3:4: error: the tag `!!map` means nothing in a graph (quotes make a value text)\n");
  CHECK(mistakes("a: 1\n---\nb: 2\n") == "g.yaml:2:1: error: a second document begins here; a text holds one\n");
}

TEST_CASE("tree: characters that are none are refused") {
  CHECK(mistakes("a: 1\nä: \xff\n") == "g.yaml:2:4: error: the text is not UTF-8 here\n");
  CHECK(mistakes("a: \xed\xa0\x80") == "g.yaml:1:4: error: the text is not UTF-8 here\n");
  CHECK(mistakes("a: \xc0\x80") == "g.yaml:1:4: error: the text is not UTF-8 here\n");
  CHECK(mistakes(std::string("a: \0b", 5)) == "g.yaml:1:4: error: the text has a control character (0) here\n");
  CHECK(mistakes("a: \x04") == "g.yaml:1:4: error: the text has a control character (4) here\n");
  CHECK(mistakes("a: \"\\0\"") == "g.yaml:1:4: error: the text has a zero character in it\n");
}

TEST_CASE("tree: nesting and aliases cannot make a text too large") {
  CHECK(mistakes("a: " + std::string(100, '[') + std::string(100, ']')) == "g.yaml:1:67: error: the text is nested more than 64 deep\n");
  CHECK(mistakes(std::string(100'000, '[')).ends_with("error: the text is nested more than 64 deep\n"));
  std::string laughs = "a0: &a0 [1, 1]\n";
  std::string nested = "a0: &a0 [1]\n";
  for (int k = 1; k < 70; ++k) {
    const std::string here = "a" + std::to_string(k);
    const std::string before = "*a" + std::to_string(k - 1);
    laughs += here + ": &" + here + " [" + before + ", " + before + "]\n";
    nested += here + ": &" + here + " [" + before + "]\n";
  }
  CHECK(mistakes(laughs) == "g.yaml:1:1: error: the text has more than 200000 values, aliases counted\n");
  CHECK(mistakes(nested) == "g.yaml:63:12: error: the text is nested more than 64 deep\n");
}

TEST_CASE("tree: its YAML reads as the same tree") {
  const std::string text =
      "a: 1\n"
      "b: {}\n"
      "c: []\n"
      "d: null\n"
      "e: [16, \"x, y\", null, abc]\n"
      "f:\n"
      "  - {k: [1, [2]], m: \"\"}\n"
      "  - []\n"
      "  - [[3], {n: 4}]\n"
      "  - plain\n"
      "\"g: h\": \"1\"\n"
      "\"null\": \"two\\nlines\\t\\x01\"\n"
      "i: {j: {k: {l: (a|b)/c}}}\n"
      "neg: [-5, +3, -.inf, 1e-4]\n";
  const Tree tree = good(text);
  CHECK(is_same(good(tree.yaml()), tree));
  CHECK(tree.yaml() ==
        "a: 1\n"
        "b: {}\n"
        "c: []\n"
        "d: null\n"
        "e: [16, \"x, y\", null, abc]\n"
        "f:\n"
        "  - k:\n"
        "      - 1\n"
        "      - [2]\n"
        "    m: \"\"\n"
        "  - []\n"
        "  - - [3]\n"
        "    - n: 4\n"
        "  - plain\n"
        "\"g: h\": \"1\"\n"
        "\"null\": \"two\\nlines\\t\\x01\"\n"
        "i:\n"
        "  j:\n"
        "    k:\n"
        "      l: (a|b)/c\n"
        "neg: [-5, +3, -.inf, 1e-4]\n");
  CHECK(good("x:\n" + tree.yaml(2)).find("x")->entries.size() == tree.entries.size());
  CHECK(good("7").yaml() == "7\n");
}

TEST_CASE("tree: says what it is") {
  CHECK(good("[]").describe() == "an empty list");
  CHECK(good("{}").describe() == "an empty map");
  CHECK(good("''").describe() == "an empty text");
  CHECK(good("'5'").describe() == "the text `5`");
  CHECK(good(std::string(70, 'x')).describe() == "the text `" + std::string(57, 'x') + "…`");
  std::string umlauts;
  for (int k = 0; k < 40; ++k) umlauts += "ä";
  CHECK(good(umlauts).describe().size() == std::string("the text ``").size() + 56 + 3);
}
