#include "write/tar_entries.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <stdexcept>

#include "io/tars/utf8_names.h"

namespace leat {

namespace {

constexpr std::string_view ending = ".png";

/// Returns the text with what would be a folder in a name replaced.
std::string without_folders(std::string_view text) {
  std::string out;
  for (const char letter : text) out += letter == '/' ? "%2F" : letter == '%' ? "%25" : std::string(1, letter);
  return out;
}

void check(int result, archive* of) {
  // A warning is about a name that is not UTF-8, which is written as it is.
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
    throw std::runtime_error(std::string("an entry of a tar cannot be made: ") + ::archive_error_string(of));
}

}  // namespace

std::string tar_path(const std::string& folder, const std::string& source) { return folder + "/" + source + ".tar"; }

std::string entry_name(const Sample& sample, const std::string& folder, std::string_view part) {
  if (sample.group.empty() || !sample.id.starts_with(sample.group + "/"))
    throw std::runtime_error("the sample `" + sample.id + "` is not one of a tar, so its results cannot be in one");
  std::string out = sample.id.substr(sample.group.size() + 1) + "." + without_folders(folder);
  if (!part.empty()) out += "." + without_folders(part);
  return out += ending;
}

void add_entry(std::vector<std::uint8_t>& tar, const std::string& name, std::span<const std::uint8_t> bytes) {
  constexpr std::size_t most_header_bytes = 8192;
  const std::size_t begin = tar.size();
  const Utf8Names utf8;
  const std::unique_ptr<archive, int (*)(archive*)> out(::archive_write_new(), &::archive_write_free);
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(::archive_entry_new(), &::archive_entry_free);
  if (!out || !entry) throw std::bad_alloc();
  tar.resize(begin + bytes.size() + 4 * name.size() + most_header_bytes + tar_end_bytes);
  std::size_t used = 0;
  ::archive_write_set_format_pax_restricted(out.get());
  ::archive_write_set_bytes_per_block(out.get(), 0);
  check(::archive_write_open_memory(out.get(), tar.data() + begin, tar.size() - begin, &used), out.get());
  ::archive_entry_set_pathname(entry.get(), name.c_str());
  ::archive_entry_set_filetype(entry.get(), AE_IFREG);
  ::archive_entry_set_perm(entry.get(), 0644);
  ::archive_entry_set_mtime(entry.get(), 0, 0);
  ::archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes.size()));
  check(::archive_write_header(out.get(), entry.get()), out.get());
  if (::archive_write_data(out.get(), bytes.data(), bytes.size()) != static_cast<la_ssize_t>(bytes.size())) check(ARCHIVE_FATAL, out.get());
  check(::archive_write_close(out.get()), out.get());
  tar.resize(begin + used - tar_end_bytes);
}

}  // namespace leat
