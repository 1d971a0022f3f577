#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace leat::ranks {

/// Further handles of TCP connections that a library has made, so that they can be broken while the library waits in them.
class Connections {
 public:
  Connections() = default;
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  ~Connections();

  /// Remembers which connections there are. Then `take_new` takes those that were made since, except for further ones with the store: to
  /// the other end of a known connection, or from other processes to `store_port`. It also keeps this process's children from inheriting
  /// them. No other thread may open connections in between.
  void note();
  void take_new(std::uint16_t store_port);
  [[nodiscard]] std::size_t size() const { return handles_.size(); }
  /// Breaks them. [any thread]
  void cut() const;

 private:
  std::set<std::uint64_t> known_;     ///< Numbers of sockets in the system.
  std::set<std::string> known_ends_;  ///< Addresses of their other ends.
  std::vector<int> handles_;
};

}  // namespace leat::ranks
