#include "metric/judged_images.h"

namespace leat {

void JudgedImages::add(const Sample& sample) {
  ids_.push_back(sample.id);
  groups_.push_back(sample.group);
  patients_.push_back(sample.patient.empty() ? sample.id : sample.patient);
}

void JudgedImages::save(Archive& archive, const std::string& name) const {
  archive.put(name + ".ids", ids_);
  archive.put(name + ".groups", groups_);
  archive.put(name + ".patients", patients_);
}

void JudgedImages::load(const Archive& archive, const std::string& name) {
  ids_ = archive.texts(name + ".ids");
  groups_ = archive.texts(name + ".groups");
  patients_ = archive.texts(name + ".patients");
}

}  // namespace leat
