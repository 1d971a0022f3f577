#include "leat/encoded.h"

#include <string>

namespace leat {

namespace {

std::string_view format_of(const Encoded& file) {
  const std::string_view head(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
  if (head.starts_with("\x89PNG")) return "PNG";
  if (head.starts_with("\xFF\xD8")) return "JPEG";
  if (head.starts_with("BM")) return "BMP";
  if (head.starts_with("II*") || head.starts_with("MM")) return "TIFF";
  return "unknown format";
}

}  // namespace

std::size_t ValueTraits<Encoded>::bytes(const Encoded& file) {
  std::size_t out = sizeof(Encoded) + file.bytes.size();
  for (const Encoded::File& channel : file.channels) out += sizeof channel + channel.bytes.size();
  return out;
}

std::uint64_t ValueTraits<Encoded>::hash(const Encoded& file) {
  std::uint64_t out = hash_bytes(file.bytes.data(), file.bytes.size());
  for (const Encoded::File& channel : file.channels) out = hash_bytes(channel.bytes.data(), channel.bytes.size(), out);
  return out;
}

std::string ValueTraits<Encoded>::describe(const Encoded& file) {
  std::string out = std::string(format_of(file)) + ", " + std::to_string(file.bytes.size()) + " bytes";
  if (!file.channels.empty()) out += ", and " + std::to_string(file.channels.size()) + " further channels";
  return out;
}

Contract ValueTraits<Encoded>::contract(const Encoded&) { return {}; }

Encoded ValueTraits<Encoded>::blank(const Contract&) { return {}; }

}  // namespace leat
