#include "support/toys.h"

#include <chrono>
#include <limits>
#include <thread>

namespace leat::toys {

namespace {

Witness* witness = nullptr;

/// Keeps the core busy, so that tasks overlap like real ones.
void spin(int microseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
  while (std::chrono::steady_clock::now() < end) {
  }
}

struct Count final : Source {
  Output<Number> number{this, "number", "Any shape. The slot's place in the stream."};
  Param<int> length_{this, "length", "Numbers in a pass; 0: without end.", 0, {0, 1 << 30}};
  Param<bool> is_sized{this, "is_sized", "Whether it says how large its numbers are.", false};

  void shapes(Shapes& shapes) const override {
    if (*is_sized) shapes.set_bytes(number, sizeof(Number));
  }
  std::int64_t length() const override { return *length_; }
  void process(Frame& frame) const override {
    const std::int64_t place = frame.draw();
    frame.identify({"n" + std::to_string(place), "", place % 2 ? "odd" : "even", {}});
    frame.put(number, {place, place});
  }
};

struct Pass final : Node {
  Input<Number> number{this, "number", "Any shape."};
  Output<Number> same{this, "same", "Any shape."};
  Param<int> busy_us{this, "busy_us", "How long it takes.", 0, {0, 1000000}};
  Param<bool> jitter{this, "jitter", "Whether it takes a random part of that.", false};
  Param<bool> is_sized{this, "is_sized", "Whether it says how large its numbers are.", false};

  void shapes(Shapes& shapes) const override {
    if (*is_sized) shapes.set_bytes(same, sizeof(Number));
  }
  void process(Frame& frame) const override {
    if (witness) {
      const int now = ++witness->running;
      int most = witness->most_running;
      while (now > most && !witness->most_running.compare_exchange_weak(most, now)) {
      }
    }
    spin(*jitter ? static_cast<int>(frame.random().below(*busy_us + 1)) : *busy_us);
    if (witness) --witness->running;
    frame.put(same, frame.take(number));
  }
};

struct Add final : Node {
  Input<Number> number{this, "number", "Any shape."};
  Output<Number> sum{this, "sum", "Any shape."};
  Param<int> by{this, "by", "What is added.", 1};

  void process(Frame& frame) const override { frame.put(sum, {frame[number].id, frame[number].value + *by}); }
};

struct Noise final : Node {
  Input<Number> number{this, "number", "Any shape."};
  Output<Number> noisy{this, "noisy", "Any shape."};

  void process(Frame& frame) const override { frame.put(noisy, {frame[number].id, frame[number].value + frame.random().below(1000000)}); }
};

struct Pair final : Node {
  Input<Number> first{this, "first", "Any shape."};
  Input<Number> second{this, "second", "Any shape."};
  Output<Number> pair{this, "pair", "Any shape."};

  void process(Frame& frame) const override {
    if (witness) {
      ++witness->pairs;
      if (frame[first].id != frame[second].id) ++witness->wrong;
    }
    frame.put(pair, {frame[first].id, frame[first].value * 3 + frame[second].value});
  }
};

struct Drop final : Node {
  Input<Number> number{this, "number", "Any shape."};
  Output<Number> rest{this, "rest", "Any shape."};
  Param<int> every{this, "every", "Drops numbers that this divides.", 2, {1, 1 << 30}};

  void process(Frame& frame) const override {
    if (frame[number].id % *every == 0) return frame.drop("divided by " + std::to_string(*every));
    frame.put(rest, frame[number]);
  }
};

struct Fail final : Node {
  Input<Number> number{this, "number", "Any shape."};
  Output<Number> same{this, "same", "Any shape."};
  Param<int> at{this, "at", "Fails at this number.", 0};

  void process(Frame& frame) const override {
    if (frame[number].id == *at) throw std::runtime_error("it was told to fail");
    frame.put(same, frame[number]);
  }
};

struct Sum final : Node {
  Gather<Number> numbers{this, "numbers", "Any shape."};
  Output<Number> sum{this, "sum", "N x 1. The weighted sum, and the number of living rows."};

  void process(Frame& frame) const override {
    const auto rows = frame[numbers];
    Number out;
    for (int row = 0; row < rows.size(); ++row) {
      out.value += static_cast<std::int64_t>(rows.weight(row)) * rows[row].value;
      out.id += rows.weight(row) > 0 ? 1 : 0;
    }
    frame.put(sum, out);
    frame.metric("sum", static_cast<double>(out.value));
    frame.metric("living", static_cast<double>(out.id));
  }
};

struct Batch final : Node {
  Gather<Number> numbers{this, "numbers", "Any shape."};
  Output<std::vector<Number>> batch{this, "batch", "N x 1."};

  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::Own; }
  void process(Frame& frame) const override {
    const auto rows = frame[numbers];
    std::vector<Number> out;
    for (int row = 0; row < rows.size(); ++row) out.push_back(rows[row]);
    frame.put(batch, std::move(out));
  }
};

struct Unbatch final : Node {
  Input<std::vector<Number>> batch{this, "batch", "N x 1."};
  Scatter<Number> numbers{this, "numbers", "Any shape."};

  void process(Frame& frame) const override {
    for (int row = 0; row < static_cast<int>(frame[batch].size()); ++row)
      frame.put(numbers, row, frame[batch][static_cast<std::size_t>(row)]);
  }
};

/// Pairs the rows of two batches, and counts those whose ids differ.
struct PairRows final : Node {
  Input<std::vector<Number>> first{this, "first", "N x 1."};
  Input<std::vector<Number>> second{this, "second", "N x 1."};
  Output<Number> weight{this, "weight", "Any shape. The sum of the rows' weights."};

  void process(Frame& frame) const override {
    Number out;
    for (const float one : frame.rows(first).weights()) out.value += static_cast<std::int64_t>(one);
    if (witness)
      for (std::size_t row = 0; row < frame[first].size(); ++row) {
        ++witness->pairs;
        if (frame[first][row].id != frame[second][row].id && frame.rows(first).weights()[row] > 0) ++witness->wrong;
      }
    frame.metric("weight", static_cast<double>(out.value));
    frame.put(weight, out);
  }
};

/// Mixes the rows of a batch: each gets the sum of the living rows, and the state counts steps.
struct Mix final : Node {
  Input<std::vector<Number>> batch{this, "batch", "N x 1."};
  Output<std::vector<Number>> mixed{this, "mixed", "N x 1."};
  Output<Number> total{this, "total", "Any shape. A number for the step, from rows, samples and states.", differentiable};
  Metric sum{this, "sum", Better::Neither, "The sum of the living rows."};
  State<std::int64_t> steps{this, "steps", 0};

  void process(Frame& frame) const override {
    const RowList rows = frame.rows(batch);
    Number out;
    for (int row = 0; row < rows.size(); ++row) {
      const std::int64_t value = frame[batch][static_cast<std::size_t>(row)].value % 1000003;
      if (rows.weight(row) > 0) out.value += value * (row + 1) + (rows.sample(row).group == "odd" ? 7 : 0) + frame.random(row).below(1000);
    }
    std::vector<Number> all = frame[batch];
    for (Number& one : all) one.value += out.value;
    frame.metric(sum, static_cast<double>(out.value));
    out.value += ++frame.state(steps);
    frame.put(mixed, std::move(all));
    frame.put(total, out);
  }
};

/// Adds a number to each row.
struct AddRows final : Node {
  Input<std::vector<Number>> batch{this, "batch", "N x 1."};
  Output<std::vector<Number>> sums{this, "sums", "N x 1."};
  Param<bool> is_independent{this, "is_independent", "Whether it says that its rows are independent.", true};

  RowsOfRanks rows_of_ranks() const override { return *is_independent ? RowsOfRanks::Own : RowsOfRanks::All; }
  void process(Frame& frame) const override {
    std::vector<Number> out = frame[batch];
    for (int row = 0; row < static_cast<int>(out.size()); ++row) out[static_cast<std::size_t>(row)].value += frame.random(row).below(50);
    frame.put(sums, std::move(out));
  }
};

/// An ordered node: computes a running hash of its inputs, which any other order would change.
struct Fold final : Node {
  Input<Number> number{this, "number", "Any shape."};
  Output<Number> fold{this, "fold", "Any shape."};
  MetricGroup folds{this, Better::Higher, {{"fold", "The hash of a step."}, {"last", "The hash at the end."}}};
  State<std::int64_t> state{this, "state", 1};

  void process(Frame& frame) const override {
    std::int64_t& now = frame.state(state);
    now = static_cast<std::int64_t>(static_cast<std::uint64_t>(now) * 6364136223846793005u +
                                    static_cast<std::uint64_t>(frame[number].value) + 1);
    if (witness) {
      const std::lock_guard guard(witness->lock);
      witness->order.push_back(frame[number].id);
    }
    frame.metric("fold", static_cast<double>(now % 1000003));
    frame.put(fold, {frame[number].id, now});
  }
  void finish(Frame& frame) const override { frame.metric("last", static_cast<double>(frame.state(state) % 1000003)); }
};

struct Sink final : Node {
  Maybe<Number> number{this, "number", "Any shape."};
  State<std::int64_t> seen{this, "seen", 0};
  State<std::int64_t> dropped{this, "dropped", 0};

  void process(Frame& frame) const override {
    ++frame.state(frame[number] ? seen : dropped);
    if (!witness) return;
    const std::lock_guard guard(witness->lock);
    witness->order.push_back(frame[number] ? frame[number]->id : -1);
  }
  void finish(Frame& frame) const override {
    frame.metric("seen", static_cast<double>(frame.state(seen)));
    frame.metric("dropped", static_cast<double>(frame.state(dropped)));
  }
};

/// A resource that a step changes.
struct Weight final : Resource {
  static constexpr std::string_view kind = "weight";
  std::int64_t value = 0;

  void open(const Opening& opening) override { value = static_cast<std::int64_t>(opening.seed); }
  void save(Archive& archive) const override { archive.put("value", value); }
  void load(const Archive& archive) override { value = archive.whole("value"); }
};

struct Multiply final : Node {
  Uses<Weight> weight{this, "weight", "What it multiplies by."};
  Gather<Number> numbers{this, "numbers", "Any shape."};
  Output<Number> product{this, "product", "Any shape.", differentiable};

  void process(Frame& frame) const override {
    const auto rows = frame[numbers];
    Number out;
    for (int row = 0; row < rows.size(); ++row) out.value += rows[row].value % 1000003 * (weight->value % 1000 + 1) % 1000003;
    frame.put(product, out);
  }
};

struct Learn final : Node {
  Changes<Weight> weight{this, "weight", "What it changes."};
  Input<Number> product{this, "product", "Any shape.", differentiable};
  Metric loss{this, "loss", Better::Neither, "The weight."};
  State<std::int64_t> count{this, "count", 0};

  /// What it reads is equal on all ranks.
  RowsOfRanks rows_of_ranks() const override { return RowsOfRanks::OwnAddedUp; }
  void process(Frame& frame) const override {
    if (witness && witness->learning) witness->learning(frame.key().step);
    weight->value = (weight->value * 31 + frame[product].value + ++frame.state(count)) % 1000000007;
    frame.metric(loss, static_cast<double>(weight->value));
  }
};

struct Score final : Node {
  Uses<Weight> weight{this, "weight", "What is scored."};
  Input<Number> number{this, "number", "Any shape."};
  Param<int> undefined{this, "undefined", "So many times, from the first, the score is no number.", 0, {0, 100}};
  Param<int> modulus{this, "modulus", "The score is below it.", 1009, {1, 1009}};
  Metric score{this, "score", Better::Higher, "The score."};
  Metric cost{this, "cost", Better::Lower, "The score with another sign."};
  State<std::int64_t> sum{this, "sum", 0};

  void process(Frame& frame) const override { frame.state(sum) += frame[number].value % 97 + weight->value % 101; }
  void finish(Frame& frame) const override {
    const bool is_defined = frame.key().occurrence >= *undefined;
    const double number = is_defined ? static_cast<double>(frame.state(sum) % *modulus) : std::numeric_limits<double>::quiet_NaN();
    frame.metric(score, number);
    frame.metric(cost, -number);
  }
};

}  // namespace

void watch(Witness* one) { witness = one; }

void add_to(Registry& registry) {
  detail::register_type<Count>(registry, "toy.count", "Counts.");
  detail::register_type<Pass>(registry, "toy.pass", "Gives what it gets.");
  detail::register_type<Add>(registry, "toy.add", "Adds a number.");
  detail::register_type<Noise>(registry, "toy.noise", "Adds a random number.");
  detail::register_type<Pair>(registry, "toy.pair", "Pairs two numbers of one slot.");
  detail::register_type<Drop>(registry, "toy.drop", "Drops some.");
  detail::register_type<Fail>(registry, "toy.fail", "Fails once.");
  detail::register_type<Sum>(registry, "toy.sum", "Sums a step.");
  detail::register_type<Batch>(registry, "toy.batch", "Gathers a step.");
  detail::register_type<Unbatch>(registry, "toy.unbatch", "Scatters a step.");
  detail::register_type<PairRows>(registry, "toy.pair_rows", "Pairs rows.");
  detail::register_type<Mix>(registry, "toy.mix", "Mixes rows.", LaneKind::Device);
  detail::register_type<AddRows>(registry, "toy.add_rows", "Adds to rows.", LaneKind::Device);
  detail::register_type<Fold>(registry, "toy.fold", "Hashes in order.");
  detail::register_type<Sink>(registry, "toy.sink", "Takes all.");
  detail::register_type<Weight>(registry, "toy.weight", "A number that is learnt.");
  detail::register_type<Multiply>(registry, "toy.multiply", "Multiplies by a weight.", LaneKind::Device);
  detail::register_type<Learn>(registry, "toy.learn", "Changes a weight.", LaneKind::Device);
  detail::register_type<Score>(registry, "toy.score", "Scores a weight.");
}

}  // namespace leat::toys
