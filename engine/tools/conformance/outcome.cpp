#include "leat/outcome.h"

#include <algorithm>
#include <mutex>
#include <set>

namespace leat {
namespace {

std::uint64_t hash_of(const Resource& resource) {
  Archive archive;
  resource.save(archive);
  std::uint64_t hash = 0;
  for (const auto& [name, entry] : archive.entries())
    hash = hash_bytes(entry.bytes.data(), entry.bytes.size(), hash ^ hash_bytes(name.data(), name.size()));
  return hash;
}

/// Whether a value's contract, all numbers, is as promised. The rows of a step, `N`, may be any.
bool keeps(const Contract& given, const Contract& promised) {
  if (!promised.has_shape || !given.has_shape) return true;
  const std::size_t count = promised.dims.size();
  if (given.dims.size() < count || (given.dims.size() > count && !promised.is_open)) return false;
  for (std::size_t k = 0; k < count; ++k)
    if (promised.dims[k].is_known() && given.dims[k].is_known() && promised.dims[k].size != given.dims[k].size) return false;
  return given.dtype == Dtype::Any || promised.dtype == Dtype::Any || given.dtype == promised.dtype;
}

/// The first key whose value only one has, or that differs; null: none.
template <class Key>
const Key* first_different(const std::map<Key, std::uint64_t>& a, const std::map<Key, std::uint64_t>& b) {
  const auto [one, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (one == a.end() && other == b.end()) return nullptr;
  if (one == a.end()) return &other->first;
  if (other == b.end()) return &one->first;
  return &std::min(one->first, other->first);
}

}  // namespace

/// Hashes every value that is put. [parallel]
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
    if (keeps(given, one.promised) || !broken_.insert({place, one.port}).second) return;
    out_.broken_.push_back({out_.nodes_[place].type,
                            "puts " + given.str() + " into `" + std::string(one.port) + "`, where " + one.promised.str() + " is promised"});
  }

 private:
  Outcome& out_;
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> places_;
  std::mutex lock_;
  std::set<std::pair<std::size_t, std::string_view>> broken_;
};

Outcome Outcome::of(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options) {
  Outcome out;
  {
    Hasher hasher(program, out);
    options.observers.emplace_back(&hasher, Hears::Values);
    Run run(program, std::move(lane), std::move(executor), std::move(options));
    (void)run.run();
  }
  for (const ProgramResource& one : program.resources) out.weights_[{one.name, one.type->id}] = hash_of(*one.resource);
  return out;
}

Outcome::Difference Outcome::first_difference(const std::map<Put, std::uint64_t>& mine, const Outcome& other) const {
  if (const Put* put = first_different(mine, other.hashes_)) {
    const Node& node = nodes_.at(put->node);
    return {"output `" + put->port + "` of " + node.text + " at step " + std::to_string(put->step) +
                (put->slot >= 0 ? ", slot " + std::to_string(put->slot) : std::string()),
            node.type, node.phase, node.name, put->step};
  }
  if (const auto* resource = first_different(weights_, other.weights_))
    return {"the resource `" + resource->first + "`", resource->second, {}, resource->first};
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

Outcome::Difference Outcome::difference(const Outcome& other) const { return first_difference(hashes_, other); }

Outcome::Difference Outcome::difference_from(const Outcome& later, std::int64_t step) const {
  std::map<Put, std::uint64_t> rest = hashes_;
  std::erase_if(rest, [step](const auto& one) { return one.first.step < step; });
  return first_difference(rest, later);
}

}  // namespace leat
