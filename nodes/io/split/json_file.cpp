#include "io/split/json_file.h"

#include <algorithm>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "io/disk_file.h"

namespace leat {

namespace {

/// Refuses keys that an object has twice, of which the parser would keep one.
class Keys {
 public:
  bool operator()(int, nlohmann::json::parse_event_t event, nlohmann::ordered_json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    if (event == Event::key && !open_.back().insert(parsed.get<std::string>()).second)
      throw std::runtime_error("an object has the key `" + parsed.get<std::string>() + "` twice");
    return true;
  }

 private:
  std::vector<std::set<std::string>> open_;
};

}  // namespace

nlohmann::ordered_json read_json(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_whole_file(file);
  if (bytes.empty()) throw std::runtime_error("it is not JSON, because it is empty");
  try {
    return nlohmann::ordered_json::parse(bytes.begin(), bytes.end(), Keys());
  } catch (const nlohmann::json::parse_error& error) {
    const auto place = static_cast<std::ptrdiff_t>(std::min(std::max<std::size_t>(error.byte, 1) - 1, bytes.size()));
    const auto line = 1 + std::count(bytes.begin(), bytes.begin() + place, std::uint8_t{'\n'});
    throw std::runtime_error("it is not JSON, in line " + std::to_string(line));
  }
}

}  // namespace leat
