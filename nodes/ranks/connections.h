#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "leat/joined_ranks.h"

namespace leat::ranks {

/// Further handles of TCP connections that a library has made, so that they can be broken while the library waits in them.
class Connections {
 public:
  Connections() = default;
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  ~Connections();

  /// Remembers which connections there are, among them one to the store if another process hosts it. Then `take_new` takes those that were
  /// made since, except for further ones with the store. It also keeps this process's children from inheriting them. No other thread may
  /// open connections in between.
  void note(const RankPlace& place);
  void take_new();
  [[nodiscard]] std::size_t size() const { return handles_.size(); }
  /// Breaks them. [any thread]
  void cut() const;

 private:
  std::set<std::uint64_t> known_;        ///< Numbers of sockets in the system.
  std::set<std::string> ends_at_store_;  ///< Other ends of those to the store.
  std::uint16_t hosted_port_ = 0;        ///< Of the store in this process; 0 without one.
  std::vector<int> handles_;
};

}  // namespace leat::ranks
