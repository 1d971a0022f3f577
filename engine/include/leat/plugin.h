#pragma once

#include "leat/registry.h"

// A plugin is a shared library, NAME.plugin, that says what it is in a section of its own, `leat_plugin`: lines of text that are read from
// the file before any of its code runs. LEAT_NODE and the headers of value types add theirs, so nobody has to repeat them.

/// What is compiled into a node has to agree with the engine that calls it. To be raised when a class of `leat/` changes its layout or its
/// virtual functions; a test asks for it when one of these headers changes.
#define LEAT_ABI 6

#if defined(__GLIBCXX__)
#define LEAT_BUILD_LIBRARY ", libstdc++ with string ABI " LEAT_TEXT(_GLIBCXX_USE_CXX11_ABI)
#elif defined(_LIBCPP_VERSION)
#define LEAT_BUILD_LIBRARY ", libc++ ABI " LEAT_TEXT(_LIBCPP_ABI_VERSION)
#endif
#if defined(_GLIBCXX_DEBUG)
#define LEAT_BUILD_DEBUG ", debug containers"
#else
#define LEAT_BUILD_DEBUG ""
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAT_ADDRESS_SANITIZER_
#elif __has_feature(thread_sanitizer)
#define LEAT_THREAD_SANITIZER_
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(LEAT_ADDRESS_SANITIZER_)
#define LEAT_BUILD_SANITIZER ", AddressSanitizer"
#elif defined(__SANITIZE_THREAD__) || defined(LEAT_THREAD_SANITIZER_)
#define LEAT_BUILD_SANITIZER ", ThreadSanitizer"
#else
#define LEAT_BUILD_SANITIZER ""
#endif
/// What changes the layout of values that cross the border. Not the optimisation, and not the compiler: GCC and Clang agree.
#define LEAT_BUILD "Leat ABI " LEAT_TEXT(LEAT_ABI) LEAT_BUILD_LIBRARY LEAT_BUILD_DEBUG LEAT_BUILD_SANITIZER

/// In the one generated file of a plugin: LEAT_PLUGIN("hello", "0.1.0") { calls what registers its nodes }.
#define LEAT_PLUGIN(ID, VERSION)                                                        \
  LEAT_SAYS(leat_says_plugin, "plugin " ID "\nversion " VERSION "\nbuild " LEAT_BUILD); \
  extern "C" __attribute__((visibility("default"))) void leat_plugin_enter(leat::Registry& registry)
