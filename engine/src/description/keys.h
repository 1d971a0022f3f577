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
  Number,         ///< A number of at least 0.
  Word,           ///< One of a few words.
  Texts,          ///< One text or a list of them.
  Map,
  AmountOrMap,  ///< `every epoch`, or a map.
  Nodes,        ///< Nodes by their names.
};

/// A key of the plan or of a phase, for the reader of graphs and for the schema that editors use. Invariant: its name is written here only.
struct Key {
  std::string_view name;
  KeyKind kind = KeyKind::Text;
  std::string_view sentence;
  std::span<const std::string_view> words = {};  ///< Choices of a Word.
  std::span<const Key* const> keys = {};         ///< Keys of a Map.

  // NOLINTNEXTLINE(google-explicit-constructor): a key is read as its name.
  constexpr operator std::string_view() const { return name; }
};

using Keys = std::span<const Key* const>;

namespace keep_keys {
inline constexpr std::array<std::string_view, 2> modes{"mean", "first"};
inline constexpr Key best{"best", KeyKind::Texts, "Metrics, each as `phase.node.name`. Their mean ranks the weights."};
inline constexpr Key mode{
    "mode", KeyKind::Word,
    "mean: the weights with the best mean of these metrics (default). first: the weights of the first validation, whatever comes later.",
    modes};
inline constexpr Key within{"within", KeyKind::Number,
                            "Keeps the latest weights whose mean is at most this far from the best, for validation sets too small to rank "
                            "them. 0: the best mean (default)."};
inline constexpr std::array all{&best, &mode, &within};
}  // namespace keep_keys

namespace validate_keys {
inline constexpr Key phase{"phase", KeyKind::Text, "The phase that evaluates the weights. Default: the only phase of kind validate."};
inline constexpr Key every{"every", KeyKind::Amount, "`epoch`, `2 epochs`, `epoch of unlabelled`, or a number of steps: `500 steps`."};
inline constexpr std::array all{&phase, &every};
}  // namespace validate_keys

namespace train_keys {
inline constexpr Key phase{"phase", KeyKind::Text, "The phase that trains."};
inline constexpr Key steps{"steps", KeyKind::Count, "Length in steps."};
inline constexpr Key epochs{"epochs", KeyKind::Amount, "Length in epochs of a source: `24 of unlabelled`."};
inline constexpr Key checkpoint_every{"checkpoint_every", KeyKind::CountOrAmount,
                                      "Steps or time between two checkpoints: `500`, `10 min` (default), `90 s`, `1 h`."};
inline constexpr Key validate{"validate",
                              KeyKind::AmountOrMap,
                              "When to validate: `every epoch`, `every 2 epochs`, `every 500 steps`, or a map.",
                              {},
                              validate_keys::all};
inline constexpr Key keep{"keep", KeyKind::Map, "Which weights to keep.", {}, keep_keys::all};
inline constexpr Key stop_after{"stop_after", KeyKind::Amount,
                                "Ends the training after this many validations without a better one: `8 validations`."};
inline constexpr std::array all{&phase, &steps, &epochs, &checkpoint_every, &validate, &keep, &stop_after};
}  // namespace train_keys

namespace record_keys {
inline constexpr Key edges{"edges", KeyKind::Texts, "Outputs whose values the run keeps, each as `phase.node.output`."};
inline constexpr Key slots{"slots", KeyKind::Count, "Number of first slots of a step of which values are kept. Default: 4."};
inline constexpr Key every{"every", KeyKind::Amount,
                           "Time between two recorded steps of the training: `epoch` (default), `2 epochs`, `epoch of unlabelled` or "
                           "`500 steps`. The last step of a period is recorded. Of other phases, the last step is."};
inline constexpr Key budget{"budget", KeyKind::Amount,
                            "Largest size of all recorded values: `50MB` (default). What does not fit is left out, and counted."};
inline constexpr std::array all{&edges, &slots, &every, &budget};
}  // namespace record_keys

namespace cache_keys {
inline constexpr Key memory{"memory", KeyKind::Amount,
                            "Largest size in memory: `1GB`; 0 with a `file`. It counts against the plan's `memory`."};
inline constexpr Key file{"file", KeyKind::Amount,
                          "Largest size of a file in the run's folder for what does not fit into `memory`: `20GB`. It is removed when the "
                          "run ends. Default: no file."};
inline constexpr std::array all{&memory, &file};
}  // namespace cache_keys

namespace plan_keys {
inline constexpr Key train{"train", KeyKind::Map, "The training.", {}, train_keys::all};
inline constexpr Key then{"then", KeyKind::Texts, "Phases that follow, in order."};
inline constexpr Key memory{"memory", KeyKind::Amount, "Largest size of the values in flight: `2GB`."};
inline constexpr Key stall_after{"stall_after", KeyKind::Amount,
                                 "Time without any progress after which the run says what holds it up: `2 min` (default), `30 s`, `1 h`."};
inline constexpr Key record{"record",
                            KeyKind::Map,
                            "Outputs whose values are kept in the run's folder, to be looked at during and after the run.",
                            {},
                            record_keys::all};
inline constexpr Key keep_results{
    "keep_results", KeyKind::Amount,
    "Most bytes of masks, saliency maps and pictures that the test phases keep for reports: `10MB`. All nodes "
    "that keep some have equal shares. Default: none."};
inline constexpr Key cache{"cache",
                           KeyKind::AmountOrMap,
                           "Keeps the images before the first random node, so that later epochs and phases do not decode and resize them "
                           "again: `1GB`, or a map. The results do not change. Default: no cache.",
                           {},
                           cache_keys::all};
inline constexpr std::array all{&train, &then, &memory, &stall_after, &record, &keep_results, &cache};
}  // namespace plan_keys

namespace phase_keys {
inline constexpr std::array<std::string_view, 4> kinds{"train", "validate", "test", "predict"};
inline constexpr std::array<std::string_view, 2> choices{"best", "last"};
inline constexpr Key kind{"kind", KeyKind::Word,
                          "Kind of the phase. Default: that of the phase in `like`; else its name, if that is one of these.", kinds};
inline constexpr Key like{"like", KeyKind::Text, "Another phase, whose keys this one has too. The entries here change them."};
inline constexpr Key prefetch{"prefetch", KeyKind::Count, "Largest number of steps in flight."};
inline constexpr Key weights{"weights", KeyKind::Word,
                             "best: the weights selected on validation (default). last: those of the last training step.", choices};
inline constexpr Key nodes{"nodes", KeyKind::Nodes, "Nodes by their names."};
inline constexpr std::array all{&kind, &like, &prefetch, &weights, &nodes};
}  // namespace phase_keys

}  // namespace leat
