#include "leat/outcome.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <mutex>
#include <stdexcept>

#include "run/promise.h"

namespace leat {
namespace {

std::uint64_t hash_of(const Archive& archive) {
  std::uint64_t hash = 0;
  for (const auto& [name, entry] : archive.entries())
    hash = hash_bytes(entry.bytes.data(), entry.bytes.size(), hash ^ hash_bytes(name.data(), name.size()));
  return hash;
}

std::uint64_t bits_of(double number) {
  return std::bit_cast<std::uint64_t>(std::isnan(number) ? std::numeric_limits<double>::quiet_NaN() : number);
}

/// Returns the bits of a metric of a whole phase. Checkpoints store all values that are not finite as NaN.
std::uint64_t bits_of_result(double number) { return bits_of(std::isfinite(number) ? number : std::numeric_limits<double>::quiet_NaN()); }

/// Returns the first key that only one map has or whose number differs; null: there is none.
template <class Key>
const Key* first_different(const std::map<Key, std::uint64_t>& a, const std::map<Key, std::uint64_t>& b) {
  const auto [one, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (one == a.end() && other == b.end()) return nullptr;
  if (one == a.end()) return &other->first;
  if (other == b.end()) return &one->first;
  return &std::min(one->first, other->first);
}

}  // namespace

/// Hashes every output value, and keeps every metric. [parallel]
class Outcome::Hasher final : public Observer {
 public:
  Hasher(const Program& program, Outcome& out) : out_(out) {
    for (const ProgramPhase& phase : program.phases)
      for (const int index : phase.order) {
        const ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
        places_[{phase.name, node.name}] = out.nodes_.size();
        out.nodes_.push_back({"`" + node.name + "` of `" + phase.name + "`", node.type->id, phase.name, node.name});
      }
  }

  void value_put(const PutValue& one) override {
    const std::uint64_t hash = one.value.hash();
    const Contract given = one.value.contract();
    const std::size_t place = places_.at({one.phase, one.node});
    const std::lock_guard guard(lock_);
    out_.hashes_[{one.step, place, one.slot, std::string(one.port)}] = hash;
    out_.values_.try_emplace({out_.nodes_[place].type, std::string(one.port)}, one.value.type().name);
    if (run::keeps(given, one.promised, -1) || !broken_.insert({place, one.port}).second) return;
    out_.broken_.push_back({out_.nodes_[place].type,
                            "puts " + given.str() + " into `" + std::string(one.port) + "`, where " + one.promised.str() + " is promised"});
  }

  void step_retired(const Progress& progress) override {
    const std::lock_guard guard(lock_);
    for (const auto& [metric, number] : progress.metrics) {
      auto [node, name] = out_.measurer(progress.phase, metric);
      out_.metrics_[{progress.step - 1, node, std::move(name)}] = bits_of(number);
    }
  }

 private:
  Outcome& out_;
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> places_;
  std::mutex lock_;
  std::set<std::pair<std::size_t, std::string_view>> broken_;
};

Outcome Outcome::of(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options) {
  return observed(program, std::move(lane), std::move(executor), std::move(options), Hears::Values | Hears::Steps);
}

Outcome Outcome::without_values(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options) {
  return observed(program, std::move(lane), std::move(executor), std::move(options), Hears::Steps);
}

Outcome Outcome::observed(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options,
                          Hears hears) {
  Outcome out;
  {
    Hasher hasher(program, out);
    options.observers.emplace_back(&hasher, hears);
    Run run(program, std::move(lane), std::move(executor), std::move(options));
    const RunResult result = run.run();
    if (result.cache) out.cached_ = result.cache->found;
    for (const auto& [phase, metrics] : result.phases)
      for (const auto& [metric, number] : metrics) out.results_[out.measurer(phase, metric)] = bits_of_result(number);
  }
  for (const ProgramResource& one : program.resources) {
    Archive archive;
    one.resource->save(archive);
    out.weights_[{one.name, one.type->id}] = hash_of(archive);
    if (archive.entries().empty() && archive.metadata.empty()) out.empty_.insert(one.name);
  }
  return out;
}

Outcome::Result Outcome::measurer(std::string_view phase, std::string_view metric) const {
  // The name of a node and the name of a metric can both contain dots.
  const auto measures = [&](const Node& one) {
    return one.phase == phase && metric.size() > one.name.size() && metric.starts_with(one.name) && metric[one.name.size()] == '.';
  };
  std::size_t found = nodes_.size();
  for (std::size_t k = 0; k < nodes_.size(); ++k)
    if (measures(nodes_[k]) && (found == nodes_.size() || nodes_[k].name.size() > nodes_[found].name.size())) found = k;
  if (found == nodes_.size()) throw std::logic_error("no node of `" + std::string(phase) + "` measures `" + std::string(metric) + "`");
  return {found, std::string(metric.substr(nodes_[found].name.size() + 1))};
}

Outcome::Difference Outcome::first_difference(const Put* put, const Bits& metrics, const Outcome& other) const {
  const Measured* measured = first_different(metrics, other.metrics_);
  // Prefer the output, because a metric can be computed from it.
  if (measured && (!put || std::pair(measured->step, measured->node) < std::pair(put->step, put->node))) {
    const Node& node = nodes_.at(measured->node);
    return {"metric `" + measured->name + "` of " + node.text + " at step " + std::to_string(measured->step), node.type, node.phase,
            node.name, measured->step};
  }
  if (put) {
    const Node& node = nodes_.at(put->node);
    return {"output `" + put->port + "` of " + node.text + " at step " + std::to_string(put->step) +
                (put->slot >= 0 ? ", slot " + std::to_string(put->slot) : std::string()),
            node.type, node.phase, node.name, put->step};
  }
  if (const auto* resource = first_different(weights_, other.weights_))
    return {"the resource `" + resource->first + "`", resource->second, {}, resource->first};
  if (const Result* result = first_different(results_, other.results_)) {
    const Node& node = nodes_.at(result->first);
    return {"metric `" + result->second + "` of `" + node.name + "` over all of `" + node.phase + "`", node.type, node.phase, node.name};
  }
  return {};
}

std::vector<Finding> Outcome::constants() const {
  std::map<std::pair<std::string, std::string>, std::pair<std::set<std::uint64_t>, std::size_t>> seen;
  for (const auto& [put, hash] : hashes_) {
    auto& [hashes, count] = seen[{nodes_.at(put.node).type, put.port}];
    if (hashes.size() < 2) hashes.insert(hash);
    ++count;
  }
  std::vector<Finding> out;
  for (const auto& [output, one] : seen)
    if (one.second > 1 && one.first.size() == 1)
      out.push_back({output.first, "whether its output `" + output.second + "` is the same in every run is not known: all " +
                                       std::to_string(one.second) + " values have one hash; if they are not equal, `hash` of `" +
                                       values_.at(output) + "` is wrong"});
  return out;
}

Outcome::Difference Outcome::difference(const Outcome& other) const {
  return first_difference(first_different(hashes_, other.hashes_), metrics_, other);
}

Outcome::Difference Outcome::difference_without_values(const Outcome& other) const { return first_difference(nullptr, metrics_, other); }

Outcome::Difference Outcome::difference_from(const Outcome& later, std::int64_t step) const {
  Hashes hashes = hashes_;
  Bits metrics = metrics_;
  const auto is_before = [step](const auto& one) { return one.first.step < step; };
  std::erase_if(hashes, is_before);
  std::erase_if(metrics, is_before);
  return first_difference(first_different(hashes, later.hashes_), metrics, later);
}

}  // namespace leat
