#include "io/tars/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include "io/disk_file.h"
#include "io/tars/utf8_names.h"

namespace leat {

namespace {

constexpr std::int64_t block_bytes = 512;

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
  file_.emplace(file);
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
  // EILSEQ is libarchive's code for a wrong format.
  const bool is_tar = ::archive_format(archive_.get()) != 0 || ::archive_errno(archive_.get()) != EILSEQ;
  throw std::runtime_error((is_tar ? "" : "it is not a tar: ") + std::string(reason ? reason : "it cannot be read") +
                           (last_.empty() ? std::string() : ", at or after its entry `" + last_ + "`"));
}

std::optional<ArchiveReader::Entry> ArchiveReader::next() {
  // libarchive must not be asked again.
  if (has_ended_) return {};
  const Utf8Names utf8;
  archive_entry* entry = nullptr;
  // At a damaged header it is ARCHIVE_RETRY. Another try would go on at a later header and leave out the entries between.
  const int result = ::archive_read_next_header(archive_.get(), &entry);
  if (result == ARCHIVE_EOF) {
    check_end();
    has_ended_ = true;
    return {};
  }
  if (result != ARCHIVE_OK) fail();
  check_zeros();
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
  if (::archive_filter_bytes(archive_.get(), 0) - ::archive_read_header_position(archive_.get()) >= block_bytes) return;
  throw std::runtime_error("it is truncated: the zeros that end a tar are missing" +
                           (last_.empty() ? std::string() : " after its entry `" + last_ + "`"));
}

/// libarchive skips zeros before a header, as there are after the end of a tar. But these can also be the lost header of an entry. A tar
/// ends with two blocks of zeros, or with as many as fill its last record.
void ArchiveReader::check_zeros() {
  constexpr std::int64_t record_bytes = 20 * block_bytes;
  const std::int64_t begin = ::archive_read_header_position(archive_.get()), end = ::archive_filter_bytes(archive_.get(), 0);
  if (!file_ || !file_->is_open() || is_compressed() || end - begin <= block_bytes) return;
  std::array<std::uint8_t, block_bytes> read{};
  const auto is_zero = [&](std::int64_t place) {
    return read_at(*file_, read, place) && std::all_of(read.begin(), read.end(), [](std::uint8_t byte) { return byte == 0; });
  };
  std::int64_t place = begin;
  while (place < end && is_zero(place)) place += block_bytes;
  if (place == begin) return;
  const bool is_end = place - begin == 2 * block_bytes || (place - begin > block_bytes && (place - tar_begin_) % record_bytes == 0);
  if (!is_end)
    throw std::runtime_error("its " + std::to_string(place - begin) + " bytes from byte " + std::to_string(begin) +
                             " are zeros, but entries follow" + (last_.empty() ? std::string() : " after its entry `" + last_ + "`") +
                             ": a header is lost");
  tar_begin_ = place;
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
