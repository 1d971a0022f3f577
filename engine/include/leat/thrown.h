#pragma once

#include <string>

namespace leat {

/// The exception that is being handled, in words: what() of a std::exception, "out of memory" for std::bad_alloc, a sentence for those of
/// files and of JSON, and for anything else "threw a value of type `int`, which is not a std::exception". Call it in a catch block.
/// [any thread]
[[nodiscard]] std::string words_of_current_exception();

}  // namespace leat
