#pragma once

#include "io/chest/plane.h"

namespace leat::chest {

/// Hospital of an X-ray. Each hospital has its own machine, markers and noise.
enum class Hospital { A, B };

/// Turns the intensities of a thorax, 0..1, into those of the hospital's X-ray, about 0..1.
void take_picture(Plane& picture, Hospital hospital, Random& random);

}  // namespace leat::chest
