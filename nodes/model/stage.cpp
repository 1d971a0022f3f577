#include "model/stage.h"

#include <stdexcept>

namespace leat {
namespace {

/// Returns why images with so many channels cannot be the network's input, or an empty string.
std::string wrong_channels(const MultitaskUnet& network, std::int64_t channels) {
  if (channels == *network.in_channels) return {};
  return "the images have " + std::to_string(channels) + (channels == 1 ? " channel" : " channels") +
         ", but `in_channels` of the network is " + std::to_string(*network.in_channels);
}

}  // namespace

std::string wrong_size(const MultitaskUnet& network, std::int64_t height, std::int64_t width) {
  const std::int64_t multiple = network.side_multiple();
  const std::string size = "images of " + std::to_string(height) + " x " + std::to_string(width);
  if (height % multiple != 0 || width % multiple != 0 || height == 0 || width == 0)
    return size + " do not fit the network: with " + std::to_string(network.channels->size()) +
           " stages, both sides must be multiples of " + std::to_string(multiple);
  if (network.norm == "instance" && height >> (network.channels->size() - 1) == 1 && width >> (network.channels->size() - 1) == 1)
    return size + " have one pixel at the deepest stage, but an instance norm of one pixel is always 0";
  return {};
}

void check_size(const Shapes& shapes, const Port& image, const MultitaskUnet& network) {
  const Contract given = shapes.of(image);
  if (given.dims.size() == 4 && given.dims[1].is_known())
    if (const std::string text = wrong_channels(network, given.dims[1].size); !text.empty())
      throw Refusal(text, std::string(image.name()),
                    given.dims[1].size == 3   ? "set `in_channels: 3` of the network"
                    : given.dims[1].size == 1 ? "set `channels: rgb` of `image.decode`, or leave out `in_channels`"
                                              : "");
  if (given.dims.size() != 4 || !given.dims[2].is_known() || !given.dims[3].is_known()) return;
  if (const std::string text = wrong_size(network, given.dims[2].size, given.dims[3].size); !text.empty())
    throw Refusal(text, std::string(image.name()));
}

void check_input(const MultitaskUnet& network, const at::Tensor& images) {
  if (const std::string text = wrong_channels(network, images.size(1)); !text.empty()) throw std::runtime_error(text);
  if (const std::string text = wrong_size(network, images.size(2), images.size(3)); !text.empty()) throw std::runtime_error(text);
}

}  // namespace leat
