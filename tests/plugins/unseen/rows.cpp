#include "grays.h"
#include "leat/image.h"

namespace {
using namespace leat;

struct MakeRows final : Node {
  Gather<Image> image{this, "image", "height x width, 8 bit. Pictures."};
  Output<Grays> grays{this, "grays", "N, int. A gray of each."};
  Choice hashes{this, "hashes", "What the hashes are like.", "right", {"right", "none", "few", "constant", "same"}};

  void process(Frame& frame) const override {
    const auto rows = frame[image];
    Grays out{{}, *hashes};
    for (int row = 0; row < rows.size(); ++row) {
      const cv::Mat& pixels = rows[row].pixels;
      out.of_rows.push_back(pixels.data[pixels.total() / 2] + 1000 * pixels.data[pixels.total() / 3]);
    }
    frame.put(grays, std::move(out));
  }
};

}  // namespace

LEAT_NODE(MakeRows, "unseen.rows", "Looks at one pixel of each picture.")
