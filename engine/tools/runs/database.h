#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "leat/diagnostics.h"

namespace leat::sql {

/// A store cannot be written, because its disk is full, read-only or broken.
struct NotWritten : Refusal {
  NotWritten(const std::string& sentence, std::string reason) : Refusal(sentence), why(std::move(reason)) {}
  std::string why;  ///< In SQLite's words.
};

/// Opens a file. Returns null and the reason if that fails.
[[nodiscard]] std::pair<sqlite3*, std::string> opened(const std::string& file, int flags);

/// Throws Refusal with SQLite's last error, or NotWritten.
[[noreturn]] void refuse(sqlite3* database, const std::filesystem::path& file);

void execute(sqlite3* database, const char* text);
/// Returns the integer that a query gives, or 0 if it gives no row.
[[nodiscard]] std::int64_t count_of(sqlite3* database, const char* query);

/// A prepared statement. Columns and values count from 0.
class Statement {
 public:
  Statement(sqlite3* database, const char* text) : database_(database) {
    if (sqlite3_prepare_v2(database, text, -1, &statement_, nullptr) != SQLITE_OK) fail();
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... Values>
  void run(const Values&... values) {
    start(values...);
    while (step()) {
    }
  }
  template <class... Values>
  void start(const Values&... values) {
    sqlite3_reset(statement_);
    int place = 0;
    (bind(++place, values), ...);
  }
  /// Returns true if there is another row.
  bool step() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail();
    return code == SQLITE_ROW;
  }

  [[nodiscard]] bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  [[nodiscard]] std::int64_t whole(int column) const { return sqlite3_column_int64(statement_, column); }
  [[nodiscard]] double number(int column) const {
    return is_null(column) ? std::numeric_limits<double>::quiet_NaN() : sqlite3_column_double(statement_, column);
  }
  [[nodiscard]] std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))) : std::string();
  }

 private:
  void bind(int place, std::string_view text) {
    check(sqlite3_bind_text(statement_, place, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
  }
  void bind(int place, std::int64_t number) { check(sqlite3_bind_int64(statement_, place, number)); }
  /// SQLite stores NaN as NULL.
  void bind(int place, double number) { check(sqlite3_bind_double(statement_, place, number)); }
  void bind(int place, const std::optional<std::uint64_t>& number) {
    check(number ? sqlite3_bind_int64(statement_, place, static_cast<std::int64_t>(*number)) : sqlite3_bind_null(statement_, place));
  }
  void check(int code) {
    if (code != SQLITE_OK) fail();
  }
  [[noreturn]] void fail() { refuse(database_, sqlite3_db_filename(database_, "main")); }

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// All changes until `commit`, or none. It has the write lock from its begin, so no other process changes data that it has read.
class Transaction {
 public:
  explicit Transaction(sqlite3* database) : database_(database) { execute(database, "BEGIN IMMEDIATE"); }
  ~Transaction() {
    if (!is_done_) sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit() {
    execute(database_, "COMMIT");
    is_done_ = true;
  }

 private:
  sqlite3* database_;
  bool is_done_ = false;
};

}  // namespace leat::sql
