#include "server/value_json.h"

#include <string_view>

namespace leat::viewer {

namespace {

using nlohmann::json;

std::string_view dtype_name(Dtype dtype) {
  return dtype == Dtype::U8 ? "u8" : dtype == Dtype::U16 ? "u16" : dtype == Dtype::I64 ? "i64" : "f32";
}

json numbers_json(const Numbers& numbers, std::string& bytes) {
  // The page reads them as arrays of their type, which must begin at a multiple of its size.
  bytes.resize((bytes.size() + 7) / 8 * 8);
  json out{{"dims", numbers.dims}, {"dtype", dtype_name(numbers.dtype)}, {"at", bytes.size()}, {"bytes", numbers.bytes.size()}};
  bytes.append(reinterpret_cast<const char*>(numbers.bytes.data()), numbers.bytes.size());
  return out;
}

json value_json(const ShownValue& value, std::string& bytes) {
  json out{{"type", value.type}, {"text", value.text}, {"slot", value.slot}, {"hash", value.hash}};
  json parts = json::array();
  for (const Numbers& one : value.numbers) parts.push_back(numbers_json(one, bytes));
  if (value.has_parts) out["parts"] = parts;
  else if (!parts.empty()) out["numbers"] = parts[0];
  return out;
}

json names_json(const ShownOutput::Names& names) { return names ? json(*names) : json(nullptr); }

}  // namespace

json values_json(const ShownOutput& output, std::string& bytes) {
  json values = json::array(), samples = json::array(), dims = json::array();
  for (const ShownValue& value : output.values) values.push_back(value_json(value, bytes));
  for (const ShownOutput::Identity& sample : output.samples) samples.push_back({{"id", sample.id}, {"group", sample.group}});
  for (const ShownOutput::Names& names : output.dims) dims.push_back(names_json(names));
  return {{"node", output.name.node},
          {"port", output.name.port},
          {"contract", output.contract},
          {"range", output.range ? json{output.range->first, output.range->second} : json(nullptr)},
          {"names", {{"dims", dims}, {"entries", names_json(output.entries)}}},
          {"values", values},
          {"samples", samples},
          {"weights", output.weights}};
}

}  // namespace leat::viewer
