#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "support/doctest.h"

namespace leat::test {

/// Names and bytes of the entries of a tar, in their order.
using Entries = std::vector<std::pair<std::string, std::string>>;

/// libarchive takes only letters that the locale of the thread has.
class Utf8 {
 public:
  Utf8() : own_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(::uselocale(own_)) {}
  ~Utf8() {
    ::uselocale(before_);
    ::freelocale(own_);
  }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;

 private:
  locale_t own_, before_;
};

/// Writes a tar, compressed if its name says so. A name that ends with `/` is a folder; bytes that begin with `-> ` make a link.
inline void write_tar(const std::filesystem::path& file, const Entries& entries) {
  std::filesystem::create_directories(file.parent_path());
  const Utf8 utf8;
  archive* out = ::archive_write_new();
  ::archive_write_set_format_pax_restricted(out);
  if (file.extension() == ".gz") ::archive_write_add_filter_gzip(out);
  if (file.extension() == ".zst") ::archive_write_add_filter_zstd(out);
  REQUIRE(::archive_write_open_filename(out, file.c_str()) == ARCHIVE_OK);
  for (const auto& [name, bytes] : entries) {
    archive_entry* entry = ::archive_entry_new();
    const bool is_folder = name.ends_with('/'), is_link = bytes.starts_with("-> ");
    ::archive_entry_set_pathname(entry, name.c_str());
    ::archive_entry_set_filetype(entry, is_folder ? AE_IFDIR : is_link ? AE_IFLNK : AE_IFREG);
    if (is_link) ::archive_entry_set_symlink(entry, bytes.substr(3).c_str());
    ::archive_entry_set_perm(entry, 0644);
    ::archive_entry_set_size(entry, is_folder || is_link ? 0 : static_cast<la_int64_t>(bytes.size()));
    REQUIRE(::archive_write_header(out, entry) == ARCHIVE_OK);
    if (!is_folder && !is_link) REQUIRE(::archive_write_data(out, bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size()));
    ::archive_entry_free(entry);
  }
  ::archive_write_close(out);
  ::archive_write_free(out);
}

inline Entries entries_of(const std::filesystem::path& file) {
  const Utf8 utf8;
  Entries out;
  archive* in = ::archive_read_new();
  ::archive_read_support_format_tar(in);
  REQUIRE(::archive_read_open_filename(in, file.c_str(), 10240) == ARCHIVE_OK);
  archive_entry* entry = nullptr;
  int result = ARCHIVE_OK;
  while ((result = ::archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
    std::string bytes(static_cast<std::size_t>(::archive_entry_size(entry)), '\0');
    CHECK(::archive_read_data(in, bytes.data(), bytes.size()) == static_cast<la_ssize_t>(bytes.size()));
    out.emplace_back(::archive_entry_pathname(entry), bytes);
  }
  CHECK(result == ARCHIVE_EOF);
  ::archive_read_free(in);
  return out;
}

}  // namespace leat::test
