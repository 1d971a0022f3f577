// Writes drawn chests as raw bytes for scripts: for each one 64 x 64 of the image, 64 x 64 of the mask, one of the class.
#include <cstdio>
#include <fstream>
#include <string>

#include "io/chest/draw_chest.h"

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: leat_chest_dump SEED SPLIT A|B COUNT FILE\n", stderr);
    return 2;
  }
  const auto hospital = std::string(argv[3]) == "A" ? leat::chest::Hospital::A : leat::chest::Hospital::B;
  std::ofstream out(argv[5], std::ios::binary);
  for (std::int64_t index = 0; index < std::stoll(argv[4]); ++index) {
    const leat::DrawnChest chest = leat::draw_chest(std::stoull(argv[1]), argv[2], index, hospital, index % 2 == 1);
    out.write(chest.image.ptr<char>(), 64 * 64);
    out.write(chest.mask.ptr<char>(), 64 * 64);
    out.put(static_cast<char>(chest.label));
  }
  return out.flush() ? 0 : 1;
}
