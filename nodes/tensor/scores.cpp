#include "leat/scores.h"

#include <algorithm>
#include <cmath>

#include "leat/leat.h"
#include "leat/tensor.h"

namespace {
using namespace leat;

struct ScoresOfRows final : Node {
  Input<at::Tensor> probabilities{this, "probabilities", "N x C, float. Probabilities, one row per sample."};
  Scatter<Scores> scores{this, "scores", "C, float. The sample's row."};

  void shapes(Shapes& shapes) const override {
    const Contract rows = shapes.of(probabilities);
    if (rows.dims.size() == 2 && rows.dims[1].is_known())
      shapes.set_bytes(scores, static_cast<std::int64_t>(sizeof(Scores)) + rows.dims[1].size * static_cast<std::int64_t>(sizeof(float)));
  }

  void process(Frame& frame) const override {
    const at::Tensor rows = frame[probabilities].contiguous();
    const float* from = rows.const_data_ptr<float>();
    const std::int64_t count = rows.size(1);
    for (int row = 0; row < static_cast<int>(rows.size(0)); ++row, from += count) {
      if (std::all_of(from, from + count, [](float value) { return std::isfinite(value); }))
        frame.put(scores, row, Scores{std::vector<float>(from, from + count)});
      else frame.drop(row, "its probabilities are not finite");
    }
  }
};

}  // namespace

LEAT_NODE(ScoresOfRows, "tensor.scores", "Splits a tensor of probabilities into one row per sample, for writers.")
