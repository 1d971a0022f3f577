#include "leat/thrown.h"

#include <cxxabi.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <new>
#include <string_view>
#include <typeinfo>

#include "base/class_name.h"
#include "base/json.h"

namespace leat {

std::string words_of_current_exception() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return "out of memory";
  } catch (const std::filesystem::filesystem_error& error) {
    return "cannot use " + error.path1().string() + (error.path2().empty() ? "" : " and " + error.path2().string()) + ": " +
           error.code().message();
  } catch (const nlohmann::json::exception& error) {
    return "it reads JSON that is not as expected: " + json_words(error);
  } catch (const std::exception& error) {
    // LibTorch adds the stack frames of its own code after the message.
    const std::string_view text = error.what();
    const std::string_view words = text.substr(0, std::min(text.find("\nException raised from "), text.find("\nC++ CapturedTraceback:")));
    return words.empty() ? "threw a `" + class_name(typeid(error)) + "` without a message" : std::string(words);
  } catch (...) {
    const std::type_info* type = abi::__cxa_current_exception_type();
    if (!type) return "threw a value of a foreign type, which is not a std::exception";
    return "threw a value of type `" + class_name(*type) + "`, which is not a std::exception";
  }
}

}  // namespace leat
