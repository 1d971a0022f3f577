#include "program/entry_names.h"

#include <algorithm>

#include "program/configure.h"

namespace leat::program {

std::string NameGivers::words(const EntryNames& names) const {
  const auto found = texts_.find(names.by);
  const std::string param = names.param.empty() ? "" : "`" + names.param + "`";
  if (found == texts_.end()) return param.empty() ? "another node" : param;
  return (param.empty() ? "" : param + " of ") + "`" + found->second->name + "`";
}

Place NameGivers::place(const EntryNames& names) const {
  const auto found = texts_.find(names.by);
  return found == texts_.end() ? Place() : place_of(*found->second, names.param);
}

Reorder reorder_of(int axis, const EntryNames& given, const EntryNames& wanted) {
  Reorder out;
  out.axis = axis;
  out.count = static_cast<int>(wanted.list.size());
  for (const std::string& name : given.list)
    out.to.push_back(static_cast<int>(std::find(wanted.list.begin(), wanted.list.end(), name) - wanted.list.begin()));
  return out;
}

std::string words_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 8;
  std::string out;
  for (std::size_t k = 0; k < std::min(names.size(), most); ++k) {
    const bool is_last = k + 1 == names.size();
    out += (k == 0 ? "" : is_last ? " and " : ", ") + names[k];
  }
  return names.size() > most ? out + ", … (" + std::to_string(names.size()) + " names)" : out;
}

std::vector<std::string> names_without(const EntryNames& some, const EntryNames& all) {
  std::vector<std::string> out;
  for (const std::string& name : some.list)
    if (std::find(all.list.begin(), all.list.end(), name) == all.list.end()) out.push_back(name);
  return out;
}

namespace {

bool is_same_output(const GuessedNames& a, const GuessedNames& b) {
  return a.producer == b.producer && a.output == b.output && a.axis == b.axis;
}

std::string subject(const GuessedNames& guess) {
  return "`" + guess.node + "." + guess.output + "`" + (guess.resource.empty() ? "" : " (of `" + guess.resource + "`)");
}

/// Returns "`logits` of `train` is taken for A and B (`classes` of `net`)". The same node can be in several phases.
std::string taken_for(const GuessedNames& guess, const NameGivers& givers) {
  return "`" + guess.node + "` of `" + guess.phase + "` is taken for " + words_of(guess.names->list) + " (" + givers.words(*guess.names) +
         ")";
}

}  // namespace

void compare_guesses(const std::vector<GuessedNames>& guesses, const NameGivers& givers, Diagnostics& diagnostics) {
  for (std::size_t k = 0; k < guesses.size(); ++k) {
    const GuessedNames& one = guesses[k];
    const auto first = std::find_if(guesses.begin(), guesses.end(), [&](const GuessedNames& other) { return is_same_output(one, other); });
    if (first != guesses.begin() + static_cast<std::ptrdiff_t>(k)) {
      if (first->names->list == one.names->list) continue;
      Diagnostic& told =
          diagnostics.error("names.differ", one.place,
                            subject(one) + " does not name its entries: " + taken_for(*first, givers) + ", but " + taken_for(one, givers),
                            "let the network name its outputs, or use the same names in the same order in both");
      told.notes.push_back({first->place, "`" + first->node + "` of `" + first->phase + "` is declared here"});
      continue;
    }
    const bool is_trained = std::any_of(guesses.begin(), guesses.end(), [&](const GuessedNames& other) {
      return is_same_output(one, other) && other.kind == PhaseKind::Train;
    });
    if (!is_trained)
      diagnostics.warning("names.guessed", one.place,
                          subject(one) + " does not name its entries, and this graph does not train it: they are taken for " +
                              words_of(one.names->list) + ", in the order of " + givers.words(*one.names),
                          "the network can name its outputs");
  }
}

}  // namespace leat::program
