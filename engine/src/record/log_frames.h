#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string_view>

// The frames of an event log: a head of 40 bytes, and a payload.
namespace leat::record {

inline constexpr std::uint32_t frame_mark = 0x5441454C;  // "LEAT"
enum FrameKind : std::uint32_t { header_frame = 1, short_span_frame = 2, note_frame = 3, span_frame = 4 };

struct FrameHead {
  std::uint32_t mark;
  std::uint32_t kind : 8;
  std::uint32_t thread : 24;  ///< For frames of kind 4: number of the thread that logged them.
  std::uint64_t bytes;
  std::int64_t start_ticks;  ///< For spans: origin of their times; the next member is the length of a tick.
  double ns_a_tick;
  std::uint64_t hash;  ///< Hash of the members above and the payload.
};
static_assert(sizeof(FrameHead) == 40);

[[nodiscard]] std::uint64_t hash_of(const FrameHead& head, const void* payload);

enum class Ending { Whole, Cut, Damaged, OtherFile };

/// The readable part of a file, from its begin.
struct ReadFrames {
  std::int64_t bytes = 0;
  Ending ending = Ending::Whole;
};

/// Calls `frame` for the frames from byte `begin` on, up to the first that is truncated or damaged, or begins `most` bytes later. Returns
/// where and why it stopped. Throws std::runtime_error if the file cannot be read.
ReadFrames for_each_frame(const std::filesystem::path& file, std::int64_t begin,
                          const std::function<void(const FrameHead&, std::string_view payload)>& frame,
                          std::int64_t most = std::numeric_limits<std::int64_t>::max());

}  // namespace leat::record
