#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "context.h"
#include "interrupts.h"
#include "join_ranks.h"
#include "launch_ranks.h"
#include "leat/metrics_text.h"
#include "leat/program_summary.h"
#include "leat/report.h"
#include "leat/resolved_text.h"
#include "leat/shell_word.h"
#include "leat/tensorboard.h"
#include "leat/thrown.h"
#include "leat/value.h"
#include "leat/viewer.h"
#include "page_options.h"
#include "progress.h"
#include "rank_environment.h"
#include "ranked_run.h"

namespace leat::cli {

namespace {

namespace fs = std::filesystem;

struct RunCommand {
  GraphOptions options;
  fs::path out;
  fs::path resume;
  std::string lane = "plain";
  int threads = 0;
  bool accepts_changed_graph = false;
  bool accepts_changed_files = false;
  bool has_device = false;
  bool has_seed = false;
  bool tensorboard = false;
  PageOptions page;
  bool has_page = false;
  bool has_control = false;
  int ranks = 1;
  bool has_ranks = false;
  int rank_timeout_s = 60;
};

/// Updates a run's event file for TensorBoard every second, from the run's first step on, on a thread of its own. [one thread]
class Follower final : public Observer {
 public:
  Follower(fs::path run, std::function<void(const std::string&)> failed) : run_(std::move(run)), failed_(std::move(failed)) {}
  ~Follower() override { end(); }

  /// Starts the thread at the first step, when the run has locked its folder.
  void step_retired(const Progress&) override {
    if (!thread_.joinable()) thread_ = std::thread([this] { follow(); });
  }
  /// Adds the remaining events, and returns when they are in the file.
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

  /// Waits for a second. Returns true if the run has ended.
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

/// Returns runs/demo, or runs/demo-2, runs/demo-3 and so on if that exists.
fs::path free_folder(const fs::path& graph) {
  const fs::path first = fs::path("runs") / graph.stem();
  fs::path folder = first;
  for (int number = 2; fs::exists(folder); ++number) folder = first.string() + "-" + std::to_string(number);
  return folder;
}

/// Returns the lines that are in only one of two texts, in their order.
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

/// Takes seed, device and `--merge-passes` of a resumed run from its last checkpoint; if it has none, from its begin.
void take_begin(RunCommand& command) {
  std::optional<RunBegin> begin = run_begin(command.resume);
  if (const auto last = last_checkpoint(command.resume)) begin = {last->seed, last->device, last->merges_passes, last->ranks};
  if (!begin) {
    if (command.has_seed && command.has_device) return;
    throw Refusal(command.resume.string() +
                  " has no checkpoint, and does not state its seed and device; name both with --seed and --device");
  }
  // Another number of ranks shares the cores anew, and adds up in another order anyway.
  const bool has_other_share = begin->ranks != command.options.share.ranks && begin->device.starts_with("cpu");
  if (!command.has_device && !has_other_share) command.options.device = begin->device;
  if (!command.has_seed) command.options.seed = begin->seed;
  if (command.options.merges_passes && !begin->merges_passes)
    throw Refusal("this run was begun without --merge-passes, which adds numbers in another order; leave it out");
  command.options.merges_passes = begin->merges_passes;
  if (command.options.seed != begin->seed)
    throw Refusal("this run was begun with --seed " + std::to_string(begin->seed) + ", not " + std::to_string(command.options.seed));
}

/// Takes graph, seed and device of a resumed run from its folder. Returns its program.
Program build_resumed(RunCommand& command, const Registry& registry) {
  const fs::path kept = command.resume / "graph.yaml";
  if (!fs::exists(kept)) throw Refusal(command.resume.string() + " is not a run's folder: it has no graph.yaml");
  if (command.options.graph.empty() && !command.options.set.empty())
    throw Refusal(
        "a resumed run keeps the parameters with which it began, and `--set` cannot change them in its folder's graph.yaml; "
        "to continue with others name the graph: leat run GRAPH --resume " +
        shell_word(command.resume.string()) + " --set " + shell_word(command.options.set.front()) + " --accept-changed-graph");
  command.out = command.resume;
  take_begin(command);
  // Read this before the program is built, because the recorded split determines the length of a validation.
  if (auto earlier = earlier_run(command.resume)) {
    command.options.earlier = std::move(*earlier);
    command.options.earlier.accepts_changed_files = command.accepts_changed_files;
    // The run is finished and will read no files.
    if (!command.accepts_changed_graph && fs::is_regular_file(command.resume / "results.json")) command.options.earlier.records.clear();
  }
  const bool is_named = !command.options.graph.empty();
  if (!is_named) command.options.graph = kept;
  Program program = command.options.build(registry);
  const std::string before = read_file(kept);
  const bool is_same = graph_hash_in(command.resume, hash_text(hash_bytes(before.data(), before.size()))) == program.graph_hash;
  if (is_named && !is_same && !command.accepts_changed_graph)
    throw Refusal("the graph is not the one with which this run began; --accept-changed-graph resumes anyway\n" +
                  difference(before, program.resolved));
  return program;
}

void print_metrics(const std::string& heading, const Metrics& metrics) { std::cout << "\n" << heading << "\n" << metrics_text(metrics); }

void print_results(const RunResult& result, const Program& program) {
  for (const auto& [phase, all] : result.phases) {
    if (all.empty()) continue;
    const Metrics metrics = main_metrics(all, program, phase);
    const auto weights = result.weights_of.find(phase);
    const std::int64_t step = weights == result.weights_of.end() ? -1 : weights->second;
    if (!result.kept || step < 0) {
      print_metrics(phase, metrics);
      continue;
    }
    const std::int64_t kept = result.kept->step;
    if (phase == result.kept->phase && step != kept && !result.kept->metrics.empty())
      print_metrics(phase + " (weights of step " + std::to_string(kept) + ", kept)", main_metrics(result.kept->metrics, program, phase));
    print_metrics(phase + " (weights of step " + std::to_string(step) + (step == kept ? ", kept)" : ", last)"), metrics);
  }
  std::cout << "\n";
  if (result.cache)
    std::cout << cache_text(*result.cache, program.plan.cache) << (program.settings.share.ranks > 1 ? " (rank 0)" : "") << "\n";
}

void print_run(const RunCommand& command, const RunResult& result, const Program& program) {
  print_results(result, program);
  try {
    if (const std::string sentence = positive_class_note(command.out); !sentence.empty()) std::cout << sentence << "\n";
  } catch (const Refusal&) {
    // `leat report` says why the results cannot be read. The run itself is finished.
  }
  const std::string folder = command.out.string();
  std::cout << "the run took " << clock_words(result.seconds) << " and is in " << folder;
  const auto has_metrics = [](const auto& phase) { return !phase.second.empty(); };
  if (std::any_of(result.phases.begin(), result.phases.end(), has_metrics))
    std::cout << "; all figures and curves: leat report " << shell_word(folder);
  std::cout << "\n";
}

/// The page of a run in this process; it does nothing if the user wants none.
class RunsPage {
 public:
  RunsPage(const RunCommand& command, const Context& context) {
    if (!command.has_page) return;
    command.page.check();
    page_.emplace(viewer::ShownRuns{{command.out}, {}, command.page.allows_code, command.has_control}, command.page.reach,
                  worker_command(context));
    command.page.announce(page_->address(), page_->port());
  }

  /// The run can be watched while an object of this class lives.
  class Entered {
   public:
    Entered(RunsPage& page, Run& run) : page_(page) {
      if (page_.page_) page_.page_->enter(run);
    }
    ~Entered() {
      if (page_.page_) page_.page_->leave();
    }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

   private:
    RunsPage& page_;
  };

  /// Keeps the page until it is closed, or the user presses Ctrl-C.
  void stay(Interrupts& interrupts) {
    if (!page_) return;
    std::cerr << "the page stays until it is closed; Ctrl-C ends it" << std::endl;
    std::atomic<bool> is_ended{false};
    const Interrupts::Stop stop(
        interrupts, "now", [&] { is_ended = true; }, [](const std::string&) {});
    while (!is_ended && !page_->is_closed() && page_->failure().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }

 private:
  std::optional<viewer::RunViewer> page_;
};

/// Runs the program. Returns nullopt, and says how to go on, if the run was interrupted.
std::optional<RunResult> run_program(RunCommand& command, Context& context, Program& program, RankedRun* ranked, RunsPage& page,
                                     Interrupts& interrupts, bool& is_interrupted_here) {
  ProgressLine progress;
  RunOptions options;
  options.folder = command.out;
  options.resumes = !command.resume.empty();
  options.accepts_changed_graph = command.accepts_changed_graph;
  const bool is_first = !ranked || ranked->is_first();
  if (ranked) options.ranks = &ranked->ranks();
  if (is_first) options.observers = {{&progress, ProgressLine::hears}};
  Follower follower(command.out, [&](const std::string& why) { progress.message("no more events for TensorBoard: " + why); });
  if (command.tensorboard && is_first) options.observers.emplace_back(&follower, Hears::Steps);
  Run one(program, lane_of(context.registry(), command.options.device, command.lane),
          make_tbb_executor(ranked && command.threads == 0 ? ranked->cores() : command.threads, context.registry().worker()), options);
  if (is_first) progress.watch(one);
  const RunsPage::Entered entered(page, one);
  const auto stop_here = [&] {
    is_interrupted_here = true;
    one.stop();
  };
  const Interrupts::Stop stop(interrupts, "after this step", stop_here, [&](const std::string& sentence) {
    if (is_first) progress.message(sentence);
  });
  RunResult result = one.run();
  follower.end();
  if (!result.was_interrupted) return result;
  if (is_first)
    progress.message("interrupted after " + std::to_string(result.steps) + " training steps; continue with: leat run --resume " +
                     shell_word(command.out.string()) + (ranked ? ranked->how_to_start() : ""));
  context.exit_code = 130;
  return {};
}

/// Takes what the ranks of a run have in common: the device, the run's folder, and whether it goes on after a failure.
void take_from_ranks(RunCommand& command, RankedRun& ranked) {
  if (command.accepts_changed_graph) throw Refusal("several ranks cannot resume with a changed graph: resume with one process first");
  command.options.device = ranked.device(command.options.device);
  command.options.share = ranked.share();
  if (command.resume.empty() && command.out.empty() && ranked.is_restarted())
    throw Refusal("torchrun has started the ranks again: to go on, they need the run's folder; name it with --out");
}

Program build(RunCommand& command, const Registry& registry) {
  return command.resume.empty() ? command.options.build(registry) : build_resumed(command, registry);
}

/// Builds the program of this rank. If another rank cannot build its own, all stop before the run begins.
Program build_of_rank(RunCommand& command, const Registry& registry, RankedRun& ranked) {
  ranked.compare_folders(!command.resume.empty() ? "--resume"
                         : command.out.empty()   ? ""
                                                 : "--out",
                         command.resume.empty() ? command.out : command.resume);
  if (command.resume.empty() && !command.out.empty() && ranked.continues(command.out)) command.resume = command.out;
  std::optional<Program> program;
  ranked.prepare_all([&] {
    take_from_ranks(command, ranked);
    program = build(command, registry);
    if (command.out.empty()) command.out = free_folder(command.options.graph);
  });
  command.out = ranked.folder_of_first(command.out);
  return *std::move(program);
}

/// Waits for the other ranks. A rank that is asked to stop meanwhile asks the first one, which can be in a phase after the training.
void leave_after_run(RankedRun& ranked, Interrupts& interrupts) {
  const Interrupts::Stop stop(
      interrupts, "after this step", [&ranked] { ranked.ranks().ask_to_stop(); }, [](const std::string&) {});
  ranked.leave();
}

/// Says where a resumed run goes on; nothing if it has no checkpoint, or is finished.
void say_where_it_continues(const RunCommand& command) {
  if (command.resume.empty() || fs::exists(command.resume / "results.json")) return;
  if (const auto last = last_checkpoint(command.resume))
    std::cerr << "the run continues after " << last->steps << (last->steps == 1 ? " training step" : " training steps") << std::endl;
}

void run_one(RunCommand& command, Context& context, RankedRun* ranked, Interrupts& interrupts) {
  const Registry& registry = context.registry();
  Program program = ranked ? build_of_rank(command, registry, *ranked) : build(command, registry);
  if (command.out.empty()) command.out = free_folder(command.options.graph);
  std::cerr << data_text(program);
  say_where_it_continues(command);
  if (ranked && !ranked->is_first()) command.has_page = command.has_control = false;
  RunsPage page(command, context);
  bool is_interrupted_here = false;
  std::optional<RunResult> result;
  try {
    result = run_program(command, context, program, ranked, page, interrupts, is_interrupted_here);
  } catch (...) {
    if (ranked) ranked->leave();
    if (command.has_page) std::cerr << "the run failed: " << words_of_current_exception() << std::endl;
    if (!is_interrupted_here) page.stay(interrupts);
    throw;
  }
  if (ranked) leave_after_run(*ranked, interrupts);
  if (result && (!ranked || ranked->is_first())) print_run(command, *result, program);
  if (!is_interrupted_here) page.stay(interrupts);
}

void check_options(const RunCommand& command) {
  if (command.has_control && !command.has_page) throw Refusal("--control is for the page: add --view");
  if (command.resume.empty() && command.accepts_changed_files)
    throw Refusal("--accept-changed-files is for a run that is resumed: name it with --resume");
  if (command.resume.empty() && command.options.graph.empty()) throw Refusal("name a graph, or a run to resume with --resume");
}

/// Warns if Slurm has started several processes that are no ranks.
void warn_of_tasks() {
  const char* tasks = std::getenv("SLURM_STEP_NUM_TASKS");
  if (!rank_variable().empty() || !tasks || std::atoi(tasks) < 2) return;
  std::cerr << "warning: srun has started " << tasks
            << " tasks of this command, but none is a rank, so each trains by itself: let srun start "
            << "torchrun, with one task for each machine\n";
}

void run(RunCommand& command, Context& context) {
  check_options(command);
  if (command.has_ranks) check_can_start_ranks();
  if (command.ranks > 1) {
    context.exit_code = launch_ranks(command.ranks, words_without_ranks(), std::chrono::seconds(command.rank_timeout_s));
    return;
  }
  warn_of_tasks();
  // A terminal and torchrun each send one to a rank.
  Interrupts interrupts(std::chrono::milliseconds(rank_variable().empty() ? 0 : 500));
  const std::unique_ptr<RankedRun> ranked = RankedRun::join(std::chrono::seconds(command.rank_timeout_s));
  try {
    run_one(command, context, ranked.get(), interrupts);
  } catch (...) {
    if (ranked) ranked->leave();
    throw;
  }
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto* sub = app.add_subcommand("run", "Runs a graph's plan");
  sub->footer("Example: leat run graphs/demo.yaml --set steps=100 --out runs/short\n         leat run --resume runs/short");
  auto command = std::make_shared<RunCommand>();
  command->options.add_to(*sub, false);
  sub->add_option("--out", command->out, "The run's folder (default: runs/GRAPH, or runs/GRAPH-2, runs/GRAPH-3 and so on if that exists)")
      ->type_name("DIR")
      ->check(not_empty());
  auto* resume = sub->add_option("--resume", command->resume, "Continues from the last checkpoint in a run's folder")
                     ->type_name("DIR")
                     ->check(not_empty());
  resume->excludes("--out");
  sub->add_option("--threads", command->threads, "Workers of the cpu lane; 0: one per core. The result does not depend on it")
      ->capture_default_str()
      ->check(whole_in(0, most_threads));
  sub->add_flag("--accept-changed-graph", command->accepts_changed_graph, "Resumes although the graph has changed");
  sub->add_flag("--accept-changed-files", command->accepts_changed_files,
                "Resumes although pictures, masks, lists or a network's file have changed, with the split as it was drawn");
  sub->add_option("--ranks", command->ranks,
                  "Number of processes on this machine that share the run; each is a rank. Without it, torchrun can start the ranks")
      ->type_name("N")
      ->capture_default_str()
      ->check(whole_in(1, most_local_ranks));
  sub->add_option("--rank-timeout", command->rank_timeout_s, "The run ends if a rank gives no sign of life for this time")
      ->type_name("SECONDS")
      ->capture_default_str()
      ->check(whole_in(3, 86400));
  add_lane_option(*sub, command->lane);
  command->options.add_merge_passes_option(*sub);
  sub->add_flag("--tensorboard", command->tensorboard,
                "Also writes the metrics for TensorBoard, into the run's tensorboard/, during the run");
  sub->add_flag("--view", command->has_page, "Shows the run in the browser, also after its end");
  sub->add_flag("--control", command->has_control, "The page has buttons for a checkpoint, to pause, and to stop");
  command->page.add_to(*sub);
  sub->callback([&context, command, sub] {
    command->has_device = sub->count("--device") > 0;
    command->has_seed = sub->count("--seed") > 0;
    command->has_ranks = sub->count("--ranks") > 0;
    run(*command, context);
  });
}

}  // namespace leat::cli
