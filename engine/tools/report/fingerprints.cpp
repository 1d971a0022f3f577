#include "report/fingerprints.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/recorded_files.h"
#include "leat/earlier_run.h"

namespace leat::report {

namespace {

/// Appends all words in a `with`: one of them names the data set of a source.
void add_words(const Tree& with, std::set<std::string>& out) {
  if (with.is_scalar()) out.insert(with.scalar);
  for (const Tree::Entry& entry : with.entries) add_words(entry.value, out);
}

/// Returns the words in the parameters of the sources that a node's values come from.
std::set<std::string> words_of_sources(const PhaseText& phase, const std::string& node) {
  std::set<std::string> out, seen;
  std::vector<std::string> open{node};
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    if (!seen.insert(name).second) continue;
    const auto found = std::find_if(phase.nodes.begin(), phase.nodes.end(), [&](const NodeText& one) { return one.name == name; });
    if (found == phase.nodes.end()) continue;
    if (found->in.empty()) add_words(found->with, out);
    for (const InputText& input : found->in) open.push_back(input.from.node);
  }
  return out;
}

/// The fingerprints by name; an empty one if several files have the name.
using Fingerprints = std::map<std::string, std::string>;

void add_files(const Archive& record, Fingerprints& out) {
  for (const RecordedFile& file : recorded_files(record)) {
    const std::string text =
        file.contents == 0 ? "" : (file.is_whole ? "whole " : "blocks ") + std::to_string(file.bytes) + " " + std::to_string(file.contents);
    const auto [found, is_new] = out.emplace(file.name, text);
    if (!is_new && found->second != text) found->second.clear();
  }
}

}  // namespace

void add_fingerprints(FinishedRun& run) {
  std::optional<EarlierRun> earlier;
  try {
    earlier = earlier_run(run.facts.folder);
  } catch (const std::runtime_error&) {
    // The report needs no checkpoint.
  }
  if (!earlier) return;
  for (auto& [place, rows] : run.images) {
    const std::size_t dot = place.find('.');
    const PhaseText* phase = run.graph.find_phase(place.substr(0, dot));
    if (!phase) continue;
    Fingerprints known;
    try {
      for (const std::string& word : words_of_sources(*phase, place.substr(dot + 1)))
        if (const auto record = earlier->records.find(word); record != earlier->records.end()) add_files(record->second, known);
    } catch (const std::runtime_error&) {
      continue;
    }
    std::vector<std::string> fingerprints;
    for (const std::string& image : rows.images()) {
      const auto found = known.find(image);
      fingerprints.push_back(found == known.end() ? "" : found->second);
    }
    rows.set_fingerprints(std::move(fingerprints));
  }
}

}  // namespace leat::report
