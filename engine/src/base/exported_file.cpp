#include "leat/exported_file.h"

#include <stdexcept>

namespace leat {

void add_resource(Archive& file, const std::string& resource, const Archive& weights) {
  for (const auto& [name, entry] : weights.entries()) file.put(resource + "/" + name, entry);
  for (const auto& [key, value] : weights.metadata) file.metadata[resource + "/" + key] = value;
}

std::map<std::string, Archive> resources_of(const Archive& file) {
  std::map<std::string, Archive> out;
  for (const auto& [name, entry] : file.entries()) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) throw std::runtime_error("the entry `" + name + "` belongs to no resource");
    out[name.substr(0, slash)].put(name.substr(slash + 1), entry);
  }
  for (const auto& [key, value] : file.metadata)
    if (const std::size_t slash = key.find('/'); slash != std::string::npos)
      out[key.substr(0, slash)].metadata[key.substr(slash + 1)] = value;
  return out;
}

}  // namespace leat
