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

std::vector<Member> read_members(const PredictCommand& command, const Registry& registry) {
  if (command.runs_and_images.size() < 2) throw Refusal("name a run, and then the images: leat predict RUN IMAGES --out DIR");
  const fs::path images = command.runs_and_images.back();
  if (!fs::exists(images)) throw Refusal("there are no images at " + images.string());
  if (fs::exists(command.out / "results.json") || fs::exists(command.out / "checkpoints"))
    throw Refusal(command.out.string() + " holds results already: name another folder with --out");
  std::vector<Member> members;
  for (std::size_t k = 0; k + 1 < command.runs_and_images.size(); ++k) {
    members.push_back(read_member(command.runs_and_images[k], images, registry));
    if (members[k].graph.resolved != members[0].graph.resolved)
      throw Refusal(members[0].folder.string() + " and " + members[k].folder.string() +
                    " cannot be combined: their `predict` phases or their networks differ");
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
  Run run(program, make_lane(context.registry(), command.device), make_tbb_executor(command.threads, context.registry().worker()), options);
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
  sub->add_option("--threads", command->threads, "Workers of the cpu lane; 0: one per core")
      ->capture_default_str()
      ->check(whole_in(0, most_threads));
  sub->add_flag("--accept-changed-files", command->accepts_changed_files,
                "Predicts although a network's file is not the one that was trained");
  sub->callback([&context, command] { predict(*command, context); });
}

}  // namespace leat::cli
