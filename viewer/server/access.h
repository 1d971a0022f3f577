#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace leat::viewer {

/// What a request says about who sends it.
struct Asked {
  std::string host;                   ///< Header `Host`.
  std::optional<std::string> origin;  ///< Header `Origin`.
  std::string authorization;          ///< Header `Authorization`.
  bool has_query = false;
};

struct Denied {
  int status = 403;
  std::string reason;
};

/// Decides who may look. Every user of a machine can reach a port of 127.0.0.1, and every page in a browser can send requests to it. So
/// the data need a token that only the printed address has, and the host must be one of the server's own names. [any thread]
class Access {
 public:
  /// `names` are host names by which the server can be reached, in addition to the loopback names.
  explicit Access(std::vector<std::string> names);

  [[nodiscard]] const std::string& token() const { return token_; }
  /// Returns why a request is denied; nothing if it is allowed. The static page needs no token.
  [[nodiscard]] std::optional<Denied> denied(const Asked& asked, bool is_static) const;

 private:
  [[nodiscard]] bool is_own(std::string_view host) const;

  std::vector<std::string> names_;
  std::string token_;
};

/// Returns the host of `example.org:8080` or `[::1]:8080`, in lower case. Empty if the text is not a host.
[[nodiscard]] std::string host_name(std::string_view text);

}  // namespace leat::viewer
