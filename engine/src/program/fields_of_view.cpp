#include "program/fields_of_view.h"

#include <algorithm>
#include <utility>

namespace leat::program {

std::string FieldsOfView::Change::words() const { return "`" + node + "`" + (how.empty() ? "" : " (" + how + ")"); }

void FieldsOfView::pass_on(const ProgramNode& node) {
  std::vector<Change> all;
  for (const BoundInput& input : node.inputs)
    for (const Feed& feed : input.feeds) {
      const std::vector<Change>& given = of(feed.wire);
      const auto is_equal = [](const Change& a, const Change& b) { return a.key == b.key; };
      const auto rest = std::mismatch(given.begin(), given.end(), all.begin(), all.end(), is_equal).first;
      all.insert(all.end(), rest, given.end());
    }
  for (const int wire : node.wires) of(wire) = all;
}

void FieldsOfView::change(int from, int to, const std::string& node, const std::string& how) {
  std::vector<Change> changes = of(from);
  changes.push_back({how.empty() ? node : how, node, how});
  of(to) = std::move(changes);
}

void FieldsOfView::compare(const Read& one, const Read& other, std::string_view at) const {
  const std::vector<Change>&a = of(one.wire), &b = of(other.wire);
  std::size_t k = 0;
  while (k < a.size() && k < b.size() && a[k].key == b[k].key) ++k;
  if (k == a.size() && k == b.size()) return;
  const std::string what = k == a.size() ? b[k].words() + " changes that of " + other.name + " only"
                           : k == b.size()
                               ? a[k].words() + " changes that of " + one.name + " only"
                               : a[k].words() + " changes that of " + one.name + ", and " + b[k].words() + " that of " + other.name;
  throw Refusal(one.name + " and " + other.name + " have different fields of view: " + what, std::string(at),
                "pixels at the same position must show the same place: pass both through the same nodes, or remove the change");
}

}  // namespace leat::program
