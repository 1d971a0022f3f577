#include "leat/scores.h"

#include <cstdio>
#include <stdexcept>
#include <string>

namespace leat {

std::size_t ValueTraits<Scores>::bytes(const Scores& scores) { return sizeof(Scores) + scores.values.size() * sizeof(float); }

std::uint64_t ValueTraits<Scores>::hash(const Scores& scores) {
  return hash_bytes(scores.values.data(), scores.values.size() * sizeof(float));
}

std::string ValueTraits<Scores>::describe(const Scores& scores) {
  if (scores.values.empty() || scores.values.size() > 8) return std::to_string(scores.values.size()) + " numbers";
  std::string out;
  for (const float value : scores.values) {
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", static_cast<double>(value));
    out += (out.empty() ? "" : ", ") + std::string(text);
  }
  return out;
}

Contract ValueTraits<Scores>::contract(const Scores& scores) {
  Contract out;
  out.has_shape = true;
  out.dims = {Dim{static_cast<std::int64_t>(scores.values.size()), {}}};
  out.dtype = Dtype::F32;
  return out;
}

Scores ValueTraits<Scores>::blank(const Contract& contract) {
  const bool is_sized = contract.dims.size() == 1 && contract.dims[0].is_known();
  return {std::vector<float>(is_sized ? static_cast<std::size_t>(contract.dims[0].size) : 1, 0.f)};
}

Scores ValueTraits<Scores>::reorder(const Scores& scores, const Reorder& order) {
  if (scores.values.size() != order.to.size())
    throw std::runtime_error("there are " + std::to_string(scores.values.size()) + " numbers, but their source names " +
                             std::to_string(order.to.size()));
  Scores out{std::vector<float>(static_cast<std::size_t>(order.count))};
  for (std::size_t k = 0; k < order.to.size(); ++k) out.values[static_cast<std::size_t>(order.to[k])] = scores.values[k];
  return out;
}

Numbers ValueTraits<Scores>::numbers(const Scores& scores) {
  return Numbers::of({static_cast<std::int64_t>(scores.values.size())}, scores.values.data());
}

}  // namespace leat
