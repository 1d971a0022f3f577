#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "image/image_contracts.h"
#include "image/value_window.h"
#include "leat/image.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Window final : Node {
  Input<Image> image{this, "image", "H x W x ..., 8 or 16 bit or float. An image."};
  Output<Image> windowed{
      this, "windowed",
      "H x W x ..., 8 or 16 bit or float. The image with the lower end of the window at 0, the upper end at the full value, and a line "
      "between them, or a sigmoid if a DICOM file says so. The full value is 255, 65535 or, for floats, 1. If both ends are equal, higher "
      "values become full and all others 0, so an image of one value becomes black, with a warning. NaN becomes 0, with a warning."};
  Choice from{this,
              "from",
              "Origin of the window. fixed: `range`. percentiles: `percentiles` of the image's values. min_max: the image's smallest and "
              "largest value. full: the whole range of 8 or 16 bit. dicom: the sample's facts `window_centre`, `window_width` and "
              "`window_function`, which `io.split` reads from DICOM files (PS3.3, C.11.2.1: LINEAR, LINEAR_EXACT or SIGMOID; no "
              "function: LINEAR); the image needs the files' values: `depth: as_is` or `16` of `image.decode`. All channels of an image "
              "have one window.",
              "percentiles",
              {"fixed", "percentiles", "min_max", "full", "dicom"}};
  Param<std::vector<double>> range{this, "range", "Ends of the window for `from: fixed`, [low, high], in the image's values.",
                                   std::vector<double>{}};
  Param<std::vector<double>> percentiles{this, "percentiles",
                                         "Ends of the window for `from: percentiles`, [low, high], each 0..100. "
                                         "Empty: [0.5, 99.5].",
                                         std::vector<double>{}};
  Choice depth{this, "depth", "Kind of the output's values. 8: 8 bit. 16: 16 bit. float: floats, 0..1.", "8", {"8", "16", "float"}};

  void shapes(Shapes& shapes) const override {
    check(shapes);
    if (from != "dicom") shapes.is_deterministic();
    Contract out = like_input(shapes, windowed, image);
    out.dtype = depth == "8" ? Dtype::U8 : depth == "16" ? Dtype::U16 : Dtype::F32;
    out.has_range = depth == "float";
    out.low = 0;
    out.high = 1;
    shapes.set(windowed, out);
    const std::int64_t pixels = shapes.fact(image, "pixels", 0);
    if (pixels > 0) shapes.set_bytes(windowed, most_bytes(out, pixels));
    if (pixels > 0) shapes.set_fact(windowed, "pixels", pixels);
  }

  void process(Frame& frame) const override {
    const Image& in = frame[image];
    const ValueWindow used = window_of(in.pixels, frame);
    if (!has_only_finite(in.pixels)) tell(frame, "values that are not finite");
    if (used.low >= used.high) tell(frame, "a window without width");
    const int to = depth == "8" ? CV_8U : depth == "16" ? CV_16U : CV_32F;
    frame.put(windowed, Image{through_window(in.pixels, used, to), in.placement});
  }

 private:
  void check(const Shapes& shapes) const {
    const auto rises = [](const std::vector<double>& ends) {
      return ends.size() == 2 && ends[0] < ends[1] && std::isfinite(ends[0]) && std::isfinite(ends[1]);
    };
    if (from == "fixed" && !rises(*range))
      throw Refusal("`from: fixed` needs `range`, which is " + range.value_text() +
                        "; it must be two finite numbers, [low, high], with low below high",
                    "range");
    if (from != "fixed" && !range->empty())
      throw Refusal("`range` is given, but `from` is `" + *from + "`, which does not use it", "range", "set `from: fixed`");
    if (from != "percentiles" && !percentiles->empty())
      throw Refusal("`percentiles` is given, but `from` is `" + *from + "`, which does not use it", "percentiles",
                    "set `from: percentiles`");
    if (!percentiles->empty() && (!rises(*percentiles) || (*percentiles)[0] < 0 || (*percentiles)[1] > 100))
      throw Refusal("`percentiles` is " + percentiles.value_text() + "; it must be [low, high] within [0, 100]", "percentiles");
    if (from == "full" && shapes.of(image).dtype == Dtype::F32)
      throw Refusal("`from: full` needs 8 or 16 bit, because floats have no range, but `image` is float", "from",
                    "use `min_max`, `percentiles` or `fixed`");
  }

  [[nodiscard]] ValueWindow window_of(const cv::Mat& pixels, const Frame& frame) const {
    if (from == "fixed") return {(*range)[0], (*range)[1]};
    if (from == "percentiles")
      return percentiles->empty() ? percentiles_of(pixels, 0.5, 99.5) : percentiles_of(pixels, (*percentiles)[0], (*percentiles)[1]);
    if (from == "min_max") return extremes_of(pixels);
    if (from == "dicom") return window_stated(frame.sample());
    if (pixels.depth() == CV_32F) throw std::runtime_error("the image has floats, which have no range: `from: full` needs 8 or 16 bit");
    return {0, pixels.depth() == CV_16U ? 65535.0 : 255.0};
  }

  [[nodiscard]] static ValueWindow window_stated(const Sample& sample) {
    const double centre = fact(sample, "window_centre"), width = fact(sample, "window_width");
    const auto function = sample.facts.find("window_function");
    return dicom_window(centre, width, function == sample.facts.end() ? "LINEAR" : function->second);
  }

  [[nodiscard]] static double fact(const Sample& sample, const std::string& name) {
    const auto found = sample.facts.find(name);
    if (found == sample.facts.end())
      throw std::runtime_error("the sample does not state `" + name + "`: `from: dicom` is for DICOM files that have a window");
    double out = 0;
    const char* end = found->second.data() + found->second.size();
    if (const auto read = std::from_chars(found->second.data(), end, out); read.ec != std::errc() || read.ptr != end)
      throw std::runtime_error("the sample states the `" + name + "` `" + found->second + "`, which is not a number");
    return out;
  }

  static void tell(Frame& frame, const std::string& what) {
    frame.note(what);
    frame.warn("some images have " + what);
  }
};

}  // namespace

LEAT_NODE(Window, "image.window", "Maps the values of an image to 8 bit, 16 bit or floats of 0..1.")
