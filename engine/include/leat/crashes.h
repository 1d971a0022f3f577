#pragma once

namespace leat {

/// From now on a node that crashes (by SIGSEGV, SIGBUS, SIGFPE, SIGILL or abort) is named on stderr, with its place and step, before the
/// process ends as it would have. A crash on a thread that a node began itself is not.
/// To be called once. [setup]
void name_crashing_nodes();

}  // namespace leat
