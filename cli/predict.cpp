#include "leat/prediction.h"

#include <algorithm>
#include <iostream>

#include "context.h"
#include "interrupts.h"
#include "progress.h"

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

struct PredictCommand {
  std::vector<fs::path> runs_and_images;
  fs::path out;
  std::string device = "cpu";
  std::string lane = "plain";
  int threads = 0;
  bool accepts_changed_files = false;
};

/// The graph and the weights with which one run predicts.
struct Member {
  fs::path folder;
  GraphDescription graph;
  KeptWeights weights;
  std::map<std::string, Archive> records;  ///< Records of files that do not depend on the images, such as a network's.
};

Member read_member(const fs::path& folder, const fs::path& images, const Registry& registry) {
  const fs::path file = folder / "graph.yaml";
  if (!fs::exists(file)) throw Refusal(folder.string() + " is not a run's folder: it has no graph.yaml");
  Diagnostics diagnostics;
  const GraphDescription graph = read_graph(file, {}, diagnostics);
  diagnostics.throw_if_errors();
  const auto is_predicting = [](const PhaseText& phase) { return phase.kind == PhaseKind::Predict; };
  const auto phase = std::find_if(graph.phases.begin(), graph.phases.end(), is_predicting);
  auto weights = kept_weights(folder, phase != graph.phases.end() && phase->uses_last);
  if (!weights) throw Refusal(folder.string() + " has no checkpoint to predict with");
  try {
    Member out{folder, prediction_graph(graph, images, registry), std::move(*weights), {}};
    if (auto earlier = earlier_run(folder)) out.records = std::move(earlier->records);
    for (const std::string& name : predicted_data_sets(graph, registry)) out.records.erase(name);
    return out;
  } catch (const Refusal& refusal) {
    throw Refusal(folder.string() + " cannot predict: " + refusal.what());
  }
}

/// Parts of a prediction graph in words, such as `classes` of `net`, and what each of them is.
using GraphParts = std::vector<std::pair<std::string, std::string>>;

void add_values(GraphParts& out, const std::string& name, const std::string& prefix, const Tree& with) {
  for (const Tree::Entry& entry : with.entries) {
    if (entry.value.is_map()) add_values(out, name, prefix + entry.key + ".", entry.value);
    else out.emplace_back("`" + prefix + entry.key + "` of `" + name + "`", flow_text(entry.value));
  }
}

GraphParts parts_of(const GraphDescription& graph) {
  GraphParts out;
  const auto add = [&out](const ComponentText& one) {
    out.emplace_back("`" + one.name + "`", one.uses.text);
    add_values(out, one.name, "", one.with);
  };
  for (const ComponentText& one : graph.resources) add(one);
  for (const NodeText& node : graph.phases.at(0).nodes) {
    add(node);
    if (node.lane) out.emplace_back("`lane` of `" + node.name + "`", node.lane->text);
    if (node.skips_errors) out.emplace_back("`on_error` of `" + node.name + "`", "skip");
    for (const InputText& input : node.in)
      out.emplace_back("the input `" + input.port + (input.member.empty() ? "" : "." + input.member) + "` of `" + node.name + "`",
                       input.from.node + (input.from.port.empty() ? "" : "." + input.from.port));
  }
  return out;
}

std::string shape_words(const std::vector<std::int64_t>& shape) {
  std::string out;
  for (const std::int64_t size : shape) out += (out.empty() ? "" : " x ") + std::to_string(size);
  return out.empty() ? "one number" : out;
}

/// Returns the names and sizes of the weights with which a prediction graph predicts.
GraphParts parts_of_weights(const Member& member) {
  GraphParts out;
  for (const ComponentText& resource : member.graph.resources) {
    const auto weights = member.weights.resources.find(resource.name);
    if (weights == member.weights.resources.end()) continue;
    for (const auto& [name, value] : weights->second.metadata)
      out.emplace_back("`" + name + "` in the weights of `" + resource.name + "`", value);
    for (const auto& [name, entry] : weights->second.entries())
      out.emplace_back("the size of `" + name + "` in the weights of `" + resource.name + "`", shape_words(entry.shape));
  }
  return out;
}

/// Returns "`classes` of `net` is [A, B] in runs/a, but [A, C] in runs/b" for the first parts that differ; empty: none does.
std::string difference(const GraphParts& first, const GraphParts& second, const Member& a, const Member& b) {
  constexpr std::size_t most = 4;
  const auto find = [](const GraphParts& parts, const std::string& name) {
    const auto found = std::find_if(parts.begin(), parts.end(), [&](const auto& one) { return one.first == name; });
    return found == parts.end() ? nullptr : &found->second;
  };
  std::vector<std::string> told;
  for (const auto& [name, value] : first) {
    const std::string* other = find(second, name);
    if (!other) told.push_back(name + " is " + value + " in " + a.folder.string() + ", but not set in " + b.folder.string());
    else if (*other != value)
      told.push_back(name + " is " + value + " in " + a.folder.string() + ", but " + *other + " in " + b.folder.string());
  }
  for (const auto& [name, value] : second)
    if (!find(first, name)) told.push_back(name + " is " + value + " in " + b.folder.string() + ", but not set in " + a.folder.string());
  std::string out;
  for (std::size_t k = 0; k < std::min(most, told.size()); ++k) out += (k == 0 ? "" : "; ") + told[k];
  return told.size() > most ? out + "; and " + std::to_string(told.size() - most) + " other differences" : out;
}

/// Throws Refusal, with what differs, if the predictions of two runs cannot be averaged.
void check_alike(const Member& a, const Member& b) {
  std::string differs = difference(parts_of(a.graph), parts_of(b.graph), a, b);
  // Graphs can be equal although the data gave their networks other classes.
  if (differs.empty()) differs = difference(parts_of_weights(a), parts_of_weights(b), a, b);
  if (!differs.empty()) throw Refusal(a.folder.string() + " and " + b.folder.string() + " cannot be combined: " + differs);
}

std::vector<Member> read_members(const PredictCommand& command, const Registry& registry) {
  if (command.runs_and_images.size() < 2) throw Refusal("name a run, and then the images: leat predict RUN IMAGES --out DIR");
  const fs::path images = command.runs_and_images.back();
  if (!fs::exists(images)) throw Refusal("there are no images at " + images.string());
  if (fs::exists(command.out / "results.json") || fs::exists(command.out / "checkpoints"))
    throw Refusal(command.out.string() + " holds results already: name another folder with --out");
  std::vector<Member> members;
  for (std::size_t k = 0; k + 1 < command.runs_and_images.size(); ++k) {
    members.push_back(read_member(command.runs_and_images[k], images, registry));
    if (k > 0) check_alike(members[0], members[k]);
  }
  return members;
}

/// Returns one graph for all runs. Sets `weights` to the archives that its resources load, and `earlier` to the facts about the runs.
GraphDescription joined(std::vector<Member>& members, const Registry& registry, std::map<std::string, Archive>& weights,
                        EarlierRun& earlier) {
  GraphDescription graph = members[0].graph;
  std::set<std::string> weighted;
  for (const ComponentText& resource : graph.resources)
    if (members[0].weights.resources.contains(resource.name)) weighted.insert(resource.name);
  if (members.size() > 1) average_runs(graph, weighted, static_cast<int>(members.size()), "tensor.mean", registry);
  for (std::size_t k = 0; k < members.size(); ++k)
    for (const std::string& name : weighted)
      weights[member_name(name, static_cast<int>(k))] = std::move(members[k].weights.resources[name]);
  for (const auto& [name, archive] : weights) earlier.loaded.insert(name);
  for (std::size_t k = 0; k < members.size(); ++k)
    for (auto& [name, archive] : members[k].records) earlier.records[member_name(name, static_cast<int>(k))] = std::move(archive);
  return graph;
}

void predict(const PredictCommand& command, Context& context) {
  Interrupts interrupts;
  std::vector<Member> members = read_members(command, context.registry());
  ProgressLine progress;
  for (const Member& member : members)
    progress.message("weights of " + member.folder.string() + " after " + std::to_string(member.weights.steps) + " training steps" +
                     (member.weights.is_best ? ", selected by its plan's `keep`" : ""));
  RunOptions options;
  options.folder = command.out;
  options.keeps_checkpoints = false;
  GraphOptions built;
  const GraphDescription graph = joined(members, context.registry(), options.weights, built.earlier);
  built.earlier.accepts_changed_files = command.accepts_changed_files;
  built.device = command.device;
  Program program = built.build(graph, context.registry());
  options.observers = {{&progress, ProgressLine::hears}};
  Run run(program, lane_of(context.registry(), command.device, command.lane),
          make_tbb_executor(command.threads, context.registry().worker()), options);
  const Interrupts::Stop stop(
      interrupts, "after this step", [&] { run.stop(); }, [&](const std::string& sentence) { progress.message(sentence); });
  if (run.run().was_interrupted) {
    progress.message("interrupted: " + command.out.string() + " has the predictions of some of the images");
    context.exit_code = 130;
    return;
  }
  std::cout << "the predictions are in " << command.out.string() << "\n";
}

}  // namespace

void add_predict(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("predict", "Predicts with the weights of finished runs");
  sub->footer(
      "Runs the graph's `predict` phase with the best weights of a run, or with its last weights if it has no best ones\n"
      "or if the phase has `weights: last`. For several runs it takes the mean of their probabilities. IMAGES is a\n"
      "folder, a list (.csv, .txt) or one picture.\n"
      "Example: leat predict runs/multimix radiographs/ --out predictions\n"
      "         leat predict runs/seed-0 runs/seed-1 one.png --out predictions");
  auto command = std::make_shared<PredictCommand>();
  sub->add_option("runs", command->runs_and_images, "Folders of runs, and then the images")
      ->option_text("RUN... IMAGES REQUIRED")
      ->required();
  sub->add_option("--out", command->out, "The folder for predictions.csv and masks")->type_name("DIR")->check(not_empty())->required();
  sub->add_option("--device", command->device, "Device of the device lane: cpu, cpu:N (N threads) or cuda:N")
      ->type_name("DEVICE")
      ->capture_default_str();
  add_lane_option(*sub, command->lane);
  sub->add_option("--threads", command->threads, "Workers of the cpu lane; 0: one per core")
      ->capture_default_str()
      ->check(whole_in(0, most_threads));
  sub->add_flag("--accept-changed-files", command->accepts_changed_files,
                "Predicts although a network's file is not the one that was trained");
  sub->callback([&context, command] { predict(*command, context); });
}

}  // namespace leat::cli
