#pragma once

#include "io/chest/anatomy.h"

namespace leat::chest {

/// Adds what a thorax may hold beside itself: 3 to 8 bright blobs, some of them inside the lungs if there is pneumonia and all of them
/// outside if not, so that number and brightness do not tell; and a tube in a quarter of all.
void add_opacities(Thorax& thorax, bool is_pneumonia, Random& random);

}  // namespace leat::chest
