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
  /// The components as they are stored, of which the caller takes the luma; the same in planes; or R, G, B.
  enum class As { Stored, Planes, Rgb };
  /// With `As::Planes`, `read_planes` reads the pixels, else `read`. `reduction`: 1, 2, 4 or 8.
  bool start(As as, int reduction) {
    if (setjmp(errors_.way_out)) return false;
    errors_.is_decoding = true;
    info_.out_color_space = as == As::Rgb ? JCS_RGB : info_.jpeg_color_space;
    info_.do_fancy_upsampling = as == As::Rgb ? TRUE : FALSE;
    info_.raw_data_out = as == As::Planes ? TRUE : FALSE;
    info_.scale_num = 1;
    info_.scale_denom = static_cast<unsigned>(reduction);
    jpeg_start_decompress(&info_);
    return true;
  }
  bool read(std::uint8_t* line) {
    if (setjmp(errors_.way_out)) return false;
    jpeg_read_scanlines(&info_, &line, 1);
    return true;
  }
  /// Reads `lines` rows of the largest plane, one row of blocks of each plane.
  bool read_planes(JSAMPIMAGE planes, JDIMENSION lines) {
    if (setjmp(errors_.way_out)) return false;
    jpeg_read_raw_data(&info_, planes, lines);
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

/// Returns true if Y, Cb and Cr are stored, and no plane has more rows or columns than Y.
bool has_full_luma(const jpeg_decompress_struct& info) {
  if (info.jpeg_color_space != JCS_YCbCr || info.num_components != 3) return false;
  const jpeg_component_info& luma = info.comp_info[0];
  return luma.h_samp_factor == info.max_h_samp_factor && luma.v_samp_factor == info.max_v_samp_factor;
}

/// Returns the largest divisor with which both sides are at least so long; 1 for `at_least` 0.
int reduction_of(const jpeg_decompress_struct& info, int at_least) {
  const auto shorter = static_cast<std::int64_t>(std::min(info.image_width, info.image_height));
  for (const int divisor : {8, 4, 2})
    if (at_least > 0 && shorter >= std::int64_t{divisor} * at_least) return divisor;
  return 1;
}

/// One plane of the rows of blocks that are decoded together.
struct Plane {
  cv::Mat samples;
  std::vector<JSAMPROW> rows;

  explicit Plane(const jpeg_component_info& of)
      : samples(of.v_samp_factor * DCTSIZE, static_cast<int>(of.width_in_blocks) * DCTSIZE, CV_8U, cv::Scalar(128)) {
    for (int y = 0; y < samples.rows; ++y) rows.push_back(samples.ptr(y));
  }
  /// Returns true if one of the first samples of the rows is not 128.
  [[nodiscard]] bool is_coloured(int row_count, int width) const {
    unsigned differs = 0;
    for (int y = 0; y < row_count; ++y)
      for (const std::uint8_t *at = rows[static_cast<std::size_t>(y)], *end = at + width; at < end; ++at) differs |= *at ^ 128U;
    return differs != 0;
  }
};

/// Reads Y into `luma`, and the colours only to see whether there are any. They are neither enlarged to Y's size nor interleaved with it.
bool read_luma(Reader& reader, DecodedJpeg& out) {
  const jpeg_decompress_struct& info = reader.info();
  const int width = static_cast<int>(info.output_width), height = static_cast<int>(info.output_height);
  const int lines = info.max_v_samp_factor * DCTSIZE, groups = (height + lines - 1) / lines;
  cv::Mat blocks(groups * lines, static_cast<int>(info.comp_info[0].width_in_blocks) * DCTSIZE, CV_8U);
  Plane blue(info.comp_info[1]), red(info.comp_info[2]);
  std::vector<JSAMPROW> rows(static_cast<std::size_t>(lines));
  JSAMPARRAY planes[] = {rows.data(), blue.rows.data(), red.rows.data()};
  for (int group = 0; group < groups; ++group) {
    for (int y = 0; y < lines; ++y) rows[static_cast<std::size_t>(y)] = blocks.ptr(group * lines + y);
    if (!reader.read_planes(planes, static_cast<JDIMENSION>(lines))) return false;
    for (int k = 1; k <= 2 && !out.is_coloured; ++k) {
      const jpeg_component_info& colour = info.comp_info[k];
      const int in_group = colour.v_samp_factor * DCTSIZE;
      const int left = static_cast<int>(colour.downsampled_height) - group * in_group;
      out.is_coloured = (k == 1 ? blue : red).is_coloured(std::min(in_group, left), static_cast<int>(colour.downsampled_width));
    }
  }
  out.luma = blocks(cv::Rect(0, 0, width, height));
  return true;
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

/// Reads R, G, B line by line.
bool read_colours(Reader& reader, DecodedJpeg& out) {
  out.colours.create(static_cast<int>(reader.info().output_height), static_cast<int>(reader.info().output_width), CV_8UC3);
  for (int y = 0; y < out.colours.rows; ++y)
    if (!reader.read(out.colours.ptr(y))) return false;
  return true;
}

/// Reads the pixels line by line. `has_luma`: the first component is the luma; else the pixels are only checked for damage.
bool read_lines(Reader& reader, bool has_luma, DecodedJpeg& out) {
  const jpeg_decompress_struct& info = reader.info();
  const int width = static_cast<int>(info.output_width), height = static_cast<int>(info.output_height);
  const bool is_gray = info.output_components == 1 && has_luma;
  if (has_luma) out.luma.create(height, width, CV_8U);
  std::vector<std::uint8_t> line(is_gray ? 0 : static_cast<std::size_t>(width) * static_cast<std::size_t>(info.output_components));
  for (int y = 0; y < height; ++y) {
    if (!reader.read(is_gray ? out.luma.ptr(y) : line.data())) return false;
    if (has_luma && !is_gray && copy_luma(line.data(), width, out.luma.ptr(y))) out.is_coloured = true;
  }
  return true;
}

}  // namespace

bool is_jpeg(std::span<const std::uint8_t> file) { return file.size() >= 2 && file[0] == 0xFF && file[1] == 0xD8; }

DecodedJpeg decode_jpeg(std::span<const std::uint8_t> file, int at_least, bool has_colours) {
  using As = Reader::As;
  Reader reader;
  if (!reader.begin(file)) throw refusal(reader.errors(), file.size());
  const J_COLOR_SPACE space = reader.info().jpeg_color_space;
  const bool has_luma = space == JCS_GRAYSCALE || space == JCS_YCbCr;
  const bool as_colours = has_colours && (space == JCS_YCbCr || space == JCS_RGB);
  DecodedJpeg out;
  out.whole = {static_cast<int>(reader.info().image_width), static_cast<int>(reader.info().image_height)};
  out.reduction = has_luma || as_colours ? reduction_of(reader.info(), at_least) : 1;
  // A reduced image has few pixels, and its planes have blocks of other sizes.
  const bool as_planes = out.reduction == 1 && has_full_luma(reader.info());
  const As as = as_colours ? As::Rgb : as_planes ? As::Planes : As::Stored;
  if (!reader.start(as, out.reduction)) throw refusal(reader.errors(), file.size());
  const bool is_read = as == As::Rgb      ? read_colours(reader, out)
                       : as == As::Planes ? read_luma(reader, out)
                                          : read_lines(reader, has_luma, out);
  if (!is_read || !reader.finish()) throw refusal(reader.errors(), file.size());
  out.has_extraneous_bytes = reader.errors().has_extraneous_bytes;
  return out;
}

}  // namespace leat
