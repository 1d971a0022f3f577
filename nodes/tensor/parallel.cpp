#include "tensor/parallel.h"

#include <ATen/Parallel.h>
#include <omp.h>

#include <algorithm>
#include <exception>
#include <mutex>

#ifndef _OPENMP
#error "this file must be compiled with OpenMP"
#endif

// `at::parallel_for` is not used here. In a library outside LibTorch, it sets the calling thread's number of threads to the process-wide
// one.
namespace leat {
namespace {

/// Calls work for one of the ranges. [parallel]
void run_range(std::int64_t count, std::int64_t ranges, std::int64_t range, const std::function<void(std::int64_t, std::int64_t)>& work) {
  // In a region, this number is the region's own. Otherwise oneDNN would plan its work for more threads than it gets here. LibTorch sets
  // the number when a thread first asks for it.
  at::get_num_threads();
  omp_set_num_threads(1);
  work(count * range / ranges, count * (range + 1) / ranges);
}

}  // namespace

void in_parallel(std::int64_t count, std::int64_t least, const std::function<void(std::int64_t, std::int64_t)>& work) {
  const std::int64_t ranges = std::min<std::int64_t>(at::get_num_threads(), count / std::max<std::int64_t>(least, 1));
  if (ranges <= 1 || at::in_parallel_region()) {
    if (count > 0) work(0, count);
    return;
  }
  std::mutex lock;
  std::exception_ptr first;
  // The region always has all threads, because libgomp starts others if the number changes.
#pragma omp parallel
  try {
    // There can be fewer threads than asked for.
    for (std::int64_t range = omp_get_thread_num(); range < ranges; range += omp_get_num_threads()) run_range(count, ranges, range, work);
  } catch (...) {
    const std::lock_guard guard(lock);
    if (!first) first = std::current_exception();
  }
  if (first) std::rethrow_exception(first);
}

}  // namespace leat
