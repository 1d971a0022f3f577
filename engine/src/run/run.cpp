#include "leat/run.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "leat/thrown.h"
#include "run/engine.h"

namespace leat {

namespace {

void check(const Program& program, const Lane* lane, const Executor* executor, const RunOptions& options) {
  if (!lane || !executor) throw std::invalid_argument(std::string("a Run needs ") + (lane ? "an Executor" : "a Lane") + ", but got none");
  for (const auto& [observer, hears] : options.observers)
    if (!observer) throw std::invalid_argument("`RunOptions::observers` has a null pointer");
  if (options.kept && program.settings.merges_passes)
    throw std::invalid_argument("`RunOptions::kept` keeps the results of single calls, so the Program must not merge passes");
  for (const auto& [name, archive] : options.weights)
    if (std::none_of(program.resources.begin(), program.resources.end(), [&name = name](const auto& one) { return one.name == name; }))
      throw std::invalid_argument("`RunOptions::weights` has `" + name + "`, but the graph has no resource of that name");
}

}  // namespace

Run::Run(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options)
    : engine_((check(program, lane.get(), executor.get(), options),
               std::make_unique<Engine>(program, std::move(lane), std::move(executor), std::move(options)))) {}
Run::~Run() = default;
RunResult Run::run() {
  try {
    return engine_->run();
  } catch (const std::exception&) {
    throw;
  } catch (...) {
    throw std::runtime_error("the run failed: it " + words_of_current_exception());
  }
}
void Run::stop() { engine_->stop(); }
void Run::checkpoint() { engine_->checkpoint(); }
void Run::pause() { engine_->pause(); }
void Run::go_on() { engine_->go_on(); }
void Run::attach(Observer& observer, Hears hears) { engine_->observers().attach(observer, hears); }
void Run::detach(Observer& observer) { engine_->observers().detach(observer); }
std::uint64_t Run::ask(std::string_view phase, std::string_view node, std::string_view port, std::function<void(const PutValue&)> take) {
  return engine_->ask(phase, node, port, std::move(take));
}
void Run::withdraw(std::uint64_t question) { engine_->observers().withdraw(question); }
std::optional<CapturedStep> Run::capture(std::string_view phase, const std::vector<OutputName>& outputs, int slots,
                                         std::chrono::milliseconds most, std::stop_token stop) {
  return engine_->capture(phase, outputs, slots, most, std::move(stop));
}
RunNow Run::now() const { return engine_->now(); }

}  // namespace leat
