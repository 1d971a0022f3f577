#include "conformance/trial_nodes.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "run/call.h"

namespace leat::conformance {
namespace {

/// Returns the flags that two ports need so that an edge between them is as the edge that the node replaces.
PortFlags flags_of(const Port& port) {
  return (port.is(differentiable) ? differentiable : PortFlags::None) | (port.is(diagnostic) ? diagnostic : PortFlags::None);
}

/// Returns a sentence that any contract of the wire fits, with the rows of the step if it has some.
std::string sentence_of(const Wire& wire) {
  const std::string end = wire.contract.or_unknown ? ", or unknown. Values." : ". Values.";
  if (!wire.contract.has_shape && wire.contract.has_entries) return "One of C" + end;
  const bool has_rows = wire.grain == Grain::Step && wire.origin >= 0;
  return has_rows ? "N x ..., " + std::string(wire.contract.dtype == Dtype::Any ? "float" : name(wire.contract.dtype)) + end
                  : "Any shape" + end;
}

class Reorders final : public Node {
 public:
  Reorders(const ValueType& type, std::string sentence, PortFlags flags, NewOrder order)
      : sentence_(std::move(sentence)),
        values_(this, PortKind::Input, type, "values", sentence_, flags),
        reordered_(this, PortKind::Output, type, "reordered", sentence_, flags),
        order_(std::move(order)) {}

  void shapes(Shapes& shapes) const override {
    shapes.assume_as(reordered_, values_);
    Contract out = shapes.of(values_);
    for (const int axis : order_.axes) {
      if (axis == Reorder::entries) rename(out.entries);
      else if (static_cast<std::size_t>(axis) < out.dims.size()) rename(out.dims[static_cast<std::size_t>(axis)]);
    }
    shapes.set(reordered_, out);
  }
  void process(Frame& frame) const override {
    Value out = Frame::Call::read(frame, values_.index());
    for (const int axis : order_.axes) out = out.reordered({axis, order_.to, static_cast<int>(order_.to.size())});
    Frame::Call::put(frame, reordered_.index(), std::move(out));
  }

 private:
  void rename(Dim& dim) const {
    Dim out = Dim::named(order_.names, this, "");
    out.multi_label = dim.multi_label;
    dim = std::move(out);
  }

  std::string sentence_;
  Port values_;
  Port reordered_;
  NewOrder order_;
};

class Witness final : public Node {
 public:
  Witness(const ValueType& type, std::string sentence, PortFlags flags, TakeSample take)
      : sentence_(std::move(sentence)), values_(this, PortKind::Input, type, "values", sentence_, flags), take_(std::move(take)) {}

  void process(Frame& frame) const override { take_(frame.key().step, frame.key().slot, frame.sample()); }

 private:
  std::string sentence_;
  Port values_;
  TakeSample take_;
};

}  // namespace

NodeType reordering_type(std::string id, const Wire& read, LaneKind lane, NewOrder order) {
  const ValueType* type = &read.port->type();
  return {std::move(id),
          "Reorders entries.",
          [type, sentence = sentence_of(read), flags = flags_of(*read.port), order = std::move(order)]() -> std::unique_ptr<Node> {
            return std::make_unique<Reorders>(*type, sentence, flags, order);
          },
          lane,
          {}};
}

NodeType witness_type(std::string id, const Wire& read, TakeSample take) {
  const ValueType* type = &read.port->type();
  return {std::move(id),
          "Reports samples.",
          [type, sentence = sentence_of(read), flags = flags_of(*read.port), take = std::move(take)]() -> std::unique_ptr<Node> {
            return std::make_unique<Witness>(*type, sentence, flags, take);
          },
          LaneKind::Cpu,
          {}};
}

std::string add_node(PhaseText& phase, const NodeType& type, Reference from) {
  NodeText text;
  const auto is_taken = [&](const std::string& name) {
    return std::any_of(phase.nodes.begin(), phase.nodes.end(), [&](const NodeText& one) { return one.name == name; });
  };
  for (std::size_t k = 0; text.name.empty() || is_taken(text.name); ++k) text.name = "trial_" + std::to_string(k);
  text.place = from.place;
  text.uses = {type.id, from.place};
  text.in.push_back({"values", "", from.place, std::move(from)});
  phase.nodes.push_back(std::move(text));
  return phase.nodes.back().name;
}

}  // namespace leat::conformance
