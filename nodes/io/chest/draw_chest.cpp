#include "io/chest/draw_chest.h"

#include <string>

#include "io/chest/opacities.h"

namespace leat {

namespace {

/// Random streams of one chest. Draws of one part do not change the numbers of another part.
enum Stream : std::uint32_t { shape, texture, opacities, machine };

}  // namespace

DrawnChest draw_chest(std::uint64_t seed, std::string_view split, std::int64_t index, chest::Hospital hospital, bool is_pneumonia) {
  const std::string place = (hospital == chest::Hospital::A ? "A/" : "B/") + std::string(split);
  const auto key = RandomKey::of(seed, "io.chest", place);
  const auto random = [&](Stream stream) { return Random(RandomKey{key, 0, static_cast<std::uint32_t>(index), stream}); };
  Random for_shape = random(shape);
  Random for_texture = random(texture);
  Random for_opacities = random(opacities);
  Random for_hospital = random(machine);

  chest::Thorax thorax = chest::Thorax::draw(for_shape, for_texture);
  chest::add_opacities(thorax, is_pneumonia, for_opacities);
  chest::take_picture(thorax.intensity, hospital, for_hospital);

  DrawnChest out{cv::Mat(chest::side_px, chest::side_px, CV_8U), cv::Mat(chest::side_px, chest::side_px, CV_8U), is_pneumonia ? 1 : 0};
  for (int y = 0; y < chest::side_px; ++y)
    for (int x = 0; x < chest::side_px; ++x) {
      const auto at = static_cast<std::size_t>(y * chest::side_px + x);
      out.image.at<std::uint8_t>(y, x) = static_cast<std::uint8_t>(chest::clipped(thorax.intensity[at]) * 255 + 0.5f);
      out.mask.at<std::uint8_t>(y, x) = thorax.lungs[at] > 0.5f ? 255 : 0;
    }
  return out;
}

}  // namespace leat
