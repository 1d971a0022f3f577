#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/component.h"
#include "leat/random.h"
#include "leat/tensor.h"

namespace leat {

/// Which weights a stage computes with: those that are trained, or their exponential moving averages (`ema`).
enum class Weights { Live, Averaged };

/// How a network wants the pixels v of a picture: (v / 255 − mean) / deviation.
struct Normalization {
  double mean = 0;
  double deviation = 1;
};

/// A network, whatever it is made of, as optimizers, `tensor.normalize` and checkpoints see it: weights with names, their moving averages,
/// and the constants of its input, so that nobody has to repeat them where the weights are used. The tensors in `parameters()` and
/// `averages()` stay the same objects while a run lasts: loading copies into them, so an optimizer may keep them. [worker], on the device
/// lane
class Model : public Resource {
 public:
  static constexpr std::string_view kind = "model";
  static constexpr std::string_view header = "leat/model.h";

  [[nodiscard]] virtual Normalization normalization() const = 0;

  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> facts() const override { return {{"weights", count()}}; }
  /// Weights under their names, averages under `ema.` and the name.
  void save(Archive& archive) const override;
  void load(const Archive& archive) override;

  // ---- After `open` ----
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// The trained weights, in the order of `names()`: leaves on the device that require gradients.
  [[nodiscard]] const std::vector<at::Tensor>& parameters() const { return parameters_; }
  [[nodiscard]] bool has_averages() const { return !averages_.empty(); }
  /// Begins to keep averages, as copies of the weights; does nothing where there are some. Who updates them calls this in its `open`.
  void start_averages();
  /// As `parameters()`, without gradients; empty before `start_averages`.
  [[nodiscard]] const std::vector<at::Tensor>& averages() const { return averages_; }
  /// Throws std::runtime_error where averages are asked for and there are none.
  [[nodiscard]] const std::vector<at::Tensor>& tensors(Weights which) const;
  /// The number of weights.
  [[nodiscard]] std::int64_t count() const;

 protected:
  struct Slot {
    std::string name;
    std::vector<std::int64_t> shape;
  };
  /// What keeps the weights of an archive out of slots, in a clause; nothing where they fit.
  [[nodiscard]] static std::optional<std::string> misfit(const Archive& archive, const std::vector<Slot>& slots);
  /// To call in `open`: the weights as they are before training, on the device.
  void set_weights(std::vector<std::string> names, std::vector<at::Tensor> weights);

 private:
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> averages_;
};

/// How a network is run once.
struct ForwardPass {
  Weights weights = Weights::Live;
  bool is_training = false;  ///< Dropout drops, norms of batches use and follow the batch, where the network has such.
  RandomKey key;             ///< Whatever it draws depends on this.
};

/// A network that one call runs from a batch to one tensor or several; `model.forward` is its stage. [worker], on the device lane
class ForwardModel : public Model {
 public:
  static constexpr std::string_view kind = "model with a forward pass";

  /// A batch, N x ..., to the network's outputs, each N x ...; throws std::runtime_error. Gradients flow to batch and weights where the
  /// caller's mode has them on and the network can.
  [[nodiscard]] virtual std::vector<at::Tensor> forward(const at::Tensor& batch, const ForwardPass& pass) const = 0;
  [[nodiscard]] virtual bool is_differentiable() const { return true; }
  /// What `forward` gives for such a batch; nothing where only a run can tell. Throws Refusal for a batch that does not fit. [setup] After
  /// `survey`
  [[nodiscard]] virtual std::vector<Contract> outputs(const Contract& batch) const;
  /// What dimension 1 of an output counts, classes or structures, with their names; of unknown size where the network does not say. [setup]
  [[nodiscard]] virtual Dim entries(std::size_t output) const;
};

}  // namespace leat
