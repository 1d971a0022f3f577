#include "leat/merge_shards.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "base/durable_file.h"
#include "leat/diagnostics.h"
#include "leat/record_file.h"
#include "leat/shard_statement.h"
#include "leat/tar_list.h"
#include "leat/wording.h"
#include "prediction/shard_rows.h"

namespace leat {

namespace {

namespace fs = std::filesystem;

struct Shard {
  fs::path folder;
  ShardStatement states;
};

/// Files and folders of a shard that describe its run.
constexpr std::array<std::string_view, 12> run_files{"begun.json", "checkpoints", "events.log",    "graph.yaml",
                                                     "images",     "lock",        "metrics.jsonl", "results.json",
                                                     "shard.json", "splits",      tars_table,      "tensorboard"};
constexpr const char* of_merge = "shards.json";

/// Returns the shards in these folders, and directly below those that are none themselves.
std::vector<Shard> find_shards(const std::vector<fs::path>& folders) {
  std::vector<Shard> out;
  std::set<fs::path> known;
  const auto add = [&](const fs::path& folder) {
    auto states = ShardStatement::read(folder);
    if (!states) return false;
    if (known.insert(fs::weakly_canonical(folder)).second) out.push_back({folder, std::move(*states)});
    return true;
  };
  for (const fs::path& folder : folders) {
    if (!fs::is_directory(folder)) throw Refusal("there is no folder " + folder.string());
    if (add(folder)) continue;
    bool has_any = false;
    for (const auto& below : fs::directory_iterator(folder))
      if (below.is_directory() && add(below.path())) has_any = true;
    if (!has_any) throw Refusal(folder.string() + " has no shard: no folder with a shard.json");
  }
  std::sort(out.begin(), out.end(), [](const Shard& a, const Shard& b) {
    return std::pair(a.states.rows.number.shard, a.folder) < std::pair(b.states.rows.number.shard, b.folder);
  });
  return out;
}

/// Returns "shards 2, 5 and 7 of 8", with the first numbers of many.
std::string shard_words(const std::vector<int>& numbers, int shards) {
  constexpr std::size_t most = 8;
  std::string out = numbers.size() == 1 ? "shard " : "shards ";
  for (std::size_t k = 0; k < std::min(numbers.size(), most); ++k)
    out += (k == 0 ? "" : k + 1 == numbers.size() ? " and " : ", ") + std::to_string(numbers[k]);
  if (numbers.size() > most) out += " and " + std::to_string(numbers.size() - most) + " others";
  return out + " of " + std::to_string(shards);
}

/// Throws Refusal unless these are all shards of one list, each once and finished.
void check_complete(const std::vector<Shard>& shards) {
  for (std::size_t k = 1; k < shards.size(); ++k) {
    const Shard &first = shards[0], &one = shards[k];
    if (const std::string differs = difference(first.states, one.states); !differs.empty())
      throw Refusal(first.folder.string() + " and " + one.folder.string() + " cannot be merged: they are of " + differs);
    if (shards[k - 1].states.rows.number.shard == one.states.rows.number.shard)
      throw Refusal(shards[k - 1].folder.string() + " and " + one.folder.string() + " are both shard " + one.states.rows.number.words());
  }
  const int count = shards[0].states.rows.number.shards;
  std::vector<int> missing, unfinished;
  std::size_t at = 0;
  for (int number = 1; number <= count; ++number) {
    if (at == shards.size() || shards[at].states.rows.number.shard != number) missing.push_back(number);
    else if (!fs::exists(shards[at++].folder / "results.json")) unfinished.push_back(number);
  }
  std::string why;
  if (!missing.empty()) why = shard_words(missing, count) + (missing.size() == 1 ? " is" : " are") + " missing";
  if (!unfinished.empty())
    why += (why.empty() ? "" : "; ") + shard_words(unfinished, count) + (unfinished.size() == 1 ? " is" : " are") + " not finished";
  if (!why.empty())
    throw Refusal(why, "", "run `leat predict --shard` for " + std::string(missing.size() + unfinished.size() == 1 ? "it" : "them"));
}

std::size_t column_of(const std::vector<std::string>& header, const std::string& name, const fs::path& table) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) throw Refusal(table.string() + " has no column `" + name + "`");
  return static_cast<std::size_t>(found - header.begin());
}

/// Joins one table of all shards, and returns the number of its rows. While it copies the rows, it compares their images with those that
/// the shards and the list have.
std::int64_t join_table(const std::vector<Shard>& shards, const std::string& name, const fs::path& out) {
  fs::create_directories((out / name).parent_path());
  DurableFile file(out / name);
  std::string header, pending;
  IdsHash all;
  std::int64_t count = 0;
  for (const Shard& shard : shards) {
    const fs::path table = shard.folder / name;
    const auto refuse = [&](const std::string& why) {
      throw Refusal(table.string() + ", of shard " + shard.states.rows.number.words() + ", " + why);
    };
    if (!fs::is_regular_file(table)) refuse("does not exist");
    RecordFile records(table);
    if (!records.next()) refuse("is empty");
    if (&shard == &shards[0]) pending = (header = records.text()) + "\n";
    if (records.text() != header) refuse("has other columns than that of shard 1");
    const std::size_t image = column_of(fields_of(header), "image", table), columns = fields_of(header).size();
    ShardRows rows(shard.states.rows, shard.folder, all, refuse);
    while (records.next()) {
      const std::vector<std::string> fields = fields_of(records.text());
      if (fields.size() != columns)
        refuse("has a row of " + std::to_string(fields.size()) + " fields in line " + std::to_string(records.line()));
      rows.add(fields[image]);
      pending += records.text() + "\n";
      if (pending.size() < (std::size_t{1} << 20)) continue;
      file.write(pending);
      pending.clear();
    }
    if (!records.is_line_ended()) refuse("is truncated");
    rows.end();
    count += rows.rows();
  }
  if (all.value() != shards[0].states.rows.list)
    throw Refusal("the rows of `" + name + "` are not one for each image of the list, in its order");
  file.write(pending);
  file.sync();
  file.close();
  return count;
}

/// Joins the tables of the tars, which `join_table` has compared.
void join_tars(const std::vector<Shard>& shards, const fs::path& out) {
  std::string text;
  for (const Shard& shard : shards) {
    RecordFile records(shard.folder / tars_table);
    for (bool is_header = true; records.next(); is_header = false)
      if (!is_header || &shard == &shards[0]) text += records.text() + "\n";
  }
  write_file(out / tars_table, text);
}

/// Links the files of a shard's results, or copies them to another file system.
void link_results(const Shard& shard, const fs::path& out, MergedShards& merged) {
  const std::vector<std::string>& tables = shard.states.tables;
  const auto add = [&](const fs::path& file) {
    const std::string name = file.lexically_relative(shard.folder).generic_string();
    if (std::find(tables.begin(), tables.end(), name) != tables.end()) return;
    const fs::path to = out / name;
    std::error_code error;
    fs::create_hard_link(file, to, error);
    if (error == std::errc::no_such_file_or_directory) {
      fs::create_directories(to.parent_path());
      fs::create_hard_link(file, to, error);
    }
    if (error == std::errc::file_exists)
      throw Refusal(file.string() + ", of shard " + shard.states.rows.number.words() + ", has the name of a file of another shard");
    ++merged.linked;
    if (!error) return;
    fs::copy_file(file, to);
    ++merged.copied;
  };
  for (const auto& entry : fs::directory_iterator(shard.folder)) {
    const std::string name = entry.path().filename().string();
    if (std::find(run_files.begin(), run_files.end(), name) != run_files.end() || name.starts_with('.')) continue;
    if (entry.is_regular_file()) add(entry.path());
    else if (entry.is_directory())
      for (const auto& below : fs::recursive_directory_iterator(entry.path()))
        if (below.is_regular_file()) add(below.path());
  }
}

void write_statement(const Shard& first, const fs::path& out) {
  ShardStatement all = first.states;
  all.rows.number = {};
  all.rows.images = all.rows.of;
  all.rows.ids = all.rows.list;
  all.rows.files = 0;
  all.write(out, of_merge);
}

}  // namespace

std::string PredictionCounts::words() const {
  const std::int64_t left_out = images - predicted;
  std::string out = std::to_string(predicted) + " of " + std::to_string(images) + " images are predicted";
  if (left_out > 0)
    out +=
        ", " + std::to_string(left_out) + (left_out == 1 ? " has none, and its status says why" : " have none, and their status says why");
  return warned == 0 ? out : out + ", " + std::to_string(warned) + " of the predicted have a warning";
}

PredictionCounts count_predictions(const fs::path& table) {
  RecordFile records(table);
  PredictionCounts out;
  if (!records.next()) return out;
  const std::vector<std::string> header = fields_of(records.text());
  const std::size_t status = column_of(header, "status", table), warnings = column_of(header, "warnings", table);
  while (records.next()) {
    const std::vector<std::string> fields = fields_of(records.text());
    if (fields.size() != header.size()) throw std::runtime_error(table.string() + " has a row of another number of fields");
    const bool is_predicted = fields[status] == "ok";
    ++out.images;
    out.predicted += is_predicted ? 1 : 0;
    out.warned += is_predicted && !fields[warnings].empty() ? 1 : 0;
  }
  return out;
}

MergedShards merge_shards(const std::vector<fs::path>& folders, const fs::path& out) {
  if (fs::exists(out)) throw Refusal(out.string() + " exists already: name another folder with --out");
  const std::vector<Shard> shards = find_shards(folders);
  check_complete(shards);
  fs::path target = fs::absolute(out).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  // An incomplete folder never has the name of the whole.
  const fs::path growing = target.string() + ".merging";
  if (fs::exists(growing) && !fs::exists(growing / of_merge))
    throw Refusal(growing.string() + " exists, and is not of a merge that was interrupted: remove it, or name another folder with --out");
  fs::remove_all(growing);
  fs::create_directories(growing);
  write_statement(shards[0], growing);
  const ShardOf& whole = shards[0].states.rows;
  MergedShards merged{static_cast<int>(shards.size()), whole.is_of_tars ? whole.of : 0, 0, 0, 0, shards[0].states.tables};
  try {
    for (const std::string& name : merged.tables) merged.images = join_table(shards, name, growing);
    if (whole.is_of_tars) join_tars(shards, growing);
    for (const Shard& shard : shards) link_results(shard, growing, merged);
  } catch (...) {
    fs::remove_all(growing);
    throw;
  }
  fs::rename(growing, target);
  return merged;
}

}  // namespace leat
