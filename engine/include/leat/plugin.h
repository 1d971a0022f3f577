#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "leat/registry.h"

// A plugin is a shared library, NAME.plugin, that says what it is in a section of its own, `leat_plugin`: lines of text that are read from
// the file before any of its code runs. LEAT_NODE and the headers of value types add theirs, so nobody has to repeat them.

/// What is compiled into a node has to agree with the engine that calls it. To be raised when a class of `leat/` changes its layout or its
/// virtual functions; a test asks for it when one of these headers changes.
#define LEAT_ABI 4

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
#define LEAT_PLUGIN(ID, VERSION)                                                                        \
  LEAT_SAYS(leat_says_plugin, "plugin " ID "\nversion " VERSION "\nbuild " LEAT_BUILD);                 \
  extern "C" __attribute__((visibility("default"))) void leat_plugin_enter(leat::Registry& registry)

namespace leat {

/// What a plugin's file says of itself, read without running anything of it; throws Refusal where the file is no plugin.
[[nodiscard]] PluginFile read_plugin(const std::filesystem::path& file);

/// The same of the section alone: lines, with zero bytes between its texts.
[[nodiscard]] PluginFile read_plugin_section(std::string_view section);

/// How long a plugin may take to load.
inline constexpr std::chrono::seconds most_loading{20};

/// Loads a plugin, or throws Refusal with what is wrong, both sides and the cure. What it would do to this process is tried in a child of
/// it first, so one that crashes or blocks while it loads takes nothing along. Plugins stay for as long as the process.
/// [setup] Before threads are started.
void load_plugin(const std::filesystem::path& file, Registry& registry, std::chrono::seconds most = most_loading);

/// Loads the plugins of these places in their order: files, and folders, of which all NAME.plugin by name. What cannot be loaded stops
/// nothing: the registry keeps why, for graphs that need it, and each is a sentence here. [setup] As load_plugin.
[[nodiscard]] std::vector<std::string> load_plugins(const std::vector<std::filesystem::path>& places, Registry& registry);

}  // namespace leat
