#pragma once

#include <vector>

#include "leat/program.h"

namespace leat::run {

/// The addresses in a ledger of one phase, computed once. A task is the work of one node for one slot or one step, or of one segment for
/// one step. A node of slot grain has one task per place.
struct Layout {
  /// For the places of a share: that of the phase, or `{}` for whole batches.
  Layout(const ProgramPhase& phase, const BatchShare& of);

  /// A task whose missing inputs an arrival at a wire reduces.
  struct Target {
    int task;       ///< First task of the reader; place p is task `task` + p if `by_place`.
    int node;       ///< The reading node; -1 for a segment.
    bool by_place;  ///< The reader has slot grain.
    bool is_sole;   ///< The task waits for this arrival only.
  };
  /// One feed of a node of slot grain. Place p reads `cell` + p.
  struct SlotRead {
    int cell;
    int readers;  ///< Number of readers of each of its cells.
    bool is_maybe;
  };
  struct SlotNode {
    bool is_checked = false;   ///< What it puts is compared with its contracts.
    bool is_recorded = false;  ///< Values of one of its outputs are recorded in some steps.
    int stretch = -1;          ///< The stretch in which it is; -1 if it is in none.
    int position = 0;          ///< Its position there.
    bool ends_stretch = false;
    std::vector<SlotRead> reads;
    std::vector<int> first;       ///< Indexed by input: its first feed in `reads`.
    std::vector<int> writes;      ///< Indexed by output: its first cell; -1 if it has no reader.
    std::vector<Target> targets;  ///< Targets of all its wires.
    std::vector<char> upstream;   ///< Indexed by node: there is a path from it to this one.
  };
  struct StepTask {
    int task;
    int values = 0;             ///< Number of arrivals that come once per step.
    std::vector<int> gathered;  ///< Origins whose slots arrive one by one.
  };

  BatchShare share;
  std::vector<int> rows;                     ///< Indexed by origin: largest number of its places.
  std::vector<int> cell;                     ///< Indexed by wire: its first cell.
  std::vector<int> task;                     ///< Indexed by node: its first task, or its segment's task.
  std::vector<int> node_of_task;             ///< Indexed by task, without the segments' tasks.
  std::vector<int> sample;                   ///< Indexed by origin: its first sample.
  std::vector<int> stretch_call;             ///< Indexed by stretch: its first call.
  std::vector<std::vector<Target>> targets;  ///< Indexed by wire; without readers in the writer's segment.
  std::vector<int> readers;                  ///< Indexed by wire: number of readers of each of its cells.
  std::vector<StepTask> step_tasks;
  std::vector<SlotNode> slots;  ///< Indexed by node; a node of step grain has only the first two members.
  int cells = 0;
  int tasks = 0;
  int samples = 0;
  int stretch_calls = 0;
  int first_segment_task = 0;
};

}  // namespace leat::run
