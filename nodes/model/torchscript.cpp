#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>
#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>

#include "leat/leat.h"
#include "model/file_model.h"
#include "tensor/threads.h"

namespace {
using namespace leat;
namespace jit = torch::jit;

/// A tensor of the module or its submodules: its first name, and all attributes that share it. `replace` sets another tensor there.
struct Held {
  std::string name;
  std::vector<std::pair<jit::Module, std::string>> places;
  std::vector<std::string> other_names = {};  ///< Its further names in a `state_dict`.

  [[nodiscard]] at::Tensor tensor() const { return places.front().first.attr(places.front().second).toTensor(); }
  void replace(const at::Tensor& other) const {
    for (const auto& [owner, attribute] : places) jit::Module(owner).setattr(attribute, other);
  }
};

bool is_same(const at::Tensor& a, const at::Tensor& b) {
  return a.numel() > 0 && a.const_data_ptr() == b.const_data_ptr() && a.sizes() == b.sizes() && a.strides() == b.strides();
}

/// A module's tensors: the trained ones, and all others that it stores.
struct Tensors {
  std::vector<Held> trained;
  std::vector<Held> kept;

  explicit Tensors(const jit::Module& module) { add(module, {}); }

 private:
  void add(const jit::Module& module, const std::string& prefix) {
    const auto type = module.type();
    for (std::size_t k = 0; k < type->numAttributes(); ++k) {
      const c10::IValue value = module._ivalue()->getSlot(k);
      if ((!type->is_parameter(k) && !type->is_buffer(k)) || !value.isTensor()) continue;
      std::vector<Held>& list = type->is_parameter(k) && value.toTensor().requires_grad() ? trained : kept;
      const std::string attribute = type->getAttributeName(k);
      const auto found = std::find_if(list.begin(), list.end(), [&](const Held& one) { return is_same(one.tensor(), value.toTensor()); });
      if (found == list.end()) {
        list.push_back({prefix + attribute, {{module, attribute}}});
        continue;
      }
      found->places.emplace_back(module, attribute);
      found->other_names.push_back(prefix + attribute);
    }
    for (const auto& child : module.named_children()) add(child.value, prefix + child.name + ".");
  }
};

/// Returns the tensors that `forward` returned: one, or those of a tuple, a list or a dictionary, in order.
std::vector<at::Tensor> tensors_of(const c10::IValue& given) {
  if (given.isTensor()) return {given.toTensor()};
  std::vector<at::Tensor> out;
  const auto add = [&](const c10::IValue& one) {
    if (!one.isTensor()) throw std::runtime_error("one of its outputs is a " + one.tagKind() + ", but outputs must be tensors");
    out.push_back(one.toTensor());
  };
  if (given.isTuple()) {
    for (const c10::IValue& one : given.toTupleRef().elements()) add(one);
  } else if (given.isTensorList()) {
    for (const at::Tensor& one : given.toTensorVector()) out.push_back(one);
  } else if (given.isList()) {
    for (const c10::IValue& one : given.toList()) add(one);
  } else if (given.isGenericDict()) {
    for (const auto& one : given.toGenericDict()) add(one.value());
  } else {
    throw std::runtime_error("it returns a " + given.tagKind() + ", but must return tensors");
  }
  return out;
}

/// The weights are the file's parameters that require gradients, under their names in its `state_dict`. Its other tensors, such as the
/// running means of a batch norm, are saved too. They have no moving averages: passes with averaged weights use the same ones.
class TorchScript final : public FileModel {
 public:
  void survey(const Opening& opening) override {
    compare_file(opening);
    if (!trial_) load_file();
  }

  void open(const Opening& opening) override {
    survey(opening);
    tell_of_file(opening);
    trial_.reset();
    device_ = at::Device(opening.device);
    module_ = jit::load(file->path.string(), device_);
    const Tensors tensors(*module_);
    weights_ = tensors.trained;
    kept_ = tensors.kept;
    std::vector<std::string> names;
    std::vector<at::Tensor> first;
    for (const Held& one : weights_) {
      names.push_back(one.name);
      first.push_back(one.tensor());
    }
    set_weights(std::move(names), std::move(first));
    bound_.reset();
  }

  std::vector<KnownWeight> known_weights() const override {
    std::vector<KnownWeight> out;
    for (const Held& one : trial_ ? Tensors(*trial_).trained : weights_) out.push_back({one.name, true});
    return out;
  }

  std::vector<at::Tensor> forward(const at::Tensor& batch, const ForwardPass& pass) const override {
    // One pass at a time, because each pass sets the module's mode and weights.
    const std::lock_guard guard(lock_);
    bind(pass.weights);
    if (module_->is_training() != pass.is_training) module_->train(pass.is_training);
    const at::Tensor x = input(batch);
    draw_from(pass.key);
    try {
      return run(*module_, x);
    } catch (const std::exception& error) {
      fail(x, error);
    }
  }

  std::vector<Contract> outputs(const Contract& batch) const override {
    std::vector<std::int64_t> shape{1};
    for (std::size_t k = 1; k < batch.dims.size(); ++k) shape.push_back(batch.dims[k].size);
    if (!batch.has_shape || batch.is_open || *std::min_element(shape.begin(), shape.end()) < 0) return {};
    std::vector<Contract> out;
    std::optional<Refusal> refusal;
    // Use a separate thread and no thread pool. If LibTorch started its pool in this process, a child created by fork() would have the pool
    // without its threads and wait for them forever.
    std::thread([&] {
      use_threads(1);
      const at::NoGradGuard no_gradients;
      at::Tensor x;
      try {
        x = input(at::zeros(shape));
        trial_->eval();
        for (const at::Tensor& given : run(*trial_, x)) out.push_back(contract_of(given));
      } catch (const std::exception& error) {
        refusal.emplace(
            "the network in " + file_text() + " fails on " + ValueTraits<at::Tensor>::describe(x) + ": " + torch_reason(error), "batch",
            shape.size() > 1 && shape[1] == 1 && *channels == 1 ? "if the network expects colour, set `channels: 3` next to its `file`"
                                                                : "");
      }
    }).join();
    if (refusal) throw *refusal;
    return out;
  }

  void save(Archive& archive) const override {
    Model::save(archive);
    if (!output_names->empty()) archive.metadata["model.names"] = output_names.value_text();
    for (const Held& one : kept_) archive.put(one.name, archive_entry(one.tensor()));
    for (const std::vector<Held>* list : {&weights_, &kept_})
      for (const Held& one : *list)
        for (const std::string& name : one.other_names) archive.put(name, archive.entry(one.name));
  }

  void load(const Archive& archive) override {
    const auto names = archive.metadata.find("model.names");
    if (names != archive.metadata.end() && !output_names->empty() && names->second != output_names.value_text())
      throw std::runtime_error("these weights do not fit the network: their `names` are " + names->second + ", but here they are " +
                               output_names.value_text());
    Model::load(archive);
    for (const Held& one : kept_) one.replace(from_entry(archive.entry(one.name)).to(device_));
  }

 private:
  void load_file() {
    try {
      trial_ = jit::load(file->path.string(), at::Device(at::kCPU));
    } catch (const std::exception& error) {
      const bool is_pickled = std::string(error.what()).find("constants.pkl") != std::string::npos;
      throw Refusal(file_text() + (is_pickled ? " has weights or a pickled module, but no TorchScript"
                                              : " is not a readable TorchScript file: " + torch_reason(error)),
                    "file", is_pickled ? "write the file with `torch.jit.script(net).save(...)`" : "");
    }
    const auto method = trial_->find_method("forward");
    if (!method) throw Refusal("the module in " + file_text() + " has no `forward`", "file");
    std::string wanted;
    int count = 0;
    const auto& arguments = method->function().getSchema().arguments();
    for (std::size_t k = 1; k < arguments.size(); ++k) {
      if (arguments[k].default_value()) continue;
      wanted += (wanted.empty() ? "`" : ", `") + arguments[k].name() + "`";
      ++count;
    }
    if (count != 1)
      throw Refusal(
          "`forward` of the module in " + file_text() + " takes " + (count == 0 ? "nothing" : wanted) + ", but must take one tensor",
          "file");
    const Tensors tensors(*trial_);
    for (const Held& one : tensors.trained) {
      if (one.tensor().scalar_type() != at::kFloat)
        throw Refusal(
            "the weight `" + one.name + "` in " + file_text() + " is " + c10::toString(one.tensor().scalar_type()) + ", but must be Float",
            "file");
    }
    for (const Held& one : tensors.kept) {
      try {
        (void)archive_entry(one.tensor());
      } catch (const std::runtime_error&) {
        throw Refusal("`" + one.name + "` in " + file_text() + " is " + c10::toString(one.tensor().scalar_type()) +
                          ", which a checkpoint cannot store",
                      "file");
      }
    }
  }

  /// Sets these weights in the module, so that gradients and updates use the same tensors.
  void bind(Weights which) const {
    const std::vector<at::Tensor>& used = tensors(which);
    if (bound_ == which) return;
    for (std::size_t k = 0; k < weights_.size(); ++k) weights_[k].replace(used[k]);
    bound_ = which;
  }

  /// Seeds the device's generator, from which the module draws, for one pass.
  void draw_from(const RandomKey& key) const {
    Random random(key);
    const std::uint64_t seed = std::uint64_t{random.bits()} << 32 | random.bits();
    at::Generator generator = at::globalContext().defaultGenerator(device_);
    const std::lock_guard lock(generator.mutex());
    generator.set_current_seed(seed);
  }

  static std::vector<at::Tensor> run(jit::Module& module, const at::Tensor& x) {
    // LibTorch optimises a graph after its first passes, and the optimised graph can round differently: a resumed run would then differ.
    const jit::GraphOptimizerEnabledGuard plain(false);
    std::vector<at::Tensor> out = tensors_of(module.forward({x}));
    check_outputs(x, out);
    return out;
  }

  static Contract contract_of(const at::Tensor& given) {
    Contract out = ValueTraits<at::Tensor>::contract(given);
    out.dims[0] = Dim{-1, "N"};
    return out;
  }

  mutable std::optional<jit::Module> trial_;  ///< The copy that `leat check` runs, because a network can count its passes.
  mutable std::mutex lock_;
  mutable std::optional<jit::Module> module_;
  mutable std::optional<Weights> bound_;
  std::vector<Held> weights_;
  std::vector<Held> kept_;
  at::Device device_{at::kCPU};
};

}  // namespace

LEAT_NODE(TorchScript, "model.torchscript", "A network that PyTorch saved as TorchScript, for training or inference.")
