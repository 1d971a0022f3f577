#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "leat/image_table.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/text_file.h"
#include "support/toys.h"

// A node's table of images: its metrics, its files, and what goes wrong.
using namespace leat;

namespace {

struct Judge final : Node {
  Input<toys::Number> number{this, "number", "Any shape."};
  Choice what{this, "what", "What it does.", "measure", {"measure", "early", "misspelt", "undeclared", "nothing"}};
  Metric size{this, "size", Better::Lower, "Mean number.", {.low = 0}, Shown::Headline};
  Metric recall{this, "recall", Better::Higher, "Of what is not there.", {0, 1}};
  MetricGroup of_word{this, Better::Neither, {{"size_{word}", "Of a word."}}};
  State<ImageTable> rows{this, "rows"};

  void process(Frame& frame) const override {
    if (what == "early") frame.measure(frame.state(rows), {});
    if (what != "nothing") frame.state(rows).add(frame.sample(), {{"number", frame[number].id}, {"kind", "odd"}});
  }
  void finish(Frame& frame) const override {
    const char* column = what == "misspelt" ? "nunber" : "number";
    frame.measure(frame.state(rows), {{size, ImageFigure::mean({column})},
                                      {"size_odd", ImageFigure::mean({column})},
                                      {what == "undeclared" ? "width" : "size_even", ImageFigure::mean({column})},
                                      {recall, ImageFigure::share({"kind", "even"}, {"kind", "even"})}});
  }
};

RunResult run_judge(const std::string& what, const std::filesystem::path& folder = {}) {
  Registry registry = toy_registry();
  detail::register_type<Judge>(registry, "test.judge", "Judges.");
  RunOptions options;
  options.folder = folder;
  return run_graph(registry,
                   "leat: 1\nphases: {test: {nodes: {count: {uses: toy.count, with: {length: 5, batch: 2}}, judge: {uses: test.judge, in: "
                   "count, with: {what: " +
                       what + "}}}}}\nplan: {then: [test]}\n",
                   2, options);
}

std::string failure_of(const std::string& what) {
  try {
    (void)run_judge(what);
  } catch (const NodeError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("measure: records metrics, warns of one that is undefined, and writes the table with what follows from it") {
  const TemporaryFolder folder;
  const RunResult result = run_judge("measure", folder.path() / "run");
  CHECK(result.phases.at("test").at("judge.size") == result.phases.at("test").at("judge.size_odd"));
  CHECK(std::isnan(result.phases.at("test").at("judge.recall")));
  REQUIRE(result.warnings.size() == 1);
  CHECK(result.warnings[0].starts_with("`recall` is undefined in `test`, for `judge`: "));
  const std::string rows = text_of(folder.path() / "run/images/test.judge.csv");
  CHECK(rows.starts_with("image,group,patient,number,kind\n"));
  CHECK(std::count(rows.begin(), rows.end(), '\n') == 6);
  CHECK(nlohmann::json::parse(text_of(folder.path() / "run/images/test.judge.json")).at("metrics").at("size").at("columns").at(0) ==
        "number");
  const auto results = nlohmann::json::parse(text_of(folder.path() / "run/results.json"));
  CHECK(results.at("lengths") == nlohmann::json{{"test.count", 5}});
  CHECK(results.at("samples").empty());
  const auto metrics = results.at("metrics");
  CHECK(metrics.at("test.judge.size") ==
        nlohmann::json{{"better", "lower"}, {"low", 0}, {"high", nullptr}, {"is_headline", true}, {"sentence", "Mean number."}});
  CHECK(metrics.at("test.judge.size_odd").at("better") == "neither");
}

TEST_CASE("measure: where nothing is kept it records alone, and a table without rows makes its metrics undefined") {
  CHECK(run_judge("measure").phases.at("test").contains("judge.size"));
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "run/images");
  std::ofstream(folder.path() / "run/images/test.judge.csv") << "image,group,patient,number\n";
  const RunResult result = run_judge("nothing", folder.path() / "run");
  CHECK(std::isnan(result.phases.at("test").at("judge.size")));
  CHECK(result.warnings == std::vector<std::string>{"the metrics of `judge` are undefined in `test`: it measured no image"});
  CHECK_FALSE(std::filesystem::exists(folder.path() / "run/images/test.judge.csv"));
}

TEST_CASE("measure: before the end, or of a column that is not there, it is an error that names the node") {
  CHECK(failure_of("early").find("`frame.measure` is for `finish`: before it the table does not have all images") != std::string::npos);
  CHECK(failure_of("undeclared").find("`frame.measure` got the metric `width`, but the node declares no such `Metric`") !=
        std::string::npos);
  const std::string misspelt = failure_of("misspelt");
  CAPTURE(misspelt);
  CHECK(misspelt.find("judge") != std::string::npos);
  CHECK(misspelt.find("the metric `size` cannot be computed: there is no column `nunber`; the columns are `number`, `kind`") !=
        std::string::npos);
}
