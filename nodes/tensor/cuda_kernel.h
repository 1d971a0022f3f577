#pragma once

#include <memory>
#include <string>

#include "tensor/loaded_library.h"

namespace leat {

/// CUDA's driver. Its C interface needs no header of CUDA. Functions throw std::runtime_error if it fails.
class CudaDriver {
 public:
  /// `library`: libcuda.so.1.
  explicit CudaDriver(const std::string& library);

  /// Returns the compute capability of a device, such as 90.
  [[nodiscard]] int capability(int device) const;

 private:
  friend class CudaKernel;

  [[nodiscard]] std::string words_of(int result, const char* function) const;
  void check(int result, const char* function) const;

  LoadedLibrary library_;
  int (*init_)(unsigned flags);
  int (*error_words_)(int result, const char** words);
  int (*device_)(int* device, int ordinal);
  int (*attribute_)(int* value, int attribute, int device);
  int (*retain_context_)(void** context, int device);
  int (*set_context_)(void* context);
  int (*load_module_)(void** module, const void* image);
  int (*function_)(void** function, void* module, const char* name);
  int (*launch_)(void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
                 unsigned shared_bytes, void* stream, void** parameters, void** extra);
};

/// A kernel on one device. It stays there as long as the process. [any thread]
class CudaKernel {
 public:
  /// `image`: a binary for the device. Not while the calling thread captures.
  CudaKernel(std::shared_ptr<const CudaDriver> driver, int device, const std::string& image, const char* name);

  /// Gives the stream of the device a launch. `parameter`: the kernel's only one. Throws c10::AcceleratorError if the device has failed.
  template <class Parameter>
  void launch(void* stream, unsigned groups, unsigned threads, Parameter parameter) const {
    launch_one(stream, groups, threads, &parameter);
  }

 private:
  void launch_one(void* stream, unsigned groups, unsigned threads, void* parameter) const;

  std::shared_ptr<const CudaDriver> driver_;  ///< Shared by the kernels of all devices.
  void* context_ = nullptr;                   ///< That of CUDA's runtime, and so of LibTorch.
  void* function_ = nullptr;
};

}  // namespace leat
