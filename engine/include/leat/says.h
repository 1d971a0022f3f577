#pragma once

#define LEAT_TEXT_(x) #x
#define LEAT_TEXT(x) LEAT_TEXT_(x)

#if defined(__has_attribute) && __has_attribute(retain)
#define LEAT_RETAIN_ __attribute__((retain))
#else
#define LEAT_RETAIN_
#endif

/// A line of the section `leat_plugin`, which describes a plugin (leat/plugin.h): "type dicom.read", "value tensor=LibTorch 2.13.0". The
/// text must be a literal, because it is read from the file.
#define LEAT_SAYS(NAME, TEXT) [[gnu::used, gnu::section("leat_plugin")]] LEAT_RETAIN_ static const char NAME[] = TEXT
