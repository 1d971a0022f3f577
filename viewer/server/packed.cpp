#include "server/packed.h"

#include <cstdint>
#include <cstring>
#include <utility>

namespace leat::viewer {

using nlohmann::json;

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string packed(Message message) {
  std::string out = std::string(4, '\0') + dumped(message.head);
  out.resize((out.size() + 7) / 8 * 8, ' ');
  const auto length = static_cast<std::uint32_t>(out.size() - 4);
  std::memcpy(out.data(), &length, sizeof length);
  out.reserve(out.size() + message.bytes.size());
  return out += message.bytes;
}

Answer error_answer(int status, const std::string& text) { return {status, "application/json", dumped(json{{"error", text}})}; }

}  // namespace leat::viewer
