#include "program/earlier_weights.h"

#include <sstream>
#include <stdexcept>

#include "leat/earlier_run.h"
#include "leat/starts_from_run.h"
#include "leat/wording.h"

namespace leat::program {

namespace {

constexpr const char* unknown_key = "began with unknown";

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

}  // namespace

std::vector<EarlierWeights> earlier_weights(const Program& program) {
  std::vector<EarlierWeights> out;
  for (const ProgramResource& one : program.resources) {
    const auto* starts = dynamic_cast<const StartsFromRun*>(one.resource.get());
    const std::filesystem::path from = starts ? starts->starts_from() : std::filesystem::path();
    if (from.empty()) continue;
    EarlierWeights before{one.name, from, {}, {from.string()}};
    std::error_code ignored;
    try {
      if (const auto earlier = std::filesystem::is_directory(from, ignored) ? earlier_run(from) : std::nullopt)
        if (const auto record = earlier->records.find(trained_samples_name); record != earlier->records.end()) {
          before.samples = trained_samples_in(record->second);
          before.unknown = unknown_in(record->second);
        }
    } catch (const std::runtime_error&) {
      // The resource itself refuses weights that cannot be read.
    }
    out.push_back(std::move(before));
  }
  return out;
}

std::string trained_in_record(const std::string& name) {
  if (name == trained_samples_name) return "the run";
  // As `member_name` calls it.
  const std::string end = std::string("_") + trained_samples_name;
  return name.starts_with("run") && name.ends_with(end) ? "run " + name.substr(3, name.size() - 3 - end.size()) : "";
}

std::vector<std::string> unknown_in(const Archive& record) {
  const auto found = record.metadata.find(unknown_key);
  return found == record.metadata.end() ? std::vector<std::string>() : split_lines(found->second);
}

void add_unknown(Archive& record, const std::set<std::string>& unknown) {
  if (!unknown.empty()) record.metadata[unknown_key] = joined(unknown, "\n");
}

}  // namespace leat::program
