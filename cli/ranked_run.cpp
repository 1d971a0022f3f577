#include "ranked_run.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "join_ranks.h"
#include "leat/checkpoint.h"
#include "leat/diagnostics.h"
#include "leat/thrown.h"
#include "rank_environment.h"

namespace leat::cli {

namespace {

std::string value_of(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string file_of(int process, const char* name) {
  std::ifstream in("/proc/" + std::to_string(process) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Returns the fields of /proc/N/stat from the third on. The second one can have blanks.
std::vector<std::string> stat_of(int process) {
  const std::string stat = file_of(process, "stat");
  std::istringstream in(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
  return {std::istream_iterator<std::string>(in), {}};
}

double now_by(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_since_1970(std::filesystem::file_time_type time) {
  return std::chrono::duration<double>(std::chrono::file_clock::to_sys(time).time_since_epoch()).count();
}

/// Returns when torchrun began, in seconds since 1970. It gives variables to the ranks, perhaps by a script in between, and does not have
/// them itself. Returns a time that no run has begun after if torchrun has not started this process.
double agent_start() {
  constexpr double never = 1e18;
  constexpr const char* variable = "TORCHELASTIC_RUN_ID";
  constexpr std::size_t parent_field = 1, start_field = 19;
  if (value_of(variable).empty()) return never;
  int process = ::getppid();
  std::vector<std::string> stat = stat_of(process);
  while (stat.size() > start_field && file_of(process, "environ").find(variable) != std::string::npos) {
    process = std::stoi(stat[parent_field]);
    stat = stat_of(process);
  }
  if (stat.size() <= start_field) return never;
  const double after_boot = std::stod(stat[start_field]) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return now_by(CLOCK_REALTIME) - now_by(CLOCK_BOOTTIME) + after_boot;
}

}  // namespace

/// Prints nothing while it lives.
class RankedRun::Quiet {
 public:
  Quiet() : out_(std::cout.rdbuf(nullptr)), err_(std::cerr.rdbuf(nullptr)) {}
  ~Quiet() {
    std::cout.rdbuf(out_);
    std::cerr.rdbuf(err_);
    std::cout.clear();
    std::cerr.clear();
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  std::streambuf* out_;
  std::streambuf* err_;
};

std::unique_ptr<RankedRun> RankedRun::join(std::chrono::seconds timeout) {
  std::unique_ptr<JoinedRanks> ranks = join_ranks(timeout);
  return ranks ? std::unique_ptr<RankedRun>(new RankedRun(*place_from_environment(), std::move(ranks))) : nullptr;
}

RankedRun::RankedRun(const RankPlace& place, std::unique_ptr<JoinedRanks> ranks) : place_(place), ranks_(std::move(ranks)) {
  if (!is_first()) quiet_ = std::make_unique<Quiet>();
}

RankedRun::~RankedRun() = default;

int RankedRun::cores() const { return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / place_.local_size); }

std::string RankedRun::device(const std::string& named) const {
  if (named.starts_with("cuda"))
    throw Refusal("several ranks compute on the CPU only, because this leat has no NCCL: leave out --device " + named +
                  ", or train with one process");
  return named == "cpu" ? "cpu:" + std::to_string(cores()) : named;
}

bool RankedRun::is_restarted() const {
  const std::string count = value_of("TORCHELASTIC_RESTART_COUNT");
  return !count.empty() && count != "0";
}

bool RankedRun::continues(const std::filesystem::path& folder) {
  // The agents of several machines start one after another, and the run can begin before the last one is told of it.
  double earliest = std::numeric_limits<double>::max();
  for (const std::string& one : ranks_->gather(std::to_string(agent_start()))) earliest = std::min(earliest, std::stod(one));
  double begun = 0;
  try {
    if (const auto begin = is_first() ? run_begin(folder) : std::nullopt) begun = seconds_since_1970(begin->time);
  } catch (const std::exception&) {
    // The run itself says what is wrong with the folder.
  }
  return ranks_->from_first(earliest < begun ? "continues" : "") == "continues";
}

void RankedRun::prepare_all(const std::function<void()>& prepare) {
  std::exception_ptr own;
  std::string words;
  try {
    prepare();
  } catch (...) {
    own = std::current_exception();
    words = words_of_current_exception();
  }
  const std::vector<std::string> all = ranks_->gather(words);
  const auto failed = std::find_if(all.begin(), all.end(), [](const std::string& one) { return !one.empty(); });
  if (failed == all.end()) return;
  is_refused_ = true;
  // The first rank prints the first failure. Another one prints its own, if that is another.
  if (own && (is_first() || words != *failed)) std::rethrow_exception(own);
  if (!is_first()) throw ToldElsewhere(2);
  throw Refusal(ranks_->name_of(static_cast<int>(failed - all.begin())) + ": " + *failed);
}

void RankedRun::compare_folders(const std::string& option, const std::filesystem::path& folder) {
  const std::string own = option.empty() ? "neither --out nor --resume" : option + " " + std::filesystem::absolute(folder).string();
  const std::vector<std::string> all = ranks_->gather(own);
  const auto other = std::find_if(all.begin(), all.end(), [&all](const std::string& one) { return one != all.front(); });
  if (other == all.end()) return;
  is_refused_ = true;
  if (!is_first()) throw ToldElsewhere(2);
  throw Refusal(ranks_->name_of(static_cast<int>(other - all.begin())) + " has " + *other + ", but rank 0 has " + all.front() +
                ": start all ranks with the same command");
}

std::filesystem::path RankedRun::folder_of_first(const std::filesystem::path& own) {
  return ranks_->from_first(std::filesystem::absolute(own).string());
}

std::string RankedRun::how_to_start() const {
  return value_of("TORCHELASTIC_RUN_ID").empty() ? " --ranks " + std::to_string(place_.size) : ", started by torchrun";
}

void RankedRun::leave() {
  if (is_refused_ && !is_first()) try {
      // The first rank can still be in the call in which it learns of the refusal.
      return static_cast<void>(ranks_->leave(""));
    } catch (const RankLost&) {
      return;
    }
  const bool has_failed = std::current_exception() != nullptr;
  const bool is_told = ranks_->leave(has_failed ? words_of_current_exception() : "");
  if (is_told) throw ToldElsewhere(1);
}

}  // namespace leat::cli
