#pragma once

#include "run/site.h"

namespace leat::run {

/// For whom this thread works while it lives, for `name_crashing_nodes`.
class Working {
 public:
  /// The node that stands in the site, which others may come into.
  explicit Working(const Frame::Site& site);
  /// A node or resource that opens.
  Working(const std::string& name, const std::string& type, const std::string& plugin, const Place& place);
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;
  ~Working();

  /// A line about this thread's innermost one to stderr; nothing where it works for none. [signal handler]
  static void tell_crash(int signal);

 private:
  const Frame::Site* site_ = nullptr;
  const std::string* name_ = nullptr;
  const std::string* type_ = nullptr;
  const std::string* plugin_ = nullptr;
  const Place* place_ = nullptr;
  const Working* before_;  ///< A worker that waits inside of a node may work for another one.
};

}  // namespace leat::run
