#include "record/log_frames.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include "leat/value.h"
#include "record/event_log.h"

namespace leat::record {

std::uint64_t hash_of(const FrameHead& head, const void* payload) {
  return hash_bytes(payload, head.bytes, hash_bytes(&head, offsetof(FrameHead, hash)));
}

namespace {

/// Returns the largest valid payload; a head with a larger one is damaged. Current
/// spans come in chunks. Other frames can have up to 1 GiB.
std::uint64_t most_bytes(const FrameHead& head) {
  return head.kind == span_frame ? SpanChunk::size * sizeof(Span) : std::uint64_t{1} << 30;
}

/// Returns true if a complete frame begins somewhere in these bytes.
bool has_frame(std::string_view bytes) {
  const std::string_view begin(reinterpret_cast<const char*>(&frame_mark), sizeof frame_mark);
  for (std::size_t at = bytes.find(begin); at != std::string_view::npos; at = bytes.find(begin, at + 1)) {
    FrameHead head{};
    if (bytes.size() - at < sizeof head) return false;
    std::memcpy(&head, bytes.data() + at, sizeof head);
    const std::string_view behind = bytes.substr(at + sizeof head);
    if (head.bytes <= behind.size() && hash_of(head, behind.data()) == head.hash) return true;
  }
  return false;
}

/// For a head that names more bytes than the file has. Returns true if its frame was truncated during a write, so that no frame follows it;
/// false if the length itself is damaged.
bool is_cut(std::ifstream& in, FrameHead head, std::uint64_t left) {
  std::string rest(left, '\0');
  in.read(rest.data(), static_cast<std::streamsize>(left));
  if (has_frame(rest)) return false;
  head.bytes = left;
  return hash_of(head, rest.data()) != head.hash;
}

}  // namespace

ReadFrames for_each_frame(const std::filesystem::path& file, std::int64_t begin,
                          const std::function<void(const FrameHead&, std::string_view payload)>& frame, std::int64_t most) {
  const std::string cannot_read = "cannot read " + file.string() + ": ";
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) throw std::runtime_error(cannot_read + "it is a folder");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error(cannot_read + std::strerror(errno));
  const auto file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
  ReadFrames read{begin};
  in.seekg(begin);
  FrameHead head{};
  std::string payload;
  while (read.ending == Ending::Whole && read.bytes - begin < most) {
    in.read(reinterpret_cast<char*>(&head), sizeof head);
    const auto got = static_cast<std::size_t>(in.gcount());
    if (got == 0) break;
    const std::int64_t left = file_bytes - read.bytes - static_cast<std::int64_t>(sizeof head);
    if (std::memcmp(&head, &frame_mark, std::min(got, sizeof frame_mark)) != 0) {
      read.ending = read.bytes == 0 ? Ending::OtherFile : Ending::Damaged;
    } else if (got < sizeof head || left < 0) {
      read.ending = Ending::Cut;
    } else if (head.bytes > most_bytes(head)) {
      read.ending = Ending::Damaged;
    } else if (head.bytes > static_cast<std::uint64_t>(left)) {
      read.ending = is_cut(in, head, static_cast<std::uint64_t>(left)) ? Ending::Cut : Ending::Damaged;
    } else {
      payload.resize(head.bytes);
      in.read(payload.data(), static_cast<std::streamsize>(head.bytes));
      if (static_cast<std::uint64_t>(in.gcount()) < head.bytes) read.ending = Ending::Cut;
      else if (hash_of(head, payload.data()) != head.hash) read.ending = Ending::Damaged;
      else {
        read.bytes += static_cast<std::int64_t>(sizeof head + head.bytes);
        frame(head, std::string_view(payload));
      }
    }
  }
  if (in.bad()) throw std::runtime_error(cannot_read + "the system cannot read it from byte " + std::to_string(read.bytes) + " on");
  return read;
}

}  // namespace leat::record
