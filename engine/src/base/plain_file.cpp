#include "leat/plain_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace leat {

PlainFile::PlainFile(const std::filesystem::path& file) {
  // Without waiting for the other side, should it be a pipe. The flag means nothing to a plain file.
  number_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const int refusal = errno;
  struct ::stat found {};
  const bool is_seen = number_ >= 0 ? ::fstat(number_, &found) == 0 : ::stat(file.c_str(), &found) == 0;
  if (is_seen && S_ISDIR(found.st_mode)) why_ = std::generic_category().message(EISDIR);
  else if (is_seen && !S_ISREG(found.st_mode)) why_ = "it is not a plain file";
  else if (number_ < 0 || !is_seen) why_ = std::generic_category().message(number_ < 0 ? refusal : errno);
  bytes_ = found.st_size;
  time_ns_ = static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec;
  if (why_.empty() || number_ < 0) return;
  ::close(number_);
  number_ = -1;
}

PlainFile::~PlainFile() {
  if (number_ >= 0) ::close(number_);
}

}  // namespace leat
