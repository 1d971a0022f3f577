#include "metric/overlap.h"

namespace leat {

Overlap& Overlap::operator+=(const Overlap& other) {
  shared += other.shared;
  predicted += other.predicted;
  reference += other.reference;
  pixels += other.pixels;
  return *this;
}

Overlap overlap(const MaskPair& masks) {
  return {cv::countNonZero(masks.predicted & masks.reference), cv::countNonZero(masks.predicted), cv::countNonZero(masks.reference),
          static_cast<std::int64_t>(masks.reference.total()) - masks.unknown_pixels};
}

}  // namespace leat
