#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// The keys of phases and of the plan, each declared once: the reader refuses all others, and the JSON schema is made of the same.
namespace leat::keys {

/// What a key takes.
enum class Kind {
  Text,
  Word,         ///< One of the key's words.
  Words,        ///< A text, or a list of texts.
  Whole,        ///< A whole number of at least 1.
  StepsOrTime,  ///< A whole number of at least 1, or a time, `10 min`.
  Number,       ///< A number of at least 0.
  Amount,       ///< A number with a unit, `24 of unlabelled`.
  Map,          ///< A map with the key's own keys.
  TextOrMap,
  Nodes,  ///< Nodes by their names.
};

/// A constant array of whatever length.
template <class Type>
struct List {
  const Type* first = nullptr;
  std::size_t count = 0;

  constexpr List() = default;
  template <std::size_t size>
  constexpr List(const Type (&all)[size]) : first(all), count(size) {}
  [[nodiscard]] constexpr const Type* begin() const { return first; }
  [[nodiscard]] constexpr const Type* end() const { return first + count; }
};

struct Key {
  std::string_view name;
  Kind kind;
  std::string_view sentence;
  List<std::string_view> words = {};
  List<Key> keys = {};

  constexpr operator std::string_view() const { return name; }
};

using Keys = List<Key>;

[[nodiscard]] inline std::vector<std::string> names_of(Keys keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) names.emplace_back(key.name);
  return names;
}

[[nodiscard]] inline std::vector<std::string> words_of(const Key& key) { return {key.words.begin(), key.words.end()}; }

namespace phase {
inline constexpr std::string_view kinds[] = {"train", "validate", "test", "predict"};
inline constexpr std::string_view choices[] = {"best", "last"};

inline constexpr Key kind{"kind", Kind::Word, "What it does; its name says it where that is one of these.", kinds};
inline constexpr Key like{"like", Kind::Text, "Another phase, whose nodes it has; what stands here changes them."};
inline constexpr Key prefetch{"prefetch", Kind::Whole, "Steps in flight at most."};
inline constexpr Key weights{"weights", Kind::Word,
                             "Which weights it judges: those that validation chose (the default), or those of the last step.", choices};
inline constexpr Key nodes{"nodes", Kind::Nodes, "Nodes by their names."};

inline constexpr Key all[] = {kind, like, prefetch, weights, nodes};
}  // namespace phase

namespace validate {
inline constexpr Key phase{"phase", Kind::Text, "The phase that judges them; the only one of kind validate where none is named."};
inline constexpr Key every{"every", Kind::Amount, "`epoch`, or a number of steps, `500 steps`."};

inline constexpr Key all[] = {phase, every};
}  // namespace validate

namespace keep {
inline constexpr std::string_view modes[] = {"mean", "first"};

inline constexpr Key best{"best", Kind::Words, "Metrics as `phase.node.name`, the larger the better."};
inline constexpr Key mode{"mode", Kind::Word,
                          "mean: the weights with the largest mean of these metrics (the default); first: those of the first validation, "
                          "whatever comes later.",
                          modes};
inline constexpr Key within{"within", Kind::Number,
                            "The latest weights whose mean is at most this much below the largest: what few labels cannot tell apart. 0, "
                            "the default: the largest."};

inline constexpr Key all[] = {best, mode, within};
}  // namespace keep

namespace train {
inline constexpr Key phase{"phase", Kind::Text, "The phase that trains."};
inline constexpr Key steps{"steps", Kind::Whole, "Its length."};
inline constexpr Key epochs{"epochs", Kind::Amount, "Its length in passes over a source: `24 of unlabelled`."};
inline constexpr Key checkpoint_every{"checkpoint_every", Kind::StepsOrTime,
                                      "Steps between two checkpoints, or a time: `10 min`, the default; `s` and `h` are units, too."};
inline constexpr Key validate{
    "validate", Kind::TextOrMap, "When the weights are judged: `every epoch`, `every 500 steps`, or a map.", {}, keys::validate::all};
inline constexpr Key keep{"keep", Kind::Map, "Which weights are kept.", {}, keys::keep::all};
inline constexpr Key stop_after{"stop_after", Kind::Amount, "Ends it after so many validations without a better one: `8 validations`."};

inline constexpr Key all[] = {phase, steps, epochs, checkpoint_every, validate, keep, stop_after};
}  // namespace train

namespace plan {
inline constexpr Key train{"train", Kind::Map, "The training.", {}, keys::train::all};
inline constexpr Key then{"then", Kind::Words, "Phases that follow, in their order."};
inline constexpr Key memory{"memory", Kind::Amount, "What values in flight may take: `2GB`."};

inline constexpr Key all[] = {train, then, memory};
}  // namespace plan

}  // namespace leat::keys
