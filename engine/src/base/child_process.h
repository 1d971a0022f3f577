#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace leat {

/// The result of work that ran in a child of this process.
struct ChildWork {
  std::string answer;      ///< Return value of the work.
  std::string thrown;      ///< Message of its exception; empty if it threw none.
  std::string failure;     ///< Why it did neither: "crashes (Aborted)", "has not ended within 20 seconds"; empty if it did.
  bool is_late = false;    ///< The child was killed because it took too long.
  std::string last_words;  ///< After a failure: its last line on stderr.
};

/// Runs work that can crash, end the process or block in a copy of this process. Its stdout is dropped. Precondition: no other thread of
/// this process holds a lock. [setup]
[[nodiscard]] ChildWork in_child(const std::function<std::string()>& work, std::chrono::seconds most);

}  // namespace leat
