#include "leat/reads_shard.h"

#include <algorithm>
#include <charconv>

#include "leat/diagnostics.h"
#include "leat/value.h"

namespace leat {

namespace {

constexpr int most_shards = 1'000'000;

/// Returns the number in plain decimal digits; -1 for another text.
int whole_in(std::string_view text) {
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error != std::errc() || end != text.data() + text.size() || text[0] == '-' ? -1 : out;
}

}  // namespace

ShardNumber ShardNumber::read(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const int shard = whole_in(text.substr(0, slash)), shards = slash < text.size() ? whole_in(text.substr(slash + 1)) : -1;
  const std::string quoted = "`" + std::string(text) + "`";
  if (shard < 0 || shards < 0) throw Refusal(quoted + " is not a shard", "shard", "write its number and the number of shards, such as 2/4");
  if (shards < 1 || shards > most_shards)
    throw Refusal(
        "the number of shards in " + quoted + " is " + std::to_string(shards) + "; the range is 1.." + std::to_string(most_shards),
        "shard");
  if (shard < 1 || shard > shards)
    throw Refusal("the shard in " + quoted + " is " + std::to_string(shard) + "; the range is 1.." + std::to_string(shards), "shard",
                  "shards are counted from 1");
  return {shard, shards};
}

std::int64_t ShardNumber::first_of(std::int64_t images) const {
  return (shard - 1) * (images / shards) + std::min<std::int64_t>(shard - 1, images % shards);
}

std::int64_t ShardNumber::count_of(std::int64_t images) const { return images / shards + (shard - 1 < images % shards ? 1 : 0); }

void IdsHash::add_hash(std::uint64_t hash_of_id) { value_ = hash_bytes(&hash_of_id, sizeof hash_of_id, value_ + 1); }

std::uint64_t IdsHash::hash_of(std::string_view id) { return hash_bytes(id.data(), id.size()); }

}  // namespace leat
