#include "report/page_times.h"

#include "report/page_tables.h"

namespace leat::report {

using nlohmann::json;

namespace {

json seconds_of(double seconds) { return short_number(seconds); }

}  // namespace

json page_activity(const PhaseActivity& phase) {
  json nodes = json::array();
  for (const NodeActivity& node : phase.nodes)
    nodes.push_back({{"name", node.name},
                     {"type", node.type},
                     {"lane", node.lane},
                     {"calls", node.calls},
                     {"busy", seconds_of(node.busy)},
                     {"shares",
                      {seconds_of(node.running), seconds_of(node.queued), seconds_of(node.waiting_for_input),
                       seconds_of(node.blocked_by_output), seconds_of(node.waiting_for_credit)}}});
  return {{"phase", phase.name}, {"steps", phase.steps}, {"seconds", seconds_of(phase.seconds)}, {"nodes", nodes}};
}

}  // namespace leat::report
