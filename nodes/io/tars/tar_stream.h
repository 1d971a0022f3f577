#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "io/tars/piped_command.h"
#include "io/tars/tar_samples.h"
#include "leat/tar_list.h"

namespace leat {

/// Reads the samples of some tars one after another, on a thread of its own, ahead of the run. It reads on only until it has as many
/// samples as were asked for, and a batch more.
class TarStream {
 public:
  /// Where it begins, as a resumed run has it.
  struct Begin {
    std::int64_t tar = 0;       ///< Index in the list.
    std::int64_t samples = 0;   ///< Of this tar, that were predicted before.
    std::int64_t left_out = 0;  ///< More samples, of this tar and the next ones, that are read and not given.
    std::int64_t position = 0;  ///< Of the first sample that is given, among those of all tars.
  };
  struct Item {
    std::int64_t tar = 0;
    TarSample sample;
    std::int64_t left_out = 0;  ///< Entries of the tar so far that belong to no sample.
  };

  /// Reads tars `first` to `end` - 1 of the list, from `begin` on. `arrived` is called when `count` can return more.
  TarStream(const TarList& tars, ImageEndings images, Begin begin, std::int64_t end, std::int64_t batch, std::function<void()> arrived);
  ~TarStream();
  TarStream(const TarStream&) = delete;
  TarStream& operator=(const TarStream&) = delete;

  /// As StreamsSamples::count.
  [[nodiscard]] std::optional<std::int64_t> count(std::int64_t wanted);
  /// Returns the sample at a position that was counted, and forgets it and those before.
  [[nodiscard]] Item take(std::int64_t position);

 private:
  void read_all();
  void read_tar(std::int64_t tar);
  void read_samples(std::int64_t tar, ArchiveReader& reader);
  /// Waits until the next sample is wanted. Returns false if the stream is to end.
  [[nodiscard]] bool add(Item item);
  void pass(TarSamples& samples) const;

  const TarList& tars_;
  const ImageEndings images_;
  const Begin begin_;
  const std::int64_t end_, batch_;
  const std::function<void()> arrived_;

  std::mutex lock_;  ///< Guards the members below.
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::int64_t first_;               ///< Position of the first item.
  std::int64_t wanted_ = 0;          ///< Largest number that was asked for.
  std::size_t bytes_ = 0;            ///< Of the pictures in `items_`.
  PipedCommand* command_ = nullptr;  ///< That is read now.
  bool is_asked_ = false;            ///< `count` returned nullopt, so `arrived` is due.
  bool has_ended_ = false;
  bool is_stopping_ = false;
  std::exception_ptr error_;

  std::int64_t to_leave_out_;  ///< Used by the thread.
  std::thread thread_;
};

}  // namespace leat
