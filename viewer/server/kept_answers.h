#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <list>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>

namespace leat::viewer {

/// Returns the names, inodes, sizes and times of the files of a run that its results are read from. It changes if one of them does.
[[nodiscard]] std::string state_of_run(const std::filesystem::path& folder);

/// Thrown if too many ask for answers that are not computed yet.
struct TooManyAsk : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Answers about runs that take long to compute. Keeps the last ones until a file of their runs changes. Holds `lock_` for a short time
/// only, and `computing_` while it computes: one answer at a time, so that who asks twice gets the first answer. [any thread]
class KeptAnswers {
 public:
  /// Returns the answer to a question about these runs. Calls `compute` if it is not kept; its exceptions pass. Throws TooManyAsk, so
  /// that threads are left for other requests.
  [[nodiscard]] std::string answer(const std::string& question, std::span<const std::filesystem::path> runs,
                                   const std::function<std::string()>& compute);

  static constexpr std::size_t most_answers = 8;
  static constexpr std::size_t most_bytes = 100'000'000;
  static constexpr int most_asking = 4;  ///< Largest number of callers that compute an answer or wait for it.

 private:
  struct Kept {
    std::string question, state, text;
  };

  /// Returns true, and the text, if the answer is kept. It is then the first of the list.
  [[nodiscard]] bool find(const std::string& question, const std::string& state, std::string& text);
  void keep(Kept one);

  std::mutex lock_, computing_;
  std::atomic<int> asking_{0};
  std::list<Kept> kept_;  ///< The last used first.
};

}  // namespace leat::viewer
