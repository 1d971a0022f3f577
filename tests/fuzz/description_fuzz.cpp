#include <random>

#include "leat/description.h"
#include "support/doctest.h"
#include "support/graph_text.h"

using namespace leat;

namespace {

const std::vector<std::string> texts{
    R"yaml(leat: 1
title: A graph of ${size}
params:
  size: {value: 256, doc: Side, multiple_of: 32, range: [64, 1024]}
  data: ../data
  list: [1, 2.5, x, true, null]
resources:
  chex: {uses: io.split, with: {path: "${data}/chex", size: "${size}"}}
  net: &net
    uses: model.net
    with: {channels: "${list}", bridge: {join: deepest}}
  copy: *net
templates:
  inner: {inputs: [i], outputs: {o: a.o}, params: {n: 1}, nodes: {a: {uses: x.a, in: i, with: {n: '${n}'}}}}
  outer:
    inputs: [i, j]
    outputs: {o: second.o, p: i}
    params: {k: '${size}'}
    nodes:
      first: {uses: inner, in: i, with: {n: '${k}'}}
      second: {uses: inner, in: {i: first}}
      side: {uses: x.side, in: {a: second, b: {c: j, d: i}}}
phases:
  train:
    prefetch: 2
    nodes:
      source: {uses: io.images, with: {split: chex}, on_error: skip}
      view: {uses: outer, in: {i: source.image, j: source}, with: {k: 3}}
      step: {uses: train.step, in: {loss: view.o}, lane: device}
  validate: {nodes: {a: {uses: io.images}}}
plan:
  train:
    phase: train
    epochs: 2 of source
    validate: every epoch
    keep: {best: [validate.a.loss], mode: mean, within: 0.5}
    stop_after: 8 validations
  then: [validate]
  memory: 2GB
)yaml",
    R"yaml(leat: 1
extends: base.yaml
params: {size: 64, gone: null}
phases:
  predict:
    nodes:
      b: null
      c:
        uses: x.z
        in: a.image
        with:
          text: |
            a block
            of text
plan: {then: [predict]}
)yaml",
};

const char* const base_text = R"yaml(leat: 1
params: {size: {value: 128, range: [1, 512]}, gone: 1}
phases:
  predict: {nodes: {a: {uses: io.images, with: {size: '${size}'}}, b: {uses: x.y, in: a}}}
)yaml";

const std::vector<std::string> words{"${size}",     "${",
                                     "}",           "{",
                                     "[",           "]",
                                     ": ",          "- ",
                                     "null",        "~",
                                     "&a ",         "*a",
                                     "!x ",         "'",
                                     "\"",          "|\n",
                                     "#",           "\n",
                                     "\t",          "  ",
                                     "1",           "-1",
                                     "1e9",         "99999999999999999999",
                                     ".inf",        "uses: ",
                                     "in: ",        "with: ",
                                     "outer",       "inner",
                                     "source",      "view.o",
                                     ".",           "/",
                                     ",",           "\\",
                                     "\xff",        "ä",
                                     "---\n",       "...\n",
                                     "%",           "? ",
                                     "params: ",    "leat: 1\n",
                                     "every epoch", "${size}${size}",
                                     "<<: *a"};

class Mutation {
 public:
  explicit Mutation(std::uint64_t seed) : random_(seed) {}

  std::string text() {
    std::string out = texts[below(texts.size())];
    for (std::size_t count = 1 + below(3); count > 0; --count) change(out);
    return out;
  }
  std::string word() { return words[below(words.size())]; }
  std::size_t below(std::size_t size) { return size == 0 ? 0 : static_cast<std::size_t>(random_() % size); }

 private:
  void change(std::string& text) {
    const std::size_t at = below(text.size() + 1);
    const std::size_t length = std::min(below(12), text.size() - at);
    const std::size_t line = text.rfind('\n', at == 0 ? 0 : at - 1);
    const std::size_t begin = line == std::string::npos ? 0 : line + 1;
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    switch (below(8)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, word());
        break;
      case 2:
        text.replace(at, length, word());
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), below(40)));
        break;
      case 4:
        text.insert(begin, text.substr(begin, end - begin) + "\n");
        break;
      case 5:
        text.erase(begin, end - begin);
        break;
      case 6:
        text.insert(begin, below(5), ' ');
        break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(random_() & 0xff);
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("fuzz: a mutated graph text gives a description or diagnostics, and its resolved text the same description") {
  const TemporaryFolder folder;
  folder.write("base.yaml", base_text);
  int whole = 0;
  for (std::uint64_t round = 0; round < 1'000; ++round) {
    Mutation mutation(round);
    const std::string text = mutation.text();
    std::vector<Setting> settings;
    if (mutation.below(4) == 0) settings.push_back({"size", mutation.word()});
    CAPTURE(round);
    CAPTURE(text);
    Diagnostics diagnostics;
    const GraphDescription graph = read_graph_text(text, "g.yaml", folder.path(), settings, diagnostics);
    bool has_places = true;
    for (const Diagnostic& one : diagnostics.all())
      has_places = has_places && one.place.text && one.place.line >= 1 && one.place.column >= 1 && !one.text.empty();
    CHECK(has_places);
    CHECK(diagnostics.str().empty() == diagnostics.all().empty());
    CHECK(graph.resolved.empty() == diagnostics.has_errors());
    if (diagnostics.has_errors()) continue;
    ++whole;
    Diagnostics none;
    const GraphDescription again = read_graph_text(graph.resolved, "graph.yaml", folder.path(), {}, none);
    CHECK(test::brief(none) == "");
    CHECK(again.resolved == graph.resolved);
  }
  // Mutations that always broke the text would leave the second half untested.
  CHECK(whole > 50);
}
