#pragma once

#include <vector>

#include "leat/program.h"

namespace leat::run {

/// The addresses in a ledger of one phase, computed once. A task is the work of one node for one slot or one step, or of one segment for a
/// step; a node of slot grain has a task for each place. A place is where a slot is in the ledger: 0, 1, … among the slots of its source.
struct Layout {
  explicit Layout(const ProgramPhase& phase);

  /// What an arrival at a wire counts towards.
  struct Target {
    int task;       ///< First task of the reader; place p counts at task + p if `by_place`.
    int node;       ///< -1: a segment.
    bool by_place;  ///< The reader has slot grain.
    bool is_sole;   ///< The task waits for nothing else.
  };
  /// A node of slot grain: what one of its tasks reads, feed by feed, and counts towards; place p is at `cell` + p.
  struct SlotRead {
    int cell;
    int readers;  ///< Of that cell.
    bool is_maybe;
  };
  struct SlotNode {
    bool is_checked = false;  ///< What it puts is compared with its contracts.
    std::vector<SlotRead> reads;
    std::vector<int> first;       ///< By input: its first feed in `reads`.
    std::vector<int> writes;      ///< By output: its first cell; -1: it has no reader.
    std::vector<Target> targets;  ///< Of all its wires.
  };
  struct StepTask {
    int task;
    int values = 0;             ///< Arrivals that come once per step.
    std::vector<int> gathered;  ///< Origins whose slots arrive one by one.
  };

  std::vector<int> cell;                     ///< By wire: its first cell.
  std::vector<int> task;                     ///< By node: its first task; of a segment's node: the segment's.
  std::vector<int> node_of_task;             ///< By task, before the segments' tasks.
  std::vector<int> sample;                   ///< By origin: its first sample.
  std::vector<std::vector<Target>> targets;  ///< By wire, without readers in the writer's segment.
  std::vector<int> readers;                  ///< By wire: how often each of its cells is read.
  std::vector<StepTask> step_tasks;
  std::vector<SlotNode> slots;  ///< By node; of step grain only `is_checked` is meant.
  int cells = 0;
  int tasks = 0;
  int samples = 0;
  int first_segment_task = 0;
};

}  // namespace leat::run
