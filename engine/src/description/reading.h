#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "description/keys.h"
#include "leat/description.h"

namespace leat {

/// What the readers of one graph share: where mistakes go, and how much a small text may grow into.
class Reading {
 public:
  explicit Reading(Diagnostics& diagnostics) : diagnostics(diagnostics) {}
  Diagnostics& diagnostics;

  /// Thrown by `spend` when parameters and templates make the graph too large.
  struct TooLarge {};
  void spend(std::size_t size);

  /// Remembers that the value at this place could not be made, so that nothing is said about what stands in for it.
  void mark_broken(const Place& place) { broken_.insert(key_of(place)); }
  /// What is wrong here is told at the place of the parameter that it refers to.
  void mark_told(const Place& place) { told_.insert(key_of(place)); }
  [[nodiscard]] bool is_told(const Place& place) const { return told_.contains(key_of(place)); }
  [[nodiscard]] bool is_broken(const Place& place) const { return broken_.contains(key_of(place)); }

  /// While it lives, the nodes of this map are those that references mean. Those whose names are refused, or stand twice, may be
  /// referred to: what is meant is not known.
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
  /// Returns true if this is the name of such a node, or a port of one.
  [[nodiscard]] bool is_misnamed(std::string_view reference) const;

  /// Remembers the maps in which a key was refused because it stands there already: it was meant as another.
  void note_duplicates();
  [[nodiscard]] bool has_duplicate(const Tree& map) const;
  /// Returns true if this key stands first: which of the two its name means is not known.
  [[nodiscard]] bool is_duplicate(const Place& key) const { return duplicates_.contains(key_of(key)); }

  /// Returns true if the value or one inside it could not be made, or has more than was read.
  [[nodiscard]] bool has_broken(const Tree& tree) const;
  /// Leaves out the values that could not be made.
  [[nodiscard]] Tree without_broken(const Tree& tree) const;
  /// How many mistakes were found so far.
  [[nodiscard]] std::size_t mistakes() const { return diagnostics.all().size(); }

  using PlaceKey = std::tuple<const SourceText*, int, int>;
  [[nodiscard]] static PlaceKey key_of(const Place& place) { return {place.text.get(), place.line, place.column}; }

 private:
  std::set<PlaceKey> broken_;
  std::set<PlaceKey> told_;
  std::set<PlaceKey> duplicates_;  ///< The keys that stand first.
  std::vector<std::string> misnamed_;
  std::size_t spent_ = 0;
};

/// One map of a graph with the keys it may have. Reports what does not belong there; a null stands for an absent key.
class Section {
 public:
  /// `what` begins messages: "node `weak`". `name_place` is where something missing is reported.
  Section(const Tree& tree, std::string what, Place name_place, const std::vector<std::string>& keys, Reading& reading);
  Section(const Tree& tree, std::string what, Place name_place, Keys keys, Reading& reading);

  [[nodiscard]] const Tree* find(std::string_view key) const;
  /// Reports an absent key, with the hint.
  const Tree* require(std::string_view key, std::string_view hint);
  [[nodiscard]] std::optional<Named> word(std::string_view key);
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view key, std::int64_t low);
  [[nodiscard]] std::optional<double> number(std::string_view key, double low);
  /// A map, or a report and null.
  [[nodiscard]] const Tree* map(std::string_view key);
  /// "`key` of node `weak`"
  [[nodiscard]] std::string subject(std::string_view key) const;
  [[nodiscard]] const std::string& what() const { return what_; }
  /// Returns true if an unknown key was reported that seems to be meant as this one, so that its absence is told already.
  [[nodiscard]] bool is_misspelt(std::string_view key) const { return meant_.contains(key); }
  /// Returns false if the map under this key may have had more entries, which a mistake that was reported hides.
  [[nodiscard]] bool knows_all(std::string_view key) const;

 private:
  const Tree& tree_;
  std::string what_;
  Place name_place_;
  Reading& reading_;
  std::set<std::string, std::less<>> meant_;  ///< The keys that unknown ones are most like.
};

/// Reports a value of the wrong kind: "`prefetch` of phase `train` wants a whole number, found the text `many`".
void refuse_value(Reading& reading, const Tree& tree, const std::string& subject, const std::string& wanted, const std::string& hint = {});
/// One text or a list of texts.
[[nodiscard]] std::vector<Named> read_words(const Tree& tree, const std::string& subject, const std::string& wanted, Reading& reading);
/// One or several metrics, each as `phase.node.name`.
[[nodiscard]] std::vector<Named> read_metrics(const Tree& tree, const std::string& subject, Reading& reading);

enum class NameRule { Plain, WithSlashes };
/// Whether it is a name: letters, digits, `_` and `-`, for nodes also parts with `/` between them. Reports if not.
bool check_name(const std::string& name, const Place& place, std::string_view what, NameRule rule, Reading& reading);

}  // namespace leat
