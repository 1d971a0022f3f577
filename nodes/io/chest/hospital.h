#pragma once

#include "io/chest/plane.h"

namespace leat::chest {

/// Where the X-ray was taken: each hospital has its own machine, markers and noise.
enum class Hospital { A, B };

/// Turns a thorax of 0..1 into what the hospital's machine shows of it, about 0..1.
void take_picture(Plane& picture, Hospital hospital, Random& random);

}  // namespace leat::chest
