#include "io/split/json_file.h"

#include "io/disk_file.h"

namespace leat {

nlohmann::ordered_json read_json(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_whole_file(file);
  return nlohmann::ordered_json::parse(bytes.begin(), bytes.end());
}

}  // namespace leat
