#include "leat/prediction.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

#include "context.h"
#include "interrupts.h"
#include "leat/data_look.h"
#include "leat/merge_shards.h"
#include "leat/metrics_text.h"
#include "leat/prediction_model.h"
#include "leat/prediction_outputs.h"
#include "leat/shard_graph.h"
#include "leat/shard_statement.h"
#include "leat/tar_list.h"
#include "leat/value.h"
#include "predicted_shard.h"
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
  bool has_overlays = false;
  bool has_saliency = false;
  bool writes_tars = false;
  bool accepts_changed_files = false;
  std::string image_ending;           ///< Of images in tars; empty: as in the training.
  std::string shard;                  ///< Empty: all images.
  std::optional<ShardNumber> number;  ///< Of the shard; of tars always set.
  std::optional<TarList> tars;        ///< Nullopt: the images are files.
};

/// The graph and the weights with which one run, or exported model, predicts.
struct Member {
  PredictionModel model;
  GraphDescription graph;

  [[nodiscard]] std::string name() const { return model.from.string(); }
};

Member read_member(const fs::path& from, const fs::path& images, const Registry& registry) {
  PredictionModel model = read_prediction_model(from);
  try {
    GraphDescription graph = prediction_graph(model.graph, images, registry);
    read_files(graph);
    for (const std::string& name : predicted_data_sets(model.graph, registry)) model.records.erase(name);
    return {std::move(model), std::move(graph)};
  } catch (const Refusal& refusal) {
    throw Refusal(from.string() + " cannot predict: " + refusal.what());
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
    const auto weights = member.model.weights.resources.find(resource.name);
    if (weights == member.model.weights.resources.end()) continue;
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
    if (!other) told.push_back(name + " is " + value + " in " + a.name() + ", but not set in " + b.name());
    else if (*other != value) told.push_back(name + " is " + value + " in " + a.name() + ", but " + *other + " in " + b.name());
  }
  for (const auto& [name, value] : second)
    if (!find(first, name)) told.push_back(name + " is " + value + " in " + b.name() + ", but not set in " + a.name());
  std::string out;
  for (std::size_t k = 0; k < std::min(most, told.size()); ++k) out += (k == 0 ? "" : "; ") + told[k];
  return told.size() > most ? out + "; and " + std::to_string(told.size() - most) + " other differences" : out;
}

/// Throws Refusal, with what differs, if the predictions of two runs cannot be averaged.
void check_alike(const Member& a, const Member& b) {
  std::string differs = difference(parts_of(a.graph), parts_of(b.graph), a, b);
  // Graphs can be equal although the data gave their networks other classes.
  if (differs.empty()) differs = difference(parts_of_weights(a), parts_of_weights(b), a, b);
  if (!differs.empty()) throw Refusal(a.name() + " and " + b.name() + " cannot be combined: " + differs);
}

std::vector<Member> read_members(const PredictCommand& command, const Registry& registry) {
  if (command.runs_and_images.size() < 2)
    throw Refusal("name a run or an exported model, and then the images: leat predict RUN IMAGES --out DIR");
  const fs::path images = command.runs_and_images.back();
  if (!command.tars && !fs::exists(images))
    throw Refusal("there are no images at " + images.string(), "",
                  images.string().find(":/") == std::string::npos ? "" : "a command can bring tars from elsewhere: \"pipe:COMMAND\"");
  if (!command.number && fs::exists(command.out / "results.json"))
    throw Refusal(command.out.string() + " holds results already: name another folder with --out");
  std::vector<Member> members;
  std::set<fs::path> named;
  for (std::size_t k = 0; k + 1 < command.runs_and_images.size(); ++k) {
    if (!named.insert(fs::weakly_canonical(command.runs_and_images[k])).second)
      throw Refusal(command.runs_and_images[k].string() + " is named twice, so its predictions would count twice");
    members.push_back(read_member(command.runs_and_images[k], images, registry));
    if (k > 0) check_alike(members[0], members[k]);
  }
  return members;
}

/// Returns a graph for all runs.
GraphDescription averaged(GraphDescription graph, const std::vector<Member>& members, const Registry& registry) {
  std::set<std::string> weighted;
  for (const ComponentText& resource : graph.resources)
    if (members[0].model.weights.resources.contains(resource.name)) weighted.insert(resource.name);
  if (members.size() > 1)
    average_runs(graph, weighted, static_cast<int>(members.size()), {"tensor.mean", "tensor.disagreement", "tensor.scores"}, registry);
  return graph;
}

/// Takes from the members the archives that the resources of the graph for all runs load, and sets `earlier` to the facts about the runs.
std::map<std::string, Archive> take_weights(std::vector<Member>& members, EarlierRun& earlier) {
  std::map<std::string, Archive> weights;
  for (const ComponentText& resource : members[0].graph.resources)
    for (std::size_t k = 0; k < members.size(); ++k)
      if (const auto found = members[k].model.weights.resources.find(resource.name); found != members[k].model.weights.resources.end())
        weights[member_name(resource.name, static_cast<int>(k))] = found->second;
  for (const auto& [name, archive] : weights) earlier.loaded.insert(name);
  for (std::size_t k = 0; k < members.size(); ++k)
    for (auto& [name, archive] : members[k].model.records) earlier.records[member_name(name, static_cast<int>(k))] = std::move(archive);
  return weights;
}

/// Returns the graph with phases that judge the predictions; nullopt if the images have no labels that the network knows.
std::optional<GraphDescription> judging(const PredictCommand& command, const std::vector<Member>& members, const Registry& registry,
                                        ProgressLine& progress) {
  std::optional<NewData> images;
  try {
    images = guess_data(command.runs_and_images.back(), registry);
  } catch (const Refusal& refusal) {
    // The images need no labels.
    progress.message("labels of the images are not read: " + std::string(refusal.what()));
    return {};
  }
  GraphDescription out = members[0].graph;
  const Judged judged = add_judgement(out, *images, members.size() > 1);
  for (const std::string& why : judged.why_not)
    progress.message("some labels of " + command.runs_and_images.back().string() + " judge no prediction: " + why);
  if (judged.what.empty()) {
    if (!images->guess.only_class.empty())
      progress.message("classes are not judged: `" + images->guess.only_class + "` is the only one of the images");
    return {};
  }
  progress.message("the images have " + judged.what + " of their own, so the predictions are judged");
  return averaged(std::move(out), members, registry);
}

/// Builds the program, and sets `graph` to the one that judges, if it can be built.
Program built_program(const GraphOptions& options, const std::optional<GraphDescription>& judges, GraphDescription& graph,
                      const Registry& registry, ProgressLine& progress) {
  if (judges) {
    try {
      Program out = options.build(*judges, registry);
      graph = *judges;
      return out;
    } catch (const GraphError& error) {
      // Such as images on which the run was trained.
      const std::vector<Diagnostic>& all = error.diagnostics().all();
      const auto first = std::find_if(all.begin(), all.end(), [](const Diagnostic& one) { return !one.is_warning; });
      progress.message("the predictions are not judged after all: " + (first == all.end() ? "" : first->text));
    }
  }
  return options.build(graph, registry);
}

/// Discloses of judged predictions with which weights they are, if what these were trained on is not known.
void tell_origins(const std::vector<Member>& members, Program& program, ProgressLine& progress) {
  for (const Member& member : members)
    if (member.model.records.empty())
      program.disclosures.push_back("on which images " + member.name() +
                                    " was trained is not known, so evaluation can share images with that training");
  for (const std::string& one : program.disclosures) progress.message("note: " + one);
}

/// Adds to each member's graph what the options ask for, and the comparison with the training images of the first run.
void add_outputs(const PredictCommand& command, std::vector<Member>& members, ProgressLine& progress) {
  const std::optional<TrainedImages>& trained = members[0].model.trained;
  if (!trained)
    progress.message("whether the images are inverted, or darker or brighter than those of the training, is not checked: the training of " +
                     members[0].name() + " did not measure its images with this version's `metric.intensities`");
  else if (trained->sources.empty())
    progress.message("whether an image is inverted is not checked: the training images differ too much from each other");
  GraphDescription& graph = members[0].graph;
  if (command.has_overlays) add_overlays(graph);
  if (command.has_saliency) add_saliency(graph);
  if (command.writes_tars) write_tars(graph);
  if (trained) add_checks(graph, *trained);
}

/// Throws Refusal if the folder has predictions that these ones cannot continue.
void check_folder(const PredictCommand& command, const GraphDescription& graph, const std::map<std::string, Archive>& weights) {
  const auto refuse = [&](const std::string& why) {
    throw Refusal(command.out.string() + " has predictions that were interrupted, " + why + ": name another folder with --out");
  };
  if (!fs::exists(command.out / "graph.yaml")) return;
  std::ifstream in(command.out / "graph.yaml", std::ios::binary);
  const std::string before{std::istreambuf_iterator<char>(in), {}};
  if (before != graph.resolved) refuse("of other images, or with other runs or options");
  const auto kept = kept_weights(command.out, true);
  if (!kept) return;
  for (const auto& [name, archive] : weights)
    if (const auto found = kept->resources.find(name); found != kept->resources.end() && found->second.hash() != archive.hash())
      refuse("with other weights of `" + name + "`");
}

/// Prints what the table of the predictions has. The command fails if no image is predicted.
void print_summary(const PredictCommand& command, Context& context) {
  const fs::path table = command.out / "predictions.csv";
  if (!fs::exists(table)) {
    std::cout << "the predictions are in " << command.out.string() << "\n";
    return;
  }
  const PredictionCounts counts = count_predictions(table);
  std::cout << counts.words() << "\nthe predictions are in " << command.out.string() << "\n";
  // A shard can have only tars without samples.
  if (counts.predicted > 0 || (counts.images == 0 && !command.shard.empty())) return;
  context.exit_code = 1;
  std::cerr << "error: no image is predicted; "
            << (counts.images == 0 ? "there is none" : "the column `status` of " + table.string() + " says why")
            << (command.tars && counts.images > 0 && command.image_ending.empty() ? "; --image-ending chooses the images of the tars" : "")
            << "\n";
}

/// Returns the tars that the images are in; nullopt: they are files.
std::optional<TarList> tars_of(const PredictCommand& command) {
  if (command.runs_and_images.size() < 2) return {};
  const std::string text = command.runs_and_images.back().string();
  if (TarList::is_pipe(text)) return TarList::of_commands(text);
  return TarList::names_tars(text) ? std::optional(TarList::read(text)) : std::nullopt;
}

/// Lets the graph read the tars or the shard that the command asks for.
void read_part(Member& member, const PredictCommand& command, ProgressLine& progress) {
  GraphDescription& graph = member.graph;
  if (command.tars) {
    TarEndings endings = tar_endings(member.model.graph);
    const bool is_named = !command.image_ending.empty();
    if (is_named) endings = {command.image_ending, {}};
    if (const std::string words = endings.words(); !words.empty())
      progress.message(words + (is_named ? "" : ", as in the training of " + member.name()));
    read_tars(graph, command.runs_and_images.back().string(), *command.tars, *command.number, endings);
  } else if (command.number) {
    read_shard(graph, *command.number);
  }
}

void give_commands(Program& program, const std::optional<TarList>& tars) {
  for (ProgramNode& node : program.phases.at(0).nodes)
    if (auto* reader = dynamic_cast<ReadsTars*>(node.node.get()); reader && !tars->commands.empty()) reader->set_commands(*tars);
}

void predict(PredictCommand command, Context& context) {
  Interrupts interrupts;
  if (!command.shard.empty()) {
    command.number = ShardNumber::read(command.shard);
    command.out = shard_folder(command.out, *command.number);
  }
  command.tars = tars_of(command);
  if (command.tars && !command.number) command.number = ShardNumber{};
  if (!command.image_ending.empty() && !command.tars) throw Refusal("--image-ending is for images in tars; the images are files");
  if (command.writes_tars && !command.tars) throw Refusal("--tar needs images in tars, because it writes one tar for each of them");
  std::vector<Member> members = read_members(command, context.registry());
  ProgressLine progress;
  for (const Member& member : members)
    progress.message("weights of " + member.name() + " after " + std::to_string(member.model.weights.steps) + " training steps" +
                     (member.model.weights.is_best ? ", selected by its plan's `keep`" : ""));
  add_outputs(command, members, progress);
  RunOptions options;
  options.folder = command.out;
  options.resumes = true;
  GraphOptions built;
  read_part(members[0], command, progress);
  GraphDescription graph = averaged(members[0].graph, members, context.registry());
  options.weights = take_weights(members, built.earlier);
  built.earlier.accepts_changed_files = command.accepts_changed_files;
  // Predictions that continue must be of the same images.
  if (const auto before = earlier_run(command.out))
    for (const std::string& name : predicted_data_sets(graph, context.registry()))
      if (const auto record = before->records.find(name); record != before->records.end()) built.earlier.records.insert(*record);
  built.device = command.device;
  const auto judges = command.number ? std::nullopt : judging(command, members, context.registry(), progress);
  Program program = built_program(built, judges, graph, context.registry(), progress);
  give_commands(program, command.tars);
  std::optional<ShardStatement> shard;
  if (command.number) {
    shard = statement_of(command.device, graph, options.weights, program);
    progress.message(shard_words(*shard) + "; labels that the images may have are not evaluated");
    if (is_finished(command.out, *shard)) {
      std::cout << "shard " << shard->rows.number.words() << " is finished\n";
      return print_summary(command, context);
    }
  }
  check_folder(command, graph, options.weights);
  if (judges && graph.resolved == judges->resolved) tell_origins(members, program, progress);
  options.observers = {{&progress, ProgressLine::hears}};
  Run run(program, lane_of(context.registry(), command.device, command.lane),
          make_tbb_executor(command.threads, context.registry().worker()), options);
  // From now on no other process works in the folder.
  if (shard) shard->write(command.out);
  const Interrupts::Stop stop(
      interrupts, "after this step", [&] { run.stop(); }, [&](const std::string& sentence) { progress.message(sentence); });
  const RunResult result = run.run();
  if (result.was_interrupted) {
    progress.message("interrupted: " + command.out.string() +
                     " has the predictions of some of the images; the same command continues with the others");
    context.exit_code = 130;
    return;
  }
  // Nothing is left to continue.
  fs::remove_all(command.out / "checkpoints");
  for (const auto& [phase, metrics] : result.phases)
    if (!metrics.empty()) std::cout << phase << "\n" << metrics_text(metrics) << "\n";
  print_summary(command, context);
}

}  // namespace

void add_predict(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("predict", "Predicts with the weights of finished runs");
  sub->footer(
      "Runs the graph's `predict` phase with the best weights of a run, or with its last weights if it has no best ones\n"
      "or if the phase has `weights: last`. For several runs it takes the mean of their probabilities, and predictions.csv\n"
      "says how much they disagree. IMAGES is a folder, a list (.csv, .tsv, .txt, .json) or one picture. Each image has a row, with its\n"
      "warnings: an image that cannot be read, or that looks inverted beside those of the training. The same command\n"
      "continues predictions that were interrupted. With --shard, any number of processes share the images.\n"
      "IMAGES can also be tars of WebDataset: one .tar, several with braces, a folder of them, or a list (.txt). After `pipe:` it is a\n"
      "command that writes a tar to its standard output. /bin/sh runs the command with all of your rights: name only commands that you\n"
      "would type into a terminal. No graph and no list can name one.\n"
      "Example: leat predict runs/multimix radiographs/ --out predictions\n"
      "         leat predict runs/seed-0 runs/seed-1 one.png --out predictions\n"
      "         leat predict runs/multimix list.csv --shard 2/4 --out predictions\n"
      "         leat predict runs/multimix 'images-{000000..000127}.tar' --out predictions\n"
      "         leat predict runs/multimix 'pipe:aws s3 cp s3://bucket/images-{000000..000127}.tar -' --shard 1/4 --out predictions");
  auto command = std::make_shared<PredictCommand>();
  sub->add_option("runs", command->runs_and_images, "Folders of runs, or files of `leat export`, and then the images")
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
  sub->add_flag("--overlay", command->has_overlays, "Also writes each image with the outlines of its masks, to overlays/");
  sub->add_flag("--saliency", command->has_saliency,
                "Also writes how much the classification depends on each pixel, to saliency/: 255 is the most in an image");
  sub->add_flag("--tar", command->writes_tars,
                "Of images in tars: writes masks, overlays and saliency maps as one tar for each of them, to tars/");
  sub->add_option("--image-ending", command->image_ending,
                  "Of images in tars: the entries KEY.ENDING are the images (default: as in the training, or the only picture of a sample)")
      ->type_name("ENDING")
      ->check(not_empty());
  sub->add_flag("--accept-changed-files", command->accepts_changed_files,
                "Predicts although a network's file is not the one that was trained");
  sub->add_option("--shard", command->shard,
                  "Predicts part I of N equal parts of the images, to DIR/shard-I-of-N; `leat merge` joins the parts")
      ->type_name("I/N")
      ->check(not_empty());
  sub->callback([&context, command] { predict(*command, context); });
}

}  // namespace leat::cli
