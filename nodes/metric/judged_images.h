#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "leat/archive.h"
#include "leat/sample.h"

namespace leat {

/// Who the images are that a metric has judged: part of its state.
class JudgedImages {
 public:
  void add(const Sample& sample);
  [[nodiscard]] std::size_t size() const { return ids_.size(); }
  void save(Archive& archive, const std::string& name) const;
  void load(const Archive& archive, const std::string& name);

  /// How the tables of images begin: image, group, patient. An image without a patient is one by itself.
  [[nodiscard]] static std::vector<std::string> columns() { return {"image", "group", "patient"}; }
  [[nodiscard]] std::vector<std::string> fields(std::size_t image) const { return {ids_[image], groups_[image], patients_[image]}; }

 private:
  std::vector<std::string> ids_;
  std::vector<std::string> groups_;
  std::vector<std::string> patients_;
};

}  // namespace leat
