#include "run/value_cache.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "base/text_table.h"

namespace leat::run {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& folder, const char* what) {
  throw std::runtime_error(std::string("the file of the cache cannot be ") + what + " in " + folder.string() + ": " + std::strerror(errno));
}

/// Opens a new file, and removes its name at once.
int open_unnamed(const fs::path& folder) {
  std::string name = (folder / ".cache-").string() + std::string(6, 'X');  // `mkostemp` replaces six letters X.
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) fail(folder, "made");
  ::unlink(name.c_str());
  return file;
}

bool write_all(int file, std::span<const std::byte> bytes, std::int64_t place) {
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(file, bytes.data(), bytes.size(), place);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
    place += done;
  }
  return true;
}

}  // namespace

std::string no_room_for_file(const ProgramCache& cache, const fs::path& folder) {
  std::error_code ignored;
  fs::path there = fs::absolute(folder);
  while (!fs::exists(there, ignored) && there.has_relative_path()) there = there.parent_path();
  const fs::space_info disk = fs::space(there, ignored);
  std::int64_t most = cache.file_bytes;
  if (cache.is_size_known) most = std::clamp<std::int64_t>(cache.expected_bytes - cache.memory_bytes, 0, most);
  if (ignored || most == 0 || most <= static_cast<std::int64_t>(disk.available) - disk_reserve) return {};
  return "the file of the cache can take " + size_words(most) + ", but the disk of " + there.string() + " has " +
         size_words(static_cast<std::int64_t>(disk.available)) + " free, of which the cache leaves " + size_words(disk_reserve);
}

ValueFile::ValueFile(const fs::path& folder, std::int64_t bytes, std::int64_t reserve)
    : most_bytes_(bytes), reserve_(reserve), file_(open_unnamed(folder)) {
  // Only what was written is read, so a hole in the file is never touched.
  void* mapped = ::ftruncate(file_, bytes) != 0
                     ? MAP_FAILED
                     : ::mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ, MAP_SHARED | MAP_NORESERVE, file_, 0);
  if (mapped == MAP_FAILED) {
    const int why = errno;
    ::close(file_);
    errno = why;
    fail(folder, "mapped");
  }
  mapped_ = static_cast<std::byte*>(mapped);
}

ValueFile::~ValueFile() {
  ::munmap(mapped_, static_cast<std::size_t>(most_bytes_));
  ::close(file_);
}

bool ValueFile::is_disk_low(std::int64_t bytes) const {
  struct statvfs disk {};
  if (::fstatvfs(file_, &disk) != 0) return false;  // Then the write finds out.
  return static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize) - bytes < reserve_;
}

std::optional<std::int64_t> ValueFile::append(std::span<const std::byte> bytes) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (is_disk_low(size)) return {};
  std::int64_t place = bytes_.load(std::memory_order_relaxed);
  do {
    if (has_failed_ || size > most_bytes_ - place) return {};
  } while (!bytes_.compare_exchange_weak(place, place + size, std::memory_order_relaxed));
  if (write_all(file_, bytes, place)) return place;
  has_failed_ = true;
  return {};
}

Value ValueCache::Kept::value() const { return held_ ? held_ : type_->unpack(file_->at(place_, bytes_)); }

ValueCache::ValueCache(const ProgramCache& settings, const fs::path& folder, std::function<void(const std::string&)> warn)
    : most_bytes_(settings.memory_bytes), warn_(std::move(warn)) {
  if (settings.file_bytes > 0) try {
      const fs::path place = folder.empty() ? fs::temp_directory_path() : folder;
      file_ = std::make_unique<ValueFile>(place, settings.file_bytes, disk_reserve);
      if (const std::string sentence = no_room_for_file(settings, place); !sentence.empty()) warn_(sentence);
    } catch (const std::runtime_error& error) {
      warn_(std::string(error.what()) + "; the cache keeps values in memory only");
    }
}

Fingerprint ValueCache::name_of(const Stretch& stretch, const Value& from) {
  const std::uint64_t size = from.bytes();
  return {from.hash(), hash_bytes(stretch.text.data(), stretch.text.size(), size)};
}

std::shared_ptr<const ValueCache::Kept> ValueCache::find(const Fingerprint& name) {
  const std::shared_lock guard(lock_);
  const auto found = kept_.find(name);
  (found == kept_.end() ? missed_ : found_).fetch_add(1, std::memory_order_relaxed);
  return found == kept_.end() ? nullptr : found->second;
}

bool ValueCache::take_memory(std::int64_t bytes) {
  std::int64_t before = bytes_.load(std::memory_order_relaxed);
  do {
    if (bytes > most_bytes_ - before) return false;
  } while (!bytes_.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
  return true;
}

bool ValueCache::put_in_file(Kept& kept, const Value& value) {
  const auto bytes = static_cast<std::int64_t>(value.bytes());
  // `pack` copies the value.
  if (!file_ || !file_->has_room(bytes)) return false;
  if (file_->is_disk_low(bytes)) {
    warn_("the disk of the cache's file has less than " + size_words(disk_reserve) +
          " free, which the run needs for its own files; while that is so, the file takes no values");
    return false;
  }
  const std::vector<std::byte> packed = value.pack();
  const std::optional<std::int64_t> place = file_->append(packed);
  if (!place) {
    if (file_->has_failed()) warn_("the file of the cache cannot be written, perhaps because of a quota; it takes no more values");
    return false;
  }
  kept.file_ = file_.get();
  kept.type_ = &value.type();
  kept.place_ = *place;
  kept.bytes_ = packed.size();
  file_bytes_.fetch_add(static_cast<std::int64_t>(packed.size()), std::memory_order_relaxed);
  return true;
}

void ValueCache::keep(const Fingerprint& name, const Value& value, std::vector<std::pair<int, std::string>> notes) {
  {
    // Another worker can have computed the same value meanwhile.
    const std::shared_lock guard(lock_);
    if (kept_.contains(name)) return;
  }
  auto made = std::make_shared<Kept>();
  const auto bytes = static_cast<std::int64_t>(value.bytes());
  const bool is_in_memory = take_memory(bytes);
  if (is_in_memory) made->held_ = value;
  else if (!put_in_file(*made, value)) {
    left_out_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  made->notes = std::move(notes);
  const std::unique_lock guard(lock_);
  if (!kept_.emplace(name, std::move(made)).second && is_in_memory) bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

CacheUse ValueCache::use() const {
  const std::shared_lock guard(lock_);
  return {static_cast<std::int64_t>(kept_.size()), bytes_, file_bytes_, found_, missed_, left_out_};
}

}  // namespace leat::run
