#include <filesystem>
#include <fstream>

#include "support/command.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

// Options of the command: what they take, and what is refused before anything runs.

using namespace leat::test;
using leat::put;
using leat::TemporaryFolder;
using leat::text_of;

namespace {

void put_graph(const TemporaryFolder& folder) {
  put(folder / "graph.yaml", R"(leat: 1
phases:
  predict:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: 4, batch: 2}}
      sheet: {uses: write.mosaic, in: {image: chests.image}}
plan: {then: [predict]}
)");
}

/// It ends with 2 before it begins, and says this.
void check_refused(const std::vector<std::string>& arguments, const std::string& words) {
  const TemporaryFolder folder;
  put_graph(folder);
  CAPTURE(words);
  const Finished finished = run_leat(arguments, folder.path());
  CAPTURE(finished.err);
  CHECK(finished.code == 2);
  CHECK(finished.err.starts_with(words));
  CHECK(finished.out.empty());
  CHECK_FALSE(std::filesystem::exists(folder / "runs"));
}

}  // namespace

TEST_CASE("options: numbers are plain decimal, and in their range") {
  for (const std::string wrong :
       {"-1", "010", "+1", "0x10", "1e3", "1.0", "9223372036854775808", "99999999999999999999", "one", " 1", ""}) {
    check_refused({"run", "graph.yaml", "--seed", wrong},
                  "--seed: must be a whole number in 0..9223372036854775807, found `" + wrong + "`\n");
    check_refused({"check", "graph.yaml", "--seed", wrong},
                  "--seed: must be a whole number in 0..9223372036854775807, found `" + wrong + "`\n");
  }
  for (const std::string wrong : {"-1", "1025", "100000", "010", "two"}) {
    check_refused({"run", "graph.yaml", "--threads", wrong}, "--threads: must be a whole number in 0..1024, found `" + wrong + "`\n");
    check_refused({"predict", "run", "images", "--out", "out", "--threads", wrong},
                  "--threads: must be a whole number in 0..1024, found `" + wrong + "`\n");
    check_refused({"verify", "graph.yaml", "--threads", "1," + wrong},
                  "--threads: must be a whole number in 1..1024, found `" + wrong + "`\n");
  }
  check_refused({"verify", "graph.yaml", "--steps", "010"}, "--steps: must be a whole number in 1..1000000000000000, found `010`\n");
  check_refused({"sweep", "graph.yaml", "--jobs", "010"}, "--jobs: must be a whole number in 1..1024, found `010`\n");
  const TemporaryFolder folder;
  put_graph(folder);
  CHECK(run_leat({"run", "graph.yaml", "--seed", "9223372036854775807", "--threads", "1024"}, folder.path()).code == 0);
  CHECK(run_leat({"run", "graph.yaml", "--seed", "0", "--threads", "0"}, folder.path()).code == 0);
}

TEST_CASE("options: a path is not empty") {
  const std::string words = ": must be a path, found an empty text\n";
  check_refused({"run", "graph.yaml", "--out", ""}, "--out" + words);
  check_refused({"run", "--resume", ""}, "--resume" + words);
  check_refused({"predict", "run", "images", "--out", ""}, "--out" + words);
  check_refused({"sweep", "graph.yaml", "--out", ""}, "--out" + words);
  check_refused({"draw", "graph.yaml", "--out", ""}, "--out" + words);
  check_refused({"schema", "--out", ""}, "--out" + words);
}

TEST_CASE("options: a report's page is an .html file, and its options need it") {
  check_refused({"report", "run", "--out", "run/results.json"}, "--out: must end with .html, found `run/results.json`\n");
  check_refused({"report", "run", "--out", ""}, "--out: must end with .html, found ``\n");
  check_refused({"report", "run", "--names"}, "--names requires --out\n");
  check_refused({"report", "run", "--pictures"}, "--pictures requires --out\n");
  check_refused({"report", "run", "--out", "a.html", "--json"}, "--json excludes --out\n");
  check_refused({"report", "run", "--out", "a.html", "--against", "other"}, "--against excludes --out\n");
}

TEST_CASE("options: output that cannot be written is told, and the command ends with 1") {
  const TemporaryFolder folder;
  put_graph(folder);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--help"}, {"check", "graph.yaml"}, {"nodes"}, {"schema"}, {"draw", "graph.yaml"}}) {
    CAPTURE(arguments[0]);
    const Finished finished = Command(arguments, folder.path(), Command::Prints::ToFullDisk).wait();
    CHECK(finished.code == 1);
    CHECK(finished.err.ends_with("error: not all of the output could be written\n"));
  }
}

TEST_CASE("options: `--lane async` needs a GPU, and says so in these words") {
  const TemporaryFolder folder;
  put_graph(folder);
  for (const std::string command : {"run", "verify"}) {
    const Finished finished = run_leat({command, "graph.yaml", "--lane", "async", "--device", "cpu:1"}, folder.path());
    CAPTURE(finished.err);
    CHECK(finished.code != 0);
    CHECK(finished.err.find("`--lane async` needs a GPU, but the device is `cpu:1`: leave it out, or name a GPU with --device cuda:0") !=
          std::string::npos);
  }
}

TEST_CASE("files: a run states its device by one name, from its begin on") {
  const TemporaryFolder folder;
  put_graph(folder);
  CHECK(run_leat({"run", "graph.yaml", "--out", "run"}, folder.path()).code == 0);
  const auto device_in = [&](const char* file) {
    const std::string text = text_of(folder / "run" / file);
    const std::size_t at = text.find(':', text.find("\"device\""));
    return text.substr(text.find('"', at), text.find('"', text.find('"', at) + 1) - text.find('"', at));
  };
  CHECK(device_in("begun.json").starts_with("\"cpu:"));
  CHECK(device_in("begun.json") == device_in("results.json"));
}

TEST_CASE("options: a run is resumed with its graph also if that says `memory` or `prefetch` otherwise") {
  const TemporaryFolder folder;
  put_graph(folder);
  CHECK(run_leat({"run", "graph.yaml", "--out", "run"}, folder.path()).code == 0);
  const std::string graph = text_of(folder / "graph.yaml");
  const auto resumed = [&](const std::string& from, const std::string& to) {
    std::string changed = graph;
    changed.replace(changed.find(from), from.size(), to);
    put(folder / "changed.yaml", changed);
    return run_leat({"run", "changed.yaml", "--resume", "run"}, folder.path());
  };
  const Finished same = resumed("then: [predict]}", "then: [predict], memory: 300MB}"), other = resumed("count: 4", "count: 6");
  CAPTURE(same.err);
  CHECK(same.code == 0);
  CHECK((same.out + same.err).find("is finished; nothing is left to do") != std::string::npos);
  CHECK(other.code != 0);
  CHECK(other.err.find("the graph is not the one with which this run began") != std::string::npos);
}

TEST_CASE("options: `leat verify` compares two numbers of threads or more") {
  for (const std::string same : {"2", "2,2"})
    check_refused({"verify", "graph.yaml", "--threads", same}, "--threads: must be two or more different numbers, found `" + same + "`\n");
  check_refused({"verify", "graph.yaml", "--threads", "0,1"}, "--threads: must be a whole number in 1..1024, found `0`\n");
  const TemporaryFolder folder;
  put_graph(folder);
  CHECK(run_leat({"verify", "graph.yaml", "--threads", "1,2", "--steps", "1"}, folder.path()).code == 0);
}

TEST_CASE("options: `leat verify` also runs with the cache, and `leat check` says if the cache's file has no room on the disk") {
  const TemporaryFolder folder;
  put(folder / "cached.yaml", R"(leat: 1
params: {count: 4, side: 32}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: "${count}", batch: 2}}
      small: {uses: image.resize, in: chests.image, with: {width: "${side}", height: "${side}"}}
      weak: {uses: augment.weak, in: small}
      grays: {uses: metric.intensities, in: weak}
plan: {train: {phase: train, steps: 10}, cache: {memory: 1MB, file: 9000000GB}}
)");
  const auto verified = [&](const std::string& steps) {
    return run_leat({"verify", "cached.yaml", "--threads", "1,2", "--steps", steps}, folder.path());
  };
  CHECK(verified("6").code == 0);
  const std::string out = verified("6").out;
  CHECK(out.find("\nwith the cache: ") != std::string::npos);
  CHECK(out.find(" 0 values from it") == std::string::npos);
  CHECK(out.find(" values from it, 3 metrics\nthe same bits") != std::string::npos);
  CHECK(verified("2").out.find("0 values from it, 3 metrics; for values from it, raise --steps") != std::string::npos);
  CHECK(run_leat({"check", "cached.yaml"}, folder.path()).err.empty());
  const Finished huge = run_leat({"check", "cached.yaml", "--set", "count=100000", "--set", "side=16384"}, folder.path());
  CHECK(huge.code == 0);
  CHECK(huge.err.starts_with("warning: the file of the cache can take 26.8 TB, but the disk of " + folder.path().string() + " has "));
}

TEST_CASE("options: `leat explain` needs a run, and names its phases") {
  check_refused({"explain", ""}, "run: must be a path, found an empty text\n");
  check_refused({"explain", "missing"}, "error: missing does not exist\n");
  check_refused({"explain", "."}, "error: . has no events.log; name the folder of a run\n");
  const TemporaryFolder folder;
  put_graph(folder);
  REQUIRE(run_leat({"run", "graph.yaml", "--out", "run"}, folder.path()).code == 0);
  const Finished all = run_leat({"explain", "run"}, folder.path());
  CHECK(all.code == 0);
  CHECK(all.out.starts_with("`predict` has 2 steps; too few to tell what held it up.\n"));
  // The log of a run whose process was killed has no end.
  std::filesystem::copy(folder / "run", folder / "killed", std::filesystem::copy_options::recursive);
  std::filesystem::remove(folder / "killed/results.json");
  std::filesystem::resize_file(folder / "killed/events.log", leat::text_of(folder / "killed/events.log").rfind("{\"finished\":"));
  const Finished killed = run_leat({"explain", "killed"}, folder.path());
  CHECK(killed.out.starts_with("The run is unfinished. No process of this machine works on it, and its log does not say how it ended"));
  CHECK(killed.out.find("`leat run --resume killed` continues it.\n`predict` has 2 steps") != std::string::npos);
  CHECK(run_leat({"explain", "killed", "--json"}, folder.path()).out.starts_with("["));
  // What cannot be measured is refused before anything is printed.
  std::ofstream(folder / "killed/graph.yaml") << "leat: 1\nphases: [\n";
  const Finished broken = run_leat({"explain", "killed", "--headspace"}, folder.path());
  CHECK(broken.code == 2);
  CHECK(broken.out.empty());
  CHECK(run_leat({"explain", "run", "--json", "--phase", "predict"}, folder.path())
            .out.starts_with(R"([{"phase":"predict","limit":"unknown",)"));
  const Finished other = run_leat({"explain", "run", "--phase", "train"}, folder.path());
  CHECK(other.code == 2);
  CHECK(other.err == "error: no phase `train` ran in run; these ran: `predict`\n");
  CHECK(run_leat({"explain", "run", "--trace", "trace.json"}, folder.path()).code == 0);
  CHECK(std::filesystem::file_size(folder / "trace.json") > 1000);
  const Finished unwritten = run_leat({"explain", "run", "--trace", "missing/trace.json"}, folder.path());
  CHECK(unwritten.code == 1);
  CHECK(unwritten.err == "error: cannot write missing/trace.json\n");
}

TEST_CASE("options: `--set` beside `--resume` needs the graph") {
  const TemporaryFolder folder;
  put_graph(folder);
  put(folder / "run/graph.yaml", "leat: 1\nparams: {count: 4}\n");
  const Finished finished = run_leat({"run", "--resume", "run", "--set", "count=5"}, folder.path());
  CHECK(finished.code == 2);
  CHECK(finished.err ==
        "error: a resumed run keeps the parameters with which it began, and `--set` cannot change them in its folder's graph.yaml; to "
        "continue with others name the graph: leat run GRAPH --resume run --set count=5 --accept-changed-graph\n");
}

TEST_CASE("files: what cannot be used is said in a sentence, not in a library's words") {
  const TemporaryFolder folder;
  put_graph(folder);
  const auto said = [&](const std::vector<std::string>& arguments) {
    const Finished finished = run_leat(arguments, folder.path());
    CHECK((finished.code == 1 || finished.code == 2));
    for (const char* raw : {"filesystem error", "json.exception", "std::", "basic_"})
      CHECK_MESSAGE(finished.err.find(raw) == std::string::npos, finished.err);
    return finished.err;
  };
  put(folder / "damaged/graph.yaml", "leat: 1\n");
  put(folder / "damaged/results.json", R"({"version": 1, "title": "T"})");
  CHECK(said({"report", "damaged"}) == "error: damaged/results.json is not whole: it has no `graph_hash`\n");
  put(folder / "damaged/results.json", R"({"version": 1, "title": "T", "graph_hash": 3})");
  CHECK(said({"report", "damaged"}) == "error: damaged/results.json is not whole: a value in it is a number, but must be a string\n");
  put(folder / "damaged/results.json", "{");
  CHECK(said({"report", "damaged"}) == "error: damaged/results.json is not JSON\n");
  // Reading a folder fails even for root, as reading a file does for others who may not.
  std::filesystem::create_directories(folder / "hidden/results.json");
  put(folder / "hidden/graph.yaml", "leat: 1\n");
  put(folder / "hidden/metrics.jsonl", "");
  CHECK(said({"report", "hidden"}) == "error: cannot read hidden/results.json: Is a directory\n");
  CHECK(said({"tensorboard", "hidden"}) == "error: cannot read hidden/results.json: Is a directory\n");
  put(folder / "damaged/metrics.jsonl", "");
  CHECK(said({"tensorboard", "damaged"}).find("damaged/results.json is not JSON, or has no steps and phases") != std::string::npos);
  const std::string below_a_file = "graph.yaml/run";
  said({"run", "graph.yaml", "--out", below_a_file});
  said({"run", "--resume", below_a_file});
  said({"report", below_a_file});
  CHECK(said({"report", "none", "--out", "a.html"}).starts_with("error: "));
  CHECK_FALSE(std::filesystem::exists(folder / "a.html"));
  said({"runs", below_a_file});
  said({"tensorboard", below_a_file});
  said({"predict", below_a_file, "images", "--out", "out"});
  said({"sweep", "graph.yaml", "--out", below_a_file});
  said({"plugin", "new", "mine", "--out", below_a_file});
  said({"draw", "graph.yaml", "--out", "graph.yaml/x.svg"});
  const std::string name(300, 'x');
  said({"run", "graph.yaml", "--out", name});
  said({"runs", name});
  CHECK(said({"report", name}) == "error: cannot use " + name + ": File name too long\n");
  said({"check", name});
}
