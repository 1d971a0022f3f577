#include "base/json.h"

#include <cmath>
#include <limits>

#include "base/article.h"

namespace leat {

std::string json_text(std::string_view text) {
  return nlohmann::json(std::string(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json number_or_null(double number) { return std::isfinite(number) ? nlohmann::json(number) : nlohmann::json(); }

double number_or_nan(const nlohmann::json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::string json_number(double number) { return number_or_null(number).dump(); }

std::string json_line(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string json_words(const nlohmann::json::exception& error) {
  constexpr int no_such_key = 403, other_type = 302;
  const std::string_view text = error.what();
  if (const auto* parsing = dynamic_cast<const nlohmann::json::parse_error*>(&error))
    return "it is not JSON from byte " + std::to_string(parsing->byte) + " on";
  const std::size_t begin = text.find('\''), end = text.rfind('\'');
  if (error.id == no_such_key && begin < end) return "it has no `" + std::string(text.substr(begin + 1, end - begin - 1)) + "`";
  constexpr std::string_view wanted = "type must be ", found = ", but is ";
  const std::size_t of_wanted = text.find(wanted), of_found = text.find(found);
  if (error.id != other_type || of_wanted == std::string_view::npos || of_found == std::string_view::npos) return "it is not as expected";
  const auto in_words = [](std::string_view kind) { return kind == "null" ? std::string(kind) : with_article(kind); };
  const std::size_t of_kind = of_wanted + wanted.size();
  return "a value in it is " + in_words(text.substr(of_found + found.size())) + ", but must be " +
         in_words(text.substr(of_kind, of_found - of_kind));
}

}  // namespace leat
