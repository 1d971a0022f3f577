#include "write/finished_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace leat {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, int reason) {
  throw std::runtime_error("cannot write `" + file.string() + "`: " + std::generic_category().message(reason));
}

void move(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail(to, error.value());
}

}  // namespace

fs::path growing(const fs::path& file) { return fs::path(file) += ".part"; }

void give_name(const fs::path& file) {
  const int descriptor = ::open(growing(file).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail(growing(file), errno);
  const bool is_synced = ::fsync(descriptor) == 0;
  const int reason = errno;
  ::close(descriptor);
  if (!is_synced) fail(growing(file), reason);
  move(growing(file), file);
}

void take_back(const fs::path& file) {
  if (!fs::exists(growing(file)) && fs::exists(file)) move(file, growing(file));
}

}  // namespace leat
