#include "augment/interval.h"

#include <string>

namespace leat {
namespace {

template <class T>
void check(const Param<std::vector<T>>& interval, T lowest, T highest) {
  if (interval->size() == 2 && lowest <= (*interval)[0] && (*interval)[0] <= (*interval)[1] && (*interval)[1] <= highest) return;
  const std::string limits = detail::value_text(std::vector<T>{lowest, highest});
  const std::string name(interval.name());
  throw Refusal("`" + name + "` is " + interval.value_text() + "; it must be [low, high] within " + limits, name);
}

}  // namespace

void check_interval(const Param<std::vector<double>>& interval, double lowest, double highest) { check(interval, lowest, highest); }
void check_interval(const Param<std::vector<int>>& interval, int lowest, int highest) { check(interval, lowest, highest); }

}  // namespace leat
