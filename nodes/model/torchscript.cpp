#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <mutex>
#include <optional>
#include <thread>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include "leat/leat.h"
#include "model/file_model.h"
#include "tensor/threads.h"

namespace {
using namespace leat;
namespace jit = torch::jit;

/// A tensor of the module or of one in it: where it stands, so that another can take its place.
struct Place {
  std::string name;
  jit::Module owner;
  std::string attribute;
};

void find_places(const jit::Module& module, const std::string& prefix, bool is_parameter, std::vector<Place>& out) {
  const auto type = module.type();
  for (std::size_t k = 0; k < type->numAttributes(); ++k) {
    const bool fits = is_parameter ? type->is_parameter(k) : type->is_buffer(k);
    if (fits && module._ivalue()->getSlot(k).isTensor()) out.push_back({prefix + type->getAttributeName(k), module, type->getAttributeName(k)});
  }
  for (const auto& child : module.named_children()) find_places(child.value, prefix + child.name + ".", is_parameter, out);
}

std::vector<Place> places(const jit::Module& module, bool is_parameter) {
  std::vector<Place> out;
  find_places(module, {}, is_parameter, out);
  return out;
}

/// The tensors of what `forward` gave: one, a tuple, a list or the values of a dictionary, in their order.
std::vector<at::Tensor> tensors_of(const c10::IValue& given) {
  if (given.isTensor()) return {given.toTensor()};
  std::vector<at::Tensor> out;
  const auto add = [&](const c10::IValue& one) {
    if (!one.isTensor()) throw std::runtime_error("it gives a " + one.tagKind() + " among its outputs, which have to be tensors");
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
    throw std::runtime_error("it gives a " + given.tagKind() + ", not tensors");
  }
  return out;
}

/// The weights are the file's parameters, under their names there; its buffers, such as the running means of a batch norm, are saved beside
/// them as `buffer.` and the name. They follow the live weights only, and averaged weights run with them too.
class TorchScript final : public FileModel {
 public:
  void survey(const Opening&) override {
    if (!module_) load_file();
  }

  void open(const Opening& opening) override {
    survey(opening);
    device_ = at::Device(opening.device);
    module_->to(device_);
    weights_ = places(*module_, true);
    buffers_ = places(*module_, false);
    std::vector<std::string> names;
    std::vector<at::Tensor> first;
    for (const Place& place : weights_) {
      names.push_back(place.name);
      first.push_back(place.owner.attr(place.attribute).toTensor());
    }
    set_weights(std::move(names), std::move(first));
    bound_.reset();
  }

  std::vector<at::Tensor> forward(const at::Tensor& batch, const ForwardPass& pass) const override {
    bind(pass.weights);
    if (module_->is_training() != pass.is_training) module_->train(pass.is_training);
    const at::Tensor x = input(batch);
    draw_from(pass.key);
    try {
      return run(x);
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
    // On a thread of its own without others' help: a pool that began here would be lost in a child of this process, which waits for it then.
    std::thread([&] {
      use_threads(1);
      const at::NoGradGuard no_gradients;
      const at::Tensor x = input(at::zeros(shape));
      try {
        module_->eval();
        for (const at::Tensor& given : run(x)) out.push_back(contract_of(given));
      } catch (const std::exception& error) {
        refusal.emplace("the network in " + file_text() + " fails on " + ValueTraits<at::Tensor>::describe(x) + ": " + torch_reason(error), "batch");
      }
    }).join();
    if (refusal) throw *refusal;
    return out;
  }

  void save(Archive& archive) const override {
    Model::save(archive);
    for (const Place& place : buffers_) archive.put("buffer." + place.name, archive_entry(place.owner.attr(place.attribute).toTensor()));
  }

  void load(const Archive& archive) override {
    Model::load(archive);
    const at::NoGradGuard no_gradients;
    for (const Place& place : buffers_) place.owner.attr(place.attribute).toTensor().copy_(from_entry(archive.entry("buffer." + place.name)));
  }

 private:
  void load_file() {
    try {
      module_ = jit::load(file->path.string(), at::Device(at::kCPU));
    } catch (const std::exception& error) {
      throw Refusal(file_text() + " is no TorchScript file that could be read: " + torch_reason(error), "file");
    }
    const auto method = module_->find_method("forward");
    if (!method) throw Refusal("the module in " + file_text() + " has no `forward`", "file");
    std::string wanted;
    int count = 0;
    const auto& arguments = method->function().getSchema().arguments();
    for (std::size_t k = 1; k < arguments.size(); ++k) {
      if (arguments[k].default_value()) continue;
      wanted += (wanted.empty() ? "`" : ", `") + arguments[k].name() + "`";
      ++count;
    }
    if (count != 1) throw Refusal("`forward` of the module in " + file_text() + " wants " + (count == 0 ? "nothing" : wanted) + ", it has to want one tensor", "file");
    for (const Place& place : places(*module_, true)) {
      const at::Tensor weight = place.owner.attr(place.attribute).toTensor();
      if (weight.scalar_type() != at::kFloat)
        throw Refusal("the weight `" + place.name + "` in " + file_text() + " is " + std::string(c10::toString(weight.scalar_type())) + ", it has to be Float", "file");
    }
  }

  /// Puts these weights in their places, so that gradients and updates meet the same tensors.
  void bind(Weights which) const {
    const std::vector<at::Tensor>& used = tensors(which);
    if (bound_ == which) return;
    for (std::size_t k = 0; k < weights_.size(); ++k) jit::Module(weights_[k].owner).setattr(weights_[k].attribute, used[k]);
    bound_ = which;
  }

  /// What the module draws comes from the device's generator: it begins anew for each pass.
  void draw_from(const RandomKey& key) const {
    Random random(key);
    const std::uint64_t seed = std::uint64_t{random.bits()} << 32 | random.bits();
    at::Generator generator = at::globalContext().defaultGenerator(device_);
    const std::lock_guard lock(generator.mutex());
    generator.set_current_seed(seed);
  }

  std::vector<at::Tensor> run(const at::Tensor& x) const {
    // An optimised graph is made after the first passes and may compute other bits than they did: a resumed run would not go on alike.
    const jit::GraphOptimizerEnabledGuard plain(false);
    std::vector<at::Tensor> out = tensors_of(module_->forward({x}));
    for (const at::Tensor& given : out) {
      if (given.dim() == 0 || given.size(0) != x.size(0))
        throw std::runtime_error("it gives " + ValueTraits<at::Tensor>::describe(given) + ", and a row for each of the batch has to come out");
      if (given.scalar_type() != at::kFloat) throw std::runtime_error(std::string("it gives ") + c10::toString(given.scalar_type()) + ", and Float has to come out");
    }
    return out;
  }

  static Contract contract_of(const at::Tensor& given) {
    Contract out = ValueTraits<at::Tensor>::contract(given);
    out.dims[0] = Dim{-1, "N"};
    return out;
  }

  /// A pass sets its mode and its weights: both are arguments of the pass, one pass runs at a time.
  mutable std::optional<jit::Module> module_;
  mutable std::optional<Weights> bound_;
  std::vector<Place> weights_;
  std::vector<Place> buffers_;
  at::Device device_{at::kCPU};
};

}  // namespace

LEAT_NODE(TorchScript, "model.torchscript", "A network that PyTorch wrote as TorchScript, to train or to use.")
