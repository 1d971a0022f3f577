#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <set>
#include <thread>

#include "leat/csv.h"
#include "support/command.h"
#include "support/doctest.h"
#include "support/place.h"
#include "support/small_run.h"
#include "support/text_file.h"

// `leat predict --shard`, `leat merge`, and the scripts of docs/scale.md.

namespace fs = std::filesystem;
using namespace leat::test;
using leat::put;
using leat::text_of;

namespace {

constexpr int images = 400;

std::string error_of(const std::vector<std::string>& arguments) {
  const Finished finished = run_leat(arguments, place());
  CHECK(finished.code == 2);
  return finished.err;
}

/// Returns a list of small images with names that a table has to quote, among them files that are no images.
std::string listed() {
  if (fs::exists(place() / "many.csv")) return "many.csv";
  std::string list = "note,image\r\n";
  for (int k = 0; k < images; ++k) {
    char name[40];
    std::snprintf(name, sizeof name, k % 7 == 0 ? "many/%02d/odd, %03d.png" : "many/%02d/%03d.png", k % 10, k);
    fs::create_directories((place() / name).parent_path());
    if (k % 90 == 5) {
      put(place() / name, k % 2 == 0 ? "" : "no image");
    } else {
      cv::Mat image(32 + k % 5, 32, CV_8U);
      cv::randu(image, 0, 255);
      cv::GaussianBlur(image, image, {9, 9}, 2 + k % 3);
      cv::imwrite((place() / name).string(), image * (1 + k % 4));
    }
    list += (k % 3 == 0 ? "\"two\nlines\"," : "plain,") + leat::csv_field(name) + (k % 2 == 0 ? "\r\n" : "\n") + (k % 50 == 0 ? ",\n" : "");
  }
  put(place() / "many.csv", list);
  return "many.csv";
}

std::string whole() {
  if (!fs::exists(place() / "whole/results.json")) run_well({"predict", small_run(0), listed(), "--out", "whole"});
  return text_of(place() / "whole/predictions.csv");
}

std::vector<std::string> shard(const std::string& number, const std::string& out) {
  return {"predict", small_run(0), listed(), "--shard", number, "--out", out};
}

/// Predicts all of four shards, when they are first asked for.
std::string four() {
  for (const std::string number : {"1", "2", "3", "4"})
    if (!fs::exists(place() / ("four/shard-" + number + "-of-4/results.json"))) run_well(shard(number + "/4", "four"));
  return "four";
}

std::string copied(const std::string& to) {
  fs::remove_all(place() / to);
  fs::copy(place() / four(), place() / to, fs::copy_options::recursive);
  return to;
}

/// Kills a command with SIGKILL when its table has rows but not all. Returns false if it was done before.
bool was_killed(const std::vector<std::string>& arguments, const fs::path& folder) {
  Command command(arguments, place());
  const fs::path table = folder / "predictions.csv";
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (std::chrono::steady_clock::now() < end && !(fs::exists(table) && fs::file_size(table) > 0) && !fs::exists(folder / "results.json"))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  command.signal(SIGKILL);
  return command.wait().code == 128 + SIGKILL && !fs::exists(folder / "results.json");
}

/// Returns the text of the first block of a language among the predictions of docs/scale.md.
std::string block(const std::string& language) {
  const std::string page = text_of(LEAT_SOURCE "/docs/scale.md"), text = page.substr(page.find("\n## Predictions"));
  const std::size_t begin = text.find("```" + language + "\n") + language.size() + 4;
  return text.substr(begin, text.find("```", begin) - begin);
}

/// Runs a script in `place()` with `leat` in its path.
int run_script(const std::string& script, const std::string& environment) {
  const std::string path = leat_command().parent_path().string();
  put(place() / "script.sh", script);
  const std::string line = "cd '" + place().string() + "' && PATH='" + path + "':$PATH " + environment + " sh script.sh >script.out 2>&1";
  const int status = std::system(line.c_str());  // NOLINT(cert-env33-c): the line has no text of others.
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("predict --shard: shards of which two were killed are resumed, and merged they are the predictions of one process") {
  const std::string wanted = whole();
  for (const std::string number : {"2", "4"}) {
    const fs::path folder = place() / ("killed/shard-" + number + "-of-4");
    bool is_killed = false;
    for (int tries = 0; tries < 20 && !is_killed; ++tries) {
      fs::remove_all(folder);
      is_killed = was_killed(shard(number + "/4", "killed"), folder);
    }
    REQUIRE(is_killed);
  }
  run_well(shard("3/4", "killed"));
  CHECK_HAS(error_of({"merge", "killed", "--out", "merged"}), "error: shard 1 of 4 is missing; shards 2 and 4 of 4 are not finished\n");
  for (const std::string number : {"1", "2", "4"}) run_well(shard(number + "/4", "killed"));
  const Finished merged = run_leat({"merge", "killed", "--out", "merged"}, place());
  CAPTURE(merged.err);
  REQUIRE(merged.code == 0);
  CHECK_HAS(merged.out,
            "4 shards are merged: predictions.csv has one row for each of the 400 images of the list\n395 of 400 images are predicted");
  CHECK(text_of(place() / "merged/predictions.csv") == wanted);
  CHECK(files_in(place() / "merged/masks") == files_in(place() / "whole/masks"));
  // Nothing but results and the statement.
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(place() / "merged")) names.insert(entry.path().filename().string());
  CHECK(names == std::set<std::string>{"masks", "predictions.csv", "shards.json"});
  CHECK(fs::equivalent(place() / "merged/masks/many/01/001.png", place() / "killed/shard-1-of-4/masks/many/01/001.png"));
  // What is finished stays.
  const auto before = fs::last_write_time(place() / "killed/shard-1-of-4/predictions.csv");
  const Finished again = run_leat(shard("1/4", "killed"), place());
  CHECK(again.code == 0);
  CHECK_HAS(again.out, "shard 1 of 4 is finished\n");
  CHECK(fs::last_write_time(place() / "killed/shard-1-of-4/predictions.csv") == before);
  // Also of a folder, and by several runs.
  run_well({"predict", small_run(0), small_run(1), "drawn/test/images", "--overlay", "--out", "mean"});
  for (const std::string number : {"1/3", "2/3", "3/3"})
    run_well({"predict", small_run(0), small_run(1), "drawn/test/images", "--overlay", "--shard", number, "--out", "mean shards"});
  run_well({"merge", "mean shards", "--out", "merged mean"});
  CHECK(text_of(place() / "merged mean/predictions.csv") == text_of(place() / "mean/predictions.csv"));
  CHECK(files_in(place() / "merged mean/overlays") == files_in(place() / "mean/overlays"));
}

TEST_CASE("predict --shard: a shard that is none, and what has no shards, is refused") {
  const auto said = [](const std::string& number) {
    return error_of({"predict", small_run(0), listed(), "--shard", number, "--out", "none"});
  };
  CHECK_HAS(said("0/4"), "the shard in `0/4` is 0; the range is 1..4");
  CHECK_HAS(said("5/4"), "the shard in `5/4` is 5; the range is 1..4");
  CHECK_HAS(said("1/0"), "the number of shards in `1/0` is 0");
  CHECK_HAS(said("two"), "`two` is not a shard");
  CHECK_HAS(said(""), "--shard");
  CHECK_HAS(said("1/401"), "400 images are fewer than 401 shards");
  const auto of = [](const std::string& name, const std::string& list) {
    put(place() / name, list);
    return error_of({"predict", small_run(0), name, "--shard", "1/2", "--out", "none"});
  };
  const std::string a = "many/01/001.png", b = "many/02/002.png";
  CHECK_HAS(of("twice.csv", "image\n" + a + "\n" + b + "\n./" + a + "\n"), "line 2 and line 4 of `twice.csv` name `many/01/001.png`");
  CHECK_HAS(of("gone.txt", "many/gone.png\n" + a + "\n"), "1 of 1 image of the shard is missing; the first is");
  CHECK_HAS(of("fields.csv", "image,b\n" + a + ",1\n" + b + "\n"), "line 3 of the list");
  CHECK_HAS(of("open.csv", "image\n" + a + "\n\"" + b + "\n"), "line 3 of the list");
  CHECK_HAS(of("columns.csv", "a,b\n1,2\n"), "`columns.csv` has no column `image`");
  CHECK_HAS(of("empty.txt", "\n\n"), "`empty.txt` lists no image");
  CHECK_HAS(of("list.json", "{\"training\": []}"), "has no shards");
  CHECK_HAS(of("wide.txt", std::string("a\0b\0", 4)), "UTF-16");
  CHECK_FALSE(fs::exists(place() / "none"));
}

TEST_CASE("predict --shard: a folder of another shard, list, run or option is not continued") {
  four();
  const auto refused = [](const std::vector<std::string>& arguments, const std::string& why) {
    CHECK_HAS(error_of(arguments), "other/shard-2-of-4 has predictions of " + why + ": name another folder with --out");
  };
  const auto begin = [](bool is_finished) {
    fs::remove_all(place() / "other");
    fs::create_directories(place() / "other");
    fs::copy(place() / "four/shard-2-of-4", place() / "other/shard-2-of-4", fs::copy_options::recursive);
    if (!is_finished) fs::remove(place() / "other/shard-2-of-4/results.json");
  };
  for (const bool is_finished : {true, false}) {
    begin(is_finished);
    refused({"predict", small_run(1), listed(), "--shard", "2/4", "--out", "other"}, "other weights");
    refused({"predict", small_run(0), listed(), "--overlay", "--shard", "2/4", "--out", "other"}, "other runs or options");
    put(place() / "less.csv", "image\nmany/01/001.png\nmany/02/002.png\nmany/03/003.png\nmany/04/004.png\n");
    refused({"predict", small_run(0), "less.csv", "--shard", "2/4", "--out", "other"}, "another list of images (400 and 4 images)");
    fs::rename(place() / "other/shard-2-of-4", place() / "other/moved");
    fs::copy(place() / "four/shard-1-of-4", place() / "other/shard-2-of-4", fs::copy_options::recursive);
    refused(shard("2/4", "other"), "shard 1 of 4");
  }
  begin(false);
  const fs::path changed = place() / "many/01/101.png";
  const auto time = fs::last_write_time(changed);
  fs::last_write_time(changed, time + std::chrono::seconds(2));
  refused(shard("2/4", "other"), "images that have changed since: a file has another size or time");
  fs::last_write_time(changed, time);
  run_well(shard("2/4", "other"));
  CHECK(text_of(place() / "other/shard-2-of-4/predictions.csv") == text_of(place() / "four/shard-2-of-4/predictions.csv"));
}

TEST_CASE("merge: shards that are not all of one list, once and whole, are refused by name") {
  const auto said = [](const std::vector<std::string>& folders) {
    std::vector<std::string> arguments{"merge"};
    arguments.insert(arguments.end(), folders.begin(), folders.end());
    arguments.insert(arguments.end(), {"--out", "refused"});
    std::string out = error_of(arguments);
    CHECK_FALSE(fs::exists(place() / "refused"));
    CHECK_FALSE(fs::exists(place() / "refused.merging"));
    return out;
  };
  const auto shards = [](const std::string& of) { return place() / of; };
  copied("m");
  fs::remove_all(shards("m/shard-3-of-4"));
  CHECK_HAS(said({"m"}), "shard 3 of 4 is missing");
  fs::create_directories(shards("m/shard-3-of-4"));
  CHECK_HAS(said({"m"}), "shard 3 of 4 is missing");
  CHECK_HAS(said({"m", "four/shard-1-of-4"}), " are both shard 1 of 4");
  CHECK_HAS(said({"runs"}), "runs has no shard");
  CHECK_HAS(said({"nowhere"}), "there is no folder nowhere");
  // With the missing one from elsewhere, and one named twice.
  run_well({"merge", "m", "m", "four/shard-3-of-4", "m/shard-1-of-4", "--out", "from two"});
  CHECK(text_of(place() / "from two/predictions.csv") == whole());
  CHECK_HAS(error_of({"merge", "m", "--out", "from two"}), "from two exists already");

  const auto with = [&](const std::string& key, const nlohmann::json& value) {
    copied("m");
    const fs::path file = shards("m/shard-2-of-4/shard.json");
    nlohmann::json states = nlohmann::json::parse(text_of(file));
    states[key] = value;
    put(file, states.dump());
    return said({"m"});
  };
  CHECK_HAS(with("list", "0000000000000000"), "they are of another list of images (400 and 400 images)");
  CHECK_HAS(with("weights", "0000000000000000"), "they are of other weights");
  CHECK_HAS(with("options", "0000000000000000"), "they are of other runs or options");
  CHECK_HAS(with("device", "cuda"), "they are of another device (cpu and cuda)");
  CHECK_HAS(with("Leat", "0.0.1"), "they are of another version of Leat");
  CHECK_HAS(with("shard", "2/5"), "they are of another number of shards (4 and 5)");
  CHECK_HAS(with("images", "many"), "is not the statement of a shard");

  const auto with_table = [&](const auto& change) {
    copied("m");
    const fs::path table = shards("m/shard-2-of-4/predictions.csv");
    put(table, change(text_of(table)));
    return said({"m"});
  };
  const auto second_line = [](const std::string& text) { return text.find('\n') + 1; };
  const auto third_line = [&](const std::string& text) { return text.find('\n', second_line(text)) + 1; };
  CHECK_HAS(with_table([&](const std::string& text) { return text.substr(0, second_line(text)) + text.substr(third_line(text)); }),
            "of shard 2 of 4, has 99 rows, but the shard has 100 images");
  CHECK_HAS(
      with_table([&](const std::string& text) { return text + text.substr(second_line(text), third_line(text) - second_line(text)); }),
      "of shard 2 of 4, has 101 rows, but the shard has 100 images");
  CHECK_HAS(with_table([&](const std::string& text) {
              const std::string first = text.substr(second_line(text), third_line(text) - second_line(text));
              const std::size_t fourth = text.find('\n', third_line(text)) + 1;
              return text.substr(0, second_line(text)) + first + first + text.substr(fourth);
            }),
            "of shard 2 of 4, has rows of other images than the shard, or in another order");
  CHECK_HAS(with_table([](const std::string& text) { return text.substr(0, text.size() - 1); }), "of shard 2 of 4, is truncated");
  CHECK_HAS(with_table([](const std::string& text) { return "x" + text; }), "has other columns than that of shard 1");
  CHECK_HAS(with_table([](const std::string&) { return std::string(); }), "is empty");

  copied("m");
  fs::copy_file(shards("m/shard-1-of-4/masks/many/01/001.png"), shards("m/shard-2-of-4/masks/many/01/001.png"));
  CHECK_HAS(said({"m"}), "of shard 2 of 4, has the name of a file of another shard");
  fs::create_directories(place() / "refused.merging");
  CHECK_HAS(error_of({"merge", "four", "--out", "refused"}), "refused.merging exists, and is not of a merge that was interrupted");
  fs::remove(place() / "refused.merging");
  // A merge that was interrupted is made again.
  fs::create_directories(place() / "again.merging");
  put(place() / "again.merging/shards.json", "{}");
  put(place() / "again.merging/predictions.csv", "half");
  run_well({"merge", "four", "--out", "again"});
  CHECK(text_of(place() / "again/predictions.csv") == whole());
}

TEST_CASE("docs/scale.md: its Slurm array and its job of Kubernetes predict a list in shards") {
  const std::string wanted = whole();
  const auto is_merged = [&](const std::string& out) {
    run_well({"merge", "predictions", "--out", out});
    return text_of(place() / out / "predictions.csv") == wanted;
  };
  (void)small_run(0);
  fs::create_directory_symlink("0", place() / "runs/multimix");
  fs::copy_file(place() / listed(), place() / "list.csv");
  const std::string slurm = block("bash");
  REQUIRE(slurm.find("#SBATCH --array=1-8\n") != std::string::npos);
  for (int k = 1; k <= 8; ++k) CHECK(run_script(slurm, "SLURM_CPUS_PER_TASK=2 SLURM_ARRAY_TASK_ID=" + std::to_string(k)) == 0);
  CHECK(run_script(slurm, "SLURM_ARRAY_TASK_ID=9") == 2);
  CHECK(is_merged("by slurm"));

  fs::remove_all(place() / "predictions");
  const std::string job = block("yaml");
  for (const char* line : {"  completionMode: Indexed\n", "  completions: 8\n", "- {name: SHARDS, value: \"8\"}\n"})
    CHECK(job.find(line) != std::string::npos);
  const std::size_t begin = job.find("- |\n") + 4;
  const std::string script = job.substr(begin, job.find('\n', begin) - begin + 1);
  for (int k = 0; k < 8; ++k) CHECK(run_script(script, "SHARDS=8 JOB_COMPLETION_INDEX=" + std::to_string(k)) == 0);
  CHECK(is_merged("by kubernetes"));
}
