#pragma once

#include <ATen/core/Tensor.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/component.h"
#include "leat/frame.h"
#include "leat/model.h"

namespace leat {

/// One step of an optimizer. The numbers are scalars (0 dimensions, float) on the device of the weights, so that a recorded sequence of
/// device operations reads their new values when it is replayed.
struct OptimizerStep {
  /// One for each of the model's `parameters()`, with its strides; undefined if the loss does not depend on the weight.
  std::vector<at::Tensor> gradients;
  at::Tensor rate;        ///< Learning rate.
  at::Tensor number;      ///< The step's number in its phase, from 0. Exact up to 2^24.
  at::Tensor is_skipped;  ///< 1 if a gradient is not finite, else 0.

  /// Returns the indices of the weights that have a gradient.
  [[nodiscard]] std::vector<std::size_t> learning() const;
  /// Copies `value` into a weight or a state, unless the step is skipped.
  void set(const at::Tensor& into, const at::Tensor& value) const;
};

/// Tensors that an optimizer keeps from step to step, one for each weight. They are changed in place: the same objects are saved and
/// loaded.
class WeightState {
 public:
  WeightState() = default;
  explicit WeightState(std::vector<at::Tensor> tensors) : tensors_(std::move(tensors)) {}

  [[nodiscard]] const at::Tensor& operator[](std::size_t weight) const { return tensors_.at(weight); }
  [[nodiscard]] const std::vector<at::Tensor>& tensors() const { return tensors_; }

 private:
  std::vector<at::Tensor> tensors_;
};

/// Returns the tensors at the indices, as the list that ATen's `_foreach_` and `_fused_` operations take.
[[nodiscard]] std::vector<at::Tensor> chosen(const std::vector<at::Tensor>& tensors, const std::vector<std::size_t>& indices);

/// Changes the weights of one network in every training step; `train.step` calls it. The base class has the learning rate with its
/// schedule, and saves and loads the tensors that `keep_tensors` and `keep_numbers` made. Called on the device lane. [worker]
class Optimizer : public Resource {
 public:
  static constexpr std::string_view kind = "optimizer";
  static constexpr std::string_view header = "leat/optimizer.h";

  Changes<Model> model{this, "model", "The network whose weights it changes."};
  Param<double> lr{this, "lr", "Learning rate, before the schedule.", 1e-3, {0.0, 10.0}};
  Choice schedule_kind{this,
                       "schedule.kind",
                       "Fall of the learning rate. constant: none; steps: by a factor at regular intervals; cosine: along half a cosine, "
                       "to 0 at the end of the phase.",
                       "constant",
                       {"constant", "steps", "cosine"}};
  Param<std::int64_t> schedule_warm_up{this,
                                       "schedule.warm_up",
                                       "Length of the linear rise of the learning rate at the start. At step k = 0, 1, ... the rate is "
                                       "multiplied by min(1, (k + 1) / warm_up). 0: no rise.",
                                       0,
                                       {0, 1'000'000'000}};
  Param<std::int64_t> schedule_every{
      this,
      "schedule.every",
      "Interval of `kind: steps`: number of steps after which the learning rate is multiplied by the factor.",
      0,
      {0, 1'000'000'000}};
  Param<double> schedule_factor{this, "schedule.factor", "Factor of `kind: steps`.", 0.1, {0.0, 1.0}};

  Param<std::vector<std::string>> frozen{this, "frozen",
                                         "Beginnings of the names of weights that stay as they are, such as `encoder.`. Empty: none.",
                                         std::vector<std::string>{}};

  // An override calls the base class's function first.
  void survey(const Opening& opening) override;
  void open(const Opening& opening) override;
  void save(Archive& archive) const override;
  void load(const Archive& archive) override;

  [[nodiscard]] const std::string& name() const { return name_; }  ///< The name in the graph, for messages; known after `survey`.
  /// Returns the learning rate of a frame's step. Throws std::runtime_error if a cosine has no number of steps to end with.
  [[nodiscard]] double learning_rate(const FrameKey& key) const;
  /// Takes away the gradients of the weights that `frozen` names. `train.step` calls it, so that they count in no norm either.
  void freeze(std::vector<at::Tensor>& gradients) const;
  /// Returns these tensors, one for each weight of the network, without those of the weights that `frozen` names.
  [[nodiscard]] std::vector<at::Tensor> without_frozen(const std::vector<at::Tensor>& all) const;
  /// Changes the weights that have a gradient, and the states of these weights, in place. A skipped step changes no weight and no state:
  /// change them with `step.set`, or with an operation that takes `is_skipped`. Read numbers that change from step to step from tensors of
  /// the step or of a state, and copy no tensor to the host. Gradients are not recorded during the call.
  virtual void update(const OptimizerStep& step) = 0;

 protected:
  /// Makes a state in `open`: for each weight a tensor of zeros with its shape. A checkpoint has it as `NAME.WEIGHT`.
  [[nodiscard]] WeightState keep_tensors(const std::string& name);
  /// Does the same with one number (0 dimensions, float) for each weight.
  [[nodiscard]] WeightState keep_numbers(const std::string& name);

 private:
  struct Kept {
    std::string name;
    WeightState state;
  };
  WeightState kept(const std::string& name, std::vector<at::Tensor> tensors);
  /// Throws Refusal if a beginning in `frozen` fits none of the network's weights, or if `frozen` fits all.
  void check_frozen(const std::vector<std::string>& weights) const;
  [[nodiscard]] bool is_frozen(const std::string& weight) const;

  std::string name_;
  std::vector<Kept> kept_;
  std::vector<std::size_t> frozen_;  ///< Indices of weights.
};

}  // namespace leat
