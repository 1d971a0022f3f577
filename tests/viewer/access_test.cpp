#include "server/access.h"

#include "support/doctest.h"

using namespace leat::viewer;

namespace {

Asked asked(const Access& access, const std::string& host) { return {host, {}, "Bearer " + access.token(), false}; }

int status(const Access& access, const Asked& one, bool is_static = false) {
  const auto denied = access.denied(one, is_static);
  return denied ? denied->status : 200;
}

}  // namespace

TEST_CASE("access: the loopback names are served at any port, and names that were given") {
  const Access access({"box.example"});
  for (const char* host : {"127.0.0.1", "127.0.0.1:8080", "localhost:1", "LOCALHOST", "[::1]:99", "[::1]", "box.example:7"})
    CHECK(status(access, asked(access, host)) == 200);
  for (const char* host :
       {"", "evil.example", "127.0.0.1.evil.example", "localhost:", "localhost:80x", "localhost@evil", "[::1", "::1", "127.0.0.2"})
    CHECK(status(access, asked(access, host)) == 403);
}

TEST_CASE("access: a page of another origin is refused, whatever token it has") {
  const Access access({});
  Asked one = asked(access, "localhost:5");
  for (const char* origin : {"http://localhost:5", "http://127.0.0.1:6006"}) {
    one.origin = origin;
    CHECK(status(access, one) == 200);
  }
  for (const char* origin :
       {"null", "https://localhost:5", "http://evil.example", "http://localhost.evil.example", "http://localhost:5/x", ""}) {
    one.origin = origin;
    CHECK(status(access, one) == 403);
    CHECK(status(access, one, true) == 403);
  }
}

TEST_CASE("access: data need the token in a header, the static page does not") {
  const Access access({});
  Asked one = asked(access, "localhost");
  for (const std::string& wrong :
       {std::string(), std::string("Bearer "), "Bearer " + access.token() + "0", "Bearer " + std::string(48, '0'), access.token()}) {
    one.authorization = wrong;
    CHECK(status(access, one) == 401);
    CHECK(status(access, one, true) == 200);
  }
  one = asked(access, "localhost");
  one.has_query = true;
  CHECK(status(access, one) == 400);
}

TEST_CASE("access: each server has a token of its own") {
  const Access one({}), other({});
  CHECK(one.token().size() == 48);
  CHECK(one.token() != other.token());
}
