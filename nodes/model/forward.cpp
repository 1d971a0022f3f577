#include <ATen/core/grad_mode.h>
#include <array>

#include "leat/leat.h"
#include "leat/merges_passes.h"
#include "leat/model.h"
#include "leat/tensor.h"
#include "model/pass_node.h"

namespace {
using namespace leat;

struct Forward final : PassNode, RunsPass {
  Input<at::Tensor> batch{this, "batch", "N x ..., float. The network's input, for example from `tensor.normalize`.", differentiable};
  Output<at::Tensor> output{this, "output", "N x ..., float. The network's first output.", differentiable};
  Output<at::Tensor> second{this, "second", "N x ..., float. The network's second output, if it has one.", differentiable};
  Output<at::Tensor> third{this, "third", "N x ..., float. The network's third output, if it has one.", differentiable};
  Uses<ForwardModel> model{this, "model", "The network."};
  Choice mode{this,
              "mode",
              "Mode of dropout and batch norm. auto: `train` if live weights get gradients in a train phase, else `eval`; train: with "
              "dropout, and with the batch's own mean and variance (only in a train phase); eval: as in inference.",
              "auto",
              {"auto", "train", "eval"}};

  void shapes(Shapes& shapes) const override {
    if (!model->is_differentiable() && mode == "train") throw Refusal("this network is compiled, so it has no `mode: train`", "mode");
    if (!model->is_differentiable() && weights == "ema")
      throw Refusal("this network is compiled, so it has no averaged weights", "weights");
    if (!model->is_differentiable() && shapes.kind() == PhaseKind::Train && !*detached)
      throw Refusal("this network computes no gradients", "model", "for a pass that only computes targets, set `detached: true`");
    if (mode == "train" && shapes.kind() != PhaseKind::Train)
      throw Refusal("`mode: train` changes the network's running means, which only a train phase can do", "mode");
    const std::vector<Contract> said = model->outputs(shapes.of(batch));
    for (std::size_t k = 0; k < ports().size(); ++k) {
      if (k < said.size() || said.empty()) shapes.set(*ports()[k], named(said.empty() ? ports()[k]->contract() : said[k], k));
      else if (shapes.is_connected(*ports()[k]))
        throw Refusal("the network returns only " + std::to_string(said.size()) + (said.size() == 1 ? " tensor" : " tensors"),
                      std::string(ports()[k]->name()));
    }
  }

  /// Nobody knows the layers of a network from a file.
  std::string why_alone() const override { return "layers of a network from a file can mix rows, as a batch norm does in training"; }

  void process(Frame& frame) const override {
    const at::AutoGradMode gradients(records_gradients());
    const bool learns = frame.key().kind == PhaseKind::Train && !*detached && weights == "live";
    std::vector<at::Tensor> out =
        model->forward(frame[batch], {which(), mode == "train" || (mode == "auto" && learns), frame.random().key()});
    for (std::size_t k = 0; k < ports().size(); ++k) {
      if (k < out.size()) frame.put(*ports()[k], std::move(out[k]));
    }
  }

 private:
  /// Returns the contract of an output, with the names that the network has for dimension 1.
  [[nodiscard]] Contract named(Contract out, std::size_t output) const {
    const Dim entries = model->entries(output);
    if (!entries.names) return out;
    if (out.dims.size() == 1 && out.is_open) out.dims.push_back(entries);
    if (out.dims.size() < 2 || (out.dims[1].is_known() && out.dims[1].size != entries.size))
      throw Refusal(
          "`" + entries.names->param + "` of the network has " + std::to_string(entries.size) + " names, but its output is " + out.str(),
          "model");
    out.dims[1] = entries;
    return out;
  }

  [[nodiscard]] std::array<const Output<at::Tensor>*, 3> ports() const { return {&output, &second, &third}; }
};

}  // namespace

LEAT_NODE(Forward, "model.forward", "Runs a network on a batch.", leat::LaneKind::Device)
