#include "run/manifest.h"

#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/utf8.h"
#include "leat/csv.h"
#include "leat/value.h"

namespace leat::run {

using nlohmann::json;

namespace {

/// Returns the hash of a manifest without its entry `hash`.
std::string hash_of(json manifest) {
  manifest.erase("hash");
  const std::string text = manifest.dump(-1, ' ', false, json::error_handler_t::replace);
  return hash_text(hash_bytes(text.data(), text.size()));
}

/// Returns a name as UTF-8. Names of metrics from a run are UTF-8 already and stay as they are.
std::string as_utf8(const std::string& name) { return find_not_utf8(name) == std::string::npos ? name : utf8_text(name); }

}  // namespace

json manifest_of(const Checkpoint& checkpoint) {
  const PlanPlace& place = checkpoint.place;
  json phases = json::object();
  for (const auto& [phase, metrics] : place.phases)
    for (const auto& [name, value] : metrics) phases[phase][as_utf8(name)] = number_or_null(value);
  json resources = json::array();
  json hashes{{"states", hash_text(checkpoint.states.hash())}};
  for (const auto& [name, archive] : checkpoint.resources) {
    resources.push_back(name);
    hashes["resources"][name] = hash_text(archive.hash());
  }
  json records = json::array();
  if (checkpoint.records)
    for (const auto& [name, hash] : checkpoint.records->hashes()) {
      records.push_back(name);
      hashes["records"][name] = hash;
    }
  json recent = json::object();
  for (const auto& [name, values] : place.recent) {
    json& list = recent[as_utf8(name)] = json::array();
    for (const double value : values) list.push_back(number_or_null(value));
  }
  json kept = json::object();
  for (const auto& [name, value] : place.kept) kept[as_utf8(name)] = number_or_null(value);
  json then_sums = json::object();
  for (const auto& [name, sum] : place.then_sums) then_sums[as_utf8(name)] = json::array({number_or_null(sum.first), sum.second});
  // Earlier versions of Leat would resume a run with merged passes without them, so they must refuse its checkpoints.
  json manifest{{"version", checkpoint.merges_passes ? 4 : 3},
                {"graph_hash", checkpoint.graph_hash},
                {"device", checkpoint.device},
                {"seed", checkpoint.seed},
                {"merge_passes", checkpoint.merges_passes},
                {"steps", place.steps},
                {"is_trained", place.is_trained},
                {"validated_at", place.validated_at},
                {"validations", place.validations},
                {"best", number_or_null(place.best)},
                {"best_step", place.best_step},
                {"tied", place.tied},
                {"kept", kept},
                {"weights_of", place.weights_of},
                {"waited", place.waited},
                {"then_done", place.then_done},
                {"then_steps", place.then_steps},
                {"then_sums", then_sums},
                {"seconds", place.seconds},
                {"phases", phases},
                {"recent", recent},
                {"peak_bytes", place.peak_bytes},
                {"ranks", place.ranks},
                {"files", checkpoint.files},
                {"resources", resources},
                {"records", records},
                {"types", checkpoint.types},
                {"plugins", checkpoint.plugins.value_or(std::set<std::string>())},
                {"hashes", hashes}};
  // Hash the manifest as a reader sees it: with replacements for bytes that are not UTF-8.
  manifest = json::parse(manifest.dump(-1, ' ', false, json::error_handler_t::replace));
  manifest["hash"] = hash_of(manifest);
  return manifest;
}

namespace {

/// Returns the number, or NaN for null. Throws nlohmann::json::exception for other values.
double number_of(const json& value) { return value.is_null() ? NAN : value.get<double>(); }

}  // namespace

Checkpoint numbers_of(const json& manifest) {
  Checkpoint out;
  out.version = manifest.at("version");
  if (out.version < 1 || out.version > 4) throw std::runtime_error("it was written by another version of Leat");
  if (manifest.contains("hash") && manifest.at("hash") != hash_of(manifest))
    throw std::runtime_error("manifest.json is damaged: it does not have the hash that it names");
  out.graph_hash = manifest.at("graph_hash");
  out.device = manifest.at("device");
  out.seed = manifest.at("seed");
  out.merges_passes = manifest.value("merge_passes", false);
  PlanPlace& place = out.place;
  place.steps = manifest.at("steps");
  place.is_trained = manifest.at("is_trained");
  place.validated_at = manifest.at("validated_at");
  place.validations = manifest.at("validations");
  place.best = number_of(manifest.at("best"));
  place.best_step = manifest.at("best_step");
  // Earlier versions began a phase of `then` again.
  place.then_steps = manifest.value("then_steps", std::int64_t{0});
  const json then_sums = manifest.value("then_sums", json::object());
  for (const auto& [name, sum] : then_sums.items()) place.then_sums[name] = {number_of(sum.at(0)), sum.at(1).get<std::int64_t>()};
  // Earlier versions did not record these three.
  place.tied = manifest.value("tied", std::int64_t{-1});
  const json kept = manifest.value("kept", json::object());
  for (const auto& [name, value] : kept.items()) place.kept[name] = number_of(value);
  place.weights_of = manifest.value("weights_of", std::map<std::string, std::int64_t>());
  place.waited = manifest.at("waited");
  place.then_done = manifest.at("then_done");
  place.seconds = manifest.at("seconds");
  for (const auto& [phase, metrics] : manifest.at("phases").items())
    for (const auto& [name, value] : metrics.items()) place.phases[phase][name] = number_of(value);
  if (out.version > 1)
    for (const auto& [name, values] : manifest.at("recent").items())
      for (const json& value : values) place.recent[name].push_back(number_of(value));
  out.files = manifest.at("files").get<std::map<std::string, std::int64_t>>();
  place.peak_bytes = manifest.value("peak_bytes", std::int64_t{0});
  place.ranks = manifest.value("ranks", place.ranks);
  // Earlier versions had no ranks.
  if (place.ranks.empty()) place.ranks = {{0, 1}};
  out.types = manifest.value("types", std::map<std::string, std::string>());
  if (out.version > 2) out.plugins = manifest.at("plugins").get<std::set<std::string>>();
  out.saved = manifest.at("resources").get<std::set<std::string>>();
  return out;
}

}  // namespace leat::run
