#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <set>
#include <thread>

#include "leat/preview.h"
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

constexpr int request_file = 3, reply_file = 4;

/// Ends this process when the server has ended, also during a call of a node that hangs.
void end_with_server() {
  std::thread([] {
    pollfd server{request_file, 0, 0};
    while (::poll(&server, 1, -1) >= 0)
      if (server.revents & (POLLHUP | POLLERR | POLLNVAL)) ::_exit(0);
  }).detach();
}

std::vector<Setting> settings_of(const json& request) {
  std::vector<Setting> out;
  for (const json& one : request.at("settings")) out.push_back({one.at(0), one.at(1), {}});
  return out;
}

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
  Message check(const json& request) {
    Diagnostics diagnostics;
    const GraphDescription description = read_graph(request.at("graph").get<std::string>(), settings_of(request), diagnostics);
    const std::vector<std::string> code = code_of(description);
    const bool is_allowed = request.at("allows_code") || code.empty();
    const Registry& registry = is_allowed && !code.empty() ? types_.all() : types_.own();
    std::optional<Program> program;
    if (is_allowed) program = Program::build(description, registry, settings(request), diagnostics);
    const bool is_whole = program && !diagnostics.has_errors();
    json files = json::array();
    for (const auto& file : description.files) files.push_back(file.string());
    return {{{"graph", graph_json(description, is_whole ? &*program : nullptr, diagnostics, registry)},
             {"files", files},
             {"waits_for", is_allowed ? std::vector<std::string>() : code}},
            {}};
  }

  Message preview_outputs(const json& request) {
    const auto begin = std::chrono::steady_clock::now();
    Diagnostics diagnostics;
    const GraphDescription description = read_graph(request.at("graph").get<std::string>(), settings_of(request), diagnostics);
    const std::vector<std::string> code = code_of(description);
    if (!code.empty() && !request.at("allows_code")) return {{{"error", "this graph needs code that was not allowed"}}, {}};
    const Registry& registry = code.empty() ? types_.own() : types_.all();
    Program program = Program::build(description, registry, settings(request), diagnostics);
    diagnostics.throw_if_errors();
    std::vector<OutputName> outputs;
    for (const json& one : request.at("outputs")) outputs.push_back({one.at("node"), one.at("port")});
    const PreviewScope scope = keep_upstream(program, request.at("phase").get<std::string>(), outputs);
    const int slots = request.at("slots");
    PreviewSettings preview_settings{request.at("step"), scope.is_by_slot ? slots : 0, {}};
    const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    const Preview seen = preview(program, make_lane(registry, request.at("device")), make_tbb_executor(threads, registry.worker()), outputs,
                                 preview_settings);
    Message out;
    json list = json::array();
    for (const PreviewedOutput& one : seen.outputs) list.push_back(values_json(one, slots, out.bytes));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    out.head = {{"outputs", list},           {"trained", scope.trained},  {"stateful", scope.stateful}, {"is_by_slot", scope.is_by_slot},
                {"warnings", seen.warnings}, {"seconds", seconds.count()}};
    return out;
  }

  static ProgramSettings settings(const json& request) { return {request.at("seed"), request.at("device"), {}, {}}; }

  /// Returns the parts of a graph that execute code which is not Leat's own, as sentences' ends: "the plugin hello".
  std::vector<std::string> code_of(const GraphDescription& description) const {
    std::set<std::string> out;
    for (const NeedText& need : description.needs) out.insert("the plugin " + need.plugin);
    const auto add = [&](const ComponentText& one) {
      const std::string& id = one.uses.text;
      const NodeType* node = types_.own().find_node(id);
      const ResourceType* resource = types_.own().find_resource(id);
      if ((node && node->runs_code_of_files) || (resource && resource->runs_code_of_files))
        out.insert("the file of `" + one.name + "` (" + id + ")");
      if (node || resource) return;
      for (const PluginFile& plugin : types_.plugins)
        if (std::find(plugin.types.begin(), plugin.types.end(), id) != plugin.types.end()) out.insert("the plugin " + plugin.str());
    };
    for (const ComponentText& one : description.resources) add(one);
    for (const PhaseText& phase : description.phases)
      for (const NodeText& node : phase.nodes) add(node);
    return {out.begin(), out.end()};
  }

  const WorkerTypes& types_;
};

}  // namespace

void serve_worker(const WorkerTypes& types) {
  end_with_server();
  (void)types.own();  // Loaded before the first request.
  Worker worker(types);
  while (const std::optional<Message> request = receive(request_file))
    if (!send(reply_file, worker.answer(request->head))) return;
}

}  // namespace leat::viewer
