#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <cmath>

#include "gate/confidence_gate.h"
#include "gate/gate_report.h"
#include "gate/gate_tally.h"
#include "gate/group_names.h"
#include "leat/diagnostics.h"
#include "support/doctest.h"
#include "support/reference.h"

using namespace leat;

namespace {

GateTally tally(const GateRows& rows, const GateVerdict& verdict, const at::Tensor& truth, std::int64_t groups) {
  const at::Tensor counted = GateTally::count(rows, verdict, truth, groups);
  const double* numbers = counted.const_data_ptr<double>();
  return GateTally(groups, rows.probabilities.size(1), {numbers, numbers + counted.numel()});
}

/// Four rows, two classes; the last row was dropped.
GateRows four_rows() {
  return {at::tensor({.95f, .05f, .6f, .4f, .02f, .98f, .99f, .01f}).view({4, 2}), at::tensor({0, 1, 1, 1}, at::kLong),
          at::tensor({1.f, 1.f, 1.f, 0.f})};
}

}  // namespace

TEST_CASE("gate.confidence: nine steps with three groups, alignment, balance and dropped rows equal a loop over rows") {
  const Reference reference("train");
  GateMemory memory = GateMemory::uniform(3, 3, at::kCPU);
  const GateSettings settings{0.7, at::tensor({.5f, .3f, .2f}), 0.9, true, 0.8, 2};
  for (std::int64_t step = 0; step < 9; ++step) {
    const GateRows rows{at::softmax(reference("gate.logits")[step], 1), reference("gate.group")[step], reference("gate.living")[step]};
    const GateVerdict verdict = judge(rows, settings, memory);
    CHECK(verdict.pseudo.equal(reference("gate.pseudo")[step]));
    CHECK(difference(verdict.weight, reference("gate.weight")[step]) < 1e-5);
  }
  CHECK(difference(memory.mean, reference("gate.mean")) < 1e-6);
  CHECK(difference(memory.share, reference("gate.share")) < 1e-6);
}

TEST_CASE("gate.confidence: free and soft thresholds with three groups and dropped rows equal a loop over rows") {
  const Reference reference("train");
  for (const auto& [name, kind] : {std::pair{"gate.free", Thresholds::Free}, {"gate.soft", Thresholds::Soft}}) {
    CAPTURE(name);
    GateMemory memory = GateMemory::uniform(3, 3, at::kCPU);
    const GateSettings settings{0.7, {}, 0.9, false, 0.8, 2, kind, 0.9};
    for (std::int64_t step = 0; step < 9; ++step) {
      const GateRows rows{at::softmax(reference("gate.logits")[step], 1), reference("gate.group")[step], reference("gate.living")[step]};
      CHECK(difference(judge(rows, settings, memory).weight, reference(name)[step]) < 1e-5);
    }
  }
}

TEST_CASE("gate.confidence: without alignment the threshold alone decides, and a dropped row never passes") {
  GateMemory memory = GateMemory::uniform(2, 2, at::kCPU);
  const GateVerdict verdict = judge(four_rows(), {0.9, {}, 0.9, false, 0.9, 3}, memory);
  CHECK(verdict.weight.equal(at::tensor({1.f, 0.f, 1.f, 0.f})));
  CHECK(verdict.pseudo.equal(at::tensor({0, 0, 1, 0}, at::kLong)));
}

TEST_CASE("gate.confidence: uniform alignment brings a one-sided group back") {
  GateMemory memory = GateMemory::uniform(1, 2, at::kCPU);
  const GateRows rows{at::tensor({.9f, .1f, .8f, .2f}).view({2, 2}), at::tensor({0, 0}, at::kLong), at::ones({2})};
  GateVerdict verdict;
  for (int step = 0; step < 200; ++step) verdict = judge(rows, {0.9, at::ones({1}), 0.9, false, 0.9, 3}, memory);
  CHECK(memory.mean[0][0].item<double>() == doctest::Approx(.85));
  // q / mean, normalised: (.8 / .85, .2 / .15)
  CHECK(verdict.pseudo.equal(at::tensor({0, 1}, at::kLong)));
  CHECK(verdict.confidence[1].item<double>() == doctest::Approx(.2 / .15 / (.8 / .85 + .2 / .15)));
}

TEST_CASE("gate.confidence: the memory is replaced, never written to") {
  GateMemory memory = GateMemory::uniform(2, 2, at::kCPU);
  const GateMemory before = memory;
  (void)judge(four_rows(), {0.9, {}, 0.9, true, 0.9, 3}, memory);
  CHECK(before.mean.equal(at::full({2, 2}, 0.5)));
  CHECK(before.share.equal(at::full({2, 2}, 0.5)));
  CHECK_FALSE(memory.mean.equal(before.mean));
}

TEST_CASE("gate.confidence: a class never passed weighs no more than the most") {
  GateMemory memory = GateMemory::uniform(1, 2, at::kCPU);
  const GateSettings settings{0.9, {}, 0.9, true, 0.5, 3};
  const at::Tensor group = at::tensor({0}, at::kLong);
  for (int step = 0; step < 30; ++step) (void)judge({at::tensor({.99f, .01f}).view({1, 2}), group, at::ones({1})}, settings, memory);
  CHECK(memory.share[0][1].item<double>() < 1e-6);
  const GateVerdict common = judge({at::tensor({.99f, .01f}).view({1, 2}), group, at::ones({1})}, settings, memory);
  CHECK(common.weight.item<double>() == doctest::Approx(.5));
  memory.share = at::tensor({1.f, 0.f}).view({1, 2});
  const GateVerdict rare = judge({at::tensor({.01f, .99f}).view({1, 2}), group, at::ones({1})}, {0.9, {}, 0.9, true, 0.9, 3}, memory);
  CHECK(rare.weight.item<double>() == doctest::Approx(3));
}

TEST_CASE("gate.confidence: counts shares by class and group, and right pseudo-labels among those whose class is known") {
  GateMemory memory = GateMemory::uniform(2, 2, at::kCPU);
  const GateRows rows = four_rows();
  const GateVerdict verdict = judge(rows, {0.9, {}, 0.9, false, 0.9, 3}, memory);
  const GateTally known = tally(rows, verdict, at::tensor({0, 0, 0, 0}, at::kLong), 2);
  CHECK(known.share() == doctest::Approx(2.0 / 3));
  CHECK(known.share_of_class(0) == 0.5);
  CHECK(known.share_of_class(1) == 1);
  CHECK(known.share_of_group(1) == 0.5);
  CHECK(known.pseudo(1) == 0.5);
  CHECK(known.confidence() == doctest::Approx((.95 + .6 + .98) / 3));
  CHECK(known.accuracy() == 0.5);
  CHECK(known.accuracy_of_group(0) == 1);
  CHECK(known.accuracy_of_group(1) == 0);
  CHECK(std::isnan(tally(rows, verdict, at::tensor({-1, 0, -1, 0}, at::kLong), 2).accuracy()));
  CHECK(std::isnan(tally(rows, verdict, {}, 2).accuracy()));
}

TEST_CASE("gate.confidence: counts confidences by tenths, also those of a checkpoint that has none") {
  GateMemory memory = GateMemory::uniform(2, 2, at::kCPU);
  const GateRows rows = four_rows();
  const GateVerdict verdict = judge(rows, {0.9, {}, 0.9, false, 0.9, 3}, memory);
  const GateTally counted = tally(rows, verdict, {}, 2);
  for (std::int64_t bin = 0; bin < GateTally::bins; ++bin)
    CHECK(counted.share_of_bin(bin) == doctest::Approx(bin == 9 ? 2.0 / 3 : bin == 6 ? 1.0 / 3 : 0));
  // 2 groups and 2 classes: 4 + 4 + 2 + 2 + 1 numbers.
  const GateTally earlier(2, 2, std::vector<double>(13, 1.0));
  CHECK(earlier.share_of_bin(9) == 0);
  CHECK(earlier.confidence() == 0.25);
}

TEST_CASE("gate.confidence: says which confidence a row needs to pass") {
  for (const Thresholds kind : {Thresholds::Fixed, Thresholds::Free, Thresholds::Soft}) {
    GateMemory memory = GateMemory::uniform(2, 2, at::kCPU);
    GateVerdict verdict;
    for (int step = 0; step < 5; ++step) verdict = judge(four_rows(), {0.9, {}, 0.9, false, 0.9, 3, kind, 0.5}, memory);
    REQUIRE(verdict.needed.sizes() == verdict.confidence.sizes());
    // The last row was dropped.
    for (int row = 0; row < 3; ++row) {
      const bool has_enough = verdict.confidence[row].item<float>() >= verdict.needed[row].item<float>();
      CHECK(has_enough == (verdict.passed[row].item<float>() == 1));
    }
  }
}

TEST_CASE("gate.confidence: no class has a name that makes its figure another one's") {
  CHECK_NOTHROW(check_class_names({"NORMAL", "PNEUMONIA", "accurate"}));
  for (const char* name : {"accuracy", "accuracy_A"}) CHECK_THROWS_AS(check_class_names({"NORMAL", name}), Refusal);
}

TEST_CASE("gate.confidence: the names of groups survive a checkpoint") {
  Archive archive;
  archive.put("names", std::string("A\n\nwards/B\n"));
  GroupNames names;
  names.load(archive, "names");
  CHECK(names.names() == std::vector<std::string>{"A", "", "wards/B"});
  archive.put("names", std::vector<std::string>{"A", "", "ward\nB", "caf\xe9"});
  names.load(archive, "names");
  Archive again;
  names.save(again, "names");
  CHECK(again.texts("names") == std::vector<std::string>{"A", "", "ward\nB", "caf\xe9"});
}
