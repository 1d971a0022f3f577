#include "leat/tar_list.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <utility>

#include "base/braces.h"
#include "base/known_endings.h"
#include "leat/diagnostics.h"
#include "leat/file_contents.h"
#include "leat/reads_shard.h"
#include "leat/record_file.h"
#include "leat/spelling.h"
#include "leat/value.h"
#include "leat/wording.h"

namespace leat {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view pipe_mark = "pipe:";
constexpr const char* accepted =
    "name one .tar, several with braces as `images-{000..127}.tar`, a folder that has tars but neither pictures nor folders, or a list "
    "(.txt) of tars";
constexpr std::array<std::string_view, 9> tar_endings{".tar",     ".tar.gz",  ".tgz",    ".tar.zst", ".tzst",
                                                      ".tar.bz2", ".tar.lz4", ".tar.xz", ".txz"};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char one) { return one >= 'A' && one <= 'Z' ? static_cast<char>(one + 32) : one; });
  return text;
}

/// Returns the length of a tar's ending; 0: the text is not the name of a tar.
std::size_t ending_of(const std::string& text) {
  const std::string name = lower(text);
  for (const std::string_view ending : tar_endings)
    if (name.size() > ending.size() && name.ends_with(ending) && name[name.size() - ending.size() - 1] != '/') return ending.size();
  return 0;
}

bool is_hidden(const fs::path& file) { return file.filename().string().starts_with('.'); }

/// Returns the tars of a folder in the order of their names; empty if the folder has none, or also pictures or folders.
std::vector<fs::path> tars_in(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (is_hidden(entry.path())) continue;
    const std::string ending = lower(entry.path().extension().string());
    if (entry.is_directory() || std::find(known_endings.begin(), known_endings.end(), ending) != known_endings.end()) return {};
    if (ending_of(entry.path().filename().string()) > 0) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Returns the tars of a text file with one path per line.
std::vector<fs::path> tars_of_list(const fs::path& list) {
  std::vector<fs::path> out;
  RecordFile lines(list, 0);
  while (lines.next()) {
    const std::string line = trimmed(lines.text());
    if (line.empty()) continue;
    const std::string at = "line " + std::to_string(lines.line()) + " of the list `" + list.string() + "`";
    if (TarList::is_pipe(line))
      throw Refusal(at + " is a command; a list cannot run commands", "", "write it on the command line: leat predict RUN \"pipe:…\"");
    if (ending_of(line) == 0) throw Refusal(at + ", `" + line + "`, is not a tar", "", "either all lines name tars, or none does");
    out.push_back(list.parent_path() / line);
  }
  return out;
}

fs::path whole_path(const fs::path& path) { return fs::absolute(path).lexically_normal(); }

/// Returns the longest folder that all of these files are in.
fs::path common_folder(const std::vector<fs::path>& files) {
  fs::path out = files[0].parent_path();
  const auto has = [&out](const fs::path& file) {
    return std::mismatch(out.begin(), out.end(), file.begin(), file.end()).first == out.end();
  };
  for (const fs::path& file : files)
    while (!has(file)) out = out.parent_path();
  return out;
}

void check_different(const TarList& tars) {
  std::set<std::string_view> seen;
  for (std::size_t k = 0; k < tars.names.size(); ++k)
    if (!seen.insert(tars.names[k]).second)
      throw Refusal("two tars are named `" + tars.names[k] + "`; the second is `" + tars.files[k].string() + "`", "path",
                    "each tar needs a name of its own, without its ending, because the ids of its samples begin with the name");
}

/// Throws Refusal for two paths that lead to one file.
void check_files(const TarList& tars) {
  using Identity = std::pair<std::uint64_t, std::uint64_t>;
  std::vector<Identity> found(tars.files.size());
  for_each_place(tars.files.size(), [&](std::size_t place, std::vector<char>&) {
    struct ::stat seen {};
    if (::stat(tars.files[place].c_str(), &seen) == 0) found[place] = {seen.st_dev, seen.st_ino};
  });
  std::map<Identity, std::size_t> first;
  for (std::size_t k = 0; k < found.size(); ++k) {
    if (found[k] == Identity()) continue;
    const auto [other, is_new] = first.try_emplace(found[k], k);
    if (!is_new)
      throw Refusal("`" + tars.files[other->second].string() + "` and `" + tars.files[k].string() + "` are the same file", "path",
                    "the list must have each tar once");
  }
}

/// Returns the name of the last tar that a command names, without folders and ending; empty: it names none.
std::string name_in(const std::string& command) {
  std::string out;
  constexpr std::string_view between = " \t\n'\"<>|;&()=";
  for (std::size_t begin = command.find_first_not_of(between); begin < command.size();) {
    const std::size_t end = std::min(command.find_first_of(between, begin), command.size());
    std::string word = command.substr(begin, end - begin);
    word.resize(std::min(word.find_first_of("?#"), word.size()));
    if (const std::size_t ending = ending_of(word); ending > 0) out = fs::path(word.substr(0, word.size() - ending)).filename().string();
    begin = command.find_first_not_of(between, end);
  }
  return out == "." || out == ".." ? "" : out;
}

std::string numbered(std::size_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "pipe-%06zu", number);
  return text;
}

}  // namespace

bool TarList::names_tars(const std::string& text) {
  const fs::path path(text);
  if (fs::is_directory(path)) return !tars_in(path).empty();
  if (fs::is_regular_file(path) && lower(path.extension().string()) == ".txt") {
    RecordFile lines(path, 0);
    while (lines.next())
      if (const std::string line = trimmed(lines.text()); !line.empty()) return is_pipe(line) || ending_of(line) > 0;
  }
  return ending_of(fs::exists(path) ? text : expand_braces(text)[0]) > 0;
}

TarList TarList::read(const std::string& text) {
  TarList out;
  const fs::path path(text);
  if (fs::is_directory(path)) out.files = tars_in(path);
  else if (fs::is_regular_file(path) && lower(path.extension().string()) == ".txt") out.files = tars_of_list(path);
  else if (fs::exists(path)) out.files = {path};
  else
    for (const std::string& one : expand_braces(text)) out.files.emplace_back(one);
  if (out.files.empty() && fs::is_directory(path))
    throw Refusal("the folder `" + text + "` has no tars, or also pictures or folders", "path", accepted);
  if (out.files.empty()) throw Refusal("`" + text + "` names no tar", "path", accepted);
  for (fs::path& file : out.files) {
    file = whole_path(file);
    if (ending_of(file.string()) == 0) throw Refusal("`" + file.string() + "` is not a tar", "path", accepted);
  }
  const fs::path common = common_folder(out.files);
  for (const fs::path& file : out.files) {
    std::string name = file.lexically_relative(common).generic_string();
    name.resize(name.size() - ending_of(name));
    out.names.push_back(std::move(name));
  }
  check_different(out);
  check_files(out);
  return out;
}

void TarList::check_there() const {
  std::vector<const fs::path*> missing;
  for (const fs::path& file : files) {
    std::error_code error;
    if (fs::status(file, error).type() == fs::file_type::not_found) missing.push_back(&file);
  }
  if (missing.empty()) return;
  const std::string first = "`" + missing[0]->string() + "`";
  const bool has_star = first.find_first_of("*?") != std::string::npos;
  throw Refusal(files.size() == 1 ? "the tar " + first + " does not exist"
                                  : std::to_string(missing.size()) + " of " + counted(files.size(), "tar") +
                                        (missing.size() == 1 ? " is" : " are") + " missing; the first is " + first,
                "path", has_star ? "`*` is not expanded; write braces as in `images-{000..127}.tar`, or name the folder" : accepted);
}

bool TarList::is_pipe(std::string_view text) { return text.starts_with(pipe_mark); }

TarList TarList::of_commands(std::string_view text) {
  TarList out;
  text.remove_prefix(pipe_mark.size());
  if (trimmed(text).empty()) throw Refusal("there is no command after `pipe:`");
  out.commands = expand_braces(text);
  for (const std::string& command : out.commands) out.names.push_back(name_in(command));
  const std::set<std::string> different(out.names.begin(), out.names.end());
  if (different.size() == out.names.size() && !different.contains("")) return out;
  for (std::size_t k = 0; k < out.names.size(); ++k) out.names[k] = numbered(k);
  return out;
}

std::uint64_t TarList::names_hash() const {
  IdsHash out;
  for (const std::string& name : names) out.add(name);
  return out.value();
}

std::string TarList::commands_mark() const {
  IdsHash out;
  for (const std::string& command : commands) out.add(command);
  return std::to_string(commands.size()) + " " + hash_text(out.value());
}

}  // namespace leat
