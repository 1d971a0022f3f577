#pragma once

#include <map>
#include <string>

#include "leat/archive.h"

namespace leat {

/// Keys of the metadata of a file of `leat export`, which has a graph and the weights of its resources.
struct ExportedFile {
  static constexpr const char* format = "leat.model";  ///< Its value is the version of the format.
  static constexpr const char* graph = "leat.graph";
  static constexpr const char* steps = "leat.steps";
  static constexpr const char* trained_images = "leat.trained_images";
};

/// Adds the weights of a resource to such a file. Entries and metadata are called `RESOURCE/NAME` in it.
void add_resource(Archive& file, const std::string& resource, const Archive& weights);
/// Returns the weights in such a file, by resource. Throws std::runtime_error if an entry belongs to no resource.
[[nodiscard]] std::map<std::string, Archive> resources_of(const Archive& file);

}  // namespace leat
