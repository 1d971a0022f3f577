#include "write/appended_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

namespace leat {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void fail(const std::filesystem::path& file, int reason) {
  throw std::runtime_error("cannot write `" + file.string() + "`: " + std::generic_category().message(reason));
}

[[noreturn]] void fail_as_not_plain(const std::filesystem::path& file) {
  throw std::runtime_error("cannot write `" + file.string() + "`: it is not a plain file");
}

}  // namespace

std::int64_t append_at(const std::filesystem::path& file, std::int64_t length, std::string_view text) {
  if (length == 0) {
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    if (error) fail(file, error.value());
  }
  const Descriptor out(::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | (length == 0 ? O_CREAT : 0), 0666));
  // Only a pipe without a reader answers so.
  if (out.number() < 0 && errno == ENXIO) fail_as_not_plain(file);
  if (out.number() < 0) fail(file, errno);
  struct stat status {};
  if (::fstat(out.number(), &status) != 0) fail(file, errno);
  if (!S_ISREG(status.st_mode)) fail_as_not_plain(file);
  if (status.st_size < length)
    throw std::runtime_error("`" + file.string() + "` has " + std::to_string(status.st_size) + " bytes, but had " + std::to_string(length) +
                             " before");
  if (::ftruncate(out.number(), length) != 0) fail(file, errno);
  while (!text.empty()) {
    const ssize_t count = ::pwrite(out.number(), text.data(), text.size(), length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(file, errno);
    length += count;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return length;
}

}  // namespace leat
