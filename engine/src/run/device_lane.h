#pragma once

#include <optional>

#include "run/checkpoint_borders.h"
#include "run/layout.h"
#include "run/ledger.h"
#include "run/run_context.h"
#include "run/segment_queue.h"

namespace leat::run {

class Flow;
struct Chain;

/// The segments of one flow on the device lane. The lane's thread gets a segment from whoever makes it ready, so no worker has to be free.
/// That thread runs the segment, hands its values on, and copies what a checkpoint at the step's border needs before the next step begins;
/// metrics, retirement and writing are elsewhere.
class DeviceLane {
 public:
  DeviceLane(Flow& flow, CheckpointBorders& borders, std::int64_t first_step);

  /// A segment has all its inputs. [any thread]
  void add(const ReadyTask& segment);
  /// Lets the lane run steps before `limit`. [any thread]
  void allow(std::int64_t limit) { submit(queue_.allow(limit)); }
  /// No further step begins. Returns the number of steps that will have been done. [any thread]
  [[nodiscard]] std::int64_t cut_off() { return queue_.cut_off(); }
  [[nodiscard]] std::size_t waiting() const { return queue_.waiting(); }

 private:
  void submit(const std::optional<ReadyTask>& segment);
  void run(const ReadyTask& segment) noexcept;  ///< [one thread] The lane's, as all below.
  void run_nodes(const ReadyTask& segment, Chain& chain);
  void upload_inputs(const Segment& segment, Ledger& ledger);
  void fetch_outputs(const ProgramNode& node, Ledger& ledger, Chain& chain);

  Flow& flow_;
  RunContext& context_;
  const ProgramPhase& phase_;
  const Layout& layout_;
  CheckpointBorders& borders_;
  SegmentQueue queue_;
};

/// What the resources save, for the checkpoint at this step's border. Throws NodeError.
void save_resources(const Program& program, std::map<std::string, Archive>& saved);

}  // namespace leat::run
