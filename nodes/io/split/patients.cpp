#include "io/split/patients.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <regex>
#include <set>
#include <utility>

#include "io/split/draw.h"
#include "io/split/spelling.h"
#include "leat/diagnostics.h"
#include "leat/file_contents.h"
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

/// The size of a file, and a hash of a part of it; 0 if it cannot be read.
using Kind = std::pair<std::int64_t, std::uint64_t>;

/// Returns a hash of this extent of an image's files; 0 if one cannot be read.
std::uint64_t hash_of_image(const SplitEntry& entry, Extent extent, std::vector<char>& buffer) {
  if (entry.channels.empty()) return hash_of_file(entry.file, entry.bytes, extent, buffer);
  std::uint64_t out = 0;
  std::vector<std::filesystem::path> files{entry.file};
  files.insert(files.end(), entry.channels.begin(), entry.channels.end());
  for (const std::filesystem::path& file : files) {
    std::error_code error;
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(file, error));
    const std::uint64_t own = error ? 0 : hash_of_file(file, bytes, extent, buffer);
    if (own == 0) return 0;
    out = hash_bytes(&own, sizeof own, out);
  }
  return out;
}

/// Keeps the images whose kind another one has too. Then hashes this extent of their files.
void hash_similar(const std::vector<SplitEntry>& entries, std::vector<int>& images, std::vector<Kind>& kinds, Extent extent) {
  std::map<Kind, int> counts;
  for (const int image : images) ++counts[kinds[static_cast<std::size_t>(image)]];
  std::erase_if(images, [&](int image) { return counts[kinds[static_cast<std::size_t>(image)]] < 2; });
  for_each_place(images.size(), [&](std::size_t which, std::vector<char>& buffer) {
    const auto image = static_cast<std::size_t>(images[which]);
    kinds[image].second = hash_of_image(entries[image], extent, buffer);
  });
}

/// Warns of rows without a patient in a list that has patients.
void tell_empty_patients(SplitEntries& all) {
  if (!all.has_column("patient")) return;
  std::size_t empty = 0, rows = 0;
  const SplitEntry* first = nullptr;
  for (const SplitEntry& entry : all.entries) {
    if (entry.line == 0) continue;
    ++rows;
    if (entry.states_patient) continue;
    ++empty;
    if (!first) first = &entry;
  }
  if (!first) return;
  all.warnings.push_back(some_of(empty, rows, "image") + " of `" + all.list_name + (empty == 1 ? "` has" : "` have") +
                         " an empty column `patient`, and " + (empty == 1 ? "counts" : "each counts") +
                         " as a patient of its own; the first is `" + first->id + "`, " + all.place_of(*first));
}

/// Warns of patients that can be one person with a name in two spellings.
void tell_similar_patients(SplitEntries& all) {
  std::map<std::string, std::set<std::string>> spellings;
  for (const SplitEntry& entry : all.entries)
    if (entry.states_patient) spellings[loose_spelling(entry.patient)].insert(entry.patient);
  std::size_t similar = 0;
  std::string first;
  for (const auto& [loose, names] : spellings) {
    if (names.size() < 2) continue;
    const std::string &one = *names.begin(), &other = *std::next(names.begin());
    if (similar++ == 0) first = "the patients `" + spelled_out(one) + "` and `" + spelled_out(other) + "`";
  }
  if (similar == 0) return;
  all.warnings.push_back(
      first + " differ only in case, blanks, `-`, `_`, zeros of a number or Unicode form, but count as different patients" +
      (similar > 1 ? "; this holds for " + std::to_string(similar - 1) + (similar == 2 ? " other name too" : " other names too") : "") +
      "; if they are one, training and validation can share it");
}

}  // namespace

std::vector<int> find_twins(const std::vector<SplitEntry>& entries) {
  std::vector<int> twins(entries.size());
  std::iota(twins.begin(), twins.end(), 0);
  std::vector<int> images = twins;
  std::vector<Kind> kinds;
  for (const SplitEntry& entry : entries) kinds.emplace_back(entry.bytes, 0);
  // One block distinguishes nearly all files of equal size, so that few are read whole.
  hash_similar(entries, images, kinds, Extent::Middle);
  hash_similar(entries, images, kinds, Extent::Whole);
  std::map<Kind, int> first;
  for (const int image : images) {
    const Kind& kind = kinds[static_cast<std::size_t>(image)];
    if (kind.second != 0) twins[static_cast<std::size_t>(image)] = first.emplace(kind, image).first->second;
  }
  return twins;
}

void name_patients(SplitEntries& all, const std::string& pattern) {
  if (pattern.empty()) {
    for (SplitEntry& entry : all.entries) {
      entry.states_patient = !entry.patient.empty();
      if (!entry.states_patient) entry.patient = entry.id;
    }
    tell_empty_patients(all);
    tell_similar_patients(all);
    return;
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
  tell_similar_patients(all);
  if (!first) return;
  if (unmatched == all.entries.size()) throw Refusal("`patient` matches nothing in `" + first->id + "` or in any other image", "patient");
  const std::string subject = some_of(unmatched, all.entries.size(), "image");
  all.warnings.push_back(subject + (unmatched == 1 ? " does" : " do") + " not match `patient`; the first is `" + first->id +
                         "`, and each counts as its own patient");
}

void refuse_one_patient(const std::vector<SplitEntry>& entries) {
  if (entries.size() < 2) return;
  for (const SplitEntry& entry : entries)
    if (entry.patient != entries[0].patient) return;
  throw Refusal("all " + std::to_string(entries.size()) + " images are of one patient, `" + entries[0].patient +
                    "`, so none can be set aside for validation",
                "patient");
}

std::vector<int> group_images(const std::vector<SplitEntry>& entries, std::vector<int> twins) {
  std::vector<std::string> patients;
  for (const SplitEntry& entry : entries) patients.push_back(entry.patient);
  if (twins.empty()) {
    twins.resize(entries.size());
    std::iota(twins.begin(), twins.end(), 0);
  }
  const std::vector<int> groups = join_groups(patients, twins);
  // A list can have codes for the patients of headers. Images without a header are joined with no other.
  std::vector<std::string> headers;
  for (const SplitEntry& entry : entries)
    headers.push_back(entry.header_patient.empty() ? "id " + entry.id : "header " + entry.header_patient);
  return join_groups(headers, groups);
}

}  // namespace leat
