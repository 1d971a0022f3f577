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
    const std::string phase = request.at("phase");
    std::optional<KeptWeights> kept = weights_of(request);
    // The first output is the edge that is looked at. The others must not change what is said of it.
    const PreviewScope of_edge = preview_scope(program, phase, {outputs.at(0)});
    if (const std::string lacked = lacking(of_edge, kept); !lacked.empty())
      throw Refusal("the checkpoint of " + request.at("weights").get<std::string>() + " has nothing for `" + lacked +
                    "`, which this graph trains");
    const bool has_step = is_known_in_any_step(of_edge, kept);
    PreviewSettings preview_settings{has_step ? request.at("step").get<std::int64_t>() : 0, 0, {}, &kept_, is_given_up};
    json not_known = json::array(), facts = json::array();
    std::erase_if(outputs, [&](const OutputName& one) {
      const PreviewScope of_one = preview_scope(program, phase, {one});
      const std::string lacked = lacking(of_one, kept);
      const bool is_known = lacked.empty() && (preview_settings.step == 0 || is_known_in_any_step(of_one, kept));
      if (is_known) facts.push_back({{"changing", changing(of_one)}, {"weights_of", loaded(of_one, kept)}});
      else not_known.push_back({{"node", one.node}, {"port", one.port}, {"changing", changing(of_one)}, {"lacked", lacked}});
      return !is_known;
    });
    const PreviewScope scope = keep_upstream(program, phase, outputs);
    const int slots = request.at("slots");
    if (scope.is_by_slot) preview_settings.slots = slots;
    for (const std::string& name : loaded(scope, kept)) preview_settings.weights.emplace(name, std::move(kept->resources.at(name)));
    const json weights = preview_settings.weights.empty()
                             ? json(nullptr)
                             : json{{"run", request.at("weights")}, {"step", kept->steps}, {"of", loaded(of_edge, kept)}};
    const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    const Preview seen = preview(program, make_lane(*graph.registry, request.at("device")),
                                 make_tbb_executor(threads, graph.registry->worker()), outputs, preview_settings);
    Message out;
    json list = json::array();
    for (const PreviewedOutput& one : seen.outputs) {
      json output = values_json(shown_output(one, slots), out.bytes);
      output.update(facts.at(list.size()));
      list.push_back(std::move(output));
      if (out.bytes.size() > most_bytes)
        throw Refusal("these values take more than " + std::to_string(most_bytes >> 20) + " MiB; choose fewer slots");
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    out.head = {{"outputs", list},      {"not_known", not_known},     {"step", preview_settings.step},
                {"has_step", has_step}, {"trained", of_edge.trained}, {"stateful", of_edge.stateful},
                {"weights", weights},   {"warnings", seen.warnings},  {"seconds", seconds.count()}};
    return out;
  }

  /// Returns the weights of the run that the user named; nothing if there was none. Throws Refusal if that run has no checkpoint.
  static std::optional<KeptWeights> weights_of(const json& request) {
    const fs::path run = request.at("weights").get<std::string>();
    if (run.empty()) return {};
    std::optional<KeptWeights> kept = kept_weights(run);
    if (!kept) throw Refusal(run.string() + " has no checkpoint");
    return kept;
  }

  /// Returns the resources whose weights come from the run.
  static std::vector<std::string> loaded(const PreviewScope& scope, const std::optional<KeptWeights>& kept) {
    std::vector<std::string> out;
    for (const std::string& name : scope.resources)
      if (kept && kept->resources.contains(name)) out.push_back(name);
    return out;
  }

  /// Returns a resource that is trained, and that the run's weights lack; empty if there is none.
  static std::string lacking(const PreviewScope& scope, const std::optional<KeptWeights>& kept) {
    for (const std::string& name : scope.trained)
      if (kept && !kept->resources.contains(name)) return name;
    return {};
  }

  static std::vector<std::string> changing(const PreviewScope& scope) {
    std::vector<std::string> out = scope.trained;
    out.insert(out.end(), scope.stateful.begin(), scope.stateful.end());
    return out;
  }

  /// What changes while the graph runs is known at a first step, or where a run has kept it.
  static bool is_known_in_any_step(const PreviewScope& scope, const std::optional<KeptWeights>& kept) {
    return scope.stateful.empty() && (scope.trained.empty() || kept);
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
