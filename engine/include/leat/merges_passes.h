#pragma once

#include <span>
#include <string>

#include "leat/frame.h"

namespace leat {

/// A node of the device lane that runs a network on a batch. With `--merge-passes`, `leat check` says of each in a train phase whether its
/// pass is merged with others. The node derives from this class next to Node.
class RunsPass {
 public:
  virtual ~RunsPass() = default;
  /// Returns why the pass of this node cannot be merged with those of others, as a clause; an empty text if it can. Called after `shapes`.
  /// [setup]
  [[nodiscard]] virtual std::string why_alone() const = 0;
};

/// A node whose pass can be merged with those of other nodes of its type that have equal parameters, equal resources, and inputs of equal
/// shape except for the number of rows. Each row of an output must depend on the same row of the inputs and its random key only.
class MergesPasses : public RunsPass {
 public:
  [[nodiscard]] std::string why_alone() const override { return {}; }
  /// Does the work of `process` for several nodes at once. Each frame is the call of one of them. The ports of this node read and output
  /// the values of each. [worker]
  virtual void process_merged(std::span<Frame* const> frames) const = 0;

 protected:
  /// Does the work of `process` by a merged pass of one. [worker]
  void process_alone(Frame& frame) const {
    Frame* const one = &frame;
    process_merged({&one, 1});
  }
};

}  // namespace leat
