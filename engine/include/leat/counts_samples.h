#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace leat {

/// The samples of one part of a data set that have one class.
struct SampleCount {
  std::string part;        ///< Use of these samples: `training`, `validation`; each sample is in one part.
  std::string class_name;  ///< Empty if the data set has no classes, or the samples have none.
  std::int64_t images = 0;
  std::int64_t labels = 0;    ///< Samples whose class label the graph can use.
  std::int64_t masks = 0;     ///< Samples whose masks the graph can use.
  std::int64_t patients = 0;  ///< A patient counts in each part and class that it has samples in.
};

/// A data set that counts its samples, for `leat check` and the page. A resource, or a source without a data set, derives from this class
/// next to Resource or Source. The samples of other sources are counted by `Source::length` and `Source::list_samples`.
class CountsSamples {
 public:
  virtual ~CountsSamples() = default;
  /// Called after `survey`. [setup]
  [[nodiscard]] virtual std::vector<SampleCount> sample_counts() const = 0;
};

}  // namespace leat
