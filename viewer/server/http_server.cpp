#include "server/http_server.h"

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "leat/thrown.h"
#include "server/connections.h"
#include "server/page_files.h"

namespace leat::viewer {

namespace {

/// Largest body of a request.
constexpr std::size_t most_bytes = 1 << 20;
/// Threads for requests that end, in addition to those of streams.
constexpr int workers = 8;
constexpr std::chrono::milliseconds heartbeat{1000};

/// A fixed number of threads.
class Pool final : public httplib::TaskQueue {
 public:
  explicit Pool(int threads) {
    for (int k = 0; k < threads; ++k) threads_.emplace_back([this] { work(); });
  }
  ~Pool() override = default;

  void enqueue(std::function<void()> task) override {
    {
      const std::lock_guard guard(lock_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
  }
  void shutdown() override {
    {
      const std::lock_guard guard(lock_);
      is_ended_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void work() {
    while (true) {
      std::function<void()> task;
      {
        std::unique_lock guard(lock_);
        changed_.wait(guard, [&] { return is_ended_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      try {
        task();
      } catch (const std::exception&) {
        // A connection that fails ends. The server goes on.
      }
    }
  }

  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool is_ended_ = false;
  std::vector<std::thread> threads_;
};

const PageFile* find_page_file(const std::string& path) {
  for (const PageFile& file : page_files())
    if (file.path == path) return &file;
  return nullptr;
}

std::string policy(const std::vector<std::string>& frame_ancestors) {
  std::string out =
      "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
      "base-uri 'none'; form-action 'none'; frame-ancestors";
  if (frame_ancestors.empty()) return out + " 'none'";
  for (const std::string& one : frame_ancestors) out += " " + one;
  return out;
}

void set_error(httplib::Response& response, int status, const std::string& reason) {
  response.status = status;
  response.set_content(nlohmann::json{{"error", reason}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
                       "application/json");
}

bool asks_only(const httplib::Request& request) { return request.method == "GET" || request.method == "HEAD"; }

/// Returns why a request is not read further, whoever sends it; nothing if it is read.
std::optional<Denied> refused_form(const httplib::Request& request, bool is_static) {
  if (!asks_only(request) && (is_static || request.method != "POST"))
    return Denied{405, is_static ? "the page has only GET" : "data have only GET and POST"};
  // cpp-httplib limits only bodies whose length is stated.
  if (request.has_header("Transfer-Encoding") || (!asks_only(request) && !request.has_header("Content-Length")))
    return Denied{411, "bodies have the header `Content-Length`, and no `Transfer-Encoding`"};
  // cpp-httplib would build all of many ranges in memory.
  if (request.has_header("Range")) return Denied{416, "files are sent whole"};
  // A small compressed body can be a huge one.
  if (request.has_header("Content-Encoding")) return Denied{415, "bodies are not compressed"};
  return {};
}

/// Returns what the group in the path matched.
std::string group_of(const httplib::Request& request) { return request.matches.size() > 1 ? request.matches[1].str() : ""; }

/// Counts a stream for as long as it lives.
class OpenStream {
 public:
  explicit OpenStream(std::atomic<int>& count) : count_(count) { ++count_; }
  OpenStream(const OpenStream&) = delete;
  OpenStream& operator=(const OpenStream&) = delete;
  ~OpenStream() { --count_; }

 private:
  std::atomic<int>& count_;
};

}  // namespace

struct HttpServer::Parts {
  explicit Parts(const HttpSettings& given) : settings(given), access(given.names) {}

  HttpSettings settings;
  Access access;
  httplib::Server server;
  int port = 0;
  std::atomic<int> streams{0};
  std::atomic<bool> is_stopped{false}, has_failed{false};
  Connections connections;
  std::thread thread, watch;

  void bind();
  void set_rules();
  void set_page();
};

void HttpServer::Parts::bind() {
  if (settings.port > 0 && server.bind_to_port(settings.address.c_str(), settings.port)) {
    port = settings.port;
    return;
  }
  port = server.bind_to_any_port(settings.address.c_str());
  if (port <= 0) throw std::runtime_error("the address " + settings.address + " has no free port");
}

void HttpServer::Parts::set_rules() {
  server.new_task_queue = [threads = workers + settings.streams] { return new Pool(threads); };
  server.set_payload_max_length(most_bytes);
  server.set_read_timeout(5);
  server.set_write_timeout(3);
  server.set_keep_alive_timeout(2);
  server.set_tcp_nodelay(true);
  // A port that another program listens on must be seen as taken.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_default_headers({{"Content-Security-Policy", policy(settings.frame_ancestors)},
                              {"X-Content-Type-Options", "nosniff"},
                              {"Referrer-Policy", "no-referrer"},
                              {"Cross-Origin-Resource-Policy", "same-origin"},
                              {"Cache-Control", "no-store"}});
  // It is called before the body is read.
  server.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    const auto header = [&](const char* name) { return request.get_header_value(name); };
    Asked asked{header("Host"), {}, header("Authorization"), request.target.find('?') != std::string::npos};
    if (request.has_header("Origin")) asked.origin = header("Origin");
    connections.begins(request.remote_port);
    const bool is_static = !request.path.starts_with("/api/");
    std::optional<Denied> denied = access.denied(asked, is_static);
    if (!denied) denied = refused_form(request, is_static);
    if (!denied) return httplib::Server::HandlerResponse::Unhandled;
    set_error(response, denied->status, denied->reason);
    return httplib::Server::HandlerResponse::Handled;
  });
  server.set_logger([this](const httplib::Request& request, const httplib::Response&) { connections.ends(request.remote_port); });
  server.set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr thrown) {
    try {
      std::rethrow_exception(std::move(thrown));
    } catch (...) {
      set_error(response, 500, words_of_current_exception());
    }
  });
}

void HttpServer::Parts::set_page() {
  for (const PageFile& file : page_files())
    server.Get(std::string(file.path), [&file](const httplib::Request&, httplib::Response& response) {
      response.set_content(file.content.data(), file.content.size(), std::string(file.type));
    });
  server.Get("/", [](const httplib::Request&, httplib::Response& response) {
    const PageFile* index = find_page_file("/index.html");
    response.set_content(index->content.data(), index->content.size(), std::string(index->type));
  });
}

HttpServer::HttpServer(const HttpSettings& settings) : parts_(std::make_unique<Parts>(settings)) {
  parts_->set_rules();
  parts_->set_page();
  parts_->bind();
  parts_->connections.serve(parts_->port);
}

HttpServer::~HttpServer() { stop(); }

void HttpServer::post(const std::string& path, Handle handle) {
  parts_->server.Post(path, [handle = std::move(handle)](const httplib::Request& request, httplib::Response& response) {
    Answer answer = handle(group_of(request), request.body);
    response.status = answer.status;
    response.set_content(std::move(answer.body), answer.type);
  });
}

void HttpServer::stream(const std::string& path, Open open_feed) {
  parts_->server.Get(path, [this, open_feed = std::move(open_feed)](const httplib::Request& request, httplib::Response& response) {
    Parts& parts = *parts_;
    const auto open = std::make_shared<OpenStream>(parts.streams);
    if (parts.streams > parts.settings.streams) {
      set_error(response, 503, "the server has its largest number of streams, " + std::to_string(parts.settings.streams));
      return;
    }
    const std::shared_ptr<const Feed> feed = open_feed(group_of(request));
    if (!feed) {
      set_error(response, 404, "there is no such run");
      return;
    }
    parts.connections.becomes_stream(request.remote_port);
    response.set_chunked_content_provider("text/event-stream",
                                          [&parts, open, feed, seen = std::uint64_t{0}](std::size_t, httplib::DataSink& sink) mutable {
                                            const Feed::Texts news = feed->after(seen, heartbeat);
                                            if (news.is_closed || parts.is_stopped) return false;
                                            seen = news.number;
                                            // A comment is a heartbeat: it shows the reader that the server lives, and the server that the
                                            // reader is gone.
                                            std::string text = news.by_topic.empty() ? ":\n\n" : "";
                                            for (const auto& [topic, one] : news.by_topic)
                                              text += "event: " + topic + "\ndata: " + one + "\n\n";
                                            return sink.write(text.data(), text.size());
                                          });
  });
}

void HttpServer::start() {
  Parts& parts = *parts_;
  parts.thread = std::thread([&parts] {
    parts.server.listen_after_bind();
    if (!parts.is_stopped) parts.has_failed = true;
  });
  parts.watch = std::thread([&parts] {
    while (!parts.is_stopped) {
      parts.connections.look();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  // `stop` has no effect before the server listens.
  while (!parts.server.is_running() && !parts.has_failed) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void HttpServer::stop() {
  if (parts_->is_stopped.exchange(true)) return;
  parts_->server.stop();
  parts_->connections.end_all();
  if (parts_->thread.joinable()) parts_->thread.join();
  if (parts_->watch.joinable()) parts_->watch.join();
}

bool HttpServer::has_failed() const { return parts_->has_failed; }

int HttpServer::streams() const { return parts_->streams; }

int HttpServer::port() const { return parts_->port; }

const Access& HttpServer::access() const { return parts_->access; }

std::string HttpServer::address() const {
  const std::string& bound = parts_->settings.address;
  const bool is_any = bound == "0.0.0.0" || bound == "::";
  const std::string host = !is_any ? bound : parts_->settings.names.empty() ? "localhost" : parts_->settings.names.front();
  return "http://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(parts_->port) +
         "/#token=" + parts_->access.token();
}

}  // namespace leat::viewer
