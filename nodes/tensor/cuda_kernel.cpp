#include "tensor/cuda_kernel.h"

#include <c10/util/Exception.h>
#include <stdexcept>
#include <utility>

namespace leat {
namespace {

// CUdevice_attribute of cuda.h.
constexpr int capability_major = 75, capability_minor = 76;

}  // namespace

CudaDriver::CudaDriver(const std::string& library) : library_(library) {
  library_.find("cuInit", init_);
  library_.find("cuGetErrorString", error_words_);
  library_.find("cuDeviceGet", device_);
  library_.find("cuDeviceGetAttribute", attribute_);
  library_.find("cuDevicePrimaryCtxRetain", retain_context_);
  library_.find("cuCtxSetCurrent", set_context_);
  library_.find("cuModuleLoadData", load_module_);
  library_.find("cuModuleGetFunction", function_);
  library_.find("cuLaunchKernel", launch_);
  check(init_(0), "cuInit");
}

std::string CudaDriver::words_of(int result, const char* function) const {
  const char* words = nullptr;
  if (error_words_(result, &words) != 0 || !words) words = "unknown error";
  return "CUDA's driver fails in " + std::string(function) + ": " + words + " (" + std::to_string(result) + ")";
}

void CudaDriver::check(int result, const char* function) const {
  if (result != 0) throw std::runtime_error(words_of(result, function));
}

int CudaDriver::capability(int device) const {
  int handle = 0, major = 0, minor = 0;
  check(device_(&handle, device), "cuDeviceGet");
  check(attribute_(&major, capability_major, handle), "cuDeviceGetAttribute");
  check(attribute_(&minor, capability_minor, handle), "cuDeviceGetAttribute");
  return 10 * major + minor;
}

CudaKernel::CudaKernel(std::shared_ptr<const CudaDriver> driver, int device, const std::string& image, const char* name)
    : driver_(std::move(driver)) {
  int handle = 0;
  void* module = nullptr;
  driver_->check(driver_->device_(&handle, device), "cuDeviceGet");
  driver_->check(driver_->retain_context_(&context_, handle), "cuDevicePrimaryCtxRetain");
  driver_->check(driver_->set_context_(context_), "cuCtxSetCurrent");
  driver_->check(driver_->load_module_(&module, image.data()), "cuModuleLoadData");
  driver_->check(driver_->function_(&function_, module, name), "cuModuleGetFunction");
}

void CudaKernel::launch_one(void* stream, unsigned groups, unsigned threads, void* parameter) const {
  // A thread that has not used the device yet, such as one that computes gradients, has no context.
  driver_->check(driver_->set_context_(context_), "cuCtxSetCurrent");
  const int result = driver_->launch_(function_, groups, 1, 1, threads, 1, 1, 0, stream, &parameter, nullptr);
  // Often the fault of earlier work, as with LibTorch's own kernels.
  if (result != 0) throw c10::AcceleratorError({__func__, __FILE__, __LINE__}, result, driver_->words_of(result, "cuLaunchKernel"));
}

}  // namespace leat
