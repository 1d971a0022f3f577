#pragma once

#include <string>

#include "server/http_server.h"
#include "server/message.h"

namespace leat::viewer {

/// Packs a message for the page: the length of its JSON (32 bits, little endian), the JSON padded with blanks to a multiple of 8 bytes
/// after the length, and the bytes.
[[nodiscard]] std::string packed(Message message);

/// Returns JSON on one line. Bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string dumped(const nlohmann::json& value);
[[nodiscard]] Answer error_answer(int status, const std::string& text);

}  // namespace leat::viewer
