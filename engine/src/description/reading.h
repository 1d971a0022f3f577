#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "description/keys.h"
#include "leat/description.h"

namespace leat {

/// The state that all readers of one graph share: the mistakes, and a limit on the size of the expanded graph.
class Reading {
 public:
  explicit Reading(Diagnostics& diagnostics) : diagnostics(diagnostics) {}
  Diagnostics& diagnostics;
  std::vector<std::filesystem::path> files;              ///< Files that were read or looked for.
  std::vector<std::shared_ptr<const SourceText>> texts;  ///< Texts of those that could be read.

  /// Thrown by `spend` when parameters and templates make the graph too large.
  struct TooLarge {};
  void spend(std::size_t size);

  /// Marks that the value at this place could not be made, so that its substitute is not reported.
  void mark_broken(const Place& place) { broken_.insert(key_of(place)); }
  /// Marks that a mistake at this place is reported at the parameter that it refers to.
  void mark_told(const Place& place) { told_.insert(key_of(place)); }
  [[nodiscard]] bool is_told(const Place& place) const { return told_.contains(key_of(place)); }
  [[nodiscard]] bool is_broken(const Place& place) const { return broken_.contains(key_of(place)); }

  /// While this object lives, references mean the nodes of this map. A reference to a node whose name is refused, or occurs twice, is not
  /// checked, because its meaning is unknown.
  class Misnamed {
   public:
    Misnamed(Reading& reading, const Tree* nodes);
    ~Misnamed() { reading_.misnamed_.swap(outer_); }
    Misnamed(const Misnamed&) = delete;
    Misnamed& operator=(const Misnamed&) = delete;

   private:
    Reading& reading_;
    std::vector<std::string> outer_;
  };
  /// Returns true if the reference is to such a node, or to a port of one.
  [[nodiscard]] bool is_misnamed(std::string_view reference) const;

  /// Marks the maps in which a duplicate key was refused: another key was probably meant.
  void note_duplicates();
  [[nodiscard]] bool has_duplicate(const Tree& map) const;
  /// Returns true if the key occurs again later, so the meaning of its name is unknown.
  [[nodiscard]] bool is_duplicate(const Place& key) const { return duplicates_.contains(key_of(key)); }

  /// Returns true if the value, or one inside it, could not be made or was not read completely.
  [[nodiscard]] bool has_broken(const Tree& tree) const;
  /// Returns the tree without values that could not be made.
  [[nodiscard]] Tree without_broken(const Tree& tree) const;
  /// Returns the number of diagnostics so far.
  [[nodiscard]] std::size_t mistakes() const { return diagnostics.all().size(); }

  using PlaceKey = std::tuple<const SourceText*, int, int>;
  [[nodiscard]] static PlaceKey key_of(const Place& place) { return {place.text.get(), place.line, place.column}; }

 private:
  std::set<PlaceKey> broken_;
  std::set<PlaceKey> told_;
  std::set<PlaceKey> duplicates_;  ///< Places of the first key of each pair.
  std::vector<std::string> misnamed_;
  std::size_t spent_ = 0;
};

/// One map of a graph, with its valid keys. Reports all others. A null counts as an absent key.
class Section {
 public:
  /// `what` is the subject of messages: "node `weak`". A missing key is reported at `name_place`.
  Section(const Tree& tree, std::string what, Place name_place, const std::vector<std::string>& keys, Reading& reading);
  Section(const Tree& tree, std::string what, Place name_place, Keys keys, Reading& reading);

  [[nodiscard]] const Tree* find(std::string_view key) const;
  /// Returns the value of a key. Reports an absent key, with the hint.
  const Tree* require(std::string_view key, std::string_view hint);
  [[nodiscard]] std::optional<Named> word(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key, std::int64_t low);
  [[nodiscard]] std::optional<double> number(std::string_view key, double low);
  /// Returns the map of a key. Reports another value, and returns null.
  [[nodiscard]] const Tree* map(std::string_view key);
  /// Returns "`key` of node `weak`".
  [[nodiscard]] std::string subject(std::string_view key) const;
  [[nodiscard]] const std::string& what() const { return what_; }
  /// Returns true if a reported unknown key was probably meant as this one. Then its absence is not reported.
  [[nodiscard]] bool is_misspelt(std::string_view key) const { return meant_.contains(key); }
  /// Returns false if a reported mistake can hide entries of the map under this key.
  [[nodiscard]] bool knows_all(std::string_view key) const;

 private:
  const Tree& tree_;
  std::string what_;
  Place name_place_;
  Reading& reading_;
  std::set<std::string, std::less<>> meant_;  ///< Keys that are most similar to the unknown ones.
};

/// Reports a value of the wrong kind: "`prefetch` of phase `train` must be a whole number, found the text `many`".
void refuse_value(Reading& reading, const Tree& tree, const std::string& subject, const std::string& wanted, const std::string& hint = {});
/// Reads one text or a list of texts.
[[nodiscard]] std::vector<Named> read_words(const Tree& tree, const std::string& subject, const std::string& wanted, Reading& reading);
/// Reads one or several texts with the three parts of `phase.node.name`. `wanted` is what they are: "a metric as `phase.node.name`".
[[nodiscard]] std::vector<Named> read_dotted(const Tree& tree, const std::string& subject, const std::string& wanted, Reading& reading);

enum class NameRule { Plain, WithSlashes };
/// Returns true if this is a name: letters, digits, `_` and `-`; for nodes also parts with `/` between them. Reports other texts.
bool check_name(const std::string& name, const Place& place, std::string_view what, NameRule rule, Reading& reading);

}  // namespace leat
