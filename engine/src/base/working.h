#pragma once

#include <algorithm>
#include <cstdio>
#include <string>

#include "leat/diagnostics.h"

namespace leat {

/// A line of text that is built without the heap, which can be corrupt after a crash.
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

/// While this object lives, this thread works for a node or resource. After a crash, `name_crashing_nodes` names that node or
/// resource.
class Working {
 public:
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;
  virtual ~Working();

  /// Writes a line about this thread's innermost Working to stderr; nothing if there is none. [signal handler]
  static void tell_crash(int signal);

 protected:
  Working();
  /// Calls `tell` of the next outer Working on this thread. Returns false if there is none, or if it appends nothing. [signal handler]
  bool tell_outer(CrashLine& line) const { return before_ && before_->tell(line); }

 private:
  /// Appends the name and place of the node or resource that this thread is running. Returns false, and appends nothing, if it is running
  /// none. [signal handler]
  virtual bool tell(CrashLine& line) const = 0;

  const Working* before_;  ///< The next outer one: a worker that waits inside a node can work for another node.
};

/// Work for one node or resource outside of steps. `when` says what it was doing, such as "at its opening".
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
