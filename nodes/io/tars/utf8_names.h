#pragma once

#include <locale.h>

namespace leat {

/// Lets libarchive take names as UTF-8 on this thread while an object of this class lives. The program's own locale, "C", has ASCII only,
/// and libarchive would replace letters.
class Utf8Names {
 public:
  Utf8Names() : before_(::uselocale(utf8())) {}
  ~Utf8Names() { ::uselocale(before_); }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  static locale_t utf8() {
    static const locale_t out = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return out;
  }
  locale_t before_;
};

}  // namespace leat
