#include "io/tars/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "io/tars/utf8_names.h"

namespace leat {

namespace {

std::unique_ptr<archive, void (*)(archive*)> made() {
  std::unique_ptr<archive, void (*)(archive*)> out(::archive_read_new(), [](archive* one) { ::archive_read_free(one); });
  if (!out) throw std::bad_alloc();
  // Not all filters: some of them start programs.
  ::archive_read_support_filter_bzip2(out.get());
  ::archive_read_support_filter_gzip(out.get());
  ::archive_read_support_filter_lz4(out.get());
  ::archive_read_support_filter_xz(out.get());
  ::archive_read_support_filter_zstd(out.get());
  ::archive_read_support_format_tar(out.get());
  // Otherwise the second of two tars in one file is silently left out.
  ::archive_read_set_format_option(out.get(), "tar", "read_concatenated_archives", "1");
  return out;
}

}  // namespace

void ArchiveReader::Close::operator()(archive* one) const { ::archive_read_free(one); }

ArchiveReader::ArchiveReader(const std::filesystem::path& file, std::size_t block) : archive_(made().release()) {
  const Utf8Names utf8;
  if (::archive_read_open_filename(archive_.get(), file.c_str(), block) != ARCHIVE_OK) fail();
}

ArchiveReader::ArchiveReader(ReadBytes read) : read_(std::move(read)), buffer_(usual_block), archive_(made().release()) {
  const Utf8Names utf8;
  if (::archive_read_open(archive_.get(), this, nullptr, &ArchiveReader::read, nullptr) != ARCHIVE_OK) fail();
}

ArchiveReader::~ArchiveReader() = default;

std::ptrdiff_t ArchiveReader::read(archive* of, void* self, const void** buffer) {
  auto& own = *static_cast<ArchiveReader*>(self);
  try {
    *buffer = own.buffer_.data();
    return static_cast<std::ptrdiff_t>(own.read_(own.buffer_));
  } catch (...) {
    own.thrown_ = std::current_exception();
    ::archive_set_error(of, EIO, "it cannot be read");
    return -1;
  }
}

void ArchiveReader::fail() {
  if (thrown_) std::rethrow_exception(thrown_);
  const char* const reason = ::archive_error_string(archive_.get());
  throw std::runtime_error((reason ? reason : "it cannot be read") +
                           (last_.empty() ? std::string() : ", at or after its entry `" + last_ + "`"));
}

std::optional<ArchiveReader::Entry> ArchiveReader::next() {
  // libarchive must not be asked again.
  if (has_ended_) return {};
  const Utf8Names utf8;
  archive_entry* entry = nullptr;
  int result = ARCHIVE_RETRY;
  while (result == ARCHIVE_RETRY) result = ::archive_read_next_header(archive_.get(), &entry);
  if (result == ARCHIVE_EOF) {
    check_end();
    has_ended_ = true;
    return {};
  }
  if (result != ARCHIVE_OK) fail();
  const char* const name = ::archive_entry_pathname(entry);
  if (!name) throw std::runtime_error("the name of an entry cannot be read, after its entry `" + last_ + "`");
  last_ = name;
  const auto type = ::archive_entry_filetype(entry);
  return Entry{last_,
               type == AE_IFDIR,
               type == AE_IFREG && !::archive_entry_hardlink(entry),
               ::archive_entry_sparse_count(entry) > 0,
               ::archive_entry_size(entry),
               ::archive_filter_bytes(archive_.get(), 0)};
}

bool ArchiveReader::is_compressed() const { return ::archive_filter_code(archive_.get(), 0) != ARCHIVE_FILTER_NONE; }

/// libarchive takes the end of the stream between two entries for the end of the tar, and a download can be cut off there.
void ArchiveReader::check_end() {
  constexpr std::int64_t zeros = 512;
  if (::archive_filter_bytes(archive_.get(), 0) - ::archive_read_header_position(archive_.get()) >= zeros) return;
  throw std::runtime_error("it is truncated: the zeros that end a tar are missing" +
                           (last_.empty() ? std::string() : " after its entry `" + last_ + "`"));
}

std::optional<std::vector<std::uint8_t>> ArchiveReader::bytes(std::size_t most) {
  std::vector<std::uint8_t> out;
  for (;;) {
    const std::size_t begin = out.size();
    out.resize(begin + std::min(std::max(begin, usual_block), most + 1 - begin));
    const auto count = ::archive_read_data(archive_.get(), out.data() + begin, out.size() - begin);
    if (count == ARCHIVE_RETRY) continue;
    if (count < 0) fail();
    out.resize(begin + static_cast<std::size_t>(count));
    if (out.size() > most) return {};
    if (count == 0) break;
  }
  out.shrink_to_fit();
  return out;
}

}  // namespace leat
