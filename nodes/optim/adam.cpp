#include "optim/adam.h"

#include <algorithm>
#include <stdexcept>

#include "leat/registry.h"

namespace leat {

void Adam::survey(const Opening&) {
  if (betas->size() != 2 || !std::all_of(betas->begin(), betas->end(), [](double beta) { return beta >= 0 && beta < 1; }))
    throw Refusal("`betas` has to be two numbers, each from 0 to below 1", "betas");
  if (schedule_kind == "steps" && *schedule_every == 0) throw Refusal("`kind: steps` needs `every`, a number of steps", "schedule.every");
  if (!(schedule_kind == "steps") && *schedule_every != 0)
    throw Refusal("`every` is given, but `kind` is " + *schedule_kind, "schedule.every", "set `kind: steps`");
}

void Adam::open(const Opening&) {
  if (model->parameters().empty()) throw Refusal("the network has no weights that could be trained", "model");
  moments_ = AdamMoments(model->parameters());
}

void Adam::save(Archive& archive) const { moments_.save(archive, model->names()); }

void Adam::load(const Archive& archive) { moments_.load(archive, model->names()); }

double Adam::learning_rate(const FrameKey& key) const {
  Schedule schedule{Schedule::Kind::Constant, *schedule_warm_up, *schedule_every, *schedule_factor};
  if (schedule_kind == "steps") schedule.kind = Schedule::Kind::Steps;
  if (schedule_kind == "cosine") schedule.kind = Schedule::Kind::Cosine;
  if (schedule.kind == Schedule::Kind::Cosine && key.steps <= 0)
    throw std::runtime_error("the schedule is a cosine, and the phase has no number of steps that it could end with");
  return *lr * rate_factor(schedule, key.step, key.steps);
}

void Adam::update(const std::vector<at::Tensor>& gradients, const at::Tensor& rate, const at::Tensor& is_skipped) {
  moments_.update(model->parameters(), gradients, rate, is_skipped, {(*betas)[0], (*betas)[1], *eps, *weight_decay, *decoupled});
}

}  // namespace leat

LEAT_NODE(leat::Adam, "optim.adam", "Adam or AdamW with a learning rate that may follow a schedule.")
