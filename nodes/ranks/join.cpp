#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include "ranks/gloo_ranks.h"
#include "ranks/meeting.h"
#include "ranks/store.h"

namespace leat::ranks {

namespace {

/// Programs can take minutes until their libraries are read from a network, so ranks may come later than they may be silent.
constexpr int waits_for_all = 5;
constexpr const char* meeting_key = "meeting";

std::unique_ptr<JoinedRanks> join(const RankPlace& place, std::chrono::seconds timeout) {
  const std::chrono::seconds limit = waits_for_all * timeout;
  const c10::intrusive_ptr<c10d::Store> store = open_store(place, limit);
  const auto publish = [&](const std::string& text) { store->set(meeting_key, std::vector<std::uint8_t>(text.begin(), text.end())); };
  const auto published = [&] { return ranks::published(*store, meeting_key); };
  Meeting meeting = place.rank == 0 ? meet_others(place, limit, publish) : meet_first(place, limit, published);
  // An agent's store outlives the ranks that it restarts, and still has their values.
  const auto own = c10::make_intrusive<c10d::PrefixStore>(meeting.secret, store);
  return std::make_unique<GlooRanks>(own, place, std::move(meeting), timeout);
}

}  // namespace

}  // namespace leat::ranks

/// What the command asks for if a run has several ranks.
extern "C" void leat_nodes_join_ranks(const leat::RankPlace& place, std::chrono::seconds timeout,
                                      std::unique_ptr<leat::JoinedRanks>& joined) {
  joined = leat::ranks::join(place, timeout);
}
