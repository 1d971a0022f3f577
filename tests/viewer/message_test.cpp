#include "server/message.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <thread>

#include "support/doctest.h"

using namespace leat::viewer;

namespace {

struct Ends {
  Ends() { REQUIRE(::pipe2(files, O_CLOEXEC) == 0); }
  ~Ends() {
    ::close(files[0]);
    if (files[1] >= 0) ::close(files[1]);
  }
  void close_writer() {
    ::close(files[1]);
    files[1] = -1;
  }
  int files[2];
};

}  // namespace

TEST_CASE("message: arrives as it was sent, with bytes larger than a pipe holds") {
  Ends ends;
  std::string bytes(1'000'000, '\0');
  for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<char>(k * 7);
  std::thread writer([&] { CHECK(send(ends.files[1], {{{"a", {1, 2}}, {"text", "é\n"}}, bytes})); });
  const auto message = receive(ends.files[0]);
  writer.join();
  REQUIRE(message);
  CHECK(message->head == nlohmann::json{{"a", {1, 2}}, {"text", "é\n"}});
  CHECK(message->bytes == bytes);
}

TEST_CASE("message: a cut, damaged or overlong message is none") {
  for (const std::array<std::uint64_t, 2> sizes :
       {std::array<std::uint64_t, 2>{10, 0}, {3, 0}, {std::uint64_t{1} << 60, 0}, {2, std::uint64_t{1} << 60}}) {
    Ends ends;
    REQUIRE(::write(ends.files[1], sizes.data(), sizeof sizes) == sizeof sizes);
    REQUIRE(::write(ends.files[1], "nul", 3) == 3);
    ends.close_writer();
    CHECK_FALSE(receive(ends.files[0]));
  }
  Ends ends;
  ends.close_writer();
  CHECK_FALSE(receive(ends.files[0]));
}
