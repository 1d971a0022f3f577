#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include "support/doctest.h"
#include "support/network.h"
#include "support/optimizer.h"
#include "support/reference.h"

// What holds for every optimizer, and that each is PyTorch's of its name.

using namespace leat;

namespace {

constexpr int steps = 7;
constexpr int weights = 3;
constexpr double rates[] = {0.01, 0.02, 0.02, 0.013, 0.007, 0.004, 0.001};
const std::vector<std::string> names{"a", "b", "c"};

/// Every optimizer of Leat, with settings under which all of its states matter.
const std::vector<std::pair<std::string, std::string>> every_optimizer{{"optim.adam", "{weight_decay: 0.05, decoupled: true}"},
                                                                       {"optim.adam", "{weight_decay: 0.1}"},
                                                                       {"optim.sgd", "{weight_decay: 0.1}"},
                                                                       {"optim.sgd", "{momentum: 0.9, nesterov: true}"}};

std::vector<at::Tensor> read(const Reference& reference, const std::string& name) {
  std::vector<at::Tensor> out;
  for (int k = 0; k < weights; ++k) out.push_back(reference(name + "." + std::to_string(k)));
  return out;
}

std::vector<at::Tensor> start() { return read(Reference("train"), "start"); }

/// The gradients of the script's step: the second weight has none in two of them.
std::vector<at::Tensor> gradients(int step) {
  std::vector<at::Tensor> out = read(Reference("train"), "gradient." + std::to_string(step));
  if (step == 2 || step == 3) out[1].reset();
  return out;
}

void run(Optimizer& optimizer, int first, int last) {
  for (int step = first; step < last; ++step) update(optimizer, gradients(step), rates[step], step);
}

Archive saved(const Resource& resource) {
  Archive out;
  resource.save(out);
  return out;
}

/// Compares with what the script's optimizer of this name ended with, states as well: {ours, the script's}.
void check_reference(const std::string& type, const std::string& settings, const std::string& name,
                     std::initializer_list<std::pair<std::string, std::string>> states) {
  const Reference reference("train");
  GivenWeights model(start());
  const auto optimizer = open_optimizer(type, settings, model);
  run(*optimizer, 0, steps);
  const Archive kept = saved(*optimizer);
  for (std::size_t k = 0; k < weights; ++k) {
    CHECK(difference(model.parameters()[k], reference(name + "." + std::to_string(k))) < 1e-6);
    for (const auto& [ours, theirs] : states)
      CHECK(difference(from_entry(kept.entry(ours + "." + names[k])), reference(name + "." + theirs + "." + std::to_string(k))) < 1e-6);
  }
}

/// The weights after four steps at the rates of its schedule; empty if the settings are refused.
std::vector<at::Tensor> trained(const std::string& type, const std::string& settings) {
  GivenWeights model(start());
  const auto optimizer = open_optimizer(type, settings, model);
  for (int step = 0; step < 4; ++step) {
    FrameKey key;
    key.step = step;
    key.steps = 10;
    std::vector<at::Tensor> given = gradients(step);
    optimizer->freeze(given);
    update(*optimizer, std::move(given), optimizer->learning_rate(key), step);
  }
  return model.parameters();
}

bool are_equal(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  for (std::size_t k = 0; k < a.size(); ++k)
    if (!a[k].equal(b[k])) return false;
  return true;
}

}  // namespace

TEST_CASE("optim.adam: seven steps with a changing rate and a weight without gradient equal torch.optim.Adam") {
  check_reference("optim.adam", "{}", "adam", {{"step", "step"}});
  check_reference("optim.adam", "{betas: [0.8, 0.99], eps: 1.0e-6, weight_decay: 0.1}", "adam_decay", {{"step", "step"}});
}

TEST_CASE("optim.adam: decoupled, they equal torch.optim.AdamW") {
  check_reference("optim.adam", "{weight_decay: 0.05, decoupled: true}", "adamw", {{"step", "step"}});
}

TEST_CASE("optim.sgd: seven steps with a changing rate and a weight without gradient equal torch.optim.SGD") {
  check_reference("optim.sgd", "{}", "sgd", {});
  check_reference("optim.sgd", "{weight_decay: 0.1}", "sgd_decay", {});
}

TEST_CASE("optim.sgd: with momentum and with Nesterov's they equal torch.optim.SGD, velocities as well") {
  check_reference("optim.sgd", "{momentum: 0.9, weight_decay: 0.05}", "sgd_momentum", {{"velocity", "velocity"}});
  check_reference("optim.sgd", "{momentum: 0.8, nesterov: true, weight_decay: 0.05}", "sgd_nesterov", {{"velocity", "velocity"}});
}

TEST_CASE("optimizers: the names in a checkpoint stay as they are") {
  GivenWeights model({at::ones({2}), at::ones({3})});
  const auto keys = [](const Archive& archive) {
    std::string out;
    for (const auto& [name, entry] : archive.entries()) out += name + " ";
    return out;
  };
  CHECK(keys(saved(*open_optimizer("optim.adam", "{}", model))) == "mean.a mean.b square.a square.b step.a step.b ");
  CHECK(keys(saved(*open_optimizer("optim.sgd", "{momentum: 0.5}", model))) == "velocity.a velocity.b ");
  CHECK(keys(saved(*open_optimizer("optim.sgd", "{}", model))) == "");
}

TEST_CASE("optimizers: saved and loaded, they go on with the same bits") {
  for (const auto& [type, settings] : every_optimizer) {
    CAPTURE(type + " " + settings);
    GivenWeights straight(start()), resumed(start());
    const auto one = open_optimizer(type, settings, straight), before = open_optimizer(type, settings, resumed);
    run(*one, 0, steps);
    run(*before, 0, 3);
    const auto after = open_optimizer(type, settings, resumed);
    after->load(saved(*before));
    run(*after, 3, steps);
    CHECK(are_equal(straight.parameters(), resumed.parameters()));
  }
}

TEST_CASE("optimizers: a checkpoint of another network, or of another optimizer, is refused by name") {
  GivenWeights model(start()), other({at::zeros({2}), at::zeros({2}), at::zeros({2})});
  const auto adam = open_optimizer("optim.adam", "{}", model), another = open_optimizer("optim.adam", "{}", other);
  const auto sgd = open_optimizer("optim.sgd", "{momentum: 0.9}", model),
             another_sgd = open_optimizer("optim.sgd", "{momentum: 0.9}", other);
  CHECK_THROWS_WITH(another->load(saved(*adam)), "`mean.a` does not have the shape of its weight");
  CHECK_THROWS_WITH(another_sgd->load(saved(*sgd)), "`velocity.a` does not have the shape of its weight");
  CHECK_THROWS_WITH(sgd->load(saved(*adam)), doctest::Contains("velocity.a"));
  CHECK_THROWS(adam->load(Archive()));
}

TEST_CASE("optimizers: a step without a finite gradient changes neither weights nor what they keep") {
  for (const auto& [type, settings] : every_optimizer) {
    CAPTURE(type + " " + settings);
    GivenWeights model(start());
    const auto optimizer = open_optimizer(type, settings, model);
    run(*optimizer, 0, 2);
    const Archive before = saved(*optimizer), weights_before = saved(model);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      std::vector<at::Tensor> spoilt;
      for (const at::Tensor& weight : model.parameters()) spoilt.push_back(at::full(weight.sizes(), bad));
      update(*optimizer, spoilt, 0.1, 2, true);
    }
    for (const auto& [was, resource] : {std::pair<const Archive*, const Resource*>{&before, optimizer.get()}, {&weights_before, &model}}) {
      const Archive is = saved(*resource);
      for (const auto& [name, entry] : was->entries()) CHECK(from_entry(entry).equal(from_entry(is.entry(name))));
    }
  }
}

TEST_CASE("optimizers: weights and states are changed in place") {
  for (const auto& [type, settings] : every_optimizer) {
    CAPTURE(type + " " + settings);
    GivenWeights model(start());
    const std::vector<at::Tensor> weights = model.parameters();
    const auto optimizer = open_optimizer(type, settings, model);
    run(*optimizer, 0, 2);
    const Archive before = saved(*optimizer);
    run(*optimizer, 2, 4);
    for (std::size_t k = 0; k < weights.size(); ++k) CHECK(weights[k].data_ptr() == model.parameters()[k].data_ptr());
    // What is saved is what the steps changed.
    bool has_changed = before.entries().empty();
    const Archive after = saved(*optimizer);
    for (const auto& [name, entry] : after.entries()) has_changed |= entry.bytes != before.entry(name).bytes;
    CHECK(has_changed);
  }
}

TEST_CASE("optimizers: a step without any gradient is a valid step that changes nothing") {
  for (const auto& [type, settings] : every_optimizer) {
    CAPTURE(type + " " + settings);
    GivenWeights model(start());
    const auto optimizer = open_optimizer(type, settings, model);
    update(*optimizer, std::vector<at::Tensor>(weights), 0.1);
    CHECK(are_equal(model.parameters(), start()));
  }
}

TEST_CASE("optimizers: every parameter has an effect") {
  const std::map<std::string, std::pair<std::string, std::string>> shared{
      {"lr", {"", "lr: 0.02"}},
      {"frozen", {"", "frozen: [a]"}},
      {"schedule.kind", {"", "schedule.kind: cosine"}},
      {"schedule.warm_up", {"", "schedule.warm_up: 3"}},
      {"schedule.every", {"schedule.kind: steps, schedule.every: 2", "schedule.kind: steps, schedule.every: 3"}},
      {"schedule.factor", {"schedule.kind: steps, schedule.every: 2", "schedule.kind: steps, schedule.every: 2, schedule.factor: 0.5"}},
  };
  std::map<std::string, std::map<std::string, std::pair<std::string, std::string>>> all{
      {"optim.adam",
       {{"betas", {"", "betas: [0.8, 0.99]"}},
        {"eps", {"", "eps: 0.01"}},
        {"weight_decay", {"", "weight_decay: 0.1"}},
        {"decoupled", {"weight_decay: 0.1", "weight_decay: 0.1, decoupled: true"}}}},
      {"optim.sgd",
       {{"momentum", {"", "momentum: 0.9"}},
        {"nesterov", {"momentum: 0.9", "momentum: 0.9, nesterov: true"}},
        {"weight_decay", {"", "weight_decay: 0.1"}}}},
  };
  for (const std::string& type : optimizers().resource_ids()) {
    REQUIRE(all.contains(type));
    auto& effects = all[type];
    effects.insert(shared.begin(), shared.end());
    std::set<std::string> declared, tried;
    const auto made = optimizers().find_resource(type)->make();
    for (const ParamPort* param : made->params()) declared.insert(std::string(param->name()));
    for (const auto& [name, settings] : effects) {
      CAPTURE(type + " " + name);
      tried.insert(name);
      CHECK_FALSE(are_equal(trained(type, "{" + settings.first + "}"), trained(type, "{" + settings.second + "}")));
    }
    CHECK(declared == tried);
  }
}

TEST_CASE("optim.sgd: Nesterov's momentum without momentum is refused") {
  GivenWeights model(start());
  CHECK_THROWS_WITH_AS((void)open_optimizer("optim.sgd", "{nesterov: true}", model), "`nesterov` is true, but `momentum` is 0", Refusal);
  CHECK_THROWS_WITH_AS((void)open_optimizer("optim.sgd", "{momentum: 1}", model), "`momentum` is 1; the range is 0..0.9999", Refusal);
}

TEST_CASE("optimizers: two states of one name are a mistake of the author") {
  struct Twice final : Optimizer {
    void open(const Opening&) override {
      (void)keep_tensors("same");
      (void)keep_numbers("same");
    }
    void update(const OptimizerStep&) override {}
  };
  GivenWeights model(start());
  Twice twice;
  REQUIRE(twice.model.bind(model));
  CHECK_THROWS_WITH(twice.open({}), "an optimizer keeps two states called `same`");
}

TEST_CASE("optimizers: what a step sets stays where the step is skipped, whatever the new value is") {
  const at::Tensor weight = at::ones({2});
  const at::Tensor bad = at::full({2}, std::numeric_limits<float>::quiet_NaN());
  OptimizerStep{{}, scalar(0.1), scalar(0), scalar(1)}.set(weight, bad);
  CHECK(weight.equal(at::ones({2})));
  OptimizerStep{{}, scalar(0.1), scalar(0), scalar(0)}.set(weight, at::zeros({2}));
  CHECK(weight.equal(at::zeros({2})));
}

TEST_CASE("optimizers: frozen weights have no gradient, and what names none or all is refused") {
  GivenWeights model(start());
  const auto optimizer = open_optimizer("optim.adam", "{frozen: [a]}", model);
  std::vector<at::Tensor> given = gradients(0);
  optimizer->freeze(given);
  CHECK_FALSE(given[0].defined());
  CHECK(given[1].defined());
  const std::vector<at::Tensor> moved = optimizer->without_frozen(model.parameters());
  REQUIRE(moved.size() == model.parameters().size() - 1);
  CHECK(moved[0].is_same(model.parameters()[1]));
  CHECK_THROWS_WITH_AS((void)open_optimizer("optim.adam", "{frozen: [encoder.]}", model),
                       "no weight of the network has a name that begins with `encoder.`; the first is called `a`", Refusal);
  CHECK_THROWS_WITH_AS((void)open_optimizer("optim.adam", "{frozen: ['']}", model), "all weights of the network are frozen", Refusal);
}

TEST_CASE("optimizers: a misspelt beginning in `frozen` is refused before a run, and frozen weights that no file gave are said") {
  const auto net = network("{channels: [4, 8], classes: [a, b]}");
  net->survey({});
  const auto survey = [&](const std::string& frozen) {
    auto made = optimizers().find_resource("optim.adam")->make();
    auto& optimizer = dynamic_cast<Optimizer&>(*made);
    set(optimizer, "{frozen: " + frozen + "}");
    REQUIRE(optimizer.model.bind(*net));
    std::string said;
    Opening opening;
    opening.name = "adam";
    opening.warn = [&said](const std::string& sentence) { said += sentence; };
    try {
      optimizer.survey(opening);
    } catch (const Refusal& refusal) {
      return refusal.at() + ": " + refusal.what() + " (" + refusal.hint() + ")";
    }
    return said;
  };
  CHECK(survey("[]") == "");
  CHECK(
      survey("[encodr.]") ==
      "frozen: no weight of the network has a name that begins with `encodr.`; the first is called `encoder.0.conv1.weight` (did you mean "
      "`encoder.`?)");
  CHECK(survey("['']") == "frozen: all weights of the network are frozen ()");
  CHECK(survey("[head.]") ==
        "`adam`: `frozen` keeps weights at their initial values, because the network loads none for them (`head.weight` and 1 more): set "
        "`weights` of the network, or take them out of `frozen`");
  // From a file, nothing is to be said of the part that is taken.
  Archive kept;
  open_network("{channels: [4, 8], classes: [a, b]}")->save(kept);
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "leat_optimizer_frozen.safetensors";
  kept.write(file);
  set(*net, "{weights: " + file.string() + ", weights_parts: [encoder.]}");
  net->survey({});
  CHECK(survey("[encoder.]") == "");
  CHECK(survey("[encoder., head.bias]").find("(`head.bias`): set") != std::string::npos);
  std::filesystem::remove(file);
}
