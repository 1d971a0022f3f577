#include "write/result_path.h"

namespace leat {

std::filesystem::path result_path(const Sample& sample, std::string_view ending) {
  // A data set says the stem itself where two of its files differ in their ending only.
  const auto said = sample.facts.find("stem");
  const std::filesystem::path stem =
      said != sample.facts.end() ? std::filesystem::path(said->second) : std::filesystem::path(sample.id).replace_extension();
  std::filesystem::path out;
  for (const auto& part : stem.lexically_normal().relative_path())
    if (part != "..") out /= part;
  out += ending;
  return out;
}

std::filesystem::path mask_path(const Sample& sample, const std::string& name, std::size_t count) {
  return result_path(sample, count == 1 ? ".png" : "_" + name + ".png");
}

}  // namespace leat
