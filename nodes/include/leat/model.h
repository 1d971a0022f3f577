#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/component.h"
#include "leat/param.h"
#include "leat/random.h"
#include "leat/tensor.h"

namespace leat {

/// The weights that a stage computes with: the trained weights, or their exponential moving averages (`ema`).
enum class Weights { Live, Averaged };

/// The normalization of a network's input: (v / full − mean) / deviation for a value v. `full` is 255 for 8 bit, 65535 for 16 bit and 1 for
/// floats.
struct Normalization {
  PerChannel mean = 0;
  PerChannel deviation = 1;
};

/// For the parameters of a network that state its normalization.
inline constexpr std::string_view mean_sentence =
    "Mean of the input's normalization, (v / full - mean) / deviation for a value v: one number, or a list with one for each channel. "
    "`full` is 255 for 8 bit, 65535 for 16 bit and 1 for floats. For 8 and 16 bit, the mean is 0..1.";
inline constexpr std::string_view deviation_sentence =
    "Standard deviation of the input's normalization, as for `mean`: one number, or a list with one for each channel. "
    "For 8 and 16 bit, it is at most 1.";
inline constexpr Range<double> mean_range{-1e6, 1e6}, deviation_range{0.001, 1e6};

/// A network as optimizers, `tensor.normalize` and checkpoints see it: weights with names, their moving averages, and the normalization of
/// its input, which a graph does not have to repeat. Invariant: the tensors in `parameters()` and `averages()` stay the same objects during
/// a run. Loading copies into them, so an optimizer can keep them. Called on the device lane. [worker]
class Model : public Resource {
 public:
  static constexpr std::string_view kind = "model";
  static constexpr std::string_view header = "leat/model.h";

  /// A weight before `open`.
  struct KnownWeight {
    std::string name;
    bool is_loaded = false;  ///< True: the network reads its first value from a file. False: it starts at a random or constant value.
  };

  [[nodiscard]] virtual Normalization normalization() const = 0;
  /// Returns the weights, in the order of `names()`; an empty list if only `open` finds them. Called after `survey`. [setup]
  [[nodiscard]] virtual std::vector<KnownWeight> known_weights() const { return {}; }

  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> facts() const override { return {{"weights", count()}}; }
  /// Saves weights under their names, and averages under `ema.` and the name.
  void save(Archive& archive) const override;
  void load(const Archive& archive) override;

  // ---- After `open` ----
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// Returns the trained weights, in the order of `names()`: leaves on the device that require gradients.
  [[nodiscard]] const std::vector<at::Tensor>& parameters() const { return parameters_; }
  [[nodiscard]] bool has_averages() const { return !averages_.empty(); }
  /// Makes averages, as copies of the weights, unless there are some. The node that updates them calls this in its `open`.
  void start_averages();
  /// Returns the averages in the same order, without gradients. Empty before `start_averages`.
  [[nodiscard]] const std::vector<at::Tensor>& averages() const { return averages_; }
  /// Returns the weights or the averages. Throws std::runtime_error if there are no averages.
  [[nodiscard]] const std::vector<at::Tensor>& tensors(Weights which) const;
  /// Returns the number of weights, each element counted.
  [[nodiscard]] std::int64_t count() const;

 protected:
  struct Slot {
    std::string name;
    std::vector<std::int64_t> shape;
  };
  /// Returns why an archive's weights do not fit the slots, as a clause, or nullopt if they fit.
  [[nodiscard]] static std::optional<std::string> misfit(const Archive& archive, const std::vector<Slot>& slots);
  /// Sets the initial weights, on the device. An `open` calls this.
  void set_weights(std::vector<std::string> names, std::vector<at::Tensor> weights);

 private:
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> averages_;
};

/// Options of one pass.
struct ForwardPass {
  Weights weights = Weights::Live;
  bool is_training = false;  ///< Dropout is on, and batch norms use the batch and update their running means.
  RandomKey key;             ///< The key of all random numbers of the pass.
};

/// A network that maps a batch to one or several tensors in one call; `model.forward` runs it. Called on the device lane. [worker]
class ForwardModel : public Model {
 public:
  static constexpr std::string_view kind = "model with a forward pass";

  /// Returns the network's outputs, each N x ..., for a batch, N x .... Gradients flow to batch and weights if the caller's gradient mode
  /// is on and `is_differentiable()`. Throws std::runtime_error.
  [[nodiscard]] virtual std::vector<at::Tensor> forward(const at::Tensor& batch, const ForwardPass& pass) const = 0;
  [[nodiscard]] virtual bool is_differentiable() const { return true; }
  /// Returns the contracts of the outputs for such a batch, or an empty list if only a run can find them. Throws Refusal if the batch does
  /// not fit. Called after `survey`. [setup]
  [[nodiscard]] virtual std::vector<Contract> outputs(const Contract& batch) const;
  /// Returns the classes or structures in dimension 1 of an output, with their names; of unknown size if the network has none. [setup]
  [[nodiscard]] virtual Dim entries(std::size_t output) const;
};

}  // namespace leat
