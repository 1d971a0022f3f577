#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "leat/thrown.h"
#include "leat/viewer.h"
#include "server/feed.h"
#include "server/file_watch.h"
#include "server/http_server.h"
#include "server/worker_process.h"

namespace leat::viewer {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr auto look_interval = 20ms;
constexpr WorkLimits check_limits{30s, std::int64_t{8} << 30};
constexpr WorkLimits preview_limits{30s, std::int64_t{8} << 30};

/// Packs a message for the page: the length of its JSON (32 bits, little endian), the JSON padded with blanks to a multiple of 8 bytes
/// after the length, and the bytes.
std::string packed(const Message& message) {
  std::string head = message.head.dump(-1, ' ', false, json::error_handler_t::replace);
  head.resize((head.size() + 4 + 7) / 8 * 8 - 4, ' ');
  const auto length = static_cast<std::uint32_t>(head.size());
  std::string out(sizeof length, '\0');
  std::memcpy(out.data(), &length, sizeof length);
  return out + head + message.bytes;
}

Answer error_answer(int status, const std::string& text) {
  return {status, "application/json", json{{"error", text}}.dump(-1, ' ', false, json::error_handler_t::replace)};
}

}  // namespace

struct GraphViewer::Parts {
  Parts(ShownGraph given, const Reach& reach, const std::vector<std::string>& worker)
      : graph(std::move(given)),
        allows_code(graph.allows_code),
        checker(worker, check_limits),
        previewer(worker, preview_limits),
        server({reach.address, reach.port, reach.names, reach.frame_ancestors}, feed) {}

  const ShownGraph graph;
  std::atomic<bool> allows_code, is_check_due{false}, is_ended{false};
  Feed feed;
  WorkerProcess checker, previewer;
  HttpServer server;
  std::thread watch;

  [[nodiscard]] json request(const char* what, std::uint64_t seed) const {
    json settings = json::array();
    for (const Setting& one : graph.settings) settings.push_back({one.key, one.value});
    return {{"do", what},   {"graph", graph.file.string()}, {"settings", settings},
            {"seed", seed}, {"device", graph.device},       {"allows_code", allows_code.load()}};
  }

  void follow_file() {
    FileWatch files;
    files.follow({graph.file});
    std::int64_t version = 0;
    while (!is_ended) {
      if (files.has_changed() || is_check_due.exchange(false)) {
        if (version > 0) previewer.give_up();
        show_check(files, ++version);
        previewer.warm_up();
      }
      std::this_thread::sleep_for(look_interval);
    }
  }

  void show_check(FileWatch& files, std::int64_t version) {
    const WorkerProcess::Reply reply = checker.ask(request("check", graph.seed));
    json told = reply.message.head;
    if (!reply.failure.empty()) told = {{"error", "the graph could not be checked: " + reply.failure}};
    if (told.contains("files")) files.follow(told["files"].get<std::vector<std::filesystem::path>>());
    told["version"] = version;
    told["file"] = graph.file.string();
    feed.put("graph", told.dump(-1, ' ', false, json::error_handler_t::replace));
  }

  Answer preview(const std::string& body) {
    const json asked = json::parse(body, nullptr, false);
    if (!asked.is_object()) return error_answer(400, "the request is not JSON");
    json work;
    try {
      work = request("preview", asked.value("seed", graph.seed));
      work["phase"] = asked.at("phase").get<std::string>();
      work["step"] = asked.at("step").get<std::int64_t>();
      work["slots"] = std::clamp(asked.at("slots").get<int>(), 1, 64);
      work["outputs"] = json::array();
      for (const json& one : asked.at("outputs"))
        work["outputs"].push_back({{"node", one.at("node").get<std::string>()}, {"port", one.at("port").get<std::string>()}});
      if (work["outputs"].empty() || work["outputs"].size() > 16) return error_answer(400, "a request has 1 to 16 outputs");
    } catch (const json::exception& error) {
      return error_answer(400, std::string("the request has not the form of a preview: ") + error.what());
    }
    const WorkerProcess::Reply reply = previewer.ask_instead(work);
    if (reply.is_replaced) return error_answer(409, reply.failure);
    if (!reply.failure.empty()) return error_answer(500, reply.failure);
    if (reply.message.head.contains("error")) return error_answer(422, reply.message.head["error"]);
    return {200, "application/octet-stream", packed(reply.message)};
  }

  Answer allow_code() {
    allows_code = true;
    is_check_due = true;
    return {200, "application/json", "{}"};
  }
};

GraphViewer::GraphViewer(ShownGraph graph, const Reach& reach, std::vector<std::string> worker)
    : parts_(std::make_unique<Parts>(std::move(graph), reach, worker)) {
  Parts& parts = *parts_;
  parts.server.post("/api/preview", [&parts](const std::string& body) { return parts.preview(body); });
  parts.server.post("/api/allow", [&parts](const std::string&) { return parts.allow_code(); });
  parts.server.start();
  parts.watch = std::thread([&parts] { parts.follow_file(); });
}

GraphViewer::~GraphViewer() {
  parts_->is_ended = true;
  parts_->checker.end();
  parts_->previewer.end();
  parts_->feed.close();
  parts_->watch.join();
  parts_->server.stop();
}

std::string GraphViewer::address() const { return parts_->server.address(); }

int GraphViewer::port() const { return parts_->server.port(); }

}  // namespace leat::viewer
