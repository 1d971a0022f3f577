#include "conformance/living_rows.h"

#include <algorithm>
#include <bit>

namespace leat::conformance {
namespace {

constexpr const char* begin_of_text = "ignores the weights of rows: its ";
constexpr const char* end_of_text =
    " changes with what the row of a dropped sample repeats: leave out rows whose `weight(row)` is 0, or multiply by `RowWeights` "
    "(leat/row_weights.h)";

/// What a node measured, by the metric's own name. Bits, because a number that is none equals itself here.
std::map<std::string, std::uint64_t> metrics_of(const std::string& node, const Metrics& all) {
  std::map<std::string, std::uint64_t> out;
  for (const auto& [name, number] : all)
    if (name.starts_with(node + ".")) out[name.substr(node.size() + 1)] = std::bit_cast<std::uint64_t>(number);
  return out;
}

template <class Map, class Key>
typename Map::mapped_type found(const Map& map, const Key& key) {
  const auto at = map.find(key);
  return at == map.end() ? typename Map::mapped_type() : at->second;
}

}  // namespace

void LivingRows::value_put(const PutValue& put) {
  if (put.phase != phase_) return;
  const Put key{put.step, std::string(put.node), std::string(put.port)};
  Hashes hashes;
  bool is_unknown = false;
  if (put.weights.empty()) {
    hashes[put.slot] = put.value.hash();
  } else {
    const std::vector<std::uint64_t> rows = put.value.hash_rows();
    is_unknown = rows.size() != put.weights.size();
    for (std::size_t row = 0; row < rows.size() && !is_unknown; ++row)
      if (put.weights[row] != 0) hashes[static_cast<int>(row)] = rows[row];
  }
  const std::lock_guard guard(lock_);
  puts_[key].merge(hashes);
  if (is_unknown) unknown_.insert(key);
}

void LivingRows::step_retired(const Progress& progress) {
  if (progress.phase != phase_) return;
  const std::lock_guard guard(lock_);
  metrics_[progress.step - 1] = progress.metrics;
}

void LivingRows::add(const RunResult& result) { last_ = found(result.phases, phase_); }

/// Compares two runs, node by node.
class LivingRows::Judge {
 public:
  Judge(const Program& program, const LivingRows& one, const LivingRows& other) : one_(one), other_(other) {
    for (const ProgramPhase& phase : program.phases) {
      if (phase.name == one.phase_) phase_ = &phase;
      for (const ProgramNode& node : phase.nodes)
        for (const auto& [resource, access] : node.resources)
          if (access == UsePort::Access::Write) changed_.insert(resource);
    }
  }

  [[nodiscard]] std::vector<Finding> findings() {
    for (const ProgramNode& node : phase_->nodes)
      if (node.grain == Grain::Step && reads_rows(node)) judge(node);
    return std::move(out_);
  }

 private:
  [[nodiscard]] const Wire& wire(int index) const { return phase_->wires[static_cast<std::size_t>(index)]; }
  [[nodiscard]] bool reads_rows(const ProgramNode& node) const {
    return std::any_of(node.inputs.begin(), node.inputs.end(), [this](const BoundInput& input) {
      return std::any_of(input.feeds.begin(), input.feeds.end(), [this](const Feed& feed) { return wire(feed.wire).origin >= 0; });
    });
  }
  [[nodiscard]] bool reads_same(const ProgramNode& node, std::int64_t step) const {
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds) {
        const Wire& read = wire(feed.wire);
        const Put put{step, phase_->nodes[static_cast<std::size_t>(read.node)].name, std::string(read.port->name())};
        if (one_.unknown_.contains(put) || other_.unknown_.contains(put) || found(one_.puts_, put) != found(other_.puts_, put))
          return false;
      }
    return true;
  }
  void judge(const ProgramNode& node) {
    // What a node knows besides what it reads: a resource that earlier steps have changed, its state after earlier steps. Until the
    // first of other rows, both runs are the same.
    const bool knows_changed =
        std::any_of(node.resources.begin(), node.resources.end(), [this](const auto& use) { return changed_.contains(use.first); });
    const bool remembers = node.is_ordered();
    bool has_read_same = true;
    for (const auto& [step, metrics] : one_.metrics_) {
      if (knows_changed && step > one_.first_different_) return;
      const bool is_same = reads_same(node, step);
      has_read_same &= is_same;
      if (!(remembers ? has_read_same : is_same)) continue;
      for (const int output : node.wires) {
        const Contract& contract = wire(output).port->contract();
        const bool has_rows = wire(output).grain == Grain::Slot || (!contract.dims.empty() && contract.dims[0].symbol == "N");
        const Put put{step, node.name, std::string(wire(output).port->name())};
        if (!has_rows && found(one_.puts_, put) != found(other_.puts_, put)) find(node, "output `" + put.port + "`");
      }
      compare(node, metrics, found(other_.metrics_, step));
    }
    if (has_read_same && !knows_changed) compare(node, one_.last_, other_.last_);
  }
  void compare(const ProgramNode& node, const Metrics& one, const Metrics& other) {
    const auto ours = metrics_of(node.name, one), theirs = metrics_of(node.name, other);
    std::set<std::string> names;
    for (const auto* all : {&ours, &theirs})
      for (const auto& [name, bits] : *all) names.insert(name);
    for (const std::string& name : names) {
      const auto first = ours.find(name), second = theirs.find(name);
      if (first == ours.end() || second == theirs.end() || first->second != second->second) find(node, "metric `" + name + "`");
    }
  }
  void find(const ProgramNode& node, const std::string& what) { out_.push_back({node.type->id, begin_of_text + what + end_of_text}); }

  const LivingRows& one_;
  const LivingRows& other_;
  const ProgramPhase* phase_ = nullptr;
  std::set<int> changed_;  ///< Resources that some node of the program changes.
  std::vector<Finding> out_;
};

std::vector<Finding> LivingRows::differences(const Program& program, const LivingRows& one, const LivingRows& other) {
  return Judge(program, one, other).findings();
}

}  // namespace leat::conformance
