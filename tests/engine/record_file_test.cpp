#include "leat/record_file.h"

#include <string>
#include <vector>

#include "leat/csv.h"
#include "leat/diagnostics.h"
#include "leat/reads_shard.h"
#include "support/doctest.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

using namespace leat;

namespace {

std::vector<std::string> records_of(const std::string& text, char separator = ',') {
  const TemporaryFolder folder;
  put(folder / "list", text);
  RecordFile file(folder / "list", separator);
  std::vector<std::string> out;
  while (file.next()) {
    CHECK(text.substr(static_cast<std::size_t>(file.begin()), file.text().size()) == file.text());
    out.push_back(file.text());
  }
  return out;
}

std::string why_not(const std::string& text) {
  try {
    (void)ShardNumber::read(text);
    return {};
  } catch (const Refusal& refusal) {
    return refusal.what();
  }
}

}  // namespace

TEST_CASE("records: the rows of a table are those that reading it whole gives, wherever they end") {
  const std::string table =
      "\xEF\xBB\xBFimage,note\r\na.png,\"two\r\nlines, and a "
      "\"\"quote\"\"\"\n\"b,c.png\",\r\rd\"\"e.png,f\"g\n\"\"\"h\"\"\",\"\"\nlast,one";
  std::vector<std::string> rows;
  std::vector<std::vector<std::string>> fields;
  for (const std::string& record : records_of(table))
    if (!record.empty()) fields.push_back(fields_of(record));
  const CsvTable whole = read_csv(table);
  REQUIRE(fields.size() == whole.rows.size() + 1);
  CHECK(fields[0] == whole.header);
  for (std::size_t k = 0; k < whole.rows.size(); ++k) CHECK(fields[k + 1] == whole.rows[k].fields);
}

TEST_CASE("records: lines have no quotes, and each knows its place") {
  CHECK(records_of("\"a\n\nb,c\r\nd\"", 0) == std::vector<std::string>{"\"a", "", "b,c", "d\""});
  CHECK(records_of("").empty());
  const TemporaryFolder folder;
  put(folder / "list", "x\n\"a\nb\"\ny");
  RecordFile file(folder / "list");
  REQUIRE(file.next());
  REQUIRE(file.next());
  CHECK(file.line() == 2);
  CHECK(file.is_line_ended());
  REQUIRE(file.next());
  CHECK(file.line() == 4);
  CHECK_FALSE(file.is_line_ended());
  CHECK_THROWS_AS(RecordFile(folder / "gone"), std::runtime_error);
  // A record that is longer than the buffer.
  const std::string large(600'000, 'x');
  CHECK(records_of(large + "\n" + large) == std::vector<std::string>{large, large});
}

TEST_CASE("shards: each position is in one shard, and only numbers that are meant are read") {
  for (const int shards : {1, 2, 3, 7, 10})
    for (const std::int64_t images : {10, 11, 97, 1'000'003}) {
      std::int64_t next = 0;
      for (int shard = 1; shard <= shards; ++shard) {
        const ShardNumber number{shard, shards};
        CHECK(number.first_of(images) == next);
        CHECK(number.count_of(images) - images / shards <= 1);
        next += number.count_of(images);
      }
      CHECK(next == images);
    }
  CHECK(why_not("1/1").empty());
  CHECK(why_not("1000000/1000000").empty());
  CHECK(why_not("0/4") == "the shard in `0/4` is 0; the range is 1..4");
  CHECK(why_not("5/4") == "the shard in `5/4` is 5; the range is 1..4");
  CHECK(why_not("1/0") == "the number of shards in `1/0` is 0; the range is 1..1000000");
  CHECK(why_not("0/0") == "the number of shards in `0/0` is 0; the range is 1..1000000");
  for (const char* text : {"", "2", "2/", "/4", "-1/4", "1/-4", "+1/4", " 1/4", "1/4 ", "1/4/2", "a/b", "1.0/4", "1/99999999999"})
    CHECK(why_not(text) == "`" + std::string(text) + "` is not a shard");
}

TEST_CASE("shards: the fingerprint of ids depends on their order and their borders") {
  const auto hash = [](const std::vector<std::string>& ids) {
    IdsHash out;
    for (const std::string& id : ids) out.add(id);
    return out.value();
  };
  CHECK(hash({"a", "b"}) == hash({"a", "b"}));
  CHECK(hash({"a", "b"}) != hash({"b", "a"}));
  CHECK(hash({"ab", "c"}) != hash({"a", "bc"}));
  CHECK(hash({"a"}) != hash({"a", ""}));
  CHECK(hash({}) != hash({""}));
}
