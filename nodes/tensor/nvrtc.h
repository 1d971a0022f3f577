#pragma once

#include <string>
#include <vector>

#include "tensor/loaded_library.h"

namespace leat {

/// NVRTC, NVIDIA's compiler of CUDA C++ for the running process. Its C interface needs no header of CUDA.
class Nvrtc {
 public:
  /// Throws std::runtime_error if the library cannot be loaded.
  explicit Nvrtc(const std::string& library);

  /// Returns the binary of a source for a compute capability, such as 90. Throws std::runtime_error with the compiler's message.
  [[nodiscard]] std::string compile(const std::string& source, int capability) const;

 private:
  using Program = void*;

  [[nodiscard]] std::string log_of(Program program) const;
  void check(int result, Program program) const;

  LoadedLibrary library_;
  int (*create_)(Program*, const char* source, const char* name, int headers, const char* const*, const char* const*);
  int (*compile_)(Program, int options, const char* const*);
  int (*destroy_)(Program*);
  int (*log_size_)(Program, std::size_t*);
  int (*log_)(Program, char*);
  int (*binary_size_)(Program, std::size_t*);
  int (*binary_)(Program, char*);
  const char* (*words_)(int result);
};

/// Returns where NVRTC can be, the best place first: next to LibTorch, which uses it too, then wherever the loader finds it.
[[nodiscard]] std::vector<std::string> nvrtc_places();

}  // namespace leat
