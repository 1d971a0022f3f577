# Imported target leat_torch, made from LibTorch's libraries: the CUDA wheel's own CMake package stops without a toolkit.
# LEAT_TORCH names the folder that holds include/ and lib/ (a wheel's torch/ folder or an unpacked LibTorch).
set(LEAT_TORCH "$ENV{LEAT_TORCH}" CACHE PATH "LibTorch: the folder with include/ and lib/")
if(NOT LEAT_TORCH)
  set(LEAT_TORCH ${PROJECT_SOURCE_DIR}/.deps/torch/torch)
endif()
find_library(LEAT_TORCH_CPU torch_cpu PATHS ${LEAT_TORCH}/lib NO_DEFAULT_PATH)
if(NOT LEAT_TORCH_CPU)
  message(FATAL_ERROR "no LibTorch in ${LEAT_TORCH}: name one with LEAT_TORCH=DIR. In Leat's own tree ./do deps brings one, and -DLEAT_TENSOR=OFF builds without it")
endif()
add_library(leat_torch INTERFACE)
target_include_directories(leat_torch SYSTEM INTERFACE ${LEAT_TORCH}/include ${LEAT_TORCH}/include/torch/csrc/api/include)
target_link_directories(leat_torch INTERFACE ${LEAT_TORCH}/lib)
# LibTorch's libraries are compiled with NDEBUG, and some classes of its headers have other members without it.
target_compile_definitions(leat_torch INTERFACE $<$<NOT:$<CONFIG:Release,RelWithDebInfo,MinSizeRel>>:NDEBUG>)
# LibTorch's libraries carry functions of the C++ library of their own compiler, such as std::filesystem::remove_all, and would lend them to
# the program: with the CUDA wheel of 2.11 that one crashes. The program's own library comes first.
target_link_libraries(leat_torch INTERFACE stdc++ torch torch_cpu c10)
target_link_options(leat_torch INTERFACE -Wl,-rpath,${LEAT_TORCH}/lib)
if(EXISTS ${LEAT_TORCH}/lib/libtorch_cuda.so)
  # The library has to be loaded for its kernels to register themselves, also if nothing names one of its symbols.
  target_link_libraries(leat_torch INTERFACE -Wl,--no-as-needed torch_cuda c10_cuda -Wl,--as-needed)
endif()
# One libgomp in the process: the wheel brings its own under the usual name, found by the rpath above. So Leat's own parallel loops run on
# LibTorch's threads.
find_library(LEAT_GOMP NAMES libgomp.so.1 gomp PATHS ${LEAT_TORCH}/lib NO_DEFAULT_PATH)
if(NOT LEAT_GOMP)
  set(LEAT_GOMP gomp)
endif()
