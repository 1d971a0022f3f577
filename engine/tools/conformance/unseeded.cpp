#include "conformance/unseeded.h"

#include <cmath>
#include <iterator>

namespace leat::conformance {

void FirstCalls::call_begins(const NodeCall& call) {
  if (call.step != 0 || call.slot < 0 || call.phase != phase_) return;
  std::uint64_t read = call.inputs.size();
  for (const Value* input : call.inputs) read = read * 31 + input->hash();
  const std::lock_guard guard(lock_);
  calls_[std::string(call.node)][call.slot].read = read;
}

void FirstCalls::value_put(const PutValue& put) {
  if (put.step != 0 || put.slot < 0 || put.phase != phase_) return;
  const std::uint64_t hash = put.value.hash();
  const std::lock_guard guard(lock_);
  std::uint64_t& all = calls_[std::string(put.node)][put.slot].put;
  all = all * 31 + hash;
}

const std::map<int, FirstCalls::Call>& FirstCalls::of(const std::string& node) const {
  static const std::map<int, Call> none;
  const auto found = calls_.find(node);
  return found == calls_.end() ? none : found->second;
}

namespace {

/// Number of comparisons of outputs with equal inputs, and number of equal outputs among them.
struct Count {
  int compared = 0;
  int equal = 0;
  void add(const FirstCalls::Call& one, const FirstCalls::Call& other) {
    if (one.read != other.read) return;
    ++compared;
    equal += one.put == other.put ? 1 : 0;
  }
};

}  // namespace

Judgement judge_seeds(const ProgramPhase& phase, const std::vector<const FirstCalls*>& seeds, const std::set<std::string>& types) {
  // Bound on the probability of reporting a node that does depend on the seed.
  constexpr double least = 1e-6;
  Judgement out;
  for (const ProgramNode& node : phase.nodes) {
    // With a state, equal inputs can give different outputs.
    if (!types.contains(node.type->id) || node.grain != Grain::Slot || node.source || node.is_ordered()) continue;
    Count of_slots, of_seeds;
    for (std::size_t k = 0; k < seeds.size(); ++k) {
      const auto& calls = seeds[k]->of(node.name);
      for (auto one = calls.begin(); one != calls.end(); ++one) {
        for (auto other = std::next(one); other != calls.end(); ++other) of_slots.add(one->second, other->second);
        for (std::size_t next = k + 1; next < seeds.size(); ++next)
          if (const auto same = seeds[next]->of(node.name).find(one->first); same != seeds[next]->of(node.name).end())
            of_seeds.add(one->second, same->second);
      }
    }
    if (node.is_deterministic && of_slots.equal + of_seeds.equal < of_slots.compared + of_seeds.compared) {
      out.broken.push_back({node.type->id,
                            "gives different outputs for equal inputs, but says `shapes.is_deterministic()`: a plan's `cache` would keep "
                            "the first of them"});
      continue;
    }
    if (of_slots.compared == of_slots.equal || of_seeds.equal < of_seeds.compared) continue;
    if (of_seeds.compared == 0)
      out.not_judged.push_back(
          {node.type->id, "whether what `" + node.name + "` draws follows the seed is not known: its inputs follow the seed too"});
    const double chance = static_cast<double>(of_slots.equal) / of_slots.compared;
    if (std::pow(chance, of_seeds.compared) < least && of_seeds.compared > 1)
      out.broken.push_back({node.type->id, "draws random numbers that do not depend on the seed: they must come from `frame.random()`"});
  }
  return out;
}

}  // namespace leat::conformance
