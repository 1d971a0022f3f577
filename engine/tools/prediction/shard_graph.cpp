#include "leat/shard_graph.h"

#include <algorithm>
#include <filesystem>

#include "leat/diagnostics.h"
#include "leat/make_tree.h"
#include "leat/resolved_text.h"
#include "leat/value.h"
#include "prediction/image_source.h"

namespace leat {

namespace {

using Resources = decltype(GraphDescription::resources);

/// The source of a phase that can be predicted in shards, and its data set.
struct Reader {
  NodeText* source;
  Resources::iterator data;
};

/// Throws Refusal if there is none.
Reader reader_of(GraphDescription& graph) {
  PhaseText& phase = graph.phases.at(0);
  const std::string needs = "the phase `" + phase.name + "` cannot be predicted in shards or from tars: ";
  const NodeText* found = image_source(phase);
  if (!found) throw Refusal(needs + "its only source must be `io.images`");
  NodeText& source = phase.nodes[static_cast<std::size_t>(found - phase.nodes.data())];
  const auto text_of = [&](const char* key) { return source.with.find(key) ? source.with.find(key)->scalar : std::string(); };
  const std::string name = text_of("split"), part = text_of("part");
  const auto data = std::find_if(graph.resources.begin(), graph.resources.end(), [&](const auto& one) { return one.name == name; });
  if (data == graph.resources.end() || data->uses.text != "io.split") throw Refusal(needs + "its images are not those of an `io.split`");
  if (const Tree* files = data->with.find("channel_files"); files && files->scalar != "1")
    throw Refusal(needs + "an image has several files (`channel_files` of `" + name + "`)");
  if (!(part.empty() || part == "all")) throw Refusal(needs + "`part` of `" + source.name + "` is `" + part + "`");
  if (text_of("shuffle") == "always") throw Refusal(needs + "`shuffle` of `" + source.name + "` is `always`");
  for (const NodeText& reader : phase.nodes)
    for (const InputText& input : reader.in) {
      if (input.from.node != source.name || input.from.port.empty() || input.from.port == "file") continue;
      throw Refusal(needs + "`" + reader.name + "` reads `" + input.from.port + "` of `" + source.name + "`, but there are no labels");
    }
  return {&source, data};
}

void replace(GraphDescription& graph, const Reader& reader, const char* type, Tree with) {
  if (const Tree* batch = reader.source->with.find("batch")) set_entry(with, "batch", *batch);
  reader.source->uses.text = type;
  reader.source->with = std::move(with);
  graph.resources.erase(reader.data);
  graph.resolved = resolved_text(graph);
}

}  // namespace

void read_shard(GraphDescription& graph, ShardNumber number) {
  const Reader reader = reader_of(graph);
  Tree with = map_tree({{"path", *reader.data->with.find("path")}, {"shard", text_tree(number.text())}});
  if (const Tree* left_out = reader.data->with.find("left_out")) set_entry(with, "left_out", *left_out);
  replace(graph, reader, "io.shard", std::move(with));
}

void read_tars(GraphDescription& graph, const std::string& path, const TarList& tars, ShardNumber number) {
  const Reader reader = reader_of(graph);
  Tree with = map_tree({{"shard", text_tree(number.text())}});
  if (tars.commands.empty()) set_entry(with, "path", text_tree(std::filesystem::absolute(path).lexically_normal().string()));
  else set_entry(with, "commands", text_tree(tars.commands_mark()));
  replace(graph, reader, "io.tars", std::move(with));
}

std::string hash_without_shard(GraphDescription graph) {
  for (NodeText& one : graph.phases.at(0).nodes)
    if (one.uses.text == "io.shard" || one.uses.text == "io.tars")
      for (const char* key : {"path", "shard"}) set_entry(one.with, key, text_tree(""));
  const std::string text = resolved_text(graph);
  return hash_text(hash_bytes(text.data(), text.size()));
}

}  // namespace leat
