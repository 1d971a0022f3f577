#pragma once

namespace leat {

/// From now on a node or resource that crashes (by SIGSEGV, SIGBUS, SIGFPE, SIGILL or abort) while a graph is checked or runs is named on
/// stderr, with its place and step, before the process ends as it would have. A crash on a thread that a node began itself is not. [setup]
void name_crashing_nodes();

}  // namespace leat
