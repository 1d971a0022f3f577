#include "leat/diagnostics.h"

#include <algorithm>

#include "leat/check.h"
#include "leat/spelling.h"

namespace leat {

const std::vector<std::string_view>& diagnostic_ids() {
  static const std::vector<std::string_view> ids{
      "contract.broken",    "cycle",           "data.shared",      "data.similar",     "data.unknown",
      "data.unshared",      "edge.diagnostic", "edge.grain",       "edge.type",        "entries.several",
      "extends.cycle",      "file.read",       "gradient.border",  "graph.size",       "graph.version",
      "input.missing",      "input.unknown",   "keep.metric",      "key.duplicate",    "key.missing",
      "key.unknown",        "lane.unknown",    "memory.cache",     "memory.step",      "name.invalid",
      "name.twice",         "names.differ",    "names.guessed",    "names.lack",       "names.order",
      "needs.plugin",       "node.refused",    "node.type",        "node.unknown",     "output.unknown",
      "param.missing",      "param.multiple",  "param.range",      "param.reference",  "param.text",
      "param.type",         "param.unknown",   "param.unset",      "param.value",      "phase.empty",
      "phase.kind",         "phase.like",      "plan.cache",       "plan.keep",        "plan.length",
      "plan.phase",         "plan.record",     "plan.stop",        "plan.validate",    "predict.input",
      "resource.cycle",     "resource.kind",   "resource.refused", "resource.type",    "resource.unknown",
      "resource.unordered", "resource.unused", "resource.writer",  "rows.paired",      "rows.unknown",
      "set.unknown",        "set.unused",      "source.missing",   "survey.warning",   "template.cycle",
      "template.input",     "template.output", "template.param",   "template.unknown", "value.kind",
      "value.word",         "yaml.character",  "yaml.documents",   "yaml.key",         "yaml.size",
      "yaml.syntax",        "yaml.tag",
  };
  return ids;
}

std::string Place::str() const {
  if (!text) return "graph";
  return text->name + ":" + std::to_string(line) + ":" + std::to_string(column);
}

Diagnostic& Diagnostics::error(std::string_view id, Place place, std::string text, std::string hint) {
  LEAT_CHECK(std::find(diagnostic_ids().begin(), diagnostic_ids().end(), id) != diagnostic_ids().end());
  return all_.emplace_back(Diagnostic{std::string(id), std::move(place), std::move(text), std::move(hint), {}, false});
}

Diagnostic& Diagnostics::warning(std::string_view id, Place place, std::string text, std::string hint) {
  Diagnostic& added = error(id, std::move(place), std::move(text), std::move(hint));
  added.is_warning = true;
  return added;
}

void Diagnostics::add(Diagnostic one) { all_.push_back(std::move(one)); }

void Diagnostics::append(const Diagnostics& others) { all_.insert(all_.end(), others.all_.begin(), others.all_.end()); }

bool Diagnostics::has_errors() const {
  return std::any_of(all_.begin(), all_.end(), [](const Diagnostic& one) { return !one.is_warning; });
}

namespace {

/// Returns a line with one column per character, whatever bytes the file has.
std::string in_columns(std::string_view line) {
  std::string out;
  for (std::size_t k = 0; k < line.size();) {
    const auto byte = static_cast<unsigned char>(line[k]);
    const std::size_t length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    bool is_whole = byte < 0x80 || (byte >= 0xC2 && byte <= 0xF4 && k + length <= line.size());
    for (std::size_t next = 1; is_whole && next < length; ++next) is_whole = (static_cast<unsigned char>(line[k + next]) & 0xC0) == 0x80;
    if (!is_whole) out += '?';
    else if (byte < 0x20 || byte == 0x7F) out += byte == '\t' ? ' ' : '?';
    else out += line.substr(k, length);
    k += is_whole ? length : 1;
  }
  return out;
}

std::string shown(const Place& place, const std::string& hint) {
  if (!place.text || place.line < 1 || place.line > static_cast<int>(place.text->lines.size()))
    return hint.empty() ? "" : "      " + hint + "\n";
  const std::string line = in_columns(place.text->lines[static_cast<std::size_t>(place.line - 1)]);
  const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
  std::string out = "      " + line.substr(indent) + "\n";
  const std::size_t caret = static_cast<std::size_t>(std::max(0, place.column - 1));
  out += "      " + std::string(caret > indent ? caret - indent : 0, ' ') + "^" + (hint.empty() ? "" : " " + hint) + "\n";
  return out;
}

}  // namespace

std::string Diagnostics::str() const {
  std::vector<const Diagnostic*> sorted;
  for (const Diagnostic& one : all_) sorted.push_back(&one);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic* a, const Diagnostic* b) {
    const std::string& first = a->place.text ? a->place.text->name : std::string();
    const std::string& second = b->place.text ? b->place.text->name : std::string();
    if (first != second) return first < second;
    return std::pair(a->place.line, a->place.column) < std::pair(b->place.line, b->place.column);
  });
  std::string out;
  for (const Diagnostic* one : sorted) {
    out += one->place.str() + (one->is_warning ? ": warning: " : ": error: ") + one->text + "\n" + shown(one->place, one->hint);
    for (const Note& note : one->notes) out += note.place.str() + ": note: " + note.text + "\n" + shown(note.place, {});
  }
  return printable(out);
}

void Diagnostics::throw_if_errors() const {
  if (has_errors()) throw GraphError(*this);
}

GraphError::GraphError(Diagnostics diagnostics) : std::runtime_error(diagnostics.str()), diagnostics_(std::move(diagnostics)) {}

std::string name_list(const std::vector<std::string>& names) {
  if (names.empty() || names.size() > 8) return {};
  std::string out;
  for (std::size_t k = 0; k < names.size(); ++k) {
    if (k > 0) out += k + 1 == names.size() ? " and " : ", ";
    out += "`" + names[k] + "`";
  }
  return out;
}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t k = 0; k <= b.size(); ++k) row[k] = k;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t k = 1; k <= b.size(); ++k) {
      const std::size_t changed = diagonal + (a[i - 1] == b[k - 1] ? 0 : 1);
      diagonal = row[k];
      row[k] = std::min({row[k] + 1, row[k - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view wrong, const std::vector<std::string>& names) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  for (const std::string& candidate : names) {
    const std::size_t distance = edit_distance(wrong, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

std::string name_hint(std::string_view wrong, const std::vector<std::string>& names) {
  const std::string near = nearest_name(wrong, names);
  if (!near.empty()) return "did you mean `" + near + "`?";
  const std::string list = name_list(names);
  if (list.empty()) return {};
  return names.size() == 1 ? "the only valid name is " + list : "valid names are " + list;
}

std::shared_ptr<const SourceText> source_text(std::string name, std::filesystem::path directory, std::string_view content) {
  auto text = std::make_shared<SourceText>();
  text->name = std::move(name);
  text->directory = std::move(directory);
  if (content.starts_with("\xEF\xBB\xBF")) content.remove_prefix(3);
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    text->lines.emplace_back(line);
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return text;
}

}  // namespace leat
