#pragma once

#include <span>
#include <string>

#include "leat/leat.h"
#include "leat/merges_passes.h"
#include "leat/tensor.h"
#include "model/joined_rows.h"
#include "model/pass_node.h"
#include "model/passes.h"

namespace leat {

/// Base class of the nodes that run one stage of a network. No layer of it mixes rows, so passes can be merged.
struct Stage : PassNode, MergesPasses {
  Uses<MultitaskUnet> model{this, "model", "The network."};
};

/// A stage with dropout.
struct StageWithDropout : Stage {
  Choice mode{this, "mode", "Mode of dropout. train: with the network's dropout; eval: without dropout.", "eval", {"train", "eval"}};

 protected:
  /// Returns the options for the rows of these frames. Each row of the input draws with the key of its own frame and slot. A training step
  /// computes all batches as a whole.
  [[nodiscard]] Pass pass(std::span<Frame* const> frames, const Port& input) const {
    Pass out{which(), {}, frames.front()->key().kind != PhaseKind::Train};
    if (mode == "eval" || *model->dropout == 0) return out;
    out.dropout.share = *model->dropout;
    for (const Frame* frame : frames)
      for (int row = 0; row < frame->rows(input).size(); ++row) out.dropout.rows.push_back(frame->random(row).key());
    return out;
  }
};

/// Returns why images of this size cannot be the network's input, or an empty string.
[[nodiscard]] std::string wrong_size(const MultitaskUnet& network, std::int64_t height, std::int64_t width);

/// Throws Refusal if the size or the number of channels is known and wrong. [setup]
void check_size(const Shapes& shapes, const Port& image, const MultitaskUnet& network);

/// Throws std::runtime_error if images, N x C x H x W, cannot be the network's input.
void check_input(const MultitaskUnet& network, const at::Tensor& images);

}  // namespace leat
