#pragma once

#include <ATen/core/Tensor.h>
#include <string_view>
#include <vector>

#include "leat/component.h"
#include "leat/frame.h"
#include "leat/model.h"
#include "optim/adam_moments.h"
#include "optim/schedule.h"

namespace leat {

/// Adam or AdamW with a schedule of its learning rate, for all weights of one network. `train.step` drives it. [worker], on the device lane
class Adam final : public Resource {
 public:
  static constexpr std::string_view kind = "optimizer";

  Changes<Model> model{this, "model", "The network whose weights it changes."};
  Param<double> lr{this, "lr", "Learning rate, before the schedule.", 1e-3, {0.0, 10.0}};
  Param<std::vector<double>> betas{this, "betas", "Decays of the running means of the gradient and of its square, each from 0 to below 1.",
                                   std::vector<double>{0.9, 0.999}};
  Param<double> eps{this, "eps", "Added to the denominator.", 1e-8, {0.0, 1.0}};
  Param<double> weight_decay{this, "weight_decay", "Of all weights.", 0.0, {0.0, 10.0}};
  Param<bool> decoupled{this, "decoupled", "The decay acts on the weights (AdamW) instead of the gradients.", false};
  Choice schedule_kind{this,
                       "schedule.kind",
                       "How the learning rate falls: not, by a factor every so many steps, or as a cosine to 0 at the phase's end.",
                       "constant",
                       {"constant", "steps", "cosine"}};
  Param<std::int64_t> schedule_warm_up{
      this, "schedule.warm_up", "Steps over which the learning rate rises linearly at first.", 0, {0, 1'000'000'000}};
  Param<std::int64_t> schedule_every{
      this, "schedule.every", "Steps after which it is multiplied by the factor, for `kind: steps`.", 0, {0, 1'000'000'000}};
  Param<double> schedule_factor{this, "schedule.factor", "For `kind: steps`.", 0.1, {0.0, 1.0}};

  void survey(const Opening& opening) override;
  void open(const Opening& opening) override;
  void save(Archive& archive) const override;
  void load(const Archive& archive) override;

  /// That of a frame's step; throws std::runtime_error where a cosine has no number of steps to end with.
  [[nodiscard]] double learning_rate(const FrameKey& key) const;
  /// One step with a gradient for each of the model's `parameters()`, undefined where one takes no part; see AdamMoments::update.
  void update(const std::vector<at::Tensor>& gradients, const at::Tensor& rate, const at::Tensor& is_skipped);

 private:
  AdamMoments moments_;
};

}  // namespace leat
