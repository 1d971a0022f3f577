#include "tensor/nvrtc.h"

#include <dlfcn.h>

#include <array>
#include <climits>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace leat {
namespace {

/// Returns the folder of LibTorch's libraries; empty if they are linked in another way.
std::filesystem::path folder_of_torch() {
  void* library = ::dlopen("libtorch_cpu.so", RTLD_LAZY | RTLD_NOLOAD);
  if (!library) return {};
  std::array<char, PATH_MAX> folder{};
  const int failed = ::dlinfo(library, RTLD_DI_ORIGIN, folder.data());
  ::dlclose(library);
  return failed ? std::filesystem::path() : std::filesystem::path(folder.data());
}

/// LibTorch's own copy has a number in its name: libnvrtc-b51b459d.so.12.
bool is_nvrtc(const std::string& name) {
  return name.starts_with("libnvrtc") && !name.starts_with("libnvrtc-builtins") && name.find(".so") != std::string::npos &&
         name.find(".alt.") == std::string::npos;
}

}  // namespace

Nvrtc::Nvrtc(const std::string& library) : library_(library) {
  library_.find("nvrtcCreateProgram", create_);
  library_.find("nvrtcCompileProgram", compile_);
  library_.find("nvrtcDestroyProgram", destroy_);
  library_.find("nvrtcGetProgramLogSize", log_size_);
  library_.find("nvrtcGetProgramLog", log_);
  library_.find("nvrtcGetCUBINSize", binary_size_);
  library_.find("nvrtcGetCUBIN", binary_);
  library_.find("nvrtcGetErrorString", words_);
}

std::string Nvrtc::log_of(Program program) const {
  std::size_t size = 0;
  if (!program || log_size_(program, &size) != 0 || size <= 1) return {};
  std::string out(size, '\0');
  if (log_(program, out.data()) != 0) return {};
  return ": " + out.substr(0, out.find_first_of("\n\0", 0, 2));
}

void Nvrtc::check(int result, Program program) const {
  if (result != 0) throw std::runtime_error(std::string("NVRTC does not compile it (") + words_(result) + ")" + log_of(program));
}

std::string Nvrtc::compile(const std::string& source, int capability) const {
  Program program = nullptr;
  check(create_(&program, source.c_str(), "leat_kernel.cu", 0, nullptr, nullptr), program);
  const auto destroy = [this](Program* made) { static_cast<void>(destroy_(made)); };
  const std::unique_ptr<Program, decltype(destroy)> owner(&program, destroy);
  const std::string architecture = "--gpu-architecture=sm_" + std::to_string(capability);
  // The bits are those of the CPU, which does not fuse a product with a sum, and keeps denormal numbers.
  const std::array<const char*, 4> options{architecture.c_str(), "--std=c++17", "--fmad=false", "--ftz=false"};
  check(compile_(program, static_cast<int>(options.size()), options.data()), program);
  std::size_t size = 0;
  check(binary_size_(program, &size), program);
  std::string out(size, '\0');
  check(binary_(program, out.data()), program);
  return out;
}

std::vector<std::string> nvrtc_places() {
  std::vector<std::string> out;
  const std::filesystem::path torch = folder_of_torch();
  if (!torch.empty()) {
    const std::filesystem::path packages = torch.parent_path().parent_path() / "nvidia";
    for (const auto& folder : {torch, packages / "cu13" / "lib", packages / "cuda_nvrtc" / "lib"}) {
      std::error_code ignored;
      for (const auto& file : std::filesystem::directory_iterator(folder, ignored))
        if (is_nvrtc(file.path().filename().string())) out.push_back(file.path().string());
    }
  }
  out.insert(out.end(), {"libnvrtc.so.13", "libnvrtc.so.12"});
  return out;
}

}  // namespace leat
