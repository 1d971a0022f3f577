#include "ranks/store.h"

#include <c10/util/Exception.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace leat::ranks {

c10::intrusive_ptr<c10d::Store> open_store(const RankPlace& place, std::chrono::seconds limit) {
  c10d::TCPStoreOptions options;
  options.port = place.port;
  options.isServer = place.rank == 0 && !place.has_agent_store;
  options.waitWorkers = false;
  options.timeout = limit;
  const std::string at = place.host + ":" + std::to_string(place.port);
  try {
    return c10::make_intrusive<c10d::PrefixStore>(place.prefix, c10::make_intrusive<c10d::TCPStore>(place.host, options));
  } catch (const std::exception& error) {
    if (options.isServer) throw std::runtime_error("rank 0 cannot open port " + std::to_string(place.port) + ": " + first_line(error));
    throw RankLost((place.has_agent_store ? "the program that started the ranks does not answer at " : "rank 0 does not answer at ") + at +
                   ": " + first_line(error));
  }
}

std::string published(c10d::Store& store, const std::string& key) {
  try {
    const std::vector<std::uint8_t> bytes = store.get(key);
    return {bytes.begin(), bytes.end()};
  } catch (const std::exception& error) {
    throw RankLost("rank 0 has not come: " + first_line(error));
  }
}

std::string first_line(const std::exception& error) {
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = torch ? torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace leat::ranks
