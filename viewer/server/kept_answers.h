#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <list>
#include <mutex>
#include <span>
#include <string>

namespace leat::viewer {

/// Returns the names, inodes, sizes and times of the files of a run that its results are read from. It changes if one of them does.
[[nodiscard]] std::string state_of_run(const std::filesystem::path& folder);

/// Answers about runs that take long to compute. Keeps the last ones until a file of their runs changes. Holds `lock_` for a short time
/// only, and `computing_` while it computes: one answer at a time, so that who asks twice gets the first answer. [any thread]
class KeptAnswers {
 public:
  /// Returns the answer to a question about these runs. Calls `compute` if it is not kept; its exceptions pass.
  [[nodiscard]] std::string answer(const std::string& question, std::span<const std::filesystem::path> runs,
                                   const std::function<std::string()>& compute);

  static constexpr std::size_t most_answers = 8;
  static constexpr std::size_t most_bytes = 100'000'000;

 private:
  struct Kept {
    std::string question, state, text;
  };

  /// Returns true, and the text, if the answer is kept. It is then the first of the list.
  [[nodiscard]] bool find(const std::string& question, const std::string& state, std::string& text);
  void keep(Kept one);

  std::mutex lock_, computing_;
  std::list<Kept> kept_;  ///< The last used first.
};

}  // namespace leat::viewer
