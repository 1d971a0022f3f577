#include "leat/csv.h"

#include <algorithm>
#include <stdexcept>

namespace leat {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }

  CsvTable::Row row() {
    CsvTable::Row out;
    out.line = line_;
    do out.fields.push_back(is_next('"') ? quoted() : bare());
    while (skip(','));
    skip('\r');
    if (!at_end() && !skip('\n')) throw std::runtime_error("line " + std::to_string(line_) + ": text after a closing quote");
    ++line_;
    return out;
  }

 private:
  [[nodiscard]] bool is_next(char letter) const { return !at_end() && text_[at_] == letter; }
  bool skip(char letter) {
    if (!is_next(letter)) return false;
    ++at_;
    return true;
  }
  std::string bare() {
    const std::size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
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
      if (letter == '\n') ++line_;
      out += letter;
    }
    throw std::runtime_error("line " + std::to_string(begin) + ": a quote is not closed");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

int CsvTable::find_column(std::string_view name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  return found == header.end() ? -1 : static_cast<int>(found - header.begin());
}

CsvTable read_csv(std::string_view text) {
  Reader reader(text);
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
                               " fields, the header has " + std::to_string(table.header.size()));
    table.rows.push_back(std::move(row));
  }
  return table;
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
