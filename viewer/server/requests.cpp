#include "server/requests.h"

namespace leat::viewer {

using nlohmann::json;

json object_in(const std::string& body) {
  json out = json::parse(body, nullptr, false);
  if (!out.is_object()) throw std::invalid_argument("the request is not a JSON object");
  return out;
}

std::vector<OutputName> outputs_in(const json& asked) {
  // As many as the way of one sample has nodes.
  constexpr std::size_t most = 64;
  std::vector<OutputName> out;
  for (const json& one : asked.at("outputs")) out.push_back({one.at("node"), one.at("port")});
  if (out.empty() || out.size() > most) throw std::invalid_argument("a request has 1 to 64 outputs");
  return out;
}

}  // namespace leat::viewer
