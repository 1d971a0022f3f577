#pragma once

#include <httplib.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "leat/viewer.h"
#include "support/doctest.h"

// A browser that has the address of a page, and the graph that it shows.
namespace leat::test {

inline constexpr const char* views = R"(leat: 1
title: two views
phases:
  predict:
    kind: predict
    nodes:
      chests: {uses: io.chest, with: {hospital: A, count: 8, batch: 4, split: test}}
      weak: {uses: augment.weak, in: chests.image}
      strong: {uses: augment.strong, in: weak}
plan: {then: [predict]}
)";

inline std::vector<std::string> worker() { return {LEAT_COMMAND, "view-worker"}; }

/// A browser that has the address.
class Browser {
 public:
  explicit Browser(const viewer::GraphViewer& viewer) : client_("127.0.0.1", viewer.port()) {
    const std::string address = viewer.address();
    token_ = address.substr(address.find("#token=") + 7);
    client_.set_read_timeout(60);
  }

  [[nodiscard]] httplib::Headers headers() const { return {{"Authorization", "Bearer " + token_}}; }
  [[nodiscard]] const std::string& token() const { return token_; }
  httplib::Client& client() { return client_; }

  httplib::Result post(const std::string& path, const nlohmann::json& body) {
    return client_.Post(path, headers(), body.dump(), "application/json");
  }

  /// Reads the stream until a message of the graph fulfils the condition. Null if none does in time.
  nlohmann::json graph_where(const std::function<bool(const nlohmann::json&)>& holds) {
    nlohmann::json out;
    std::string rest;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    client_.Get("/api/events", headers(), [&](const char* data, std::size_t count) {
      rest.append(data, count);
      for (std::size_t at; (at = rest.find("\n\n")) != std::string::npos; rest.erase(0, at + 2)) {
        const std::string event = rest.substr(0, at);
        const std::size_t begin = event.find("data: ");
        if (begin == std::string::npos) continue;
        const nlohmann::json told = nlohmann::json::parse(event.substr(begin + 6));
        if (!holds(told)) continue;
        out = told;
        return false;
      }
      return std::chrono::steady_clock::now() < end;
    });
    return out;
  }

 private:
  httplib::Client client_;
  std::string token_;
};

inline std::size_t errors(const nlohmann::json& told) {
  std::size_t count = 0;
  for (const nlohmann::json& one : told.at("graph").at("mistakes")) count += one.at("is_warning") ? 0u : 1u;
  return count;
}

inline nlohmann::json head_of(const std::string& packed) {
  std::uint32_t length = 0;
  REQUIRE(packed.size() > sizeof length);
  std::memcpy(&length, packed.data(), sizeof length);
  CHECK((sizeof length + length) % 8 == 0);
  return nlohmann::json::parse(packed.substr(sizeof length, length));
}

inline nlohmann::json asked(const std::string& node, const std::string& port, int step = 1) {
  return {{"phase", "predict"}, {"outputs", {{{"node", node}, {"port", port}}}}, {"step", step}, {"slots", 3}};
}

}  // namespace leat::test
