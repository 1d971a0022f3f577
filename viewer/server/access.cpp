#include "server/access.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

namespace leat::viewer {

namespace {

std::string new_token() {
  std::array<unsigned char, 24> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the system has no random numbers for a token");
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const unsigned char byte : bytes) out += {digits[byte >> 4], digits[byte & 15]};
  return out;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char one) { return static_cast<char>(std::tolower(one)); });
  return text;
}

/// Takes the same time wherever the texts differ.
bool is_equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t k = 0; k < a.size(); ++k) difference = static_cast<unsigned char>(difference | (a[k] ^ b[k]));
  return difference == 0;
}

}  // namespace

std::string host_name(std::string_view text) {
  const std::size_t end = text.starts_with('[') ? text.find(']') + 1 : text.find(':');
  const std::string_view port = end < text.size() ? text.substr(end) : std::string_view();
  const bool is_port = port.empty() || (port.size() > 1 && port[0] == ':' &&
                                        std::all_of(port.begin() + 1, port.end(), [](unsigned char one) { return std::isdigit(one); }));
  if (!is_port) return {};
  return lower(std::string(text.substr(0, end)));
}

Access::Access(std::vector<std::string> names) : names_(std::move(names)), token_(new_token()) {
  for (std::string& name : names_) name = lower(std::move(name));
  names_.insert(names_.end(), {"127.0.0.1", "localhost", "[::1]"});
}

bool Access::is_own(std::string_view host) const {
  const std::string name = host_name(host);
  return !name.empty() && std::find(names_.begin(), names_.end(), name) != names_.end();
}

std::optional<Denied> Access::denied(const Asked& asked, bool is_static) const {
  if (!is_own(asked.host)) return Denied{403, "this server does not have the name in `Host`"};
  constexpr std::string_view scheme = "http://";
  if (asked.origin && (!asked.origin->starts_with(scheme) || !is_own(std::string_view(*asked.origin).substr(scheme.size()))))
    return Denied{403, "the request comes from a page of another origin"};
  if (is_static) return {};
  if (asked.has_query) return Denied{400, "requests for data have no query; the token is in the header `Authorization`"};
  if (!is_equal(asked.authorization, "Bearer " + token_))
    return Denied{401, "the token is missing or wrong; open the address that the command has printed last"};
  return {};
}

}  // namespace leat::viewer
