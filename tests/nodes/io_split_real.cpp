#include <chrono>
#include <map>
#include <set>

#include "io/disk_file.h"
#include "leat/value.h"
#include "support/small_data.h"

#include "support/doctest.h"

using namespace leat;
using namespace leat::test;
using Part = Split::Part;
using Target = Split::Target;

namespace {

const std::filesystem::path data = std::filesystem::path(LEAT_SOURCE) / ".." / "shared" / "data";
const std::string chex_patient = "patient: '(person[0-9]+_[a-z]+|(NORMAL2-)?IM-[0-9]+)'";

bool has_data() {
  if (std::filesystem::exists(data / "chex")) return true;
  MESSAGE("skipped: there is no ../shared/data");
  return false;
}

std::vector<int> classes_of(const Split& split, const std::vector<int>& images) {
  std::vector<int> out(split.class_names().size(), 0);
  for (const int image : images) ++out[static_cast<std::size_t>(split.entries()[static_cast<std::size_t>(image)].label.index)];
  return out;
}

}  // namespace

TEST_CASE("CheX: counts, patients, identical bytes, and no leak for many seeds") {
  if (!has_data()) return;
  const auto begin = std::chrono::steady_clock::now();
  const auto first = made_split(data / "chex" / "train", "class_labels: 100, " + chex_patient);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  MESSAGE("survey of 5,216 files: ", seconds, " s");
  CHECK(first->entries().size() == 5216);
  CHECK(first->class_names() == std::vector<std::string>{"NORMAL", "PNEUMONIA"});
  CHECK(classes_of(*first, first->part(Target::Classes, Part::All)) == std::vector<int>{1341, 3875});
  CHECK(first->entries()[0].size == PictureSize{224, 224});
  std::set<std::string> patients;
  std::map<std::pair<std::int64_t, std::uint64_t>, int> bytes;
  for (const SplitEntry& entry : first->entries()) {
    patients.insert(entry.patient);
    const auto content = read_whole_file(entry.file);
    ++bytes[{entry.bytes, hash_bytes(content.data(), content.size())}];
  }
  int twins = 0;
  for (const auto& [content, count] : bytes) twins += count > 1;
  CHECK(patients.size() == 3654);
  CHECK(twins == 24);
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto split = made_split(data / "chex" / "train", "class_labels: 100, " + chex_patient, seed);
    const auto& validation = split->part(Target::Classes, Part::Validation);
    CHECK(classes_of(*split, validation) == std::vector<int>{26, 74});
    CHECK(classes_of(*split, split->part(Target::Classes, Part::Labelled)) == std::vector<int>{26, 74});
    CHECK(split->part(Target::Classes, Part::Unlabelled).size() == 5216 - 200);
    std::set<std::string> held_out;
    std::set<int> groups;
    for (const int image : validation) {
      held_out.insert(split->entries()[static_cast<std::size_t>(image)].patient);
      groups.insert(split->groups()[static_cast<std::size_t>(image)]);
    }
    int leaks = 0;
    for (const Part part : {Part::Labelled, Part::Unlabelled})
      for (const int image : split->part(Target::Classes, part))
        leaks += held_out.contains(split->entries()[static_cast<std::size_t>(image)].patient) ||
                 groups.contains(split->groups()[static_cast<std::size_t>(image)]);
    CHECK(leaks == 0);
  }
  CHECK(made_split(data / "chex" / "train", "class_labels: 0, " + chex_patient)->part(Target::Classes, Part::Validation).size() == 522);
  CHECK(made_split(data / "chex" / "train", "class_labels: 1000, " + chex_patient)->part(Target::Classes, Part::Validation).size() == 522);
  CHECK(made_split(data / "chex" / "test", "")->part(Target::Classes, Part::All).size() == 624);
}

TEST_CASE("CheX: 30 groups of files are identical to the byte") {
  if (!has_data()) return;
  std::map<std::pair<std::int64_t, std::uint64_t>, int> bytes;
  for (const char* part : {"train", "test"}) {
    const auto split = made_split(data / "chex" / part, "");
    for (const SplitEntry& entry : split->entries()) {
      const auto content = read_whole_file(entry.file);
      ++bytes[{entry.bytes, hash_bytes(content.data(), content.size())}];
    }
  }
  int twins = 0;
  for (const auto& [content, count] : bytes) twins += count > 1;
  CHECK(twins == 30);
}

TEST_CASE("JSRT and MCU: the fixed lists") {
  if (!has_data()) return;
  const auto split = made_split(data / "jsrt", "rows: train, masks: [lungs, heart=masks_heart], mask_labels: 10");
  CHECK(split->part(Target::Masks, Part::Labelled).size() == 10);
  CHECK(split->part(Target::Masks, Part::Unlabelled).size() == 101);
  CHECK(split->part(Target::Masks, Part::Validation).size() == 10);
  CHECK(made_split(data / "jsrt", "rows: train, masks: [lungs], mask_labels: 10, validation: papers")
            ->part(Target::Masks, Part::Validation)
            .size() == 13);
  CHECK(split->entries()[0].size == PictureSize{256, 256});
  CHECK(made_split(data / "jsrt", "rows: test, masks: [lungs]")->part(Target::Masks, Part::All).size() == 123);
  CHECK(made_split(data / "mcu", "masks: [lungs]")->part(Target::Masks, Part::All).size() == 138);
  CHECK(made_split(data / "mcu", "rows: test, masks: [lungs]")->part(Target::Masks, Part::All).size() == 35);
}

TEST_CASE("NIHX: 682 patients, 21 of them in both classes") {
  if (!has_data()) return;
  const auto split = made_split(data / "nihx", "patient: '^[0-9]+'");
  std::map<std::string, std::set<int>> patients;
  for (const SplitEntry& entry : split->entries()) patients[entry.patient].insert(entry.label.index);
  CHECK(split->entries().size() == 1000);
  CHECK(patients.size() == 682);
  int both = 0;
  for (const auto& [name, classes] : patients) both += classes.size() == 2;
  CHECK(both == 21);
}
