#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <thread>

#include "context.h"
#include "interrupts.h"
#include "leat/tensorboard.h"
#include "progress.h"

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

struct RunCommand {
  GraphOptions options;
  fs::path out;
  fs::path resume;
  int threads = 0;
  bool accepts_changed_graph = false;
  bool accepts_changed_files = false;
  bool has_device = false;
  bool has_seed = false;
  bool tensorboard = false;
};

/// Keeps a run's event file for TensorBoard up to date, every second, from the run's first step on. [one thread] but for its own
class Follower final : public Observer {
 public:
  Follower(fs::path run, std::function<void(const std::string&)> failed) : run_(std::move(run)), failed_(std::move(failed)) {}
  ~Follower() override { end(); }

  /// Only a run that goes on has the folder for itself.
  void step_retired(const Progress&) override {
    if (!thread_.joinable()) thread_ = std::thread([this] { follow(); });
  }
  /// Adds what is left, and returns when the file has it.
  void end() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard guard(lock_);
      is_closing_ = true;
    }
    closing_.notify_all();
    thread_.join();
  }

 private:
  void follow() {
    try {
      while (!waited()) update();
      update();
    } catch (const std::exception& error) {
      failed_(error.what());
    }
  }

  /// Returns true at the end.
  bool waited() {
    std::unique_lock guard(lock_);
    return closing_.wait_for(guard, std::chrono::seconds(1), [this] { return is_closing_; });
  }

  void update() {
    if (!file_) file_.emplace(run_, run_ / "tensorboard");
    file_->update();
  }

  const fs::path run_;
  const std::function<void(const std::string&)> failed_;
  std::optional<TensorboardFile> file_;
  std::mutex lock_;
  std::condition_variable closing_;
  bool is_closing_ = false;
  std::thread thread_;
};

std::string read_file(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// runs/demo, or runs/demo-2 and so on where that holds a run.
fs::path free_folder(const fs::path& graph) {
  const fs::path first = fs::path("runs") / graph.stem();
  fs::path folder = first;
  for (int number = 2; fs::exists(folder); ++number) folder = first.string() + "-" + std::to_string(number);
  return folder;
}

/// Lines that only one of two texts has, in their order.
std::string difference(const std::string& before, const std::string& now) {
  std::multiset<std::string> lines;
  std::string out;
  std::istringstream first(before), second(now);
  for (std::string line; std::getline(second, line);) lines.insert(line);
  for (std::string line; std::getline(first, line);) {
    const auto found = lines.find(line);
    if (found != lines.end()) lines.erase(found);
    else out += "  - " + line + "\n";
  }
  std::istringstream again(now);
  for (std::string line; std::getline(again, line);) {
    const auto found = lines.find(line);
    if (found == lines.end()) continue;
    lines.erase(found);
    out += "  + " + line + "\n";
  }
  return out;
}

/// What a resumed run takes from its folder: graph, seed and device.
void prepare_resume(RunCommand& command, const Registry& registry) {
  const fs::path kept = command.resume / "graph.yaml";
  if (!fs::exists(kept)) throw Refusal(command.resume.string() + " is no run's folder: it has no graph.yaml");
  if (command.options.graph.empty() && !command.options.set.empty())
    throw Refusal(
        "a run is resumed with the parameters that it was begun with, and `--set` cannot change them in its folder's graph.yaml; "
        "to go on with others name the graph: leat run GRAPH --resume " +
        command.resume.string() + " --set " + command.options.set.front() + " --accept-changed-graph");
  command.out = command.resume;
  const auto checkpoint = last_checkpoint(command.resume);
  if (checkpoint) {
    if (!command.has_device) command.options.device = checkpoint->device;
    if (!command.has_seed) command.options.seed = checkpoint->seed;
    if (command.options.seed != checkpoint->seed)
      throw Refusal("this run was begun with --seed " + std::to_string(checkpoint->seed) + ", not " + std::to_string(command.options.seed));
  }
  // Before the program is built, for a validation is as long as the split that was drawn has images for it.
  if (auto earlier = earlier_run(command.resume)) {
    command.options.earlier = std::move(*earlier);
    command.options.earlier.accepts_changed_files = command.accepts_changed_files;
    // Nothing is left to read.
    if (!command.accepts_changed_graph && fs::is_regular_file(command.resume / "results.json")) command.options.earlier.records.clear();
  }
  if (command.options.graph.empty()) {
    command.options.graph = kept;
    return;
  }
  const std::string now = command.options.build(registry).resolved;
  const std::string before = read_file(kept);
  if (now != before && !command.accepts_changed_graph)
    throw Refusal("the graph is not the one this run was begun with; --accept-changed-graph resumes all the same\n" +
                  difference(before, now));
}

void print_results(const RunResult& result, const Program& program) {
  for (const auto& [phase, metrics] : result.phases) {
    if (metrics.empty()) continue;
    std::size_t width = 0;
    for (const auto& [name, value] : metrics) width = std::max(width, name.size());
    std::cout << "\n" << phase << "\n";
    for (const auto& [name, value] : metrics) {
      char number[32];
      std::snprintf(number, sizeof number, "%.4g", value);
      std::cout << "  " << name << std::string(width - name.size() + 2, ' ') << number << "\n";
    }
  }
  std::cout << "\n"
            << std::to_string(static_cast<long long>(result.seconds + .5)) << " s; values in flight took at most " << result.peak_bytes
            << " bytes, the bound was ";
  const bool has_unknown =
      std::any_of(program.phases.begin(), program.phases.end(), [](const ProgramPhase& phase) { return phase.has_unknown_sizes(); });
  if (has_unknown) std::cout << program.bound_bytes() << " for those of known size, and `memory` and one step for all\n";
  else std::cout << program.bound_bytes() << "\n";
}

void run(RunCommand& command, Context& context) {
  Interrupts interrupts;
  if (command.resume.empty() && command.accepts_changed_files)
    throw Refusal("--accept-changed-files accepts what differs from a run that is resumed: name it with --resume");
  if (!command.resume.empty()) prepare_resume(command, context.registry());
  if (command.options.graph.empty()) throw Refusal("name a graph, or a run to resume with --resume");
  Program program = command.options.build(context.registry());
  if (command.out.empty()) command.out = free_folder(command.options.graph);
  ProgressLine progress;
  RunOptions options;
  options.folder = command.out;
  options.resumes = !command.resume.empty();
  options.accepts_changed_graph = command.accepts_changed_graph;
  options.observers = {{&progress, ProgressLine::hears}};
  Follower follower(command.out, [&](const std::string& why) { progress.message("no more events for TensorBoard: " + why); });
  if (command.tensorboard) options.observers.emplace_back(&follower, Hears::Steps);
  Run one(program, make_lane(context.registry(), command.options.device), make_tbb_executor(command.threads, context.registry().worker()),
          options);
  const Interrupts::Stop stop(
      interrupts, "after this step", [&] { one.stop(); }, [&](const std::string& sentence) { progress.message(sentence); });
  const RunResult result = one.run();
  follower.end();
  if (result.was_interrupted) {
    progress.message("interrupted after " + std::to_string(result.steps) + " training steps; go on with: leat run --resume " +
                     command.out.string());
    context.exit_code = 130;
    return;
  }
  print_results(result, program);
  std::cout << "the run is in " << command.out.string() << "\n";
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("run", "Runs a graph's plan");
  sub->footer("Example: leat run graphs/demo.yaml --set steps=100 --out runs/short\n         leat run --resume runs/short");
  auto command = std::make_shared<RunCommand>();
  command->options.add_to(*sub, false);
  sub->add_option("--out", command->out, "The run's folder; runs/GRAPH, or with a number behind, if none is named")
      ->type_name("DIR")
      ->check(not_empty());
  auto* resume = sub->add_option("--resume", command->resume, "Goes on from the last checkpoint in a run's folder")
                     ->type_name("DIR")
                     ->check(not_empty());
  resume->excludes("--out");
  sub->add_option("--threads", command->threads, "Workers of the cpu lane; 0: one a core. It changes no bit of the result")
      ->capture_default_str()
      ->check(whole_in(0, most_threads));
  sub->add_flag("--accept-changed-graph", command->accepts_changed_graph, "Resumes although the graph has changed");
  sub->add_flag("--accept-changed-files", command->accepts_changed_files,
                "Resumes although pictures, masks, lists or a network's file have changed, with the split as it was drawn");
  sub->add_flag("--tensorboard", command->tensorboard,
                "Writes the metrics for TensorBoard too, into the run's tensorboard/, while they come");
  sub->callback([&context, command, sub] {
    command->has_device = sub->count("--device") > 0;
    command->has_seed = sub->count("--seed") > 0;
    run(*command, context);
  });
}

}  // namespace leat::cli
