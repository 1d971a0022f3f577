#include "io/tars/tar_order.h"

#include <algorithm>
#include <utility>

#include "leat/check.h"

namespace leat {

namespace {

/// No step has these slots. They are those of the permutations, and the number of the epoch replaces the step.
constexpr std::uint32_t slot_of_tars = 0xFFFFFFFFu, slot_of_first_window = 0xFFFFFFFEu;

bool is_same(const RandomKey& one, const RandomKey& other) {
  return one.key == other.key && one.occurrence == other.occurrence && one.step == other.step;
}

}  // namespace

SampleInTar TarOrder::Line::at(std::int64_t place) const {
  const auto next = std::upper_bound(first.begin(), first.end(), place);
  const auto which = static_cast<std::size_t>(next - first.begin()) - 1;
  return {tars.empty() ? which : tars[which], place - first[which]};
}

TarOrder::TarOrder(std::vector<std::int64_t> counts, std::int64_t window) : counts_(std::move(counts)) {
  for (const std::int64_t count : counts_) {
    plain_.first.push_back(all_);
    all_ += count;
  }
  plain_.first.push_back(all_);
  LEAT_CHECK(all_ > 0);
  window_ = window > 0 ? std::min(window, all_) : all_;
}

SampleInTar TarOrder::in_order(std::int64_t draw) const { return plain_.at(draw % all_); }

SampleInTar TarOrder::shuffled(const RandomKey& key, std::int64_t draw) const {
  RandomKey of_epoch = key;
  of_epoch.step = static_cast<std::uint32_t>(draw / all_);
  const std::int64_t place = draw % all_, window = place / window_, begin = window * window_;
  RandomKey of_window = of_epoch;
  of_window.slot = slot_of_first_window - static_cast<std::uint32_t>(window);
  const Permutation permuted(of_window, std::min(window_, all_ - begin));
  return line_of(of_epoch)->at(begin + permuted(place - begin));
}

std::shared_ptr<const TarOrder::Line> TarOrder::line_of(const RandomKey& key) const {
  {
    const std::lock_guard guard(lock_);
    for (const auto& line : lines_)
      if (line && is_same(line->key, key)) return line;
  }
  auto made = std::make_shared<Line>();
  made->key = key;
  RandomKey of_tars = key;
  of_tars.slot = slot_of_tars;
  const Permutation permuted(of_tars, static_cast<std::int64_t>(counts_.size()));
  std::int64_t place = 0;
  for (std::size_t k = 0; k < counts_.size(); ++k) {
    made->tars.push_back(static_cast<std::size_t>(permuted(static_cast<std::int64_t>(k))));
    made->first.push_back(place);
    place += counts_[made->tars.back()];
  }
  made->first.push_back(place);
  const std::lock_guard guard(lock_);
  // The newest is first.
  lines_[1] = std::exchange(lines_[0], std::move(made));
  return lines_[0];
}

}  // namespace leat
