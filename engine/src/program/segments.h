#pragma once

#include "leat/program.h"
#include "program/known.h"

namespace leat::program {

/// Forms segments, orders the users of resources, and reports gradients that would leave a segment.
void form_segments(const PhaseText& text, const Program& program, ProgramPhase& phase, const PhaseKnown& known, Diagnostics& diagnostics);

}  // namespace leat::program
