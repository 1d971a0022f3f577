#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace leat {

/// A text that people wrote: a graph file, or the command line. Shared by the places that point into it.
struct SourceText {
  std::string name;                 ///< As shown in messages: the file as it was named, or `--set size`.
  std::filesystem::path directory;  ///< What relative paths in this text start from.
  std::vector<std::string> lines;
};

/// Splits a text into lines and keeps its name and folder.
[[nodiscard]] std::shared_ptr<const SourceText> source_text(std::string name, std::filesystem::path directory, std::string_view content);

/// A point in a text; lines and columns count from 1. `text` is shared because diagnostics outlive the tree they point into.
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

/// One mistake in the user's text: where, what was observed, and what would be right.
struct Diagnostic {
  std::string id;  ///< One of `diagnostic_ids()`.
  Place place;
  std::string text;
  std::string hint;
  std::vector<Note> notes;
  bool is_warning = false;
};

/// Every id a Diagnostic can have; each has a golden file in tests/errors.
[[nodiscard]] const std::vector<std::string_view>& diagnostic_ids();

/// Collects mistakes so that all of them are reported at once, sorted by place. [setup]
class Diagnostics {
 public:
  Diagnostic& error(std::string_view id, Place place, std::string text, std::string hint = {});
  Diagnostic& warning(std::string_view id, Place place, std::string text, std::string hint = {});

  void add(Diagnostic one);
  void append(const Diagnostics& others);

  [[nodiscard]] bool has_errors() const;
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  [[nodiscard]] std::string str() const;  ///< As printed: place, text, line, caret and hint, notes.
  void throw_if_errors() const;           ///< Throws GraphError.

 private:
  std::vector<Diagnostic> all_;
};

/// What the stages throw when a graph cannot become a program; the command line ends with 2.
class GraphError : public std::runtime_error {
 public:
  explicit GraphError(Diagnostics diagnostics);
  [[nodiscard]] const Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  Diagnostics diagnostics_;
};

/// Thrown by a node's or a resource's `open` or `shapes`, and while parameters are read: this setting cannot work. The Program turns
/// it into a Diagnostic at the parameter or port it names (at the node where it names none).
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

/// "a, b and c" of at most eight names; empty for more.
[[nodiscard]] std::string name_list(const std::vector<std::string>& names);
/// The name most like `wrong`, or empty when none is near.
[[nodiscard]] std::string nearest_name(std::string_view wrong, const std::vector<std::string>& names);
/// The hint for an unknown name: "did you mean `x`?" or "valid names are a, b and c".
[[nodiscard]] std::string name_hint(std::string_view wrong, const std::vector<std::string>& names);

}  // namespace leat
