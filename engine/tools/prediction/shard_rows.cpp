#include "prediction/shard_rows.h"

#include <charconv>
#include <utility>
#include <vector>

#include "leat/tar_list.h"
#include "leat/value.h"
#include "leat/wording.h"

namespace leat {

ShardRows::ShardRows(const ShardOf& states, const std::filesystem::path& folder, IdsHash& all,
                     std::function<void(const std::string&)> refuse)
    : states_(states), all_(all), refuse_(std::move(refuse)) {
  if (!states.is_of_tars) return;
  const std::filesystem::path table = folder / tars_table;
  if (!std::filesystem::is_regular_file(table)) refuse_(std::string("has no table of its tars, `") + tars_table + "`");
  tars_.emplace(table);
  if (!tars_->next() || tars_->text() != tars_header) refuse_(std::string("has a `") + tars_table + "` that is none");
}

bool ShardRows::next_tar() {
  if (!tars_->next()) return false;
  const std::vector<std::string> fields = fields_of(tars_->text());
  std::int64_t samples = -1;
  if (fields.size() == 3) std::from_chars(fields[1].data(), fields[1].data() + fields[1].size(), samples);
  if (samples < 0) refuse_("has a row in line " + std::to_string(tars_->line()) + " of `" + tars_table + "` that is none of a tar");
  tar_ = fields[0];
  samples_ = samples;
  ids_of_tar_ = fields[2];
  rows_of_tar_ = 0;
  ids_in_tar_ = {};
  ids_.add(tar_);
  all_.add(tar_);
  ++tars_read_;
  return true;
}

void ShardRows::end_tar() {
  if (tars_read_ == 0) return;
  if (rows_of_tar_ != samples_)
    refuse_("has " + counted(rows_of_tar_, "row") + " of the tar `" + tar_ + "`, which has " + counted(samples_, "sample"));
  if (hash_text(ids_in_tar_.value()) != ids_of_tar_) refuse_("has rows of other samples than the tar `" + tar_ + "`, or in another order");
}

void ShardRows::add(const std::string& id) {
  ++rows_;
  if (!tars_) {
    ids_.add(id);
    all_.add(id);
    return;
  }
  while (tars_read_ == 0 || rows_of_tar_ == samples_) {
    end_tar();
    if (!next_tar()) refuse_("has more rows than its tars have samples");
  }
  if (!id.starts_with(tar_ + "/")) refuse_("has the row `" + id + "` where the tar `" + tar_ + "` has a sample");
  ids_in_tar_.add(id);
  ++rows_of_tar_;
}

void ShardRows::end() {
  if (!tars_) {
    if (rows_ != states_.images)
      refuse_("has " + std::to_string(rows_) + " rows, but the shard has " + std::to_string(states_.images) + " images");
    if (ids_.value() != states_.ids) refuse_("has rows of other images than the shard, or in another order");
    return;
  }
  do end_tar();
  while (next_tar());
  if (!tars_->is_line_ended()) refuse_(std::string("has a `") + tars_table + "` that is truncated");
  if (tars_read_ != states_.images || ids_.value() != states_.ids)
    refuse_("has " + counted(tars_read_, "tar") + " that are not the " + counted(states_.images, "tar") + " of the shard");
}

}  // namespace leat
