#include "leat/folder_in_use.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fstream>
#include <sstream>
#include <string>

namespace leat {

bool is_in_use(const std::filesystem::path& run) {
  struct stat file {};
  if (::stat((run / "lock").c_str(), &file) != 0) return false;
  std::ostringstream wanted;
  wanted << std::hex;
  const auto two_digits = [&](unsigned number) { wanted << (number < 16 ? "0" : "") << number; };
  two_digits(major(file.st_dev));
  wanted << ":";
  two_digits(minor(file.st_dev));
  wanted << ":" << std::dec << file.st_ino;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    // 1: FLOCK  ADVISORY  WRITE 4242 08:01:1234 0 EOF
    std::istringstream words(line);
    std::string number, kind, mode, access, process, place;
    words >> number >> kind >> mode >> access >> process >> place;
    if (kind == "FLOCK" && access == "WRITE" && place == wanted.str()) return true;
  }
  return false;
}

}  // namespace leat
