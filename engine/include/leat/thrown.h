#pragma once

#include <string>

namespace leat {

/// Returns the exception that is being handled, in words. For a std::exception: what(); for std::bad_alloc: "out of memory"; a sentence for
/// exceptions of files and of JSON; otherwise: "threw a value of type `int`, which is not a std::exception". Call it in a catch block.
/// [any thread]
[[nodiscard]] std::string words_of_current_exception();

}  // namespace leat
