#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/split.h"
#include "leat/tree.h"

namespace leat::guess {

/// Parameters of `io.split` that are tried on files.
class Trial {
 public:
  void set(const std::string& name, Tree value);
  /// Returns a data set with these parameters, surveyed. Throws Refusal if they do not fit the files.
  [[nodiscard]] std::unique_ptr<Split> surveyed() const;
  /// Adds the parameters to a guess, in the order in which they were set, except `rows`, which are those of one use of the data.
  void add_to(DataGuess& guess) const;

 private:
  std::map<std::string, Tree> values_;
  std::vector<std::string> order_;
};

}  // namespace leat::guess
