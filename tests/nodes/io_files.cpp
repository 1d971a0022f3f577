#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <thread>

#include "image/decode_image.h"
#include "image/picture_header.h"
#include "io/disk_file.h"
#include "io/mask_picture.h"
#include "io/mask_values.h"
#include "leat/csv.h"
#include "leat/encoded.h"
#include "leat/file_contents.h"
#include "leat/label.h"
#include "leat/plain_file.h"
#include "leat/random.h"
#include "leat/scores.h"
#include "support/graphs.h"
#include "support/small_data.h"

#include "support/doctest.h"

using namespace leat;
using namespace leat::test;

TEST_CASE("csv: quoted fields hold commas, quotes and lines; line numbers are those of the file") {
  const CsvTable table = read_csv("\xEF\xBB\xBFimage,label\r\n\"a, b.png\",\"say \"\"x\"\"\"\r\n\r\n\"two\nlines\",y\nlast,");
  REQUIRE(table.header == std::vector<std::string>{"image", "label"});
  REQUIRE(table.rows.size() == 3);
  CHECK(table.rows[0].fields == std::vector<std::string>{"a, b.png", "say \"x\""});
  CHECK(table.rows[0].line == 2);
  CHECK(table.rows[1].fields[0] == "two\nlines");
  CHECK(table.rows[1].line == 4);
  CHECK(table.rows[2].fields == std::vector<std::string>{"last", ""});
  CHECK(table.rows[2].line == 6);
  CHECK(table.find_column("label") == 1);
  CHECK(table.find_column("mask") == -1);
}

TEST_CASE("csv: what is broken names its line") {
  CHECK_THROWS_WITH((void)read_csv("a,b\n1,2\n3\n"), "line 3 has 1 fields, but the header has 2");
  CHECK_THROWS_WITH((void)read_csv("a\n\"open\n"), "line 2: a quote is not closed");
  CHECK_THROWS_WITH((void)read_csv("a\n\"x\"y\n"), "line 2: text after a closing quote");
}

TEST_CASE("csv: lines end with CR alone too, also inside of quotes") {
  const CsvTable table = read_csv("image,label\ra.png,x\r\"b\rc.png\",\"y\"\r\rd.png,z");
  REQUIRE(table.header == std::vector<std::string>{"image", "label"});
  REQUIRE(table.rows.size() == 3);
  CHECK(table.rows[1].fields == std::vector<std::string>{"b\rc.png", "y"});
  CHECK(table.rows[2].fields == std::vector<std::string>{"d.png", "z"});
  CHECK(table.rows[2].line == 6);
}

TEST_CASE("csv: UTF-16 is refused by its name, in tables and in lines") {
  const std::string sentence = "the text is UTF-16 or no text; it must be UTF-8";
  for (const std::string& text : {std::string("\xFF\xFEi\0m\0", 6), std::string("\xFE\xFF\0i\0m", 6), std::string("i\0m\0", 4)}) {
    CHECK_THROWS_WITH((void)read_csv(text), sentence.c_str());
    CHECK_THROWS_WITH((void)read_lines(text, "image"), sentence.c_str());
  }
}

TEST_CASE("lines: a BOM and all ends of lines, with their numbers") {
  const CsvTable table = read_lines(
      "\xEF\xBB\xBF"
      "a, b.png\r\n\r\nc.png \rd.png\n\ne.png",
      "image");
  CHECK(table.header == std::vector<std::string>{"image"});
  REQUIRE(table.rows.size() == 4);
  CHECK(table.rows[0].fields == std::vector<std::string>{"a, b.png"});
  CHECK(table.rows[1].fields == std::vector<std::string>{"c.png"});
  CHECK(table.rows[1].line == 3);
  CHECK(table.rows[3].line == 6);
}

TEST_CASE("csv: the first byte that is not UTF-8 is found") {
  CHECK(find_not_utf8("Müller \xE4\xB8\xAD") == std::string::npos);
  CHECK(find_not_utf8("M\xFCller") == 1);
  CHECK(find_not_utf8("") == std::string::npos);
}

TEST_CASE("csv: what is written is read again") {
  for (const std::string text : {"plain", "a,b", "say \"x\"", "two\nlines", "cr\rlf", ""}) {
    const CsvTable table = read_csv("a,b\n" + csv_field(text) + ",x\n");
    REQUIRE(table.rows.size() == 1);
    CHECK(table.rows[0].fields[0] == text);
  }
}

namespace {

template <class File>
std::optional<PictureSize> picture_size(const File& file) {
  const auto header = picture_header(file);
  return header ? std::optional(header->size) : std::nullopt;
}

}  // namespace

TEST_CASE("picture_size: reads the headers of all formats without decoding") {
  const TemporaryFolder folder;
  for (const char* ending : {".png", ".jpg", ".bmp", ".tif"})
    for (const int type : {CV_8UC1, CV_8UC3}) {
      const std::string file = (folder.path() / ("a" + std::string(ending))).string();
      cv::imwrite(file, cv::Mat(37, 91, type, cv::Scalar::all(120)));
      CHECK(picture_size(std::filesystem::path(file)) == PictureSize{91, 37});
      CHECK(picture_size(read_whole_file(file)) == PictureSize{91, 37});
    }
}

TEST_CASE("picture_header: offsets near the end of the numbers are beyond the end of a file") {
  // A BigTIFF whose directory would begin before the file if its offset were added up. The entries are where they would be then.
  std::vector<std::uint8_t> tiff{'I', 'I', 43, 0, 8, 0, 0, 0};
  const auto put = [&tiff](std::uint64_t number, int bytes) {
    for (int k = 0; k < bytes; ++k) tiff.push_back(k < 8 ? static_cast<std::uint8_t>(number >> (8 * k)) : std::uint8_t{0});
  };
  put(0, 16);
  for (const auto& [tag, value] : {std::pair(256, 50), {257, 60}}) put(tag, 2), put(4, 2), put(1, 8), put(value, 8);
  tiff.resize(tiff.size() + 4096);
  const TemporaryFolder folder;
  for (std::uint64_t back = 1; back <= 16; ++back) {
    CAPTURE(back);
    for (std::size_t k = 0; k < 8; ++k) tiff[8 + k] = static_cast<std::uint8_t>((0 - back) >> (8 * k));
    write_whole_file(folder.path() / "a.tif", tiff);
    CHECK_FALSE(picture_header(folder.path() / "a.tif"));
    CHECK_FALSE(picture_header(tiff));
  }
}

TEST_CASE("picture_size: a JPEG's frame may lie far behind its metadata, a TIFF's directory at its end, a BMP may be upside down") {
  std::vector<std::uint8_t> jpeg;
  cv::imencode(".jpg", cv::Mat(20, 30, CV_8UC1, cv::Scalar(9)), jpeg);
  std::vector<std::uint8_t> padded(jpeg.begin(), jpeg.begin() + 2);
  for (int k = 0; k < 3; ++k) {
    padded.insert(padded.end(), {0xFF, 0xE1, 0xFF, 0xFF});
    padded.insert(padded.end(), 0xFFFF - 2, 0xC0);
  }
  padded.insert(padded.end(), jpeg.begin() + 2, jpeg.end());
  const TemporaryFolder folder;
  write_whole_file(folder.path() / "deep.jpg", padded);
  CHECK(picture_size(folder.path() / "deep.jpg") == PictureSize{30, 20});

  const std::vector<std::uint8_t> tiff{'M', 'M', 0,  42, 0, 0, 0, 8, 0, 2, 1, 0, 0, 3, 0, 0, 0,
                                       1,   0,   50, 0,  0, 1, 1, 0, 4, 0, 0, 0, 1, 0, 0, 0, 60};
  CHECK(picture_size(tiff) == PictureSize{50, 60});

  std::vector<std::uint8_t> bmp(26, 0);
  bmp[0] = 'B', bmp[1] = 'M', bmp[14] = 40, bmp[18] = 12;
  bmp[22] = 0xF6, bmp[23] = bmp[24] = bmp[25] = 0xFF;  // -10
  CHECK(picture_size(bmp) == PictureSize{12, 10});
}

TEST_CASE("picture_size: broken and cut files have none") {
  std::vector<std::uint8_t> png;
  cv::imencode(".png", cv::Mat(20, 30, CV_8UC1, cv::Scalar(9)), png);
  for (std::size_t length = 0; length < 24; ++length) CHECK_FALSE(picture_size(std::span<const std::uint8_t>(png).first(length)));
  CHECK(picture_size(std::span<const std::uint8_t>(png).first(24)));
  CHECK_FALSE(picture_size(std::filesystem::path("/nowhere/a.png")));
  CHECK_FALSE(picture_size(std::vector<std::uint8_t>{0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x00}));
  CHECK_FALSE(picture_size(std::vector<std::uint8_t>(100, 'x')));
}

TEST_CASE("picture_size and csv: random damage is survived") {
  RandomKey key;
  key.key = RandomKey::of(1, "", "damage");
  Random random(key);
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const char* ending : {".png", ".jpg", ".bmp", ".tif"})
    cv::imencode(ending, cv::Mat(37, 91, CV_8UC1, cv::Scalar(9)), seeds.emplace_back());
  const std::string table = "image,label\n\"a, \"\"b\",c\r\nd,e\n";
  seeds.emplace_back(table.begin(), table.end());
  int sizes = 0, tables = 0;
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::uint8_t> bytes = seeds[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(seeds.size())))];
    for (std::int64_t changes = random.between(1, 4); changes > 0; --changes)
      bytes[static_cast<std::size_t>(random.below(std::min<std::int64_t>(64, static_cast<std::int64_t>(bytes.size()))))] =
          static_cast<std::uint8_t>(random.below(256));
    if (random.chance(.3)) bytes.resize(static_cast<std::size_t>(random.below(static_cast<std::int64_t>(bytes.size()) + 1)));
    sizes += picture_size(bytes).has_value();
    try {
      (void)read_csv(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
      ++tables;
    } catch (const std::runtime_error&) {
    }
  }
  CHECK(sizes > 100);
  CHECK(tables > 100);
}

TEST_CASE("disk files: what is written is there whole, and failures say why") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "deep" / "er" / "a.bin";
  std::vector<std::uint8_t> bytes(200000);
  for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<std::uint8_t>(k * 7);
  write_whole_file(file, bytes);
  CHECK(read_whole_file(file) == bytes);
  write_whole_file(file, std::string_view("short"));
  CHECK(read_whole_file(file).size() == 5);
  CHECK(std::distance(std::filesystem::directory_iterator(file.parent_path()), {}) == 1);

  CHECK_THROWS_WITH((void)read_whole_file("/nowhere/a"), "cannot read `/nowhere/a`: No such file or directory");
  CHECK_THROWS_WITH((void)read_whole_file(folder.path()), ("cannot read `" + folder.path().string() + "`: Is a directory").c_str());
  CHECK_THROWS_WITH(write_whole_file(file / "b", std::string_view("x")),
                    ("cannot write `" + (file / "b").string() + "`: Not a directory").c_str());
}

TEST_CASE("disk files: what is no plain file is refused by name, and nobody waits for its other side") {
  const TemporaryFolder folder;
  const auto pipe = folder.path() / "a.png", linked = folder.path() / "b.png", plain = folder.path() / "c.png";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::filesystem::create_symlink(pipe, linked);
  write_whole_file(plain, std::string_view("short"));
  for (const auto& file : {pipe, linked, std::filesystem::path("/dev/zero")}) {
    CHECK_THROWS_WITH((void)read_whole_file(file), ("cannot read `" + file.string() + "`: it is not a plain file").c_str());
    CHECK_FALSE(picture_header(file));
    std::vector<char> buffer;
    CHECK(hash_of_file(file, 0, Extent::Whole, buffer) == 0);
    CHECK(hash_of_file(file, 5, Extent::Blocks, buffer) == 0);
  }
  std::vector<char> buffer;
  CHECK(hash_of_file(plain, 5, Extent::Whole, buffer) != 0);
  const PlainFile open(plain);
  CHECK(open.bytes() == 5);
}

TEST_CASE("disk files: one that several threads write at once is whole, and all of them go on") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "a.bin";
  constexpr std::size_t length = 100000;
  std::atomic<int> failures{0};
  std::vector<std::thread> writers;
  for (std::uint8_t value = 1; value <= 4; ++value)
    writers.emplace_back([&, value] {
      for (int k = 0; k < 100; ++k) try {
          write_whole_file(file, std::vector<std::uint8_t>(length, value));
        } catch (const std::runtime_error&) {
          ++failures;
        }
    });
  for (std::thread& writer : writers) writer.join();
  CHECK(failures.load() == 0);
  const std::vector<std::uint8_t> left = read_whole_file(file);
  CHECK(left == std::vector<std::uint8_t>(length, left.at(0)));
}

TEST_CASE("values: equal ones have equal hashes, and each says what it is") {
  const Value one = Value::of(Label{.index = 1}), other = Value::of(Label{.index = 2});
  CHECK(one.hash() == Value::of(Label{.index = 1}).hash());
  CHECK(one.hash() != other.hash());
  CHECK(one.hash() != Value::of(Label{.index = 1, .several = {1}}).hash());
  CHECK(one.describe() == "class 1");
  CHECK(Value::of(Label{}).describe() == "class not known");
  CHECK(Value::of(Label{.several = {1, 0, 1}}).describe() == "classes 0, 2");
  CHECK(Value::of(Label{.several = {1, 0, 1}}).contract().entries.size == 3);
  CHECK(ValueTraits<Label>::blank(ValueTraits<Label>::contract(Label{.several = {1, 0, 1}})).several == std::vector<std::uint8_t>{0, 0, 0});
  CHECK(ValueTraits<Label>::blank({}).index == 0);
  CHECK(Value::of(Encoded{{0xFF, 0xD8, 1}}).describe() == "JPEG, 3 bytes");
  CHECK(Value::of(Encoded{{1, 2}}).hash() != Value::of(Encoded{{2, 1}}).hash());
  CHECK(Value::of(Scores{{.25f, .75f}}).describe() == "0.25, 0.75");
  CHECK(ValueTraits<Scores>::blank(Value::of(Scores{{.25f, .75f}}).contract()).values == std::vector<float>{0, 0});
}

TEST_CASE("masks: several files are one mask, whatever their values, and each structure has a channel") {
  const TemporaryFolder folder;
  const auto put = [&](const std::string& name, const cv::Mat& mask) {
    cv::imwrite((folder.path() / name).string(), mask);
    return folder.path() / name;
  };
  cv::Mat left = cv::Mat::zeros(4, 6, CV_8UC1), right = left.clone(), heart(4, 6, CV_16UC1, cv::Scalar(0));
  left.col(0) = 255, left.col(1) = 255, right.col(1) = 1, right.col(5) = 1, heart.row(2) = 65535;
  cv::Mat colour(4, 6, CV_8UC3, cv::Scalar(0, 0, 0));
  colour.at<cv::Vec3b>(3, 3) = {0, 0, 200};
  std::vector<std::string> warnings;
  const Image read =
      read_masks({{put("l.png", left), put("r.png", right)}, {put("h.png", heart)}, {put("c.png", colour)}}, {6, 4}, warnings);
  REQUIRE(read.channels() == 3);
  CHECK(warnings.empty());
  CHECK(read.placement.source_width == 6);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 6; ++x) {
      const cv::Vec3b pixel = read.pixels.at<cv::Vec3b>(y, x);
      CHECK(pixel[0] == (x == 0 || x == 1 || x == 5 ? 255 : 0));
      CHECK(pixel[1] == (y == 2 ? 255 : 0));
      CHECK(pixel[2] == (x == 3 && y == 3 ? 255 : 0));
    }
}

TEST_CASE("masks: another size of the same aspect is scaled with a warning, another aspect and odd values are refused") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "m.png";
  const auto read = [&](const cv::Mat& mask, PictureSize size, std::vector<std::string>& warnings) {
    cv::imwrite(file.string(), mask);
    return read_masks({{file}}, {size}, warnings);
  };
  cv::Mat mask = cv::Mat::zeros(2, 3, CV_8UC1);
  mask.at<std::uint8_t>(1, 2) = 255;
  std::vector<std::string> warnings;
  const Image scaled = read(mask, {6, 4}, warnings);
  CHECK(cv::countNonZero(scaled.pixels) == 4);
  CHECK(scaled.pixels.at<std::uint8_t>(3, 5) == 255);
  CHECK(warnings == std::vector<std::string>{"mask scaled from 3 x 2 to 6 x 4"});
  CHECK_THROWS_WITH((void)read(mask, {6, 6}, warnings), ("the mask `" + file.string() + "` is 3 x 2, but its image is 6 x 6").c_str());
  mask.at<std::uint8_t>(0, 0) = 100, mask.at<std::uint8_t>(1, 2) = 200;
  CHECK_THROWS_WITH(
      (void)read(mask, {3, 2}, warnings),
      ("the mask `" + file.string() + "` has the values 0, 100 and 200; a mask has 0 and one other value, or grays around 0 and 255")
          .c_str());
  write_whole_file(file, std::string_view("no picture"));
  CHECK_THROWS_WITH((void)read_masks({{file}}, {3, 2}, warnings),
                    ("the mask `" + file.string() + "`: the file is corrupt, or not a PNG, JPEG, TIFF or BMP").c_str());
  write_whole_file(file, std::string_view(""));
  CHECK_THROWS_WITH((void)read_masks({{file}}, {3, 2}, warnings), ("the mask `" + file.string() + "`: the file is empty").c_str());
  CHECK(is_same_view({2048, 2048}, {1024, 1024}));
  CHECK(is_same_view({4020, 4892}, {256, 312}));
  CHECK_FALSE(is_same_view({4020, 4892}, {256, 256}));
  CHECK_FALSE(is_same_view({10, 10}, {0, 0}));
}

TEST_CASE("masks: entries of a palette with one colour are refused if they hide the whole mask, and told if they hide a part") {
  const std::filesystem::path data = std::filesystem::path(LEAT_TEST_DATA) / "image";
  for (const std::string ending : {".png", ".bmp", ".tiff"}) {
    CAPTURE(ending);
    std::vector<std::string> warnings;
    const std::filesystem::path hidden = data / ("mask_hidden" + ending);
    CHECK_THROWS_WITH((void)read_masks({{hidden}}, {{16, 16}}, warnings),
                      ("the mask `" + hidden.string() +
                       "` is drawn with entries of its palette that have the same colour, so its shape cannot be seen; save it as gray, 0 "
                       "outside and 255 inside")
                          .c_str());
    CHECK(cv::countNonZero(read_masks({{data / ("mask_shown" + ending)}}, {{16, 16}}, warnings).pixels) == 128);
    CHECK(warnings.empty());
    CHECK(cv::countNonZero(read_masks({{data / ("mask_partly" + ending)}}, {{16, 16}}, warnings).pixels) == 128);
    CHECK(warnings == std::vector<std::string>{"mask: some entries of its palette have the same colour, so they are read as one"});
  }
}

namespace {

/// A mask whose left half has one value, and whose lower right quarter has another.
cv::Mat halves(int type, double left, double corner = 0) {
  cv::Mat out(16, 16, type, cv::Scalar(0));
  out.colRange(0, 8).setTo(left);
  out(cv::Rect(8, 8, 8, 8)).setTo(corner);
  return out;
}

std::string refusal_of_mask(const cv::Mat& mask) {
  try {
    (void)inside_of(mask, false);
    return {};
  } catch (const MaskValues& values) {
    return values.what();
  }
}

/// Whether what is inside is the left half and nothing else.
bool is_left_half(const cv::Mat& inside) {
  return cv::countNonZero(inside.colRange(0, 8)) == 8 * inside.rows && cv::countNonZero(inside.colRange(8, 16)) == 0;
}

cv::Mat with_alpha(const cv::Scalar& inside, const cv::Scalar& outside) {
  cv::Mat out(16, 16, CV_8UC4, outside);
  out.colRange(0, 8).setTo(inside);
  return out;
}

}  // namespace

TEST_CASE("masks: 0 and one other value, whichever it is, in 8 and 16 bit") {
  for (const int value : {1, 7, 100, 200, 255}) CHECK(is_left_half(inside_of(halves(CV_8UC1, value), false)));
  for (const int value : {1, 200, 1000, 4095, 65535}) CHECK(is_left_half(inside_of(halves(CV_16UC1, value), false)));
  CHECK(cv::countNonZero(inside_of(halves(CV_16UC1, 0), false)) == 0);
  for (const int value : {1, 255}) CHECK(cv::countNonZero(inside_of(halves(CV_8UC1, value, value), false)(cv::Rect(0, 0, 8, 16))) == 128);
  CHECK(cv::countNonZero(inside_of(cv::Mat(4, 4, CV_8UC1, cv::Scalar(255)), false)) == 16);
  CHECK(refusal_of_mask(cv::Mat(4, 4, CV_8UC1, cv::Scalar(100))).starts_with("has only the value 100; a mask has 0 and one other value"));
}

TEST_CASE("masks: values that stand for several structures are refused, and told") {
  const std::string rule = "; a mask has 0 and one other value, or grays around 0 and 255";
  CHECK(refusal_of_mask(halves(CV_8UC1, 200, 100)) == "has the values 0, 100 and 200" + rule);
  CHECK(refusal_of_mask(halves(CV_8UC1, 255, 128)) == "has the values 0, 128 and 255" + rule);
  CHECK(refusal_of_mask(halves(CV_8UC1, 255, 1)) == "has the values 0, 1 and 255" + rule);
  CHECK(refusal_of_mask(halves(CV_8UC1, 1, 2)) == "has the values 0, 1 and 2" + rule);
  CHECK(refusal_of_mask(halves(CV_16UC1, 1000, 500)) == "has the values 0, 500 and 1000" + rule);
  CHECK(refusal_of_mask(halves(CV_16UC1, 65535, 255)) == "has the values 0, 255 and 65535" + rule);
  cv::Mat many(16, 16, CV_8UC1);
  for (int k = 0; k < 256; ++k) many.data[k] = static_cast<std::uint8_t>(k / 2);
  CHECK(refusal_of_mask(many) == "has 128 values from 0 to 127" + rule);
}

TEST_CASE("masks: soft edges and the grays of JPEGs are cut in the middle, whatever the quality") {
  cv::Mat hard(128, 128, CV_8UC1, cv::Scalar(0));
  cv::ellipse(hard, {40, 64}, {20, 50}, 0, 0, 360, cv::Scalar(255), cv::FILLED);
  cv::Mat soft;
  cv::GaussianBlur(hard, soft, {}, 1.5);
  CHECK(cv::countNonZero(inside_of(soft, false) != hard) < 60);
  cv::Mat deep;
  soft.convertTo(deep, CV_16U, 257);
  CHECK(cv::countNonZero(inside_of(deep, false) != inside_of(soft, false)) == 0);
  const TemporaryFolder folder;
  const auto file = folder.path() / "m.jpg";
  for (const int quality : {5, 20, 50, 75, 95}) {
    CAPTURE(quality);
    cv::imwrite(file.string(), hard, {cv::IMWRITE_JPEG_QUALITY, quality});
    std::vector<std::string> warnings;
    CHECK(cv::countNonZero(read_masks({{file}}, {128, 128}, warnings).pixels != hard) < 300);
  }
}

TEST_CASE("masks: a cut JPEG gives the sentence that a picture gives") {
  const TemporaryFolder folder;
  cv::Mat noise(64, 64, CV_8UC1);
  cv::randu(noise, 0, 255);
  for (const char* ending : {".jpg", ".png"}) {
    const auto file = folder.path() / ("m" + std::string(ending));
    cv::imwrite(file.string(), noise);
    std::vector<std::uint8_t> bytes = read_whole_file(file);
    for (const std::size_t share : {30, 60, 95}) {
      std::vector<std::uint8_t> part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() * share / 100));
      write_whole_file(file, part);
      std::string sentence;
      try {
        (void)decode_image(part);
      } catch (const std::runtime_error& error) {
        sentence = error.what();
      }
      REQUIRE(sentence.find(" is truncated: it ends after ") != std::string::npos);
      std::vector<std::string> warnings;
      CHECK_THROWS_WITH((void)read_masks({{file}}, {64, 64}, warnings), ("the mask `" + file.string() + "`: " + sentence).c_str());
    }
  }
}

TEST_CASE("masks: a JPEG with codes of pixels left over is refused, also before a run") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "m.jpg";
  cv::Mat mask(64, 64, CV_8UC1, cv::Scalar(0));
  mask.colRange(0, 32) = 255;
  cv::imwrite(file.string(), mask);
  std::vector<std::uint8_t> bytes = read_whole_file(file), damaged = bytes;
  std::vector<std::string> warnings;
  (void)try_masks({{file}}, {64, 64});
  damaged.insert(damaged.end() - 2, 100, 0x55);
  write_whole_file(file, damaged);
  std::string sentence;
  try {
    (void)decode_image(damaged);
  } catch (const std::runtime_error& error) {
    sentence = "the mask `" + file.string() + "`: " + error.what();
  }
  REQUIRE(sentence.find("the JPEG is damaged: ") != std::string::npos);
  CHECK_THROWS_WITH((void)read_masks({{file}}, {64, 64}, warnings), sentence.c_str());
  CHECK_THROWS_WITH((void)try_masks({{file}}, {64, 64}), sentence.c_str());
}

TEST_CASE("masks: a shape in the alpha channel is read, and refused where the colours have another") {
  CHECK(is_left_half(inside_of(with_alpha({0, 0, 0, 255}, {0, 0, 0, 0}), false)));
  CHECK(is_left_half(inside_of(with_alpha({255, 255, 255, 255}, {255, 255, 255, 0}), false)));
  CHECK(is_left_half(inside_of(with_alpha({0, 0, 255, 128}, {255, 255, 255, 0}), false)));
  CHECK(is_left_half(inside_of(with_alpha({255, 255, 255, 255}, {0, 0, 0, 255}), false)));
  CHECK(is_left_half(inside_of(with_alpha({255, 255, 255, 0}, {0, 0, 0, 0}), false)));
  cv::Mat hidden = with_alpha({255, 255, 255, 255}, {0, 0, 0, 255});
  std::vector<cv::Mat> channels;
  cv::split(hidden, channels);
  channels[3].rowRange(0, 4) = 0;
  cv::merge(channels, hidden);
  CHECK(refusal_of_mask(hidden) == "has one shape in its colours and another in its transparency");
}

TEST_CASE("masks: one colour on black is a mask, two are refused") {
  cv::Mat picture(16, 16, CV_8UC3, cv::Scalar(0, 0, 0));
  picture.colRange(0, 8).setTo(cv::Scalar(0, 0, 255));
  CHECK(is_left_half(inside_of(picture, false)));
  picture.colRange(0, 8).setTo(cv::Scalar(0, 180, 255));
  CHECK(is_left_half(inside_of(picture, false)));
  picture(cv::Rect(8, 8, 8, 8)).setTo(cv::Scalar(0, 255, 0));
  CHECK(refusal_of_mask(picture) == "has areas of 2 colours; a mask has one, on black");
  const TemporaryFolder folder;
  const auto file = folder.path() / "m.jpg";
  picture(cv::Rect(8, 8, 8, 8)).setTo(cv::Scalar(0, 0, 0));
  picture.colRange(0, 8).setTo(cv::Scalar(0, 0, 255));
  cv::imwrite(file.string(), picture);
  std::vector<std::string> warnings;
  CHECK(is_left_half(read_masks({{file}}, {16, 16}, warnings).pixels));
}
