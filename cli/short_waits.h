#pragma once

/// Threads of a CPU lane wait for each other by spinning, for milliseconds each time if libgomp has its way. Where another program wants a
/// core too, a training step then takes forty times as long; with short spins, three times. libgomp reads how long only when it is loaded,
/// so this begins the process anew with GOMP_SPINCOUNT set, once, for the commands that compute. What the user has set stays. [setup]
void shorten_waits(int argc, char** argv);
