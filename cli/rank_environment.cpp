#include "rank_environment.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "leat/diagnostics.h"

namespace leat::cli {

namespace {

constexpr int most_ranks = 65536;

/// Returns a variable's value, or an empty string.
std::string value_of(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string needed(const char* name) {
  std::string value = value_of(name);
  if (value.empty())
    throw Refusal("the environment variable " + rank_variable() + " is set, so this process is one of several ranks, but " + name +
                  " is not set: start the ranks with torchrun, or with --ranks");
  return value;
}

int whole(const char* name, int low, int high) {
  const std::string text = needed(name);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < low || number > high)
    throw Refusal("the environment variable " + std::string(name) + " is `" + text + "`; it must be a whole number in " +
                  std::to_string(low) + ".." + std::to_string(high));
  return number;
}

void check_below(const char* name, int number, const char* bound_name, int bound) {
  if (number < bound) return;
  throw Refusal("the environment variable " + std::string(name) + " is " + std::to_string(number) + ", but " + bound_name + " is " +
                std::to_string(bound) + ": it must be less");
}

}  // namespace

std::string rank_variable() {
  for (const char* name : {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"})
    if (!value_of(name).empty()) return name;
  return {};
}

std::optional<RankPlace> place_from_environment() {
  if (rank_variable().empty()) return {};
  RankPlace place;
  place.rank = whole("RANK", 0, most_ranks);
  place.size = whole("WORLD_SIZE", 1, most_ranks);
  place.local_rank = whole("LOCAL_RANK", 0, most_ranks);
  place.local_size = whole("LOCAL_WORLD_SIZE", 1, most_ranks);
  check_below("RANK", place.rank, "WORLD_SIZE", place.size);
  check_below("LOCAL_RANK", place.local_rank, "LOCAL_WORLD_SIZE", place.local_size);
  if (place.local_size > place.size)
    throw Refusal("the environment variable LOCAL_WORLD_SIZE is " + std::to_string(place.local_size) + ", but WORLD_SIZE is " +
                  std::to_string(place.size) + ": it cannot be more");
  place.host = needed("MASTER_ADDR");
  place.port = static_cast<std::uint16_t>(whole("MASTER_PORT", 1, 65535));
  place.has_agent_store = value_of("TORCHELASTIC_USE_AGENT_STORE") == "True";
  // Not with the count of restarts: the agents of several machines count on their own.
  place.prefix = "leat/" + value_of("TORCHELASTIC_RUN_ID");
  return place;
}

}  // namespace leat::cli
