#include "metric/saliency_shares.h"

#include <opencv2/imgproc.hpp>

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
  images.save(archive, name);
  archive.put(name + ".shares", std::span<const double>(numbers));
  archive.put(name + ".dropped", dropped);
  archive.put(name + ".undefined", undefined);
}

void SaliencyShares::load(const Archive& archive, const std::string& name) {
  images.load(archive, name);
  shares.clear();
  const std::vector<double> numbers = archive.numbers(name + ".shares");
  for (std::size_t k = 0; k + 1 < numbers.size(); k += 2) shares.push_back({numbers[k], numbers[k + 1]});
  dropped = archive.whole(name + ".dropped");
  undefined = archive.whole(name + ".undefined");
}

ImageTable saliency_table(const SaliencyShares& shares) {
  std::vector<std::string> columns = JudgedImages::columns();
  columns.insert(columns.end(), {"inside", "area", "focus"});
  ImageTable out(columns);
  for (std::size_t k = 0; k < shares.shares.size(); ++k) {
    const SaliencyShare& share = shares.shares[k];
    std::vector<std::string> fields = shares.images.fields(k);
    for (const double number : {share.inside, share.area, share.focus()}) fields.push_back(csv_number(number));
    out.add(fields);
  }
  return out;
}

}  // namespace leat
