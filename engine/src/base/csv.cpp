#include "leat/csv.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

#include "base/utf8.h"

namespace leat {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text, char separator = ',') : text_(text), separator_(separator) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
    if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF") || text_.find('\0') != std::string_view::npos)
      throw std::runtime_error("the text is UTF-16 or no text; it must be UTF-8");
  }

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }

  CsvTable::Row row() {
    CsvTable::Row out;
    out.line = line_;
    do out.fields.push_back(is_next('"') ? quoted() : bare());
    while (skip(separator_));
    if (!at_end() && !skip_line_end()) throw std::runtime_error("line " + std::to_string(line_) + ": text after a closing quote");
    ++line_;
    return out;
  }

  CsvTable::Row line() {
    CsvTable::Row out{{""}, line_++};
    const std::size_t end = std::min(text_.find_first_of("\r\n", at_), text_.size());
    std::string_view field = text_.substr(at_, end - at_);
    while (!field.empty() && std::isspace(static_cast<unsigned char>(field.back()))) field.remove_suffix(1);
    out.fields[0] = field;
    at_ = end;
    skip_line_end();
    return out;
  }

 private:
  [[nodiscard]] bool is_next(char letter) const { return !at_end() && text_[at_] == letter; }
  bool skip(char letter) {
    if (!is_next(letter)) return false;
    ++at_;
    return true;
  }
  bool skip_line_end() {
    const bool is_return = skip('\r');
    return skip('\n') || is_return;
  }
  std::string bare() {
    const std::array ends{separator_, '\r', '\n'};
    const std::size_t end = std::min(text_.find_first_of(std::string_view(ends.data(), ends.size()), at_), text_.size());
    std::string out(text_.substr(at_, end - at_));
    at_ = end;
    return out;
  }
  std::string quoted() {
    const int begin = line_;
    ++at_;
    std::string out;
    while (!at_end()) {
      const char letter = text_[at_++];
      if (letter == '"' && !skip('"')) return out;
      if (letter == '\n' || (letter == '\r' && !is_next('\n'))) ++line_;
      out += letter;
    }
    throw std::runtime_error("line " + std::to_string(begin) + ": a quote is not closed");
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

int CsvTable::find_column(std::string_view name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  return found == header.end() ? -1 : static_cast<int>(found - header.begin());
}

CsvTable read_csv(std::string_view text, char separator) {
  Reader reader(text, separator);
  CsvTable table;
  while (!reader.at_end()) {
    CsvTable::Row row = reader.row();
    if (row.fields.size() == 1 && row.fields[0].empty()) continue;
    if (table.header.empty()) {
      table.header = std::move(row.fields);
      continue;
    }
    if (row.fields.size() != table.header.size())
      throw std::runtime_error("line " + std::to_string(row.line) + " has " + std::to_string(row.fields.size()) +
                               " fields, but the header has " + std::to_string(table.header.size()));
    table.rows.push_back(std::move(row));
  }
  return table;
}

CsvTable read_lines(std::string_view text, std::string_view header) {
  Reader reader(text);
  CsvTable table;
  table.header = {std::string(header)};
  while (!reader.at_end()) {
    CsvTable::Row row = reader.line();
    if (!row.fields[0].empty()) table.rows.push_back(std::move(row));
  }
  return table;
}

std::size_t find_not_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"') out += '"';
    out += letter;
  }
  return out + '"';
}

}  // namespace leat
