#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "leat/register_nodes.h"
#include "leat/run.h"
#include "support/doctest.h"

// What a GPU needs of a training step, tested without one: each step gives the device the same operations on the same shapes and numbers,
// but for the few numbers that a schedule changes, and asks the device for nothing. Otherwise the lane would wait, and a step could not be
// recorded once and replayed.
using namespace leat;

namespace {

std::string text_of(const c10::IValue& value) {
  std::ostringstream out;
  out.precision(17);
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    if (!tensor.defined()) return "none";
    out << tensor.scalar_type() << tensor.sizes();
    // A number of C++ that takes part in an operation.
    if (tensor.dim() == 0 && tensor.unsafeGetTensorImpl()->is_wrapped_number()) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, tensor.const_data_ptr(), tensor.element_size());
      out << '=' << bits;
    }
  } else if (value.isTensorList()) {
    out << value.toTensorVector().size() << " tensors";
  } else if (value.isDouble()) {
    out << value.toDouble();
  } else if (value.isInt()) {
    out << value.toInt();
  } else if (value.isBool()) {
    out << value.toBool();
  } else if (value.isIntList()) {
    out << value.toIntVector();
  } else {
    out << value.tagKind();
  }
  return out.str();
}

/// The operations of the lane's thread, by step. The steps are as many as the test runs.
struct Operations final : Observer {
  struct Done {
    std::string node;
    std::string name;
    std::string inputs;
    std::string caller;  ///< The operation that called this one; empty: Leat did.
    auto operator<=>(const Done&) const = default;
  };
  std::map<std::int64_t, std::vector<Done>> steps;

  void call_begins(const NodeCall& call) override {
    if (call.slot < 0) node_ = std::string(call.node) + " (" + std::string(call.type) + ")";
  }
  void segment_begins(const SegmentCall& call) override {
    now_ = &steps[call.step];
    current_ = this;
    handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&begin, &end).needsInputs(true).scopes({at::RecordScope::FUNCTION}));
  }
  void segment_ends(const SegmentCall&) override {
    at::removeCallback(handle_);
    now_ = nullptr;
  }

 private:
  struct Caller final : at::ObserverContext {
    std::string name;
  };

  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
    auto outer = std::make_unique<Caller>();
    outer->name = current_->caller_;
    std::string inputs;
    for (const c10::IValue& value : function.inputs()) inputs += (inputs.empty() ? "" : ", ") + text_of(value);
    if (current_->now_) current_->now_->push_back({current_->node_, function.name(), std::move(inputs), current_->caller_});
    current_->caller_ = function.name();
    return outer;
  }
  static void end(const at::RecordFunction&, at::ObserverContext* outer) { current_->caller_ = static_cast<Caller*>(outer)->name; }

  static inline thread_local Operations* current_ = nullptr;
  std::vector<Done>* now_ = nullptr;
  std::string node_, caller_;
  at::CallbackHandle handle_ = 0;
};

Operations operations_of(const std::string& graph, const std::vector<Setting>& settings, std::int64_t steps) {
  Registry registry;
  register_nodes(registry);
  Diagnostics diagnostics;
  const GraphDescription description = read_graph(std::string(LEAT_SOURCE "/graphs/") + graph, settings, diagnostics);
  diagnostics.throw_if_errors();
  Program program = Program::build(description, registry, {0, "cpu:1"}, diagnostics);
  diagnostics.throw_if_errors();
  Operations out;
  RunOptions options;
  options.stop_after_steps = steps;
  options.observers = {{&out, Hears::Segments | Hears::Calls}};
  (void)Run(program, registry.make_lane()("cpu:1"), make_tbb_executor(1, registry.worker()), std::move(options)).run();
  return out;
}

}  // namespace

TEST_CASE("steps of a training give the device the same operations, and read nothing from it") {
  const Operations seen = operations_of("demo.yaml", {{"unlabelled", "40"}, {"tests", "2"}}, 4);
  const auto &one = seen.steps.at(2), &other = seen.steps.at(3);
  REQUIRE(one.size() > 1000);
  CHECK(one.size() == other.size());
  std::set<std::string> scheduled;
  for (std::size_t k = 0; k < std::min(one.size(), other.size()); ++k) {
    if (one[k] == other[k]) continue;
    CAPTURE(one[k].node);
    CAPTURE(one[k].inputs);
    CAPTURE(other[k].inputs);
    CHECK(one[k].node == other[k].node);
    CHECK(one[k].name == other[k].name);
    // A number of a schedule is written into a tensor of no dimension, and only there.
    const bool is_written = one[k].name == "aten::full" || (one[k].name == "aten::fill_" && one[k].caller == "aten::full");
    CHECK(is_written);
    if (one[k].name == "aten::full") scheduled.insert(one[k].node + " " + one[k].inputs);
  }
  // For each of three networks: the number of steps, the decay of its averaged weights, and its rate; and two ramps of losses.
  CHECK(scheduled.size() == 11);
  const std::set<std::string> reads{"aten::item",          "aten::_local_scalar_dense",
                                    "aten::is_nonzero",    "aten::nonzero",
                                    "aten::masked_select", "aten::equal",
                                    "aten::allclose",      "aten::unique"};
  std::size_t of_adam = 0;
  for (const Operations::Done& done : one) {
    if (!reads.contains(done.name)) continue;
    CAPTURE(done.node);
    CAPTURE(done.name);
    CAPTURE(done.caller);
    // The CPU's fused Adam reads the number of its step, which the GPU's does not.
    const bool is_adam = done.caller.starts_with("aten::_fused_adam") || done.caller == "aten::item";
    CHECK(is_adam);
    ++of_adam;
  }
  CHECK(of_adam > 0);
}
