#include "metric/saliency_shares.h"

#include <opencv2/imgproc.hpp>

#include "metric/name_lines.h"

namespace leat {

SaliencyShare saliency_share(const at::Tensor& saliency, const cv::Mat& mask) {
  const at::Tensor values = saliency.contiguous();
  const cv::Mat map(static_cast<int>(values.size(0)), static_cast<int>(values.size(1)), CV_32F, values.mutable_data_ptr<float>());
  cv::Mat whole, cover;
  cv::Mat(mask > 127).convertTo(whole, CV_32F, 1.0 / 255);
  cv::resize(whole, cover, map.size(), 0, 0, cv::INTER_AREA);
  return {cv::sum(map.mul(cover))[0] / cv::sum(map)[0], cv::mean(cover)[0]};
}

void SaliencyShares::save(Archive& archive, const std::string& name) const {
  std::vector<double> numbers;
  for (const SaliencyShare& share : shares) numbers.insert(numbers.end(), {share.inside, share.area});
  archive.put(name + ".ids", lines_of(ids));
  archive.put(name + ".groups", lines_of(groups));
  archive.put(name + ".shares", std::span<const double>(numbers));
  archive.put(name + ".dropped", dropped);
  archive.put(name + ".undefined", undefined);
}

void SaliencyShares::load(const Archive& archive, const std::string& name) {
  ids = names_of(archive.text(name + ".ids"));
  groups = names_of(archive.text(name + ".groups"));
  shares.clear();
  const std::vector<double> numbers = archive.numbers(name + ".shares");
  for (std::size_t k = 0; k + 1 < numbers.size(); k += 2) shares.push_back({numbers[k], numbers[k + 1]});
  dropped = archive.whole(name + ".dropped");
  undefined = archive.whole(name + ".undefined");
}

ImageTable saliency_table(const SaliencyShares& shares) {
  ImageTable out({"image", "group", "inside", "area", "focus"});
  for (std::size_t k = 0; k < shares.shares.size(); ++k) {
    const SaliencyShare& share = shares.shares[k];
    out.add({shares.ids[k], shares.groups[k], csv_number(share.inside), csv_number(share.area), csv_number(share.focus())});
  }
  return out;
}

}  // namespace leat
