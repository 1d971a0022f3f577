#include "server/kept_answers.h"

#include <sys/stat.h>
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace leat::viewer {

namespace fs = std::filesystem;

namespace {

/// One of those who may ask.
class Place {
 public:
  explicit Place(std::atomic<int>& asking) : asking_(asking) {
    if (++asking_ <= KeptAnswers::most_asking) return;
    --asking_;
    throw TooManyAsk(std::to_string(KeptAnswers::most_asking) + " others wait for results that are not computed yet; ask again later");
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { --asking_; }

 private:
  std::atomic<int>& asking_;
};

}  // namespace

std::string state_of_run(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const char* name : {"results.json", "graph.yaml", "metrics.jsonl", "events.log", "checkpoints/last/manifest.json"})
    files.push_back(folder / name);
  std::error_code ignored;
  for (fs::recursive_directory_iterator at(folder / "images", ignored), end; !ignored && at != end; at.increment(ignored))
    files.push_back(at->path());
  std::sort(files.begin(), files.end());
  std::string out;
  for (const fs::path& file : files) {
    struct stat found {};
    out += file.string();
    if (::stat(file.c_str(), &found) == 0)
      for (const auto number : {static_cast<std::uint64_t>(found.st_ino), static_cast<std::uint64_t>(found.st_size),
                                static_cast<std::uint64_t>(found.st_mtim.tv_sec), static_cast<std::uint64_t>(found.st_mtim.tv_nsec)})
        out += " " + std::to_string(number);
    out += "\n";
  }
  return out;
}

std::string KeptAnswers::answer(const std::string& question, std::span<const fs::path> runs, const std::function<std::string()>& compute) {
  // A change while the answer is computed makes it one of an earlier state, which is not found again.
  std::string state, text;
  for (const fs::path& run : runs) state += state_of_run(run);
  if (find(question, state, text)) return text;
  const Place place(asking_);
  const std::lock_guard guard(computing_);
  if (find(question, state, text)) return text;
  text = compute();
  keep({question, std::move(state), text});
  return text;
}

bool KeptAnswers::find(const std::string& question, const std::string& state, std::string& text) {
  const std::lock_guard guard(lock_);
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const Kept& one) { return one.question == question && one.state == state; });
  if (found == kept_.end()) return false;
  kept_.splice(kept_.begin(), kept_, found);
  text = found->text;
  return true;
}

void KeptAnswers::keep(Kept one) {
  const std::lock_guard guard(lock_);
  kept_.remove_if([&](const Kept& other) { return other.question == one.question; });
  kept_.push_front(std::move(one));
  std::size_t bytes = 0, count = 0;
  for (auto at = kept_.begin(); at != kept_.end();) {
    bytes += at->text.size() + at->state.size();
    at = ++count > most_answers || bytes > most_bytes ? kept_.erase(at) : std::next(at);
  }
}

}  // namespace leat::viewer
