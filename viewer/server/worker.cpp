#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "leat/checkpoint.h"
#include "leat/preview.h"
#include "leat/read_tree.h"
#include "leat/tbb_executor.h"
#include "leat/thread_lane.h"
#include "leat/thrown.h"
#include "leat/viewer.h"
#include "server/graph_json.h"
#include "server/message.h"
#include "server/value_json.h"

namespace leat::viewer {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int request_file = 3, reply_file = 4;
/// Largest size of the numbers in a reply. The browser holds all of them.
constexpr std::size_t most_bytes = std::size_t{256} << 20;
/// Largest size of the results of calls that are kept for later previews.
constexpr std::int64_t most_kept_bytes = std::int64_t{1} << 30;

/// Returns true if the server has sent something since the current request: nobody waits for its answer any more.
bool is_given_up() {
  pollfd file{request_file, POLLIN, 0};
  return ::poll(&file, 1, 0) > 0;
}

std::vector<Setting> settings_of(const json& request) {
  std::vector<Setting> out;
  for (const json& one : request.at("settings")) out.push_back({one.at(0), one.at(1), {}});
  return out;
}

/// Code in a graph that is not Leat's own.
struct Code {
  std::string words;  ///< What it is: "the plugin hello 0.1.0 (hello.plugin)".
  fs::path plugin;    ///< Empty if it is no plugin that is here.
};

class Worker {
 public:
  explicit Worker(const WorkerTypes& types) : types_(types) {}

  Message answer(const json& request) {
    try {
      return request.at("do") == "preview" ? preview_outputs(request) : check(request);
    } catch (const GraphError& error) {
      return {{{"error", error.what()}}, {}};
    } catch (...) {
      return {{{"error", words_of_current_exception()}}, {}};
    }
  }

 private:
  /// A graph as it was read, and what it waits for.
  struct Read {
    Diagnostics diagnostics;
    GraphDescription description;
    std::vector<std::string> waits_for, plugins;  ///< In words; files.
    const Registry* registry = nullptr;           ///< With its plugins, if it waits for nothing.
  };

  /// Throws Refusal if a run's graph reads other files. A run writes it without; a stranger's run could show a file of the user.
  static void refuse_other_files(const fs::path& file) {
    constexpr std::uintmax_t most_bytes = std::uintmax_t{1} << 26;
    if (!fs::is_regular_file(file) || fs::file_size(file) > most_bytes) throw Refusal(file.string() + " is not the graph of a run");
    std::ifstream in(file, std::ios::binary);
    std::ostringstream content;
    content << in.rdbuf();
    Diagnostics ignored;
    const Tree tree = read_tree(source_text(file.string(), file.parent_path(), content.str()), ignored);
    if (tree.is_map() && tree.find("extends"))
      throw Refusal(file.string() + " extends another file. A run's graph does not, so this one is not shown");
  }

  Read read(const json& request) {
    Read out;
    if (request.at("is_of_run")) refuse_other_files(request.at("graph").get<std::string>());
    out.description = read_graph(request.at("graph").get<std::string>(), settings_of(request), out.diagnostics);
    const std::vector<Code> code = code_of(out.description);
    const auto allowed = request.at("allowed").get<std::set<std::string>>();
    std::vector<fs::path> plugins;
    for (const Code& one : code) {
      if (!request.at("allows_all") && !allowed.contains(one.words)) out.waits_for.push_back(one.words);
      if (!one.plugin.empty()) plugins.push_back(one.plugin);
      if (!one.plugin.empty()) out.plugins.push_back(one.plugin.string());
    }
    out.registry = out.waits_for.empty() && !plugins.empty() ? &with(plugins) : &types_.own();
    return out;
  }

  Message check(const json& request) {
    Read graph = read(request);
    std::optional<Program> program;
    if (graph.waits_for.empty()) program = Program::build(graph.description, *graph.registry, settings(request), graph.diagnostics);
    const bool is_whole = program && !graph.diagnostics.has_errors();
    json files = json::array();
    for (const auto& file : graph.description.files) files.push_back(file.string());
    return {{{"graph", graph_json(graph.description, is_whole ? &*program : nullptr, graph.diagnostics, *graph.registry)},
             {"files", files},
             {"plugins", graph.plugins},
             {"waits_for", graph.waits_for}},
            {}};
  }

  Message preview_outputs(const json& request) {
    const auto begin = std::chrono::steady_clock::now();
    Read graph = read(request);
    if (!graph.waits_for.empty()) throw Refusal("this graph waits for leave to run code that is not Leat's own");
    Program program = Program::build(graph.description, *graph.registry, settings(request), graph.diagnostics);
    graph.diagnostics.throw_if_errors();
    std::vector<OutputName> outputs;
    for (const json& one : request.at("outputs")) outputs.push_back({one.at("node"), one.at("port")});
    const PreviewScope scope = keep_upstream(program, request.at("phase").get<std::string>(), outputs);
    const int slots = request.at("slots");
    PreviewSettings preview_settings{0, scope.is_by_slot ? slots : 0, {}, &kept_, is_given_up};
    const json weights = take_weights(request, scope, preview_settings);
    // What changes while the graph runs is known at a first step, or where a run has kept it.
    const bool has_step = scope.stateful.empty() && (scope.trained.empty() || !weights.is_null());
    if (has_step) preview_settings.step = request.at("step");
    const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    const Preview seen = preview(program, make_lane(*graph.registry, request.at("device")),
                                 make_tbb_executor(threads, graph.registry->worker()), outputs, preview_settings);
    Message out;
    json list = json::array();
    for (const PreviewedOutput& one : seen.outputs) {
      list.push_back(values_json(shown_output(one, slots), out.bytes));
      if (out.bytes.size() > most_bytes)
        throw Refusal("these values take more than " + std::to_string(most_bytes >> 20) + " MiB; choose fewer slots");
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    out.head = {{"outputs", list},           {"step", preview_settings.step}, {"has_step", has_step},
                {"trained", scope.trained},  {"stateful", scope.stateful},    {"weights", weights},
                {"warnings", seen.warnings}, {"seconds", seconds.count()}};
    return out;
  }

  /// Takes the weights of the run that the user named. Returns which they are; null if none of them is needed. Throws Refusal if the run
  /// lacks weights of a network that is trained.
  static json take_weights(const json& request, const PreviewScope& scope, PreviewSettings& to) {
    const fs::path run = request.at("weights").get<std::string>();
    if (run.empty()) return nullptr;
    std::optional<KeptWeights> kept = kept_weights(run);
    if (!kept) throw Refusal(run.string() + " has no checkpoint");
    for (const std::string& name : scope.resources) {
      const auto found = kept->resources.find(name);
      if (found != kept->resources.end()) to.weights.emplace(name, std::move(found->second));
      else if (std::find(scope.trained.begin(), scope.trained.end(), name) != scope.trained.end())
        throw Refusal("the checkpoint of " + run.string() + " has nothing for `" + name + "`, which this graph trains");
    }
    if (to.weights.empty()) return nullptr;
    json names = json::array();
    for (const auto& [name, archive] : to.weights) names.push_back(name);
    return {{"run", run.string()}, {"step", kept->steps}, {"of", names}};
  }

  /// A network whose weights come from a run needs no file of weights.
  static ProgramSettings settings(const json& request) {
    ProgramSettings out{std::stoull(request.at("seed").get<std::string>()), request.at("device"), {}, {}};
    if (const fs::path run = request.at("weights").get<std::string>(); !run.empty())
      if (const std::optional<EarlierRun> earlier = earlier_run(run))
        out.earlier.loaded = earlier->loaded, out.earlier.types = earlier->types;
    return out;
  }

  std::vector<Code> code_of(const GraphDescription& description) const {
    std::map<std::string, fs::path> out;
    for (const NeedText& need : description.needs) {
      const auto plugin =
          std::find_if(types_.plugins.begin(), types_.plugins.end(), [&](const PluginFile& one) { return one.id == need.plugin; });
      out.emplace("the plugin " + (plugin == types_.plugins.end() ? need.plugin + ", which is not here" : plugin->str()),
                  plugin == types_.plugins.end() ? fs::path() : plugin->path);
    }
    const auto add = [&](const ComponentText& one) {
      const std::string& id = one.uses.text;
      const NodeType* node = types_.own().find_node(id);
      const ResourceType* resource = types_.own().find_resource(id);
      if ((node && node->runs_code_of_files) || (resource && resource->runs_code_of_files))
        out.emplace("the file of `" + one.name + "` (" + id + ")" + file_of(one), fs::path());
      if (node || resource) return;
      for (const PluginFile& plugin : types_.plugins)
        if (std::find(plugin.types.begin(), plugin.types.end(), id) != plugin.types.end())
          out.emplace("the plugin " + plugin.str(), plugin.path);
    };
    for (const ComponentText& one : description.resources) add(one);
    for (const PhaseText& phase : description.phases)
      for (const NodeText& node : phase.nodes) add(node);
    std::vector<Code> list;
    for (const auto& [words, plugin] : out) list.push_back({words, plugin});
    return list;
  }

  /// Returns the file that a component names, so that leave for one file is none for another.
  static std::string file_of(const ComponentText& one) {
    const Tree* file = one.with.find("file");
    return file && file->is_scalar() ? " " + (file->directory / file->scalar).lexically_normal().string() : "";
  }

  /// Returns the registry with these plugins. Each set of them is loaded once.
  const Registry& with(std::vector<fs::path> plugins) {
    std::sort(plugins.begin(), plugins.end());
    const auto known = registries_.find(plugins);
    return known != registries_.end() ? known->second : registries_.emplace(plugins, types_.with(plugins)).first->second;
  }

  const WorkerTypes& types_;
  KeptCalls kept_{most_kept_bytes};
  std::map<std::vector<fs::path>, Registry> registries_;
};

}  // namespace

void serve_worker(const WorkerTypes& types) {
  // A node that hangs must not outlive the server.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)types.own();  // Loaded before the first request.
  Worker worker(types);
  while (const std::optional<Message> request = receive(request_file))
    if (request->head.at("do") != "give up" && !send(reply_file, worker.answer(request->head))) return;
}

}  // namespace leat::viewer
