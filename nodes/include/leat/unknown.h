#pragma once

#include <cstdint>

/// Values that say that something is not known. Unknown is not the same as absent: a black mask or a 0 is absent. An output that can have
/// such values says so in its contract, `or unknown`, and only inputs whose contract says it take them. A loss or metric gives them weight
/// 0.
namespace leat::unknown {

/// Of a mask of 0 and 255. A structure is unknown in an image if all pixels of its channel are. It is below 128, where the inside of a mask
/// begins, so a drawing of the inside needs no rule for it; and all of its bits are in 255, so that the union of masks is their bitwise or.
inline constexpr std::uint8_t pixel = 127;
/// Of a tensor of masks, 0..1.
inline constexpr float number = -1;
/// Of `Label::several`, which has 0 and 1.
inline constexpr std::uint8_t finding = 255;

}  // namespace leat::unknown
