#include "server/kept_answers.h"

#include <atomic>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/doctest.h"
#include "support/temporary_folder.h"

namespace fs = std::filesystem;
using leat::TemporaryFolder;
using leat::viewer::KeptAnswers;

namespace {

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("kept answers: an answer is computed once, until a file of its runs changes") {
  const TemporaryFolder folder;
  const std::vector<fs::path> runs{folder / "a", folder / "b"};
  for (const fs::path& run : runs) put(run / "results.json", "{}");
  put(runs[1] / "images" / "test.lungs.csv", "image\n");
  KeptAnswers answers;
  int computed = 0;
  const auto ask = [&](const std::string& question = "report") {
    return answers.answer(question, runs, [&] { return question + std::to_string(++computed); });
  };
  CHECK(ask() == "report1");
  CHECK(ask() == "report1");
  put(runs[1] / "images" / "test.lungs.csv", "image,dice\n");
  CHECK(ask() == "report2");
  CHECK(ask() == "report2");
  // Of equal size, by another file of this name.
  put(folder / "other", "[]");
  fs::rename(folder / "other", runs[0] / "results.json");
  CHECK(ask() == "report3");
  put(runs[0] / "images" / "test.classes.csv", "image\n");
  CHECK(ask() == "report4");
  fs::remove_all(runs[1]);
  CHECK(ask() == "report5");
  CHECK(ask("compare") == "compare6");
  CHECK(ask() == "report5");
  CHECK_THROWS_AS((void)answers.answer("bad", runs, []() -> std::string { throw std::runtime_error("no"); }), std::runtime_error);
  CHECK(answers.answer("bad", runs, [] { return std::string("good"); }) == "good");
}

TEST_CASE("kept answers: their number and bytes are bounded, and the last used stay") {
  KeptAnswers answers;
  int computed = 0;
  const auto ask = [&](const std::string& question, std::size_t bytes) {
    return answers.answer(question, {}, [&] { return ++computed, std::string(bytes, 'x'); });
  };
  for (std::size_t k = 0; k <= KeptAnswers::most_answers; ++k) {
    (void)ask(std::to_string(k), 1);
    (void)ask("0", 1);
  }
  computed = 0;
  (void)ask("0", 1);
  CHECK(computed == 0);
  (void)ask("1", 1);
  CHECK(computed == 1);
  // An answer that is larger than all bytes is given, but not kept.
  CHECK(ask("large", KeptAnswers::most_bytes + 1).size() == KeptAnswers::most_bytes + 1);
  (void)ask("large", KeptAnswers::most_bytes + 1);
  CHECK(computed == 3);
}

TEST_CASE("kept answers: who asks while an answer is computed gets that one; one too many is refused, and no place is lost") {
  using leat::viewer::TooManyAsk;
  KeptAnswers answers;
  std::atomic<int> computed{0}, refused{0};
  std::atomic<bool> may_end{false};
  std::vector<std::thread> all;
  constexpr int extra = 3;
  for (int k = 0; k < KeptAnswers::most_asking + extra; ++k)
    all.emplace_back([&] {
      try {
        const std::string text = answers.answer("slow", {}, [&] {
          ++computed;
          while (!may_end) std::this_thread::sleep_for(std::chrono::milliseconds(1));
          return std::string("done");
        });
        CHECK(text == "done");
      } catch (const TooManyAsk&) {
        ++refused;
      }
    });
  // The answer ends when all others wait for it or were refused.
  for (int k = 0; k < 30'000 && refused < extra; ++k) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  may_end = true;
  for (std::thread& one : all) one.join();
  CHECK(computed == 1);
  CHECK(refused == extra);
  for (int k = 0; k < 2 * KeptAnswers::most_asking; ++k) {
    const std::string name = "bad" + std::to_string(k);
    CHECK_THROWS_AS((void)answers.answer(name, {}, []() -> std::string { throw std::logic_error("no"); }), std::logic_error);
  }
  CHECK(answers.answer("good", {}, [] { return std::string("good"); }) == "good");
}
