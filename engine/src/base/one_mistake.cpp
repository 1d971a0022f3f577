#include "base/one_mistake.h"

#include <tuple>

#include "base/phase_kinds.h"

namespace leat {

namespace {

constexpr std::string_view of_an_instance = "`, an instance of template `";

}  // namespace

std::string one_mistake(std::string_view text, const std::set<std::string, std::less<>>& phases) {
  std::string out;
  for (;;) {
    const std::size_t begin = text.find('`');
    const std::size_t end = begin == std::string_view::npos ? begin : text.find('`', begin + 1);
    if (end == std::string_view::npos) return out.append(text);
    out += text.substr(0, begin + 1);
    const std::string_view name = text.substr(begin + 1, end - begin - 1);
    const bool is_phase = phases.contains(name) || find_phase_kind(name);
    const std::size_t slash = name.rfind('/');
    if (is_phase) out += "phase";
    else if (!text.substr(end).starts_with(of_an_instance)) out += slash == std::string_view::npos ? name : name.substr(slash + 1);
    out += '`';
    text.remove_prefix(end + 1);
  }
}

void append_new(const Diagnostics& found, const std::set<std::string, std::less<>>& phases, Diagnostics& diagnostics) {
  const auto key = [&phases](const Diagnostic& one) {
    return std::tuple(one.place.text.get(), one.place.line, one.place.column, one.id, one_mistake(one.text, phases));
  };
  std::set<decltype(key(found.all()[0]))> told;
  for (const Diagnostic& one : diagnostics.all()) told.insert(key(one));
  for (const Diagnostic& one : found.all())
    if (told.insert(key(one)).second) diagnostics.add(one);
}

}  // namespace leat
