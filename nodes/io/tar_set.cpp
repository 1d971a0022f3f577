#include "io/tar_set.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <exception>
#include <map>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

#include "io/mask_picture.h"
#include "io/split/folder_files.h"
#include "io/tars/copied_tars.h"
#include "leat/leat.h"
#include "leat/thrown.h"
#include "leat/wording.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

/// Returns the number that a text is; -1 if it is not one.
std::int64_t number_in(const std::string& text) {
  std::int64_t out = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= 0 ? out : -1;
}

/// Returns the class that a text means; -1: none.
int class_of(const std::string& text, const std::vector<std::string>& classes) {
  const auto found = std::find(classes.begin(), classes.end(), text);
  if (found != classes.end()) return static_cast<int>(found - classes.begin());
  if (std::any_of(classes.begin(), classes.end(), [](const std::string& name) { return number_in(name) >= 0; })) return -1;
  const std::int64_t number = number_in(text);
  return number < static_cast<std::int64_t>(classes.size()) ? static_cast<int>(number) : -1;
}

/// Returns an ending in the form of SampleEndings.
std::string ending_in(const std::string& text) {
  const std::string out = lower(text);
  return out.starts_with('.') ? out.substr(1) : out;
}

/// Indexes the tars on several threads. Throws the fault of the first tar that has one.
std::vector<TarIndex> indexes_of(const std::vector<fs::path>& files, const SampleEndings& endings) {
  // The threads mostly wait for the disk, not for the cores.
  constexpr std::size_t most_threads = 8;
  std::vector<TarIndex> out(files.size());
  std::vector<std::exception_ptr> faults(files.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t k = next++; k < files.size(); k = next++) try {
        out[k] = TarIndex::read(files[k], endings);
      } catch (const Refusal& refusal) {
        const bool names_tar = refusal.at() == "path";
        faults[k] = names_tar
                        ? std::current_exception()
                        : std::make_exception_ptr(Refusal("`" + files[k].string() + "`: " + refusal.what(), refusal.at(), refusal.hint()));
      } catch (...) {
        faults[k] = std::make_exception_ptr(Refusal("`" + files[k].string() + "`: " + words_of_current_exception(), "path"));
      }
  };
  {
    const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
    std::vector<std::jthread> helpers;
    for (std::size_t k = 1; k < std::min({most_threads, cores, files.size()}); ++k) helpers.emplace_back(work);
    work();
  }
  for (const std::exception_ptr& fault : faults)
    if (fault) std::rethrow_exception(fault);
  return out;
}

}  // namespace

void TarSet::survey(const Opening& opening) {
  const std::string text = path->path.string();
  if (text.find("pipe:") != std::string::npos && !fs::exists(path->path))
    throw Refusal("`path` is a command, but a training reads its samples in any order, so its tars must be files", "path",
                  "copy the tars to a disk, or to a file system that all machines share");
  tars_ = TarList::read(text);
  mask_endings_ = read_mask_endings(*masks, *void_number);
  compared_.reset();
  changes_.clear();
  if (opening.recorded) compare(opening);
  tars_.check_there();
  index();
  check_copies(tars_, indexes_);
  find_classes();
  warn_of_data(opening);
}

SampleEndings TarSet::endings() const {
  SampleEndings out{ending_in(*image), ending_in(*label), mask_endings_.endings};
  const auto is_mask = [&out](const std::string& one) { return std::find(out.masks.begin(), out.masks.end(), one) != out.masks.end(); };
  if (out.label.empty()) throw Refusal("`label` is empty", "label", "the usual ending is `cls`");
  if (out.label == out.image) throw Refusal("`label` and `image` are both `" + out.label + "`", "label");
  for (const auto& [name, ending] : {std::pair("label", out.label), {"image", out.image}})
    if (is_mask(ending)) throw Refusal("`" + std::string(name) + "` is `" + ending + "`, which `masks` has too", name);
  std::set<std::string> names;
  for (const std::string& one : *classes)
    if (one.empty() || !names.insert(one).second) throw Refusal("two classes are called `" + one + "`", "classes");
  return out;
}

/// Compares the tars with those that the run began with.
void TarSet::compare(const Opening& opening) {
  const FileMarks before = FileMarks::load(*opening.recorded, "tars");
  compared_ = marks();
  changes_ = compared_->look_since(before).words("tar");
  if (changes_.empty())
    for (std::size_t k = 0; k < before.size() && changes_.empty(); ++k)
      if (before.name(k) != compared_->name(k))
        changes_ = "they are in another order (`" + compared_->name(k) + "` before `" + before.name(k) + "`)";
  if (changes_.empty() || opening.accepts_changed_files) return;
  throw Refusal("the tars are not those that the run began with: " + changes_, "path",
                "restore the tars, or resume with --accept-changed-files: then the steps have other samples than without the interruption");
}

void TarSet::index() {
  indexes_ = indexes_of(tars_.files, endings());
  all_ = 0;
  for (const TarIndex& one : indexes_) all_ += one.size();
  if (all_ > 0) return;
  const auto first = std::find_if(indexes_.begin(), indexes_.end(), [](const TarIndex& one) { return one.without_image() > 0; });
  throw Refusal("no sample of the tars has an image" + (first == indexes_.end() ? std::string() : ": " + first->first_without_image()),
                image->empty() ? "path" : "image", picture_endings_text());
}

void TarSet::find_classes() {
  class_of_.assign(indexes_.size(), {});
  if (classes->empty()) return;
  for (std::size_t tar = 0; tar < indexes_.size(); ++tar)
    for (const std::string& text : indexes_[tar].texts()) class_of_[tar].push_back(class_of(text, *classes));
  for_each([this](SampleInTar one) {
    const TarIndex& index = indexes_[one.tar];
    const int text = index.text(one.sample);
    if (text < 0 || label_of(one) >= 0) return;
    if (index.texts()[static_cast<std::size_t>(text)].empty())
      throw Refusal("the entry `" + *label + "` of `" + identity(one).id + "` is empty", "classes",
                    "write the class into it, or leave it out if the class is not known");
    throw Refusal(
        "`" + identity(one).id + "` has the class `" + index.texts()[static_cast<std::size_t>(text)] + "`, which is none of `classes`",
        "classes", "the entries `" + *label + "` have " + class_words());
  });
}

void TarSet::open(const Opening& opening) {
  if (!changes_.empty() && opening.warn)
    opening.warn("`" + opening.name + "`: the tars are not those that the run began with: " + changes_ +
                 "; from now on, the steps have other samples than without the interruption");
}

FileMarks TarSet::marks() const {
  FileMarks out;
  for (std::size_t k = 0; k < tars_.files.size(); ++k) out.add(tars_.names[k], tars_.files[k]);
  return out;
}

void TarSet::record(Archive& archive) const {
  FileMarks out = compared_ ? *compared_ : marks();
  if (!compared_) out.look();
  out.save(archive, "tars");
}

std::vector<std::int64_t> TarSet::counts() const {
  std::vector<std::int64_t> out;
  for (const TarIndex& one : indexes_) out.push_back(one.size());
  return out;
}

Sample TarSet::identity(SampleInTar one) const {
  Sample out;
  out.id = tars_.names[one.tar] + "/" + std::string(indexes_[one.tar].key(one.sample));
  out.file = tars_.files[one.tar].string();
  out.part = {indexes_[one.tar].image(one.sample).place, indexes_[one.tar].image(one.sample).count};
  return out;
}

int TarSet::label_of(SampleInTar one) const {
  const int text = indexes_[one.tar].text(one.sample);
  return text < 0 || class_of_[one.tar].empty() ? -1 : class_of_[one.tar][static_cast<std::size_t>(text)];
}

std::string TarSet::lacking_mask(SampleInTar one) const {
  for (std::size_t k = 0; k < mask_endings_.endings.size(); ++k)
    if (indexes_[one.tar].mask(one.sample, k).place == 0) return mask_endings_.endings[k];
  return {};
}

std::int64_t TarSet::largest_image() const {
  std::int64_t out = 0;
  for_each([&](SampleInTar one) { out = std::max<std::int64_t>(out, indexes_[one.tar].image(one.sample).count); });
  return out;
}

std::string TarSet::class_words() const {
  constexpr std::size_t most = 8;
  std::set<std::string> words;
  for (const TarIndex& one : indexes_)
    for (const std::string& text : one.texts())
      if (words.size() <= most) words.insert(text);
  std::vector<std::string> some(words.begin(), words.end());
  const bool has_more = some.size() > most;
  some.resize(std::min(some.size(), most));
  return in_quotes(some) + (has_more ? ", …" : "");
}

std::vector<std::uint8_t> TarSet::read_image(SampleInTar one) const {
  const TarIndex& index = indexes_[one.tar];
  return index.bytes_of(index.image(one.sample), "the image of `" + std::string(index.key(one.sample)) + "`");
}

std::vector<std::vector<fs::path>> TarSet::mask_files(SampleInTar one) const {
  std::vector<std::vector<fs::path>> out;
  for (const std::size_t ending : mask_endings_.ending_of) out.push_back({mask_file(one, ending)});
  return out;
}

fs::path TarSet::mask_file(SampleInTar one, std::size_t ending) const {
  return tars_.files[one.tar] / (std::string(indexes_[one.tar].key(one.sample)) + "." + mask_endings_.endings[ending]);
}

std::vector<std::uint8_t> TarSet::read_mask(SampleInTar one, const fs::path& file) const {
  std::size_t which = 0;
  while (mask_file(one, which) != file) ++which;
  const TarIndex& index = indexes_[one.tar];
  return index.bytes_of(index.mask(one.sample, which), "the mask `" + file.filename().string() + "`");
}

Image TarSet::read_masks(SampleInTar one, const PictureHeader& image, std::vector<std::string>& warnings) const {
  return leat::read_masks(mask_files(one), image, warnings, mask_endings_.maps,
                          [this, one](const fs::path& file) { return read_mask(one, file); });
}

MaskDrawings TarSet::try_masks(SampleInTar one, const PictureHeader& image) const {
  return leat::try_masks(mask_files(one), image, mask_endings_.maps, [this, one](const fs::path& file) { return read_mask(one, file); });
}

DataSummary TarSet::data_summary() const {
  DataSummary out;
  out.facts.emplace_back("images", counted(all_, "image") + " in " + counted(tars_.size(), "tar") + " of `" + path->path.string() + "`");
  if (!classes->empty()) {
    std::vector<std::int64_t> counts(classes->size(), 0);
    std::int64_t without = 0;
    for_each([&](SampleInTar one) {
      const int label = label_of(one);
      ++(label < 0 ? without : counts[static_cast<std::size_t>(label)]);
    });
    std::string text;
    for (std::size_t k = 0; k < counts.size(); ++k) text += (k == 0 ? "" : ", ") + (*classes)[k] + " " + std::to_string(counts[k]);
    out.facts.emplace_back("classes", text + (without > 0 ? "; unknown " + std::to_string(without) : ""));
  }
  if (!mask_endings_.names.empty()) {
    std::int64_t with_all = 0;
    for_each([&](SampleInTar one) { with_all += lacking_mask(one).empty() ? 1 : 0; });
    out.facts.emplace_back("masks", joined(mask_endings_.names) + " of " + counted(with_all, "image"));
  }
  out.facts.emplace_back("patients", "not stated, so each image is a patient of its own");
  return out;
}

}  // namespace leat

LEAT_NODE(leat::TarSet, "io.tar_set", "A data set: tars of WebDataset on a disk, with classes and masks.")
