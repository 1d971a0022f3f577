#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// A text by the user: a graph file, or a setting on the command line. Shared by all places that point into it.
struct SourceText {
  std::string name;                 ///< Name in messages: the file as the user named it, or `--set size`.
  std::filesystem::path directory;  ///< Start of relative paths in this text.
  std::vector<std::string> lines;
};

/// Returns a text, split into lines, with its name and folder.
[[nodiscard]] std::shared_ptr<const SourceText> source_text(std::string name, std::filesystem::path directory, std::string_view content);

/// A point in a text. Lines and columns count from 1. `text` is shared because diagnostics outlive the tree that they point into.
struct Place {
  std::shared_ptr<const SourceText> text;
  int line = 0;
  int column = 0;

  [[nodiscard]] std::string str() const;  ///< `graphs/train.yaml:7:5`
};

struct Note {
  Place place;
  std::string text;
};

/// One mistake in the user's text: its place, what was found, and a hint how to fix it.
struct Diagnostic {
  std::string id;  ///< One of `diagnostic_ids()`.
  Place place;
  std::string text;
  std::string hint;
  std::vector<Note> notes;
  bool is_warning = false;
};

/// Returns every id that a Diagnostic can have. Invariant: each id has a golden file in tests/errors.
[[nodiscard]] const std::vector<std::string_view>& diagnostic_ids();

/// Collects mistakes, so that all are reported at once. `str` sorts them by place. [setup]
class Diagnostics {
 public:
  Diagnostic& error(std::string_view id, Place place, std::string text, std::string hint = {});
  Diagnostic& warning(std::string_view id, Place place, std::string text, std::string hint = {});

  void add(Diagnostic one);
  void append(const Diagnostics& others);

  [[nodiscard]] bool has_errors() const;
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  [[nodiscard]] std::string str() const;  ///< Text as printed: place, text, line, caret and hint, notes.
  void throw_if_errors() const;           ///< Throws GraphError.

 private:
  std::vector<Diagnostic> all_;
};

/// Thrown by a stage if a graph cannot become a program. The exit code of the command line is then 2.
class GraphError : public std::runtime_error {
 public:
  explicit GraphError(Diagnostics diagnostics);
  [[nodiscard]] const Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  Diagnostics diagnostics_;
};

/// Thrown by `survey` or `shapes` of a node or resource, or while a parameter is read, if a setting cannot work. The Program makes it a
/// Diagnostic at the parameter or port that `at` names; at the component's name if `at` is empty. `open` can throw it too. The Run then
/// ends with a NodeError, without `at` and without the hint.
class Refusal : public std::runtime_error {
 public:
  explicit Refusal(const std::string& text, std::string at = {}, std::string hint = {})
      : std::runtime_error(text), at_(std::move(at)), hint_(std::move(hint)) {}
  [[nodiscard]] const std::string& at() const { return at_; }
  [[nodiscard]] const std::string& hint() const { return hint_; }

 private:
  std::string at_;
  std::string hint_;
};

/// Returns "`a`, `b` and `c`" for up to eight names; an empty string for more.
[[nodiscard]] std::string name_list(const std::vector<std::string>& names);
/// Returns the name that is most similar to `wrong`; an empty string if none is similar.
[[nodiscard]] std::string nearest_name(std::string_view wrong, const std::vector<std::string>& names);
/// Returns the hint for an unknown name: "did you mean `x`?" or "valid names are `a`, `b` and `c`".
[[nodiscard]] std::string name_hint(std::string_view wrong, const std::vector<std::string>& names);

}  // namespace leat
