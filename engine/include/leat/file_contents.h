#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace leat {

/// Extent of a file to read.
enum class Extent {
  Middle,  ///< A block in the middle.
  Blocks,  ///< A block at the beginning, in the middle and at the end.
  Whole,
};

/// Returns a hash of a file with this many bytes, or of so many bytes of it from `begin` on: they have the hash of a file with the same
/// bytes. Returns 0 if it cannot be read, or is not a plain file. A small file is read whole. `buffer` is scratch memory for reuse.
/// [any thread]
[[nodiscard]] std::uint64_t hash_of_file(const std::filesystem::path& path, std::int64_t bytes, Extent extent, std::vector<char>& buffer,
                                         std::int64_t begin = 0);

/// A file to hash, with the size and time that it has.
struct HashedFile {
  std::filesystem::path path;
  std::int64_t bytes = 0;
  std::int64_t time_ns = 0;
  std::int64_t begin = 0;  ///< Of a part of a file, whose bytes are `bytes`.
};

/// While this object lives, `hashes_of_files` on its thread reads no file twice. Several parts of a program record the same files at the
/// start of a run. [one thread]
class FilesReadOnce {
 public:
  FilesReadOnce();
  FilesReadOnce(const FilesReadOnce&) = delete;
  FilesReadOnce& operator=(const FilesReadOnce&) = delete;
  ~FilesReadOnce();

  [[nodiscard]] std::size_t count() const { return hashes_.size(); }  ///< Number of files read.

 private:
  friend std::vector<std::uint64_t> hashes_of_files(const std::vector<HashedFile>& files, Extent extent);

  FilesReadOnce* outer_;
  std::unordered_map<std::uint64_t, std::uint64_t> hashes_;  ///< By a hash of path, size, time and extent.
};

/// Returns the hash of each file, as `hash_of_file`. Reads the files on several threads.
[[nodiscard]] std::vector<std::uint64_t> hashes_of_files(const std::vector<HashedFile>& files, Extent extent);

/// Calls `act(place, buffer)` for each place below `count`, from several threads. Each thread has its own buffer. Throws the first
/// exception of `act`, when all threads have ended.
template <class Act>
void for_each_place(std::size_t count, Act act) {
  // The threads mostly wait for the disk, not for the cores.
  constexpr std::size_t most_threads = 8;
  std::atomic<std::size_t> next{0};
  std::exception_ptr failure;
  std::mutex lock;
  const auto work = [&] {
    try {
      std::vector<char> buffer;
      for (std::size_t place = next++; place < count; place = next++) act(place, buffer);
    } catch (...) {
      next = count;
      const std::lock_guard guard(lock);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    const std::size_t wanted =
        std::min({most_threads, static_cast<std::size_t>(std::max(1u, std::thread::hardware_concurrency())), count / 64});
    std::vector<std::jthread> helpers;
    for (std::size_t k = 1; k < wanted; ++k) helpers.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace leat
