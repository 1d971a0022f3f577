#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "leat/program_summary.h"
#include "support/graphs.h"
#include "support/own_nodes.h"
#include "support/small_data.h"

#include "support/doctest.h"

// What `leat check` and the page say of the data.

using namespace leat;
using namespace leat::test;

namespace {

/// Twelve images of 8 patients: 4 of `a` and 8 of `b`, all with masks but one.
void put_list(const TemporaryFolder& folder) {
  std::string list = "image,class,patient,mask\n";
  for (int k = 0; k < 12; ++k) {
    const std::string name = std::to_string(k) + ".png";
    put_bytes(folder / name, k);
    put_bytes(folder / ("m" + name), 100 + k);
    list += name + "," + (k < 4 ? "a" : "b") + ",p" + std::to_string(k < 4 ? k : 4 + (k - 4) / 2) + "," + (k == 0 ? "" : "m" + name) + "\n";
  }
  folder.write("list.csv", list);
}

std::int64_t sum(const std::vector<SampleCount>& counts, const std::string& part, std::int64_t SampleCount::*member) {
  std::int64_t out = 0;
  for (const SampleCount& one : counts)
    if (part.empty() || one.part == part) out += one.*member;
  return out;
}

}  // namespace

TEST_CASE("sample counts: each image is in one part, and labels and masks are those of the budget") {
  const TemporaryFolder folder;
  put_list(folder);
  const auto split = made_split(folder / "list.csv", "masks: [lungs], class_labels: 3, mask_labels: 2, validation: '0.2'", 3);
  const std::vector<SampleCount> counts = split->sample_counts();
  CHECK(sum(counts, "", &SampleCount::images) == 12);
  CHECK(sum(counts, "training", &SampleCount::labels) == 3);
  CHECK(sum(counts, "training", &SampleCount::masks) == 2);
  const auto validation = static_cast<std::int64_t>(split->part(Split::Target::Classes, Split::Part::Validation).size());
  CHECK(validation > 0);
  CHECK(sum(counts, "validation", &SampleCount::images) == validation);
  CHECK(sum(counts, "validation", &SampleCount::labels) == validation);
  CHECK(sum(counts, "left out", &SampleCount::labels) == 0);
  CHECK(sum(counts, "", &SampleCount::patients) == 8);
}

TEST_CASE("sample counts: a data set that is not trained on has one part") {
  const TemporaryFolder folder;
  put_list(folder);
  const std::vector<SampleCount> counts = made_split(folder / "list.csv", "masks: [lungs]")->sample_counts();
  REQUIRE(counts.size() == 2);
  CHECK(counts[0].part == "all");
  CHECK(counts[0].class_name == "a");
  CHECK(counts[0].images == 4);
  CHECK(counts[0].labels == 4);
  CHECK(counts[0].masks == 3);
  CHECK(counts[0].patients == 4);
  CHECK(counts[1].class_name == "b");
  CHECK(counts[1].images == 8);
  CHECK(counts[1].patients == 4);
}

TEST_CASE("sample counts: check prints them, with the steps of an epoch, memory and lanes; the JSON has the same") {
  const TemporaryFolder folder;
  put_list(folder);
  const std::string text = R"(leat: 1
resources:
  data: {uses: io.split, with: {path: list.csv, class_labels: 0, validation: "0"}}
phases:
  predict:
    nodes:
      images: {uses: io.images, with: {split: data, batch: 5}}
      chests: {uses: io.chest, with: {hospital: [A, B], split: unlabelled, count: 3, batch: 4}}
plan: {then: [predict]}
)";
  Diagnostics diagnostics;
  const Program program = Program::build(read_graph(folder.write("g.yaml", text), {}, diagnostics), own_nodes(), {0, "cpu"}, diagnostics);
  diagnostics.throw_if_errors();
  const auto rows = data_rows(program);
  CHECK(rows == std::vector<std::vector<std::string>>{{"data", "part", "class", "images", "labels", "masks", "patients"},
                                                      {"data", "training", "a", "4", "4", "0", "4"},
                                                      {"data", "training", "b", "8", "8", "0", "4"},
                                                      {"predict.chests", "unlabelled", "NORMAL", "4", "0", "0", "4"},
                                                      {"predict.chests", "unlabelled", "PNEUMONIA", "2", "0", "0", "2"}});
  CHECK(source_rows(program.phases[0]) == std::vector<std::vector<std::string>>{{"source", "samples", "a step", "steps of an epoch"},
                                                                                {"images", "12", "5", "3"},
                                                                                {"chests", "6", "4", "2"}});
  const std::string table = program_table(program);
  CHECK(table.find(phase_text(program.phases[0]) + "\n") != std::string::npos);
  CHECK(phase_text(program.phases[0]).ends_with("; nodes by lane: 2 cpu, 0 device"));
  CHECK(table.ends_with(memory_text(program) + "\n"));
  for (const char* words : {"data            part        class      images", "steps of an epoch"})
    CHECK(table.find(words) != std::string::npos);
  const auto json = nlohmann::json::parse(program_json(program));
  CHECK(
      json["data"][1] ==
      nlohmann::json{{"data", "data"}, {"part", "training"}, {"class", "b"}, {"images", 8}, {"labels", 8}, {"masks", 0}, {"patients", 4}});
  CHECK(json["phases"][0]["sources"][0] == nlohmann::json{{"source", "images"}, {"samples", 12}, {"a_step", 5}, {"steps_of_an_epoch", 3}});
}
