#include "model/weights_source.h"

#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "leat/checkpoint.h"
#include "leat/exported_file.h"

namespace leat {

namespace {

/// Returns true if the archive has a network's weights, and not those of an optimizer.
bool is_network(const Archive& archive) { return archive.metadata.contains("model.channels"); }

Archive chosen_of(std::map<std::string, Archive> all, const std::filesystem::path& path, const std::string& name) {
  if (const auto own = all.find(name); own != all.end()) return std::move(own->second);
  std::vector<std::string> networks;
  std::string found;
  for (const auto& [one, archive] : all) {
    if (!is_network(archive)) continue;
    networks.push_back(one);
    found += (found.empty() ? "`" : ", `") + one + "`";
  }
  if (networks.size() == 1) return std::move(all.at(networks[0]));
  throw std::runtime_error("`" + path.string() + "` has no weights of `" + name + "`; " +
                           (networks.empty() ? "it has none of a network" : "it has those of " + found));
}

}  // namespace

Archive weights_from(const std::filesystem::path& path, const std::string& name) {
  if (std::filesystem::is_directory(path)) {
    auto kept = kept_weights(path);
    if (!kept) throw std::runtime_error("`" + path.string() + "` is no run with a checkpoint");
    return chosen_of(std::move(kept->resources), path, name);
  }
  Archive file = Archive::read(path);
  return file.metadata.contains(ExportedFile::format) ? chosen_of(resources_of(file), path, name) : file;
}

}  // namespace leat
