#include "write/png_file.h"

#include "image/encode_png.h"
#include "io/disk_file.h"

namespace leat {

void write_png(const std::filesystem::path& file, const cv::Mat& picture) { write_whole_file(file, encode_png(picture, png_compression)); }

}  // namespace leat
