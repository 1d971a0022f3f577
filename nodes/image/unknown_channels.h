#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace leat {

/// Returns, for each channel of masks, whether all of its pixels are unknown.
[[nodiscard]] std::vector<char> unknown_channels(const cv::Mat& masks);

/// Makes the channels of `changed` that are unknown in `masks` unknown everywhere, also in what a change of the image has added around it.
/// Otherwise a structure of which nothing is known would be absent there. Does nothing if both share their pixels.
void keep_unknown(const cv::Mat& masks, cv::Mat& changed);

}  // namespace leat
