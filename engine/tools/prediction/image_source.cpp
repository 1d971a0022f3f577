#include "prediction/image_source.h"

#include <algorithm>

namespace leat {

const NodeText* image_source(const PhaseText& phase) {
  const auto source =
      std::find_if(phase.nodes.begin(), phase.nodes.end(), [](const NodeText& one) { return one.uses.text == "io.images"; });
  const auto sources = std::count_if(phase.nodes.begin(), phase.nodes.end(), [](const NodeText& one) { return one.in.empty(); });
  return sources == 1 && source != phase.nodes.end() ? &*source : nullptr;
}

}  // namespace leat
