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

std::size_t ValueTraits<Encoded>::bytes(const Encoded& file) { return sizeof(Encoded) + file.bytes.size(); }

std::uint64_t ValueTraits<Encoded>::hash(const Encoded& file) { return hash_bytes(file.bytes.data(), file.bytes.size()); }

std::string ValueTraits<Encoded>::describe(const Encoded& file) {
  return std::string(format_of(file)) + ", " + std::to_string(file.bytes.size()) + " bytes";
}

Contract ValueTraits<Encoded>::contract(const Encoded&) { return {}; }

Encoded ValueTraits<Encoded>::blank(const Contract&) { return {}; }

}  // namespace leat
