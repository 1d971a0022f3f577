#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "leat/ranks.h"

namespace leat {

/// The place of this process among the ranks, and where all ranks meet.
struct RankPlace {
  int rank = 0;
  int size = 1;
  int local_rank = 0;  ///< Number of the rank on its machine.
  int local_size = 1;  ///< Number of ranks on this machine.
  std::string host;    ///< Host and port of the store, a table in which the ranks leave their addresses.
  std::uint16_t port = 0;
  bool has_agent_store = false;  ///< The program that started the ranks hosts the store; otherwise rank 0 does.
  std::string prefix;            ///< Before the keys in the store.
};

/// The ranks of a run, as one of them sees them. An object that is destroyed without `leave` has ended, for the others, without a reason.
class JoinedRanks : public Ranks {
 public:
  /// Ends this rank's part. If `why` is empty, it has done its work: waits until all ranks have, and throws RankLost if one does not get
  /// there. Otherwise it failed, and the others read `why`. Returns true if rank 0 knows why this rank fails, and is not the cause: it then
  /// says so. No collective function is called afterwards.
  virtual bool leave(std::string_view why) = 0;
};

/// Type of `leat_nodes_join_ranks`, which the library of nodes exports if it was built with Gloo's headers: waits until all ranks have
/// come. A rank that gives no sign of life for `timeout` counts as lost. Throws RankLost if a rank does not come.
using JoinRanks = void(const RankPlace& place, std::chrono::seconds timeout, std::unique_ptr<JoinedRanks>& joined);

}  // namespace leat
