#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "leat/random.h"

namespace leat {

/// A sample in a list of tars.
struct SampleInTar {
  std::size_t tar = 0;
  std::int64_t sample = 0;
  friend bool operator==(const SampleInTar&, const SampleInTar&) = default;
};

/// The order in which the N samples of several tars are read, epoch after epoch. Draw d of the endless stream is place p = d mod N of epoch
/// e = d / N.
///
/// Shuffled, an epoch is made in two steps. First, a keyed permutation of epoch e orders the tars, and the samples of each tar follow each
/// other in its order. This gives a line of N places. Second, the line is cut into windows of W places, the last of which can be shorter.
/// In window w, which begins at place wW and has m places, place wW + i has the sample of place wW + P(i) of the line, where P is the keyed
/// permutation of 0..m-1 of epoch e and window w. So each epoch has each sample once, and a sample is read less than W places from where a
/// reader of whole tars would be. One window of N places shuffles all samples.
///
/// Both permutations depend only on the key and on e and w. So a draw is the same sample for each batch size, each number of ranks and
/// after each resume. [any thread]
class TarOrder {
 public:
  /// Takes the number of samples of each tar; one is above 0. `window`: W; 0: N.
  TarOrder(std::vector<std::int64_t> counts, std::int64_t window);

  /// Returns the sample of a draw. `key` identifies the stream; its step and slot are not used.
  [[nodiscard]] SampleInTar shuffled(const RandomKey& key, std::int64_t draw) const;
  /// Returns the sample of a draw if all tars are read in their order.
  [[nodiscard]] SampleInTar in_order(std::int64_t draw) const;

 private:
  /// The order of the tars in an epoch.
  struct Line {
    RandomKey key;
    std::vector<std::size_t> tars;    ///< Empty: in their order.
    std::vector<std::int64_t> first;  ///< Place of the first sample of each of `tars`, and N.

    [[nodiscard]] SampleInTar at(std::int64_t place) const;
  };

  [[nodiscard]] std::shared_ptr<const Line> line_of(const RandomKey& key) const;

  std::vector<std::int64_t> counts_;
  std::int64_t all_ = 0;
  std::int64_t window_ = 0;
  Line plain_;
  mutable std::mutex lock_;
  /// Shared, because a call can still read one that another call replaces. Steps in flight are of two epochs at most, unless these are
  /// shorter than the steps in flight.
  mutable std::array<std::shared_ptr<const Line>, 2> lines_;
};

}  // namespace leat
