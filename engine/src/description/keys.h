#pragma once

#include <array>
#include <span>
#include <string_view>

namespace leat {

enum class KeyKind {
  Text,
  Count,          ///< A whole number of at least 1.
  Amount,         ///< A number with a word: `24 of unlabelled`.
  CountOrAmount,  ///< `500`, or `10 min`.
  Number,         ///< Of at least 0.
  Word,           ///< One of a few.
  Texts,          ///< One text or a list of them.
  Map,
  AmountOrMap,  ///< `every epoch`, or a map.
  Nodes,        ///< Nodes by their names.
};

/// A key of a map in a graph, for the reader of the graph and for the schema that editors use: what it is called stands here alone.
struct Key {
  std::string_view name;
  KeyKind kind = KeyKind::Text;
  std::string_view sentence;
  std::span<const std::string_view> words = {};  ///< Of a Word.
  std::span<const Key* const> keys = {};         ///< Of a Map.

  // NOLINTNEXTLINE(google-explicit-constructor): a key is read as its name.
  constexpr operator std::string_view() const { return name; }
};

using Keys = std::span<const Key* const>;

namespace keep_keys {
inline constexpr std::array<std::string_view, 2> modes{"mean", "first"};
inline constexpr Key best{"best", KeyKind::Texts, "Metrics as `phase.node.name`, the larger the better."};
inline constexpr Key mode{
    "mode", KeyKind::Word,
    "mean: the weights with the largest mean of these metrics (the default); first: those of the first validation, whatever comes later.",
    modes};
inline constexpr Key within{
    "within", KeyKind::Number,
    "The latest weights whose mean is at most this much below the largest: what few labels cannot tell apart. 0, the "
    "default: the largest."};
inline constexpr std::array all{&best, &mode, &within};
}  // namespace keep_keys

namespace validate_keys {
inline constexpr Key phase{"phase", KeyKind::Text, "The phase that judges them; the only one of kind validate where none is named."};
inline constexpr Key every{"every", KeyKind::Amount, "`epoch`, `2 epochs`, `epoch of unlabelled`, or a number of steps, `500 steps`."};
inline constexpr std::array all{&phase, &every};
}  // namespace validate_keys

namespace train_keys {
inline constexpr Key phase{"phase", KeyKind::Text, "The phase that trains."};
inline constexpr Key steps{"steps", KeyKind::Count, "Its length."};
inline constexpr Key epochs{"epochs", KeyKind::Amount, "Its length in passes over a source: `24 of unlabelled`."};
inline constexpr Key checkpoint_every{"checkpoint_every", KeyKind::CountOrAmount,
                                      "Steps between two checkpoints, or the time between them: `10 min` (the default), `90 s`, `1 h`."};
inline constexpr Key validate{"validate",
                              KeyKind::AmountOrMap,
                              "When the weights are judged: `every epoch`, `every 2 epochs`, `every 500 steps`, or a map.",
                              {},
                              validate_keys::all};
inline constexpr Key keep{"keep", KeyKind::Map, "Which weights are kept.", {}, keep_keys::all};
inline constexpr Key stop_after{"stop_after", KeyKind::Amount, "Ends it after so many validations without a better one: `8 validations`."};
inline constexpr std::array all{&phase, &steps, &epochs, &checkpoint_every, &validate, &keep, &stop_after};
}  // namespace train_keys

namespace plan_keys {
inline constexpr Key train{"train", KeyKind::Map, "The training.", {}, train_keys::all};
inline constexpr Key then{"then", KeyKind::Texts, "Phases that follow, in their order."};
inline constexpr Key memory{"memory", KeyKind::Amount, "What values in flight may take: `2GB`."};
inline constexpr std::array all{&train, &then, &memory};
}  // namespace plan_keys

namespace phase_keys {
inline constexpr std::array<std::string_view, 4> kinds{"train", "validate", "test", "predict"};
inline constexpr std::array<std::string_view, 2> choices{"best", "last"};
inline constexpr Key kind{"kind", KeyKind::Word, "What it does; its name says it where that is one of these.", kinds};
inline constexpr Key like{"like", KeyKind::Text, "Another phase, whose nodes it has; what stands here changes them."};
inline constexpr Key prefetch{"prefetch", KeyKind::Count, "Steps in flight at most."};
inline constexpr Key weights{"weights", KeyKind::Word,
                             "Which weights it judges: those that validation chose (the default), or those of the last step.", choices};
inline constexpr Key nodes{"nodes", KeyKind::Nodes, "Nodes by their names."};
inline constexpr std::array all{&kind, &like, &prefetch, &weights, &nodes};
}  // namespace phase_keys

}  // namespace leat
