# Headers that many files include are compiled once for each kind of target; this saves about half of the build's time. A file still includes
# what it uses: `./do sanitize` builds without precompiled headers.
set(leat_standard_headers <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <cstdio> <deque> <filesystem> <fstream>
  <functional> <limits> <map> <memory> <mutex> <numeric> <optional> <set> <span> <sstream> <stdexcept> <string> <string_view> <system_error>
  <thread> <tuple> <utility> <vector>)
set(leat_tensor_headers <ATen/TensorOperators.h> <ATen/core/Tensor.h> <ATen/core/grad_mode.h> <ATen/ops/cat.h> <ATen/ops/empty.h>
  <ATen/ops/full.h> <ATen/ops/where.h> <ATen/ops/zeros.h>)

# leat_precompile(TARGET KIND header…): these headers and the standard ones, compiled for the first target of a kind and used by all.
# A compiler takes them only if everything that was defined for the first target is defined for the others too.
function(leat_precompile target kind)
  get_property(first GLOBAL PROPERTY leat_precompiled_${kind})
  if(first)
    target_precompile_headers(${target} REUSE_FROM ${first})
  else()
    set_property(GLOBAL PROPERTY leat_precompiled_${kind} ${target})
    target_precompile_headers(${target} PRIVATE ${leat_standard_headers} ${ARGN})
  endif()
endfunction()
