#include <ATen/ops/cat.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <cstdlib>
#include <memory>

#include "leat/leat.h"
#include "model/file_model.h"

namespace {
using namespace leat;

/// A compiled network. It is loaded when a run opens, not by `leat check`. It has no weights to train or to save.
class CompiledPackage final : public FileModel {
 public:
  void survey(const Opening& opening) override {
    compare_file(opening);
    std::unordered_map<std::string, std::string> said;
    try {
      said = torch::inductor::AOTIModelPackageLoader::load_metadata_from_package(file->path.string(), "model");
    } catch (const std::exception& error) {
      throw Refusal(file_text() + " is not a readable AOTInductor package: " + torch_reason(error), "file");
    }
    const std::string device = said["AOTI_DEVICE_KEY"];
    const std::string here = opening.device.substr(0, opening.device.find(':'));
    if (!device.empty() && device != here)
      throw Refusal(file_text() + " was compiled for " + device + ", but this run uses " + here, "file");
  }

  void open(const Opening& opening) override {
    survey(opening);
    tell_of_file(opening);
    // Without this variable a package accepts any shape, and reads memory beyond the input.
    setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", 0);
    const at::Device device(opening.device);
    try {
      loader_ = std::make_unique<torch::inductor::AOTIModelPackageLoader>(file->path.string(), "model", false, 1, device.index());
    } catch (const std::exception& error) {
      throw Refusal(file_text() + " cannot be loaded: " + torch_reason(error), "file");
    }
    set_weights({}, {});
  }

  bool is_differentiable() const override { return false; }

  std::vector<at::Tensor> forward(const at::Tensor& batch, const ForwardPass& pass) const override {
    if (pass.is_training || pass.weights != Weights::Live)
      throw std::runtime_error("the network in " + file_text() + " is compiled, so `mode: train` and `weights: ema` are not possible");
    const at::Tensor x = input(batch).detach();
    try {
      std::vector<at::Tensor> out = run(x);
      check_outputs(x, out);
      return out;
    } catch (const std::exception& error) {
      fail(x, error);
    }
  }

 private:
  /// PyTorch compiles a package for any number of rows as one for two or more. If it refuses a single row, the row is run twice.
  [[nodiscard]] std::vector<at::Tensor> run(const at::Tensor& x) const {
    if (x.size(0) != 1) return loader_->run({x});
    try {
      return loader_->run({x});
    } catch (const std::exception&) {
      std::vector<at::Tensor> out = loader_->run({at::cat({x, x})});
      for (at::Tensor& given : out)
        if (given.dim() > 0) given = given.narrow(0, 0, given.size(0) / 2);
      return out;
    }
  }

  std::unique_ptr<torch::inductor::AOTIModelPackageLoader> loader_;
};

}  // namespace

LEAT_NODE(CompiledPackage, "model.aoti", "A network that PyTorch compiled into an AOTInductor package, for inference only.")
