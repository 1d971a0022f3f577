#pragma once

namespace leat {

/// From now on, tensors of the CPU with at least 64 KiB take memory that this process keeps, in huge pages where the system has them: a
/// step takes the blocks that the step before gave back, and touches no new page. Without effect where memory cannot be reserved, or if the
/// program has set an allocator of its own. [any thread]
void keep_host_memory();
/// Gives the pages of free blocks back to the system. [any thread]
void give_back_host_memory();

}  // namespace leat
