#include "leat/frame.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "base/declared_metric.h"
#include "base/durable_file.h"
#include "base/image_metrics.h"
#include "base/utf8.h"
#include "leat/image_table.h"
#include "run/flow.h"
#include "run/kept_results.h"

namespace leat {

std::string_view name(PhaseKind kind) {
  switch (kind) {
    case PhaseKind::Train:
      return "train";
    case PhaseKind::Validate:
      return "validate";
    case PhaseKind::Test:
      return "test";
    case PhaseKind::Predict:
      return "predict";
  }
  return "train";
}

void detail::no_such_row(int row, int count) {
  const std::string rows = count == 0   ? "there are no rows"
                           : count == 1 ? "there is one row, 0"
                                        : "there are " + std::to_string(count) + " rows, 0.." + std::to_string(count - 1);
  throw std::out_of_range("row " + std::to_string(row) + " is asked for, but " + rows);
}

const Sample& RowList::sample(int row) const { return (*samples_)[static_cast<std::size_t>(first_) + place_of(row)]; }

const std::string& RowList::reason(int row) const {
  static const std::string none;
  const std::size_t place = place_of(row);
  return reasons_ ? (*reasons_)[place] : none;
}

namespace {

/// Throws std::logic_error if this call is not for one sample, which `function` needs.
void check_slot(const Frame::Call& call, const char* function) {
  if (!call.ledger) throw run::not_in_finish(function);
  if (call.place < 0)
    throw std::logic_error(std::string(function) + " is for nodes that run once per sample, but this one runs once per step");
}

[[noreturn, gnu::cold]] void refuse_source(const Frame::Call& call, const char* function) {
  if (!call.node->source) throw std::logic_error(std::string(function) + " is for sources, but this node is not a source");
  throw run::not_in_finish(function);
}

inline void check_source(const Frame::Call& call, const char* function) {
  if (!call.node->source || !call.ledger) [[unlikely]]
    refuse_source(call, function);
}

[[noreturn, gnu::cold]] void refuse_value(const Frame::Call& call, int input, const Value& held) {
  LEAT_CHECK(!run::is_tombstone(held));
  throw std::logic_error("`" + std::string(call.node->inputs[static_cast<std::size_t>(input)].port->name()) +
                         "` was taken in this call already");
}

}  // namespace

const FrameKey& Frame::key() const { return call_->key; }

bool Frame::is_connected(const Port& port) const {
  if (is_output(port.kind())) {
    const int wire = call_->node->wires[static_cast<std::size_t>(port.index())];
    const Wire& read = call_->flow.phase().wires[static_cast<std::size_t>(wire)];
    return !read.readers.empty() || read.has_left_readers;
  }
  return !call_->node->inputs[static_cast<std::size_t>(port.index())].feeds.empty();
}

const Value& Frame::value(int port) const {
  call_->requested();
  const Value& held = call_->cell(port);
  if (!held || run::is_tombstone(held)) [[unlikely]]
    refuse_value(*call_, port, held);
  return held;
}

const Value* Frame::maybe_value(int port) const {
  call_->requested();
  if (call_->node->inputs[static_cast<std::size_t>(port)].feeds.empty()) return nullptr;
  const Value& held = call_->cell(port);
  return held && !run::is_tombstone(held) ? &held : nullptr;
}

Value* Frame::sole_value(int port) {
  call_->requested();
  const Wire& from = call_->wire(port);
  if (from.readers.size() != 1) return nullptr;
  Value& held = call_->cell(port);
  if (!held) [[unlikely]]
    refuse_value(*call_, port, held);
  return &held;
}

std::vector<const Value*> Frame::gathered(int port) const {
  if (!call_->ledger)
    throw run::not_in_finish("reading the input `" + std::string(call_->node->inputs[static_cast<std::size_t>(port)].port->name()) + "`");
  call_->requested();
  return call_->step->gathered[static_cast<std::size_t>(port)];
}

int Frame::inputs_count(int port) const { return static_cast<int>(call_->node->inputs[static_cast<std::size_t>(port)].feeds.size()); }

std::string_view Frame::inputs_name(int port, int which) const {
  return call_->node->inputs[static_cast<std::size_t>(port)].feeds[static_cast<std::size_t>(which)].member;
}

const Value& Frame::inputs_value(int port, int which) const {
  call_->requested();
  return call_->cell(port, which);
}

StateBox& Frame::state_box(int index) const {
  call_->requested();
  return call_->flow.states().now(call_->node_index, index);
}

namespace {

[[noreturn, gnu::cold]] void refuse_put(const Frame::Call& call, int output, const std::string& row = {}) {
  if (!call.ledger) throw run::not_in_finish("`frame.put`");
  const std::string name(call.node->node->outputs()[static_cast<std::size_t>(output)]->name());
  throw std::logic_error("a second value is put into " + row + "`" + name + "` in one call");
}

}  // namespace

void Frame::put_value(int port, Value value) {
  call_->requested();
  Value& put = call_->puts[static_cast<std::size_t>(port)];
  if (put) [[unlikely]]
    refuse_put(*call_, port);
  put = std::move(value);
}

void Frame::put_row(int port, int row, Value value) {
  call_->requested();
  if (!call_->ledger) refuse_put(*call_, port);
  const int origin = call_->node->origin, count = origin < 0 ? 0 : call_->ledger->rows[static_cast<std::size_t>(origin)];
  if (row < 0 || row >= count) detail::no_such_row(row, count);
  if (!call_->step->row_puts.try_emplace({port, row}, std::move(value)).second)
    refuse_put(*call_, port, "row " + std::to_string(row) + " of ");
}

void Frame::drop(std::string reason) {
  call_->requested();
  check_slot(*call_, "`frame.drop`");
  call_->dropped = reason.empty() ? "it gave no reason" : std::move(reason);
}

void Frame::drop(int row, std::string reason) {
  call_->requested();
  if (!call_->ledger) throw run::not_in_finish("`frame.drop`");
  if (!call_->step)
    throw std::logic_error("`frame.drop` with a row is for nodes that run once per step, but this one runs once per sample");
  const int origin = call_->node->origin, count = origin < 0 ? 0 : call_->ledger->rows[static_cast<std::size_t>(origin)];
  if (row < 0 || row >= count) detail::no_such_row(row, count);
  call_->step->row_drops.try_emplace(row, reason.empty() ? "it gave no reason" : std::move(reason));
}

namespace {

RandomKey random_key(const Frame::Call& call) {
  RandomKey key = call.flow.random_key(call.node_index);
  key.occurrence = static_cast<std::uint32_t>(call.key.occurrence);
  key.step = static_cast<std::uint32_t>(call.key.step);
  key.slot = static_cast<std::uint32_t>(call.key.slot);
  return key;
}

}  // namespace

Random Frame::random() const {
  call_->requested();
  if (!call_->ledger) throw run::not_in_finish("`frame.random`");
  if (call_->has_drawn)
    throw std::logic_error(
        "`frame.random()` is called a second time here and would give the same numbers again: keep one, `Random random = frame.random();`");
  call_->has_drawn = true;
  return Random(random_key(*call_));
}

namespace {

/// Returns the largest number of rows of a value that the node can see.
int rows_count(const Frame::Call& call) {
  if (!call.ledger) return 0;
  const auto rows_of = [&call](int origin) { return origin < 0 ? 0 : call.ledger->rows[static_cast<std::size_t>(origin)]; };
  int count = rows_of(call.node->origin);
  for (const BoundInput& input : call.node->inputs)
    for (const Feed& feed : input.feeds)
      count = std::max(count, rows_of(call.flow.phase().wires[static_cast<std::size_t>(feed.wire)].origin));
  return count;
}

}  // namespace

Random Frame::random(int row) const {
  call_->requested();
  if (const int count = rows_count(*call_); row < 0 || row >= count) detail::no_such_row(row, count);
  RandomKey key = random_key(*call_);
  key.slot = static_cast<std::uint32_t>(call_->ledger->layout.share.slot_of(row));
  return Random(key);
}

namespace {

int sample_index(const Frame::Call& call) { return call.ledger->layout.sample[static_cast<std::size_t>(call.node->origin)] + call.place; }

}  // namespace

const Sample& Frame::sample() const {
  check_slot(*call_, "`frame.sample`");
  return call_->ledger->samples[static_cast<std::size_t>(sample_index(*call_))];
}

void Frame::identify(Sample sample) {
  call_->requested();
  check_source(*call_, "`frame.identify`");
  call_->ledger->samples[static_cast<std::size_t>(sample_index(*call_))] = std::move(sample);
}

void Frame::note(std::string warning) {
  call_->requested();
  check_slot(*call_, "`frame.note`");
  if (call_->said) call_->said->notes.push_back(warning);
  const std::lock_guard guard(call_->ledger->notes);
  call_->ledger->warnings.push_back({sample_index(*call_), call_->node_index, std::move(warning)});
}

std::vector<std::string> Frame::notes() const {
  check_slot(*call_, "`frame.notes`");
  std::vector<std::string> sentences;
  {
    const std::lock_guard guard(call_->ledger->notes);
    // A node beside this one may not have run yet.
    for (const auto& [sample, node, sentence] : call_->ledger->warnings)
      if (sample == sample_index(*call_) && call_->own->upstream[static_cast<std::size_t>(node)]) sentences.push_back(sentence);
  }
  std::sort(sentences.begin(), sentences.end());
  sentences.erase(std::unique(sentences.begin(), sentences.end()), sentences.end());
  return sentences;
}

const std::string& Frame::reason() const {
  static const std::string none;
  return call_->reason ? *call_->reason : none;
}

RowList Frame::rows(const Port& port) const {
  if (!call_->ledger) throw run::not_in_finish("`frame.rows`");
  if (!call_->step) throw std::logic_error("`frame.rows` is for nodes that run once per step, but this one runs once per sample");
  const auto index = static_cast<std::size_t>(port.index());
  const bool is_out = is_output(port.kind());
  const int origin = is_out || call_->node->inputs[index].feeds.empty() ? call_->node->origin : call_->wire(port.index()).origin;
  if (origin < 0) return {};
  const int count = call_->ledger->rows[static_cast<std::size_t>(origin)];
  // Rows that are paired share the product of their weights.
  const bool is_paired = origin == call_->node->origin && !port.is(any_rows);
  const run::RowState* rows = is_paired ? call_->step->rows.get() : call_->step->gathered_rows[index].get();
  const std::span<const float> weights = rows ? std::span<const float>(rows->weights) : call_->flow.ones(count);
  return RowList(&call_->ledger->samples, call_->ledger->layout.sample[static_cast<std::size_t>(origin)], weights,
                 rows ? &rows->reasons : nullptr);
}

namespace {

void tell_metric(const Frame::Call& call, std::string_view name, const std::function<double()>& later) {
  call.observers->tell(Hears::Metrics,
                       [&](Observer& one) { one.metric_given(call.node->name + "." + std::string(name), call.key.step, later); });
}

}  // namespace

namespace {

std::optional<double> value_of(const ImageMetric& metric, const ImageTable& table) {
  try {
    return metric.figure.value(table);
  } catch (const std::logic_error& error) {
    throw std::logic_error("the metric `" + metric.name + "` cannot be computed: " + error.what());
  }
}

}  // namespace

void Frame::metric(std::string_view name, double number) {
  call_->requested();
  if (call_->finished) {
    call_->finished->emplace_back(call_->node->name + "." + utf8_text(name), number);
    return;
  }
  if (call_->said) call_->said->has_metrics = true;
  // A node can give a metric both as a number and as a function; the result is their mean.
  if (call_->observers) [[unlikely]]
    tell_metric(*call_, name, [number] { return number; });
  const std::lock_guard guard(call_->ledger->notes);
  call_->ledger->metrics.push_back({call_->node_index, call_->key.slot, std::string(name), number, {}});
}

void Frame::metric(std::string_view name, std::function<double()> later) {
  call_->requested();
  if (!later) throw std::invalid_argument("the metric `" + std::string(name) + "` is given as an empty function");
  if (call_->finished) {
    call_->finished->emplace_back(call_->node->name + "." + utf8_text(name), later());
    return;
  }
  if (call_->said) call_->said->has_metrics = true;
  if (call_->observers) [[unlikely]]
    tell_metric(*call_, name, later);
  const std::lock_guard guard(call_->ledger->notes);
  call_->ledger->metrics.push_back({call_->node_index, call_->key.slot, std::string(name), 0, std::move(later)});
}

void Frame::measure(const ImageTable& table, const std::vector<ImageMetric>& metrics) {
  call_->requested();
  if (!call_->finished) throw std::logic_error("`frame.measure` is for `finish`: before it the table does not have all images");
  // No phase has a dot in its name, and no node has one: each table has a file of its own.
  const std::string phase(call_->key.phase), place = phase + "." + call_->node->name;
  const std::filesystem::path folder = call_->flow.context().folder / "images";
  const std::filesystem::path rows = folder / (place + ".csv"), figures = folder / (place + ".json");
  const bool is_kept = !call_->flow.context().folder.empty();
  for (const ImageMetric& one : metrics)
    if (!find_declared(call_->node->node->metrics(), one.name))
      throw std::logic_error("`frame.measure` got the metric `" + one.name + "`, but the node declares no such `Metric`");
  if (table.size() == 0) {
    // Those of an earlier occurrence of the phase would pass for those of this one.
    if (is_kept)
      for (const std::filesystem::path& file : {rows, figures}) std::filesystem::remove(file);
    if (!metrics.empty()) warn("the metrics of `" + call_->node->name + "` are undefined in `" + phase + "`: it measured no image");
    for (const ImageMetric& one : metrics) metric(one.name, NAN);
    return;
  }
  for (const ImageMetric& one : metrics) {
    const std::optional<double> number = value_of(one, table);
    if (!number)
      warn("`" + one.name + "` is undefined in `" + phase + "`, for `" + call_->node->name +
           "`: a class, or what it is a share of, does not occur");
    metric(one.name, number.value_or(NAN));
  }
  if (!is_kept) return;
  std::filesystem::create_directories(rows.parent_path());
  write_file(rows, table.csv());
  write_file(figures, image_metrics_text(metrics));
}

std::int64_t Frame::keep_bytes() const { return call_->node->keep_bytes; }

void Frame::warn(std::string sentence) {
  if (call_->said) call_->said->warnings.push_back(sentence);
  call_->flow.context().warn(sentence);
}

std::int64_t Frame::draw() const {
  check_source(*call_, "`frame.draw`");
  return call_->key.step * *call_->node->source->batch + call_->key.slot;
}

}  // namespace leat
