#include "leat/record_file.h"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "leat/csv.h"

namespace leat {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 18;

}  // namespace

RecordFile::RecordFile(const std::filesystem::path& file, char separator)
    : path_(file.string()), separator_(separator), in_(file, std::ios::binary), buffer_(buffer_bytes) {
  if (!in_) throw std::runtime_error("`" + path_ + "` cannot be read: " + std::generic_category().message(errno));
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (peek() < 0 || filled_ < mark.size() || std::string_view(buffer_.data(), mark.size()) != mark) return;
  at_ = mark.size();
  position_ = static_cast<std::int64_t>(mark.size());
}

int RecordFile::peek() {
  if (at_ == filled_) {
    in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (in_.bad()) throw std::runtime_error("`" + path_ + "` cannot be read: " + std::generic_category().message(errno));
    at_ = 0;
    filled_ = static_cast<std::size_t>(in_.gcount());
    if (filled_ == 0) return -1;
  }
  return static_cast<unsigned char>(buffer_[at_]);
}

int RecordFile::take() {
  const int letter = peek();
  if (letter < 0) return letter;
  ++at_;
  ++position_;
  return letter;
}

bool RecordFile::next() {
  text_.clear();
  begin_ = position_;
  line_ = lines_read_ + 1;
  if (peek() < 0) return false;
  ++lines_read_;
  is_line_ended_ = false;
  bool is_quoted = false, is_at_begin = true, has_closed = false;  // Of a field; the last: by the letter before.
  for (int letter = take(); letter >= 0; letter = take()) {
    const bool is_end = letter == '\n' || letter == '\r';
    if (is_end) {
      const bool is_pair = letter == '\r' && peek() == '\n';
      if (!is_quoted) {
        if (is_pair) take();
        is_line_ended_ = true;
        return true;
      }
      if (!is_pair) ++lines_read_;
    }
    // A doubled quote ends the quoted part and begins it again.
    const bool is_mark = separator_ != 0 && letter == '"' && (is_quoted || is_at_begin || has_closed);
    has_closed = is_mark && is_quoted;
    if (is_mark) is_quoted = !is_quoted;
    is_at_begin = !is_quoted && separator_ != 0 && letter == static_cast<unsigned char>(separator_);
    text_ += static_cast<char>(letter);
  }
  return true;
}

std::vector<std::string> fields_of(std::string_view record, char separator) {
  CsvTable table = read_csv(record, separator);
  if (!table.rows.empty()) throw std::runtime_error("a record has several rows");
  return std::move(table.header);
}

}  // namespace leat
