#pragma once

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "support/doctest.h"
#include "support/graphs.h"
#include "support/toys.h"

// A training and a validation whose pictures a cache can keep, and counts of what is computed.
namespace leat::test {

inline std::atomic<int> opened{0}, doubled{0}, packed{0};

struct Picture {
  std::vector<std::uint8_t> pixels;
};

}  // namespace leat::test

template <>
struct leat::ValueTraits<leat::test::Picture> {
  using Picture = test::Picture;
  static constexpr std::string_view name = "picture";
  static std::size_t bytes(const Picture& one) { return one.pixels.size(); }
  static std::uint64_t hash(const Picture& one) { return hash_bytes(one.pixels.data(), one.pixels.size()); }
  static std::string describe(const Picture& one) { return std::to_string(one.pixels.size()) + " pixels"; }
  static Contract contract(const Picture& one) {
    Contract out;
    out.has_shape = true;
    out.dims = {Dim{static_cast<std::int64_t>(one.pixels.size()), {}}};
    out.dtype = Dtype::U8;
    return out;
  }
  static Picture blank(const Contract&) { return {}; }
  static std::vector<std::byte> pack(const Picture& one) {
    ++test::packed;
    std::vector<std::byte> out(one.pixels.size());
    std::memcpy(out.data(), one.pixels.data(), out.size());
    return out;
  }
  static Picture unpack(std::span<const std::byte> bytes) {
    Picture out{std::vector<std::uint8_t>(bytes.size())};
    std::memcpy(out.pixels.data(), bytes.data(), bytes.size());
    return out;
  }
};

namespace leat::test {

/// A data set of `length` files, in a random order in each epoch of a training.
struct Files final : Source {
  Output<toys::Number> file{this, "file", "Any shape."};
  Param<int> length_{this, "length", "Files.", 10};
  std::int64_t length() const override { return *length_; }
  void shapes(Shapes& shapes) const override { shapes.set_bytes(file, sizeof(toys::Number)); }
  void process(Frame& frame) const override {
    const std::int64_t one = pick(frame, *length_, frame.key().kind == PhaseKind::Train);
    frame.identify({"f" + std::to_string(one), "", "", {}});
    frame.put(file, {one, one});
  }
};

struct Open final : Node {
  Input<toys::Number> file{this, "file", "Any shape."};
  Output<Picture> picture{this, "picture", "100, 8 bit."};
  Param<int> fails_at{this, "fails_at", "A file that cannot be opened.", -1};
  void shapes(Shapes& shapes) const override { shapes.is_deterministic(); }
  void process(Frame& frame) const override {
    ++opened;
    const std::int64_t id = frame[file].id;
    if (id == *fails_at) throw std::runtime_error("it cannot be opened");
    if (id % 3 == 0) frame.note("opened with a note on " + std::to_string(id));
    frame.put(picture, {std::vector<std::uint8_t>(100, static_cast<std::uint8_t>(id))});
  }
};

struct Double final : Node {
  Input<Picture> picture{this, "picture", "height, 8 bit."};
  Output<Picture> twice{this, "twice", "height, 8 bit."};
  Param<int> times{this, "times", "Factor.", 2};
  void shapes(Shapes& shapes) const override { shapes.is_deterministic(); }
  void process(Frame& frame) const override {
    ++doubled;
    Picture out = frame[picture];
    if (out.pixels[0] % 2 == 0) frame.note("even");
    for (std::uint8_t& pixel : out.pixels) pixel = static_cast<std::uint8_t>(pixel * *times);
    frame.put(twice, out);
  }
};

inline std::mutex seen_lock;
inline std::map<std::string, std::vector<std::string>> seen;  ///< Notes by sample.

struct Shake final : Node {
  Input<Picture> picture{this, "picture", "height, 8 bit."};
  Output<toys::Number> shaken{this, "shaken", "Any shape."};
  void shapes(Shapes& shapes) const override { shapes.set_bytes(shaken, sizeof(toys::Number)); }
  void process(Frame& frame) const override {
    const std::vector<std::uint8_t>& pixels = frame[picture].pixels;
    {
      const std::lock_guard guard(seen_lock);
      const auto [at, is_new] = seen.emplace(frame.sample().id, frame.notes());
      CHECK(at->second == frame.notes());
    }
    const std::int64_t sum = std::accumulate(pixels.begin(), pixels.end(), std::int64_t{0});
    frame.put(shaken, {0, sum * 1000 + frame.random().below(1000)});
  }
};

struct Take final : Node {
  Gather<toys::Number> numbers{this, "numbers", "Any shape."};
  State<std::int64_t> state{this, "state", 1};
  void process(Frame& frame) const override {
    const auto rows = frame[numbers];
    for (int row = 0; row < rows.size(); ++row)
      frame.state(state) = (frame.state(state) * 31 + rows[row].value * static_cast<std::int64_t>(rows.weight(row))) % 1'000'003;
    frame.metric("fold", static_cast<double>(frame.state(state)));
  }
};

inline Registry cache_registry() {
  Registry out = toy_registry();
  detail::register_type<Files>(out, "test.files", "Files.");
  detail::register_type<Open>(out, "test.open", "Opens.");
  detail::register_type<Double>(out, "test.double", "Doubles.");
  detail::register_type<Shake>(out, "test.shake", "Adds a random number.");
  detail::register_type<Take>(out, "test.take", "Takes.");
  return out;
}

/// `open` is added to the node that opens a file, `middle` is the node that reads it, before `twice`.
inline std::string nodes(const std::string& open = {}, const std::string& middle = {}) {
  return "    nodes:\n      files: {uses: test.files, with: {length: 10, batch: 4}}\n      opened: {uses: test.open, in: {file: files}" +
         open + "}\n" + (middle.empty() ? "" : "      middle: {" + middle + "}\n") +
         "      twice: {uses: test.double, in: {picture: " + (middle.empty() ? "opened" : "middle") +
         "}}\n"
         "      weak: {uses: test.shake, in: {picture: twice}}\n      strong: {uses: test.shake, in: {picture: twice}}\n"
         "      take: {uses: test.take, in: {numbers: weak}}\n      other: {uses: test.take, in: {numbers: strong}}\n";
}

inline std::string graph_of(const std::string& plan, const std::string& train, const std::string& validate) {
  return "leat: 1\nphases:\n  train:\n    prefetch: 4\n" + train + "  validate:\n" + validate +
         "plan:\n  train: {phase: train, steps: 50, validate: every 20 steps}\n" + plan;
}

inline std::string graph(const std::string& plan, const std::string& open = {}) { return graph_of(plan, nodes(open), nodes(open)); }

struct Counted {
  RunResult result;
  int opened;
  int doubled;
  std::map<std::string, std::vector<std::string>> notes;
};

inline Counted counted(const std::string& text, int threads = 3, RunOptions options = {}, const Registry& registry = cache_registry()) {
  opened = doubled = packed = 0;
  seen.clear();
  RunResult result = run_graph(registry, text, threads, std::move(options));
  return {std::move(result), opened, doubled, seen};
}

}  // namespace leat::test
