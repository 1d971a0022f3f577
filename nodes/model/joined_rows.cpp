#include "model/joined_rows.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/split_with_sizes.h>

namespace leat {

at::Tensor joined_rows(const std::vector<at::Tensor>& batches) { return batches.size() == 1 ? batches.front() : at::cat(batches); }

Features joined_rows(const std::vector<const Features*>& batches) {
  if (batches.size() == 1) return *batches.front();
  std::vector<at::Tensor> parts;
  for (const Features* one : batches) parts.push_back(one->pooled);
  Features out{{}, joined_rows(parts)};
  for (std::size_t stage = 0; stage < batches.front()->stages.size(); ++stage) {
    parts.clear();
    for (const Features* one : batches) parts.push_back(one->stages.at(stage));
    out.stages.push_back(joined_rows(parts));
  }
  return out;
}

std::vector<std::int64_t> counts_of(const std::vector<at::Tensor>& batches) {
  std::vector<std::int64_t> counts;
  for (const at::Tensor& one : batches) counts.push_back(one.size(0));
  return counts;
}

std::vector<at::Tensor> rows_of_each(const at::Tensor& whole, const std::vector<std::int64_t>& counts) {
  if (counts.size() == 1) return {whole};
  return at::split_with_sizes(whole, counts);
}

std::vector<Features> rows_of_each(const Features& whole, const std::vector<std::int64_t>& counts) {
  if (counts.size() == 1) return {whole};
  std::vector<Features> out;
  for (at::Tensor& part : rows_of_each(whole.pooled, counts)) out.push_back({{}, std::move(part)});
  for (const at::Tensor& stage : whole.stages) {
    std::vector<at::Tensor> parts = rows_of_each(stage, counts);
    for (std::size_t k = 0; k < out.size(); ++k) out[k].stages.push_back(std::move(parts[k]));
  }
  return out;
}

}  // namespace leat
