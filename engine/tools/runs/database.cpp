#include "runs/database.h"

namespace leat::sql {

std::pair<sqlite3*, std::string> opened(const std::string& file, int flags) {
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &database, flags, nullptr);
  if (code == SQLITE_OK) return {database, {}};
  const std::string why = database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  sqlite3_close(database);
  return {nullptr, why};
}

void refuse(sqlite3* database, const std::filesystem::path& file) {
  const int code = sqlite3_errcode(database) & 0xFF;
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT)
    throw Refusal(file.string() + " is not a store of runs, or is damaged; remove it, and Leat makes a new one");
  const std::string why = sqlite3_errmsg(database), sentence = "cannot use " + file.string() + ": " + why;
  if (code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_READONLY || code == SQLITE_CANTOPEN) throw NotWritten(sentence, why);
  throw Refusal(sentence);
}

void execute(sqlite3* database, const char* text) {
  if (sqlite3_exec(database, text, nullptr, nullptr, nullptr) != SQLITE_OK) refuse(database, sqlite3_db_filename(database, "main"));
}

std::int64_t count_of(sqlite3* database, const char* query) {
  Statement statement(database, query);
  return statement.step() ? statement.whole(0) : 0;
}

}  // namespace leat::sql
