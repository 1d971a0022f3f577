#include <algorithm>
#include <iostream>
#include <optional>
#include <set>

#include "context.h"
#include "interrupts.h"
#include "leat/outcome.h"

namespace leat::cli {

namespace {

/// What the runs that are compared have in common.
struct Compared {
  const GraphOptions& options;
  const Registry& registry;
  std::int64_t steps;

  /// Returns the outcome of `run`, which is `Outcome::of` or `Outcome::without_values`.
  [[nodiscard]] Outcome outcome(decltype(&Outcome::of) run, Program& program, const std::string& lane, int threads) const {
    RunOptions run_options;
    run_options.stop_after_steps = steps;
    return run(program, lane_of(registry, options.device, lane), make_tbb_executor(threads, registry.worker()), run_options);
  }
};

/// Compares a run that uses the plan's cache with one that does not, because runs whose values are hashed compute all values. Prints what
/// was compared. Returns the first difference; an empty string if there is none.
std::string cache_difference(const Compared& compared, const Outcome& first, const std::string& lane, int threads) {
  Program program = compared.options.build(compared.registry);
  if (!program.plan.cache.is_on()) return {};
  const Outcome cached = compared.outcome(Outcome::without_values, program, lane, threads);
  std::cout << "with the cache: " << cached.cached_count() << " values from it, " << cached.metric_count() << " metrics"
            << (cached.cached_count() == 0 ? "; for values from it, raise --steps, or `memory` of the cache" : "") << std::endl;
  return first.difference_without_values(cached).text;
}

}  // namespace

void add_verify(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("verify", "Checks that a graph gives the same bits with different numbers of threads");
  command->footer("Example: leat verify graphs/demo.yaml --threads 1,2,8 --steps 20");
  auto options = std::make_shared<GraphOptions>();
  auto threads = std::make_shared<std::vector<int>>(std::vector<int>{1, 2, 8});
  auto lanes = std::make_shared<std::vector<std::string>>(std::vector<std::string>{"plain"});
  auto steps = std::make_shared<std::int64_t>(20);
  options->add_to(*command);
  options->add_merge_passes_option(*command);
  command->add_option("--threads", *threads, "Numbers of threads to compare, two or more")
      ->delimiter(',')
      ->capture_default_str()
      ->check(whole_in(1, most_threads));
  command
      ->add_option("--lane", *lanes,
                   "Modes of a GPU's lane to compare: plain, async, captured. Of captured, metrics and weights are compared")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::IsMember({"plain", "async", "captured"}));
  command->add_option("--steps", *steps, "Steps of the first phase")->capture_default_str()->check(whole_in(1, 1'000'000'000'000'000));
  command->callback([&context, options, threads, lanes, steps] {
    const Interrupts interrupts;
    if (std::set<int>(threads->begin(), threads->end()).size() < 2) {
      std::string found;
      for (const int count : *threads) found += (found.empty() ? "" : ",") + std::to_string(count);
      throw CLI::ValidationError("--threads", "must be two or more different numbers, found `" + found + "`");
    }
    const auto differs = [&context](const std::string& found) {
      std::cout << "differs: " << found << "\n";
      context.exit_code = 1;
    };
    const Compared compared{*options, context.registry(), *steps};
    std::optional<Outcome> first;
    for (const std::string& lane : *lanes)
      for (const int count : *threads) {
        Program program = options->build(context.registry());
        // A lane does not capture a step whose values an observer reads.
        const bool has_values = lane != "captured";
        Outcome outcome = compared.outcome(has_values ? Outcome::of : Outcome::without_values, program, lane, count);
        std::cout << count << (count == 1 ? " thread" : " threads") << (lanes->size() > 1 ? ", " + lane + " lane: " : ": ");
        if (has_values) std::cout << outcome.value_count() << " values, ";
        std::cout << outcome.metric_count() << " metrics" << std::endl;
        if (!first) {
          first = std::move(outcome);
          continue;
        }
        const bool both_have = has_values && first->value_count() > 0;
        const std::string found = (both_have ? first->difference(outcome) : first->difference_without_values(outcome)).text;
        if (found.empty()) continue;
        return differs(found);
      }
    if (const std::string found = cache_difference(compared, *first, lanes->back(), threads->back()); !found.empty()) return differs(found);
    const bool has_captured = std::find(lanes->begin(), lanes->end(), "captured") != lanes->end();
    std::cout << (has_captured ? "the same bits in every metric and weight, and on every edge of the lanes that do not capture\n"
                               : "the same bits on every edge and in every metric\n");
  });
}

}  // namespace leat::cli
