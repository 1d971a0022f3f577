#pragma once

#include "leat/program.h"

namespace leat::program {

/// Forms segments, orders users of resources, finds gradients that would leave a segment.
void form_segments(const PhaseText& text, const Program& program, ProgramPhase& phase, Diagnostics& diagnostics);

}  // namespace leat::program
