#include "metric/judged_images.h"

#include <sstream>

namespace leat {

namespace {

/// A line each, and back.
std::string lines_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  return text;
}

std::vector<std::string> names_of(const std::string& lines) {
  std::vector<std::string> names;
  std::istringstream text(lines);
  for (std::string line; std::getline(text, line);) names.push_back(line);
  return names;
}

}  // namespace

void JudgedImages::add(const Sample& sample) {
  ids_.push_back(sample.id);
  groups_.push_back(sample.group);
  const auto patient = sample.facts.find("patient");
  patients_.push_back(patient == sample.facts.end() || patient->second.empty() ? sample.id : patient->second);
}

void JudgedImages::save(Archive& archive, const std::string& name) const {
  archive.put(name + ".ids", lines_of(ids_));
  archive.put(name + ".groups", lines_of(groups_));
  archive.put(name + ".patients", lines_of(patients_));
}

void JudgedImages::load(const Archive& archive, const std::string& name) {
  ids_ = names_of(archive.text(name + ".ids"));
  groups_ = names_of(archive.text(name + ".groups"));
  patients_ = names_of(archive.text(name + ".patients"));
}

}  // namespace leat
