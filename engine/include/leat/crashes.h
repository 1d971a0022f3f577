#pragma once

namespace leat {

/// From now on, a crash (SIGSEGV, SIGBUS, SIGFPE, SIGILL, abort) while a graph is checked or runs is reported on stderr: the node or
/// resource, its place and the step. The process then ends as usual. Does not cover threads that a node has started. [setup]
void name_crashing_nodes();

}  // namespace leat
