#include "program/written_places.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace leat::program {

namespace {

namespace fs = std::filesystem;

/// Files and folders that a run, its resources and its metrics write.
constexpr std::array<std::string_view, 9> own_places{"checkpoints",   "events.log",   "graph.yaml", "images",     "lock",
                                                     "metrics.jsonl", "results.json", "splits",     "tensorboard"};
constexpr std::size_t most_bytes = 255;

struct Writer {
  const ProgramPhase* phase = nullptr;
  bool is_planned = false;  ///< The plan runs its phase.
  const ProgramNode* node = nullptr;
  const PhaseKnown::Written* written = nullptr;
  fs::path place;

  [[nodiscard]] std::string name() const { return "`" + node->name + "` of `" + phase->name + "`"; }
};

bool is_planned(const ProgramPlan& plan, int phase) {
  return phase == plan.train || phase == plan.validate || std::find(plan.then.begin(), plan.then.end(), phase) != plan.then.end();
}

/// Returns one path for `a`, `./a` and `a/`.
fs::path normal(const std::string& text) {
  const fs::path place = fs::path(text).lexically_normal();
  return place.has_filename() ? place : place.parent_path();
}

bool is_within(const fs::path& inner, const fs::path& outer) {
  const auto [inner_end, outer_end] = std::mismatch(inner.begin(), inner.end(), outer.begin(), outer.end());
  return outer_end == outer.end();
}

/// Returns the reason why a node cannot write there; an empty string if it can.
std::string why_not(const fs::path& place) {
  if (place.empty() || place == ".") return "the run's folder itself";
  if (std::find(own_places.begin(), own_places.end(), place.begin()->string()) != own_places.end())
    return "`" + place.begin()->string() + "` of the run's folder, which the run itself writes";
  for (const fs::path& part : place)
    if (part.native().size() > most_bytes)
      return "a name of " + std::to_string(part.native().size()) + " bytes; the maximum is " + std::to_string(most_bytes);
  return {};
}

}  // namespace

void check_written_places(const Program& program, const std::vector<PhaseKnown>& known, Diagnostics& diagnostics) {
  std::vector<Writer> writers;
  for (std::size_t k = 0; k < program.phases.size(); ++k)
    for (const PhaseKnown::Written& written : known[k].written) {
      const ProgramPhase& phase = program.phases[k];
      Writer writer{&phase, is_planned(program.plan, static_cast<int>(k)), &phase.nodes[static_cast<std::size_t>(written.node)], &written,
                    normal(written.place)};
      if (const std::string why = why_not(writer.place); !why.empty())
        diagnostics.error("node.refused", written.at, writer.name() + " would write to " + why, "name another place");
      else writers.push_back(std::move(writer));
    }
  for (std::size_t k = 0; k < writers.size(); ++k)
    for (std::size_t other = 0; other < k; ++other) {
      const Writer &first = writers[other], &second = writers[k];
      if (first.phase != second.phase && !(first.is_planned && second.is_planned)) continue;
      if (!is_within(first.place, second.place) && !is_within(second.place, first.place)) continue;
      diagnostics
          .error("node.refused", second.written->at,
                 second.name() + " would write to `" + second.place.string() + "`, where " + first.name() + " writes" +
                     (first.place == second.place ? "" : " to `" + first.place.string() + "`"),
                 "each needs a place of its own in the run's folder")
          .notes.push_back({first.written->at, first.name() + " writes to `" + first.place.string() + "`"});
      break;
    }
}

}  // namespace leat::program
