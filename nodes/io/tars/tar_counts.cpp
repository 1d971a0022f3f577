#include "io/tars/tar_counts.h"

#include <array>
#include <stdexcept>
#include <vector>

namespace leat {

void TarCounts::save(Archive& archive, const std::string& name) const {
  const std::array<std::int64_t, 8> numbers{tar,   samples, static_cast<std::int64_t>(ids.value()), left_out, all, all_left_out,
                                            empty, length};
  archive.put(name, std::span<const std::int64_t>(numbers));
}

void TarCounts::load(const Archive& archive, const std::string& name) {
  const std::vector<std::int64_t> numbers = archive.wholes(name);
  if (numbers.size() != 8) throw std::runtime_error("`" + name + "` has " + std::to_string(numbers.size()) + " numbers instead of 8");
  tar = numbers[0];
  samples = numbers[1];
  ids = IdsHash(static_cast<std::uint64_t>(numbers[2]));
  left_out = numbers[3];
  all = numbers[4];
  all_left_out = numbers[5];
  empty = numbers[6];
  length = numbers[7];
}

}  // namespace leat
