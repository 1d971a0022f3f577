#pragma once

#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "server/message.h"

namespace leat::viewer {

/// What one request can use at most.
struct WorkLimits {
  std::chrono::milliseconds time;
  std::int64_t bytes;  ///< Resident memory.
};

/// A child process that answers requests, one after another. It is started when it is needed, and killed if a request uses more than the
/// limits allow. If a request is given up, the process gets the message `give up`, and is killed if it does not end the request soon.
/// [any thread]
class WorkerProcess {
 public:
  struct Reply {
    Message message;
    std::string failure;       ///< Why there is no message, as a sentence; empty if there is one.
    bool is_replaced = false;  ///< It was given up.
    bool is_unread = false;    ///< The process has ended before it read all of the request.
  };

  WorkerProcess(std::vector<std::string> command, WorkLimits limits) : command_(std::move(command)), limits_(limits) {}
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;
  ~WorkerProcess();

  /// Waits until earlier requests have ended. Throws std::runtime_error if no process can be started.
  [[nodiscard]] Reply ask(const nlohmann::json& request);
  /// As `ask`, but earlier requests are given up.
  [[nodiscard]] Reply ask_instead(const nlohmann::json& request);
  void give_up();  ///< Gives up all requests so far.
  void end();      ///< As `give_up`, and later requests fail.
  /// Starts the process, if it does not run, so that the next request need not wait for it. Throws as `ask`.
  void warm_up();
  /// Gives up all requests so far, and lets the next request start a new process.
  void restart();

 private:
  [[nodiscard]] Reply work(const nlohmann::json& request, std::uint64_t number);
  [[nodiscard]] Reply ask_running(const nlohmann::json& request, std::uint64_t number);
  [[nodiscard]] Reply wait_for_reply(std::uint64_t number);
  [[nodiscard]] bool is_given_up(std::uint64_t number);
  void start();
  void kill();
  void hear_words();
  [[nodiscard]] std::string how_it_ended();

  const std::vector<std::string> command_;
  const WorkLimits limits_;
  std::mutex working_;  ///< Held during a request. Guards the process.
  pid_t process_ = -1;
  int requests_ = -1, replies_ = -1, errors_ = -1;
  std::string words_;  ///< The end of what the process has written to stderr.

  std::mutex lock_;             ///< Guards the numbers.
  std::uint64_t newest_ = 0;    ///< Number of the newest request.
  std::uint64_t given_up_ = 0;  ///< Requests up to this number are given up.
  bool is_ended_ = false;
};

}  // namespace leat::viewer
