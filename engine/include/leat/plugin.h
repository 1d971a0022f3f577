#pragma once

#include "leat/registry.h"

// A plugin is a shared library, NAME.plugin, that describes itself in a section `leat_plugin`: lines of text. Leat reads them from the file
// before any of the plugin's code runs. LEAT_NODE and the headers of value types add their own lines.

/// Version of the interface between a node and the engine that calls it. Raise it when a class of `leat/` changes its layout or its virtual
/// functions. A test reports a change in one of these headers.
#define LEAT_ABI 11

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
/// Build settings that change the layout of values between plugin and engine. Optimisation and compiler do not: GCC and Clang agree.
#define LEAT_BUILD "Leat ABI " LEAT_TEXT(LEAT_ABI) LEAT_BUILD_LIBRARY LEAT_BUILD_DEBUG LEAT_BUILD_SANITIZER

/// For the one generated file of a plugin: LEAT_PLUGIN("hello", "0.1.0") { calls to the functions that register its nodes }.
#define LEAT_PLUGIN(ID, VERSION)                                                        \
  LEAT_SAYS(leat_says_plugin, "plugin " ID "\nversion " VERSION "\nbuild " LEAT_BUILD); \
  extern "C" __attribute__((visibility("default"))) void leat_plugin_enter(leat::Registry& registry)
