#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "leat/earlier_run.h"
#include "leat/file_contents.h"
#include "leat/file_marks.h"
#include "program/equal_files.h"
#include "program/trained_samples.h"
#include "support/doctest.h"
#include "support/graphs.h"
#include "support/observers.h"
#include "support/text_file.h"
#include "support/toys.h"

// A graph that trains on a patient or a file by which it judges is refused, whatever data sets they come from.
using namespace leat;
namespace fs = std::filesystem;

namespace {

/// What a folder's files are: `p1_front.txt` is of the patient `p1`, `plain.txt` of nobody who is stated.
std::vector<Sample> samples_of(const fs::path& folder) {
  std::vector<Sample> out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::size_t end = name.find('_');
    out.push_back({.id = name, .file = entry.path().string(), .patient = end == std::string::npos ? "" : name.substr(0, end)});
  }
  std::sort(out.begin(), out.end(), [](const Sample& a, const Sample& b) { return a.id < b.id; });
  return out;
}

/// The files of a folder that the source itself names.
struct OwnFiles final : Source {
  Output<toys::Number> number{this, "number", "Any shape. The file's place."};
  Param<FilePath> folder{this, "folder", "Where the files are.", required};
  Param<std::string> prefix{this, "prefix", "Before each id, as of a folder above.", ""};
  Param<bool> is_short{this, "is_short", "An id is the name without its extension.", false};
  SharesWith shares_with{this};

  void survey(const Opening& opening) override {
    if (!fs::is_directory(folder->path)) throw Refusal("there is no such folder", "folder");
    samples_ = samples_of(folder->path);
    for (Sample& one : samples_) one.id = *prefix + (*is_short ? fs::path(one.id).stem().string() : one.id);
    if (samples_.size() == 1) opening.warn("`" + opening.name + "` of `" + opening.phase + "` has one file only");
    opening.disclose("`" + opening.name + "`: " + std::to_string(samples_.size()) + " files were found");
  }
  void shapes(Shapes& shapes) const override {
    if (samples_.empty()) throw Refusal("the folder is empty", "folder");
    shapes.set_bytes(number, sizeof(toys::Number));
  }
  std::int64_t length() const override { return static_cast<std::int64_t>(samples_.size()); }
  void list_samples(const std::function<void(const Sample&)>& take) const override {
    for (const Sample& one : samples_) take(one);
  }
  void process(Frame& frame) const override {
    const auto place = static_cast<std::size_t>(pick(frame, length(), false));
    frame.identify(samples_[place]);
    frame.put(number, {static_cast<std::int64_t>(place), 0});
  }

 private:
  std::vector<Sample> samples_;
};

int opened = 0;              ///< Number of calls of `Files::open`.
bool fails_to_list = false;  ///< `FilesOf::list_samples` throws.

struct Files final : Resource {
  static constexpr std::string_view kind = "files";
  Param<FilePath> folder{this, "folder", "Where the files are.", required};
  SharesWith shares_with{this};

  void survey(const Opening&) override { samples = samples_of(folder->path); }
  void open(const Opening&) override { ++opened; }
  std::vector<Sample> samples;
};

/// Those files of a resource whose names begin with some text.
struct FilesOf final : Source {
  Output<toys::Number> number{this, "number", "Any shape. The file's place."};
  Uses<Files> files{this, "files", "The files."};
  Param<std::string> part{this, "part", "What the names begin with.", ""};
  Param<bool> is_archive{this, "is_archive", "All samples are in one file.", false};

  std::int64_t length() const override { return static_cast<std::int64_t>(chosen().size()); }
  void list_samples(const std::function<void(const Sample&)>& take) const override {
    if (fails_to_list) throw std::runtime_error("the disk is gone");
    for (Sample one : chosen()) {
      if (*is_archive) one.file = (files->folder->path / "archive").string();
      take(one);
    }
  }
  void process(Frame& frame) const override {
    const auto place = static_cast<std::size_t>(pick(frame, length(), false));
    frame.identify(chosen()[place]);
    frame.put(number, {static_cast<std::int64_t>(place), 0});
  }

 private:
  [[nodiscard]] std::vector<Sample> chosen() const {
    std::vector<Sample> out = files->samples;
    std::erase_if(out, [&](const Sample& one) { return !one.id.starts_with(*part); });
    return out;
  }
};

Registry made_registry() {
  Registry out = toy_registry();
  detail::register_type<OwnFiles>(out, "test.own", "Files of its own.");
  detail::register_type<Files>(out, "test.files", "Files of a folder.");
  detail::register_type<FilesOf>(out, "test.files_of", "Files of a resource.");
  return out;
}

const Registry& registry() {
  static const Registry one = made_registry();
  return one;
}

/// A graph whose training has the source `learned` and whose validation has `judged`.
std::string graph(const std::string& learned, const std::string& judged, const std::string& resources = "") {
  return "leat: 1\n" + (resources.empty() ? "" : "resources:\n" + resources) +
         "phases:\n"
         "  train:\n    nodes:\n      learned: {" +
         learned +
         "}\n      more: {uses: toy.pass, in: learned}\n"
         "  validate:\n    nodes:\n      judged: {" +
         judged +
         "}\n      more: {uses: toy.pass, in: judged}\n"
         "plan: {train: {phase: train, steps: 2, validate: {phase: validate, every: 1 steps}}}\n";
}

std::string own(const fs::path& folder, const std::string& more = "") {
  return "uses: test.own, with: {folder: '" + folder.string() + "'" + more + "}";
}

std::string resource(const std::string& name, const fs::path& folder, const std::string& more = "") {
  return "  " + name + ": {uses: test.files, with: {folder: '" + folder.string() + "'" + more + "}}\n";
}

std::string of(const std::string& files, const std::string& more = "") {
  return "uses: test.files_of, with: {files: " + files + more + "}";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// All that is said of a graph, warnings too.
std::string said_of(const std::string& text) {
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(text, "g.yaml", fs::current_path(), {}, diagnostics);
  (void)Program::build(description, registry(), {}, diagnostics);
  return diagnostics.str();
}

/// `a` and `b` have no file in common, and four patients.
struct TwoFolders {
  TemporaryFolder folder;
  fs::path a = folder.path() / "a", b = folder.path() / "b";
  TwoFolders() {
    for (const char* patient : {"p1", "p2", "p3", "p4"}) {
      put(a / (std::string(patient) + "_front.txt"), std::string(patient) + " from the front");
      put(b / (std::string(patient) + "_side.txt"), std::string(patient) + " from a side");
    }
    put(a / "p5_front.txt", "only here");
  }
};

}  // namespace

TEST_CASE("shared samples: patients of two data sets are refused with both sets, a count and three names") {
  const TwoFolders data;
  const std::string said = said_of(graph(of("training"), of("test"), resource("training", data.a) + resource("test", data.b)));
  CAPTURE(said);
  CHECK(has(said,
            "g.yaml:4:3: error: `train` trains on `training` and `validate` evaluates on `test`, but the two share 4 patients (`p1`, "
            "`p2`, `p3`, …)"));
  CHECK(has(said, "separate them, or allow it with `shares_with: [training]` at `test`"));
  CHECK(has(said, "g.yaml:3:3: note: `training` is declared here"));
}

TEST_CASE("shared samples: sources that read their own files are compared too, and are named by phase and node") {
  const TwoFolders data;
  const std::string said = said_of(graph(own(data.a), own(data.b)));
  CAPTURE(said);
  CHECK(has(said, "`train` trains on `train.learned` and `validate` evaluates on `validate.judged`, but the two share 4 patients"));
  CHECK(said_of(graph(own(data.a), own(data.b, ", shares_with: [train.learned]"))) == "");
}

TEST_CASE("shared samples: a source that gives two files one id is refused, with both files") {
  const TemporaryFolder folder;
  const fs::path a = folder.path() / "a", b = folder.path() / "b";
  put(a / "one.png", "a picture");
  put(a / "one.txt", "a text");
  for (const char* name : {"other.txt", "another.txt"}) put(b / name, std::string(name) + " is something else");
  CHECK(said_of(graph(own(a), own(b))) == "");
  const std::string said = said_of(graph(own(a, ", is_short: true"), own(b)));
  CAPTURE(said);
  CHECK(
      has(said, "error: `learned`: it gives `" + (a / "one.png").string() + "` and `" + (a / "one.txt").string() + "` the same id, `one`"));
  CHECK(has(said, "ids must be unique within a source"));
}

TEST_CASE("shared samples: two parts of one data set, and two data sets over one folder") {
  const TwoFolders data;
  const std::string parts = said_of(graph(of("all"), of("all", ", part: p1"), resource("all", data.a)));
  CAPTURE(parts);
  CHECK(has(parts,
            "`train` trains on `all` and `validate` evaluates on `all`, but these parts of it share 1 patient (`p1`) and 1 equal file "
            "(`p1_front.txt`)"));
  CHECK(said_of(graph(of("all", ", part: p2"), of("all", ", part: p1"), resource("all", data.a))) == "");
  CHECK(said_of(graph(of("all"), of("all", ", part: p1"), resource("all", data.a, ", shares_with: [all]"))) == "");
  const std::string twice =
      said_of(graph(of("one", ", part: p1"), of("other", ", part: p1"), resource("one", data.a) + resource("other", data.a)));
  CHECK(has(twice, "the two share 1 patient (`p1`) and 1 equal file (`p1_front.txt`)"));
  // A data set inside of another has other ids for the same files.
  const fs::path inner = data.folder.path() / "inner";
  put(inner / "file.txt", "one file");
  CHECK(has(said_of(graph(own(inner, ", prefix: inner/"), own(inner))), "share 1 equal file (`file.txt`)"));
}

TEST_CASE("shared samples: a file is found behind a link, and as a copy under another name; equal sizes alone are nothing") {
  const TemporaryFolder folder;
  const fs::path a = folder.path() / "a", b = folder.path() / "b";
  put(a / "one.txt", "the same");
  put(a / "two.txt", "the other");
  put(b / "three.txt", "the sane");
  put(b / "four.txt", "something else");
  CHECK(said_of(graph(own(a), own(b))) == "");
  put(b / "copy.txt", "the same");
  const std::string copied = said_of(graph(own(a), own(b)));
  CAPTURE(copied);
  CHECK(has(copied, "the two share 1 equal file (`copy.txt`)"));
  CHECK(has(copied, "one of the equal files is `" + (a / "one.txt").string() + "` for training and `" + (b / "copy.txt").string() +
                        "` for evaluation"));
  fs::remove(b / "copy.txt");
  fs::create_symlink(a / "two.txt", b / "linked.txt");
  CHECK(has(said_of(graph(own(a), own(b))), "share 1 equal file (`linked.txt`)"));
}

TEST_CASE("shared samples: samples of one archive are the same where their ids are") {
  const TwoFolders data;
  const std::string files = resource("all", data.a);
  put(data.a / "archive", "all of them");
  CHECK(said_of(graph(of("all", ", part: p1, is_archive: true"), of("all", ", part: p2, is_archive: true"), files)) == "");
  put(data.a / "q_1.txt", "");
  put(data.a / "q_2.txt", "");
  const std::string said = said_of(graph(of("all", ", part: q, is_archive: true"), of("all", ", part: q_1, is_archive: true"), files));
  CHECK(has(said, "1 equal file (`q_1.txt`)"));
}

TEST_CASE("shared samples: a copy of an archive is found by ids, also if one side has one sample of it only") {
  const TemporaryFolder folder;
  const fs::path a = folder.path() / "a", b = folder.path() / "b";
  for (const char* name : {"q_1.txt", "q_2.txt", "q_3.txt"}) {
    put(a / name, std::string("a ") + name);
    put(b / name, std::string("b ") + name);
  }
  for (const fs::path& one : {a, b}) put(one / "archive", "all of them");
  const std::string files = resource("one", a) + resource("two", b), archive = ", is_archive: true";
  const auto said = [&](const std::string& trained, const std::string& judged) {
    return said_of(graph(of("one", ", part: " + trained + archive), of("two", ", part: " + judged + archive), files));
  };
  CHECK(has(said("q_", "q_2"), "1 equal file (`q_2.txt`)"));
  CHECK(has(said("q_2", "q_"), "1 equal file (`q_2.txt`)"));
  CHECK(has(said("q_", "q_"), "3 equal files"));
  CHECK_FALSE(has(said("q_", "archive"), "equal file"));
}

TEST_CASE("shared samples: what an id says below its archive does not depend on the archive's name") {
  using program::id_in_file;
  CHECK(id_in_file("a/k1", "/data/a.tar") == "k1");
  CHECK(id_in_file("set/a/k1", "/data/set/a.tar") == "k1");
  CHECK(id_in_file("a.b/part/k1", "/data/a.b.tar") == "part/k1");
  CHECK(id_in_file("a/a/k1", "/data/a/a.tar") == "k1");
  CHECK(id_in_file("a/k1", "/data/other/b.tar") == "a/k1");
  CHECK(id_in_file("et/a/k1", "/data/set/a.tar") == "et/a/k1");
  CHECK(id_in_file("a/k1", "/data/ab.tar") == "a/k1");
  CHECK(id_in_file("k1.png", "/data/k1.png") == "k1.png");
  CHECK(id_in_file("rare/k1.png", "/data/rare/k1.png") == "rare/k1.png");
  CHECK(id_in_file("", "") == "");
  CHECK(id_in_file("/k1", "a") == "/k1");
}

TEST_CASE("shared samples: patients of two data sets with nearly equal names are told, unless sharing is allowed") {
  const TwoFolders data;
  const fs::path one = data.folder.path() / "one", other = data.folder.path() / "other";
  for (const char* name : {"q1_a.txt", "q10_a.txt", "s007_a.txt"}) put(one / name, name);
  for (const char* name : {"Q1_b.txt", "q100_b.txt", "s7_b.txt"}) put(other / name, name);
  const auto said = [&](const std::string& of_test) {
    return said_of(graph(of("training"), of("test"), resource("training", one) + resource("test", other, of_test)));
  };
  const std::string told = said("");
  CAPTURE(told);
  CHECK(has(told,
            "warning: the patient `Q1` of `test`, on which `validate` evaluates, and the patient `q1` of `training`, on which `train` "
            "trains, differ only in case, blanks, `-`, `_`, zeros of a number or Unicode form, but count as two patients; this holds for 1 "
            "other pair too"));
  CHECK_FALSE(has(told, "error"));
  CHECK(has(told, "if they are one patient, give it one name; if not, write `shares_with: [training]` at `test`"));
  CHECK(said(", shares_with: [training]") == "");
}

TEST_CASE("shared samples: patients of two data sets are compared without blanks, and in any Unicode form") {
  const TwoFolders data;
  const fs::path one = data.folder.path() / "one", other = data.folder.path() / "other";
  put(one / "M\u00fcller A_a.txt", "a");
  put(one / "q1 2_a.txt", "b");
  put(other / "Mu\u0308ller\u00a0a_b.txt", "c");
  put(other / "q12_b.txt", "d");
  const std::string told = said_of(graph(of("training"), of("test"), resource("training", one) + resource("test", other)));
  CAPTURE(told);
  CHECK(has(told, "the patient `Mu\\u0308ller\\u00A0a` of `test`, on which `validate` evaluates, and the patient `M\\u00FCller A` of"));
  CHECK_FALSE(has(told, "this holds for"));
}

TEST_CASE("shared samples: what is allowed by name has to be there, and to be needed") {
  const TwoFolders data;
  const auto said = [&](const std::string& of_training, const std::string& of_test, const fs::path& test) {
    return said_of(graph(of("training"), of("test"), resource("training", data.a, of_training) + resource("test", test, of_test)));
  };
  CHECK(said("", ", shares_with: [training]", data.b) == "");
  CHECK(said(", shares_with: [test]", "", data.b) == "");
  const std::string unknown = said("", ", shares_with: [trainin]", data.b);
  CAPTURE(unknown);
  CHECK(has(unknown, "error: `shares_with` of `test` names `trainin`, but no source reads a data set of that name"));
  CHECK(has(unknown, "did you mean `training`?"));
  CHECK(has(unknown, "share 4 patients"));
  const fs::path other = data.folder.path() / "c";
  put(other / "p9_front.txt", "somebody else");
  put(other / "p8_front.txt", "and another");
  const std::string idle = said("", ", shares_with: [training]", other);
  CAPTURE(idle);
  CHECK(has(idle,
            "warning: `shares_with` of `test` names `training`, but the two are not known to share a patient or file between training and "
            "evaluation"));
  CHECK(has(said("", ", shares_with: [training, training]", data.b), "`shares_with` has `training` twice"));
}

TEST_CASE("shared samples: what is only predicted, or only judged, is not compared") {
  const TwoFolders data;
  const std::string text = "leat: 1\nresources:\n" + resource("one", data.a, ", shares_with: [gone]") +
                           "phases:\n  test:\n    nodes:\n      files: {" + of("one") +
                           "}\n      more: {uses: toy.pass, in: files}\n"
                           "  predict:\n    nodes:\n      files: {" +
                           of("one") +
                           "}\n      more: {uses: toy.pass, in: files}\n"
                           "plan: {then: [test, predict]}\n";
  CHECK(said_of(text) == "");
}

namespace {

/// All that is said of the graph of a resumed run that trained on these samples.
std::string said_after(const std::vector<program::TrainedSample>& before, const std::string& text) {
  Diagnostics diagnostics;
  const GraphDescription description = read_graph_text(text, "g.yaml", fs::current_path(), {}, diagnostics);
  ProgramSettings settings;
  settings.earlier.records.emplace(program::trained_samples_name, program::archive_of(before));
  const Program made = Program::build(description, registry(), settings, diagnostics);
  std::string out = diagnostics.str();
  for (const std::string& sentence : made.disclosures) out += "note: " + sentence + "\n";
  return out;
}

std::vector<program::TrainedSample> trained_on(const std::string& text) {
  const Program made = build(registry(), text);
  return program::find_trained_samples(made, {0});
}

}  // namespace

TEST_CASE("shared samples: what a resumed run trained on before is not evaluated now, wherever it is") {
  const TemporaryFolder folder;
  const fs::path a = folder.path() / "a", b = folder.path() / "b", c = folder.path() / "c";
  for (const char* name : {"1.txt", "2.txt", "p1_front.txt"}) {
    put(a / name, std::string("a ") + name);
    put(b / (name[0] == 'p' ? "p2_front.txt" : name), std::string("b ") + name);
  }
  const std::string first = graph(of("one"), of("two"), resource("one", a) + resource("two", b));
  const std::string exchanged = graph(of("one"), of("two"), resource("one", b) + resource("two", a));
  const std::vector<program::TrainedSample> before = trained_on(first);
  CHECK(before.size() == 3);
  CHECK(program::trained_samples_in(program::archive_of(before)) == before);
  CHECK(said_after(before, first) == "");
  CHECK(said_of(exchanged) == "");
  std::string said = said_after(before, exchanged);
  CAPTURE(said);
  CHECK(has(said,
            "g.yaml:4:3: error: `validate`: the run has trained on 1 patient (`p1`) and 3 equal files (`1.txt`, `2.txt`, "
            "`p1_front.txt`) of `two`, on which it is evaluated now; they were in `one` then"));
  CHECK(has(said, "allow it with `shares_with: [one]` at `two`"));

  // Allowed by name at either end, and disclosed.
  const std::string with = ", shares_with: [one]", other = ", shares_with: [two]";
  for (const std::string& resources : {resource("one", b) + resource("two", a, with), resource("one", b, other) + resource("two", a)}) {
    said = said_after(before, graph(of("one"), of("two"), resources));
    CAPTURE(said);
    CHECK_FALSE(has(said, "error"));
    CHECK_FALSE(has(said, "warning"));
    CHECK(has(said, "note: the run has trained on 1 patient"));
    CHECK(has(said, "as `shares_with` allows"));
  }
  // The data set that was trained on can be gone from the graph.
  said = said_after(before, graph(of("new"), of("two"), resource("new", b) + resource("two", a, with)));
  CAPTURE(said);
  CHECK_FALSE(has(said, "error"));

  // Moved, and under other names.
  fs::rename(a, c);
  fs::rename(c / "1.txt", c / "x.txt");
  said = said_after(before, graph(of("one"), of("two"), resource("one", b) + resource("two", c)));
  CAPTURE(said);
  CHECK(has(said, "3 equal files (`2.txt`, `p1_front.txt`, `x.txt`) of `two`"));
  CHECK(has(said, "one of the equal files was `" + (a / "2.txt").string() + "` in training and is `" + (c / "2.txt").string() +
                      "` in evaluation"));
  CHECK(said_after(before, graph(of("one"), of("two"), resource("one", c) + resource("two", b))) == "");
}

TEST_CASE("shared samples: of an archive, a resumed run knows each sample that it trained on, also one alone") {
  const TemporaryFolder folder;
  const fs::path a = folder.path() / "a", b = folder.path() / "b";
  for (const char* name : {"q_1.txt", "q_2.txt", "q_3.txt", "r_4.txt"}) put(a / name, "");
  put(a / "archive", "all of them");
  put(b / "other.txt", "something else");
  const std::string archive = ", is_archive: true";
  const auto text = [&](const std::string& trained, const std::string& judged) { return graph(trained, judged, resource("all", a)); };
  const auto part = [&](const std::string& name) { return of("all", ", part: " + name + archive); };
  const auto before = [&](const std::string& name) { return trained_on(text(part(name), own(b))); };
  const auto said = [&](const std::string& trained, const std::string& judged) {
    return said_after(before(trained), text(own(b), part(judged)));
  };
  CHECK(has(said("q_", "q_2"), "the run has trained on 1 patient (`q`) and 1 equal file (`q_2.txt`)"));
  CHECK(has(said("q_2", "q_"), "the run has trained on 1 patient (`q`) and 1 equal file (`q_2.txt`)"));
  CHECK(has(said("q_", "q_"), "the run has trained on 1 patient (`q`) and 3 equal files"));
  CHECK_FALSE(has(said("q_", "r_"), "equal file"));
  CHECK_FALSE(has(said("r_", "q_"), "equal file"));
}

TEST_CASE("shared samples: a file that is still trained on is reported once, and not as one of before") {
  const TwoFolders data;
  const std::string text = graph(of("one"), of("two"), resource("one", data.a, ", shares_with: [two]") + resource("two", data.a));
  const std::string said = said_after(trained_on(text), text);
  CAPTURE(said);
  CHECK(has(said, "training on `one` and evaluation on `two` share 5 patients"));
  CHECK_FALSE(has(said, "before it was resumed"));
  // Trained on at another place before.
  const fs::path moved = data.folder.path() / "moved";
  fs::copy(data.a, moved);
  const std::string other = graph(of("one"), of("two"), resource("one", moved, ", shares_with: [two]") + resource("two", moved));
  CHECK_FALSE(has(said_after(trained_on(text), other), "before it was resumed"));
}

TEST_CASE("shared samples: a record has each sample once, and takes hashes of unchanged files from the record before") {
  const TwoFolders data;
  const std::string text = graph(of("one"), of("two"), resource("one", data.a) + resource("two", data.folder.path() / "c"));
  put(data.folder.path() / "c" / "1.txt", "alone");
  std::vector<program::TrainedSample> before = trained_on(text);
  before[0].contents = 77;
  before[1].contents = 78;
  before[1].time_ns += 1;
  const Program made = build(registry(), text);
  std::vector<program::TrainedSample> now = program::find_trained_samples(made, {0}, before);
  REQUIRE(now.size() == 5);
  CHECK(now[0].contents == 77);
  CHECK(now[1].contents != 78);
  program::add_before(now, before);
  CHECK(now.size() == 6);
  CHECK(now[5] == before[1]);
}

TEST_CASE("files read once: the marks of a data set and the record of the training read a file one time") {
  const TwoFolders data;
  put(data.folder.path() / "c" / "1.txt", "alone");
  const Program made = build(registry(), graph(of("one"), of("two"), resource("one", data.a) + resource("two", data.folder.path() / "c")));
  FileMarks marks;
  for (const auto& entry : fs::directory_iterator(data.a)) marks.add(entry.path().filename().string(), entry.path());
  const FilesReadOnce once;
  marks.look();
  CHECK(once.count() == 5);
  const auto trained = program::find_trained_samples(made, {0});
  CHECK(once.count() == 5);
  CHECK(trained == [&] {
    const FilesReadOnce again;
    return program::find_trained_samples(made, {0});
  }());
}

TEST_CASE("shared samples: contents decide what a resumed run trained on before, not names") {
  const TemporaryFolder folder;
  const fs::path a = folder.path() / "a", b = folder.path() / "b";
  put(a / "1.txt", "first");
  put(a / "2.txt", "other");
  put(b / "3.txt", "third");
  const std::string text = graph(of("one"), of("two"), resource("one", a) + resource("two", b));
  const std::vector<program::TrainedSample> before = trained_on(text);
  // The contents of a file for training and of one for evaluation are exchanged.
  put(a / "1.txt", "third!");
  put(b / "3.txt", "first");
  const std::string said = said_after(before, text);
  CAPTURE(said);
  CHECK(has(said, "the run has trained on 1 equal file (`3.txt`) of `two`"));
}

TEST_CASE("shared samples: a run records what it trains on, through every resume, and checks it without the facts of an earlier run") {
  const TwoFolders data;
  for (const char* name : {"1.txt", "2.txt"}) put(data.folder.path() / "c" / name, std::string("c ") + name);
  for (const char* name : {"3.txt", "4.txt"}) put(data.folder.path() / "d" / name, std::string("d ") + name);
  const fs::path c = data.folder.path() / "c", d = data.folder.path() / "d";
  const auto text = [&](const fs::path& trained, const fs::path& judged) {
    std::string out = graph(of("one"), of("two"), resource("one", trained) + resource("two", judged));
    return out.replace(out.find("steps: 2"), 8, "steps: 1000000").replace(out.find("every: 1 steps"), 14, "every: 1000000 steps");
  };
  // Stops after the first steps, with a checkpoint.
  const auto run = [&](const std::string& yaml, bool resumes) {
    Program program = build(registry(), yaml);
    RunOptions options;
    options.folder = data.folder.path() / "run";
    options.resumes = options.accepts_changed_graph = resumes;
    Run one(program, make_thread_lane(), make_test_executor(2), options);
    OnStep stop([&one](const Progress&) { one.stop(); });
    one.attach(stop, Hears::Steps);
    const RunResult result = one.run();
    CHECK(result.was_interrupted);
  };
  run(text(c, d), false);
  opened = 0;
  std::string why;
  try {
    run(text(d, c), true);
  } catch (const std::exception& error) {
    why = error.what();
  }
  // Before anything opens, because what opens can write.
  CHECK(opened == 0);
  CHECK(has(why, "the run has trained on 2 equal files (`1.txt`, `2.txt`) of `two`"));
  // It trains on other data next. Those that it began with are still known.
  run(text(data.a, d), true);
  const auto earlier = earlier_run(data.folder.path() / "run");
  REQUIRE(earlier.has_value());
  const auto known = program::trained_samples_in(earlier->records.at(program::trained_samples_name));
  CHECK(known.size() == 2 + 5);
}

TEST_CASE("shared samples: a source that fails to list its samples at the start of a run is named") {
  const TwoFolders data;
  put(data.folder.path() / "c" / "1.txt", "alone");
  Program program = build(registry(), graph(of("one"), of("two"), resource("one", data.a) + resource("two", data.folder.path() / "c")));
  RunOptions options;
  options.folder = data.folder.path() / "run";
  fails_to_list = true;
  std::string why;
  try {
    (void)Run(program, make_thread_lane(), make_test_executor(2), options).run();
  } catch (const std::exception& error) {
    why = error.what();
  }
  fails_to_list = false;
  CAPTURE(why);
  CHECK(has(why, "`learned` (test.files_of)"));
  CHECK(has(why, "the listing of its samples"));
  CHECK(has(why, "the disk is gone"));
}

TEST_CASE("source: its survey comes before its shapes and its length, refuses at a parameter, warns, and discloses") {
  const TwoFolders data;
  const std::string gone = said_of(graph(own(data.folder.path() / "gone"), own(data.b)));
  CAPTURE(gone);
  CHECK(has(gone, "g.yaml:5:48: error: `learned`: there is no such folder"));
  CHECK_FALSE(has(gone, "the folder is empty"));
  put(data.folder.path() / "c" / "one.txt", "alone");
  const std::string text = graph(own(data.a), own(data.folder.path() / "c"));
  CHECK(has(said_of(text), "warning: `judged` of `validate` has one file only"));
  const Program program = build(registry(), text);
  CHECK(program.warnings == std::vector<std::string>{"`judged` of `validate` has one file only"});
  CHECK(program.disclosures == std::vector<std::string>{"`learned`: 5 files were found", "`judged`: 1 files were found"});
  CHECK(program.phases[0].nodes[0].length == 5);
  const TemporaryFolder runs;
  RunOptions options;
  options.folder = runs.path() / "run";
  const RunResult result = run_graph(registry(), text, 2, options);
  CHECK(result.disclosures == program.disclosures);
  CHECK(result.warnings == program.warnings);
  const std::string results = text_of(options.folder / "results.json");
  CHECK(has(results, "\"disclosures\": [\n    \"`learned`: 5 files were found\""));
  CHECK(has(results, "has one file only"));
}

TEST_CASE("equal files: of many bytes only blocks are compared, and that is said") {
  const TemporaryFolder folder;
  const auto put_large = [&](const std::string& name, const std::string& middle, const std::string& elsewhere) {
    const fs::path file = folder.path() / name;
    constexpr std::int64_t bytes = 200'000'000;
    put(file, "begin");
    fs::resize_file(file, bytes);
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(bytes / 2);
    out << middle;
    out.seekp(bytes / 4);
    out << elsewhere;
    return program::SampleFile{file.string(), "", false, false};
  };
  std::vector<program::SampleFile> files{put_large("a", "x", ""), put_large("b", "y", ""), put_large("c", "x", "")};
  files[0].trains = files[1].judges = true;
  program::FileClasses found = program::find_equal_files(std::span(files).first(2));
  CHECK(found.of == std::vector<std::size_t>{0, 1});
  CHECK(found.is_whole);
  files[2].judges = true;
  found = program::find_equal_files(files);
  CHECK(found.of == std::vector<std::size_t>{0, 1, 0});
  CHECK_FALSE(found.is_whole);
}

TEST_CASE("equal files: contents are compared whole where that is little, and not among files of one purpose") {
  const TemporaryFolder folder;
  std::vector<program::SampleFile> files;
  for (int k = 0; k < 4; ++k) {
    const fs::path file = folder.path() / std::to_string(k);
    std::string text(100'000, 'a');
    if (k == 1) text[20'000] = 'b';
    put(file, text);
    files.push_back({file.string(), "", k < 3, k == 3});
  }
  CHECK(program::find_equal_files(files).of == std::vector<std::size_t>{0, 1, 0, 0});
  files[3].judges = false;
  CHECK(program::find_equal_files(files).of == std::vector<std::size_t>{0, 1, 2, 3});
  files.push_back({(folder.path() / "gone").string(), "", true, false});
  files.push_back({(folder.path() / "gone").string(), "", false, true});
  CHECK(program::find_equal_files(files).of == std::vector<std::size_t>{0, 1, 2, 3, 4, 4});
}

TEST_CASE("shared samples: what is allowed, and a source that lists nothing, are disclosed") {
  const TwoFolders data;
  const auto disclosed = [](const std::string& text) {
    Diagnostics diagnostics;
    const GraphDescription description = read_graph_text(text, "g.yaml", fs::current_path(), {}, diagnostics);
    return Program::build(description, registry(), {}, diagnostics).disclosures;
  };
  const auto sentences =
      disclosed(graph(of("training"), of("test"), resource("training", data.a) + resource("test", data.b, ", shares_with: [training]")));
  CHECK(std::find(sentences.begin(), sentences.end(),
                  "training on `training` and evaluation on `test` share 4 patients (`p1`, `p2`, `p3`, …), as `shares_with` allows") !=
        sentences.end());
  const auto unlisted = disclosed(graph(own(data.a), "uses: toy.count, with: {length: 4, batch: 2}"));
  REQUIRE(unlisted.size() >= 1);
  CHECK(
      unlisted.back() ==
      "whether training and evaluation share patients or files is unknown for `validate.judged` in `validate`, because its source lists no "
      "patients or files");
}
