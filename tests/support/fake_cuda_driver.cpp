#include <cstring>

#include "tensor/dropout_kernel.h"

// Stands in for libcuda.so.1 in tests: the functions that Leat calls, with their types of cuda.h. A launch runs the host's form of the
// kernel of dropout.
namespace {

constexpr int success = 0, invalid_value = 1, invalid_image = 200, invalid_context = 201, not_found = 500;

int primary_context, a_module, a_function;
thread_local void* current_context = nullptr;

}  // namespace

extern "C" {

int cuInit(unsigned) { return success; }

int cuGetErrorString(int, const char** words) {
  *words = "a fault of the test's driver";
  return success;
}

int cuDeviceGet(int* device, int ordinal) {
  *device = ordinal;
  return ordinal == 0 ? success : invalid_value;
}

int cuDeviceGetAttribute(int* value, int attribute, int) {
  if (attribute != 75 && attribute != 76) return invalid_value;
  *value = attribute == 75 ? 9 : 0;
  return success;
}

int cuDevicePrimaryCtxRetain(void** context, int) {
  *context = &primary_context;
  return success;
}

int cuCtxSetCurrent(void* context) {
  current_context = context;
  return success;
}

int cuModuleLoadData(void** module, const void* image) {
  *module = &a_module;
  if (current_context != &primary_context) return invalid_context;
  return std::memcmp(image,
                     "\x7f"
                     "ELF",
                     4) == 0
             ? success
             : invalid_image;
}

int cuModuleGetFunction(void** function, void* module, const char* name) {
  *function = &a_function;
  return module == &a_module && std::strcmp(name, "leat_dropout") == 0 ? success : not_found;
}

int cuLaunchKernel(void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
                   unsigned shared_bytes, void*, void** parameters, void** extra) {
  if (current_context != &primary_context) return invalid_context;
  const bool is_right = function == &a_function && grid_y == 1 && grid_z == 1 && block_x == leat::dropout_threads && block_y == 1 &&
                        block_z == 1 && shared_bytes == 0 && !extra;
  if (!is_right) return invalid_value;
  const auto& launch = *static_cast<const leat::DropoutLaunch*>(parameters[0]);
  for (unsigned group = 0; group < grid_x; ++group)
    for (unsigned thread = 0; thread < block_x; ++thread) leat::drop_eight_values(launch, group, thread);
  return success;
}
}
