#include "conformance/skipped_step.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace leat::conformance {
namespace {

std::uint64_t hash_of(const Resource& resource) {
  Archive archive;
  resource.save(archive);
  std::uint64_t hash = 0;
  for (const auto& [name, entry] : archive.entries())
    hash = hash_bytes(entry.bytes.data(), entry.bytes.size(), hash ^ hash_bytes(name.data(), name.size()));
  return hash;
}

bool changes(const ProgramResource& one, std::size_t other) {
  return std::find(one.uses.begin(), one.uses.end(), std::pair(static_cast<int>(other), UsePort::Access::Write)) != one.uses.end();
}

/// Sets the first number of each float entry to NaN.
void poison(Resource& resource) {
  Archive archive, poisoned;
  resource.save(archive);
  poisoned.metadata = archive.metadata;
  constexpr float none = std::numeric_limits<float>::quiet_NaN();
  for (const auto& [name, entry] : archive.entries()) {
    Archive::Entry changed = entry;
    if (changed.dtype == "F32" && changed.bytes.size() >= sizeof none) std::memcpy(changed.bytes.data(), &none, sizeof none);
    poisoned.put(name, std::move(changed));
  }
  resource.load(poisoned);
}

}  // namespace

PoisonedWeights::PoisonedWeights(Program& program, std::int64_t step) : program_(program), step_(step) {
  const int first = program.plan.train >= 0 ? program.plan.train : -1;
  if (first < 0) return;
  phase_ = program.phases[static_cast<std::size_t>(first)].name;
  for (std::size_t k = 0; k < program.resources.size(); ++k)
    if (std::any_of(program.resources.begin(), program.resources.end(), [k](const ProgramResource& one) { return changes(one, k); }))
      weights_.insert(k);
}

void PoisonedWeights::segment_begins(const SegmentCall& call) {
  if (call.phase != phase_ || call.step != step_ || call.segment != 0) return;
  for (const std::size_t k : weights_) poison(*program_.resources[k].resource);
  for (const ProgramResource& one : program_.resources) before_[one.name] = hash_of(*one.resource);
}

Judgement PoisonedWeights::judge(const std::set<std::string>& types) const {
  Judgement out;
  const auto has_changed = [this](std::size_t k) {
    const ProgramResource& one = program_.resources[k];
    const auto before = before_.find(one.name);
    return before != before_.end() && before->second != hash_of(*one.resource);
  };
  for (std::size_t k = 0; k < program_.resources.size(); ++k) {
    const ProgramResource& one = program_.resources[k];
    if (std::any_of(weights_.begin(), weights_.end(), [&](std::size_t weights) { return weights != k && changes(one, weights); })) {
      std::string changed = has_changed(k) ? "its state" : "";
      for (const std::size_t weights : weights_)
        if (changes(one, weights) && has_changed(weights))
          changed += (changed.empty() ? "`" : " and `") + program_.resources[weights].name + "`";
      if (!changed.empty() && types.contains(one.type->id))
        out.broken.push_back({one.type->id, "ignores `is_skipped`: a step whose gradients are not finite changes " + changed +
                                                ": change them with `step.set` (leat/optimizer.h)"});
    }
  }
  return out;
}

}  // namespace leat::conformance
