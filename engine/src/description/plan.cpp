#include "description/plan.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/scalar.h"
#include "description/keys.h"

namespace leat {

namespace {

/// An amount such as "8 validations": a number, at least one space, a word.
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

/// Returns a whole number with one of these units; 0 if the text is something else.
std::int64_t read_count(std::string_view text, std::string_view one, std::string_view many) {
  const std::optional<Amount> amount = read_amount(text);
  if (!amount || (amount->unit != one && amount->unit != many)) return 0;
  const bool is_count = amount->number >= 1 && amount->number <= 1e15 && amount->number == std::floor(amount->number);
  return is_count ? static_cast<std::int64_t>(amount->number) : 0;
}

/// Returns a time in seconds; 0 if the amount is no time, or none that can be used.
double seconds_of(const Amount& time) {
  const double unit = time.unit == "s" ? 1 : time.unit == "min" ? 60 : time.unit == "h" ? 3600 : 0;
  return time.number * unit <= 1e9 ? time.number * unit : 0;
}

constexpr const char* periods = "`epoch`, `2 epochs` or `500 steps`";

/// Reads `epoch`, `2 epochs`, `epoch of unlabelled` or `500 steps`. Returns false if it is something else.
bool read_period(const std::string& text, const Place& place, PeriodText& period) {
  period.steps = read_count(text, "step", "steps");
  if (period.steps > 0) return true;
  const std::optional<Amount> amount = read_amount(text.starts_with("epoch") ? "1 " + text : text);
  if (!amount || amount->number <= 0) return false;
  const std::size_t of = amount->unit.find(" of ");
  const std::string word = amount->unit.substr(0, of);
  if (word != "epoch" && word != "epochs") return false;
  period.epochs = amount->number;
  if (of != std::string::npos) period.epochs_of = {amount->unit.substr(amount->unit.find_first_not_of(' ', of + 4)), place};
  return true;
}

void use_the_validation(const Tree& validate, const GraphDescription& graph, TrainText& train, Reading& reading) {
  std::vector<const PhaseText*> found;
  bool is_other_trained = false;  // `train.phase` is of another kind, which is reported when the program is built.
  for (const PhaseText& phase : graph.phases) {
    if (!phase.is_kind_known) return;
    const bool is_trained = phase.name == train.phase.text;
    is_other_trained = is_other_trained || (is_trained && phase.kind != PhaseKind::Train);
    if (phase.kind == PhaseKind::Validate && !is_trained) found.push_back(&phase);
  }
  if (found.size() == 1) {
    train.validate_phase = {found.front()->name, validate.place};
    return;
  }
  if (is_other_trained) return;
  if (found.empty() && !graph.has_all_phases) return;
  Diagnostic& mistake =
      reading.diagnostics.error("plan.validate", validate.place,
                                found.empty() ? "`validate` has no phase to run: none is of kind `validate`"
                                              : std::to_string(found.size()) + " phases are of kind `validate`",
                                found.empty() ? "" : "`validate: {phase: " + found.front()->name + ", every: epoch}` names one");
  for (const PhaseText* phase : found) mistake.notes.push_back({phase->place, "`" + phase->name + "` is one"});
}

void read_validate(const Tree& validate, const GraphDescription& graph, TrainText& train, Reading& reading) {
  static const std::string wanted = "`every epoch`, `every 2 epochs`, `every 500 steps` or a map with `phase` and `every`";
  const std::string subject = "`validate` of `plan.train`";
  if (validate.is_map()) {
    Section section(validate, subject, validate.place, validate_keys::all, reading);
    if (std::optional<Named> phase = section.word(validate_keys::phase)) train.validate_phase = *phase;
    else if (!section.find(validate_keys::phase)) use_the_validation(validate, graph, train, reading);
    const std::optional<Named> every = section.word(validate_keys::every);
    if (!every) return;
    if (!read_period(every->text, every->place, train.validate_every))
      refuse_value(reading, *section.find(validate_keys::every), section.subject(validate_keys::every), periods);
    return;
  }
  const bool is_text = validate.is_scalar() && validate.scalar.starts_with("every ");
  if (!is_text || !read_period(validate.scalar.substr(6), validate.place, train.validate_every)) {
    refuse_value(reading, validate, subject, wanted);
    return;
  }
  use_the_validation(validate, graph, train, reading);
}

/// Returns true if the key is there, or if an unknown key was probably meant as it.
bool may_have(const Section& section, std::string_view key) { return section.find(key) || section.is_misspelt(key); }

/// Reports words that are in a list twice. `why` ends the sentence.
void refuse_twice(const std::vector<Named>& words, std::string_view id, const std::string& subject, const std::string& why,
                  const std::function<std::string(const std::string&)>& hint, Reading& reading) {
  for (std::size_t k = 0; k < words.size(); ++k) {
    const auto first = std::find_if(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(k),
                                    [&](const Named& one) { return one.text == words[k].text; });
    if (first == words.begin() + static_cast<std::ptrdiff_t>(k)) continue;
    reading.diagnostics.error(id, words[k].place, subject + " has `" + words[k].text + "` twice" + why, hint(words[k].text))
        .notes.push_back({first->place, "the first is here"});
  }
}

void read_keep(const Tree& keep, const Place& name_place, const Section& of_train, TrainText& train, Reading& reading) {
  if (!may_have(of_train, train_keys::validate))
    reading.diagnostics.error("plan.keep", name_place,
                              "`keep` selects weights by validation, but " + of_train.what() + " has no `validate`",
                              "`validate: every epoch`");
  Section section(keep, "`keep` of `plan.train`", keep.place, keep_keys::all, reading);
  train.keep.place = keep.place;
  if (const Tree* best = section.require(keep_keys::best, "`best: validate.classes.accuracy`")) {
    train.keep.metrics = read_dotted(*best, section.subject(keep_keys::best), "a metric as `phase.node.name`", reading);
    refuse_twice(
        train.keep.metrics, "plan.keep", section.subject(keep_keys::best), {}, [](const auto&) { return std::string(); }, reading);
  }
  if (const std::optional<Named> mode = section.word(keep_keys::mode)) {
    if (mode->text == "mean" || mode->text == "first") train.keep.mode = mode->text;
    else
      reading.diagnostics.error("value.word", mode->place, section.subject(keep_keys::mode) + " cannot be `" + mode->text + "`",
                                name_hint(mode->text, {keep_keys::modes.begin(), keep_keys::modes.end()}));
  }
  train.keep.within = section.number(keep_keys::within, 0).value_or(0);
  if (train.keep.within > 0 && train.keep.mode == "first")
    reading.diagnostics.error("value.word", section.find(keep_keys::within)->place,
                              section.subject(keep_keys::within) + " has no effect with `mode: first`, which keeps no later weights");
}

void read_length(Section& section, TrainText& train, Reading& reading) {
  const Tree* steps = section.find(train_keys::steps);
  const Tree* epochs = section.find(train_keys::epochs);
  train.steps = section.whole(train_keys::steps, 1).value_or(0);
  if (steps && epochs) {
    reading.diagnostics.error("plan.length", epochs->place, section.what() + " has both `steps` and `epochs`", "remove one of them")
        .notes.push_back({steps->place, "`steps` is here"});
  } else if (!steps && !epochs && !section.is_misspelt(train_keys::steps) && !section.is_misspelt(train_keys::epochs)) {
    reading.diagnostics.error("plan.length", train.place, section.what() + " has no length", "`steps: 1000`, or `epochs: 24 of` a source");
  }
  if (!epochs) return;
  const std::optional<Amount> amount = epochs->is_scalar() ? read_amount(epochs->scalar) : std::nullopt;
  const std::size_t source = amount && amount->unit.starts_with("of ") ? amount->unit.find_first_not_of(' ', 3) : std::string::npos;
  if (source == std::string::npos || amount->number <= 0) {
    refuse_value(reading, *epochs, section.subject(train_keys::epochs), "a number of passes over a source like `24 of unlabelled`");
    return;
  }
  train.epochs = amount->number;
  train.epochs_of = {amount->unit.substr(source), epochs->place};
}

/// Reads a number of steps, `20`, or a time, `10 min`.
void read_checkpoints(const Tree& every, const Section& section, TrainText& train, Reading& reading) {
  const std::int64_t steps = every.is_scalar() && !every.is_quoted ? whole_number(every.scalar).value_or(0) : 0;
  const std::optional<Amount> time = every.is_scalar() ? read_amount(every.scalar) : std::nullopt;
  const double seconds = time ? seconds_of(*time) : 0;
  if (steps >= 1) train.checkpoint_every = steps;
  else if (seconds > 0) train.checkpoint_seconds = seconds;
  else
    refuse_value(reading, every, section.subject(train_keys::checkpoint_every), "a number of steps like `500`, or a time like `10 min`",
                 "units of time are s, min and h");
}

void read_stop(const Tree& stop, const Section& section, TrainText& train, Reading& reading) {
  train.stop_after = stop.is_scalar() ? read_count(stop.scalar, "validation", "validations") : 0;
  const bool has_validate = may_have(section, train_keys::validate);
  const bool has_keep = may_have(section, train_keys::keep);
  if (train.stop_after == 0)
    refuse_value(reading, stop, section.subject(train_keys::stop_after), "a number of validations like `8 validations`");
  else if (!has_keep || (!has_validate && !section.find(train_keys::keep)))
    reading.diagnostics.error("plan.stop", stop.place,
                              "`stop_after` counts validations without a better one, but " + section.what() + " has no `" +
                                  (has_validate ? "keep" : "validate") + "`");
}

TrainText read_train(const Tree& tree, const Place& place, const GraphDescription& graph, Reading& reading) {
  TrainText train;
  train.place = place;
  const std::size_t mistakes = reading.mistakes();
  Section section(tree, "`plan.train`", place, train_keys::all, reading);
  if (section.require(train_keys::phase, "`phase: train`"))
    if (std::optional<Named> phase = section.word(train_keys::phase)) train.phase = *phase;
  if (tree.is_map()) read_length(section, train, reading);
  if (const Tree* every = section.find(train_keys::checkpoint_every)) read_checkpoints(*every, section, train, reading);
  const Tree* validate = section.find(train_keys::validate);
  const Tree::Entry* keep = section.find(train_keys::keep) ? tree.find_entry(train_keys::keep) : nullptr;
  if (validate) read_validate(*validate, graph, train, reading);
  if (keep) read_keep(keep->value, keep->key_place, section, train, reading);
  if (const Tree* stop = section.find(train_keys::stop_after)) read_stop(*stop, section, train, reading);
  train.is_broken = reading.mistakes() > mistakes || reading.has_broken(tree);
  return train;
}

/// Returns an amount of bytes such as `2GB`. Reports anything else, and returns 0.
std::int64_t read_bytes(const Tree& bytes_text, const std::string& subject, const std::string& wanted, Reading& reading,
                        bool can_be_none = false) {
  const std::optional<Amount> amount = bytes_text.is_scalar() ? read_amount(bytes_text.scalar) : std::nullopt;
  const std::string unit = amount ? amount->unit : std::string();
  const double scale = unit == "B" ? 1 : unit == "kB" ? 1e3 : unit == "MB" ? 1e6 : unit == "GB" ? 1e9 : 0;
  const double bytes = amount ? amount->number * scale : 0;
  const bool is_none = bytes_text.is_scalar() && (any_number(bytes_text.scalar) == 0.0 || (amount && scale > 0 && bytes == 0));
  if (can_be_none && is_none) return 0;
  if (bytes >= 1 && bytes <= 1e18) return std::llround(bytes);
  refuse_value(reading, bytes_text, subject, wanted, "units are kB, MB and GB");
  return 0;
}

std::int64_t read_memory(const Tree& memory, Reading& reading) {
  const std::int64_t bytes = read_bytes(memory, "`memory` of the plan", "an amount like `2GB`", reading);
  return bytes > 0 ? bytes : unknown_memory;
}

/// Reads `plan.record`. `train.images.image` has the form of a metric.
RecordText read_record(const Tree& tree, const Place& place, Reading& reading) {
  RecordText record;
  record.place = place;
  Section section(tree, "`plan.record`", place, record_keys::all, reading);
  if (const Tree* edges = section.require(record_keys::edges, "`edges: [train.weak.image]`")) {
    record.edges = read_dotted(*edges, section.subject(record_keys::edges), "an output as `phase.node.output`", reading);
    refuse_twice(
        record.edges, "plan.record", section.subject(record_keys::edges), {}, [](const auto&) { return std::string(); }, reading);
  }
  record.slots = section.whole(record_keys::slots, 1).value_or(record.slots);
  if (const std::optional<Named> every = section.word(record_keys::every); every && !read_period(every->text, every->place, record.every))
    refuse_value(reading, *section.find(record_keys::every), section.subject(record_keys::every), periods);
  if (const Tree* budget = section.find(record_keys::budget))
    record.budget_bytes = read_bytes(*budget, section.subject(record_keys::budget), "an amount like `50MB`", reading);
  return record;
}

/// Reads `cache: 1GB`, or a map.
void read_cache(const Tree& tree, const Place& place, const std::string& subject, PlanText& plan, Reading& reading) {
  plan.cache_place = tree.place;
  constexpr const char* wanted = "an amount like `1GB`";
  if (!tree.is_map()) {
    plan.cache_bytes = read_bytes(tree, subject, "an amount like `1GB`, or a map with `memory` and `file`", reading);
    return;
  }
  Section section(tree, "`plan.cache`", place, cache_keys::all, reading);
  const Tree* file = section.find(cache_keys::file);
  if (const Tree* memory = section.require(cache_keys::memory, "`memory: 1GB`"))
    plan.cache_bytes = read_bytes(*memory, section.subject(cache_keys::memory), file ? wanted : "an amount like `1GB`, or 0 with a `file`",
                                  reading, file != nullptr);
  if (file) plan.cache_file_bytes = read_bytes(*file, section.subject(cache_keys::file), wanted, reading);
}

}  // namespace

PlanText read_plan(const Tree& tree, const Place& name_place, const GraphDescription& graph, Reading& reading) {
  PlanText plan;
  plan.place = name_place;
  const std::size_t mistakes = reading.mistakes();
  Section section(tree, "the plan", name_place, plan_keys::all, reading);
  if (const Tree::Entry* train = section.find(plan_keys::train) ? tree.find_entry(plan_keys::train) : nullptr)
    plan.train = read_train(train->value, train->key_place, graph, reading);
  if (const Tree* then = section.find(plan_keys::then)) {
    plan.then = read_words(*then, section.subject(plan_keys::then), "a list of phases", reading);
    refuse_twice(
        plan.then, "plan.phase", section.subject(plan_keys::then), ", but results of a phase are kept only once",
        [](const std::string& phase) { return "add a phase with `like: " + phase + "`, which has its own results"; }, reading);
  }
  if (const Tree* memory = section.find(plan_keys::memory)) plan.memory_bytes = read_memory(*memory, reading);
  else if (section.is_misspelt(plan_keys::memory) || !tree.is_map() || reading.has_duplicate(tree)) plan.memory_bytes = unknown_memory;
  if (const Tree::Entry* record = section.find(plan_keys::record) ? tree.find_entry(plan_keys::record) : nullptr)
    plan.record = read_record(record->value, record->key_place, reading);
  if (const Tree* stall = section.find(plan_keys::stall_after)) {
    const std::optional<Amount> time = stall->is_scalar() ? read_amount(stall->scalar) : std::nullopt;
    plan.stall_seconds = time ? seconds_of(*time) : 0;
    if (plan.stall_seconds <= 0)
      refuse_value(reading, *stall, section.subject(plan_keys::stall_after), "a time like `2 min`", "units are s, min and h");
  }
  if (const Tree* keep = section.find(plan_keys::keep_results)) {
    plan.keep_bytes = read_bytes(*keep, section.subject(plan_keys::keep_results), "an amount like `10MB`", reading);
    plan.keep_place = keep->place;
  }
  if (const Tree::Entry* cache = section.find(plan_keys::cache) ? tree.find_entry(plan_keys::cache) : nullptr)
    read_cache(cache->value, cache->key_place, section.subject(plan_keys::cache), plan, reading);
  plan.is_broken = reading.mistakes() > mistakes || reading.has_broken(tree);
  return plan;
}

}  // namespace leat
