#include "program/open_tails.h"

namespace leat::program {

int OpenTails::make(std::size_t from) {
  const int made = static_cast<int>(tails_.size());
  parents_.push_back(made);
  tails_.push_back({from, {}, true, {}, {}});
  return made;
}

void OpenTails::close(int at, const std::vector<int>& wanted, bool is_wanted_open, const std::string& reader, const Place& place) {
  Tail& tail = tails_[find(at)];
  if (!tail.is_open) return;
  const std::size_t known = tail.from + tail.dims.size();
  if (wanted.size() > known) tail.dims.insert(tail.dims.end(), wanted.begin() + static_cast<std::ptrdiff_t>(known), wanted.end());
  else if (is_wanted_open) return;
  tail.is_open = is_wanted_open;
  if (tail.reader.empty()) tail.reader = reader, tail.place = place;
}

void OpenTails::join(int one, int other) {
  if (at(one).from == at(other).from) parents_[find(one)] = static_cast<int>(find(other));
}

std::size_t OpenTails::find(int tail) const {
  while (parents_[static_cast<std::size_t>(tail)] != tail) tail = parents_[static_cast<std::size_t>(tail)];
  return static_cast<std::size_t>(tail);
}

}  // namespace leat::program
