#pragma once

#include <array>
#include <cstdint>

namespace leat {

/// The numbers that a network takes for the values of one channel: (v / full - mean) / deviation, each operation rounded to float. `full`
/// is 255 for 8 bit and 65535 for 16 bit; floats are not divided.
class PixelNumbers {
 public:
  using Compute = void (*)(const std::uint8_t* from, float* to, std::int64_t count, float mean, float deviation);

  PixelNumbers(float mean, float deviation);

  [[nodiscard]] float of(std::uint8_t value) const { return table_[value]; }
  /// Writes the numbers of some pixels. [any thread]
  void write(const std::uint8_t* from, float* to, std::int64_t count) const;
  void write(const std::uint16_t* from, float* to, std::int64_t count) const;
  void write(const float* from, float* to, std::int64_t count) const;

 private:
  float mean_, deviation_;
  std::array<float, 256> table_;
  Compute compute_ = nullptr;  ///< Gives the table's bits, and is faster than reading them; null if there is none.
};

}  // namespace leat
