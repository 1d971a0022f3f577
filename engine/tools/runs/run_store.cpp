#include "leat/run_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <map>
#include <string_view>
#include <utility>

#include "base/phase_kinds.h"
#include "leat/folder_in_use.h"
#include "report/name_order.h"
#include "runs/database.h"
#include "runs/read_run.h"

namespace leat {

namespace {

namespace fs = std::filesystem;
using namespace sql;

constexpr int version = 9;
constexpr int patience_ms = 30'000;
constexpr const char* file_name = "runs.sqlite";

constexpr const char* schema = R"(
CREATE TABLE runs(folder TEXT PRIMARY KEY, title TEXT NOT NULL, graph_hash TEXT NOT NULL, seed INTEGER, device TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('finished', 'failed', 'unfinished')), error TEXT NOT NULL, steps INTEGER NOT NULL,
  seconds REAL NOT NULL, modified INTEGER NOT NULL) STRICT;
CREATE TABLE params(folder TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (folder, name)) STRICT;
CREATE TABLE metrics(folder TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, phase TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  value REAL, PRIMARY KEY (folder, phase, name)) STRICT;
PRAGMA user_version = 1;
)";
// Adds the facts of resources. Finished runs are read again to get them.
constexpr const char* from_1 = R"(
CREATE TABLE facts(folder TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, resource TEXT NOT NULL, name TEXT NOT NULL,
  value INTEGER NOT NULL, PRIMARY KEY (folder, resource, name)) STRICT;
UPDATE runs SET modified = 0 WHERE status = 'finished';
PRAGMA user_version = 2;
)";

// What nodes declare of metrics; finished runs are read again for it.
constexpr const char* from_2 = R"(
DROP TABLE metrics;
CREATE TABLE metrics(folder TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, phase TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  value REAL, headline INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL, PRIMARY KEY (folder, phase, name)) STRICT;
UPDATE runs SET modified = 0 WHERE status = 'finished';
PRAGMA user_version = 3;
)";

// A validation has the figures of the kept weights; finished runs are read again for them.
constexpr const char* from_3 = R"(
UPDATE runs SET modified = 0 WHERE status = 'finished';
PRAGMA user_version = 4;
)";

// What the metrics of a validation are of; finished runs are read again for it.
constexpr const char* from_4 = R"(
ALTER TABLE runs ADD COLUMN validation TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN has_kept INTEGER NOT NULL DEFAULT 0;
UPDATE runs SET modified = 0 WHERE status = 'finished';
PRAGMA user_version = 5;
)";

// The parameters of unfinished runs; they are read again for them.
constexpr const char* from_5 = R"(
UPDATE runs SET modified = 0 WHERE status = 'unfinished';
PRAGMA user_version = 6;
)";

// The steps of unfinished runs are those done, not those of the last checkpoint; they are read again for them.
constexpr const char* from_6 = R"(
UPDATE runs SET modified = 0 WHERE status = 'unfinished';
PRAGMA user_version = 7;
)";

// Hashes of graphs without the keys that cannot change a run's numbers. The time of unfinished runs is that of their logs, and their
// parameters are as in results. All runs are read again for them.
constexpr const char* from_7 = R"(
UPDATE runs SET modified = 0;
PRAGMA user_version = 8;
)";

// A run that was stopped has a status of its own. SQLite cannot change a check, and with the old table the rows of the others go. All runs
// are read again.
constexpr const char* from_8 = R"(
CREATE TABLE runs_9(folder TEXT PRIMARY KEY, title TEXT NOT NULL, graph_hash TEXT NOT NULL, seed INTEGER, device TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('finished', 'failed', 'stopped', 'unfinished')), error TEXT NOT NULL, steps INTEGER NOT NULL,
  seconds REAL NOT NULL, modified INTEGER NOT NULL, validation TEXT NOT NULL DEFAULT '', has_kept INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO runs_9 SELECT folder, title, graph_hash, seed, device, status, error, steps, seconds, 0, validation, has_kept FROM runs;
DROP TABLE runs;
ALTER TABLE runs_9 RENAME TO runs;
PRAGMA user_version = 9;
)";

/// The changes from each version to the next, beginning with version 1.
constexpr std::array<const char*, version - 1> changes{from_1, from_2, from_3, from_4, from_5, from_6, from_7, from_8};

struct RunFolder {
  fs::path path;
  std::string why_not;  ///< Why the folder cannot be read; it may then not be a run's. Empty: it is a run's.
};

std::vector<RunFolder> run_folders(const fs::path& folder) {
  std::vector<RunFolder> out;
  std::error_code ended;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, ended);
  for (; !ended && entry != fs::recursive_directory_iterator(); entry.increment(ended)) {
    std::error_code hidden;
    if (!entry->is_directory(hidden)) continue;
    const bool is_run = fs::exists(entry->path() / "graph.yaml", hidden);
    if (!is_run && !hidden && ::access(entry->path().c_str(), R_OK | X_OK) != 0) hidden.assign(errno, std::generic_category());
    if (!is_run && !hidden) continue;
    out.push_back({entry->path(), is_run ? "" : "its folder cannot be read: " + hidden.message()});
    entry.disable_recursion_pending();
  }
  return out;
}

void remove(sqlite3* database, const std::string& folder) { Statement(database, "DELETE FROM runs WHERE folder = ?").run(folder); }

void put(sqlite3* database, const StoredRun& run) {
  remove(database, run.folder);
  Statement(database, "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(run.folder, run.title, run.graph_hash, run.seed, run.device, std::string_view(name(run.status)), run.error, run.steps,
           run.seconds, run.modified, run.validation, std::int64_t{run.has_kept});
  Statement param(database, "INSERT INTO params VALUES (?, ?, ?)");
  for (const auto& [key, value] : run.params) param.run(run.folder, key, value);
  Statement fact(database, "INSERT INTO facts VALUES (?, ?, ?, ?)");
  for (const auto& [resource, facts] : run.resources)
    for (const auto& [key, value] : facts) fact.run(run.folder, resource, key, value);
  Statement metric(database, "INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const StoredMetric& one : run.metrics)
    metric.run(run.folder, one.phase, name(one.kind), one.name, one.value, std::int64_t{one.headline}, one.bounds.low, one.bounds.high);
}

RunStatus status_named(std::string_view word) {
  for (const RunStatus one : {RunStatus::Finished, RunStatus::Failed, RunStatus::Stopped})
    if (word == name(one)) return one;
  return RunStatus::Unfinished;
}

[[noreturn]] void refuse_other_version(const fs::path& file) {
  throw Refusal(file.string() + " was written by another version of Leat, or by another program; remove it, and Leat makes a new one");
}

}  // namespace

void RunStore::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

namespace {

void refuse_no_folder(const fs::path& folder) {
  std::error_code hidden;
  if (!fs::is_directory(folder, hidden)) throw Refusal("there is no folder " + folder.string());
  if (fs::exists(folder / "graph.yaml", hidden)) throw Refusal(folder.string() + " is a run; name the folder that contains it");
  if (const fs::directory_iterator first(folder, hidden); hidden)
    throw Refusal("cannot read the folder " + folder.string() + ": " + hidden.message());
}

}  // namespace

RunStore RunStore::open(const fs::path& folder) {
  refuse_no_folder(folder);
  RunStore store;
  store.folder_ = folder;
  const fs::path file = folder / file_name;
  const auto [database, why] = opened(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!database) throw Refusal("cannot use " + file.string() + ": " + why);
  store.database_.reset(database);
  store.prepare(file);
  return store;
}

namespace {

/// Returns why a store cannot be written there, or an empty string. SQLite also writes a journal next to the file.
std::string why_not_written(const fs::path& file) {
  const auto [database, why] = opened(file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!database) return why;
  const bool is_read_only = sqlite3_db_readonly(database, "main") != 0;
  sqlite3_close(database);
  if (is_read_only) return "it is read-only";
  const bool has_room = ::faccessat(AT_FDCWD, file.parent_path().c_str(), W_OK | X_OK, AT_EACCESS) == 0;
  return has_room ? "" : "its folder is read-only";
}

/// Copies a file into an empty database in memory. Returns why that fails, or an empty string if it succeeds or there is no file.
std::string copy_into(sqlite3* memory, const fs::path& file) {
  std::error_code hidden;
  if (!fs::exists(file, hidden) && !hidden) return {};
  const auto [kept, why] = opened(file.string(), SQLITE_OPEN_READONLY);
  if (!kept) return why;
  sqlite3_busy_timeout(kept, patience_ms);
  std::string why_not;
  if (sqlite3_backup* copy = sqlite3_backup_init(memory, "main", kept, "main")) {
    const int code = sqlite3_backup_step(copy, -1);
    sqlite3_backup_finish(copy);
    if (code != SQLITE_DONE) why_not = sqlite3_errstr(code);
  } else {
    why_not = sqlite3_errmsg(memory);
  }
  sqlite3_close(kept);
  return why_not;
}

}  // namespace

RunStore RunStore::view(const fs::path& folder) {
  refuse_no_folder(folder);
  const std::string why_not = why_not_written(folder / file_name);
  if (!why_not.empty()) return in_memory(folder, why_not);
  try {
    RunStore store = open(folder);
    store.can_leave_disk_ = true;
    return store;
  } catch (const NotWritten& full) {
    return in_memory(folder, full.why);
  }
}

/// Returns a copy of the index in memory.
RunStore RunStore::in_memory(const fs::path& folder, const std::string& why_not) {
  const fs::path file = folder / file_name;
  RunStore store;
  store.folder_ = folder;
  store.why_not_kept_ = why_not;
  const auto make = [] { return opened(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).first; };
  store.database_.reset(make());
  if (!store.database_) throw Refusal("cannot make a store of runs in memory");
  // The index cannot get back the reasons why runs failed.
  if (const std::string why = copy_into(store.database_.get(), file); !why.empty()) {
    store.why_not_kept_ += ", and the reasons why runs failed cannot be read from it: " + why;
    store.database_.reset(make());
  }
  store.prepare(file);
  return store;
}

void RunStore::prepare(const fs::path& file) {
  sqlite3* database = database_.get();
  sqlite3_busy_timeout(database, patience_ms);
  execute(database, "PRAGMA foreign_keys = ON");
  Transaction transaction(database);
  const std::int64_t found = count_of(database, "PRAGMA user_version");
  const bool is_new = found == 0 && count_of(database, "SELECT count(*) FROM sqlite_schema") == 0;
  if (is_new) execute(database, schema);
  else if (found < 1 || found > version) refuse_other_version(file);
  for (std::int64_t from = is_new ? 1 : found; from < version; ++from) execute(database, changes[static_cast<std::size_t>(from - 1)]);
  transaction.commit();
}

void RunStore::update() {
  try {
    read_changed();
  } catch (const NotWritten& full) {
    if (!can_leave_disk_) throw;
    *this = in_memory(folder_, full.why);
    read_changed();
  }
}

void RunStore::read_changed() {
  Transaction transaction(database_.get());
  struct Known {
    RunStatus status;
    std::int64_t modified;
    std::string error;
  };
  std::map<std::string, Known> known;
  Statement all(database_.get(), "SELECT folder, status, modified, error FROM runs");
  while (all.step()) known[all.text(0)] = {status_named(all.text(1)), all.whole(2), all.text(3)};
  for (const auto& [folder, why_not] : run_folders(folder_)) {
    const std::string name = folder.lexically_relative(folder_).generic_string();
    const auto found = known.extract(name);
    // A run writes how it ended before it lets go of its folder. So the lock is looked at before the files.
    were_in_use_[name] = is_in_use(folder);
    const std::int64_t results = time_of(folder / "results.json");
    if (found && found.mapped().status == RunStatus::Finished ? found.mapped().modified == results
                                                              : found && results == 0 && found.mapped().modified == last_sign(folder))
      continue;
    std::string why = why_not;
    std::optional<StoredRun> run = read_results(folder, why);
    if (!run) run = read_unfinished(folder);
    if (run->status != RunStatus::Finished && !why.empty()) run->error = why;
    // A run that is read again for another version of the index is as it was; its files do not always say why it failed.
    if (found && found.mapped().modified == 0 && found.mapped().status == RunStatus::Failed && run->status != RunStatus::Finished)
      run->status = RunStatus::Failed, run->error = found.mapped().error;
    run->folder = name;
    put(database_.get(), *run);
  }
  // A run that failed before it wrote its graph stays while its folder exists.
  for (const auto& [folder, one] : known)
    if (one.status != RunStatus::Failed || !fs::is_directory(folder_ / folder)) remove(database_.get(), folder);
  transaction.commit();
}

void RunStore::record_failure(const fs::path& run, std::uint64_t seed, const std::string& device, const std::string& error) {
  StoredRun failed = read_unfinished(run);
  failed.folder = run.lexically_relative(folder_).generic_string();
  failed.seed = seed;
  // The run's own name of its device is more exact: `cpu:2`, where `cpu` was asked for.
  if (failed.device.empty()) failed.device = device;
  failed.status = RunStatus::Failed;
  failed.error = error;
  Transaction transaction(database_.get());
  put(database_.get(), failed);
  transaction.commit();
}

std::vector<StoredRun> RunStore::runs() const {
  std::vector<StoredRun> out;
  Statement all(database_.get(),
                "SELECT folder, title, graph_hash, seed, device, status, error, steps, seconds, modified, validation, has_kept FROM runs");
  Statement params(database_.get(), "SELECT name, value FROM params WHERE folder = ? ORDER BY rowid");
  Statement facts(database_.get(), "SELECT resource, name, value FROM facts WHERE folder = ?");
  Statement metrics(database_.get(), "SELECT phase, kind, name, value, headline, low, high FROM metrics WHERE folder = ? ORDER BY rowid");
  while (all.step()) {
    StoredRun run{.folder = all.text(0), .title = all.text(1), .graph_hash = all.text(2)};
    if (!all.is_null(3)) run.seed = static_cast<std::uint64_t>(all.whole(3));
    run.device = all.text(4);
    run.status = status_named(all.text(5));
    run.error = all.text(6);
    run.steps = all.whole(7);
    run.seconds = all.number(8);
    run.modified = all.whole(9);
    run.validation = all.text(10);
    run.has_kept = all.whole(11) != 0;
    const auto seen = were_in_use_.find(run.folder);
    if (seen != were_in_use_.end() ? seen->second : is_in_use(folder_ / run.folder)) take_work(run, folder_ / run.folder);
    params.start(run.folder);
    while (params.step()) run.params.emplace_back(params.text(0), params.text(1));
    facts.start(run.folder);
    while (facts.step()) run.resources[facts.text(0)][facts.text(1)] = facts.whole(2);
    metrics.start(run.folder);
    while (metrics.step()) {
      const std::optional<PhaseKind> kind = find_phase_kind(metrics.text(1));
      if (!kind) refuse_other_version(folder_ / file_name);
      run.metrics.push_back({metrics.text(0),
                             *kind,
                             metrics.text(2),
                             metrics.number(3),
                             static_cast<int>(metrics.whole(4)),
                             {metrics.number(5), metrics.number(6)}});
    }
    out.push_back(std::move(run));
  }
  std::sort(out.begin(), out.end(), [](const StoredRun& a, const StoredRun& b) { return report::comes_before(a.folder, b.folder); });
  return out;
}

}  // namespace leat
