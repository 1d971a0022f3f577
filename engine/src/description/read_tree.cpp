#include "leat/read_tree.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/scalar.h"
#include "description/characters.h"

namespace leat {

namespace {

constexpr std::size_t max_depth = 64;
constexpr std::size_t max_values = 200'000;

/// Thrown through yaml-cpp's parser to stop reading. The diagnostic is written already.
struct Abandoned final : std::exception {};

struct Anchored {
  Tree tree;
  std::size_t depth;
  std::size_t values;
};

/// A list or map in progress.
struct Level {
  Tree tree;
  YAML::anchor_t anchor = 0;
  std::size_t values_before = 0;
  std::size_t depth_below = 1;
  bool has_key = false;
  bool is_skipped = false;
  std::string key;
  Place key_place;
  std::map<std::string, Place> keys;
};

/// Builds a Tree from yaml-cpp's events. yaml-cpp's own nodes lose the places of keys and keep duplicates silently.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::shared_ptr<const SourceText> text, Diagnostics& diagnostics) : text_(std::move(text)), diagnostics_(diagnostics) {}

  [[nodiscard]] Tree take() {
    for (Place& place : keys_of_nothing_) diagnostics_.error("yaml.key", std::move(place), "a key must be a text, found nothing");
    return std::move(root_);
  }
  /// Returns the begin of the innermost list or map that is not closed; an empty place if there is none.
  [[nodiscard]] Place begin_of_open() const { return levels_.empty() ? Place() : levels_.back().tree.place; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const bool is_written = anchor != 0 || starts_with_null(*text_, mark.line, mark.column);
    Tree tree = made(Tree::Kind::Null, is_written ? place(mark) : place_of_nothing());
    add(remember(std::move(tree), anchor), 1);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& value) override {
    Tree tree = made(Tree::Kind::Scalar, place(mark));
    check_tag(tag, tree.place);
    if (value.find('\0') != std::string::npos) diagnostics_.error("yaml.character", tree.place, "the text has a zero character in it");
    tree.scalar = value;
    tree.is_quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    add(remember(std::move(tree), anchor), 1);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) abandon("yaml.syntax", place(mark), "an alias is inside the value that it repeats");
    Tree tree = found->second.tree;
    tree.place = place(mark);
    count(found->second.values);
    add(std::move(tree), found->second.depth);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    begin(Tree::Kind::List, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    begin(Tree::Kind::Map, mark, tag, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  [[nodiscard]] Place place(const YAML::Mark& mark) const { return place_at(text_, mark.line, mark.column); }

  /// Returns the place for an empty value, because yaml-cpp gives it the place of the text after it.
  [[nodiscard]] Place place_of_nothing() const {
    if (levels_.empty()) return place_at(text_, 0, 0);
    return levels_.back().has_key ? levels_.back().key_place : levels_.back().tree.place;
  }

  [[noreturn]] void abandon(std::string_view id, Place at, std::string text) {
    diagnostics_.error(id, std::move(at), std::move(text));
    throw Abandoned();
  }

  void count(std::size_t values) {
    values_ += values;
    if (values_ > max_values)
      abandon("yaml.size", place_at(text_, 0, 0), "the text has more than " + std::to_string(max_values) + " values, aliases counted");
  }

  [[nodiscard]] Tree made(Tree::Kind kind, Place at) {
    count(1);
    Tree tree;
    tree.kind = kind;
    tree.place = std::move(at);
    tree.directory = text_->directory;
    return tree;
  }

  void check_tag(const std::string& tag, const Place& at) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str") return;
    constexpr std::string_view standard = "tag:yaml.org,2002:";
    const std::string written = tag.starts_with(standard) ? "!!" + tag.substr(standard.size()) : tag;
    diagnostics_.error("yaml.tag", at, "the tag `" + written + "` means nothing in a graph", "quotes make a value text");
  }

  Tree remember(Tree tree, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_.insert_or_assign(anchor, Anchored{tree, 0, 1});
    return tree;
  }

  void begin(Tree::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    Level level;
    level.values_before = values_;
    level.tree = made(kind, place(mark));
    level.anchor = anchor;
    check_tag(tag == "tag:yaml.org,2002:str" ? "!!str" : tag, level.tree.place);
    levels_.push_back(std::move(level));
    if (levels_.size() > max_depth)
      abandon("yaml.size", place(mark), "the text is nested more than " + std::to_string(max_depth) + " deep");
  }

  void end() {
    Level level = std::move(levels_.back());
    levels_.pop_back();
    if (level.anchor != 0) anchors_.insert_or_assign(level.anchor, Anchored{level.tree, level.depth_below, values_ - level.values_before});
    add(std::move(level.tree), level.depth_below);
  }

  void add(Tree value, std::size_t depth) {
    if (levels_.size() + depth > max_depth)
      abandon("yaml.size", value.place, "the text is nested more than " + std::to_string(max_depth) + " deep");
    if (levels_.empty()) {
      root_ = std::move(value);
      return;
    }
    Level& level = levels_.back();
    level.depth_below = std::max(level.depth_below, depth + 1);
    if (level.tree.is_list()) {
      level.tree.items.push_back(std::move(value));
    } else if (!level.has_key) {
      add_key(level, value);
    } else {
      level.has_key = false;
      if (!level.is_skipped) level.tree.entries.push_back({level.key, level.key_place, std::move(value)});
    }
  }

  void add_key(Level& level, const Tree& key) {
    level.has_key = true;
    level.key = key.scalar;
    level.key_place = key.place;
    level.is_skipped = !key.is_scalar();
    // Where a text ends inside a map, yaml-cpp tells of an empty key before the mistake.
    if (key.kind == Tree::Kind::Null) {
      keys_of_nothing_.push_back(key.place);
      return;
    }
    if (level.is_skipped) {
      diagnostics_.error("yaml.key", key.place, "a key must be a text, found " + key.describe());
      return;
    }
    level.is_skipped = level.key == "<<" && !key.is_quoted;
    if (level.is_skipped) {
      diagnostics_.error("yaml.key", key.place, "`<<` is not supported, because a graph does not merge maps",
                         "use templates, `like` of a phase or `extends`");
      return;
    }
    const auto [first, is_new] = level.keys.try_emplace(level.key, key.place);
    level.is_skipped = !is_new;
    if (!is_new)
      diagnostics_.error("key.duplicate", key.place, "the key `" + level.key + "` is used here a second time")
          .notes.push_back({first->second, "the first is here"});
  }

  std::shared_ptr<const SourceText> text_;
  Diagnostics& diagnostics_;
  Tree root_;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::vector<Place> keys_of_nothing_;
  std::size_t values_ = 0;
};

/// Finds out whether there is a second document, and where.
class SecondDocument final : public YAML::EventHandler {
 public:
  explicit SecondDocument(std::shared_ptr<const SourceText> text) : text_(std::move(text)) {}
  Place place;

  void OnDocumentStart(const YAML::Mark& mark) override { place = place_at(text_, mark.line, mark.column); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  std::shared_ptr<const SourceText> text_;
};

std::string syntax_hint(const std::string& line) {
  if (!line.empty() && line.find_first_not_of(" \t") != std::string::npos &&
      line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string::npos)
    return "indent with spaces: this line begins with a tab";
  const std::size_t colon = line.find(": ");
  if (colon != std::string::npos && line.find(": ", colon + 1) != std::string::npos && line.find_first_of("{[\"'#") == std::string::npos)
    return "a text with a `:` in it needs quotes";
  const std::size_t brace = line.find("${");
  if (brace != std::string::npos && line.find_first_of("{[") < brace) return "inside { } and [ ] a text with ${…} needs quotes";
  return {};
}

/// Returns a message for a mistake. yaml-cpp's messages for common mistakes name its grammar, not the text.
std::string syntax_words(const std::string& message) {
  if (message == YAML::ErrorMsg::END_OF_MAP_FLOW) return "a `{` is not closed before this";
  if (message == YAML::ErrorMsg::END_OF_SEQ_FLOW) return "a `[` is not closed before this";
  if (message == YAML::ErrorMsg::END_OF_MAP) return "the indentation of this line matches no line above it";
  if (message == YAML::ErrorMsg::MAP_VALUE) return "a `:` is not valid here";
  return message;
}

void report_syntax(const YAML::Exception& error, const std::shared_ptr<const SourceText>& text, const Place& opened,
                   Diagnostics& diagnostics) {
  const Place place = place_at(text, error.mark.line, error.mark.column);
  const bool is_behind = error.mark.line >= static_cast<int>(text->lines.size());
  const std::string hint = text->lines.empty() ? std::string() : syntax_hint(text->lines[static_cast<std::size_t>(place.line - 1)]);
  Diagnostic& mistake = diagnostics.error("yaml.syntax", place,
                                          "invalid YAML: " + (is_behind ? "the text ends inside a value" : syntax_words(error.msg)), hint);
  const bool is_open = error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW || error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW;
  if (is_open && opened.text) mistake.notes.push_back({opened, "it is opened here"});
}

}  // namespace

Tree read_tree(std::shared_ptr<const SourceText> text, Diagnostics& diagnostics) {
  if (!check_characters(text, diagnostics)) return {};
  std::string content;
  for (const std::string& line : text->lines) content += line + "\n";
  // yaml-cpp accepts a quoted scalar that is not closed at the end of the text, but not at the end of a document.
  std::istringstream stream(content + "...\n");
  Builder builder(text, diagnostics);
  try {
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    SecondDocument second(text);
    if (parser.HandleNextDocument(second)) {
      diagnostics.error("yaml.documents", second.place, "a second document begins here; a text holds one");
      return {};
    }
  } catch (const Abandoned&) {
    return {};
  } catch (const YAML::Exception& error) {
    report_syntax(error, text, builder.begin_of_open(), diagnostics);
    return {};
  }
  return builder.take();
}

}  // namespace leat
