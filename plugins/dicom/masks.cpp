#include <leat/image.h>
#include <leat/leat.h>
#include <leat/result_name.h>
#include <filesystem>
#include <opencv2/imgproc.hpp>

#include "dicom_file.h"
#include "secondary_capture.h"

namespace {
using namespace leat;
namespace fs = std::filesystem;

struct Masks final : Node {
  Input<Image> mask{this, "mask", "Any size, 8 bit. 255 times the probability, one channel per structure, for an image of a DICOM file."};
  Param<std::vector<std::string>> masks{this, "masks", "Names of the masks, in the order of the channels.", required};
  Param<std::string> folder{this, "folder", "Folder of the files, inside the run's folder.", "masks"};

  void shapes(Shapes& shapes) const override { shapes.writes(*folder, "folder"); }

  void open(const Opening& opening) override {
    parts_ = result_parts(*masks);
    if (!opening.run_folder.empty()) folder_ = opening.run_folder / *folder;
  }

  void process(Frame& frame) const override {
    const Image& probabilities = frame[mask];
    if (probabilities.channels() != static_cast<int>(masks->size()))
      throw std::runtime_error("the number of channels of `mask` is " + std::to_string(probabilities.channels()) +
                               ", but the number of names in `masks` is " + std::to_string(masks->size()));
    const Sample& sample = frame.sample();
    if (folder_.empty()) return;
    if (sample.file.empty())
      throw std::runtime_error("this sample has no file, but a mask takes its patient, study and geometry from a DICOM file");
    if (!dicom::is_dicom(sample.file))
      throw std::runtime_error("`" + sample.file + "` is not a DICOM file, from which a mask takes its patient, study and geometry");
    std::vector<cv::Mat> channels;
    cv::split(restored(probabilities), channels);
    for (std::size_t k = 0; k < channels.size(); ++k) {
      cv::Mat bits;
      cv::threshold(channels[k], bits, 127, 255, cv::THRESH_BINARY);
      const fs::path file = folder_ / result_path(sample, parts_[k], ".dcm");
      fs::create_directories(file.parent_path());
      dicom::write_secondary_capture(file, bits, sample.file, (*masks)[k]);
    }
  }

 private:
  /// Returns the masks at the size and position of the file's image. Pixels that the network did not see are 0.
  static cv::Mat restored(const Image& image) {
    const Placement& at = image.placement;
    const cv::Matx23d map(at.map[0], at.map[1], at.map[2], at.map[3], at.map[4], at.map[5]);
    cv::Mat out;
    // The map goes from the file's pixels to the mask's, which is the direction that an inverse warp takes.
    cv::warpAffine(image.pixels, out, map, {at.source_width, at.source_height}, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                   cv::BORDER_REPLICATE);
    cv::Mat seen;
    cv::warpAffine(cv::Mat::ones(image.pixels.size(), CV_8UC1), seen, map, out.size(), cv::INTER_NEAREST | cv::WARP_INVERSE_MAP);
    out.setTo(cv::Scalar::all(0), seen == 0);
    return out;
  }

  std::vector<std::string> parts_;  ///< One part of a file name per mask.
  fs::path folder_;
};

}  // namespace

LEAT_NODE(Masks, "dicom.masks", "Writes masks of DICOM images as secondary captures.")
