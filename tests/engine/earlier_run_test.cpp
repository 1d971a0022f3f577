#include "leat/earlier_run.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "leat/file_marks.h"
#include "run/checkpoint.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/text_file.h"
#include "support/toys.h"

// What a resource records of its files, and what a run that goes on makes of it.

using namespace leat;
namespace fs = std::filesystem;

namespace {

/// What the last `Book` learned of the run before.
struct Learned {
  bool was_loaded = false;
  bool had_record = false;
};
Learned learned;

/// As a plugin's resource would be: it reads a file, and refuses another one.
struct Book final : Resource {
  static constexpr std::string_view kind = "book";
  Param<FilePath> path{this, "path", "The file.", required};
  Param<bool> saves{this, "saves", "Whether a checkpoint has something of it.", false};

  void survey(const Opening& opening) override {
    if (opening.name == "book") learned = {opening.is_loaded, opening.recorded != nullptr};
    if (!opening.recorded) return;
    changes_ = marks().look_since(FileMarks::load(*opening.recorded, "files")).words("file");
    if (!changes_.empty() && !opening.accepts_changed_files) throw Refusal(changes_, "path");
  }
  void open(const Opening& opening) override {
    if (!changes_.empty()) opening.warn("`" + opening.name + "`: " + changes_);
  }
  void record(Archive& archive) const override {
    FileMarks now = marks();
    now.look();
    now.save(archive, "files");
  }
  void save(Archive& archive) const override {
    if (*saves) archive.put("page", std::int64_t{7});
  }

 private:
  [[nodiscard]] FileMarks marks() const {
    FileMarks out;
    out.add("text", path->path);
    return out;
  }
  std::string changes_;
};

struct Reader final : Node {
  Uses<Book> book{this, "book", "What it reads."};
  Input<toys::Number> number{this, "number", "Any shape."};
  void process(Frame&) const override {}
};

Registry registry_with_book() {
  Registry registry = toy_registry();
  detail::register_type<Book>(registry, "test.book", "Reads a file.");
  detail::register_type<Reader>(registry, "test.reader", "Uses a book.");
  return registry;
}

std::string graph_of(const fs::path& file, const std::string& more = "") {
  return "leat: 1\nresources:\n  book: {uses: test.book, with: {path: '" + file.string() + "'" + more + R"(}}
  unused: {uses: test.book, with: {path: ')" +
         file.string() + R"('}}
  weight: {uses: toy.weight}
phases:
  train:
    nodes:
      read: {uses: test.reader, in: {number: count}, with: {book: book}}
      count: {uses: toy.count, with: {length: 64, batch: 4}}
      multiply: {uses: toy.multiply, in: {numbers: count}, with: {weight: weight}}
      learn: {uses: toy.learn, in: {product: multiply}, with: {weight: weight}}
plan:
  train: {phase: train, steps: 12, checkpoint_every: 3}
)";
}

/// A run in a folder of its own, and how another goes on with it.
struct Resuming {
  TemporaryFolder place;
  Registry registry = registry_with_book();
  fs::path file = place.path() / "book.txt";
  fs::path folder = place.path() / "run";
  std::string more;
  std::vector<std::string> said;

  explicit Resuming(const std::string& more_of_book = "") : more(more_of_book) {
    put(file, "once upon a time");
    Program program = build(registry, graph_of(file, more), 5);
    RunOptions options;
    options.folder = folder;
    Run run(program, make_thread_lane(), make_test_executor(2), options);
    toys::Witness witness;
    witness.learning = [&](std::int64_t step) {
      if (step == 6) run.stop();
    };
    toys::watch(&witness);
    CHECK(run.run().was_interrupted);
    toys::watch(nullptr);
  }

  void change_file() { put(file, "once upon a Time"), fs::last_write_time(file, fs::last_write_time(file) + std::chrono::hours(1)); }

  Program built(EarlierRun earlier, Diagnostics& diagnostics) {
    const GraphDescription graph = read_graph_text(graph_of(file, more), "graph.yaml", {}, {}, diagnostics);
    return Program::build(graph, registry, {5, "cpu", {}, std::move(earlier)}, diagnostics);
  }
  RunResult go_on(Program& program) {
    OnMessage listen([&](const std::string& sentence) { said.push_back(sentence); });
    RunOptions options;
    options.folder = folder;
    options.resumes = true;
    options.observers = {{&listen, Hears::Messages}};
    return Run(program, make_thread_lane(), make_test_executor(2), options).run();
  }
  [[nodiscard]] bool says(std::string_view text) const {
    return std::any_of(said.begin(), said.end(), [text](const std::string& one) { return one.find(text) != std::string::npos; });
  }
};

}  // namespace

TEST_CASE("an earlier run: a resource's record is in every checkpoint, and unchanged files are compared without a word") {
  Resuming one;
  const auto earlier = earlier_run(one.folder);
  REQUIRE(earlier);
  CHECK(earlier->records.contains("book"));
  // What the plan does not use may change.
  CHECK_FALSE(earlier->records.contains("unused"));
  CHECK(earlier->loaded == std::set<std::string>{"weight"});
  CHECK(fs::exists(one.folder / "checkpoints/last/book.record.safetensors"));
  Diagnostics diagnostics;
  Program program = one.built(*earlier, diagnostics);
  CHECK(learned.had_record);
  CHECK_FALSE(learned.was_loaded);
  CHECK(one.go_on(program).steps == 12);
  CHECK(one.said.empty());
  CHECK(earlier_run(one.folder)->records.contains("book"));
}

TEST_CASE("an earlier run: changed files are a mistake at their place in the graph, before anything in the folder changes") {
  Resuming one;
  const std::string manifest = text_of(one.folder / "checkpoints/last/manifest.json");
  one.change_file();
  Diagnostics diagnostics;
  (void)one.built(*earlier_run(one.folder), diagnostics);
  REQUIRE(diagnostics.has_errors());
  CHECK(diagnostics.str().find("graph.yaml:3:") == 0);
  CHECK(diagnostics.str().find("1 file is replaced (`text`)") != std::string::npos);
  CHECK(text_of(one.folder / "checkpoints/last/manifest.json") == manifest);
}

TEST_CASE("an earlier run: what is accepted is told in the run, and compared with from then on") {
  Resuming one;
  one.change_file();
  EarlierRun earlier = *earlier_run(one.folder);
  earlier.accepts_changed_files = true;
  Diagnostics diagnostics;
  Program program = one.built(earlier, diagnostics);
  const RunResult result = one.go_on(program);
  CHECK(result.steps == 12);
  CHECK(one.says("`book`: 1 file is replaced (`text`)"));
  CHECK(result.warnings.size() == 1);
  (void)one.built(*earlier_run(one.folder), diagnostics);
  CHECK_FALSE(diagnostics.has_errors());
}

TEST_CASE("an earlier run: a Program that was built without it has its files compared by the run") {
  Resuming one;
  one.change_file();
  Diagnostics diagnostics;
  Program program = one.built({}, diagnostics);
  CHECK_THROWS_WITH_AS((void)one.go_on(program),
                       doctest::Contains("`book` (test.book) failed at the comparison with its checkpoint: 1 file is replaced"), NodeError);
}

TEST_CASE("an earlier run: a resource learns that it is loaded where the checkpoint has something of it and of its type") {
  Resuming one(", saves: true");
  EarlierRun earlier = *earlier_run(one.folder);
  CHECK(earlier.loaded == std::set<std::string>{"book", "weight"});
  Diagnostics diagnostics;
  (void)one.built(earlier, diagnostics);
  CHECK(learned.was_loaded);
  earlier.types["book"] = "test.other";
  (void)one.built(earlier, diagnostics);
  CHECK_FALSE(learned.was_loaded);
  CHECK_FALSE(learned.had_record);
}

TEST_CASE("an earlier run: a checkpoint of a Leat that recorded no files goes on, with a sentence that nothing could be compared") {
  Resuming one;
  const fs::path last = one.folder / "checkpoints/last";
  nlohmann::json manifest = nlohmann::json::parse(text_of(last / "manifest.json"));
  CHECK(manifest.at("version") == 3);
  manifest["version"] = 2;
  for (const char* key : {"records", "hash"}) manifest.erase(key);
  manifest["hashes"].erase("records");
  put(last / "manifest.json", manifest.dump());
  fs::remove(last / "book.record.safetensors");
  one.change_file();
  Diagnostics diagnostics;
  Program program = one.built(*earlier_run(one.folder), diagnostics);
  CHECK_FALSE(diagnostics.has_errors());
  CHECK(one.go_on(program).steps == 12);
  CHECK(one.says("the checkpoint was made by a version of Leat that recorded no files: changes in the files of `book` cannot be detected"));
  CHECK(earlier_run(one.folder)->records.contains("book"));
}

TEST_CASE("an earlier run: a record that is damaged is refused") {
  Resuming one;
  const fs::path file = one.folder / "checkpoints/last/book.record.safetensors";
  std::string bytes = text_of(file);
  bytes.back() ^= 1;
  put(file, bytes);
  CHECK_THROWS_WITH_AS((void)earlier_run(one.folder), doctest::Contains("book.record.safetensors is damaged"), std::runtime_error);
}

namespace {

run::Checkpoint with_records(std::int64_t steps, std::shared_ptr<const run::Records> records) {
  run::Checkpoint out;
  out.place.steps = steps;
  out.records = std::move(records);
  return out;
}

std::shared_ptr<const run::Records> records_of(const std::string& book) {
  Archive archive;
  archive.put("text", book);
  return std::make_shared<const run::Records>(std::map<std::string, Archive>{{"book", archive}});
}

}  // namespace

TEST_CASE("records: the next checkpoint has the same file, unless the record or the file is another one") {
  const TemporaryFolder place;
  const fs::path last = place.path() / "last", file = last / "book.record.safetensors", aside = place.path() / "aside";
  const auto records = records_of("once");
  run::write_checkpoint(last, with_records(1, records));
  fs::create_hard_link(file, aside);
  run::write_checkpoint(last, with_records(2, records));
  CHECK(fs::equivalent(file, aside));
  CHECK(run::read_checkpoint(last)->place.steps == 2);
  CHECK(run::read_checkpoint(last)->records->find("book")->text("text") == "once");
  CHECK(run::read_checkpoint(last)->records->find("other") == nullptr);

  // Truncated: it is written again.
  fs::resize_file(file, fs::file_size(file) - 1);
  run::write_checkpoint(last, with_records(3, records));
  CHECK_FALSE(fs::equivalent(file, aside));
  CHECK(run::read_checkpoint(last)->records->find("book")->text("text") == "once");

  // Another record of the same length. The file of the checkpoint before does not change.
  fs::remove(aside);
  fs::create_hard_link(file, aside);
  run::write_checkpoint(last, with_records(4, records_of("then")));
  CHECK_FALSE(fs::equivalent(file, aside));
  CHECK(run::read_checkpoint(last)->records->find("book")->text("text") == "then");
  CHECK(Archive::read(aside).text("text") == "once");

  // A manifest that is damaged vouches for nothing.
  fs::remove(aside);
  fs::create_hard_link(file, aside);
  put(last / "manifest.json", std::regex_replace(text_of(last / "manifest.json"), std::regex("\"steps\": 4"), "\"steps\": 5"));
  run::write_checkpoint(last, with_records(6, records_of("then")));
  CHECK_FALSE(fs::equivalent(file, aside));
  CHECK(run::read_checkpoint(last)->place.steps == 6);
}
