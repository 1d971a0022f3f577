#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace leat {

/// How work ended that ran in a child of this process.
struct ChildWork {
  std::string answer;      ///< What it returned.
  std::string thrown;      ///< What it threw in place of that; empty: nothing.
  std::string failure;     ///< How it ended in place of both: "crashes (Aborted)", "has not ended within 20 seconds"; empty: it did not.
  bool is_late = false;    ///< It was killed because it took too long.
  std::string last_words;  ///< The last line that it wrote to stderr, where it failed.
};

/// Runs work in a copy of this process, for what may crash, end the process or block. Its stdout is dropped. [setup] While this process has
/// no other thread that holds a lock.
[[nodiscard]] ChildWork in_child(const std::function<std::string()>& work, std::chrono::seconds most);

}  // namespace leat
