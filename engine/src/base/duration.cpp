#include "base/duration.h"

#include <cmath>

#include "base/scalar.h"

namespace leat {

std::string duration_text(double seconds) {
  const auto is_whole = [seconds](double unit) { return std::fmod(seconds, unit) == 0; };
  const double unit = is_whole(3600) ? 3600 : is_whole(60) ? 60 : 1;
  std::string number = number_text(seconds / unit);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return number + (unit == 3600 ? " h" : unit == 60 ? " min" : " s");
}

std::string epochs_text(double epochs) { return epochs == 1 ? "epoch" : number_text(epochs) + " epochs"; }

}  // namespace leat
