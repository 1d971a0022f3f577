#pragma once

#include <algorithm>
#include <cstdio>
#include <string>

#include "leat/diagnostics.h"

namespace leat {

/// A line that is put together without memory of the heap, which a crash may have left in any state.
class CrashLine {
 public:
  template <typename... Words>
  void add(const char* format, Words... words) {
    const int count = std::snprintf(text_ + size_, sizeof text_ - size_, format, words...);
    if (count > 0) size_ = std::min(size_ + static_cast<std::size_t>(count), sizeof text_ - 1);
  }
  void add_name(const std::string& name, const std::string& type, const std::string& plugin, const Place& place);
  void write() const;

 private:
  char text_[2048];
  std::size_t size_ = 0;
};

/// For whom this thread works while it lives, for `name_crashing_nodes`.
class Working {
 public:
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;
  virtual ~Working();

  /// A line about this thread's innermost one to stderr; nothing where it works for none. [signal handler]
  static void tell_crash(int signal);

 protected:
  Working();
  /// Lets the one before this on its thread tell; false: there is none, or it tells nothing. [signal handler]
  bool tell_outer(CrashLine& line) const { return before_ && before_->tell(line); }

 private:
  /// Adds who crashes and where; false: nobody. [signal handler]
  virtual bool tell(CrashLine& line) const = 0;

  const Working* before_;  ///< A worker that waits inside of a node may work for another one.
};

/// One node or resource outside of steps; `when` is "at its opening".
class WorkingOn final : public Working {
 public:
  WorkingOn(const std::string& name, const std::string& type, const std::string& plugin, const Place& place, const char* when)
      : name_(name), type_(type), plugin_(plugin), place_(place), when_(when) {}

 private:
  bool tell(CrashLine& line) const override;

  const std::string& name_;
  const std::string& type_;
  const std::string& plugin_;
  const Place& place_;
  const char* when_;
};

}  // namespace leat
