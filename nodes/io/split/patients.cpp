#include "io/split/patients.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <numeric>
#include <regex>
#include <utility>

#include "io/disk_file.h"
#include "io/split/draw.h"
#include "leat/diagnostics.h"
#include "leat/value.h"

namespace leat {

namespace {

std::regex compile(const std::string& pattern) {
  try {
    return std::regex(pattern, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error&) {
    throw Refusal("`" + pattern + "` is not a regular expression", "patient");
  }
}

/// Returns a hash of the block in the middle of a file. It tells most files of equal size apart; 0 if it cannot be read.
std::uint64_t hash_of_middle(const std::filesystem::path& file, std::int64_t bytes) {
  std::array<char, 4096> block{};
  const auto size = static_cast<std::int64_t>(block.size());
  std::ifstream in(file, std::ios::binary);
  in.seekg(std::max<std::int64_t>(0, (bytes - size) / 2));
  in.read(block.data(), std::min(bytes, size));
  return in ? hash_bytes(block.data(), block.size()) : 0;
}

/// Returns, for each image, the index of the first image with the same bytes.
std::vector<int> find_twins(const std::vector<SplitEntry>& entries) {
  std::vector<int> twins(entries.size());
  std::iota(twins.begin(), twins.end(), 0);
  std::map<std::int64_t, std::vector<int>> by_size;
  for (const int image : twins) by_size[entries[static_cast<std::size_t>(image)].bytes].push_back(image);
  for (const auto& [size, images] : by_size) {
    if (images.size() < 2) continue;
    std::map<std::uint64_t, std::vector<int>> by_middle;
    for (const int image : images) by_middle[hash_of_middle(entries[static_cast<std::size_t>(image)].file, size)].push_back(image);
    for (const auto& [middle, similar] : by_middle) {
      std::map<std::uint64_t, int> first;
      for (const int image : similar) {
        if (similar.size() < 2) continue;
        const auto bytes = read_whole_file(entries[static_cast<std::size_t>(image)].file);
        twins[static_cast<std::size_t>(image)] = first.emplace(hash_bytes(bytes.data(), bytes.size()), image).first->second;
      }
    }
  }
  return twins;
}

}  // namespace

std::string name_patients(SplitEntries& all, const std::string& pattern) {
  if (pattern.empty()) {
    for (SplitEntry& entry : all.entries) {
      entry.states_patient = !entry.patient.empty();
      if (!entry.states_patient) entry.patient = entry.id;
    }
    return {};
  }
  const std::regex expression = compile(pattern);
  const bool by_path = pattern.find('/') != std::string::npos;
  std::size_t unmatched = 0;
  const SplitEntry* first = nullptr;
  for (SplitEntry& entry : all.entries) {
    const std::string text = by_path ? entry.id : std::filesystem::path(entry.id).filename().string();
    std::smatch match;
    entry.states_patient = std::regex_search(text, match, expression) && match.length(0) > 0;
    if (entry.states_patient) {
      entry.patient = match.str(0);
      continue;
    }
    entry.patient = entry.id;
    ++unmatched;
    if (!first) first = &entry;
  }
  if (!first) return {};
  if (unmatched == all.entries.size()) throw Refusal("`patient` matches nothing in `" + first->id + "` or in any other image", "patient");
  const std::string subject = some_of(unmatched, all.entries.size(), "image");
  return subject + (unmatched == 1 ? " does" : " do") + " not match `patient`; the first is `" + first->id +
         "`, and each counts as its own patient";
}

void refuse_one_patient(const std::vector<SplitEntry>& entries) {
  if (entries.size() < 2) return;
  for (const SplitEntry& entry : entries)
    if (entry.patient != entries[0].patient) return;
  throw Refusal("all " + std::to_string(entries.size()) + " images are of one patient, `" + entries[0].patient +
                    "`, so none can be set aside for validation",
                "patient");
}

std::vector<int> group_images(const std::vector<SplitEntry>& entries, GroupBy by) {
  std::vector<std::string> patients;
  for (const SplitEntry& entry : entries) patients.push_back(entry.patient);
  std::vector<int> twins(entries.size());
  std::iota(twins.begin(), twins.end(), 0);
  return join_groups(patients, by == GroupBy::PatientAndBytes ? find_twins(entries) : twins);
}

}  // namespace leat
