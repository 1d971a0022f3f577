#include <ATen/ops/tensor.h>
#include <algorithm>
#include <stdexcept>

#include "image/image_contracts.h"
#include "leat/leat.h"
#include "leat/model.h"
#include "leat/tensor.h"
#include "tensor/odd_values.h"
#include "tensor/pictures.h"
#include "tensor/pixel_numbers.h"

namespace {
using namespace leat;

struct Normalize final : Node {
  Gather<Image> image{this, "image", "height x width x ..., 8 or 16 bit or float. Images of one size, depth and number of channels."};
  Output<at::Tensor> tensor{
      this, "tensor",
      "N x C x height x width, float. (v / full - mean) / deviation for each value v, on the device. `full` is 255 for "
      "8 bit, 65535 for 16 bit and 1 for floats."};
  Uses<Model> model{this, "model", "The network whose mean and deviation are used."};

  Param<std::vector<double>> constants{
      this, "constants", "Mean and standard deviation to use instead of the network's, [mean, deviation]. Empty: the network's.",
      std::vector<double>{}};

  void shapes(Shapes& shapes) const override {
    const auto fits = [](double number, const Range<double>& range) { return number >= range.low && number <= range.high; };
    if (!constants->empty() && (constants->size() != 2 || !fits((*constants)[0], mean_range) || !fits((*constants)[1], deviation_range)))
      throw Refusal("`constants` is " + constants.value_text() +
                        "; it must be [mean, deviation], with a mean of -1e6..1e6 and a deviation of 0.001..1e6",
                    "constants");
    const Contract in = shapes.of(image);
    const std::int64_t channels = channels_of(in);
    if (const std::string why = misfit(in.dtype, channels); !why.empty()) throw Refusal(why, "image");
    if (channels == 0) return;
    Contract out = tensor.contract();
    out.dims[1] = in.dims.size() > 2 ? in.dims[2] : Dim{1, {}};
    out.dims[2] = in.dims[0];
    out.dims[3] = in.dims[1];
    shapes.set(tensor, out);
  }

  void open(const Opening& opening) override { device_ = at::Device(opening.device); }

  bool has_equal_steps() const override { return true; }
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::Own; }

  void process(Frame& frame) const override {
    const Rows<Image> images = frame[image];
    const Image& first = images[0];
    if (const std::string why = misfit(first.dtype(), first.channels()); !why.empty()) throw std::runtime_error(why);
    const Normalization used = normalization();
    frame.put(tensor, device_.is_cpu() ? stack_numbers(images, numbers_of(used)) : stacked_on_device(images, used));
    // All images are of one depth now, and have the channels of the means.
    warn_of_odd(frame, images, used);
  }

 private:
  [[nodiscard]] at::Tensor stacked_on_device(const Rows<Image>& images, const Normalization& used) const {
    at::Tensor out = stack_pictures(images, device_).to(at::kFloat);
    const Dtype dtype = images[0].dtype();
    if (dtype != Dtype::F32) out.div_(dtype == Dtype::U8 ? 255 : 65535);
    if (used.mean.is_one()) out.sub_(used.mean.of(0));
    else out.sub_(of_channels(used.mean));
    if (used.deviation.is_one()) out.div_(used.deviation.of(0));
    else out.div_(of_channels(used.deviation));
    return out;
  }

  [[nodiscard]] Normalization normalization() const {
    return constants->empty() ? model->normalization() : Normalization{(*constants)[0], (*constants)[1]};
  }

  /// Returns why images of this kind do not fit the means and deviations, or an empty string. 0 channels: not known.
  [[nodiscard]] std::string misfit(Dtype dtype, std::int64_t channels) const {
    const Normalization used = normalization();
    for (const auto& [name, of_it] : {std::pair("mean", &used.mean), {"deviation", &used.deviation}}) {
      const auto count = static_cast<std::int64_t>(of_it->numbers.size());
      if (channels > 0 && count > 1 && count != channels)
        return std::string("`") + name + "` of the network has " + std::to_string(count) + " numbers, but the images have " +
               std::to_string(channels) + (channels == 1 ? " channel" : " channels");
    }
    if (!is_within(dtype, Dtype::U8OrU16) || dtype == Dtype::Any) return {};
    const auto why = [dtype](const char* what, double number, const char* range) {
      return "the `" + std::string(what) + "` is " + detail::value_text(number) + ", but values of " + std::string(leat::name(dtype)) +
             " are divided by their full value first, so it must be " + range;
    };
    for (const double mean : used.mean.numbers)
      if (mean < 0 || mean > 1) return why("mean", mean, "0..1");
    for (const double deviation : used.deviation.numbers)
      if (deviation > 1) return why("deviation", deviation, "at most 1");
    return {};
  }

  static void warn_of_odd(Frame& frame, const Rows<Image>& images, const Normalization& used) {
    for (int row = 0; row < images.size(); ++row) {
      const cv::Mat& pixels = images[row].pixels;
      if (images.weight(row) == 0) continue;
      if (pixels.depth() == CV_16U && is_dark(pixels))
        frame.warn(
            "some 16-bit images use less than a quarter of 0..65535, so a network sees little of them: put `image.window` before "
            "this node");
      if (pixels.depth() == CV_32F && is_far_off(pixels, used))
        frame.warn(
            "the values of some images of floats are on average more than 10 deviations from the mean: put `image.window` with `depth: "
            "float` before this node, or set the network's `mean` and `deviation` to those of the values");
    }
  }

  [[nodiscard]] static std::vector<PixelNumbers> numbers_of(const Normalization& used) {
    std::vector<PixelNumbers> out;
    for (std::size_t k = 0; k < std::max(used.mean.numbers.size(), used.deviation.numbers.size()); ++k)
      out.emplace_back(static_cast<float>(used.mean.of(k)), static_cast<float>(used.deviation.of(k)));
    return out;
  }

  [[nodiscard]] at::Tensor of_channels(const PerChannel& numbers) const {
    return at::tensor(at::ArrayRef<double>(numbers.numbers), at::TensorOptions(device_).dtype(at::kFloat)).view({1, -1, 1, 1});
  }

  at::Device device_{at::kCPU};
};

}  // namespace

LEAT_NODE(Normalize, "tensor.normalize", "Stacks the images of a step into the input tensor of a network.", leat::LaneKind::Device)
