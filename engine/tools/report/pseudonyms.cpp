#include "report/pseudonyms.h"

#include <algorithm>
#include <array>
#include <regex>

#include "base/caseless.h"
#include "report/plain_words.h"

namespace leat::report {

namespace {

constexpr std::string_view removed = "[name]";
constexpr std::string_view spaces = " \t\r\n";
/// Signs that can be around a word and are no part of it.
constexpr std::string_view around = "()[]{}\"'.,:;!?";
/// Signs of Leat's sentences that are not ASCII.
constexpr std::array<std::string_view, 8> signs{"−", "–", "—", "…", "×", "≤", "≥", "°"};

/// A shorter name, such as that of the image `7`, is no secret.
constexpr std::size_t least_secret = 3;

/// What remains of a word: all of it, all of it unless it is next to something removed, or nothing.
enum class Stays { Always, AmongOthers, Never };

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string without_signs(std::string_view text) {
  std::string out(text);
  for (const std::string_view sign : signs)
    for (std::size_t at = out.find(sign); at != std::string::npos; at = out.find(sign, at)) out.replace(at, sign.size(), "-");
  return out;
}

/// A number of at most six digits in a row, such as `0.95`, `1,000`, `-3`, `40%`, `1e-05` or `16..64`; not a date or `0042`.
bool is_number(std::string_view text) {
  static const std::regex number(R"([+-]?(0|[1-9]\d{0,5}|[1-9]\d{0,2}(,\d{3})+|\d{1,6}\.\d+)(e[+-]?\d{1,2})?%?)");
  const auto is_one = [](std::string_view one) { return std::regex_match(one.begin(), one.end(), number); };
  const std::size_t range = text.find("..");
  return range == std::string_view::npos ? is_one(text) : is_one(text.substr(0, range)) && is_one(text.substr(range + 2));
}

bool is_path(std::string_view word) {
  return word.find_first_of("/\\") != std::string_view::npos && std::any_of(word.begin(), word.end(), is_letter);
}

/// Returns true if the word ends like a file: a point, then one to five letters or digits of which one is a letter.
bool ends_like_file(std::string_view word) {
  const std::size_t point = word.rfind('.');
  if (point == std::string_view::npos || point == 0) return false;
  const std::string_view ending = word.substr(point + 1);
  return !ending.empty() && ending.size() <= 5 && std::any_of(ending.begin(), ending.end(), is_letter) &&
         std::all_of(ending.begin(), ending.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

/// Returns true for a word of Leat's messages, or several with `_` between them, such as the name of a parameter.
bool are_plain_words(std::string_view word) {
  if (is_plain_word(word)) return true;
  const std::size_t line = word.find('_');
  return line != std::string_view::npos && is_plain_word(word.substr(0, line)) && are_plain_words(word.substr(line + 1));
}

}  // namespace

std::int64_t Pseudonyms::number(Numbers& numbers, std::vector<std::string>& names, const std::string& name, const std::string& identity) {
  const auto [found, is_new] = numbers.emplace(identity, static_cast<std::int64_t>(names.size()) + 1);
  if (is_new) {
    names.push_back(name);
    if (&names != &group_names_) add_secret(name);
  }
  return found->second;
}

void Pseudonyms::add_secret(const std::string& text) {
  const auto add = [this](std::string_view secret) {
    if (secret.size() < least_secret) return;
    longest_secret_ = std::max(longest_secret_, secret.size());
    secrets_.insert(caseless(secret));
  };
  add(text);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("/\\", begin), text.size());
    std::string_view part = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    // A folder that is called `images` says nothing.
    if (end < text.size() && is_plain_word(part)) continue;
    add(part);
    while (ends_like_file(part)) {
      part = part.substr(0, part.rfind('.'));
      add(part);
    }
  }
}

void Pseudonyms::add_own_name(const std::string& name) {
  own_names_.insert(name);
  caseless_own_names_.insert(caseless(name));
  if (name.find_first_of(spaces) != std::string::npos) own_names_with_blanks_.insert(name);
}

/// Returns the length of an own name with blanks that begins there and ends where a word ends; 0: there is none.
std::size_t Pseudonyms::own_name_with_blanks(std::string_view sentence, std::size_t at) const {
  for (const std::string& name : own_names_with_blanks_) {
    if (!sentence.substr(at).starts_with(name)) continue;
    const std::size_t next = sentence.find_first_not_of(around, at + name.size());
    if (next == std::string_view::npos || spaces.find(sentence[next]) != std::string_view::npos) return name.size();
  }
  return 0;
}

std::string Pseudonyms::metric(const std::string& name, const std::set<std::string>& of_node) {
  for (std::size_t at = name.find('_'); at != std::string::npos; at = name.find('_', at + 1)) {
    const std::string end = name.substr(at + 1);
    if (!of_node.contains(name.substr(0, at)) || is_own(end)) continue;
    // Words such as `pooled` and `mm`, also with a class behind them, and single letters.
    bool is_known = true;
    for (std::size_t begin = 0; begin <= end.size() && is_known;) {
      if (is_own(end.substr(begin))) break;
      const std::size_t stop = std::min(end.find('_', begin), end.size());
      const std::string part = end.substr(begin, stop - begin);
      is_known = part.size() == 1 || is_plain_word(lower(part));
      begin = stop + 1;
    }
    if (!is_known) return name.substr(0, at) + "_group" + std::to_string(number(groups_, group_names_, end, end));
  }
  return name;
}

std::string Pseudonyms::plain(std::string_view sentence) const {
  const auto part_stays = [&](std::string_view part) {
    if (part.ends_with("'s")) part.remove_suffix(2);
    if (part.empty() || is_own(part)) return Stays::Always;
    const std::string known = without_signs(part);
    if (std::none_of(known.begin(), known.end(), [](char c) { return is_letter(c) || is_digit(c) || (c & 0x80) != 0; }))
      return Stays::Always;
    if (is_number(known) || (known.size() == 1 && is_letter(known[0]))) return Stays::AmongOthers;
    return are_plain_words(lower(known)) ? Stays::Always : Stays::Never;
  };
  // Words with signs between them, such as `sensitivity=1` or `a,b`.
  const auto word_stays = [&](std::string_view word) {
    if (is_own(word)) return Stays::Always;
    if (is_path(word) || ends_like_file(word)) return Stays::Never;
    Stays out = Stays::Always;
    for (std::size_t begin = 0; begin <= word.size();) {
      const std::size_t end = std::min(word.find_first_of("=:;|*+", begin), word.size());
      out = std::max(out, part_stays(word.substr(begin, end - begin)));
      begin = end + 1;
    }
    return out;
  };
  struct Word {
    std::string before, text, after;
    Stays stays = Stays::Always;
  };
  std::vector<Word> words;
  for (std::size_t at = sentence.find_first_not_of(spaces); at != std::string_view::npos;) {
    std::size_t end;
    Word word;
    std::size_t named = at, length = own_name_with_blanks(sentence, at);
    while (length == 0 && named < sentence.size() && around.find(sentence[named]) != std::string_view::npos)
      length = own_name_with_blanks(sentence, ++named);
    if (length > 0) {
      end = std::min(sentence.find_first_of(spaces, named + length), sentence.size());
      words.push_back({std::string(sentence.substr(at, named - at)), std::string(sentence.substr(named, length)),
                       std::string(sentence.substr(named + length, end - named - length))});
      at = sentence.find_first_not_of(spaces, end);
      continue;
    }
    const std::size_t opening = sentence.find('`', at), next_space = std::min(sentence.find_first_of(spaces, at), sentence.size());
    const std::size_t closing = opening < next_space ? sentence.find('`', opening + 1) : std::string_view::npos;
    if (closing != std::string_view::npos) {
      // A quoted name can have spaces.
      end = std::min(sentence.find_first_of(spaces, closing), sentence.size());
      word = {std::string(sentence.substr(at, opening + 1 - at)), std::string(sentence.substr(opening + 1, closing - opening - 1)),
              std::string(sentence.substr(closing, end - closing))};
      const bool is_value = word.text.find_first_of(".@") == std::string::npos && is_number(word.text);
      Stays inside = is_own(word.text) ? Stays::Always : is_value ? Stays::AmongOthers : Stays::Always;
      if (!is_own(word.text) && !is_value)
        for (std::size_t begin = 0; begin <= word.text.size();) {
          const std::size_t stop = std::min(word.text.find_first_of(spaces, begin), word.text.size());
          std::string_view part = std::string_view(word.text).substr(begin, stop - begin);
          while (!part.empty() && around.find(part.back()) != std::string_view::npos) part.remove_suffix(1);
          while (!part.empty() && around.find(part.front()) != std::string_view::npos) part.remove_prefix(1);
          inside = std::max(inside, word_stays(part));
          begin = stop + 1;
        }
      const auto is_letters = [](const std::string& text) { return std::any_of(text.begin(), text.end(), is_letter); };
      // Something glued to the quotes, such as the `s` of a plural, is a word of its own.
      if (is_letters(word.before) && part_stays(word.before.substr(0, word.before.size() - 1)) != Stays::Always)
        inside = Stays::Never, word.before = "`";
      if (is_letters(word.after) && word.after != "`s" && word.after != "`'s") {
        std::string tail = word.after.substr(1);
        while (!tail.empty() && around.find(tail.front()) != std::string_view::npos) tail.erase(0, 1);
        while (!tail.empty() && around.find(tail.back()) != std::string_view::npos) tail.pop_back();
        if (part_stays(tail) != Stays::Always) word.after = "`", inside = Stays::Never;
      }
      word.stays = inside;
    } else {
      end = next_space;
      std::string_view text = sentence.substr(at, end - at);
      std::size_t begin = 0, stop = text.size();
      while (begin < stop && around.find(text[begin]) != std::string_view::npos) ++begin;
      while (stop > begin && around.find(text[stop - 1]) != std::string_view::npos) --stop;
      word = {std::string(text.substr(0, begin)), std::string(text.substr(begin, stop - begin)), std::string(text.substr(stop))};
      word.stays = word_stays(word.text);
    }
    words.push_back(std::move(word));
    at = sentence.find_first_not_of(spaces, end);
  }
  for (bool has_changed = true; has_changed;) {
    has_changed = false;
    for (std::size_t k = 0; k < words.size(); ++k) {
      const bool is_beside = (k > 0 && words[k - 1].stays == Stays::Never) || (k + 1 < words.size() && words[k + 1].stays == Stays::Never);
      if (words[k].stays != Stays::AmongOthers || !is_beside) continue;
      words[k].stays = Stays::Never;
      has_changed = true;
    }
  }
  std::string out;
  for (std::size_t k = 0; k < words.size(); ++k) {
    const Word& word = words[k];
    const bool repeats =
        k > 0 && word.stays == Stays::Never && words[k - 1].stays == Stays::Never && words[k - 1].after.empty() && word.before.empty();
    if (repeats) {
      out += word.after;
      continue;
    }
    if (!out.empty()) out += " ";
    out += word.before + (word.stays == Stays::Never ? std::string(removed) : word.text) + word.after;
  }
  return out;
}

std::string Pseudonyms::written(const std::string& text) const {
  const std::vector<std::size_t> bounds = word_bounds(text);
  std::vector<bool> is_hidden(text.size(), false);
  for (std::size_t k = 0; k < bounds.size(); ++k)
    for (std::size_t j = k + 1; j < bounds.size(); ++j) {
      const std::string_view piece = std::string_view(text).substr(bounds[k], bounds[j] - bounds[k]);
      // Another case or form of a letter can have three times as many bytes.
      if (piece.size() > 3 * longest_secret_) break;
      if (piece.size() < least_secret) continue;
      const std::string spelled = caseless(piece);
      if (!secrets_.contains(spelled) || caseless_own_names_.contains(spelled)) continue;
      std::fill(is_hidden.begin() + static_cast<std::ptrdiff_t>(bounds[k]), is_hidden.begin() + static_cast<std::ptrdiff_t>(bounds[j]),
                true);
    }
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_hidden[at]) out += text[at];
    else if (at == 0 || !is_hidden[at - 1]) out += removed;
  }
  std::string words;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = std::min(out.find_first_of(spaces, at), out.size());
    const std::string_view word = std::string_view(out).substr(at, end - at);
    words += is_path(word) && !is_own(word) ? removed : word;
    if (end < out.size()) words += out[end];
    at = end + 1;
  }
  return words;
}

}  // namespace leat::report
