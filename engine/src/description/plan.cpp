#include "description/plan.h"

#include <algorithm>
#include <cmath>

#include "base/scalar.h"
#include "description/keys.h"

namespace leat {

namespace {

/// "8 validations": a number, one space or more, a word.
struct Amount {
  double number = 0;
  std::string unit;
};

std::optional<Amount> read_amount(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789.");
  if (end == std::string_view::npos || end == 0) return {};
  const std::optional<double> number = any_number(text.substr(0, end));
  const std::size_t unit = text.find_first_not_of(' ', end);
  if (!number || unit == std::string_view::npos) return {};
  return Amount{*number, std::string(text.substr(unit))};
}

/// A whole number of one of the units; 0 where the text is something else.
std::int64_t read_count(std::string_view text, std::string_view one, std::string_view many) {
  const std::optional<Amount> amount = read_amount(text);
  if (!amount || (amount->unit != one && amount->unit != many)) return 0;
  const bool is_count = amount->number >= 1 && amount->number <= 1e15 && amount->number == std::floor(amount->number);
  return is_count ? static_cast<std::int64_t>(amount->number) : 0;
}

/// `epoch` or `500 steps`; empty where it is neither, 0 for epochs.
std::optional<std::int64_t> read_period(std::string_view text) {
  if (text == "epoch") return 0;
  const std::int64_t steps = read_count(text, "step", "steps");
  return steps > 0 ? std::optional(steps) : std::nullopt;
}

/// `500`, steps, or `10 min`.
void read_checkpoints(const Tree& every, const std::string& subject, TrainText& train, Reading& reading) {
  train.says_checkpoints = true;
  const std::optional<std::int64_t> steps = every.is_scalar() && !every.is_quoted ? whole_number(every.scalar) : std::nullopt;
  if (steps && *steps >= 1) {
    train.checkpoint_every = *steps;
    train.checkpoint_seconds = 0;
    return;
  }
  const std::optional<Amount> amount = every.is_scalar() ? read_amount(every.scalar) : std::nullopt;
  const std::string unit = amount ? amount->unit : std::string();
  const double seconds = unit == "s" ? 1 : unit == "min" ? 60 : unit == "h" ? 3600 : 0;
  if (amount && amount->number * seconds > 0 && amount->number * seconds <= 1e9) train.checkpoint_seconds = amount->number * seconds;
  else refuse_value(reading, every, subject, "a number of steps, 1 or more, or a time like `10 min`", "units are s, min and h");
}

void use_the_validation(const Tree& validate, const std::vector<PhaseText>& phases, TrainText& train, Reading& reading) {
  std::vector<const PhaseText*> found;
  for (const PhaseText& phase : phases)
    if (phase.kind == PhaseKind::Validate) found.push_back(&phase);
  if (found.size() == 1) {
    train.validate_phase = {found.front()->name, validate.place};
    return;
  }
  Diagnostic& mistake =
      reading.diagnostics.error("plan.validate", validate.place,
                                found.empty() ? "`validate` has no phase to run: none is of kind `validate`"
                                              : std::to_string(found.size()) + " phases are of kind `validate`",
                                found.empty() ? "" : "`validate: {phase: " + found.front()->name + ", every: epoch}` names one");
  for (const PhaseText* phase : found) mistake.notes.push_back({phase->place, "`" + phase->name + "` is one"});
}

void read_validate(const Tree& validate, const std::vector<PhaseText>& phases, TrainText& train, Reading& reading) {
  static const std::string wanted = "`every epoch`, `every 500 steps` or a map with `phase` and `every`";
  const std::string subject = "`validate` of `plan.train`";
  if (validate.is_map()) {
    Section section(validate, subject, validate.place, names_of(keys::validate::all), reading);
    if (std::optional<Named> phase = section.word(keys::validate::phase)) train.validate_phase = *phase;
    else if (!section.find(keys::validate::phase)) use_the_validation(validate, phases, train, reading);
    const std::optional<Named> every = section.word(keys::validate::every);
    if (!every) return;
    if (const std::optional<std::int64_t> period = read_period(every->text)) train.validate_every = *period;
    else
      refuse_value(reading, *section.find(keys::validate::every), section.subject(keys::validate::every),
                   "`epoch` or a number of steps like `500 steps`");
    return;
  }
  const bool is_text = validate.is_scalar() && validate.scalar.starts_with("every ");
  const std::optional<std::int64_t> period = is_text ? read_period(std::string_view(validate.scalar).substr(6)) : std::nullopt;
  if (!period) {
    refuse_value(reading, validate, subject, wanted);
    return;
  }
  train.validate_every = *period;
  use_the_validation(validate, phases, train, reading);
}

void read_keep(const Tree& keep, TrainText& train, Reading& reading) {
  Section section(keep, "`keep` of `plan.train`", keep.place, names_of(keys::keep::all), reading);
  train.keep.place = keep.place;
  if (const Tree* best = section.require(keys::keep::best, "`best: validate.classes.accuracy`"))
    train.keep.metrics = read_metrics(*best, section.subject(keys::keep::best), reading);
  if (const std::optional<Named> mode = section.word(keys::keep::mode)) {
    const std::vector<std::string> modes = words_of(keys::keep::mode);
    if (std::find(modes.begin(), modes.end(), mode->text) != modes.end()) train.keep.mode = mode->text;
    else
      reading.diagnostics.error("value.word", mode->place, section.subject(keys::keep::mode) + " cannot be `" + mode->text + "`",
                                name_hint(mode->text, modes));
  }
  train.keep.within = section.number(keys::keep::within, 0).value_or(0);
  if (train.keep.within > 0 && train.keep.mode == "first")
    reading.diagnostics.error("value.word", section.find(keys::keep::within)->place,
                              section.subject(keys::keep::within) + " has no use beside `mode: first`, which keeps no later weights");
}

void read_length(Section& section, TrainText& train, Reading& reading) {
  const Tree* steps = section.find(keys::train::steps);
  const Tree* epochs = section.find(keys::train::epochs);
  train.steps = section.whole(keys::train::steps, 1).value_or(0);
  if (steps && epochs) {
    reading.diagnostics.error("plan.length", epochs->place, section.what() + " has both `steps` and `epochs`", "one of them is its length")
        .notes.push_back({steps->place, "`steps` stands here"});
  } else if (!steps && !epochs) {
    reading.diagnostics.error("plan.length", train.place, section.what() + " has no length", "`steps: 1000`, or `epochs: 24 of` a source");
  }
  if (!epochs) return;
  const std::optional<Amount> amount = epochs->is_scalar() ? read_amount(epochs->scalar) : std::nullopt;
  const std::size_t source = amount && amount->unit.starts_with("of ") ? amount->unit.find_first_not_of(' ', 3) : std::string::npos;
  if (source == std::string::npos || amount->number <= 0) {
    refuse_value(reading, *epochs, section.subject(keys::train::epochs), "a number of passes over a source like `24 of unlabelled`");
    return;
  }
  train.epochs = amount->number;
  train.epochs_of = {amount->unit.substr(source), epochs->place};
}

TrainText read_train(const Tree& tree, const Place& place, const std::vector<PhaseText>& phases, Reading& reading) {
  TrainText train;
  train.place = place;
  Section section(tree, "`plan.train`", place, names_of(keys::train::all), reading);
  if (section.require(keys::train::phase, "`phase: train`"))
    if (std::optional<Named> phase = section.word(keys::train::phase)) train.phase = *phase;
  if (tree.is_map()) read_length(section, train, reading);
  if (const Tree* every = section.find(keys::train::checkpoint_every))
    read_checkpoints(*every, section.subject(keys::train::checkpoint_every), train, reading);
  const Tree* validate = section.find(keys::train::validate);
  const Tree* keep = section.find(keys::train::keep);
  if (validate) read_validate(*validate, phases, train, reading);
  if (keep) read_keep(*keep, train, reading);
  const Tree* stop = section.find(keys::train::stop_after);
  if (!stop) return train;
  train.stop_after = stop->is_scalar() ? read_count(stop->scalar, "validation", "validations") : 0;
  if (train.stop_after == 0)
    refuse_value(reading, *stop, section.subject(keys::train::stop_after), "a number of validations like `8 validations`");
  else if (!validate || !keep)
    reading.diagnostics.error("plan.stop", stop->place,
                              "`stop_after` counts validations without a better one, and " + section.what() + " has no `" +
                                  (validate ? "keep" : "validate") + "`");
  return train;
}

std::int64_t read_memory(const Tree& memory, Reading& reading) {
  const std::optional<Amount> amount = memory.is_scalar() ? read_amount(memory.scalar) : std::nullopt;
  const std::string unit = amount ? amount->unit : std::string();
  const double scale = unit == "B" ? 1 : unit == "kB" ? 1e3 : unit == "MB" ? 1e6 : unit == "GB" ? 1e9 : 0;
  const double bytes = amount ? amount->number * scale : 0;
  if (bytes >= 1 && bytes <= 1e18) return std::llround(bytes);
  refuse_value(reading, memory, "`memory` of the plan", "an amount like `2GB`", "units are kB, MB and GB");
  return PlanText{}.memory_bytes;
}

}  // namespace

PlanText read_plan(const Tree& tree, const Place& name_place, const std::vector<PhaseText>& phases, Reading& reading) {
  PlanText plan;
  plan.place = name_place;
  Section section(tree, "the plan", name_place, names_of(keys::plan::all), reading);
  if (const Tree::Entry* train = section.find(keys::plan::train) ? tree.find_entry(keys::plan::train) : nullptr)
    plan.train = read_train(train->value, train->key_place, phases, reading);
  if (const Tree* then = section.find(keys::plan::then))
    plan.then = read_words(*then, section.subject(keys::plan::then), "a list of phases", reading);
  if (const Tree* memory = section.find(keys::plan::memory)) plan.memory_bytes = read_memory(*memory, reading);
  return plan;
}

}  // namespace leat
