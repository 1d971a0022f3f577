#include "predicted_shard.h"

#include "leat/prediction_outputs.h"
#include "leat/reads_shard.h"
#include "leat/shard_graph.h"
#include "leat/value.h"
#include "leat/wording.h"

namespace leat::cli {

namespace fs = std::filesystem;

ShardStatement statement_of(const std::string& device, const GraphDescription& graph, const std::map<std::string, Archive>& weights,
                            const Program& program) {
  ShardStatement out;
  for (const ProgramNode& node : program.phases.at(0).nodes)
    if (const auto* reader = dynamic_cast<const ReadsShard*>(node.node.get())) out.rows = reader->shard_of();
  out.version = LEAT_VERSION;
  std::uint64_t hash = 0;
  for (const auto& [name, archive] : weights) {
    const std::uint64_t own = archive.hash();
    hash = hash_bytes(&own, sizeof own, hash_bytes(name.data(), name.size(), hash));
  }
  out.weights = hash_text(hash);
  out.options = hash_without_shard(graph);
  out.device = device.substr(0, device.find(':'));
  out.tables = tables_of(graph);
  return out;
}

bool is_finished(const fs::path& folder, const ShardStatement& states) {
  const auto before = ShardStatement::read(folder);
  if (!before) {
    if (fs::exists(folder / "results.json")) throw Refusal(folder.string() + " holds results already: name another folder with --out");
    return false;
  }
  const auto refuse = [&](const std::string& why) {
    throw Refusal(folder.string() + " has predictions of " + why + ": name another folder with --out");
  };
  if (before->rows.number.text() != states.rows.number.text()) refuse("shard " + before->rows.number.words());
  if (const std::string differs = difference(*before, states); !differs.empty()) refuse(differs);
  if (before->rows.files != states.rows.files) refuse("images that have changed since: a file has another size or time");
  return fs::exists(folder / "results.json");
}

std::string shard_words(const ShardStatement& states) {
  const ShardOf& rows = states.rows;
  if (rows.is_of_tars && rows.number.shards == 1) return counted(rows.of, "tar");
  return "shard " + rows.number.words() + ": " + std::to_string(rows.images) + " of " + counted(rows.of, rows.is_of_tars ? "tar" : "image");
}

}  // namespace leat::cli
