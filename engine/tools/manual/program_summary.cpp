#include "leat/program_summary.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/duration.h"
#include "base/scalar.h"
#include "base/text_table.h"
#include "leat/counts_samples.h"
#include "leat/streams_samples.h"
#include "leat/wording.h"
#include "manual/data_text.h"
#include "manual/merged_text.h"
#include "program/edges.h"
#include "run/value_cache.h"

namespace leat {

namespace {

using nlohmann::json;

/// How often a node runs in a step: "10 x labelled" (once per sample), "10 rows of labelled" (once, on all rows) or "1 a step".
std::string rate(const ProgramPhase& phase, const ProgramNode& node) {
  if (node.origin < 0) return "1 a step";
  const Origin& origin = phase.origins[static_cast<std::size_t>(node.origin)];
  const std::string source = phase.nodes[static_cast<std::size_t>(origin.source)].name;
  return std::to_string(origin.rows) + (node.grain == Grain::Slot ? " x " : " rows of ") + source;
}

std::string gives(const ProgramPhase& phase, const ProgramNode& node) {
  std::string out;
  for (const int w : node.wires) {
    const Wire& wire = phase.wires[static_cast<std::size_t>(w)];
    if (!out.empty()) out += "; ";
    if (node.wires.size() > 1) out += std::string(wire.port->name()) + ": ";
    out += std::string(wire.port->type().name);
    if (wire.contract.has_shape) out += " " + wire.contract.str();
    if (wire.readers.empty()) out += " (unused)";
  }
  return out;
}

/// Returns a number with at most one decimal: `2.7`, `4`.
std::string rounded(double number) {
  std::string out = number_text(std::round(number * 10) / 10);
  return out.ends_with(".0") ? out.substr(0, out.size() - 2) : out;
}

/// Returns the words after "every": `step`, `500 steps`.
std::string step_count(std::int64_t steps) { return steps == 1 ? "step" : std::to_string(steps) + " steps"; }

/// Returns a period in words: `epoch (2.7 steps)`, `2 epochs (5.3 steps)`, `500 steps`.
std::string period_words(const Period& period) {
  const auto steps = [](double count) { return rounded(count) + (count == 1 ? " step" : " steps"); };
  if (period.steps > 0) return step_count(period.steps);
  const std::string epochs = period.epochs == 1 ? "epoch" : number_text(period.epochs) + " epochs";
  return epochs + " (" + steps(period.length()) + ")";
}

json contract_json(const Contract& contract) {
  if (!contract.has_shape) return nullptr;
  json dims = json::array();
  for (const Dim& dim : contract.dims) dims.push_back(dim.is_known() ? json(dim.size) : json(dim.symbol));
  return {{"dims", dims}, {"open", contract.is_open}, {"type", std::string(leat::name(contract.dtype))}};
}

/// Returns `node.port` of each wire whose size is not known before a run, or with `assumed` of each wire whose size is assumed.
std::vector<std::string> unknown_sizes(const ProgramPhase& phase, bool assumed) {
  std::vector<std::string> names;
  for (const Wire* wire : phase.unknown_sizes())
    if ((wire->is_size_known && wire->is_size_assumed) == assumed)
      names.push_back(phase.nodes[static_cast<std::size_t>(wire->node)].name + "." + std::string(wire->port->name()));
  return names;
}

/// Returns true if the source reads a data set that counts its samples itself.
bool has_counted_data(const Program& program, const ProgramNode& source) {
  return std::any_of(source.resources.begin(), source.resources.end(), [&](const auto& use) {
    return dynamic_cast<const CountsSamples*>(program.resources[static_cast<std::size_t>(use.first)].resource.get()) != nullptr;
  });
}

constexpr const char* endless = "endless";
constexpr const char* until_its_end = "until its end";

std::string length_text(const ProgramNode& source) {
  if (source.length > 0) return std::to_string(source.length);
  return dynamic_cast<const StreamsSamples*>(source.node.get()) ? until_its_end : endless;
}

/// Counts what a source lists. Its labels and masks are not known.
TextRow counted_row(const std::string& name, const ProgramNode& node) {
  std::set<std::string> patients;
  node.source->list_samples([&](const Sample& sample) {
    if (!sample.patient.empty()) patients.insert(sample.patient);
  });
  return {name, "", "", length_text(node), "", "", patients.empty() ? "" : std::to_string(patients.size())};
}

json rows_json(const std::vector<TextRow>& rows) {
  json out = json::array();
  for (std::size_t k = 1; k < rows.size(); ++k) {
    json one = json::object();
    for (std::size_t column = 0; column < rows[k].size(); ++column) {
      const std::string& text = rows[k][column];
      const std::string& heading = rows[0][column];
      const bool is_name =
          heading == "data" || heading == "part" || heading == "class" || heading == "source" || text == endless || text == until_its_end;
      std::string key = heading;
      std::replace(key.begin(), key.end(), ' ', '_');
      one[key] = text.empty() ? json(nullptr) : is_name ? json(text) : json::parse(text);
    }
    out.push_back(std::move(one));
  }
  return out;
}

json phase_json(const Program& program, const ProgramPhase& phase) {
  json nodes = json::array();
  for (const int index : phase.order) {
    const ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
    json inputs = json::array(), outputs = json::array(), resources = json::array();
    for (const BoundInput& input : node.inputs)
      for (const Feed& feed : input.feeds)
        inputs.push_back({{"port", std::string(input.port->name())},
                          {"name", feed.member},
                          {"from", program::name_of(phase, phase.wires[static_cast<std::size_t>(feed.wire)])}});
    for (const int w : node.wires) {
      const Wire& wire = phase.wires[static_cast<std::size_t>(w)];
      outputs.push_back({{"port", std::string(wire.port->name())},
                         {"type", std::string(wire.port->type().name)},
                         {"contract", contract_json(wire.contract)},
                         {"grain", wire.grain == Grain::Slot ? "slot" : "step"},
                         {"readers", wire.readers.size()},
                         {"bytes", wire.is_size_known ? json(wire.bytes) : json(nullptr)}});
    }
    for (const auto& [resource, access] : node.resources)
      resources.push_back(
          {{"name", program.resources[static_cast<std::size_t>(resource)].name}, {"changes", access == UsePort::Access::Write}});
    nodes.push_back(
        {{"name", node.name},
         {"type", node.type->id},
         {"place", node.place.str()},
         {"lane", node.lane == LaneKind::Device ? "device" : "cpu"},
         {"segment", node.segment < 0 ? json(nullptr) : json(node.segment)},
         {"grain", node.grain == Grain::Slot ? "slot" : "step"},
         {"origin", node.origin < 0
                        ? json(nullptr)
                        : json(phase.nodes[static_cast<std::size_t>(phase.origins[static_cast<std::size_t>(node.origin)].source)].name)},
         {"rows", node.origin < 0 ? json(nullptr) : json(phase.origins[static_cast<std::size_t>(node.origin)].rows)},
         {"ordered", node.is_ordered()},
         {"inputs", inputs},
         {"outputs", outputs},
         {"resources", resources}});
  }
  return {{"name", phase.name},
          {"kind", std::string(leat::name(phase.kind))},
          {"steps", phase.steps},
          {"steps_in_flight", phase.credits},
          {"step_bytes", phase.step_bytes},
          {"bound_bytes", phase.bound_bytes()},
          {"unknown_sizes", unknown_sizes(phase, false)},
          {"assumed_sizes", unknown_sizes(phase, true)},
          {"segments", phase.segments.size()},
          {"merged_passes", merged_passes_json(phase)},
          {"lone_passes", lone_passes_json(phase)},
          {"sources", rows_json(source_rows(phase))},
          {"nodes", nodes}};
}

/// Returns a line on what test phases keep for reports; empty if they keep nothing.
std::string kept_words(const Program& program) {
  if (program.plan.keep_bytes == 0) return {};
  std::size_t nodes = 0;
  std::int64_t share = 0;
  for (const ProgramPhase& phase : program.phases)
    for (const ProgramNode& node : phase.nodes)
      if (node.keep_bytes > 0) {
        ++nodes;
        share = node.keep_bytes;
      }
  return "test phases keep up to " + size_words(program.plan.keep_bytes) + " of pictures for reports: " + std::to_string(nodes) +
         (nodes == 1 ? " node, " : " nodes, each ") + size_words(share) + "\n";
}

json cache_json(const ProgramCache& cache) {
  if (!cache.is_on()) return nullptr;
  return {{"memory_bytes", cache.memory_bytes},
          {"file_bytes", cache.file_bytes},
          {"images", cache.is_size_known ? json(cache.values) : json(nullptr)},
          {"expected_bytes", cache.is_size_known ? json(cache.expected_bytes) : json(nullptr)}};
}

/// Returns a line on what the cache keeps, and whether that is all; empty if there is none.
std::string cache_words(const Program& program) {
  const ProgramCache& cache = program.plan.cache;
  if (!cache.is_on()) return {};
  std::string stretches;
  for (const int index : {program.plan.train, program.plan.validate}) {
    if (index < 0) continue;
    const ProgramPhase& phase = program.phases[static_cast<std::size_t>(index)];
    for (const Stretch& stretch : phase.stretches) {
      stretches += "\n  " + phase.name + ": ";
      for (const int node : stretch.nodes)
        stretches += (node == stretch.nodes.front() ? "`" : " → `") + phase.nodes[static_cast<std::size_t>(node)].name + "`";
    }
    for (const int node : phase.recorded)
      stretches += "\n  " + phase.name + ": `" + phase.nodes[static_cast<std::size_t>(node)].name + "` is recorded, so it is not kept";
  }
  std::string out = "\nthe cache keeps what comes of these nodes";
  const std::int64_t room = cache.memory_bytes + cache.file_bytes;
  std::string rooms = cache.memory_bytes > 0 ? size_words(cache.memory_bytes) + " of memory" : "";
  if (cache.file_bytes > 0) rooms += (rooms.empty() ? "" : " and ") + size_words(cache.file_bytes) + " of a file";
  if (!cache.is_size_known) return out + "; how much that is, is not known before the run; it has " + rooms + ":" + stretches;
  out += "; at most " + std::to_string(cache.values) + " images, " + size_words(cache.expected_bytes) + ", ";
  if (cache.expected_bytes <= room) return out + "which fit into " + rooms + ":" + stretches;
  const double share = static_cast<double>(room) / static_cast<double>(cache.expected_bytes);
  return out + "of which " + std::to_string(static_cast<int>(100 * share)) + " % fit into " + rooms + ":" + stretches;
}

}  // namespace

std::vector<TextRow> data_rows(const Program& program) {
  std::vector<TextRow> rows;
  const auto add = [&](const std::string& name, const CountsSamples& data) {
    for (const SampleCount& one : data.sample_counts())
      rows.push_back({name, one.part, one.class_name, std::to_string(one.images), std::to_string(one.labels), std::to_string(one.masks),
                      std::to_string(one.patients)});
  };
  for (const ProgramResource& one : program.resources)
    if (const auto* data = dynamic_cast<const CountsSamples*>(one.resource.get())) add(one.name, *data);
  for (const ProgramPhase& phase : program.phases)
    for (const ProgramNode& node : phase.nodes) {
      if (!node.source || has_counted_data(program, node)) continue;
      const std::string name = phase.name + "." + node.name;
      if (const auto* data = dynamic_cast<const CountsSamples*>(node.node.get())) add(name, *data);
      else rows.push_back(counted_row(name, node));
    }
  if (!rows.empty()) rows.insert(rows.begin(), TextRow{"data", "part", "class", "images", "labels", "masks", "patients"});
  return rows;
}

std::vector<TextRow> source_rows(const ProgramPhase& phase) {
  std::vector<TextRow> rows{{"source", "samples", "a step", "steps of an epoch"}};
  for (const Origin& origin : phase.origins) {
    const ProgramNode& source = phase.nodes[static_cast<std::size_t>(origin.source)];
    const double steps = Epoch{source.length, *source.source->batch}.steps();
    // Steps of a training go on over the end of an epoch. The last step of another phase is smaller.
    const std::string text = phase.kind == PhaseKind::Train ? rounded(steps) : rounded(std::ceil(steps));
    rows.push_back({source.name, length_text(source), std::to_string(origin.rows), source.length == 0 ? "" : text});
  }
  return rows;
}

std::string steps_text(const ProgramPhase& phase) {
  if (const ProgramNode* stream = phase.stream()) return "steps until the end of `" + stream->name + "`";
  return std::to_string(phase.steps) + (phase.steps == 1 ? " step" : " steps");
}

std::string phase_text(const ProgramPhase& phase) {
  const auto on_device = std::count_if(phase.nodes.begin(), phase.nodes.end(), [](const ProgramNode& one) { return one.segment >= 0; });
  const auto on_workers = static_cast<std::ptrdiff_t>(phase.nodes.size()) - on_device;
  return phase.name + ": " + steps_text(phase) + ", at most " + std::to_string(phase.credits) + " in flight" +
         (phase.credits < phase.credits_without_cache
              ? " (" + std::to_string(phase.credits_without_cache) + " without the memory of the cache)"
              : "") +
         ", values " + (phase.has_unknown_sizes() ? "of known size " : "") + "up to " + size_words(phase.bound_bytes()) +
         "; nodes by lane: " + std::to_string(on_workers) + " cpu, " + std::to_string(on_device) + " device";
}

std::string size_notes(const ProgramPhase& phase) {
  const std::vector<std::string> unknown = unknown_sizes(phase, false), assumed = unknown_sizes(phase, true);
  std::string out;
  if (!unknown.empty()) out += "  sizes not known before the run, and not counted: " + joined(unknown) + "\n";
  if (!assumed.empty()) out += "  sizes assumed to equal those of the node's inputs: " + joined(assumed) + "\n";
  if (!out.empty()) out += "  these are measured during the run; above `memory`, only the oldest step continues\n";
  return out;
}

std::string program_table(const Program& program) {
  std::string out = program.title.empty() ? "" : program.title + "\n\n";
  if (!program.params.empty()) {
    std::vector<TextRow> rows{{"parameter", "value", "allowed", "what"}};
    for (const ParamText& one : program.params) rows.push_back({one.name, one.value, one.allowed, one.doc});
    out += text_table(rows) + "\n";
  }
  if (!program.resources.empty()) {
    std::vector<TextRow> rows{{"resource", "type"}};
    for (const ProgramResource& one : program.resources) rows.push_back({one.name, one.type->id});
    out += text_table(rows) + "\n";
  }
  if (const std::vector<TextRow> rows = data_rows(program); !rows.empty()) out += text_table(rows) + "\n";
  for (const ProgramPhase& phase : program.phases) {
    out += phase_text(phase) + "\n";
    std::vector<TextRow> rows{{"node", "type", "lane", "runs for", "gives"}};
    for (const int index : phase.order) {
      const ProgramNode& node = phase.nodes[static_cast<std::size_t>(index)];
      const std::string lane = node.segment < 0             ? "cpu"
                               : phase.segments.size() == 1 ? "device"
                                                            : "device " + std::to_string(node.segment + 1);
      rows.push_back({node.name, node.type->id, lane + (node.is_ordered() ? ", in order" : ""), rate(phase, node), gives(phase, node)});
    }
    out += text_table(rows) + merged_passes_text(program, phase) + size_notes(phase) +
           (phase.origins.empty() ? "" : "\n" + text_table(source_rows(phase))) + "\n";
  }
  for (const std::string& sentence : program.disclosures) out += "note: " + sentence + "\n";
  out += std::string(program.disclosures.empty() ? "" : "\n") + "plan: " + plan_text(program);
  return out + "\n" + memory_text(program) + "\n" + kept_words(program);
}

std::string memory_text(const Program& program) {
  const bool has_unknown =
      std::any_of(program.phases.begin(), program.phases.end(), [](const ProgramPhase& one) { return one.has_unknown_sizes(); });
  const std::int64_t cache = program.plan.cache.most_memory();
  return "values " + std::string(has_unknown ? "of known size " : "") + "in flight take up to " + size_words(program.bound_bytes()) +
         (cache > 0 ? ", and the cache up to " + size_words(cache) + "," : "") + " of the " + size_words(program.memory_bytes) +
         " allowed" + cache_words(program);
}

std::string cache_disk_note(const Program& program, const std::filesystem::path& folder) {
  return run::no_room_for_file(program.plan.cache, folder);
}

std::string plan_text(const Program& program) {
  std::string out;
  if (program.plan.train >= 0) {
    out += std::to_string(program.plan.steps) + " steps of " + program.phases[static_cast<std::size_t>(program.plan.train)].name;
    if (program.plan.validate >= 0)
      out += ", " + program.phases[static_cast<std::size_t>(program.plan.validate)].name + " every " +
             period_words(program.plan.validate_every);
    out += ", a checkpoint every " +
           (program.plan.checkpoint_every > 0 ? step_count(program.plan.checkpoint_every) : duration_text(program.plan.checkpoint_seconds));
  }
  for (std::size_t k = 0; k < program.plan.then.size(); ++k) {
    const ProgramPhase& phase = program.phases[static_cast<std::size_t>(program.plan.then[k])];
    out += (k > 0 || program.plan.train >= 0 ? ", then " : "") + phase.name + (phase.uses_last ? " with the last weights" : "");
  }
  if (const ProgramRecord& record = program.plan.record; !record.outputs.empty()) {
    out += ", " + std::to_string(record.outputs.size()) + (record.outputs.size() == 1 ? " output" : " outputs") + " recorded";
    if (program.plan.train >= 0 && record.has(program.plan.train)) out += " every " + period_words(record.every);
    const auto unknown = std::count_if(record.outputs.begin(), record.outputs.end(), [&](const ProgramRecord::Output& one) {
      return !program.phases[static_cast<std::size_t>(one.phase)].wires[static_cast<std::size_t>(one.wire)].is_size_known;
    });
    out +=
        std::string(unknown > 0 ? " (at least " : " (about ") + size_words(record.expected_bytes) + " of " +
        size_words(record.budget_bytes) +
        (unknown > 0 ? "; the size of " + std::to_string(unknown) + (unknown == 1 ? " output" : " outputs") + " is not known before the run"
                     : "") +
        ")";
  }
  return out;
}

std::string program_json(const Program& program) {
  nlohmann::json list = nlohmann::json::array(), used = nlohmann::json::array(), set = nlohmann::json::array();
  for (const ParamText& one : program.params)
    set.push_back({{"name", one.name}, {"value", one.value}, {"doc", one.doc}, {"allowed", one.allowed}});
  for (const ProgramPhase& phase : program.phases) list.push_back(phase_json(program, phase));
  for (const ProgramResource& one : program.resources) used.push_back({{"name", one.name}, {"type", one.type->id}});
  return nlohmann::json{{"version", 1},
                        {"title", program.title},
                        {"graph_hash", program.graph_hash},
                        {"parameters", set},
                        {"resources", used},
                        {"data", rows_json(data_rows(program))},
                        {"data_found", found_json(program)},
                        {"phases", list},
                        {"bound_bytes", program.bound_bytes()},
                        {"memory_bytes", program.memory_bytes},
                        {"keep_bytes", program.plan.keep_bytes},
                        {"cache", cache_json(program.plan.cache)},
                        {"disclosures", program.disclosures}}
             .dump(2, ' ', false, json::error_handler_t::replace) +
         "\n";
}

}  // namespace leat
