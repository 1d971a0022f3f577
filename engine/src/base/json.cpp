#include "base/json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace leat {

std::string json_text(std::string_view text) {
  return nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_number(double number) { return std::isfinite(number) ? nlohmann::json(number).dump() : "null"; }

}  // namespace leat
