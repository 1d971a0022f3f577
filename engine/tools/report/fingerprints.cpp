#include "report/fingerprints.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/recorded_files.h"
#include "leat/tree.h"

namespace leat::report {

namespace {

/// Appends all words in a `with`: one of them names the data set of a source.
void add_words(const Tree& with, std::set<std::string>& out) {
  if (with.is_scalar()) out.insert(with.scalar);
  for (const Tree::Entry& entry : with.entries) add_words(entry.value, out);
}

/// The source that draws its images from the run's seed (nodes/io/chest.cpp). The name of an image says which of them it is.
constexpr const char* drawing_type = "io.chest";

/// Returns the sources that a node's values come from.
std::vector<const NodeText*> sources_of(const PhaseText& phase, const std::string& node) {
  std::vector<const NodeText*> out;
  std::set<std::string> seen;
  std::vector<std::string> open{node};
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    if (!seen.insert(name).second) continue;
    const auto found = std::find_if(phase.nodes.begin(), phase.nodes.end(), [&](const NodeText& one) { return one.name == name; });
    if (found == phase.nodes.end()) continue;
    if (found->in.empty()) out.push_back(&*found);
    for (const InputText& input : found->in) open.push_back(input.from.node);
  }
  return out;
}

/// Returns the words in the parameters of sources.
std::set<std::string> words_of(const std::vector<const NodeText*>& sources) {
  std::set<std::string> out;
  for (const NodeText* source : sources) add_words(source->with, out);
  return out;
}

/// Returns the data sets that sources name, with their fingerprints; a source that names none has its type and parameters.
ImageSource source_of(const std::vector<const NodeText*>& sources, const FinishedRun& run) {
  std::set<std::string> parts;
  bool is_known = !sources.empty();
  for (const NodeText* source : sources) {
    std::set<std::string> words;
    add_words(source->with, words);
    bool has_resource = false;
    for (const ComponentText& resource : run.graph.resources) {
      if (!words.contains(resource.name)) continue;
      has_resource = true;
      const auto data = run.facts.data.find(resource.name);
      const std::string print = data == run.facts.data.end() ? "" : data->second.fingerprint;
      is_known = is_known && !print.empty();
      parts.insert(resource.name + " " + print);
    }
    if (has_resource) continue;
    is_known = false;
    parts.insert(source->uses.text + " " + flow_text(source->with));
  }
  ImageSource out{"", is_known};
  for (const std::string& part : parts) out.name += part + "\n";
  return out;
}

void add_files(const Archive& record, std::map<std::string, std::string>& out) {
  for (const RecordedFile& file : recorded_files(record)) {
    const std::string text =
        file.contents == 0 ? "" : (file.is_whole ? "whole " : "blocks ") + std::to_string(file.bytes) + " " + std::to_string(file.contents);
    const auto [found, is_new] = out.emplace(file.name, text);
    if (!is_new && found->second != text) found->second.clear();
  }
}

}  // namespace

std::string ImageOrigin::fingerprint(const std::string& image) const {
  if (!drawn.empty()) return drawn + " " + image;
  const auto found = files.find(image);
  return found == files.end() ? "" : found->second;
}

ImageOrigins::ImageOrigins(const FinishedRun& run) : run_(run) {
  try {
    earlier_ = earlier_run(run.facts.folder);
  } catch (const std::runtime_error&) {
    // The report needs no checkpoint.
  }
}

const ImageOrigin& ImageOrigins::of(const std::string& phase, const std::string& node) {
  const auto [found, is_new] = known_.try_emplace({phase, node});
  if (is_new) found->second = find(phase, node);
  return found->second;
}

ImageOrigin ImageOrigins::find(const std::string& phase_name, const std::string& node) const {
  const PhaseText* phase = run_.graph.find_phase(phase_name);
  if (!phase) return {};
  const std::vector<const NodeText*> sources = sources_of(*phase, node);
  ImageOrigin out;
  for (const NodeText* source : sources) out.nodes.push_back(source->name);
  const auto draws = [](const NodeText* source) { return source->uses.text == drawing_type; };
  if (!sources.empty() && std::all_of(sources.begin(), sources.end(), draws)) {
    out.drawn = "drawn " + std::to_string(run_.facts.seed);
    out.source = {out.drawn, true};
    return out;
  }
  out.source = source_of(sources, run_);
  if (!earlier_) return out;
  try {
    for (const std::string& word : words_of(sources))
      if (const auto record = earlier_->records.find(word); record != earlier_->records.end()) add_files(record->second, out.files);
  } catch (const std::runtime_error&) {
    out.files.clear();
  }
  return out;
}

void add_fingerprints(FinishedRun& run) {
  ImageOrigins origins(run);
  for (auto& [place, rows] : run.images) {
    const std::size_t dot = place.find('.');
    const ImageOrigin& origin = origins.of(place.substr(0, dot), place.substr(dot + 1));
    std::vector<std::string> fingerprints;
    for (const std::string& image : rows.images()) fingerprints.push_back(origin.fingerprint(image));
    rows.set_source(origin.source);
    rows.set_fingerprints(std::move(fingerprints));
  }
}

}  // namespace leat::report
