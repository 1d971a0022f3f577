#include "base/thrown.h"

#include <cxxabi.h>

#include <exception>
#include <new>

#include "base/class_name.h"

namespace leat {

std::string words_of_current_exception() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (!type) return "threw a value of a foreign type, which is not a std::exception";
    return "threw a value of type `" + class_name(*type) + "`, which is not a std::exception";
  }
}

}  // namespace leat
