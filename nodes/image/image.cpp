#include "leat/image.h"

#include <cstring>
#include <stdexcept>
#include <vector>

namespace leat {

Placement Placement::then(const std::array<double, 6>& next) const {
  Placement out = *this;
  out.map = {next[0] * map[0] + next[1] * map[3], next[0] * map[1] + next[1] * map[4], next[0] * map[2] + next[1] * map[5] + next[2],
             next[3] * map[0] + next[4] * map[3], next[3] * map[1] + next[4] * map[4], next[3] * map[2] + next[4] * map[5] + next[5]};
  return out;
}

std::array<double, 6> Placement::inverse() const {
  const double determinant = map[0] * map[4] - map[1] * map[3];
  LEAT_CHECK(determinant != 0);
  const double a = map[4] / determinant, b = -map[1] / determinant;
  const double c = -map[3] / determinant, d = map[0] / determinant;
  return {a, b, -(a * map[2] + b * map[5]), c, d, -(c * map[2] + d * map[5])};
}

Dtype Image::dtype() const { return pixels.depth() == CV_16U ? Dtype::U16 : pixels.depth() == CV_32F ? Dtype::F32 : Dtype::U8; }

std::size_t ValueTraits<Image>::bytes(const Image& image) { return image.pixels.total() * image.pixels.elemSize(); }

std::uint64_t ValueTraits<Image>::hash(const Image& image) {
  const int shape[] = {image.height(), image.width(), image.channels(), image.placement.source_width, image.placement.source_height};
  std::uint64_t out = hash_bytes(shape, sizeof shape);
  out = hash_bytes(image.placement.map.data(), sizeof image.placement.map, out);
  if (const auto type = static_cast<int>(image.dtype()); image.dtype() != Dtype::U8) out = hash_bytes(&type, sizeof type, out);
  const std::size_t row_bytes = image.pixels.cols * image.pixels.elemSize();
  // Row by row: an image and a region of a larger image have equal hashes if their pixels are equal.
  for (int y = 0; y < image.height(); ++y) out = hash_bytes(image.pixels.ptr(y), row_bytes, out);
  return out;
}

std::string ValueTraits<Image>::describe(const Image& image) {
  std::string out = std::to_string(image.height()) + " x " + std::to_string(image.width());
  if (image.channels() > 1) out += " x " + std::to_string(image.channels());
  return out + ", " + std::string(leat::name(image.dtype()));
}

Contract ValueTraits<Image>::contract(const Image& image) {
  Contract out;
  out.has_shape = true;
  out.dims = {Dim{image.height(), {}}, Dim{image.width(), {}}};
  if (image.channels() > 1) out.dims.push_back(Dim{image.channels(), {}});
  out.dtype = image.dtype();
  out.has_entries = true;
  out.entries.size = image.channels();
  return out;
}

Image ValueTraits<Image>::blank(const Contract& contract) {
  const auto size = [&](std::size_t dim) {
    return dim < contract.dims.size() && contract.dims[dim].is_known() ? static_cast<int>(contract.dims[dim].size) : 1;
  };
  const bool has_entries = contract.dims.size() < 3 && contract.has_entries && contract.entries.is_known();
  const int channels = has_entries ? static_cast<int>(contract.entries.size) : size(2);
  Image out;
  const int depth = contract.dtype == Dtype::U16 ? CV_16U : contract.dtype == Dtype::F32 ? CV_32F : CV_8U;
  out.pixels = cv::Mat::zeros(size(0), size(1), CV_MAKETYPE(depth, channels));
  out.placement.source_width = size(1);
  out.placement.source_height = size(0);
  return out;
}

Image ValueTraits<Image>::reorder(const Image& image, const Reorder& order) {
  if (static_cast<std::size_t>(image.channels()) != order.to.size())
    throw std::runtime_error("a mask has " + std::to_string(image.channels()) + " channels, but its source names " +
                             std::to_string(order.to.size()));
  std::vector<int> pairs;
  for (std::size_t k = 0; k < order.to.size(); ++k) pairs.insert(pairs.end(), {static_cast<int>(k), order.to[k]});
  Image out;
  out.placement = image.placement;
  out.pixels.create(image.pixels.size(), CV_MAKETYPE(image.pixels.depth(), order.count));
  cv::mixChannels(&image.pixels, 1, &out.pixels, 1, pairs.data(), order.to.size());
  return out;
}

Numbers ValueTraits<Image>::numbers(const Image& image) {
  std::vector<std::int64_t> dims{image.height(), image.width()};
  if (image.channels() > 1) dims.push_back(image.channels());
  const cv::Mat whole = image.pixels.isContinuous() ? image.pixels : image.pixels.clone();
  if (image.dtype() == Dtype::U16) return Numbers::of(std::move(dims), whole.ptr<std::uint16_t>());
  if (image.dtype() == Dtype::F32) return Numbers::of(std::move(dims), whole.ptr<float>());
  return Numbers::of(std::move(dims), whole.data);
}

namespace {

/// What stands before the pixels of a packed image.
struct PackedHead {
  int rows, columns, type;
  Placement placement;
};

}  // namespace

std::vector<std::byte> ValueTraits<Image>::pack(const Image& image) {
  const PackedHead head{image.pixels.rows, image.pixels.cols, image.pixels.type(), image.placement};
  const std::size_t line = static_cast<std::size_t>(image.pixels.cols) * image.pixels.elemSize();
  std::vector<std::byte> out(sizeof head + line * static_cast<std::size_t>(image.pixels.rows));
  std::memcpy(out.data(), &head, sizeof head);
  for (int y = 0; y < image.pixels.rows; ++y)
    std::memcpy(out.data() + sizeof head + line * static_cast<std::size_t>(y), image.pixels.ptr(y), line);
  return out;
}

Image ValueTraits<Image>::unpack(std::span<const std::byte> bytes) {
  PackedHead head{};
  std::memcpy(&head, bytes.data(), sizeof head);
  Image out{cv::Mat(head.rows, head.columns, head.type), head.placement};
  std::memcpy(out.pixels.data, bytes.data() + sizeof head, bytes.size() - sizeof head);
  return out;
}

}  // namespace leat
