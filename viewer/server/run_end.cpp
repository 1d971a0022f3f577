#include "server/run_end.h"

#include <exception>
#include <fstream>
#include <string>
#include <system_error>

#include "leat/checkpoint.h"

namespace leat::viewer {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uintmax_t most_bytes = std::uintmax_t{1} << 28;

}  // namespace

void RunEnd::look() {
  std::error_code error;
  const fs::path file = folder_ / "results.json";
  const bool is_file = fs::is_regular_file(file, error) && fs::file_size(file, error) <= most_bytes;
  const auto mark = is_file ? std::optional(std::pair(fs::last_write_time(file, error), fs::file_size(file, error))) : std::nullopt;
  if (mark == mark_) return;
  mark_ = mark;
  has_results_ = false;
  seconds_ = 0;
  kept_ = nullptr;
  if (!is_file) return;
  std::ifstream in(file);
  const json results = json::parse(in, nullptr, false);
  has_results_ = results.is_object();
  if (!has_results_) return;
  if (const auto found = results.find("seconds"); found != results.end() && found->is_number()) seconds_ = found->get<double>();
  if (const auto found = results.find("kept"); found != results.end() && found->is_object())
    kept_ = {{"step", found->value("step", std::int64_t{0})}, {"phase", found->value("phase", "")}};
}

bool RunEnd::has_results() {
  look();
  return has_results_;
}

double RunEnd::seconds() {
  look();
  return seconds_;
}

json RunEnd::kept() {
  look();
  return kept_;
}

json RunEnd::checkpoint() {
  if (checkpoint_) return *checkpoint_;
  checkpoint_.emplace(nullptr);
  try {
    if (const auto last = last_checkpoint(folder_)) checkpoint_.emplace(last->steps);
  } catch (const std::exception&) {
    // A damaged checkpoint is reported when the run is resumed.
  }
  return *checkpoint_;
}

}  // namespace leat::viewer
