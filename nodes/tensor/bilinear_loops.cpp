#include "tensor/bilinear_loops.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

// The sanitizers cannot run the code that chooses a clone when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LEAT_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LEAT_VECTOR_CLONES
#endif

namespace leat {
namespace {

/// Two rows of the source, each spread to its first and its second neighbours, and their weights.
struct Spread {
  const float *upper_first, *upper_second, *lower_first, *lower_second, *near, *far;
  float row_near, row_far;
};

LEAT_VECTOR_CLONES void mix_rows(const Spread& of, float* __restrict to, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) {
    float sum = std::fma(of.row_far * of.far[x], of.lower_second[x], of.row_far * of.near[x] * of.lower_first[x]);
    sum = std::fma(of.row_near * of.far[x], of.upper_second[x], sum);
    to[x] = std::fma(of.row_near * of.near[x], of.upper_first[x], sum);
  }
}

LEAT_VECTOR_CLONES void mix_rows_of_rest(const Spread& of, float* __restrict to, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) {
    float sum = std::fma(of.row_near * of.near[x], of.upper_first[x], of.row_near * of.far[x] * of.upper_second[x]);
    sum = std::fma(of.row_far * of.near[x], of.lower_first[x], sum);
    to[x] = std::fma(of.row_far * of.far[x], of.lower_second[x], sum);
  }
}

LEAT_VECTOR_CLONES void spread(const float* __restrict row, const std::int32_t* __restrict first, const std::int32_t* __restrict second,
                               float* __restrict to_first, float* __restrict to_second, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) {
    to_first[x] = row[first[x]];
    to_second[x] = row[second[x]];
  }
}

LEAT_VECTOR_CLONES void add_row(const float* __restrict gradient, const std::int32_t* __restrict column, const float* __restrict weight,
                                float row_weight, float* __restrict to, std::int64_t count) {
  for (std::int64_t x = 0; x < count; ++x) to[x] = std::fma(row_weight * weight[x], gradient[column[x]], to[x]);
}

}  // namespace

BilinearAxis::BilinearAxis(std::int64_t source, std::int64_t result) : from(source), to(result) {
  const float step = to > 1 ? static_cast<float>(from - 1) / static_cast<float>(to - 1) : 0.0F;
  for (std::int64_t i = 0; i < to; ++i) {
    const float at = from == to ? static_cast<float>(i) : step * static_cast<float>(i);
    const std::int64_t low = std::min(static_cast<std::int64_t>(at), from - 1);
    const float share = std::clamp(at - static_cast<float>(low), 0.0F, 1.0F);
    first.push_back(static_cast<std::int32_t>(low));
    second.push_back(static_cast<std::int32_t>(std::min(low + 1, from - 1)));
    near.push_back(1.0F - share);
    far.push_back(share);
  }
}

BilinearLoops::BilinearLoops(const BilinearAxis& rows, const BilinearAxis& columns) : rows_(rows), columns_(columns) {
  std::vector<std::vector<std::pair<std::int32_t, float>>> of_source(static_cast<std::size_t>(columns.from));
  for (std::size_t x = 0; x < columns.first.size(); ++x) {
    of_source[static_cast<std::size_t>(columns.first[x])].emplace_back(x, columns.near[x]);
    of_source[static_cast<std::size_t>(columns.second[x])].emplace_back(x, columns.far[x]);
  }
  std::size_t most = 0;
  for (const auto& one : of_source) most = std::max(most, one.size());
  uses_.resize(most);
  // Behind the row of a gradient there is one value that is 0.
  for (std::size_t k = 0; k < most; ++k)
    for (const auto& one : of_source) {
      uses_[k].column.push_back(k < one.size() ? one[k].first : static_cast<std::int32_t>(columns.to));
      uses_[k].weight.push_back(k < one.size() ? one[k].second : 0.0F);
    }
}

void BilinearLoops::resize(const float* from, float* to, bool is_of_rest) const {
  const auto count = static_cast<std::size_t>(columns_.to);
  // The spread rows of the source that were used last.
  std::vector<float> rows[2];
  std::int32_t held[2] = {-1, -1};
  for (std::vector<float>& one : rows) one.resize(2 * count);
  const auto spread_row = [&](std::int32_t y, std::int32_t keeps) {
    for (int k = 0; k < 2; ++k)
      if (held[k] == y) return k;
    const int k = held[0] == keeps ? 1 : 0;
    spread(from + y * columns_.from, columns_.first.data(), columns_.second.data(), rows[k].data(), rows[k].data() + count, columns_.to);
    held[k] = y;
    return k;
  };
  for (std::size_t y = 0; y < rows_.first.size(); ++y) {
    const int upper = spread_row(rows_.first[y], rows_.second[y]), lower = spread_row(rows_.second[y], rows_.first[y]);
    const Spread of{rows[upper].data(),   rows[upper].data() + count, rows[lower].data(), rows[lower].data() + count,
                    columns_.near.data(), columns_.far.data(),        rows_.near[y],      rows_.far[y]};
    (is_of_rest ? mix_rows_of_rest : mix_rows)(of, to + static_cast<std::int64_t>(y) * columns_.to, columns_.to);
  }
}

void BilinearLoops::take_back(const float* gradient, float* to) const {
  std::fill_n(to, rows_.from * columns_.from, 0.0F);
  std::vector<float> row(static_cast<std::size_t>(columns_.to) + 1);
  for (std::size_t y = 0; y < rows_.first.size(); ++y) {
    std::copy_n(gradient + static_cast<std::int64_t>(y) * columns_.to, columns_.to, row.begin());
    float* first = to + rows_.first[y] * columns_.from;
    float* second = to + rows_.second[y] * columns_.from;
    for (const Use& use : uses_) {
      add_row(row.data(), use.column.data(), use.weight.data(), rows_.near[y], first, columns_.from);
      add_row(row.data(), use.column.data(), use.weight.data(), rows_.far[y], second, columns_.from);
    }
  }
}

}  // namespace leat
