#include "program/equal_files.h"

#include <sys/stat.h>

#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "leat/file_contents.h"
#include "leat/file_marks.h"

namespace leat::program {

namespace {

struct Seen {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t bytes = -1;  ///< -1: not a regular file, or missing.
};

std::vector<Seen> look_at(std::span<const SampleFile> files) {
  std::vector<Seen> out(files.size());
  for_each_place(files.size(), [&](std::size_t place, std::vector<char>&) {
    struct ::stat found {};
    if (::stat(files[place].path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return;
    const FilePart& part = files[place].part;
    const bool is_there = part.is_whole() || part.begin + part.bytes <= found.st_size;
    out[place] = {static_cast<std::uint64_t>(found.st_dev), static_cast<std::uint64_t>(found.st_ino),
                  !is_there         ? -1
                  : part.is_whole() ? found.st_size
                                    : part.bytes};
  });
  return out;
}

/// Returns, for each file, the index of the first path to the same file. Missing files are the same if their paths are equal.
std::vector<std::size_t> by_identity(std::span<const SampleFile> files, const std::vector<Seen>& seen) {
  std::map<std::tuple<std::uint64_t, std::uint64_t, FilePart>, std::size_t> found;
  std::map<std::pair<std::string_view, FilePart>, std::size_t> absent;
  std::vector<std::size_t> out;
  for (std::size_t k = 0; k < files.size(); ++k) {
    if (seen[k].bytes < 0) out.push_back(absent.emplace(std::pair(std::string_view(files[k].path), files[k].part), k).first->second);
    else out.push_back(found.emplace(std::tuple(seen[k].device, seen[k].inode, files[k].part), k).first->second);
  }
  return out;
}

/// A file (the first path to it) that can still be equal to another one.
struct Candidate {
  std::size_t place = 0;
  bool trains = false;
  bool judges = false;
  std::uint64_t hash = 0;
};

class Candidates {
 public:
  Candidates(std::span<const SampleFile> files, const std::vector<Seen>& seen, const std::vector<std::size_t>& first)
      : files_(files), seen_(seen) {
    std::vector<std::size_t> index(files.size());
    for (std::size_t k = 0; k < files.size(); ++k) {
      if (seen[k].bytes <= 0) continue;
      if (first[k] == k) {
        index[k] = all_.size();
        all_.push_back({k});
      }
      Candidate& one = all_[index[first[k]]];
      one.trains = one.trains || files[k].trains;
      one.judges = one.judges || files[k].judges;
    }
    keep_mixed();
  }

  [[nodiscard]] std::int64_t bytes() const {
    std::int64_t out = 0;
    for (const Candidate& one : all_) out += seen_[one.place].bytes;
    return out;
  }
  /// Reads this extent of each file, and keeps the files that can still be equal to another one.
  void compare(Extent extent) {
    for_each_place(all_.size(), [&](std::size_t which, std::vector<char>& buffer) {
      Candidate& one = all_[which];
      one.hash = hash_of_file(files_[one.place].path, seen_[one.place].bytes, extent, buffer, files_[one.place].part.begin);
    });
    std::erase_if(all_, [](const Candidate& one) { return one.hash == 0; });
    keep_mixed();
  }
  /// Writes, for each remaining file, the index of the first equal file.
  void number(std::vector<std::size_t>& numbers) const {
    std::map<Key, std::size_t> first;
    for (const Candidate& one : all_) numbers[one.place] = first.emplace(key(one), one.place).first->second;
  }

 private:
  using Key = std::pair<std::int64_t, std::uint64_t>;

  [[nodiscard]] Key key(const Candidate& one) const { return {seen_[one.place].bytes, one.hash}; }
  /// Keeps the files whose size and hash are shared by a file for training and a file for evaluation.
  void keep_mixed() {
    struct Uses {
      int count = 0;
      bool trains = false;
      bool judges = false;
    };
    std::map<Key, Uses> uses;
    for (const Candidate& one : all_) {
      Uses& of_key = uses[key(one)];
      ++of_key.count;
      of_key.trains = of_key.trains || one.trains;
      of_key.judges = of_key.judges || one.judges;
    }
    std::erase_if(all_, [&](const Candidate& one) {
      const Uses& of_key = uses[key(one)];
      return of_key.count < 2 || !of_key.trains || !of_key.judges;
    });
  }

  std::span<const SampleFile> files_;
  const std::vector<Seen>& seen_;
  std::vector<Candidate> all_;
};

/// Returns, for each sample, the index of the first equal one. `file` has the index of the first equal file.
std::vector<std::size_t> by_entry(std::span<const SampleFile> samples, const std::vector<std::size_t>& file) {
  using Key = std::pair<std::size_t, std::string_view>;
  std::set<Key> entries;
  for (std::size_t k = 0; k < samples.size(); ++k)
    if (!samples[k].entry.empty()) entries.emplace(file[k], samples[k].entry);
  std::map<Key, std::size_t> first;
  std::vector<std::size_t> out;
  for (std::size_t k = 0; k < samples.size(); ++k) {
    const SampleFile& one = samples[k];
    const bool is_entry = one.entry.empty() && entries.contains({file[k], one.id});
    out.push_back(first.emplace(Key(file[k], is_entry ? one.id : one.entry), k).first->second);
  }
  return out;
}

}  // namespace

std::string_view id_in_file(std::string_view id, std::string_view file) {
  const std::size_t last = file.rfind('/');
  const std::string_view folders = file.substr(0, last == std::string_view::npos ? 0 : last + 1), name = file.substr(folders.size());
  // The longest one first: an archive `a.b.tar` can be called `a` or `a.b`.
  for (std::size_t slash = id.rfind('/'); slash != std::string_view::npos && slash > 0; slash = id.rfind('/', slash - 1)) {
    const std::string_view archive = id.substr(0, slash);
    const std::size_t own = archive.rfind('/') == std::string_view::npos ? 0 : archive.rfind('/') + 1;
    const std::string_view stem = archive.substr(own), above = archive.substr(0, own);
    const bool is_name = name == stem || (name.starts_with(stem) && name[stem.size()] == '.');
    if (is_name && folders.ends_with(above) && (folders.size() == above.size() || folders[folders.size() - above.size() - 1] == '/'))
      return id.substr(slash + 1);
  }
  return id;
}

FileClasses find_equal_files(std::span<const SampleFile> files) {
  const std::vector<Seen> seen = look_at(files);
  const std::vector<std::size_t> first = by_identity(files, seen);
  Candidates candidates(files, seen, first);
  // One block distinguishes nearly all files of equal size, so that few are read further.
  candidates.compare(Extent::Middle);
  FileClasses out{first, candidates.bytes() <= FileMarks::whole_bytes};
  candidates.compare(out.is_whole ? Extent::Whole : Extent::Blocks);
  candidates.number(out.of);
  for (std::size_t k = 0; k < files.size(); ++k) out.of[k] = out.of[first[k]];
  out.of = by_entry(files, out.of);
  return out;
}

}  // namespace leat::program
