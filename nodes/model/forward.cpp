#include <ATen/core/grad_mode.h>
#include <array>

#include "leat/leat.h"
#include "leat/model.h"
#include "leat/tensor.h"

namespace {
using namespace leat;

struct Forward final : Node {
  Input<at::Tensor> batch{this, "batch", "N x ..., float. What the network takes, such as `tensor.normalize` makes it.", differentiable};
  Output<at::Tensor> output{this, "output", "N x ..., float. The network's only output, or its first.", differentiable};
  Output<at::Tensor> second{this, "second", "N x ..., float. Of a network that gives several tensors.", differentiable};
  Output<at::Tensor> third{this, "third", "N x ..., float. Of a network that gives several tensors.", differentiable};
  Uses<ForwardModel> model{this, "model", "The network."};
  Choice mode{this,
              "mode",
              "train: with dropout, and with the batch's own mean and variance in its norms, which only a train phase may; eval: as it is "
              "used later; auto: train "
              "where gradients flow back to live weights in a train phase.",
              "auto",
              {"auto", "train", "eval"}};
  Choice weights{
      this, "weights", "live: those that are trained; ema: their moving averages, which take no gradient.", "live", {"live", "ema"}};
  Param<bool> detached{this, "detached", "Records nothing for gradients, for a pass that only makes targets.", false};

  void shapes(Shapes& shapes) const override {
    if (!model->is_differentiable() && mode == "train") throw Refusal("this network has no mode `train`: it is compiled", "mode");
    if (!model->is_differentiable() && weights == "ema") throw Refusal("this network has no averaged weights: it is compiled", "weights");
    if (!model->is_differentiable() && shapes.kind() == PhaseKind::Train && !*detached)
      throw Refusal("this network computes no gradients", "model", "for a pass that only makes targets, set `detached: true`");
    if (mode == "train" && shapes.kind() != PhaseKind::Train)
      throw Refusal("`mode: train` would change the network's running means here: only a train phase may", "mode");
    const std::vector<Contract> said = model->outputs(shapes.of(batch));
    for (std::size_t k = 0; k < ports().size(); ++k) {
      if (k < said.size() || said.empty()) shapes.set(*ports()[k], named(said.empty() ? ports()[k]->contract() : said[k], k));
      else if (shapes.is_connected(*ports()[k]))
        throw Refusal("the network gives " + std::to_string(said.size()) + (said.size() == 1 ? " tensor" : " tensors"),
                      std::string(ports()[k]->name()));
    }
  }

  void process(Frame& frame) const override {
    const at::AutoGradMode gradients(!*detached && at::GradMode::is_enabled());
    const bool learns = frame.key().kind == PhaseKind::Train && !*detached && weights == "live";
    std::vector<at::Tensor> out = model->forward(frame[batch], {weights == "live" ? Weights::Live : Weights::Averaged,
                                                                mode == "train" || (mode == "auto" && learns), frame.random().key()});
    for (std::size_t k = 0; k < ports().size(); ++k) {
      if (k < out.size()) frame.put(*ports()[k], std::move(out[k]));
    }
  }

 private:
  /// The contract of an output with what the network says of its entries.
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

LEAT_NODE(Forward, "model.forward", "Runs a network from a batch to what it gives.", leat::LaneKind::Device)
