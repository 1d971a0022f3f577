#pragma once

#include "io/chest/anatomy.h"

namespace leat::chest {

/// Adds 3 to 8 bright blobs, and a tube with probability 0.25. With pneumonia, 2 to 5 of the blobs are inside the lungs; without, all are
/// outside. So the number and brightness of blobs do not reveal the class.
void add_opacities(Thorax& thorax, bool is_pneumonia, Random& random);

}  // namespace leat::chest
