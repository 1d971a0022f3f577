#include "base/thrown.h"

#include <cxxabi.h>

#include <cstdlib>
#include <exception>
#include <memory>
#include <new>

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
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> plain(abi::__cxa_demangle(type->name(), nullptr, nullptr, &status), std::free);
    return "threw a value of type `" + std::string(status == 0 ? plain.get() : type->name()) + "`, which is not a std::exception";
  }
}

}  // namespace leat
