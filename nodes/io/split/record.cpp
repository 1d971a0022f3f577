#include "io/split/record.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "leat/csv.h"
#include "leat/diagnostics.h"
#include "leat/value.h"

namespace leat {

namespace {

const char* const how_to_accept =
    "restore the files, or resume with --accept-changed-files: then the split stays as drawn, and new files are not used";

std::string joined(const std::string& first, const std::string& second) {
  return first.empty() || second.empty() ? first + second : first + ", " + second;
}

enum ColumnKind : std::size_t { Class, Patient, Group, Rows, Others };

/// The names of the kinds in a record, and their words after "2 pictures have".
constexpr std::array<std::pair<const char*, const char*>, std::tuple_size_v<ColumnHashes>> column_kinds{
    {{"class", "another class"},
     {"patient", "another patient"},
     {"group", "another group"},
     {"split", "another name in the column `split`"},
     {"others", "another value in other columns"}}};

std::string setting(const std::map<std::string, std::string>& settings, const std::string& name) {
  const auto found = settings.find(name);
  return found == settings.end() ? "" : found->second;
}

/// Continues a clause on changes: ", 2 have another class (`a.png`, `b.png`)", or begins it with "2 pictures have".
void add_words(std::string& words, const std::vector<std::string>& names, const std::string& what) {
  if (names.empty()) return;
  const std::string noun = words.empty() ? (names.size() == 1 ? " picture" : " pictures") : "";
  words = joined(words,
                 std::to_string(names.size()) + noun + (names.size() == 1 ? " has " : " have ") + what + " (" + first_names(names) + ")");
}

std::uint64_t hash_of_facts(const SplitEntry& entry, std::uint64_t hash) {
  for (const auto& [name, value] : entry.facts)
    for (const std::string* text : {&name, &value}) hash = hash_bytes(text->data(), text->size(), hash);
  return hash;
}

/// Returns the one hash that earlier versions recorded.
std::int64_t joint_hash(const SplitEntry& entry, const std::string& group) {
  std::uint64_t hash = 0;
  for (const std::string* text : {&entry.class_name, &group, &entry.patient, &entry.rows})
    hash = hash_bytes(text->data(), text->size(), hash);
  return static_cast<std::int64_t>(hash_of_facts(entry, hash));
}

}  // namespace

void SplitRecord::save(Archive& archive) const {
  archive.put("path", path.string());
  std::vector<std::string> texts;
  for (const auto& [name, value] : settings) texts.insert(texts.end(), {name, value});
  archive.put("settings", texts);
  archive.put("classes", classes);
  pictures.save(archive, "pictures");
  archive.put("parts", parts);
  for (std::size_t kind = 0; kind < column_kinds.size(); ++kind) {
    std::vector<std::int64_t> hashes;
    for (const ColumnHashes& one : columns) hashes.push_back(one[kind]);
    archive.put(std::string("columns.") + column_kinds[kind].first, hashes);
  }
  masks.save(archive, "masks");
}

SplitRecord SplitRecord::load(const Archive& archive) {
  SplitRecord out;
  out.path = archive.text("path");
  const std::vector<std::string> texts = archive.texts("settings");
  for (std::size_t k = 0; k + 1 < texts.size(); k += 2) out.settings[texts[k]] = texts[k + 1];
  out.classes = archive.texts("classes");
  out.pictures = FileMarks::load(archive, "pictures");
  out.parts = archive.text("parts");
  const auto check_length = [&out](std::size_t length) {
    if (length != out.pictures.size()) throw std::runtime_error("the run's record of its data set has lists of different lengths");
  };
  if (archive.has("columns")) {
    out.joint = archive.wholes("columns");
    check_length(out.joint.size());
  } else {
    out.columns.resize(out.pictures.size());
    for (std::size_t kind = 0; kind < column_kinds.size(); ++kind) {
      const std::vector<std::int64_t> hashes = archive.wholes(std::string("columns.") + column_kinds[kind].first);
      check_length(hashes.size());
      for (std::size_t k = 0; k < hashes.size(); ++k) out.columns[k][kind] = hashes[k];
    }
  }
  out.masks = FileMarks::load(archive, "masks");
  check_length(out.parts.size());
  return out;
}

ColumnHashes hashes_of_columns(const SplitEntry& entry) {
  const auto hash = [](const std::string& text) { return static_cast<std::int64_t>(hash_bytes(text.data(), text.size())); };
  return {hash(entry.class_name), hash(entry.patient), hash(entry.group), hash(entry.rows),
          static_cast<std::int64_t>(hash_of_facts(entry, 0))};
}

FileMarks masks_of(const SplitEntries& all) {
  FileMarks out;
  for (const SplitEntry& entry : all.entries)
    for (const std::filesystem::path& file : entry.channels)
      if (std::string name = file.lexically_relative(all.folder).generic_string(); out.find(name) < 0) out.add(std::move(name), file);
  for (const SplitEntry& entry : all.entries)
    for (const auto& files : entry.masks)
      for (const std::filesystem::path& file : files) {
        // A file can be the mask of several images, and of several structures.
        std::string name = file.lexically_relative(all.folder).generic_string();
        if (out.find(name) < 0) out.add(std::move(name), file);
      }
  return out;
}

std::string moved_pictures(const SplitRecord& before, const SplitEntries& all, const std::string& parts) {
  std::vector<std::string> trains, validates;
  for (std::size_t k = 0; k < all.entries.size(); ++k) {
    const std::int64_t place = before.pictures.find(all.entries[k].id);
    if (place < 0) continue;
    const char was = before.parts[static_cast<std::size_t>(place)];
    const bool did = (was & SplitRecord::Validates) != 0;
    const bool does = (parts[k] & SplitRecord::Validates) != 0;
    if (did && (parts[k] & SplitRecord::HeldOut) == 0) trains.push_back(all.entries[k].id);
    if (does && (was & SplitRecord::HeldOut) == 0) validates.push_back(all.entries[k].id);
  }
  std::string out;
  if (!trains.empty())
    out = std::to_string(trains.size()) + " of the validation images can be trained on now (" + first_names(trains) + ")";
  if (!validates.empty())
    out = joined(out, std::to_string(validates.size()) + " of the training images " + (validates.size() == 1 ? "is" : "are") +
                          " for validation now (" + first_names(validates) + ")");
  return out;
}

SplitRecord parts_in_list(std::string_view csv) {
  const CsvTable table = read_csv(csv);
  const int image = table.find_column("image"), part = table.find_column("part");
  if (image < 0 || part < 0) throw std::runtime_error("it has no columns `image` and `part`");
  SplitRecord out;
  for (const CsvTable::Row& row : table.rows) {
    out.pictures.add(row.fields[static_cast<std::size_t>(image)], {});
    const std::string& name = row.fields[static_cast<std::size_t>(part)];
    const int bits = name == "validation" ? SplitRecord::Validates | SplitRecord::HeldOut
                     : name == "left out" ? int{SplitRecord::HeldOut}
                                          : 0;
    out.parts.push_back(static_cast<char>(bits));
  }
  return out;
}

ResumedSplit::ResumedSplit(SplitRecord earlier, std::filesystem::path path, const std::map<std::string, std::string>& settings)
    : earlier_(std::move(earlier)), path_(std::move(path)), settings_(settings) {
  constexpr std::array of_pictures{"rows", "masks", "classes", "left_out", "columns", "unlisted", "channel_files"};
  constexpr std::array of_folders{"group", "classes"};
  const auto is_one_of = [](const auto& all, const std::string& name) { return std::find(all.begin(), all.end(), name) != all.end(); };
  // A name in the list's column `split` chooses rows; a number does not.
  const auto is_number = [](const std::string& text) { return text.find_first_not_of("0123456789.\"") == std::string::npos; };
  for (const auto& [name, value] : settings) {
    // A parameter that an earlier version of Leat did not have did not affect its draw.
    const auto before = earlier_.settings.find(name);
    if (before == earlier_.settings.end() || before->second == value) continue;
    keeps_draw_ = false;
    if (is_one_of(of_pictures, name) || (name == "validation" && !(is_number(value) && is_number(before->second))))
      has_same_pictures_ = false;
    if (is_one_of(of_folders, name)) has_same_folders_ = false;
  }
}

bool ResumedSplit::is_unused(const std::string& name) const {
  const std::int64_t before = earlier_.pictures.find(name);
  return before >= 0 && (earlier_.parts[static_cast<std::size_t>(before)] & SplitRecord::Unused) != 0;
}

std::string ResumedSplit::words_of_columns(const SplitEntries& all) const {
  if (earlier_.columns.empty()) return words_of_joint_columns(all);
  // A list states classes and groups, whatever the settings are. In a folder, the settings decide what the folders mean.
  const bool states_classes = all.is_list || has_same_folders_;
  const bool has_folder_groups = setting(earlier_.settings, "group") == "folder";
  const bool states_groups = all.is_list ? !has_folder_groups : has_same_folders_;
  std::array<std::vector<std::string>, std::tuple_size_v<ColumnHashes>> names;
  for (const SplitEntry& entry : all.entries) {
    const std::int64_t before = earlier_.pictures.find(entry.id);
    if (before < 0 || is_unused(entry.id)) continue;
    const ColumnHashes &was = earlier_.columns[static_cast<std::size_t>(before)], now = hashes_of_columns(entry);
    for (std::size_t kind = 0; kind < names.size(); ++kind)
      if (was[kind] != now[kind]) names[kind].push_back(entry.id);
  }
  if (!states_classes) names[Class].clear();
  if (!states_groups || setting(settings_, "group") == "none") names[Group].clear();
  std::string words;
  for (std::size_t kind = 0; kind < names.size(); ++kind) add_words(words, names[kind], column_kinds[kind].second);
  return words;
}

std::string ResumedSplit::words_of_joint_columns(const SplitEntries& all) const {
  const bool had_groups = setting(earlier_.settings, "group") != "none";
  std::vector<std::string> names;
  for (const SplitEntry& entry : all.entries) {
    const std::int64_t before = earlier_.pictures.find(entry.id);
    if (before < 0 || is_unused(entry.id) || (!all.is_list && !has_same_folders_)) continue;
    if (earlier_.joint[static_cast<std::size_t>(before)] != joint_hash(entry, had_groups ? entry.group : "")) names.push_back(entry.id);
  }
  std::string words;
  add_words(words, names, "another class, patient, group or other column");
  return words;
}

void ResumedSplit::compare_pictures(SplitEntries& all, bool accepts) {
  FileMarks found;
  for (const SplitEntry& entry : all.entries) found.add(entry.id, entry.file);
  FileChanges changes = found.look_since(earlier_.pictures);
  if ((path_ != earlier_.path || !has_same_pictures_) && changes.added.size() == found.size()) {
    // Only a changed graph has another path or other settings, and the user has accepted the change.
    is_other_set_ = true;
    keeps_draw_ = false;
    pictures_ = std::move(found);
    return;
  }
  if (!has_same_pictures_) {
    // Pictures that the settings leave out are still there. What they add cannot be told from new files.
    std::erase_if(changes.gone, [&](const std::string& name) { return std::filesystem::exists(all.images / name); });
    changes.added.clear();
  }
  for (std::vector<std::string>* names : {&changes.gone, &changes.replaced})
    std::erase_if(*names, [this](const std::string& name) { return is_unused(name); });
  changes_ = joined(changes.words("picture"), words_of_columns(all));
  if (!changes_.empty() && !accepts)
    throw Refusal("the data set is not the one that the run drew its split from: " + changes_, "path", how_to_accept);
  if (keeps_draw_) keep_drawn(all, found);
  else pictures_ = std::move(found);
}

void ResumedSplit::keep_drawn(SplitEntries& all, const FileMarks& found) {
  std::vector<std::size_t> places;
  std::vector<char> is_kept(all.entries.size(), 0);
  for (std::size_t k = 0; k < earlier_.pictures.size(); ++k) {
    const std::int64_t place = found.find(earlier_.pictures.name(k));
    if (place < 0 || (earlier_.parts[k] & SplitRecord::Unused) != 0) continue;
    places.push_back(static_cast<std::size_t>(place));
    is_kept[static_cast<std::size_t>(place)] = 1;
    parts_.push_back(earlier_.parts[k]);
  }
  if (places.empty())
    throw Refusal("none of the " + std::to_string(earlier_.pictures.size()) + " pictures that the run drew its split from exists", "path");
  std::vector<SplitEntry> kept;
  for (const std::size_t place : places) kept.push_back(std::move(all.entries[place]));
  all.entries = std::move(kept);
  for (std::size_t place = 0; place < is_kept.size(); ++place)
    if (!is_kept[place]) places.push_back(place);
  pictures_ = found.chosen(places);
}

void ResumedSplit::compare_masks(const SplitEntries& all, bool accepts) {
  masks_ = masks_of(all);
  const FileChanges changes = masks_.look_since(earlier_.masks);
  // With other settings, the masks can be different ones.
  if (!keeps_draw_ || !changes.has_any()) return;
  // Do not report missing masks if pictures are missing too.
  FileChanges told = changes;
  if (!changes_.empty()) told.gone.clear();
  const std::string words = told.words("mask");
  if (!accepts) throw Refusal("the masks are not those that the run began with: " + changes.words("mask"), "masks", how_to_accept);
  changes_ = joined(changes_, words);
}

std::string ResumedSplit::sentence(const SplitEntries& all, const std::string& parts) const {
  if (is_other_set_) return "it has none of the pictures that the run had before, so the split is drawn again";
  if (keeps_draw_)
    return changes_.empty() ? ""
                            : "the run continues with the split that it drew, although " + changes_ +
                                  "; new files are not used, and replaced files stay in their parts";
  const std::string moves = moved_pictures(earlier_, all, parts);
  if (changes_.empty() && moves.empty()) return {};
  return "the split is drawn again, because its settings have changed" + (changes_.empty() ? "" : "; " + changes_) +
         (moves.empty() ? "" : "; of the earlier pictures, " + moves);
}

}  // namespace leat
