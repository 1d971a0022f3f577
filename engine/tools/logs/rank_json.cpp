#include "logs/rank_json.h"

#include "base/json.h"

namespace leat {

nlohmann::json json_of(const RanksActivity& ranks) {
  if (ranks.ranks.empty()) return nullptr;
  nlohmann::json all = nlohmann::json::array();
  for (const RankActivity& one : ranks.ranks)
    all.push_back({{"name", one.name},
                   {"compute", number_or_null(one.compute)},
                   {"data", number_or_null(one.data)},
                   {"waiting", number_or_null(one.waiting)}});
  return {{"phase", ranks.phase},
          {"steps", ranks.steps},
          {"ranks", all},
          {"late", ranks.late < 0 ? nlohmann::json() : nlohmann::json(ranks.late)},
          {"sentence", ranks.sentence},
          {"other_steps", ranks.other_steps}};
}

}  // namespace leat
