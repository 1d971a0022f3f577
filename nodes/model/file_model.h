#pragma once

#include <exception>
#include <string>

#include "leat/file_marks.h"
#include "leat/model.h"

namespace leat {

/// A network that others wrote into a file: what such files do not say about its input.
class FileModel : public ForwardModel {
 public:
  Param<FilePath> file{this, "file", "The network.", required};
  Param<int> channels{this, "channels", "Of the input. A gray picture is repeated in each, for a network that takes colours.", 1, {1, 16}};
  Param<double> mean{this, "mean", "The input is (v/255 - mean) / deviation.", 0.0, {0.0, 1.0}};
  Param<double> deviation{this, "deviation", "The input is (v/255 - mean) / deviation.", 1.0, {0.001, 10.0}};

  Param<std::vector<std::string>> output_names{
      this, "names", "The classes or structures that dimension 1 of its first output counts, in their order; empty: not known.",
      std::vector<std::string>{}};

  [[nodiscard]] Normalization normalization() const override { return {*mean, *deviation}; }
  [[nodiscard]] Dim entries(std::size_t output) const override {
    return output == 0 && !output_names->empty() ? Dim::named(*output_names, this, "names") : Dim();
  }
  void record(Archive& archive) const override;  ///< The file: its code goes on with the weights that a checkpoint has.

 protected:
  [[nodiscard]] std::string file_text() const { return "`" + file->path.string() + "`"; }
  /// For `survey`: throws Refusal where the file is another than the run that goes on had, and that is not accepted.
  void compare_file(const Opening& opening) const;
  /// For `open`: tells of what was accepted.
  void tell_of_file(const Opening& opening) const;
  /// The batch with so many channels, as a tensor of its own, for a network may write into its input.
  [[nodiscard]] at::Tensor input(const at::Tensor& batch) const;
  /// Throws std::runtime_error where a row of floats for each of the input's does not come out.
  static void check_outputs(const at::Tensor& input, const std::vector<at::Tensor>& outputs);
  /// Throws std::runtime_error, as LibTorch says it, for a batch of that shape.
  [[noreturn]] void fail(const at::Tensor& input, const std::exception& error) const;
};

/// LibTorch's reason in a line: without the stack that it appends and the interpreter's listing of code.
[[nodiscard]] std::string torch_reason(const std::exception& error);

}  // namespace leat
