#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "leat/rank_activity.h"

namespace leat {

/// Sums up the notes of a log on the times of ranks. A note that is not as the engine writes it is left out. The memory does not grow with
/// the log. [one thread]
class RankNotes {
 public:
  /// Returns true if a note of a log is one on ranks.
  [[nodiscard]] static bool is_one(std::string_view note) { return note.starts_with("{\"ranks\":"); }

  /// The run was resumed, perhaps with another number of ranks.
  void begin_part();
  void note(std::string_view text);
  /// Returns the last seconds of the newest part, or its last steps if those were few. Empty while it has no note.
  [[nodiscard]] RanksActivity recent(double seconds) const;
  /// Returns all parts that had as many ranks as the newest part with several ranks.
  [[nodiscard]] RanksActivity whole() const;

 private:
  struct Seconds {
    double compute = 0, data = 0;
  };
  struct Note {
    std::int64_t ns = 0, steps = 0;
    std::vector<Seconds> of_ranks;
  };
  struct Sums {
    std::int64_t steps = 0;
    std::vector<Seconds> of_ranks;
    std::vector<std::string> names;  ///< Without process and host if these differ between parts.

    void add(const Note& note);
  };

  [[nodiscard]] bool read(std::string_view text, Note& out, std::vector<std::string>& names);
  [[nodiscard]] RanksActivity activity_of(const Sums& sums) const;

  std::string phase_;
  std::map<std::size_t, Sums> sums_;  ///< By number of ranks.
  std::size_t size_ = 0;              ///< Number of ranks of the newest part with several.
  std::vector<std::string> names_;    ///< In the newest part; empty while it has no note.
  std::deque<Note> notes_;            ///< The last ones of the newest part.
};

/// Finds the late rank and computes how long each waits, from the times of the ranks.
void judge(RanksActivity& ranks);

}  // namespace leat
