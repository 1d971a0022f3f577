#include "conformance/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace leat::conformance {
namespace {

template <class T>
std::vector<double> as_doubles(const std::vector<std::byte>& bytes) {
  std::vector<T> all(bytes.size() / sizeof(T));
  if (!all.empty()) std::memcpy(all.data(), bytes.data(), all.size() * sizeof(T));
  std::vector<double> out(all.size());
  std::transform(all.begin(), all.end(), out.begin(), [](T one) { return static_cast<double>(one); });
  return out;
}

}  // namespace

std::vector<Numbers> numbers_of(const Value& value) {
  std::vector<Numbers> out;
  if (!value) return out;
  if (value.type().numbers) out.push_back(value.numbers());
  else
    for (const Value& part : value.parts())
      for (Numbers& one : numbers_of(part)) out.push_back(std::move(one));
  return out;
}

std::vector<double> doubles_of(const Numbers& numbers) {
  switch (numbers.dtype) {
    case Dtype::U8:
      return as_doubles<std::uint8_t>(numbers.bytes);
    case Dtype::U16:
      return as_doubles<std::uint16_t>(numbers.bytes);
    case Dtype::I64:
      return as_doubles<std::int64_t>(numbers.bytes);
    default:
      return as_doubles<float>(numbers.bytes);
  }
}

int most_different(const Numbers& one, const Numbers& other, Dtype stored) {
  if (one.dims != other.dims || one.dtype != other.dtype) return -1;
  const std::vector<double> first = doubles_of(one), second = doubles_of(other);
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const std::vector<double>* all : {&first, &second})
    for (const double number : *all)
      if (std::isfinite(number)) {
        low = std::min(low, number);
        high = std::max(high, number);
      }
  constexpr double of_floats = 1e-4, of_others = 0.05;
  double most = 1e-6 + (stored == Dtype::Other ? of_others : of_floats) * std::max(0.0, high - low);
  if (one.dtype != Dtype::F32) most = std::max(most, 1.0);
  int out = -1;
  for (std::size_t k = 0; k < first.size(); ++k) {
    const double distance = std::abs(first[k] - second[k]);
    if (!(distance > most)) continue;  // NaN and infinite numbers show no distance.
    most = distance;
    out = static_cast<int>(k);
  }
  return out;
}

}  // namespace leat::conformance
