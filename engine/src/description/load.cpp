#include "description/load.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/scalar.h"
#include "description/characters.h"
#include "description/shipped_graphs.h"
#include "leat/read_tree.h"

namespace leat {

namespace {

constexpr std::size_t most_bytes = 16'000'000;

struct OpenFile {
  std::filesystem::path file;
  std::string name;
};

std::filesystem::path one_name_of(const std::filesystem::path& file) {
  std::error_code ignored;
  const std::filesystem::path canonical = std::filesystem::weakly_canonical(file, ignored);
  return canonical.empty() ? file : canonical;
}

/// Merges a parameter, which is a plain value or a map that declares it. A plain value over a declaration keeps the `doc` and `range` of
/// the declaration. A declaration without a value keeps the earlier value.
void merge_parameter(Tree& base, const Tree& over) {
  if (base.is_map() && !over.is_map()) {
    if (Tree* value = base.find("value")) *value = over;
    else base.entries.push_back({"value", over.place, over});
  } else if (!base.is_map() && over.is_map()) {
    Tree declared = over;
    if (!declared.find("value")) declared.entries.push_back({"value", base.place, base});
    base = declared;
  } else if (base.is_map()) {
    for (const Tree::Entry& entry : over.entries) {
      if (Tree* known = base.find(entry.key)) *known = entry.value;
      else base.entries.push_back(entry);
    }
  } else {
    base = over;
  }
}

/// Merges as `merge_trees`. At `depth` 0, which is a graph, `params` are merged as declarations.
void merge(Tree& base, const Tree& over, int depth) {
  if (!base.is_map() || !over.is_map()) {
    base = over;
    return;
  }
  for (const Tree::Entry& entry : over.entries) {
    const auto known =
        std::find_if(base.entries.begin(), base.entries.end(), [&entry](const Tree::Entry& one) { return one.key == entry.key; });
    if (known == base.entries.end()) {
      base.entries.push_back(entry);
    } else if (entry.value.is_null()) {
      base.entries.erase(known);
    } else if (depth == 0 && entry.key == "params" && known->value.is_map() && entry.value.is_map()) {
      for (const Tree::Entry& param : entry.value.entries) {
        Tree* declared = known->value.find(param.key);
        if (!declared) known->value.entries.push_back(param);
        else if (param.value.is_null())
          std::erase_if(known->value.entries, [&param](const Tree::Entry& one) { return one.key == param.key; });
        else merge_parameter(*declared, param.value);
      }
    } else {
      if (!known->value.is_map() || !entry.value.is_map()) known->key_place = entry.key_place;
      merge(known->value, entry.value, depth + 1);
    }
  }
}

/// Calls `refuse_removals` for phases or templates, and for their nodes.
void refuse_removals_with_nodes(Tree& base, Tree& over, const std::string& kind, const std::string& of, Reading& reading) {
  Tree* known = base.find(kind + "s");
  Tree* others = over.find(kind + "s");
  refuse_removals(known, others, kind, of, reading);
  if (!known || !others || !known->is_map() || !others->is_map()) return;
  for (Tree::Entry& entry : others->entries) {
    Tree* one = known->find(entry.key);
    // A phase with `like` also has the nodes of the other phase, so a removal can be valid.
    if (!one || !one->is_map() || one->find("like") || !entry.value.is_map() || entry.value.find("like")) continue;
    refuse_removals(one->find("nodes"), entry.value.find("nodes"), "node", kind + " `" + entry.key + "` of " + of, reading);
  }
}

std::optional<Tree> load_one(const std::shared_ptr<const SourceText>& text, std::vector<OpenFile>& open, Reading& reading);

constexpr std::string_view shipped = "leat:";

/// Loads a graph that the library holds. It extends no other graph.
std::optional<Tree> load_shipped(const Tree& extends, Reading& reading) {
  const std::string name = extends.scalar.substr(shipped.size());
  std::vector<std::string> names;
  for (const ShippedGraph& one : shipped_graphs()) {
    if (one.name != name) {
      names.push_back(std::string(shipped) + std::string(one.name));
      continue;
    }
    reading.texts.push_back(source_text(extends.scalar, {}, one.text));
    return read_tree(reading.texts.back(), reading.diagnostics);
  }
  reading.diagnostics.error("file.read", extends.place, "there is no graph `" + extends.scalar + "`", name_hint(extends.scalar, names));
  return {};
}

std::optional<Tree> load_base(const Tree& extends, std::vector<OpenFile>& open, Reading& reading) {
  if (!extends.is_scalar() || extends.scalar.empty()) {
    refuse_value(reading, extends, "`extends`", "the path of a graph, or `leat:parts`");
    return {};
  }
  if (extends.scalar.starts_with(shipped)) return load_shipped(extends, reading);
  const std::filesystem::path file = extends.directory / extends.scalar;
  const std::filesystem::path known = one_name_of(file);
  const std::string name = (std::filesystem::path(open.back().name).parent_path() / extends.scalar).lexically_normal().string();
  const auto first = std::find_if(open.begin(), open.end(), [&known](const OpenFile& one) { return one.file == known; });
  if (first != open.end()) {
    std::string path;
    for (auto one = first; one != open.end(); ++one) path += "`" + one->name + "` extends ";
    reading.diagnostics.error("extends.cycle", extends.place, path + "`" + first->name + "`", "a graph cannot extend itself");
    return {};
  }
  const std::shared_ptr<const SourceText> text = read_source(file, name, extends.place, reading);
  if (!text) return {};
  open.push_back({known, name});
  std::optional<Tree> tree = load_one(text, open, reading);
  open.pop_back();
  return tree;
}

std::optional<Tree> load_one(const std::shared_ptr<const SourceText>& text, std::vector<OpenFile>& open, Reading& reading) {
  const std::size_t before = reading.diagnostics.all().size();
  Tree tree = read_tree(text, reading.diagnostics);
  if (!tree.is_map()) {
    if (reading.diagnostics.all().size() == before) refuse_value(reading, tree, "a graph", "a map", "begin it with `leat: 1`");
    return {};
  }
  refuse_controls(tree, reading);
  check_version(tree, "the graph", reading);
  const Tree* extends = tree.find("extends");
  if (!extends || extends->is_null()) return tree;
  std::optional<Tree> base = load_base(*extends, open, reading);
  if (!base) return {};
  const std::string of = "`" + extends->scalar + "`";
  refuse_removals(base->find("resources"), tree.find("resources"), "resource", of, reading);
  for (const std::string kind : {"phase", "template"}) refuse_removals_with_nodes(*base, tree, kind, of, reading);
  merge(*base, tree, 0);
  base->place = tree.place;
  std::erase_if(base->entries, [](const Tree::Entry& entry) { return entry.key == "extends"; });
  return base;
}

}  // namespace

std::shared_ptr<const SourceText> read_source(const std::filesystem::path& file, const std::string& name, const Place& from,
                                              Reading& reading) {
  std::error_code ignored;
  reading.files.push_back(file);
  std::string reason;
  std::string content;
  if (std::filesystem::is_directory(file, ignored)) {
    reason = "it is a folder";
  } else {
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    content.resize(most_bytes + 1);
    if (stream) stream.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(stream.gcount()));
    if (!stream.is_open() || stream.bad()) reason = std::strerror(errno);
    else if (content.size() > most_bytes) reason = "it has more than 16 MB";
  }
  if (!reason.empty()) {
    const Place place = from.text ? from : Place{source_text(name, {}, {}), 1, 1};
    reading.diagnostics.error("file.read", place, "cannot read `" + name + "`: " + reason);
    return nullptr;
  }
  std::filesystem::path directory = std::filesystem::absolute(file, ignored).lexically_normal().parent_path();
  reading.texts.push_back(source_text(name, std::move(directory), content));
  return reading.texts.back();
}

void check_version(const Tree& tree, const std::string& what, Reading& reading) {
  const Tree* version = tree.find("leat");
  if (!version || version->is_null()) {
    reading.diagnostics.error("key.missing", version ? version->place : tree.place, what + " has no `leat`", "begin it with `leat: 1`");
  } else if (!version->is_scalar() || whole_number(version->scalar) != 1) {
    reading.diagnostics.error("graph.version", version->place,
                              "`leat` must be the version of " + what + "'s language, found " + version->describe(),
                              "this Leat reads version 1");
  }
}

void refuse_controls(const Tree& tree, Reading& reading) {
  const auto refuse = [&reading](const std::string& text, const Place& place) {
    if (const int control = control_character(text); control > 0)
      reading.diagnostics.error("yaml.character", place, "the text has a control character (" + std::to_string(control) + ") in it");
  };
  refuse(tree.scalar, tree.place);
  for (const Tree& item : tree.items) refuse_controls(item, reading);
  for (const Tree::Entry& entry : tree.entries) {
    refuse(entry.key, entry.key_place);
    refuse_controls(entry.value, reading);
  }
}

void refuse_removals(const Tree* base, Tree* over, const std::string& kind, const std::string& of, Reading& reading) {
  if (!over || !over->is_map() || (base && !base->is_map() && !base->is_null())) return;
  std::vector<std::string> names;
  if (base)
    for (const Tree::Entry& entry : base->entries) names.push_back(entry.key);
  std::erase_if(over->entries, [&](const Tree::Entry& entry) {
    if (!entry.value.is_null() || std::find(names.begin(), names.end(), entry.key) != names.end()) return false;
    const std::string near = nearest_name(entry.key, names);
    reading.diagnostics.error("key.unknown", entry.key_place,
                              "`" + entry.key + "` is removed here, but " + of + " has no " + kind + " of that name",
                              near.empty() ? "" : "did you mean `" + near + "`?");
    return true;
  });
}

void merge_trees(Tree& base, const Tree& over) { merge(base, over, 1); }

std::optional<Tree> load_merged(const std::shared_ptr<const SourceText>& text, const std::filesystem::path& file, Reading& reading) {
  std::vector<OpenFile> open{{file.empty() ? std::filesystem::path() : one_name_of(file), text->name}};
  return load_one(text, open, reading);
}

}  // namespace leat
