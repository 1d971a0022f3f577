#include "leat/picture_format.h"

#include <algorithm>
#include <array>
#include <fstream>

namespace leat {

namespace {

std::vector<std::shared_ptr<const PictureFormat>>& formats() {
  static std::vector<std::shared_ptr<const PictureFormat>> all;
  return all;
}

}  // namespace

void add_picture_format(std::shared_ptr<const PictureFormat> format) {
  std::erase_if(formats(), [&](const auto& one) { return one->name() == format->name(); });
  formats().push_back(std::move(format));
}

const std::vector<std::shared_ptr<const PictureFormat>>& picture_formats() { return formats(); }

const PictureFormat* find_picture_format(std::span<const std::uint8_t> bytes) {
  const auto found = std::find_if(formats().begin(), formats().end(), [bytes](const auto& one) { return one->begins(bytes); });
  return found == formats().end() ? nullptr : found->get();
}

const PictureFormat* find_picture_format(const std::filesystem::path& file) {
  if (formats().empty()) return nullptr;
  std::array<std::uint8_t, 512> head{};
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return nullptr;
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(head.data()), head.size());
  return find_picture_format(std::span(head).first(static_cast<std::size_t>(in.gcount())));
}

}  // namespace leat
