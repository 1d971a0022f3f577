#include "report/report_table.h"

#include <algorithm>
#include <string_view>

#include "base/text_width.h"

namespace leat::report {

namespace {

std::string beside(const ReportCell& cell) { return cell.interval.empty() ? cell.figure : cell.figure + " [" + cell.interval + "]"; }

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// The text of some adjacent columns of a table.
class Block {
 public:
  Block(const ReportTable& table, std::size_t first, std::size_t width) : table_(table), first_(first), last_(first) {
    label_width_ = text_width(table.corner);
    for (const ReportTable::Row& row : table.rows) label_width_ = std::max(label_width_, text_width(row.label));
    std::size_t used = label_width_;
    for (; last_ < table.columns.size(); ++last_) {
      widths_.push_back(width_of_column(last_));
      used += 2 + widths_.back();
      if (used > width && last_ > first_) return;
    }
  }

  [[nodiscard]] std::size_t end() const { return last_; }

  [[nodiscard]] std::string text() const {
    std::string out = heading();
    for (const ReportTable::Row& row : table_.rows) {
      bool has_below = false;
      std::string above = padded(row.label, label_width_), below(label_width_, ' ');
      for (std::size_t c = first_; c < last_; ++c) {
        const ReportCell& cell = row.cells[c];
        above += "  " + padded(table_.has_intervals_below ? cell.figure : beside(cell), widths_[c - first_]);
        below += "  " + padded(cell.interval, widths_[c - first_]);
        has_below |= table_.has_intervals_below && !cell.interval.empty();
      }
      out += without_trailing_spaces(above);
      if (has_below) out += without_trailing_spaces(below);
    }
    return out;
  }

 private:
  [[nodiscard]] std::size_t width_of_column(std::size_t c) const {
    const ReportTable::Column& column = table_.columns[c];
    // A shared upper heading can extend over several columns.
    const bool is_shared = (c > 0 && table_.columns[c - 1].upper == column.upper) ||
                           (c + 1 < table_.columns.size() && table_.columns[c + 1].upper == column.upper);
    std::size_t width = std::max(text_width(column.lower), is_shared ? 0 : text_width(column.upper));
    for (const ReportTable::Row& row : table_.rows)
      width = std::max(width, table_.has_intervals_below ? std::max(text_width(row.cells[c].figure), text_width(row.cells[c].interval))
                                                         : text_width(beside(row.cells[c])));
    return width;
  }

  [[nodiscard]] std::string heading() const {
    std::string upper(label_width_, ' '), lower = padded(table_.corner, label_width_);
    std::size_t place = label_width_;
    for (std::size_t c = first_; c < last_; ++c) {
      const bool is_new = c == first_ || table_.columns[c].upper != table_.columns[c - 1].upper;
      if (is_new) upper = padded(upper, place) + "  " + table_.columns[c].upper;
      lower += "  " + padded(table_.columns[c].lower, widths_[c - first_]);
      place += 2 + widths_[c - first_];
    }
    const bool has_upper = upper.find_first_not_of(' ') != std::string::npos;
    return (has_upper ? without_trailing_spaces(upper) : "") + without_trailing_spaces(lower);
  }

  const ReportTable& table_;
  std::size_t first_;
  std::size_t last_;
  std::size_t label_width_ = 0;
  std::vector<std::size_t> widths_;
};

/// Returns the text with control characters, such as line breaks and terminal sequences, written as `\x0A`. `bars`: also escapes `|`, for a
/// field of Markdown.
std::string in_one_line(const std::string& text, bool bars) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 || byte == 0x7F) out.append({'\\', 'x', digits[byte / 16], digits[byte % 16]});
    else out += bars && letter == '|' ? "\\|" : std::string(1, letter);
  }
  return out;
}

/// Returns the table with all names escaped by `in_one_line`.
ReportTable in_lines(ReportTable table, bool bars) {
  table.corner = in_one_line(table.corner, bars);
  for (ReportTable::Column& column : table.columns) {
    column.upper = in_one_line(column.upper, bars);
    column.lower = in_one_line(column.lower, bars);
  }
  for (ReportTable::Row& row : table.rows) row.label = in_one_line(row.label, bars);
  return table;
}

}  // namespace

std::string ReportTable::text(std::size_t width) const {
  const ReportTable shown = in_lines(*this, false);
  std::string out;
  for (std::size_t first = 0; first < columns.size();) {
    const Block block(shown, first, width);
    out += (first == 0 ? "" : "\n") + block.text();
    first = block.end();
  }
  return out;
}

std::string ReportTable::markdown() const {
  const ReportTable shown = in_lines(*this, true);
  std::string out = "| " + shown.corner + " |", rule = "|---|";
  for (const Column& column : shown.columns) {
    out += " " + column.upper + (column.upper.empty() || column.lower.empty() ? "" : " ") + column.lower + " |";
    rule += "---|";
  }
  out += "\n" + rule + "\n";
  for (const Row& row : shown.rows) {
    out += "| " + row.label + " |";
    for (const ReportCell& cell : row.cells) out += " " + beside(cell) + " |";
    out += "\n";
  }
  return out;
}

std::string wrapped(const std::string& words, std::size_t width) {
  constexpr const char* blanks = " \t\r\n";
  const auto begin_of_word = [&](std::size_t at) { return std::min(words.find_first_not_of(blanks, at), words.size()); };
  const auto end_of_word = [&](std::size_t at) { return std::min(words.find_first_of(blanks, at), words.size()); };
  std::string out, line;
  for (std::size_t end = 0, begin = begin_of_word(0); begin < words.size(); begin = begin_of_word(end)) {
    // The name of a file can have several blanks in a row; they stay, and stay in one line.
    std::string gap = line.empty() ? "" : words.substr(end, begin - end);
    if (gap.find_first_not_of(' ') != std::string::npos) gap = " ";
    end = end_of_word(begin);
    // Do not break an interval.
    if (words[begin] == '[' && words.substr(begin, end - begin).find(']') == std::string::npos) end = end_of_word(begin_of_word(end));
    const std::string word = words.substr(begin, end - begin);
    if (gap.size() == 1 && text_width(line) + 1 + text_width(word) > width) {
      out += line + "\n";
      line = gap = " ";
    }
    line += gap + word;
  }
  return out + line + "\n";
}

}  // namespace leat::report
