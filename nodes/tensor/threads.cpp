#include "tensor/threads.h"

#include <ATen/Parallel.h>

namespace leat {

void use_threads(int count) {
  // A thread takes the process-wide number at its first use. Only after that can it set its own.
  at::get_num_threads();
  at::set_num_threads(count);
}

int used_threads() { return at::get_num_threads(); }

}  // namespace leat
