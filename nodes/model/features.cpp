#include "leat/features.h"

namespace leat {
namespace {
using OfTensor = ValueTraits<at::Tensor>;
}  // namespace

std::size_t ValueTraits<Features>::bytes(const Features& features) {
  std::size_t sum = OfTensor::bytes(features.pooled);
  for (const at::Tensor& stage : features.stages) sum += OfTensor::bytes(stage);
  return sum;
}

std::uint64_t ValueTraits<Features>::hash(const Features& features) {
  std::vector<std::uint64_t> parts{OfTensor::hash(features.pooled)};
  for (const at::Tensor& stage : features.stages) parts.push_back(OfTensor::hash(stage));
  return hash_bytes(parts.data(), parts.size() * sizeof parts[0]);
}

std::vector<std::uint64_t> ValueTraits<Features>::hash_rows(const Features& features) {
  std::vector<std::uint64_t> out = OfTensor::hash_rows(features.pooled);
  for (const at::Tensor& stage : features.stages) {
    const std::vector<std::uint64_t> of_stage = OfTensor::hash_rows(stage);
    if (of_stage.size() != out.size()) return {};
    for (std::size_t row = 0; row < out.size(); ++row) out[row] = hash_bytes(&of_stage[row], sizeof of_stage[row], out[row]);
  }
  return out;
}

std::string ValueTraits<Features>::describe(const Features& features) {
  std::string out = std::to_string(features.stages.size()) + " stages:";
  for (const at::Tensor& stage : features.stages) out += (&stage == &features.stages.front() ? " " : "; ") + OfTensor::describe(stage);
  return out;
}

Contract ValueTraits<Features>::contract(const Features& features) {
  Contract out = OfTensor::contract(features.pooled);
  out.dims.resize(1);
  out.is_open = true;
  out.dtype = Dtype::Any;
  return out;
}

Features ValueTraits<Features>::blank(const Contract& contract) { return {{}, OfTensor::blank(contract)}; }

std::vector<Value> ValueTraits<Features>::parts(const Features& features) {
  std::vector<Value> out{Value::of(features.pooled)};
  for (const at::Tensor& stage : features.stages) out.push_back(Value::of(stage));
  return out;
}

Features ValueTraits<Features>::whole(std::vector<Value> parts) {
  Features out{{}, parts[0].take<at::Tensor>()};
  for (std::size_t k = 1; k < parts.size(); ++k) out.stages.push_back(parts[k].take<at::Tensor>());
  return out;
}

}  // namespace leat
