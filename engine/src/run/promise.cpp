#include "run/promise.h"

#include <algorithm>

namespace leat::run {
namespace {

/// Returns true if two dimensions may be one: numbers and names that both have are the same.
bool agree(const Dim& given, const Dim& promised) {
  if (given.is_known() && promised.is_known() && given.size != promised.size) return false;
  return !given.names || !promised.names || given.names->list == promised.names->list;
}

bool keeps_shape(const Contract& given, const Contract& promised, std::int64_t rows) {
  if (!promised.has_shape || !given.has_shape) return true;
  const std::size_t count = promised.dims.size();
  if (given.dims.size() < count && !given.is_open) return false;
  if (given.dims.size() > count && !promised.is_open) return false;
  for (std::size_t k = 0; k < std::min(count, given.dims.size()); ++k) {
    if (!agree(given.dims[k], promised.dims[k])) return false;
    const bool is_rows = rows >= 0 && promised.dims[k].symbol == "N";
    if (is_rows && given.dims[k].is_known() && given.dims[k].size != rows) return false;
  }
  return true;
}

/// Returns true if a value is an entry that its contract does not have.
bool is_no_entry(const Contract& given, const Contract& promised) {
  if (!given.has_entries || !given.has_range || given.has_shape || !promised.has_entries || !promised.entries.is_known()) return false;
  return given.low < 0 || given.high >= static_cast<double>(promised.entries.size);
}

/// The first dimension that is none of the sizes it follows; null: each is.
const FollowedSizes* first_unlike(const Contract& given, const std::vector<FollowedSizes>& followed) {
  for (const FollowedSizes& one : followed) {
    const auto axis = static_cast<std::size_t>(one.axis);
    if (!given.has_shape || axis >= given.dims.size() || !given.dims[axis].is_known() || one.sizes.empty()) continue;
    if (std::find(one.sizes.begin(), one.sizes.end(), given.dims[axis].size) == one.sizes.end()) return &one;
  }
  return nullptr;
}

/// The rows in numbers, where there are some.
std::string with_rows(const Contract& promised, std::int64_t rows) {
  const bool has_rows =
      rows >= 0 && std::any_of(promised.dims.begin(), promised.dims.end(), [](const Dim& dim) { return dim.symbol == "N"; });
  return has_rows ? " for " + std::to_string(rows) + (rows == 1 ? " row" : " rows") : std::string();
}

}  // namespace

bool keeps(const Contract& given, const Contract& promised, std::int64_t rows) {
  if (!is_within(given.dtype, promised.dtype)) return false;
  if (given.has_entries && promised.has_entries && !agree(given.entries, promised.entries)) return false;
  if (given.or_unknown && !promised.or_unknown) return false;
  if (is_no_entry(given, promised)) return false;
  return keeps_shape(given, promised, rows);
}

bool is_promised(const Wire& wire) {
  const Contract& contract = wire.contract;
  return contract.has_shape || contract.dtype != Dtype::Any || (contract.has_entries && contract.entries.is_known());
}

std::string broken_promise(const Wire& wire, Contract given, std::int64_t rows, const std::vector<FollowedSizes>& followed,
                           const std::string& where) {
  const bool is_kept = keeps(given, wire.contract, rows);
  const FollowedSizes* unlike = is_kept ? first_unlike(given, followed) : nullptr;
  if (is_kept && !unlike) return {};
  if (!wire.contract.has_entries) given.has_entries = false;
  if (is_no_entry(given, wire.contract))
    return "entry " + std::to_string(static_cast<std::int64_t>(given.low)) + " into " + where + "`" + std::string(wire.port->name()) +
           "`, where " + wire.contract.str() + " is promised: an entry is 0.." + std::to_string(wire.contract.entries.size - 1) +
           ", or -1 if it is not known";
  const std::string begin = given.str() + " into " + where + "`" + std::string(wire.port->name()) + "`, where ";
  if (unlike) {
    const Dim& dim = wire.contract.dims[static_cast<std::size_t>(unlike->axis)];
    return begin + wire.contract.str() + " is promised, and " + (dim.symbol.empty() ? "a dimension" : "`" + dim.symbol + "`") +
           " of what it reads is " + std::to_string(unlike->sizes.front());
  }
  if (keeps(given, wire.promised, rows)) return begin + "its readers take " + wire.contract.str() + with_rows(wire.contract, rows);
  return begin + wire.promised.str() + with_rows(wire.promised, rows) + " is promised";
}

}  // namespace leat::run
