#include "leat/run.h"

#include "run/engine.h"

namespace leat {

Run::Run(Program& program, std::unique_ptr<Lane> lane, std::unique_ptr<Executor> executor, RunOptions options)
    : engine_(std::make_unique<Engine>(program, std::move(lane), std::move(executor), std::move(options))) {}
Run::~Run() = default;
RunResult Run::run() { return engine_->run(); }
void Run::stop() { engine_->stop(); }
void Run::attach(Observer& observer, Hears hears) { engine_->observers().attach(observer, hears); }
void Run::detach(Observer& observer) { engine_->observers().detach(observer); }
std::uint64_t Run::ask(std::string_view phase, std::string_view node, std::string_view port, std::function<void(const PutValue&)> take) {
  return engine_->ask(phase, node, port, std::move(take));
}
void Run::withdraw(std::uint64_t question) { engine_->observers().withdraw(question); }
RunNow Run::now() const { return engine_->now(); }

}  // namespace leat
