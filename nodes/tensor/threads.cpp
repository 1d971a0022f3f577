#include "tensor/threads.h"

#include <ATen/Parallel.h>

namespace leat {

void use_threads(int count) {
  // A thread takes the process-wide number at its first use; only after that is what it sets its own.
  at::get_num_threads();
  at::set_num_threads(count);
}

}  // namespace leat
