#pragma once

#include <string>
#include <utility>
#include <vector>

namespace leat {

/// What a data set found at its path and how it uses it, in words.
struct DataSummary {
  std::vector<std::string> surprises;                      ///< Sentences on what a user may not expect, the most important first.
  std::vector<std::pair<std::string, std::string>> facts;  ///< A noun and what is known of it: `images`, "300 in `mydata`".
};

/// A data set that says what it took, for `leat check`, `leat run` and `leat data`. A resource derives from this class next to Resource.
class SummarizesData {
 public:
  virtual ~SummarizesData() = default;
  /// Called after `survey`. [setup]
  [[nodiscard]] virtual DataSummary data_summary() const = 0;
};

/// Returns the summary of a data set as lines of text; an empty text if it has none.
[[nodiscard]] std::string data_summary_text(const std::string& name, const DataSummary& summary);

}  // namespace leat
