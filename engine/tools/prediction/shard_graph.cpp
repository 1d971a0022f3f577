#include "leat/shard_graph.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "leat/diagnostics.h"
#include "leat/make_tree.h"
#include "leat/resolved_text.h"
#include "leat/value.h"
#include "leat/wording.h"
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

std::string TarEndings::words() const {
  if (!image.empty()) return "the images of the tars are the entries `" + image + "`";
  return masks.empty() ? "" : "the images of the tars are the pictures that are not " + in_quotes(masks);
}

TarEndings tar_endings(const GraphDescription& graph) {
  std::set<std::string> images, masks;
  for (const ComponentText& one : graph.resources) {
    if (one.uses.text != "io.tar_set") continue;
    const Tree* const image = one.with.find("image");
    images.insert(image ? image->scalar : "");
    if (const Tree* const all = one.with.find("masks"))
      for (const Tree& mask : all->items) {
        // NAME=ENDING, or NAME=ENDING:NUMBERS
        const std::string ending = mask.scalar.substr(mask.scalar.find('=') + 1);
        masks.insert(ending.substr(0, ending.find(':')));
      }
  }
  return {images.size() == 1 ? *images.begin() : "", {masks.begin(), masks.end()}};
}

void read_files(GraphDescription& graph) {
  bool is_changed = false;
  for (NodeText& source : graph.phases.at(0).nodes) {
    if (source.uses.text != "io.tar_images") continue;
    Tree with;
    for (const Tree::Entry& one : source.with.entries) {
      if (one.key == "tars") set_entry(with, "split", one.value);
      if (one.key == "batch" || one.key == "shuffle") set_entry(with, one.key, one.value);
      if (one.key != "tars") continue;
      for (ComponentText& data : graph.resources)
        if (data.name == one.value.scalar && data.uses.text == "io.tar_set") {
          data.uses.text = "io.split";
          data.with = map_tree({{"path", *data.with.find("path")}});
        }
    }
    source.uses.text = "io.images";
    source.with = std::move(with);
    is_changed = true;
  }
  if (is_changed) graph.resolved = resolved_text(graph);
}

void read_shard(GraphDescription& graph, ShardNumber number) {
  const Reader reader = reader_of(graph);
  Tree with = map_tree({{"path", *reader.data->with.find("path")}, {"shard", text_tree(number.text())}});
  if (const Tree* left_out = reader.data->with.find("left_out")) set_entry(with, "left_out", *left_out);
  replace(graph, reader, "io.shard", std::move(with));
}

void read_tars(GraphDescription& graph, const std::string& path, const TarList& tars, ShardNumber number, const TarEndings& endings) {
  const Reader reader = reader_of(graph);
  Tree with = map_tree({{"shard", text_tree(number.text())}});
  if (tars.commands.empty()) set_entry(with, "path", text_tree(std::filesystem::absolute(path).lexically_normal().string()));
  else set_entry(with, "commands", text_tree(tars.commands_mark()));
  if (!endings.image.empty()) set_entry(with, "image", text_tree(endings.image));
  if (!endings.masks.empty()) set_entry(with, "masks", text_trees(endings.masks));
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
