#include "leat/file_marks.h"

#include <sys/stat.h>

#include <algorithm>
#include <stdexcept>

#include "base/recorded_files.h"
#include "leat/file_contents.h"

namespace leat {

namespace {

constexpr std::size_t most_names = 3;

}  // namespace

std::string first_names(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t k = 0; k < std::min(names.size(), most_names); ++k) out += (k == 0 ? "`" : ", `") + names[k] + "`";
  return out + (names.size() > most_names ? ", …" : "");
}

std::string FileChanges::words(const std::string& what) const {
  std::string out;
  const auto add = [&](const std::vector<std::string>& names, const std::string& fate) {
    if (names.empty()) return;
    const std::string noun = out.empty() ? " " + what + (names.size() == 1 ? "" : "s") : "";
    out += (out.empty() ? "" : ", ") + std::to_string(names.size()) + noun + (names.size() == 1 ? " is " : " are ") + fate + " (" +
           first_names(names) + ")";
  };
  add(added, "new");
  add(gone, "gone");
  add(replaced, "replaced");
  return out;
}

void FileMarks::add(std::string name, std::filesystem::path file) {
  if (!places_.emplace(name, files_.size()).second) throw std::logic_error("two files are marked as `" + name + "`");
  files_.push_back({std::move(name), std::move(file)});
}

std::int64_t FileMarks::find(const std::string& name) const {
  const auto found = places_.find(name);
  return found == places_.end() ? -1 : static_cast<std::int64_t>(found->second);
}

void FileMarks::look_at_sizes() {
  for_each_place(files_.size(), [this](std::size_t place, std::vector<char>&) {
    File& file = files_[place];
    struct ::stat found {};
    // Opening a pipe would wait for its writer.
    if (::stat(file.path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return;
    file.bytes = found.st_size;
    file.time_ns = static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec;
  });
}

void FileMarks::hash_contents(std::span<const std::size_t> places) {
  std::vector<HashedFile> files;
  std::vector<std::size_t> readable;
  for (const std::size_t place : places) {
    File& file = files_[place];
    file.contents = 0;
    if (file.bytes < 0) continue;
    files.push_back({file.path, file.bytes, file.time_ns});
    readable.push_back(place);
  }
  const std::vector<std::uint64_t> hashes = hashes_of_files(files, is_whole_ ? Extent::Whole : Extent::Blocks);
  for (std::size_t k = 0; k < hashes.size(); ++k) files_[readable[k]].contents = hashes[k];
}

void FileMarks::look() {
  look_at_sizes();
  std::int64_t bytes = 0;
  std::vector<std::size_t> all;
  for (const File& file : files_) {
    bytes += std::max<std::int64_t>(0, file.bytes);
    all.push_back(all.size());
  }
  is_whole_ = bytes <= whole_bytes;
  hash_contents(all);
}

FileChanges FileMarks::look_since(const FileMarks& earlier) {
  look_at_sizes();
  is_whole_ = earlier.is_whole_;
  std::vector<std::size_t> unsure;
  for (std::size_t k = 0; k < files_.size(); ++k) {
    const std::int64_t before = earlier.find(files_[k].name);
    const File* was = before < 0 ? nullptr : &earlier.files_[static_cast<std::size_t>(before)];
    if (was && was->bytes == files_[k].bytes && was->time_ns == files_[k].time_ns) files_[k].contents = was->contents;
    else unsure.push_back(k);
  }
  hash_contents(unsure);
  FileChanges out;
  for (const std::size_t k : unsure) {
    const std::int64_t before = earlier.find(files_[k].name);
    if (before < 0) {
      out.added.push_back(files_[k].name);
      continue;
    }
    const File& was = earlier.files_[static_cast<std::size_t>(before)];
    const bool is_readable = was.contents != 0 && files_[k].contents != 0;
    if (files_[k].bytes < 0) out.gone.push_back(files_[k].name);
    else if (was.bytes != files_[k].bytes || was.contents != files_[k].contents || !is_readable) out.replaced.push_back(files_[k].name);
  }
  for (const File& was : earlier.files_)
    if (find(was.name) < 0) out.gone.push_back(was.name);
  return out;
}

FileMarks FileMarks::chosen(std::span<const std::size_t> places) const {
  FileMarks out;
  out.is_whole_ = is_whole_;
  for (const std::size_t place : places) {
    out.places_.emplace(files_[place].name, out.files_.size());
    out.files_.push_back(files_[place]);
  }
  return out;
}

void FileMarks::save(Archive& archive, const std::string& name) const {
  std::vector<std::string> names;
  std::vector<std::int64_t> bytes, times, contents;
  for (const File& file : files_) {
    names.push_back(file.name);
    bytes.push_back(file.bytes);
    times.push_back(file.time_ns);
    contents.push_back(static_cast<std::int64_t>(file.contents));
  }
  archive.put(name + ".names", names);
  archive.put(name + ".bytes", bytes);
  archive.put(name + ".times", times);
  archive.put(name + ".contents", contents);
  archive.put(name + ".whole", static_cast<std::int64_t>(is_whole_));
}

FileMarks FileMarks::load(const Archive& archive, const std::string& name) {
  FileMarks out;
  const std::vector<std::string> names = archive.texts(name + ".names");
  const std::vector<std::int64_t> bytes = archive.wholes(name + ".bytes"), times = archive.wholes(name + ".times"),
                                  contents = archive.wholes(name + ".contents");
  if (bytes.size() != names.size() || times.size() != names.size() || contents.size() != names.size())
    throw std::runtime_error("the record of `" + name + "` has lists of different lengths");
  for (std::size_t k = 0; k < names.size(); ++k) {
    out.add(names[k], {});
    out.files_[k].bytes = bytes[k];
    out.files_[k].time_ns = times[k];
    out.files_[k].contents = static_cast<std::uint64_t>(contents[k]);
  }
  out.is_whole_ = archive.whole(name + ".whole") != 0;
  return out;
}

std::vector<RecordedFile> recorded_files(const Archive& record) {
  constexpr std::string_view end = ".names";
  std::vector<RecordedFile> out;
  for (const auto& [entry, value] : record.entries()) {
    if (!entry.ends_with(end)) continue;
    const std::string name = entry.substr(0, entry.size() - end.size());
    if (!record.entries().contains(name + ".contents") || !record.entries().contains(name + ".whole")) continue;
    const std::vector<std::string> names = record.texts(entry);
    const std::vector<std::int64_t> bytes = record.wholes(name + ".bytes"), contents = record.wholes(name + ".contents");
    if (bytes.size() != names.size() || contents.size() != names.size())
      throw std::runtime_error("the record of `" + name + "` has lists of different lengths");
    const bool is_whole = record.whole(name + ".whole") != 0;
    for (std::size_t k = 0; k < names.size(); ++k) out.push_back({names[k], bytes[k], static_cast<std::uint64_t>(contents[k]), is_whole});
  }
  return out;
}

}  // namespace leat
