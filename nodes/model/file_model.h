#pragma once

#include <exception>
#include <string>

#include "leat/file_marks.h"
#include "leat/model.h"

namespace leat {

/// A network from a file. The parameters say what such a file does not say about its input and output.
class FileModel : public ForwardModel {
 public:
  static constexpr bool runs_code_of_files = true;

  Param<FilePath> file{this, "file", "The network.", required};
  Param<int> channels{this,
                      "channels",
                      "Number of input channels. A gray image is repeated in each channel, for a network that expects colour. Images with "
                      "several channels must have this number, unless it is 1.",
                      1,
                      {1, 16}};
  Param<PerChannel> mean{this, "mean", mean_sentence, 0.0, mean_range};
  Param<PerChannel> deviation{this, "deviation", deviation_sentence, 1.0, deviation_range};

  Param<std::vector<std::string>> output_names{
      this, "names",
      "Names of the classes or structures in dimension 1 of the first output, in order. Empty: Leat takes the names, and their order, from "
      "the data or from the reader, with a warning if the graph does not train the network.",
      std::vector<std::string>{}};

  [[nodiscard]] Normalization normalization() const override { return {*mean, *deviation}; }
  [[nodiscard]] Dim entries(std::size_t output) const override {
    return output == 0 && !output_names->empty() ? Dim::named(*output_names, this, "names") : Dim();
  }
  void record(Archive& archive) const override;  ///< Records the file, because a resumed run needs its code with the checkpoint's weights.

 protected:
  [[nodiscard]] std::string file_text() const { return "`" + file->path.string() + "`"; }
  /// For `survey`. Throws Refusal if the file has changed since the resumed run began, unless changed files are accepted.
  void compare_file(const Opening& opening) const;
  /// For `open`. Warns if a changed file was accepted.
  void tell_of_file(const Opening& opening) const;
  /// Returns a copy of the batch with `channels` channels. It is a copy because a network can write into its input.
  [[nodiscard]] at::Tensor input(const at::Tensor& batch) const;
  /// Throws std::runtime_error unless each output is float and has one row per row of the input.
  static void check_outputs(const at::Tensor& input, const std::vector<at::Tensor>& outputs);
  /// Throws std::runtime_error with the file, the shape of `input` and LibTorch's reason.
  [[noreturn]] void fail(const at::Tensor& input, const std::exception& error) const;
};

/// Returns LibTorch's reason in one line, without its stack trace and the interpreter's listing of code.
[[nodiscard]] std::string torch_reason(const std::exception& error);

}  // namespace leat
