#include <string>
#include <utility>

#include "cached_pictures.h"
#include "leat/outcome.h"
#include "leat/thread_lane.h"

// plan.cache with nodes that do more than to compute a value from one input.
using namespace leat;
using namespace leat::test;

namespace {

/// Gives a metric, with or without a declaration.
struct Weigh final : Node {
  Input<Picture> picture{this, "picture", "height, 8 bit."};
  Output<Picture> same{this, "same", "height, 8 bit."};
  void shapes(Shapes& shapes) const override { shapes.is_deterministic(); }
  void process(Frame& frame) const override {
    frame.metric("first", frame[picture].pixels[0]);
    frame.put(same, frame[picture]);
  }
};
struct Measure final : Node {
  Input<Picture> picture{this, "picture", "height, 8 bit."};
  Output<Picture> same{this, "same", "height, 8 bit."};
  Metric first{this, "first", Better::Neither, "First pixel."};
  void shapes(Shapes& shapes) const override { shapes.is_deterministic(); }
  void process(Frame& frame) const override {
    frame.metric(first.name(), frame[picture].pixels[0]);
    frame.put(same, frame[picture]);
  }
};

/// Replaces pictures that were dropped.
struct Replace final : Node {
  Maybe<Picture> picture{this, "picture", "height, 8 bit."};
  Output<Picture> present{this, "present", "height, 8 bit."};
  void shapes(Shapes& shapes) const override { shapes.is_deterministic(); }
  void process(Frame& frame) const override {
    const Picture* one = frame[picture];
    frame.put(present, one ? *one : Picture{std::vector<std::uint8_t>(100, 77)});
  }
};

/// Its output depends on which input is connected, and on the name of the picture.
struct Either final : Node {
  OptionalInput<Picture> a{this, "a", "height, 8 bit."};
  OptionalInput<Picture> b{this, "b", "height, 8 bit."};
  Inputs<Picture> named{this, "named", "height, 8 bit."};
  Output<Picture> chosen{this, "chosen", "height, 8 bit."};
  void shapes(Shapes& shapes) const override { shapes.is_deterministic(); }
  void process(Frame& frame) const override {
    Picture out;
    if (const Picture* one = frame[a]) out = *one;
    if (const Picture* one = frame[b]) {
      out = *one;
      out.pixels[1] = static_cast<std::uint8_t>(one->pixels[1] + 50);
    }
    for (const auto& [name, one] : frame[named]) {
      out = *one;
      out.pixels[1] = static_cast<std::uint8_t>(one->pixels[1] + name[0]);
    }
    frame.put(chosen, out);
  }
};

/// Its output depends on the step, but it says that it does not.
struct Lie final : Node {
  Input<Picture> picture{this, "picture", "height, 8 bit."};
  Output<Picture> later{this, "later", "height, 8 bit."};
  void shapes(Shapes& shapes) const override { shapes.is_deterministic(); }
  void process(Frame& frame) const override {
    Picture out = frame[picture];
    out.pixels[1] = static_cast<std::uint8_t>(frame.key().step);
    frame.put(later, out);
  }
};

Registry special_registry() {
  Registry out = cache_registry();
  detail::register_type<Weigh>(out, "test.weigh", "Weighs.");
  detail::register_type<Measure>(out, "test.measure", "Measures.");
  detail::register_type<Replace>(out, "test.replace", "Replaces.");
  detail::register_type<Either>(out, "test.either", "Chooses.");
  detail::register_type<Lie>(out, "test.lie", "Lies.");
  return out;
}

/// Returns the graph with a node in the middle; in the validation a different one, if that is given.
std::string graph_with(const std::string& plan, const std::string& middle, const std::string& of_validate = {},
                       const std::string& open = {}) {
  return graph_of(plan, nodes(open, middle), nodes(open, of_validate.empty() ? middle : of_validate));
}

Counted special(const std::string& text) { return counted(text, 3, {}, special_registry()); }

}  // namespace

TEST_CASE("cache: metrics of a node do not get lost") {
  for (const std::string type : {"test.weigh", "test.measure"}) {
    CAPTURE(type);
    const std::string middle = "uses: " + type + ", in: {picture: opened}";
    const Counted plain = special(graph_with("", middle));
    const Counted cached = special(graph_with("  cache: 1MB\n", middle));
    CHECK(plain.result.phases.at("validate").contains("middle.first"));
    CHECK(cached.result.phases == plain.result.phases);
    // One that declares its metrics ends the stretch before it; the value of the other is not kept.
    CHECK(cached.result.cache->values == (type == "test.measure" ? 10 : 0));
  }
}

TEST_CASE("cache: a value that replaces one that was dropped is not kept, and each drop is counted") {
  const std::string fails = ", with: {fails_at: 6}, on_error: skip", middle = "uses: test.replace, in: {picture: opened}";
  const Counted plain = special(graph_with("", middle, {}, fails));
  const Counted cached = special(graph_with("  cache: 1MB\n", middle, {}, fails));
  CHECK(cached.result.phases == plain.result.phases);
  REQUIRE(plain.result.warnings.size() == 2);
  const auto counts = [](const Counted& one) {
    std::vector<std::string> out;
    for (const std::string& sentence : one.result.warnings) out.push_back(sentence.substr(0, sentence.find(';')));
    return out;
  };
  CHECK(counts(cached) == counts(plain));
  CHECK(cached.result.cache->values == 9);
}

TEST_CASE("cache: nodes that read another input, or another name, share no values") {
  const std::string type = "uses: test.either, in: ";
  for (const auto& [train, validate] :
       {std::pair("{a: opened}", "{b: opened}"), std::pair("{named: {c: opened}}", "{named: {d: opened}}")}) {
    CAPTURE(train);
    const Counted plain = special(graph_with("", type + train, type + validate));
    const Counted cached = special(graph_with("  cache: 1MB\n", type + train, type + validate));
    CHECK(cached.result.phases == plain.result.phases);
    CHECK(cached.result.cache->values == 20);
  }
}

TEST_CASE("cache: a node that only claims to be deterministic is found by a comparison of metrics") {
  const Registry registry = special_registry();
  const auto outcome = [&](auto run, const std::string& middle) {
    Program program = build(registry, graph_with("  cache: 1MB\n", middle));
    return run(program, make_thread_lane(), make_test_executor(2), RunOptions());
  };
  for (const std::string type : {"test.lie", "test.either"}) {
    const std::string middle = "uses: " + type + ", in: {" + (type == "test.lie" ? "picture" : "a") + ": opened}";
    const Outcome whole = outcome(Outcome::of, middle), again = outcome(Outcome::of, middle);
    const Outcome cached = outcome(Outcome::without_values, middle);
    CHECK(whole.difference(again).text.empty());
    CHECK(whole.cached_count() == 0);
    CHECK(cached.cached_count() > 100);
    CHECK(cached.value_count() == 0);
    CHECK(cached.metric_count() == whole.metric_count());
    const std::string found = whole.difference_without_values(cached).text;
    if (type == "test.lie") CHECK(found.starts_with("metric `fold` of `take` of `train` at step "));
    else CHECK(found.empty());
  }
}
