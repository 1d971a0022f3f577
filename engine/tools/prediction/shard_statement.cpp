#include "leat/shard_statement.h"

#include <exception>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "leat/diagnostics.h"
#include "leat/value.h"

namespace leat {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* file_name = "shard.json";

std::uint64_t hash_in(const json& from, const char* key) { return std::stoull(from.at(key).get<std::string>(), nullptr, 16); }

}  // namespace

std::optional<ShardStatement> ShardStatement::read(const fs::path& folder) {
  std::ifstream in(folder / file_name, std::ios::binary);
  if (!in) return {};
  try {
    const json from = json::parse(std::string{std::istreambuf_iterator<char>(in), {}});
    ShardStatement out;
    out.rows.number = ShardNumber::read(from.at("shard").get<std::string>());
    out.rows.is_of_tars = from.contains("tars");
    out.rows.images = from.at(out.rows.is_of_tars ? "tars" : "images");
    out.rows.of = from.at("of");
    out.rows.ids = hash_in(from, "ids");
    out.rows.list = hash_in(from, "list");
    out.rows.files = hash_in(from, "files");
    out.version = from.at("Leat");
    out.weights = from.at("weights");
    out.options = from.at("options");
    out.device = from.at("device");
    out.tables = from.at("tables");
    return out;
  } catch (const std::exception&) {
    throw Refusal((folder / file_name).string() + " is not the statement of a shard: it is damaged, or of another version of Leat");
  }
}

void ShardStatement::write(const fs::path& folder, const char* name) const {
  const json out{{"Leat", version},
                 {"shard", rows.number.text()},
                 {rows.is_of_tars ? "tars" : "images", rows.images},
                 {"of", rows.of},
                 {"ids", hash_text(rows.ids)},
                 {"list", hash_text(rows.list)},
                 {"files", hash_text(rows.files)},
                 {"weights", weights},
                 {"options", options},
                 {"device", device},
                 {"tables", tables}};
  fs::create_directories(folder);
  write_file(folder / name, out.dump(2) + "\n");
}

fs::path shard_folder(const fs::path& all, ShardNumber number) {
  return all / ("shard-" + std::to_string(number.shard) + "-of-" + std::to_string(number.shards));
}

std::string difference(const ShardStatement& one, const ShardStatement& other) {
  const auto both = [](const auto& a, const auto& b) { return " (" + a + " and " + b + ")"; };
  if (one.rows.number.shards != other.rows.number.shards)
    return "another number of shards" + both(std::to_string(one.rows.number.shards), std::to_string(other.rows.number.shards));
  if (one.rows.is_of_tars != other.rows.is_of_tars) return "a list of tars and a list of images";
  const std::string what = one.rows.is_of_tars ? "tars" : "images";
  if (one.rows.of != other.rows.of || one.rows.list != other.rows.list)
    return "another list of " + what + both(std::to_string(one.rows.of), std::to_string(other.rows.of) + " " + what);
  if (one.weights != other.weights) return "other weights";
  if (one.options != other.options) return "other runs or options";
  if (one.device != other.device) return "another device" + both(one.device, other.device);
  if (one.version != other.version) return "another version of Leat" + both(one.version, other.version);
  return one.tables == other.tables ? "" : "other tables";
}

}  // namespace leat
