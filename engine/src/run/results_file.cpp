#include "run/results_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/declared_metric.h"
#include "base/image_metrics.h"
#include "base/json.h"
#include "base/recorded_files.h"
#include "base/utf8.h"
#include "leat/counts_samples.h"
#include "leat/thrown.h"
#include "leat/value.h"

namespace leat::run {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// Returns a parameter's value as JSON: a number or a truth value if possible, otherwise text.
json typed(const std::string& text) {
  const json parsed = json::parse(text, nullptr, false);
  return parsed.is_number() || parsed.is_boolean() ? parsed : json(utf8_text(text));
}

json object_of(const Metrics& metrics) {
  json out = json::object();
  for (const auto& [name, value] : metrics) out[name] = number_or_null(value);
  return out;
}

/// What the nodes declare of the metrics that were measured, so that who reads the results needs no node.
json declared_metrics(const Program& program, const std::map<std::string, Metrics>& phases) {
  json out = json::object();
  for (const ProgramPhase& phase : program.phases) {
    const auto measured = phases.find(phase.name);
    if (measured == phases.end()) continue;
    for (const auto& [name, value] : measured->second) {
      const std::size_t dot = name.find('.');
      const int node = dot == std::string::npos ? -1 : phase.find(name.substr(0, dot));
      const Metric* metric =
          node < 0 ? nullptr : find_declared(phase.nodes[static_cast<std::size_t>(node)].node->metrics(), name.substr(dot + 1));
      if (!metric) continue;
      const Better better = metric->better();
      out[phase.name + "." + name] = {{"better", better == Better::Higher  ? "higher"
                                                 : better == Better::Lower ? "lower"
                                                                           : "neither"},
                                      {"low", number_or_null(metric->bounds().low)},
                                      {"high", number_or_null(metric->bounds().high)},
                                      {"is_headline", metric->shown() == Shown::Headline},
                                      {"sentence", metric->sentence()}};
    }
  }
  return out;
}

/// Returns the positive classes by `phase.node`, from the files in images/, which phases that ended before a resume have written too.
json positive_classes(const fs::path& folder, const std::map<std::string, Metrics>& phases) {
  constexpr std::string_view ending = ".sensitivity";
  json out = json::object();
  for (const auto& [phase, metrics] : phases)
    for (const auto& [name, value] : metrics) {
      if (!name.ends_with(ending)) continue;
      const std::string place = phase + "." + name.substr(0, name.size() - ending.size());
      std::ifstream in(folder / "images" / (place + ".json"), std::ios::binary);
      if (!in) continue;
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      try {
        if (const std::string positive = positive_class(read_image_metrics(text)); !positive.empty()) out[place] = positive;
      } catch (const std::runtime_error&) {
        // Someone else has changed the file. A report says so.
      }
    }
  return out;
}

/// Returns the versions of Leat, of the libraries whose values it uses, and of the plugins in the graph.
json versions_of(const Program& program) {
  json out{{"Leat", LEAT_VERSION}};
  const auto add = [&out](const std::string& name_and_version) {
    const std::size_t space = std::min(name_and_version.find(' '), name_and_version.size());
    out[name_and_version.substr(0, space)] = name_and_version.substr(std::min(space + 1, name_and_version.size()));
  };
  for (const auto& [value, build] : program.value_builds) add(build);
  for (const std::string& plugin : plugins_of(program)) add(plugin);
  return out;
}

/// Returns for each resource that uses files their number and a hash of their names and contents; null instead of it if some could not be
/// read.
json data_of(const Program& program, const Records* records) {
  json out = json::object();
  if (!records) return out;
  for (const ProgramResource& one : program.resources) {
    const Archive* record = records->find(one.name);
    if (!record) continue;
    std::vector<std::string> files;
    bool is_whole = true, is_read = true;
    for (const RecordedFile& file : recorded_files(*record)) {
      files.push_back(file.name + '\0' + std::to_string(file.bytes) + ' ' + std::to_string(file.contents));
      is_whole = is_whole && file.is_whole;
      is_read = is_read && file.contents != 0;
    }
    if (files.empty()) continue;
    std::sort(files.begin(), files.end());
    std::string all;
    for (const std::string& file : files) all += file + '\0';
    out[one.name] = {{"files", files.size()},
                     {"fingerprint", is_read ? json(hash_text(hash_bytes(all.data(), all.size()))) : json()},
                     {"is_whole", is_whole}};
  }
  return out;
}

json cache_use(const std::optional<CacheUse>& use) {
  if (!use) return nullptr;
  return {{"values", use->values}, {"bytes", use->bytes},       {"file_bytes", use->file_bytes}, {"found", use->found},
          {"missed", use->missed}, {"left_out", use->left_out}, {"since_step", use->since_step}};
}

json counts_of(const std::string& name, const CountsSamples& data) {
  json out = json::array();
  for (const SampleCount& one : data.sample_counts())
    out.push_back({{"data", name},
                   {"part", utf8_text(one.part)},
                   {"class", utf8_text(one.class_name)},
                   {"images", one.images},
                   {"labels", one.labels},
                   {"masks", one.masks},
                   {"patients", one.patients}});
  return out;
}

/// Calls `count` for each data set that counts its samples, with its name: a resource, or a source as `phase.node`.
template <class Count>
void for_each_data_set(const Program& program, Count count) {
  for (const ProgramResource& one : program.resources)
    if (const auto* data = dynamic_cast<const CountsSamples*>(one.resource.get())) count(one.name, *data);
  for (const ProgramPhase& phase : program.phases)
    for (const ProgramNode& node : phase.nodes)
      if (const auto* data = dynamic_cast<const CountsSamples*>(node.node.get())) count(phase.name + "." + node.name, *data);
}

/// Returns the number of samples of each source by `phase.node`, without endless ones.
json lengths_of(const Program& program) {
  json out = json::object();
  for (const ProgramPhase& phase : program.phases)
    for (const ProgramNode& node : phase.nodes)
      if (node.source && node.length > 0) out[phase.name + "." + node.name] = node.length;
  return out;
}

json kept_validation(const std::optional<RunResult::Kept>& kept) {
  if (!kept) return nullptr;
  return {{"step", kept->step}, {"phase", kept->phase}, {"metrics", object_of(kept->metrics)}};
}

}  // namespace

std::string results_text(const fs::path& folder, const Program& program, std::string_view device, const RunResult& result,
                         const Records* records, Messages& messages) {
  json parameters = json::object();
  for (const ParamText& param : program.params) parameters[param.name] = typed(param.value);
  json phases = json::object();
  for (const auto& [phase, metrics] : result.phases) phases[phase] = object_of(metrics);
  json resources = json::object(), samples = json::array();
  std::vector<std::string> warnings = result.warnings;
  for_each_data_set(program, [&](const std::string& name, const CountsSamples& data) {
    try {
      for (json& one : counts_of(name, data)) samples.push_back(std::move(one));
    } catch (...) {
      const std::string sentence = "the counts of `" + name + "` are left out: " + words_of_current_exception();
      messages.warn(sentence);
      warnings.push_back(sentence);
    }
  });
  for (const ProgramResource& one : program.resources) {
    try {
      for (const auto& [name, count] : one.resource->facts()) resources[one.name][utf8_text(name)] = count;
    } catch (...) {
      const std::string sentence = "the facts of `" + one.name + "` (" + one.type->id + ") are left out: " + words_of_current_exception();
      messages.warn(sentence);
      warnings.push_back(sentence);
    }
  }
  // Warnings contain names of samples, which can be any bytes. Different names stay different.
  std::transform(warnings.begin(), warnings.end(), warnings.begin(), utf8_text);
  std::vector<std::string> disclosures = result.disclosures;
  std::transform(disclosures.begin(), disclosures.end(), disclosures.begin(), utf8_text);
  const json results{{"version", 1},
                     {"title", utf8_text(program.title)},
                     {"graph_hash", program.graph_hash},
                     {"seed", program.settings.seed},
                     {"device", device},
                     {"merge_passes", program.settings.merges_passes},
                     {"ranks", result.ranks},
                     {"parameters", parameters},
                     {"resources", resources},
                     {"seconds", result.seconds},
                     {"steps", result.steps},
                     {"peak_bytes", result.peak_bytes},
                     {"bound_bytes", program.bound_bytes()},
                     {"cache", cache_use(result.cache)},
                     {"phases", phases},
                     {"metrics", declared_metrics(program, result.phases)},
                     {"positive_classes", positive_classes(folder, result.phases)},
                     {"weights_of", result.weights_of},
                     {"kept", kept_validation(result.kept)},
                     {"warnings", warnings},
                     {"disclosures", disclosures},
                     {"versions", versions_of(program)},
                     {"data", data_of(program, records)},
                     {"samples", samples},
                     {"lengths", lengths_of(program)}};
  return results.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace leat::run
