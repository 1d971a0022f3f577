#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "browser.h"
#include "leat/viewer.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"

// The server of the page, with the `leat` command as its worker, asked as a browser and as a stranger would.

namespace fs = std::filesystem;
using namespace leat;
using namespace std::chrono_literals;
using nlohmann::json;
using namespace leat::test;
using viewer::GraphViewer;

TEST_CASE("view: follows the file through mistakes, and says them with their places and nodes") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", views)}, {}, worker());
  Browser browser(viewer);
  json told = browser.graph_where([](const json& one) { return one.contains("graph"); });
  REQUIRE(!told.is_null());
  CHECK(errors(told) == 0);
  CHECK(told["graph"]["is_built"] == true);
  CHECK(told["graph"]["phases"][0]["nodes"].size() == 3);
  CHECK(told["graph"]["phases"][0]["nodes"][1]["outputs"][0]["contract"] == "64 x 64, 8 bit");
  std::string wrong = views;
  wrong.replace(wrong.find("augment.strong"), 14, "augment.stong");
  folder.write("g.yaml", wrong);
  // The file is empty for a moment while it is written, which can be one mistake, too.
  const auto is_misspelt = [](const json& one) {
    return one.contains("graph") && one["graph"]["mistakes"].dump().find("stong") != std::string::npos;
  };
  told = browser.graph_where(is_misspelt);
  REQUIRE(!told.is_null());
  REQUIRE(errors(told) == 1);
  const json& mistake = told["graph"]["mistakes"][0];
  CHECK(mistake["place"]["line"] == 9);
  CHECK(mistake["parts"] == json{{{"phase", "predict"}, {"name", "strong"}}});
  CHECK(mistake["hint"] == "did you mean `augment.strong`?");
  CHECK(told["graph"]["phases"][0]["nodes"].size() == 3);
  CHECK(told["graph"]["is_built"] == false);
  // Half of a file is no graph, and the next save mends it.
  folder.write("g.yaml", std::string(views).substr(0, 120));
  REQUIRE(!browser.graph_where([](const json& one) { return one.contains("graph") && errors(one) > 0; }).is_null());
  folder.write("g.yaml.new", views);
  fs::rename(folder / "g.yaml.new", folder / "g.yaml");
  CHECK(!browser.graph_where([](const json& one) { return one.contains("graph") && errors(one) == 0; }).is_null());
}

TEST_CASE("view: a mistake in the plan, or in a phase's own keys, marks no node") {
  const TemporaryFolder folder;
  std::string text = views;
  text.replace(text.find("plan:"), std::string::npos, "plan:\n  then: [predict]\n  record:\n    edges: [predict.strong.nothing]\n");
  const GraphViewer viewer({folder.write("g.yaml", text)}, {}, worker());
  Browser browser(viewer);
  json told = browser.graph_where([](const json& one) { return one.contains("graph") && errors(one) == 1; });
  REQUIRE(!told.is_null());
  CHECK(told["graph"]["mistakes"][0]["parts"].empty());
  text = views;
  text.insert(text.find("plan:"), "  other:\n    kind: something\n    nodes: {}\n");
  folder.write("g.yaml", text);
  told = browser.graph_where(
      [](const json& one) { return one.contains("graph") && one["graph"]["mistakes"].dump().find("something") != std::string::npos; });
  REQUIRE(!told.is_null());
  for (const json& mistake : told["graph"]["mistakes"]) CHECK_MESSAGE(mistake["parts"].empty(), mistake.dump());
}

TEST_CASE("view: follows the files that a graph extends, also one that is made later") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", "leat: 1\nextends: base.yaml\n")}, {}, worker());
  Browser browser(viewer);
  REQUIRE(!browser.graph_where([](const json& one) { return one.contains("graph") && errors(one) > 0; }).is_null());
  folder.write("base.yaml", views);
  const json told = browser.graph_where([](const json& one) { return one.contains("graph") && errors(one) == 0; });
  REQUIRE(!told.is_null());
  CHECK(told["graph"]["texts"].size() == 2);
}

TEST_CASE("view: a value has the numbers of the engine, for each slot that is asked for") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", views), {}, 5}, {}, worker());
  Browser browser(viewer);
  const httplib::Result found = browser.post("/api/preview", asked("strong", "view"));
  REQUIRE(found);
  REQUIRE(found->status == 200);
  const json head = head_of(found->body);
  const json& output = head["outputs"][0];
  REQUIRE(output["values"].size() == 3);
  CHECK(output["samples"][2]["id"] == "A/test/0006");
  CHECK(output["values"][0]["numbers"]["dims"] == json{64, 64});
  // A step and a seed of their own give other values.
  json other = asked("strong", "view");
  other["seed"] = "6";
  CHECK(head_of(browser.post("/api/preview", other)->body)["outputs"][0]["values"][0]["hash"] != output["values"][0]["hash"]);
  CHECK(head_of(browser.post("/api/preview", asked("strong", "view", 0))->body)["outputs"][0]["values"][0]["hash"] !=
        output["values"][0]["hash"]);
  CHECK(head_of(browser.post("/api/preview", asked("strong", "view"))->body)["outputs"][0]["values"][0]["hash"] ==
        output["values"][0]["hash"]);
}

TEST_CASE("view: what cannot be shown is said in a sentence") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", views)}, {}, worker());
  Browser browser(viewer);
  const auto told = [&](const json& body) {
    const httplib::Result found = browser.post("/api/preview", body);
    REQUIRE(found);
    return std::to_string(found->status) + " " + json::parse(found->body)["error"].get<std::string>();
  };
  CHECK(told(asked("stron", "view")) == "422 `predict` has no node `stron`");
  CHECK(told(asked("strong", "view", 2)) == "422 `predict` has 2 steps, so none with the number 2");
  CHECK(told({{"phase", "predict"}}).starts_with("400 the request has not the form of a preview"));
  CHECK(told({{"phase", "predict"}, {"outputs", json::array()}, {"step", 0}, {"slots", 1}}) == "400 a request has 1 to 64 outputs");
  CHECK(browser.client().Post("/api/preview", browser.headers(), "{", "application/json")->status == 400);
}

TEST_CASE("view: strangers are refused") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", views)}, {}, worker());
  Browser browser(viewer);
  httplib::Client stranger("127.0.0.1", viewer.port());
  CHECK(stranger.Get("/")->status == 200);
  CHECK(stranger.Get("/")->body.find(browser.token()) == std::string::npos);
  CHECK(stranger.Get("/app.js")->status == 200);
  CHECK(stranger.Get("/api/events")->status == 401);
  CHECK(stranger.Post("/api/preview", asked("strong", "view").dump(), "application/json")->status == 401);
  CHECK(stranger.Get("/api/events?token=" + browser.token())->status == 400);
  CHECK(stranger.Get("/", {{"Host", "evil.example"}})->status == 403);
  CHECK(stranger.Get("/", {{"Origin", "http://evil.example"}})->status == 403);
  for (const char* path : {"/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/app.js/../../x", "/graphs/g.yaml", "/api/", "/api/nothing"}) {
    const int status = stranger.Get(path)->status;
    CHECK((status == 404 || status == 401 || status == 400));
  }
  httplib::Headers own = browser.headers();
  own.emplace("Origin", "http://evil.example");
  CHECK(stranger.Get("/api/events", own)->status == 403);
  const httplib::Result large = browser.client().Post("/api/preview", browser.headers(), std::string(10'000'000, ' '), "application/json");
  CHECK((!large || large->status == 413));
  CHECK(browser.client().Get("/")->status == 200);
  const httplib::Result page = stranger.Get("/");
  CHECK(page->get_header_value("Content-Security-Policy").starts_with("default-src 'none'"));
  CHECK(page->get_header_value("X-Content-Type-Options") == "nosniff");
}

TEST_CASE("view: streams are few, and one that is gone is free again within three seconds") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", views)}, {}, worker());
  Browser browser(viewer);
  std::atomic<bool> is_ended{false};
  std::atomic<int> open{0};
  std::vector<std::thread> readers;
  for (int k = 0; k < 8; ++k)
    readers.emplace_back([&] {
      httplib::Client client("127.0.0.1", viewer.port());
      bool is_first = true;
      client.Get("/api/events", browser.headers(), [&](const char*, std::size_t) {
        if (std::exchange(is_first, false)) ++open;
        return !is_ended;
      });
    });
  for (int k = 0; k < 1000 && open < 8; ++k) std::this_thread::sleep_for(10ms);
  REQUIRE(open == 8);
  CHECK(browser.client().Get("/api/events", browser.headers())->status == 503);
  // Other requests are answered meanwhile.
  CHECK(browser.post("/api/preview", asked("strong", "view"))->status == 200);
  is_ended = true;
  for (std::thread& reader : readers) reader.join();
  const auto begin = std::chrono::steady_clock::now();
  int status = 503;
  while (status == 503 && std::chrono::steady_clock::now() - begin < 10s) {
    status = 0;
    httplib::Client client("127.0.0.1", viewer.port());
    client.Get(
        "/api/events", browser.headers(),
        [&](const httplib::Response& response) {
          status = response.status;
          return status != 200;
        },
        [](const char*, std::size_t) { return true; });
    std::this_thread::sleep_for(50ms);
  }
  CHECK(status == 200);
  CHECK(std::chrono::steady_clock::now() - begin < 3s);
}

#ifdef LEAT_WITH_TENSOR
TEST_CASE("view: values have the weights of the run that is named, and say so") {
  const TemporaryFolder folder;
  constexpr const char* training = R"(leat: 1
resources:
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [NORMAL, PNEUMONIA], masks: [lungs]}}
  adam: {uses: optim.adam, with: {model: net}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: 8, batch: 4}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      features: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      classes: {uses: model.classify, in: features, with: {model: net}}
      loss: {uses: loss.cross_entropy, in: {logits: classes, label: chests.label}}
      total: {uses: loss.total, in: {terms: {classes: loss}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
plan: {train: {phase: train, steps: 3}}
)";
  folder.write("g.yaml", training);
  const std::string run =
      std::string(LEAT_COMMAND) + " run " + (folder / "g.yaml").string() + " --out " + (folder / "run").string() + " >/dev/null 2>&1";
  REQUIRE(std::system(run.c_str()) == 0);
  const auto seen = [&](const fs::path& weights, int step) {
    viewer::ShownGraph graph{folder / "g.yaml"};
    graph.weights = weights;
    const GraphViewer viewer(graph, {}, worker());
    json body = asked("classes", "logits", step);
    body["phase"] = "train";
    const httplib::Result found = Browser(viewer).post("/api/preview", body);
    REQUIRE(found);
    return found->status == 200 ? head_of(found->body) : json::parse(found->body);
  };
  const json first = seen({}, 1), kept = seen(folder / "run", 1), none = seen(folder / "no run", 1);
  CHECK(first["weights"].is_null());
  CHECK(first["has_step"] == false);
  CHECK(first["step"] == 0);
  CHECK(kept["weights"]["step"] == 3);
  CHECK(kept["weights"]["of"] == json{"net"});
  CHECK(kept["step"] == 1);
  CHECK(kept["outputs"][0]["values"][0]["hash"] != first["outputs"][0]["values"][0]["hash"]);
  CHECK(none["error"].get<std::string>().find("has no checkpoint") != std::string::npos);
  // A run that lacks a network which this graph trains is refused.
  std::string other = training;
  for (std::size_t at = 0; (at = other.find("net", at)) != std::string::npos; at += 5)
    if (other.compare(at, 5, "net: ") == 0 || other.compare(at - 2, 5, ": net") == 0) other.replace(at, 3, "other");
  folder.write("g.yaml", other);
  CHECK(seen(folder / "run", 1)["error"].get<std::string>().find("has nothing for `other`") != std::string::npos);
}
#endif

namespace {

/// A connection that sends what it is told, whether or not that is HTTP.
class RawClient {
 public:
  explicit RawClient(int port) : file_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(file_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    const timeval most{60, 0};
    ::setsockopt(file_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(file_); }

  /// Returns false if the server has ended the connection.
  bool send(const std::string& text) const {
    for (std::size_t at = 0; at < text.size();) {
      // A send that waits for room is not told that the other side has gone.
      pollfd waits{file_, POLLOUT | POLLRDHUP, 0};
      if (::poll(&waits, 1, 60'000) <= 0 || (waits.revents & (POLLRDHUP | POLLERR | POLLHUP)) != 0) return false;
      const ssize_t done = ::send(file_, text.data() + at, text.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (done < 0 && errno == EAGAIN) continue;
      if (done <= 0) return false;
      at += static_cast<std::size_t>(done);
    }
    return true;
  }
  /// Returns the status of the next answer, "405"; empty if the server ends the connection.
  [[nodiscard]] std::string status() const {
    std::string out;
    for (char one = 0; out.size() < 12 && ::recv(file_, &one, 1, 0) == 1;) out += one;
    return out.size() == 12 ? out.substr(9) : "";
  }

 private:
  int file_;
};

}  // namespace

TEST_CASE("view: a request whose length is not stated, or that nothing asks for, is refused before its body is read") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", views)}, {}, worker());
  Browser browser(viewer);
  const std::string token = "Authorization: Bearer " + browser.token() + "\r\n";
  const auto status = [&](const std::string& first, const std::string& headers) {
    const RawClient client(viewer.port());
    REQUIRE(client.send(first + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n"));
    return client.status();  // No body is ever sent.
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n", one = "Content-Length: 1\r\n";
  CHECK(status("POST /nothing", chunked) == "405");
  CHECK(status("POST /events", one) == "405");
  CHECK(status("PUT /", one) == "405");
  CHECK(status("POST /api/preview", chunked) == "401");
  CHECK(status("POST /api/preview", token + chunked) == "411");
  CHECK(status("POST /api/preview", token + chunked + one) == "411");
  CHECK(status("POST /api/preview", token) == "411");
  CHECK(status("DELETE /api/preview", token + one) == "405");
  CHECK(status("GET /", chunked) == "411");
  CHECK(status("GET /", "") == "200");
}

TEST_CASE("view: a connection whose headers do not end is ended") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", views)}, {}, worker());
  for (const char* header : {"a: b\r\n", "x"}) {  // The second is a line that does not end.
    std::string many;
    while (many.size() < 64 * 1024) many += header;
    // The limit holds for a first request, and for one after it.
    const RawClient first(viewer.port()), second(viewer.port());
    REQUIRE(second.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    CHECK(second.status() == "200");
    for (const RawClient* client : {&first, &second}) {
      int sent = 0;
      for (client->send("GET / HTTP/1.1\r\n"); sent < 1024 && client->send(many);) ++sent;
      CHECK(sent < 1024);
    }
  }
  CHECK(Browser(viewer).client().Get("/")->status == 200);
}

TEST_CASE("view: clients that send nothing, or a request of many ranges, do not hold up the others") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", views)}, {}, worker());
  Browser browser(viewer);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int k = 0; k < 40; ++k) REQUIRE(silent.emplace_back(std::make_unique<RawClient>(viewer.port()))->send("GET "));
  httplib::Client client("127.0.0.1", viewer.port());
  client.set_read_timeout(60);
  const httplib::Result page = client.Get("/");
  REQUIRE(page);
  CHECK(page->status == 200);
  silent.clear();
  std::string ranges = "bytes=0-";
  for (int k = 0; k < 500; ++k) ranges += ",0-";
  const httplib::Result ranged = client.Get("/app.js", {{"Range", ranges}});
  CHECK((!ranged || ranged->status == 416));
}

TEST_CASE("view: a port that is taken is replaced") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("g.yaml", views);
  const GraphViewer first({file}, {}, worker());
  viewer::Reach reach;
  reach.port = first.port();
  const GraphViewer second({file}, reach, worker());
  CHECK(second.port() != first.port());
  CHECK(Browser(second).client().Get("/")->status == 200);
}

#ifdef LEAT_WITH_TENSOR
TEST_CASE("view: code that is not Leat's own waits until it is allowed") {
  const TemporaryFolder folder;
  folder.write("net.pt", "no network");
  const fs::path file = folder.write("g.yaml", R"(leat: 1
resources:
  net: {uses: model.torchscript, with: {file: net.pt}}
phases:
  predict:
    kind: predict
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: 8, batch: 4, split: test}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
plan: {then: [predict]}
)");
  const GraphViewer viewer({file}, {}, worker());
  Browser browser(viewer);
  json told = browser.graph_where([](const json& one) { return one.contains("graph"); });
  REQUIRE(!told.is_null());
  const std::string code = "the file of `net` (model.torchscript) " + (folder / "net.pt").string();
  CHECK(told["waits_for"] == json{code});
  CHECK(told["graph"]["is_built"] == false);
  CHECK(told["graph"]["phases"][0]["nodes"].size() == 2);
  CHECK(errors(told) == 0);
  CHECK(browser.post("/api/preview", asked("batch", "tensor"))->status == 422);
  CHECK(browser.post("/api/allow", json::object())->status == 400);
  // Leave for another file is none for this one.
  CHECK(browser.post("/api/allow", json{"the file of `net` (model.torchscript) /other.pt"})->status == 200);
  CHECK(browser.post("/api/preview", asked("batch", "tensor"))->status == 422);
  CHECK(browser.post("/api/allow", json{code})->status == 200);
  told = browser.graph_where([](const json& one) { return one.contains("graph") && errors(one) > 0; });
  REQUIRE(!told.is_null());
  CHECK(told["waits_for"].empty());
}
#endif

TEST_CASE("view: a name with HTML in it stays a text") {
  const TemporaryFolder folder;
  const GraphViewer viewer({folder.write("g.yaml", "leat: 1\ntitle: \"<img src=x onerror=alert(1)>\"\n")}, {}, worker());
  Browser browser(viewer);
  const json told = browser.graph_where([](const json& one) { return one.contains("graph"); });
  REQUIRE(!told.is_null());
  CHECK(told["graph"]["title"] == "<img src=x onerror=alert(1)>");
}
