#include "leat/node.h"

#include <stdexcept>
#include <string>

namespace leat {

std::int64_t Source::pick(const Frame& frame, std::int64_t length, bool shuffled) const {
  if (length < 1)
    throw std::invalid_argument("`pick` is asked for one of " + std::to_string(length) + " samples; the length must be at least 1");
  const std::int64_t draw = frame.draw();
  const std::int64_t pass = draw / length;
  const std::int64_t place = draw % length;
  if (!shuffled) return place;
  // Key the permutation by epoch instead of step, so that it does not depend on the batch size.
  RandomKey key = frame.random().key();
  key.step = static_cast<std::uint32_t>(pass);
  key.slot = 0xFFFFFFFFu;
  return Permutation(key, length)(place);
}

}  // namespace leat
