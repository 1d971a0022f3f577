#include "io/class_turns.h"

#include "leat/check.h"

namespace leat {

ClassTurns::ClassTurns(std::vector<std::vector<std::int64_t>> places) : places_(std::move(places)) {
  for (const auto& of_class : places_) LEAT_CHECK(!of_class.empty());
}

std::int64_t ClassTurns::operator()(const RandomKey& key, std::int64_t draw, bool is_shuffled) const {
  const auto classes = static_cast<std::int64_t>(places_.size());
  const std::int64_t label = draw % classes;
  const auto& places = places_[static_cast<std::size_t>(label)];
  const auto count = static_cast<std::int64_t>(places.size());
  const std::int64_t turn = draw / classes;
  std::int64_t at = turn % count;
  if (is_shuffled) {
    RandomKey of_pass = key;
    of_pass.step = static_cast<std::uint32_t>(turn / count);
    // No step has this slot. The number of the pass replaces the step in the key.
    of_pass.slot = 0xFFFFFFFEu - static_cast<std::uint32_t>(label);
    at = Permutation(of_pass, count)(at);
  }
  return places[static_cast<std::size_t>(at)];
}

}  // namespace leat
