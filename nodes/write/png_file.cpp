#include "write/png_file.h"

#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "io/disk_file.h"

namespace leat {

void write_png(const std::filesystem::path& file, const cv::Mat& picture) {
  std::vector<std::uint8_t> bytes;
  cv::imencode(".png", picture, bytes, {cv::IMWRITE_PNG_COMPRESSION, 4});
  write_whole_file(file, bytes);
}

}  // namespace leat
