#include "description/reading.h"

#include <algorithm>
#include <cmath>

#include "base/graph_name.h"
#include "base/scalar.h"

namespace leat {

namespace {

constexpr std::size_t most_spent = 2'000'000;

std::vector<std::string> names_of(Keys keys) {
  std::vector<std::string> names;
  for (const Key* key : keys) names.emplace_back(key->name);
  return names;
}

bool is_name(std::string_view name, NameRule rule) {
  if (rule != NameRule::WithSlashes) return is_graph_name(name);
  for (std::size_t begin = 0, end = 0; end != std::string_view::npos; begin = end + 1) {
    end = name.find('/', begin);
    if (!is_graph_name(name.substr(begin, end - begin))) return false;
  }
  return true;
}

}  // namespace

void Reading::spend(std::size_t size) {
  spent_ += size;
  if (spent_ > most_spent) throw TooLarge();
}

Reading::Misnamed::Misnamed(Reading& reading, const Tree* nodes) : reading_(reading) {
  if (nodes)
    for (const Tree::Entry& entry : nodes->entries)
      if (!is_name(entry.key, NameRule::WithSlashes) || reading.is_duplicate(entry.key_place)) outer_.push_back(entry.key);
  reading_.misnamed_.swap(outer_);
}

bool Reading::is_misnamed(std::string_view reference) const {
  return std::any_of(misnamed_.begin(), misnamed_.end(), [reference](const std::string& name) {
    return !name.empty() && reference.starts_with(name) && (reference.size() == name.size() || reference[name.size()] == '.');
  });
}

void Reading::note_duplicates() {
  for (const Diagnostic& one : diagnostics.all())
    if (one.id == "key.duplicate")
      for (const Note& first : one.notes) duplicates_.insert(key_of(first.place));
}

bool Reading::has_duplicate(const Tree& map) const {
  return !duplicates_.empty() && std::any_of(map.entries.begin(), map.entries.end(),
                                             [this](const Tree::Entry& entry) { return duplicates_.contains(key_of(entry.key_place)); });
}

bool Reading::has_broken(const Tree& tree) const {
  const auto is_one = [this](const Tree& one) { return has_broken(one); };
  return is_broken(tree.place) || has_duplicate(tree) || std::any_of(tree.items.begin(), tree.items.end(), is_one) ||
         std::any_of(tree.entries.begin(), tree.entries.end(), [&](const Tree::Entry& entry) { return is_one(entry.value); });
}

Tree Reading::without_broken(const Tree& tree) const {
  Tree out = tree;
  std::erase_if(out.entries, [this](const Tree::Entry& entry) {
    return is_broken(entry.value.place) || (!entry.value.is_map() && has_broken(entry.value));
  });
  for (Tree::Entry& entry : out.entries) entry.value = without_broken(entry.value);
  return out;
}

Section::Section(const Tree& tree, std::string what, Place name_place, const std::vector<std::string>& keys, Reading& reading)
    : tree_(tree), what_(std::move(what)), name_place_(std::move(name_place)), reading_(reading) {
  if (!tree.is_map()) {
    refuse_value(reading, tree, what_, "a map", "its keys are " + name_list(keys));
    return;
  }
  for (const Tree::Entry& entry : tree.entries)
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) {
      meant_.insert(nearest_name(entry.key, keys));
      reading.diagnostics.error("key.unknown", entry.key_place, what_ + " has no key `" + entry.key + "`", name_hint(entry.key, keys));
    }
}

Section::Section(const Tree& tree, std::string what, Place name_place, Keys keys, Reading& reading)
    : Section(tree, std::move(what), std::move(name_place), names_of(keys), reading) {}

const Tree* Section::find(std::string_view key) const {
  const Tree* value = tree_.find(key);
  return value && !value->is_null() ? value : nullptr;
}

const Tree* Section::require(std::string_view key, std::string_view hint) {
  const Tree* value = find(key);
  if (!value && tree_.is_map() && !is_misspelt(key) && !reading_.has_duplicate(tree_)) {
    const Tree* null = tree_.find(key);
    reading_.diagnostics.error("key.missing", null ? null->place : name_place_, what_ + " has no `" + std::string(key) + "`",
                               std::string(hint));
  }
  return value;
}

std::optional<Named> Section::word(std::string_view key) {
  const Tree* value = find(key);
  if (!value || reading_.is_broken(value->place)) return {};
  if (!value->is_scalar() || value->scalar.empty()) {
    refuse_value(reading_, *value, subject(key), "a text");
    return {};
  }
  return Named{value->scalar, value->place};
}

std::optional<std::int64_t> Section::whole(std::string_view key, std::int64_t low) {
  const Tree* value = find(key);
  if (!value) return {};
  const std::optional<std::int64_t> number = value->is_scalar() && !value->is_quoted ? whole_number(value->scalar) : std::nullopt;
  if (number && *number >= low) return number;
  refuse_value(reading_, *value, subject(key), "a whole number of at least " + std::to_string(low));
  return {};
}

std::optional<double> Section::number(std::string_view key, double low) {
  const Tree* value = find(key);
  if (!value) return {};
  const std::optional<double> number = value->is_scalar() && !value->is_quoted ? any_number(value->scalar) : std::nullopt;
  if (number && std::isfinite(*number) && *number >= low) return number;
  refuse_value(reading_, *value, subject(key), "a number of at least " + number_text(low));
  return {};
}

const Tree* Section::map(std::string_view key) {
  const Tree* value = find(key);
  if (!value || value->is_map()) return value;
  refuse_value(reading_, *value, subject(key), "a map");
  return nullptr;
}

bool Section::knows_all(std::string_view key) const {
  if (reading_.has_duplicate(tree_)) return false;
  const Tree* value = find(key);
  return value ? value->is_map() && !reading_.has_duplicate(*value) : !is_misspelt(key);
}

std::string Section::subject(std::string_view key) const { return "`" + std::string(key) + "` of " + what_; }

void refuse_value(Reading& reading, const Tree& tree, const std::string& subject, const std::string& wanted, const std::string& hint) {
  reading.diagnostics.error("value.kind", tree.place, subject + " must be " + wanted + ", found " + tree.describe(), hint);
}

std::vector<Named> read_words(const Tree& tree, const std::string& subject, const std::string& wanted, Reading& reading) {
  if (reading.is_broken(tree.place)) return {};
  if (tree.is_scalar() && !tree.scalar.empty()) return {{tree.scalar, tree.place}};
  std::vector<Named> words;
  for (const Tree& item : tree.items) {
    if (reading.is_broken(item.place)) continue;
    if (item.is_scalar() && !item.scalar.empty()) words.push_back({item.scalar, item.place});
    else refuse_value(reading, item, subject, wanted);
  }
  if (!tree.is_list()) refuse_value(reading, tree, subject, wanted);
  return words;
}

std::vector<Named> read_dotted(const Tree& tree, const std::string& subject, const std::string& wanted, Reading& reading) {
  std::vector<Named> found;
  for (Named& word : read_words(tree, subject, wanted, reading)) {
    const std::size_t first = word.text.find('.');
    const std::size_t second = first == std::string::npos ? first : word.text.find('.', first + 1);
    const bool has_three = first != 0 && second != std::string::npos && second > first + 1 && second + 1 < word.text.size();
    if (has_three) found.push_back(std::move(word));
    else reading.diagnostics.error("value.kind", word.place, subject + " must be " + wanted + ", found the text `" + word.text + "`");
  }
  if (tree.is_list() && tree.items.empty()) refuse_value(reading, tree, subject, wanted);
  return found;
}

bool check_name(const std::string& name, const Place& place, std::string_view what, NameRule rule, Reading& reading) {
  // The names of a phase and a node together form a file name, `images/PHASE.NODE.csv`, of at most 255 bytes.
  constexpr std::size_t most_letters = 100;
  std::size_t letters = 0;
  for (const char letter : name) {
    letters = letter == '/' ? 0 : letters + 1;
    if (letters <= most_letters) continue;
    reading.diagnostics.error("name.invalid", place, "`" + name + "` is too long a name for a " + std::string(what),
                              "names have at most " + std::to_string(most_letters) + " letters");
    return false;
  }
  if (is_name(name, rule)) return true;
  reading.diagnostics.error("name.invalid", place, "`" + name + "` is not a valid name for a " + std::string(what), graph_name_rule);
  return false;
}

}  // namespace leat
