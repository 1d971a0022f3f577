#include "leat/fit_labels.h"

#include <algorithm>

#include "leat/make_tree.h"
#include "leat/spelling.h"
#include "leat/wording.h"

namespace leat {

namespace {

using Names = std::vector<std::string>;

bool are_all_in(const Names& some, const Names& all) {
  return std::all_of(some.begin(), some.end(), [&](const std::string& one) { return std::find(all.begin(), all.end(), one) != all.end(); });
}

/// Returns the name among `wanted` that differs from this one in case, blanks and the like only; empty: there is none.
std::string like(const std::string& name, const Names& wanted) {
  for (const std::string& one : wanted)
    if (one != name && loose_spelling(one) == loose_spelling(name)) return one;
  return {};
}

std::string differing(const std::string& what, const Names& own, const Names& wanted) {
  std::string out = "its " + what + " are " + in_quotes(own) + ", and " +
                    (wanted.empty() ? "the network has none" : "the network has " + in_quotes(wanted));
  for (const std::string& name : own)
    if (const std::string other = like(name, wanted); !other.empty()) out += "; `" + name + "` must be called `" + other + "`";
  for (const std::string& name : own)
    if (!wanted.empty() && like(name, wanted).empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end())
      out += "; the network does not know `" + name + "`";
  return out;
}

/// Returns the structure of a text of the parameter `masks`: `lung` of `lung=masks_lung`.
std::string structure_in(const std::string& text) { return text.substr(0, text.find('=')); }

}  // namespace

std::vector<std::string> fit_labels(DataGuess& guess, const Names& classes, const Names& structures) {
  std::vector<std::string> why_not;
  if (!are_all_in(guess.classes, classes)) {
    why_not.push_back(differing("classes", guess.classes, classes));
    guess.classes.clear();
    guess.with_class = 0;
  }
  if (guess.structures.empty()) return why_not;
  const auto setting = std::find_if(guess.settings.begin(), guess.settings.end(), [](const auto& one) { return one.first == "masks"; });
  const bool has_texts = setting != guess.settings.end() && !setting->second.items.empty();
  const bool has_place = has_texts && setting->second.items[0].scalar.find('=') != std::string::npos;
  const bool is_unnamed = has_place && guess.structures == Names{"mask"} && structures.size() == 1;
  if (!has_texts || (!is_unnamed && !are_all_in(guess.structures, structures))) {
    why_not.push_back(differing("structures", guess.structures, structures));
    guess.structures.clear();
    guess.with_masks = 0;
    return why_not;
  }
  Names texts;
  for (const std::string& structure : structures) {
    texts.push_back(structure + "=");
    for (const Tree& item : setting->second.items) {
      const std::string own = structure_in(item.scalar);
      if (is_unnamed) texts.back() = structure + item.scalar.substr(own.size());
      else if (own == structure) texts.back() = item.scalar;
    }
  }
  setting->second = text_trees(texts);
  guess.structures = structures;
  return why_not;
}

}  // namespace leat
