#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "leat/program.h"
#include "support/doctest.h"
#include "support/golden.h"
#include "support/own_nodes.h"

// Each graph beside this file has a mistake. Comments at its head say the `--set` it is read with (`# set: size=128`) and, below
// `# expect:`, every line that Leat prints.

namespace fs = std::filesystem;
using namespace leat;
using leat::test::own_nodes;

namespace {

const fs::path here = LEAT_ERRORS;

struct BrokenGraph {
  std::string name;
  std::vector<std::string> settings;
  std::string expected;
  std::string graph;  ///< The text below its head.
};

BrokenGraph read_broken(const fs::path& file) {
  BrokenGraph out{file.filename().string(), {}, {}, {}};
  std::ifstream in(file, std::ios::binary);
  bool is_head = true, is_expected = false;
  for (std::string line; std::getline(in, line);) {
    is_head = is_head && line.starts_with("#");
    if (!is_head) out.graph += line + "\n";
    else if (line.starts_with("# set: ")) out.settings.push_back(line.substr(7));
    else if (is_expected) out.expected += (line.size() > 2 ? line.substr(2) : "") + "\n";
    else is_expected = line == "# expect:";
  }
  return out;
}

std::string text_of(const BrokenGraph& broken) {
  std::string out;
  for (const std::string& setting : broken.settings) out += "# set: " + setting + "\n";
  out += "# expect:\n";
  std::istringstream lines(broken.expected);
  for (std::string line; std::getline(lines, line);) out += "# " + line + "\n";
  return out + broken.graph;
}

std::vector<BrokenGraph> broken_graphs() {
  std::vector<BrokenGraph> out;
  for (const auto& entry : fs::directory_iterator(here))
    if (entry.path().extension() == ".yaml") out.push_back(read_broken(entry.path()));
  std::sort(out.begin(), out.end(), [](const BrokenGraph& a, const BrokenGraph& b) { return a.name < b.name; });
  return out;
}

/// What `leat check` says of it in its own folder.
Diagnostics mistakes_of(const BrokenGraph& broken) {
  std::vector<Setting> settings;
  for (const std::string& one : broken.settings) settings.push_back({one.substr(0, one.find('=')), one.substr(one.find('=') + 1)});
  fs::current_path(here);
  Diagnostics diagnostics;
  const GraphDescription description = read_graph(broken.name, settings, diagnostics);
  (void)Program::build(description, own_nodes(), {}, diagnostics);
  return diagnostics;
}

/// As printed, with `…/` for this folder: absolute paths depend on the machine.
std::string words(const Diagnostics& diagnostics) {
  std::string out = diagnostics.str();
  const std::string folder = here.string() + "/";
  for (std::size_t at = out.find(folder); at != std::string::npos; at = out.find(folder, at)) out.replace(at, folder.size(), "…/");
  return out;
}

/// A longer head moves the lines that it names, so it is written until it stays as it is.
void update(BrokenGraph broken) {
  for (bool is_settled = false; !is_settled;) {
    const std::string found = words(mistakes_of(broken));
    is_settled = broken.expected == found;
    broken.expected = found;
    std::ofstream(here / broken.name, std::ios::binary) << text_of(broken);
  }
}

}  // namespace

TEST_CASE("broken graphs: each says what stands at its head, at its place") {
  for (const BrokenGraph& broken : broken_graphs()) {
    CAPTURE(broken.name);
    if (test::is_updating_golden) update(broken);
    else CHECK(words(mistakes_of(broken)) == broken.expected);
  }
}

TEST_CASE("a predict phase that prepares its input as one of the evaluations does gets no warning, nor does one that cannot be compared") {
  const fs::path file = here / "predict_input.yaml";
  const std::string text = read_broken(file).graph;
  const auto warnings = [&](const std::vector<std::pair<std::string, std::string>>& changes) {
    std::string changed = text;
    for (const auto& [from, to] : changes) {
      const std::size_t at = changed.rfind(from);
      REQUIRE(at != std::string::npos);
      changed.replace(at, from.size(), to);
    }
    Diagnostics diagnostics;
    const GraphDescription description = read_graph_text(changed, "g.yaml", here, {}, diagnostics);
    (void)Program::build(description, own_nodes(), {}, diagnostics);
    CHECK_FALSE(diagnostics.has_errors());
    std::string out;
    for (const Diagnostic& one : diagnostics.all()) out += one.text + "\n";
    return out;
  };
  const std::string begin = "`predict` prepares the input of `net` in another way than `test`, which evaluates it: ";
  const std::pair<std::string, std::string> constants{", constants: [0.5, 0.25]", ""}, size{"size: 64", "size: 32"},
      equalized{"equalized: {uses: image.equalize, in: decoded}\n      ", ""}, source{"in: equalized", "in: decoded"};
  CHECK(warnings({constants, size, equalized, source}).empty());
  CHECK(warnings({constants, equalized, source}) == begin + "`size` of `small` is 64, but 32 in `test`\n");
  CHECK(warnings({constants, size}) == begin + "`test` passes it through `equalized` (image.equalize), but `predict` does not\n");
  const std::string equalize = "small: {uses: image.equalize, in: decoded}\n      larger: {uses: image.resize, in: small";
  CHECK(
      warnings({constants, size, equalized, source, {"in: small", "in: larger"}, {"small: {uses: image.resize, in: decoded", equalize}}) ==
      begin + "`predict` passes it through `small` (image.equalize), but `test` does not\n");
  // A pass of the network with other weights is no preparation of its input.
  CHECK(warnings({constants,
                  size,
                  equalized,
                  source,
                  {"model.encode, in: batch, with: {model: net}", "model.encode, in: batch, with: {model: net, mode: train}"}})
            .empty());
  // Another test that prepares it otherwise: nothing is known about which is right.
  const std::string other = "  test_large: {like: test, kind: test, nodes: {resized: {with: {size: 128}}}}\n  predict:\n";
  CHECK(warnings({constants, equalized, source, {"  predict:\n", other}, {"then: [test, ", "then: [test, test_large, "}}).empty());
}

TEST_CASE("broken graphs: a mistake has a place, begins without a capital and ends without a period") {
  static const std::regex form("(--set )?[^ ]+:[1-9][0-9]*:[1-9][0-9]*: (error|warning|note): [^A-Z ].*[^. ]");
  for (const BrokenGraph& broken : broken_graphs()) {
    std::istringstream lines(words(mistakes_of(broken)));
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK((line.starts_with("      ") || std::regex_match(line, form)));
    }
  }
}

TEST_CASE("broken graphs: a file is called after the mistake it shows") {
  for (const BrokenGraph& broken : broken_graphs()) {
    CAPTURE(broken.name);
    const Diagnostics diagnostics = mistakes_of(broken);
    const bool is_one_of_its = std::any_of(diagnostics.all().begin(), diagnostics.all().end(), [&](const Diagnostic& one) {
      std::string stem = one.id;
      std::replace(stem.begin(), stem.end(), '.', '_');
      return broken.name == stem + ".yaml" || broken.name.starts_with(stem + "_");
    });
    CHECK(is_one_of_its);
  }
}

TEST_CASE("broken graphs: there is one for every diagnostic id") {
  std::set<std::string_view> shown;
  const std::vector<BrokenGraph> all = broken_graphs();
  std::vector<Diagnostics> kept;
  for (const BrokenGraph& broken : all) kept.push_back(mistakes_of(broken));
  for (const Diagnostics& diagnostics : kept)
    for (const Diagnostic& one : diagnostics.all()) shown.insert(one.id);
  const std::set<std::string_view> known(diagnostic_ids().begin(), diagnostic_ids().end());
  for (const std::string_view id : known) {
    CAPTURE(id);
    CHECK(shown.contains(id));
  }
  for (const std::string_view id : shown) {
    CAPTURE(id);
    CHECK(known.contains(id));
  }
}
