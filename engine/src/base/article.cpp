#include "base/article.h"

namespace leat {

std::string with_article(std::string_view noun) {
  const bool has_vowel = !noun.empty() && std::string_view("aeiou").find(noun.front()) != std::string_view::npos;
  return (has_vowel ? "an " : "a ") + std::string(noun);
}

}  // namespace leat
