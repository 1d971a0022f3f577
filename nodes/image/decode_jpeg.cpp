#include "image/decode_jpeg.h"

#include <algorithm>
#include <cctype>
#include <csetjmp>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// After <cstdio>, on which it relies.
#include <jpeglib.h>

#include <jerror.h>

namespace leat {
namespace {

/// libjpeg leaves a failing call by longjmp. Invariant: a function that calls libjpeg has no local object with a destructor.
struct Errors {
  jpeg_error_mgr manager;  ///< Invariant: the first member, because libjpeg passes a pointer to it.
  std::jmp_buf way_out;
  char sentence[JMSG_LENGTH_MAX];
  int code;
  bool is_damage;
  bool has_extraneous_bytes;
  bool is_decoding;  ///< The headers are read.
};

Errors& errors_of(j_common_ptr info) { return *reinterpret_cast<Errors*>(info->err); }

[[noreturn]] void leave(j_common_ptr info, bool is_damage) {
  Errors& errors = errors_of(info);
  errors.manager.format_message(info, errors.sentence);
  errors.code = errors.manager.msg_code;
  errors.is_damage = is_damage;
  std::longjmp(errors.way_out, 1);
}

void fail(j_common_ptr info) { leave(info, false); }

/// Returns true if the bytes before a marker that no segment uses, of which libjpeg warns, are all 0. Some writers pad with 0.
bool is_padding(j_common_ptr info) {
  const JOCTET* end = reinterpret_cast<j_decompress_ptr>(info)->src->next_input_byte;
  return std::all_of(end - info->err->msg_parm.i[0], end, [](JOCTET byte) { return byte == 0; });
}

/// Takes warnings (level below 0), after which libjpeg would continue, and traces. A warning about damage becomes an error.
void hear(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
      leave(info, true);
    case JWRN_EXTRANEOUS_DATA:
      // Codes of pixels that are left over at the end of a scan: the pixels before them were decoded from damaged codes.
      if (errors_of(info).is_decoding && !is_padding(info)) leave(info, true);
      errors_of(info).has_extraneous_bytes = true;
  }
}

class Reader {
 public:
  Reader() {
    info_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = fail;
    errors_.manager.emit_message = hear;
    jpeg_create_decompress(&info_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { jpeg_destroy_decompress(&info_); }

  /// The calls below return false if libjpeg left them with an error.
  bool begin(std::span<const std::uint8_t> file) {
    if (setjmp(errors_.way_out)) return false;
    jpeg_mem_src(&info_, file.data(), file.size());
    jpeg_read_header(&info_, TRUE);
    return true;
  }
  bool start() {
    if (setjmp(errors_.way_out)) return false;
    errors_.is_decoding = true;
    info_.out_color_space = info_.jpeg_color_space;
    // Simple upsampling is enough, because colours are only tested for presence.
    info_.do_fancy_upsampling = FALSE;
    jpeg_start_decompress(&info_);
    return true;
  }
  bool read(std::uint8_t* line) {
    if (setjmp(errors_.way_out)) return false;
    jpeg_read_scanlines(&info_, &line, 1);
    return true;
  }
  bool finish() {
    if (setjmp(errors_.way_out)) return false;
    jpeg_finish_decompress(&info_);
    return true;
  }

  [[nodiscard]] const jpeg_decompress_struct& info() const { return info_; }
  [[nodiscard]] const Errors& errors() const { return errors_; }

 private:
  jpeg_decompress_struct info_{};
  Errors errors_{};
};

std::runtime_error refusal(const Errors& errors, std::size_t bytes) {
  if (errors.code == JWRN_JPEG_EOF)
    return std::runtime_error("the JPEG is truncated: it ends after " + std::to_string(bytes) + " bytes without its end marker");
  std::string why = errors.sentence;
  constexpr std::string_view opening = "Corrupt JPEG data: ";
  if (why.starts_with(opening)) why.erase(0, opening.size());
  why[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(why[0])));
  return std::runtime_error((errors.is_damage ? "the JPEG is damaged: " : "the JPEG cannot be decoded: ") + why);
}

/// Copies Y from interleaved Y, Cb, Cr. Returns true if a pixel has colour.
bool copy_luma(const std::uint8_t* line, int width, std::uint8_t* to) {
  bool is_coloured = false;
  for (int x = 0; x < width; ++x, line += 3) {
    to[x] = line[0];
    is_coloured |= line[1] != 128 || line[2] != 128;
  }
  return is_coloured;
}

}  // namespace

bool is_jpeg(std::span<const std::uint8_t> file) { return file.size() >= 2 && file[0] == 0xFF && file[1] == 0xD8; }

DecodedJpeg decode_jpeg(std::span<const std::uint8_t> file) {
  Reader reader;
  if (!reader.begin(file)) throw refusal(reader.errors(), file.size());
  const bool is_gray = reader.info().jpeg_color_space == JCS_GRAYSCALE;
  const bool has_luma = is_gray || reader.info().jpeg_color_space == JCS_YCbCr;
  if (!reader.start()) throw refusal(reader.errors(), file.size());
  const int width = static_cast<int>(reader.info().output_width), height = static_cast<int>(reader.info().output_height);
  DecodedJpeg out;
  if (has_luma) out.luma.create(height, width, CV_8U);
  std::vector<std::uint8_t> line(is_gray ? 0 : static_cast<std::size_t>(width) * static_cast<std::size_t>(reader.info().output_components));
  for (int y = 0; y < height; ++y) {
    if (!reader.read(is_gray ? out.luma.ptr(y) : line.data())) throw refusal(reader.errors(), file.size());
    if (has_luma && !is_gray && copy_luma(line.data(), width, out.luma.ptr(y))) out.is_coloured = true;
  }
  if (!reader.finish()) throw refusal(reader.errors(), file.size());
  out.has_extraneous_bytes = reader.errors().has_extraneous_bytes;
  return out;
}

}  // namespace leat
