#include "ranked_run.h"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "join_ranks.h"
#include "leat/diagnostics.h"
#include "leat/thrown.h"
#include "rank_environment.h"

namespace leat::cli {

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

std::string RankedRun::device(const std::string& named) const {
  if (named.starts_with("cuda"))
    throw Refusal("several ranks compute on the CPU only, because this leat has no NCCL: leave out --device " + named +
                  ", or train with one process");
  if (named != "cpu") return named;
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return "cpu:" + std::to_string(std::max(1, cores / place_.local_size));
}

bool RankedRun::is_restarted() const {
  const char* count = std::getenv("TORCHELASTIC_RESTART_COUNT");
  return count && std::string_view(count) != "0";
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
  if (own) std::rethrow_exception(own);
  const auto failed = std::find_if(all.begin(), all.end(), [](const std::string& one) { return !one.empty(); });
  if (failed != all.end()) throw Refusal(ranks_->name_of(static_cast<int>(failed - all.begin())) + ": " + *failed);
}

std::filesystem::path RankedRun::folder_of_first(const std::filesystem::path& own) {
  return ranks_->from_first(std::filesystem::absolute(own).string());
}

void RankedRun::leave() {
  const bool has_failed = std::current_exception() != nullptr;
  ranks_->leave(has_failed ? words_of_current_exception() : "");
}

}  // namespace leat::cli
