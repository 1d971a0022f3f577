#pragma once

#include <chrono>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "leat/joined_ranks.h"

namespace leat::ranks {

/// Opens the store: rank 0 hosts it, unless an agent does. `limit` is the longest wait for the host, and for each value. Throws RankLost if
/// the host does not answer.
[[nodiscard]] c10::intrusive_ptr<c10d::Store> open_store(const RankPlace& place, std::chrono::seconds limit);
/// Returns what rank 0 has published under a key. Throws RankLost if it does not within the store's limit.
[[nodiscard]] std::string published(c10d::Store& store, const std::string& key);

/// Returns the first line of an exception of LibTorch, whose text goes on with a list of calls.
[[nodiscard]] std::string first_line(const std::exception& error);

}  // namespace leat::ranks
