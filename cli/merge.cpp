#include "leat/merge_shards.h"

#include <iostream>

#include "context.h"
#include "leat/wording.h"

namespace leat::cli {

namespace {

struct MergeCommand {
  std::vector<std::filesystem::path> shards;
  std::filesystem::path out;
};

void merge(const MergeCommand& command) {
  const MergedShards merged = merge_shards(command.shards, command.out);
  for (const std::string& table : merged.tables) {
    std::cout << merged.shards << (merged.shards == 1 ? " shard is" : " shards are") << " merged: " << table
              << " has one row for each of the " << merged.images
              << (merged.tars > 0 ? " samples of " + counted(merged.tars, "tar") : " images of the list") << "\n";
    if (table == "predictions.csv") std::cout << count_predictions(command.out / table).words() << "\n";
  }
  if (merged.linked > 0) {
    std::cout << merged.linked << (merged.linked == 1 ? " other file is" : " other files are") << " linked";
    if (merged.copied > 0) std::cout << ", " << merged.copied << " of them copied, because they are on another file system";
    std::cout << "\n";
  }
  std::cout << "the predictions are in " << command.out.string() << "\n";
}

}  // namespace

void add_merge(CLI::App& app, Context&) {
  auto* sub = app.add_subcommand("merge", "Joins the shards of `leat predict --shard`");
  sub->footer(
      "Writes the tables of all shards in the order of the list, and links to their masks, overlays and saliency maps. The shards stay\n"
      "as they are. Shards of other lists, weights or options are refused, and so is a shard that is missing, unfinished or there twice.\n"
      "Example: leat merge predictions --out merged\n"
      "         leat merge predictions/shard-1-of-2 elsewhere/shard-2-of-2 --out merged");
  auto command = std::make_shared<MergeCommand>();
  sub->add_option("shards", command->shards, "Folders of shards, or folders that contain them")->type_name("DIR")->required();
  sub->add_option("--out", command->out, "A new folder for the merged predictions")->type_name("DIR")->check(not_empty())->required();
  sub->callback([command] { merge(*command); });
}

}  // namespace leat::cli
