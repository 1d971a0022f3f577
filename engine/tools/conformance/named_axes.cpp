#include "conformance/named_axes.h"

#include <cstddef>
#include <set>

namespace leat::conformance {

std::string words(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::vector<int> axes_of(const Contract& contract, const Names& names) {
  std::vector<int> out;
  for (std::size_t k = 0; k < contract.dims.size(); ++k)
    if (contract.dims[k].names && contract.dims[k].names->list == names) out.push_back(static_cast<int>(k));
  if (contract.has_entries && contract.entries.names && contract.entries.names->list == names) out.push_back(Reorder::entries);
  return out;
}

std::vector<int> named_axes(const Contract& contract, const Names& names) {
  const std::set<std::string> wanted(names.begin(), names.end());
  const auto has = [&wanted](const Dim& dim) {
    return dim.names && dim.names->list.size() == wanted.size() &&
           std::set<std::string>(dim.names->list.begin(), dim.names->list.end()) == wanted;
  };
  std::vector<int> out;
  for (std::size_t k = 0; k < contract.dims.size(); ++k)
    if (has(contract.dims[k])) out.push_back(static_cast<int>(k));
  if (contract.has_entries && has(contract.entries)) out.push_back(Reorder::entries);
  return out;
}

Names names_at(const Contract& contract, int axis) {
  const auto at = static_cast<std::size_t>(axis);
  if (axis != Reorder::entries && at >= contract.dims.size()) return {};
  const Dim& dim = axis == Reorder::entries ? contract.entries : contract.dims[at];
  return dim.names ? dim.names->list : Names();
}

std::string symbol_of(const Contract& port, int axis) {
  if (axis == Reorder::entries) return port.has_entries ? port.entries.symbol : std::string();
  const auto at = static_cast<std::size_t>(axis);
  return at < port.dims.size() ? port.dims[at].symbol : std::string();
}

}  // namespace leat::conformance
