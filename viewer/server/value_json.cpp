#include "server/value_json.h"

#include <algorithm>

namespace leat::viewer {

namespace {

using nlohmann::json;

std::string_view dtype_name(Dtype dtype) { return dtype == Dtype::U8 ? "u8" : dtype == Dtype::I64 ? "i64" : "f32"; }

std::size_t item_bytes(Dtype dtype) { return dtype == Dtype::U8 ? 1 : dtype == Dtype::I64 ? sizeof(std::int64_t) : sizeof(float); }

/// Keeps the first rows of a value for a whole step.
void cut(Numbers& numbers, std::int64_t rows) {
  if (rows <= 0 || numbers.dims.empty() || numbers.dims[0] <= rows) return;
  const std::int64_t row = numbers.count() / numbers.dims[0];
  numbers.dims[0] = rows;
  numbers.bytes.resize(static_cast<std::size_t>(row * rows) * item_bytes(numbers.dtype));
}

json numbers_json(Numbers numbers, std::int64_t rows, std::string& bytes) {
  cut(numbers, rows);
  // The page reads them as arrays of their type, which must begin at a multiple of its size.
  bytes.resize((bytes.size() + 7) / 8 * 8);
  json out{{"dims", numbers.dims}, {"dtype", dtype_name(numbers.dtype)}, {"at", bytes.size()}, {"bytes", numbers.bytes.size()}};
  bytes.append(reinterpret_cast<const char*>(numbers.bytes.data()), numbers.bytes.size());
  return out;
}

json value_json(const Value& value, std::int64_t rows, std::string& bytes) {
  json out{{"type", value.type().name}, {"text", value.describe()}};
  if (value.type().numbers) {
    out["numbers"] = numbers_json(value.numbers(), rows, bytes);
    return out;
  }
  json parts = json::array();
  for (const Value& part : value.parts())
    if (part && part.type().numbers) parts.push_back(numbers_json(part.numbers(), rows, bytes));
  out["parts"] = parts;
  return out;
}

/// Returns the names of the entries of each dimension, and those of the value's numbers or channels; null where there are none.
json names_json(const Contract& contract) {
  const auto names = [](const Dim& dim) { return dim.names ? json(dim.names->list) : json(nullptr); };
  json dims = json::array();
  for (const Dim& dim : contract.dims) dims.push_back(names(dim));
  return {{"dims", dims}, {"entries", contract.has_entries ? names(contract.entries) : json(nullptr)}};
}

}  // namespace

json values_json(const PreviewedOutput& output, int rows, std::string& bytes) {
  json values = json::array(), samples = json::array();
  for (const auto& [slot, value] : output.values) {
    json one = value_json(value, slot < 0 ? rows : 0, bytes);
    one["slot"] = slot;
    one["hash"] = hash_text(value.hash());
    values.push_back(std::move(one));
  }
  for (const Sample& sample : output.samples) samples.push_back({{"id", sample.id}, {"group", sample.group}});
  json range = nullptr;
  if (output.contract.has_range) range = {output.contract.low, output.contract.high};
  return {{"node", output.name.node},
          {"port", output.name.port},
          {"contract", output.contract.str()},
          {"range", range},
          {"names", names_json(output.contract)},
          {"values", values},
          {"samples", samples}};
}

}  // namespace leat::viewer
