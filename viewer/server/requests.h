#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "leat/thrown.h"
#include "leat/upstream.h"
#include "server/packed.h"

namespace leat::viewer {

/// Throws std::invalid_argument if the text is no JSON object.
[[nodiscard]] nlohmann::json object_in(const std::string& body);

/// Returns the `outputs` of a request. Throws std::invalid_argument if there are none, or too many.
[[nodiscard]] std::vector<OutputName> outputs_in(const nlohmann::json& asked);

/// Answers a request whose form can be wrong.
template <class Make>
Answer answer(Make make) {
  try {
    return make();
  } catch (const nlohmann::json::exception& error) {
    return error_answer(400, std::string("the request has not the form that is expected: ") + error.what());
  } catch (const std::invalid_argument& error) {
    return error_answer(400, error.what());
  } catch (...) {
    return error_answer(422, words_of_current_exception());
  }
}

}  // namespace leat::viewer
