#include <signal.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "leat/csv.h"
#include "support/command.h"
#include "support/doctest.h"
#include "support/place.h"
#include "support/small_run.h"
#include "support/tar_file.h"
#include "support/text_file.h"

// `leat predict` from tars of WebDataset: files, pipes, and results in tars.

namespace fs = std::filesystem;
using namespace leat::test;
using leat::put;
using leat::text_of;

namespace {

std::string error_of(const std::vector<std::string>& arguments, int code = 1) {
  const Finished finished = run_leat(arguments, place());
  CAPTURE(finished.err);
  CHECK(finished.code == code);
  return finished.err;
}

std::string picture(int seed) {
  cv::RNG random(static_cast<std::uint64_t>(seed) + 1);
  cv::Mat image(32 + seed % 5, 32, CV_8U);
  random.fill(image, cv::RNG::UNIFORM, 0, 255);
  cv::GaussianBlur(image, image, {9, 9}, 2 + seed % 3);
  std::vector<std::uint8_t> bytes;
  cv::imencode(".png", image * (1 + seed % 4), bytes);
  return {bytes.begin(), bytes.end()};
}

/// Different for each seed.
std::string noise(int seed) {
  cv::RNG random(static_cast<std::uint64_t>(seed) + 1);
  cv::Mat image(32, 32, CV_8U);
  random.fill(image, cv::RNG::UNIFORM, 0, 255);
  std::vector<std::uint8_t> bytes;
  cv::imencode(".png", image, bytes);
  return {bytes.begin(), bytes.end()};
}

constexpr int tars = 5, per_tar = 24;

std::string key(int k) {
  char text[48];
  std::snprintf(text, sizeof text, k % 3 == 0 ? "part.v1/%03d" : k % 7 == 1 ? "b\xC3\xA4r, %03d" : "%03d", k);
  return text;
}

/// Makes tars of images with labels, and the same images in a folder, in which the order is the same.
void make_tars() {
  if (fs::exists(place() / "tars")) return;
  for (int tar = 0; tar < tars; ++tar) {
    char name[40];
    std::snprintf(name, sizeof name, "im.%03d", tar);
    Entries entries{{"part.v1/", ""}};
    for (int k = 0; k < per_tar; ++k) {
      const std::string image = k == 9 ? "no image" : picture(tar * per_tar + k);
      entries.emplace_back(key(k) + ".cls", "1");
      entries.emplace_back(key(k) + (k % 2 == 0 ? ".png" : ".seen.PNG"), image);
      entries.emplace_back(key(k) + ".json", "{}");
      char file[64];
      std::snprintf(file, sizeof file, "folder/%s/%03d.png", name, k);
      fs::create_directories((place() / file).parent_path());
      put(place() / file, image);
    }
    write_tar(place() / "tars" / (std::string(name) + (tar == 1 ? ".tar.gz" : tar == 2 ? ".tar.zst" : ".tar")), entries);
  }
}

std::vector<std::vector<std::string>> rows_of(const fs::path& table) {
  std::vector<std::vector<std::string>> out;
  for (const auto& row : leat::read_csv(text_of(place() / table)).rows) out.push_back(row.fields);
  return out;
}

/// Returns the rows without the first column, the image, and those of files.
std::vector<std::vector<std::string>> numbers_of(const fs::path& table) {
  auto out = rows_of(table);
  for (auto& row : out) {
    row.erase(row.begin());
    std::erase_if(row, [](const std::string& one) { return one.starts_with("masks/") || one.starts_with("tars/"); });
  }
  return out;
}

std::vector<std::string> ids_of(const fs::path& table) {
  std::vector<std::string> out;
  for (const auto& row : rows_of(table)) out.push_back(row[0]);
  return out;
}

std::vector<std::string> predict(const std::string& images, const std::string& out, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"predict", small_run(0), images, "--out", out};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// Returns the table of all tars in one process.
std::string whole() {
  make_tars();
  if (!fs::exists(place() / "whole/results.json")) run_well(predict("tars", "whole"));
  return text_of(place() / "whole/predictions.csv");
}

/// A command for each tar. It stops in the middle of the tar that `wait_in` names, as a slow network does.
const std::string slow = "pipe:sh slow.sh tars/im.{000.tar,001.tar.gz,002.tar.zst,003.tar,004.tar}";

void wait_in(const std::string& tar) {
  make_tars();
  put(place() / "slow.sh",
      "case \"$1\" in *im." + (tar.empty() ? "none" : tar) + "*) head -c 20000 \"$1\"; exec sleep 30;; *) exec cat \"$1\";; esac\n");
}

/// Sends a command a signal when its table has so many lines, and returns its exit code.
int ended_at(std::size_t lines, int signal, const std::vector<std::string>& arguments, const fs::path& folder) {
  Command command(arguments, place());
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  const auto has_lines = [&] {
    if (!fs::exists(folder / "predictions.csv")) return false;
    const std::string text = text_of(folder / "predictions.csv");
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) >= lines;
  };
  while (std::chrono::steady_clock::now() < end && !has_lines()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  command.signal(signal);
  const int code = command.wait().code;
  CHECK_FALSE(fs::exists(folder / "results.json"));
  return code;
}

}  // namespace

TEST_CASE("predict tars: rows and numbers are those of the same images in a folder, from files, a folder, a list or braces") {
  const std::string wanted = whole();
  run_well(predict("folder", "of folder"));
  CHECK(numbers_of("whole/predictions.csv") == numbers_of("of folder/predictions.csv"));
  std::vector<std::string> ids;
  for (int tar = 0; tar < tars; ++tar)
    for (int k = 0; k < per_tar; ++k) ids.push_back("im.00" + std::to_string(tar) + "/" + key(k));
  CHECK(ids_of("whole/predictions.csv") == ids);
  CHECK(text_of(place() / "whole/tars.csv").find("tar,samples,ids\nim.000,24,") == 0);

  put(place() / "list.txt", "tars/im.000.tar\ntars/im.001.tar.gz\ntars/im.002.tar.zst\ntars/im.003.tar\ntars/im.004.tar\n");
  run_well(predict("list.txt", "of list"));
  CHECK(text_of(place() / "of list/predictions.csv") == wanted);
  run_well(predict("tars/im.{000.tar,001.tar.gz,002.tar.zst,003.tar,004.tar}", "of braces", {"--threads", "1"}));
  CHECK(text_of(place() / "of braces/predictions.csv") == wanted);
  CHECK(files_in(place() / "of braces/masks") == files_in(place() / "whole/masks"));
  // What is finished stays.
  CHECK_HAS(run_leat(predict("tars", "whole"), place()).out, "shard 1 of 1 is finished");
}

TEST_CASE("predict tars: shards that were stopped and killed are resumed, and merged they are the predictions of one process") {
  const std::string wanted = whole();
  const auto shard = [](const std::string& number) { return predict(slow, "killed", {"--shard", number + "/2"}); };
  const auto folder = [](const std::string& number) { return place() / ("killed/shard-" + number + "-of-2"); };
  // A stop has a checkpoint in the middle of a tar, a kill after it has not.
  wait_in("001");
  CHECK(ended_at(17, SIGINT, shard("1"), folder("1")) == 130);
  CHECK(fs::exists(folder("1") / "checkpoints/last"));
  wait_in("002");
  CHECK(ended_at(49, SIGKILL, shard("1"), folder("1")) == 128 + SIGKILL);
  wait_in("004");
  CHECK(ended_at(17, SIGKILL, shard("2"), folder("2")) == 128 + SIGKILL);
  CHECK_HAS(error_of({"merge", "killed", "--out", "merged"}, 2), "shards 1 and 2 of 2 are not finished");
  wait_in("");
  for (const std::string number : {"1", "2"}) run_well(shard(number));
  const Finished merged = run_leat({"merge", "killed", "--out", "merged"}, place());
  CAPTURE(merged.err);
  REQUIRE(merged.code == 0);
  CHECK_HAS(merged.out, "2 shards are merged: predictions.csv has one row for each of the 120 samples of 5 tars");
  CHECK(text_of(place() / "merged/predictions.csv") == wanted);
  CHECK(text_of(place() / "merged/tars.csv") == text_of(place() / "whole/tars.csv"));
  CHECK(files_in(place() / "merged/masks") == files_in(place() / "whole/masks"));
  CHECK_HAS(error_of(predict("tars", "none", {"--shard", "1/6"}), 2), "5 tars are fewer than 6 shards");
}

TEST_CASE("predict tars: a resumed run refuses tars that have changed") {
  whole();
  fs::copy(place() / "tars", place() / "changing");
  const auto finished = predict("changing", "changed");
  run_well(finished);
  fs::last_write_time(place() / "changing/im.003.tar", fs::last_write_time(place() / "changing/im.003.tar") + std::chrono::seconds(2));
  CHECK_HAS(error_of(finished, 2), "images that have changed since: a file has another size or time");
  // Of a command, only fewer samples than before are found.
  wait_in("002");
  CHECK(ended_at(49, SIGINT, predict(slow, "shorter"), place() / "shorter") == 130);
  put(place() / "slow.sh", "cat tars/im.000.tar | head -c 0; cat empty.tar\n");
  write_tar(place() / "empty.tar", {});
  CHECK_HAS(error_of(predict(slow, "shorter")), "were predicted before: it has changed since");
}

TEST_CASE("predict tars: commands give the same predictions, and one that fails is an error with its words") {
  const std::string wanted = whole();
  run_well(predict("pipe:cat tars/im.{000.tar,001.tar.gz,002.tar.zst,003.tar,004.tar}", "of pipe"));
  CHECK(text_of(place() / "of pipe/predictions.csv") == wanted);
  const std::vector<std::string> failing =
      predict("pipe:cat tars/im.00{0,3}.tar; for k in 1 2 3 4 5 6 7; do echo word $k >&2; done; exit 3", "failing");
  const std::string said = error_of(failing);
  CHECK_HAS(said, "exit code 3");
  CHECK_HAS(said, "the command `cat tars/im.000.tar; for k in");
  CHECK_HAS(said, "word 3\nword 4\nword 5\nword 6\nword 7");
  CHECK(said.find("word 2") == std::string::npos);
  CHECK_HAS(error_of(predict("pipe:kill -9 $$ # a.tar", "failing 2")), "signal 9 ended it; its standard error is empty");
  CHECK_HAS(error_of(predict("pipe:head -c 30000 tars/im.000.tar", "failing 3")),
            "the output of the command `head -c 30000 tars/im.000.tar`");
  CHECK_HAS(error_of(predict("pipe:true", "failing 4")), "the output of the command `true`");
  CHECK_HAS(error_of(predict("pipe:", "failing 5"), 2), "there is no command after `pipe:`");
}

TEST_CASE("predict tars: no graph and no list can run a command") {
  make_tars();
  run_well(predict("pipe:cat tars/im.000.tar", "pipe once"));
  const std::string graph = text_of(place() / "pipe once/graph.yaml");
  CHECK(graph.find("cat tars") == std::string::npos);
  CHECK_HAS(error_of({"check", "pipe once/graph.yaml"}, 2), "the commands that write the tars are not in the graph");
  put(place() / "bad list.txt", "pipe:touch ran\n");
  CHECK_HAS(error_of(predict("bad list.txt", "none"), 2), "a list cannot run commands");
  std::string other = graph;
  const std::size_t at = other.find("commands:");
  REQUIRE(at != std::string::npos);
  other.replace(at, other.find_first_of(",}\n", at) - at, "path: \"pipe:touch ran\"");
  put(place() / "bad.yaml", other);
  (void)error_of({"check", "bad.yaml"}, 2);
  CHECK_FALSE(fs::exists(place() / "ran"));
}

TEST_CASE("predict tars: a sample without a picture or with two has a row that says so, and other entries are counted") {
  const std::string one = picture(1), two = picture(2);
  write_tar(place() / "odd.tar", {{"__meta__/a.json", "{}"},
                                  {"README", "words"},
                                  {"a.cls", "1"},
                                  {"b.left.jpg", one},
                                  {"b.png", one},
                                  {"sub.x/c.b.png", two},
                                  {"d.png", "-> a.png"},
                                  {"e.webp", one},
                                  {"f.png", one},
                                  {"._f.png", "x"}});
  const Finished finished = run_leat(predict("odd.tar", "odd"), place());
  REQUIRE(finished.code == 0);
  CHECK_HAS(finished.err, "3 entries of the tars without a key, or with metadata, are not read");
  const auto rows = rows_of("odd/predictions.csv");
  REQUIRE(rows.size() == 6);
  std::map<std::string, std::string> status;
  for (const auto& row : rows) status[row[0]] = row[1];
  CAPTURE(text_of(place() / "odd/predictions.csv"));
  CHECK(status == std::map<std::string, std::string>{{"odd/a", "the sample has no picture, only cls"},
                                                     {"odd/b", "the sample has 2 pictures: left.jpg, png"},
                                                     {"odd/sub.x/c", "ok"},
                                                     {"odd/d", "its picture is a link in the tar, or no file"},
                                                     {"odd/e", "the sample has no picture, only webp"},
                                                     {"odd/f", "ok"}});
}

TEST_CASE("tars: the graph of docs/scale.md trains on tars with masks; its run predicts these tars, other images, and by its export") {
  const std::string page = text_of(LEAT_SOURCE "/docs/scale.md"), section = page.substr(page.find("\n## Training on tars"));
  const std::size_t begin = section.find("```yaml\n") + 8;
  std::string graph = section.substr(begin, section.find("\n```", begin) + 1 - begin);
  const auto replace = [&graph](const std::string& before, const std::string& after) {
    const std::size_t at = graph.find(before);
    REQUIRE(at != std::string::npos);
    graph.replace(at, before.size(), after);
  };
  replace("classes: [NORMAL, PNEUMONIA]}}", "classes: [NORMAL, PNEUMONIA], masks: [lungs=mask.png]}}");
  replace("classes: [NORMAL, PNEUMONIA]}}\n  net", "classes: [NORMAL, PNEUMONIA], masks: [lungs=mask.png]}}\n  net");
  replace("batch: 16, window", "batch: 4, window");
  replace("steps: 50", "steps: 2");
  replace("every: 25 steps", "every: 2 steps");
  const fs::path folder = place() / "trained on tars";
  for (int tar = 0; tar < 9; ++tar) {
    Entries entries;
    for (int k = 0; k < 3; ++k) {
      const std::string own = std::to_string(k), image = noise(3 * tar + k);
      entries.insert(entries.end(),
                     {{own + ".cls", k % 2 == 0 ? "NORMAL" : "PNEUMONIA"}, {own + ".mask.png", image}, {own + ".png", image}});
    }
    write_tar(folder / (tar == 8 ? "val.tar" : "train-00" + std::to_string(tar) + ".tar"), entries);
  }
  put(folder / "graph.yaml", graph);
  const auto in_folder = [&folder](const std::vector<std::string>& words) { return run_leat(words, folder); };
  {
    const Finished trained = in_folder({"run", "graph.yaml", "--out", "run", "--device", "cpu:1"});
    CAPTURE(trained.err);
    REQUIRE(trained.code == 0);
  }
  const auto table = [&folder](const std::string& out) { return text_of(folder / out / "predictions.csv"); };
  Finished finished = in_folder({"predict", "run", "val.tar", "--out", "a"});
  CAPTURE(finished.err);
  REQUIRE(finished.code == 0);
  CHECK_HAS(finished.err, "the images of the tars are the pictures that are not `mask.png`, as in the training of run");
  CHECK_HAS(finished.out, "3 of 3 images are predicted");
  CHECK(in_folder({"predict", "run", "val.tar", "--out", "b", "--image-ending", "png"}).code == 0);
  CHECK(table("b") == table("a"));
  finished = in_folder({"predict", "run", "val.tar", "--out", "c", "--image-ending", "jpg"});
  CHECK(finished.code == 1);
  CHECK_HAS(table("c"), "the sample has no entry `jpg`");
  CHECK_HAS(finished.err, "error: no image is predicted; the column `status` of");
  fs::create_directories(folder / "images");
  for (int k = 0; k < 3; ++k) put(folder / "images" / (std::to_string(k) + ".png"), noise(24 + k));
  finished = in_folder({"predict", "run", "images", "--out", "d"});
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK(in_folder({"export", "run", "--out", "net.safetensors"}).code == 0);
  finished = in_folder({"predict", "net.safetensors", "images", "--out", "e"});
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK(table("e") == table("d"));
  CHECK(in_folder({"predict", "net.safetensors", "val.tar", "--out", "f", "--image-ending", "png"}).code == 0);
  CHECK(table("f") == table("a"));
  for (const auto& row : leat::read_csv(table("d")).rows) CHECK(row.fields[1] == "ok");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"data", "val.tar"}, {"new", "new.yaml", "--data", "val.tar"}}) {
    finished = in_folder(words);
    CHECK(finished.code == 2);
    CHECK_HAS(finished.err, "`val.tar` is of tars, which are read by a training with `io.tar_set`");
    CHECK_HAS(finished.err, "docs/scale.md has a graph to begin with");
  }
}

TEST_CASE("predict tars: a key twice, a truncated tar, and what is no tar are refused with their places") {
  const std::string one = picture(1);
  const auto said = [](const std::string& name) { return error_of(predict(name, "bad " + name)); };
  write_tar(place() / "twice.tar", {{"a.png", one}, {"b.png", one}, {"a.cls", "1"}});
  CHECK_HAS(said("twice.tar"),
            "twice.tar`: the key `a` is there twice: entry 3, `a.cls`, does not follow the sample that begins with entry 1");
  write_tar(place() / "good.tar", {{"a.png", one}, {"b.png", one}, {"c.png", picture(3)}});
  const std::string bytes = text_of(place() / "good.tar");
  const std::size_t entry = 512 + (one.size() + 511) / 512 * 512;
  for (const std::size_t length : {std::size_t{100}, std::size_t{900}, entry - 10, entry, 2 * entry, 2 * entry + 100}) {
    CAPTURE(length);
    put(place() / "cut.tar", bytes.substr(0, length));
    CHECK_HAS(said("cut.tar"), "cut.tar`: ");
    fs::remove_all(place() / "bad cut.tar");
  }
  put(place() / "none.tar", "");
  CHECK_HAS(said("none.tar"), "none.tar`: ");
  put(place() / "text.tar", std::string(4000, 'x'));
  CHECK_HAS(said("text.tar"), "text.tar`: it is not a tar: ");
  std::string damaged = bytes;
  damaged[entry + 20] ^= 1;
  put(place() / "damaged.tar", damaged);
  CHECK_HAS(said("damaged.tar"), "damaged.tar`: Damaged tar archive, at or after its entry `a.png`");
  write_tar(place() / "packed.tar.gz", {{"a.png", one}, {"b.png", one}});
  const std::string packed = text_of(place() / "packed.tar.gz");
  put(place() / "short.tar.gz", packed.substr(0, packed.size() - 200));
  CHECK_HAS(said("short.tar.gz"), "short.tar.gz`: ");
  CHECK_HAS(error_of(predict("gone-{0..1}.tar", "none"), 2), "gone-0.tar` does not exist");
  CHECK_HAS(error_of(predict("s3://bucket/images", "none"), 2), "\"pipe:COMMAND\"");
  // Two tars one after another in one file are read both.
  write_tar(place() / "second.tar", {{"d.png", one}});
  put(place() / "both.tar", bytes + text_of(place() / "second.tar"));
  run_well(predict("both.tar", "both"));
  CHECK(ids_of("both/predictions.csv") == std::vector<std::string>{"both/a", "both/b", "both/c", "both/d"});
}

TEST_CASE("predict tars: control characters of keys and paths do not reach the terminal") {
  write_tar(place() / "odd.tar", {{"\x1B[2Ja.png", "no image"}, {"b.png", picture(1)}});
  const Finished finished = run_leat(predict("odd.tar", "of odd"), place());
  CAPTURE(finished.err);
  CHECK(finished.code == 0);
  CHECK_HAS(finished.err, "`odd/\\x1B[2Ja`");
  const std::string refused = error_of(predict("\x1B[2J.tar", "none"), 2);
  CHECK_HAS(refused, "\\x1B[2J.tar` does not exist");
  for (const std::string& text : {finished.err, refused}) CHECK(text.find('\x1B') == std::string::npos);
}

TEST_CASE("predict tars: a tar without samples has none, which is said") {
  write_tar(place() / "few/a.tar", {});
  write_tar(place() / "few/b.tar", {{"x.png", picture(1)}});
  write_tar(place() / "few/c.tar", {});
  const Finished finished = run_leat(predict("few", "of few"), place());
  REQUIRE(finished.code == 0);
  CHECK_HAS(finished.err, "2 of 3 tars have no sample");
  CHECK(ids_of("of few/predictions.csv") == std::vector<std::string>{"b/x"});
  for (const std::string number : {"1/3", "2/3", "3/3"}) run_well(predict("few", "few shards", {"--shard", number}));
  run_well({"merge", "few shards", "--out", "few merged"});
  CHECK(text_of(place() / "few merged/predictions.csv") == text_of(place() / "of few/predictions.csv"));
}

TEST_CASE("predict tars: --tar writes one tar of results for each tar, also after a kill") {
  whole();
  CHECK_HAS(error_of(predict("folder", "none", {"--tar"}), 2), "--tar needs images in tars");
  const std::vector<std::string> more{"--tar", "--overlay", "--saliency"};
  run_well(predict("tars", "in tars", more));
  CHECK_FALSE(fs::exists(place() / "in tars/masks"));
  CHECK(numbers_of("in tars/predictions.csv") == numbers_of("whole/predictions.csv"));
  const Entries first = entries_of(place() / "in tars/tars/im.000.tar");
  std::map<std::string, std::string> by_name(first.begin(), first.end());
  CHECK(by_name.size() == first.size());
  // The image that is none has no results.
  CHECK(first.size() % (per_tar - 1) == 0);
  for (const auto& row : rows_of("in tars/predictions.csv"))
    for (const std::string& field : row)
      if (field.starts_with("tars/im.000.tar/")) CHECK(by_name.contains(field.substr(16)));
  CHECK(by_name.contains("part.v1/000.overlays.png"));
  CHECK(by_name.contains("part.v1/000.saliency.map.png"));

  const fs::path folder = place() / "killed tars";
  const std::vector<std::string> slowly = predict(slow, "killed tars", more);
  // The tar of results can be behind the table.
  const auto check_tars = [&] {
    std::size_t found = 0;
    for (const auto& [name, bytes] : files_in(folder / "tars"))
      if (name.ends_with(".tar")) {
        CHECK(bytes == text_of(place() / "in tars/tars" / name));
        ++found;
      }
    CHECK(found >= 1);
  };
  wait_in("001");
  CHECK(ended_at(17, SIGINT, slowly, folder) == 130);
  wait_in("003");
  CHECK(ended_at(65, SIGKILL, slowly, folder) == 128 + SIGKILL);
  check_tars();
  // Again from the checkpoint, which has the first tar as one that grows.
  CHECK(ended_at(65, SIGKILL, slowly, folder) == 128 + SIGKILL);
  check_tars();
  wait_in("");
  run_well(slowly);
  CHECK(files_in(folder / "tars") == files_in(place() / "in tars/tars"));
  CHECK(text_of(folder / "predictions.csv") == text_of(place() / "in tars/predictions.csv"));
}

TEST_CASE("merge: shards of tars that are not of one list, and rows that are not those of their tars, are refused") {
  make_tars();
  for (const std::string number : {"1/2", "2/2"})
    if (!fs::exists(place() / ("two/shard-" + number.substr(0, 1) + "-of-2"))) run_well(predict("tars", "two", {"--shard", number}));
  const auto said = [] { return error_of({"merge", "m", "--out", "refused"}, 2); };
  const auto begin = [] {
    fs::remove_all(place() / "m");
    fs::copy(place() / "two", place() / "m", fs::copy_options::recursive);
  };
  begin();
  fs::remove_all(place() / "m/shard-2-of-2");
  fs::create_directories(place() / "less");
  fs::copy_file(place() / "tars/im.000.tar", place() / "less/im.000.tar");
  fs::copy_file(place() / "tars/im.003.tar", place() / "less/im.003.tar");
  run_well(predict("less", "m", {"--shard", "2/2"}));
  CHECK_HAS(said(), "they are of another list of tars (5 and 2 tars)");
  const auto with_table = [&](const std::string& table, const auto& change) {
    begin();
    const fs::path file = place() / "m/shard-2-of-2" / table;
    put(file, change(text_of(file)));
    return said();
  };
  const auto without_line = [](std::size_t line) {
    return [line](std::string text) {
      std::size_t at = 0;
      for (std::size_t k = 0; k < line; ++k) at = text.find('\n', at) + 1;
      return text.erase(at, text.find('\n', at) + 1 - at);
    };
  };
  CHECK_HAS(with_table("predictions.csv", without_line(3)), "has the row `im.004/part.v1/000` where the tar `im.003` has a sample");
  CHECK_HAS(with_table("predictions.csv", without_line(48)), "has 23 rows of the tar `im.004`, which has 24 samples");
  CHECK_HAS(with_table("tars.csv", without_line(2)), "has more rows than its tars have samples");
  CHECK_HAS(with_table("tars.csv", [](std::string) { return std::string(); }), "has a `tars.csv` that is none");
  CHECK_HAS(with_table("predictions.csv",
                       [](std::string text) {
                         const std::size_t at = text.find("im.003/002");
                         return text.replace(at, 10, "im.003/999");
                       }),
            "has rows of other samples than the tar `im.003`, or in another order");
}
