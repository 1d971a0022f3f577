#pragma once

#include <string>
#include <vector>

#include "verdict/phase_names.h"
#include "verdict/phase_record.h"

namespace leat::verdict {

/// A node, and its part of something.
struct NodeShare {
  int node = 0;
  double share = 0;
};

/// The sums of a phase as parts of its time, and of what its threads could have done.
struct Shares {
  Shares(const LogNames& log, int phase, const PhaseSums& of);

  const PhaseNames& names;
  const PhaseSums& sums;
  Usage usage;                   ///< Of the machine.
  bool is_usage_around = false;  ///< It is that of the seconds around the phase, in which other phases ran too.
  int workers = 1;
  int credits = 1;
  double seconds = 0;
  double paused = 0;                  ///< Seconds in which another phase had the device.
  double device = 0;                  ///< Part of the time in which the device lane computed.
  double wait = 0;                    ///< Part of the time in which the sink waited.
  double busy = 0;                    ///< Part of the workers' time in which bodies ran.
  double without_core = 0;            ///< Part of the time in which threads could have computed, and had no core.
  double lost = 0;                    ///< The same time, as a part of the time of all bodies.
  double others = 0;                  ///< Part of the machine that other programs used.
  bool is_machine_full = false;       ///< Other programs used the cores that the run did not.
  std::vector<NodeShare> of_workers;  ///< Nodes of the `cpu` lane and their parts of the workers' time, the largest first.
  std::vector<NodeShare> of_device;   ///< Nodes of the device lane and their parts of its computing.
  std::vector<NodeShare> of_path;  ///< Nodes of the `cpu` lane and their parts of the sink's wait: their bodies ran, or waited for a turn.
  double queued = 0;               ///< Part of the sink's wait in which a task had no worker.
  std::vector<double> computes;    ///< By node: cores that a body uses while it runs, on average.

  [[nodiscard]] const std::string& name(const NodeShare& one) const { return names.nodes[static_cast<std::size_t>(one.node)].name; }
};

/// Returns the first nodes of the list if they stand out: those within 20 % of the first, at most three, if together they have most of the
/// total; otherwise none.
[[nodiscard]] std::vector<NodeShare> standing_out(const std::vector<NodeShare>& sorted);

}  // namespace leat::verdict
