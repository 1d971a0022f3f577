#include "io/shard/input_list.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <numeric>
#include <stdexcept>
#include <system_error>
#include <unordered_map>

#include "io/split/columns.h"
#include "io/split/entry.h"
#include "io/split/folder_files.h"
#include "io/split/list.h"
#include "io/split/list_text.h"
#include "io/split/nnunet.h"
#include "leat/csv.h"
#include "leat/diagnostics.h"
#include "leat/file_contents.h"
#include "leat/record_file.h"
#include "leat/spelling.h"
#include "leat/value.h"
#include "leat/wording.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

constexpr const char* for_shards = "shards read a folder of images, a .csv, a .tsv or a .txt";

std::string in_line(std::int64_t line) { return "line " + std::to_string(line); }

/// Returns a part of an open file.
std::string read_part(int file, std::int64_t begin, std::size_t length) {
  std::string out(length, '\0');
  for (std::size_t done = 0; done < out.size();) {
    const ssize_t count = ::pread(file, out.data() + done, out.size() - done, static_cast<off_t>(begin) + static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::runtime_error("the list cannot be read: " + std::generic_category().message(errno));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return out;
}

/// Returns the path in a line of a list without columns; empty: there is none.
std::string path_in_line(const std::string& line) {
  const CsvTable table = read_lines(line, "image");
  return table.rows.empty() ? "" : table.rows[0].fields[0];
}

}  // namespace

InputList::InputList(const fs::path& path, const std::vector<std::string>& left_out, ShardNumber number) {
  if (!fs::exists(path)) throw Refusal("`" + path.string() + "` does not exist", "path");
  fs::path absolute = fs::absolute(path).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  const std::string ending = lower(absolute.extension().string());
  if (fs::is_directory(absolute) && fs::exists(absolute / "split.csv")) {
    read_list(absolute / "split.csv");
    read_rows(number);
  } else if (fs::is_directory(absolute)) {
    if (is_nnunet(absolute)) throw Refusal("`" + absolute.string() + "` is a data set of nnU-Net, which has no shards", "path", for_shards);
    FolderFiles found = look_into(absolute, {{}, left_out, {}});
    folder_ = absolute;
    if (found.pictures.empty())
      throw Refusal("no picture in `" + absolute.string() + "`" + found.instead(), "path", picture_endings_text() + found.hint());
    warning_ = found.left_out(false);
    take_names(std::move(found.pictures), number);
  } else if (ending == ".csv" || ending == ".tsv" || ending == ".txt") {
    read_list(absolute);
    read_rows(number);
  } else if (ending == ".json" || is_spreadsheet(absolute)) {
    throw Refusal("`" + absolute.string() + "` has no shards", "path", for_shards);
  } else {
    folder_ = absolute.parent_path();
    take_names({absolute.filename().string()}, number);
  }
  look_at_files();
}

InputList::~InputList() {
  if (file_ >= 0) ::close(file_);
}

void InputList::read_list(const fs::path& list) {
  list_ = list;
  folder_ = list.parent_path();
  file_ = ::open(list.c_str(), O_RDONLY | O_CLOEXEC);
  if (file_ < 0) throw Refusal("the list `" + list.string() + "` cannot be read: " + std::generic_category().message(errno), "path");
}

void InputList::read_header() {
  RecordFile first(list_, 0);
  if (!first.next()) throw Refusal(quoted_list() + " lists no image", "path");
  separator_ = separator_in(first.text());
  if (separator_ == 0) separator_ = ',';
  RecordFile table(list_, separator_);
  std::vector<std::string> header;
  if (table.next()) header = fields_of(table.text(), separator_);
  const std::vector<std::string> names = read_columns(header, list_.filename().string(), {}).names;
  const auto image = std::find(names.begin(), names.end(), "image");
  if (image == names.end())
    throw Refusal(quoted_list() + " has no column `image`, only " + column_text(names), "path",
                  "its first line names the columns: image,…");
  column_ = static_cast<std::size_t>(image - names.begin());
  columns_ = names.size();
}

InputList::Row InputList::row_in(const std::string& record) const {
  std::string field;
  if (separator_ == 0) {
    field = path_in_line(record);
    if (field.empty()) return {};
  } else {
    std::vector<std::string> fields = fields_of(record, separator_);
    if (std::all_of(fields.begin(), fields.end(), [](const std::string& one) { return trimmed(one).empty(); })) return {};
    if (fields.size() != columns_)
      throw std::runtime_error("it has " + std::to_string(fields.size()) + " fields, but the header has " + std::to_string(columns_));
    field = std::move(fields[column_]);
  }
  const std::string named = path_in(field, folder_);
  Row out{id_of(named), (folder_ / named).lexically_normal()};
  if (out.id.empty()) throw std::runtime_error("it names no image");
  return out;
}

/// Returns true if a record surely names an image: it has a visible letter outside of quotes and separators. A text in
/// UTF-16 has zeros.
bool InputList::is_surely_row(const std::string& record) const {
  return record.find('\0') == std::string::npos && std::any_of(record.begin(), record.end(), [this](char letter) {
           return letter > ' ' && letter < 0x7F && (separator_ == 0 || (letter != separator_ && letter != '"'));
         });
}

/// Calls `take` for each record that can be a row.
template <class Take>
void InputList::each_record(const Take& take) const {
  RecordFile records(list_, separator_);
  std::int64_t line = 1;
  try {
    for (bool is_header = separator_ != 0; records.next(); is_header = false) {
      line = records.line();
      if (!is_header) take(records);
    }
  } catch (const Refusal&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw Refusal(in_line(line) + " of the list `" + list_.string() + "` cannot be read: " + error.what(), "path");
  }
}

/// The rows are counted first, so that nothing is kept of the images of other shards but 8 bytes, while the list is read.
void InputList::read_rows(ShardNumber number) {
  try {
    if (lower(list_.extension().string()) != ".txt") read_header();
  } catch (const std::runtime_error& error) {
    if (dynamic_cast<const Refusal*>(&error)) throw;
    throw Refusal("the list `" + list_.string() + "` cannot be read: " + error.what(), "path");
  }
  std::int64_t count = 0;
  each_record([&](const RecordFile& record) { count += is_surely_row(record.text()) || !row_in(record.text()).id.empty() ? 1 : 0; });
  if (count == 0) throw Refusal(quoted_list() + " lists no image", "path");
  set_shard(number, count);
  const std::int64_t first = number.first_of(count), end = first + shard_.images;
  std::vector<std::uint64_t> hashes;
  hashes.reserve(static_cast<std::size_t>(count));
  begins_.reserve(static_cast<std::size_t>(shard_.images));
  lengths_.reserve(static_cast<std::size_t>(shard_.images));
  hashes_.reserve(static_cast<std::size_t>(shard_.images));
  IdsHash all, own;
  each_record([&](const RecordFile& record) {
    const Row row = row_in(record.text());
    if (row.id.empty()) return;
    const auto at = static_cast<std::int64_t>(hashes.size());
    hashes.push_back(IdsHash::hash_of(row.id));
    all.add_hash(hashes.back());
    if (at < first || at >= end) return;
    begins_.push_back(record.begin());
    lengths_.push_back(static_cast<std::uint32_t>(record.text().size()));
    hashes_.push_back(hashes.back());
    own.add_hash(hashes.back());
  });
  if (static_cast<std::int64_t>(hashes.size()) != count)
    throw Refusal("the list " + quoted_list() + " has been changed while it is read", "path");
  shard_.list = all.value();
  shard_.ids = own.value();
  refuse_twice(std::move(hashes));
}

/// Throws Refusal if two rows name one image. Different images can have equal hashes, so their rows are read again.
void InputList::refuse_twice(std::vector<std::uint64_t> hashes) const {
  std::sort(hashes.begin(), hashes.end());
  std::unordered_map<std::uint64_t, std::pair<std::string, std::int64_t>> seen;
  for (std::size_t k = 1; k < hashes.size(); ++k)
    if (hashes[k] == hashes[k - 1]) seen[hashes[k]] = {};
  if (seen.empty()) return;
  each_record([&](const RecordFile& record) {
    const Row row = row_in(record.text());
    const auto found = row.id.empty() ? seen.end() : seen.find(IdsHash::hash_of(row.id));
    if (found == seen.end()) return;
    const auto& [id, line] = found->second;
    if (id == row.id)
      throw Refusal(in_line(line) + " and " + in_line(record.line()) + " of " + quoted_list() + " name `" + row.id + "`", "path",
                    "in shards, each image has one row of the list");
    if (id.empty()) found->second = {row.id, record.line()};
  });
}

void InputList::take_names(std::vector<std::string> names, ShardNumber number) {
  set_shard(number, static_cast<std::int64_t>(names.size()));
  IdsHash all, own;
  for (const std::string& name : names) all.add(name);
  const auto first = names.begin() + number.first_of(shard_.of);
  names_.assign(std::make_move_iterator(first), std::make_move_iterator(first + shard_.images));
  for (const std::string& name : names_) own.add(name);
  shard_.list = all.value();
  shard_.ids = own.value();
}

void InputList::set_shard(ShardNumber number, std::int64_t images) {
  shard_.number = number;
  shard_.of = images;
  shard_.images = number.count_of(images);
  if (images < number.shards)
    throw Refusal(counted(static_cast<std::size_t>(images), "image") + (images == 1 ? " is" : " are") + " fewer than " +
                      std::to_string(number.shards) + " shards",
                  "shard");
}

/// Takes the sizes and times of the files. Throws Refusal if a file of a list is missing, or if one is no plain file. In a folder, a
/// missing file is a link that leads nowhere: an image that cannot be read.
void InputList::look_at_files() {
  std::atomic<std::int64_t> most{0}, missing{0}, first{shard_.images};
  std::atomic<std::uint64_t> marks{0};
  for_each_place(static_cast<std::size_t>(shard_.images), [&](std::size_t place, std::vector<char>&) {
    const Row row = this->row(static_cast<std::int64_t>(place));
    refuse_volume(row.file);
    struct ::stat found {};
    if (::stat(row.file.c_str(), &found) != 0) {
      if (list_.empty()) return;
      ++missing;
      for (std::int64_t before = first; static_cast<std::int64_t>(place) < before;)
        if (first.compare_exchange_weak(before, static_cast<std::int64_t>(place))) break;
      return;
    }
    if (!S_ISREG(found.st_mode)) throw Refusal("`" + row.file.string() + "` is not a plain file", "path");
    const std::int64_t mark[]{static_cast<std::int64_t>(place), found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
    marks += hash_bytes(mark, sizeof mark);
    for (std::int64_t before = most; before < found.st_size;)
      if (most.compare_exchange_weak(before, found.st_size)) break;
  });
  if (missing > 0)
    throw Refusal(some_of(static_cast<std::size_t>(missing), static_cast<std::size_t>(shard_.images), "image") + " of the shard " +
                      (missing == 1 ? "is" : "are") + " missing; the first is `" + row(first).file.string() + "` of " + quoted_list(),
                  "path", "shards read paths as the list writes them, from the list's folder");
  most_bytes_ = most;
  shard_.files = marks;
}

InputList::Row InputList::row(std::int64_t which) const {
  const auto at = static_cast<std::size_t>(which);
  if (list_.empty()) return {names_[at], folder_ / names_[at]};
  Row out;
  try {
    out = row_in(read_part(file_, begins_[at], lengths_[at]));
  } catch (const std::runtime_error&) {
    out.id.clear();
  }
  if (out.id.empty() || IdsHash::hash_of(out.id) != hashes_[at])
    throw std::runtime_error("the list " + quoted_list() + " has been changed while it is read");
  return out;
}

}  // namespace leat
