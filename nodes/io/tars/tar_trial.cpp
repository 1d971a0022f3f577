#include "io/tars/tar_trial.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "image/decode_picture.h"
#include "image/picture_header.h"
#include "io/split/entry.h"
#include "io/split/mask_doubts.h"
#include "leat/file_contents.h"

namespace leat {

namespace {

/// Gives each number below a count once, those that follow each other far apart.
class Jumps {
 public:
  explicit Jumps(std::int64_t count) : count_(count) {
    constexpr double golden = 0.6180339887498949;
    step_ = std::max<std::int64_t>(1, std::llround(golden * static_cast<double>(count)));
    while (std::gcd(step_, count_) != 1) ++step_;
  }
  [[nodiscard]] std::int64_t at(std::int64_t place) const {
    __extension__ using Wide = __int128;
    return static_cast<std::int64_t>(static_cast<Wide>(place) * step_ % count_);
  }

 private:
  std::int64_t count_;
  std::int64_t step_;
};

/// Returns why an image cannot be decoded; empty: it can.
std::string fault_of(const std::vector<std::uint8_t>& bytes) {
  try {
    (void)decode_picture(bytes, {.has_floats = true});
    return {};
  } catch (const std::exception& error) {
    return error.what();
  }
}

/// What the samples have that were tried, by their numbers in the set. [parallel]
class Findings {
 public:
  void add_fault(std::int64_t number, std::string words) {
    const std::lock_guard guard(lock_);
    faults_.emplace(number, std::move(words));
  }
  /// Adds an image whose header can be read, but not the rest. The node that decodes it decides what happens.
  void add_broken(std::int64_t number, std::string why) {
    const std::lock_guard guard(lock_);
    broken_.emplace(number, std::move(why));
  }
  void add(std::int64_t number, const PictureHeader& header, MaskDrawings drawings) {
    const std::lock_guard guard(lock_);
    if (header.orientation != 1) turned_.push_back(number);
    if (!drawings.empty()) drawings_.emplace(number, std::move(drawings));
  }

  [[nodiscard]] TarTrial result(const TarSet& tars, const std::vector<SampleInTar>& places, std::int64_t tried) {
    TarTrial out;
    out.tried = tried;
    out.faults = static_cast<std::int64_t>(faults_.size());
    if (!faults_.empty())
      out.first_fault = "`" + tars.identity(places[static_cast<std::size_t>(faults_.begin()->first)]).id + "` " + faults_.begin()->second;
    if (!turned_.empty()) {
      const std::int64_t first = *std::min_element(turned_.begin(), turned_.end());
      out.warnings.push_back(some_of(turned_.size(), static_cast<std::size_t>(tried), "image") +
                             (turned_.size() == 1 ? " states an orientation, and is" : " state an orientation, and are") +
                             " turned upright; the first is `" + tars.identity(places[static_cast<std::size_t>(first)]).id + "`");
    }
    if (!broken_.empty())
      out.warnings.push_back((tried < tars.size() ? "at least " : "") +
                             some_of(broken_.size(), static_cast<std::size_t>(tars.size()), "image") + " cannot be read; the first is `" +
                             tars.identity(places[static_cast<std::size_t>(broken_.begin()->first)]).id + "`: " + broken_.begin()->second);
    MaskDoubts doubts;
    for (const auto& [number, drawings] : drawings_) doubts.add(drawings, tars.mask_files(places[static_cast<std::size_t>(number)]));
    for (std::string& one : doubts.sentences(tars.mask_endings().names, tars.mask_endings().maps)) out.warnings.push_back(std::move(one));
    return out;
  }

 private:
  std::mutex lock_;
  std::map<std::int64_t, std::string> faults_, broken_;
  std::vector<std::int64_t> turned_;
  std::map<std::int64_t, MaskDrawings> drawings_;
};

}  // namespace

TarTrial try_samples(const TarSet& tars, bool reads_masks, std::chrono::steady_clock::duration longest) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + longest;
  std::vector<SampleInTar> places;
  tars.for_each([&places](SampleInTar one) { places.push_back(one); });
  const Jumps jumps(static_cast<std::int64_t>(places.size()));
  Findings findings;
  std::atomic<std::int64_t> tried{0};
  for_each_place(places.size(), [&](std::size_t place, std::vector<char>&) {
    if (place > 0 && Clock::now() >= end) return;
    const std::int64_t number = jumps.at(static_cast<std::int64_t>(place));
    const SampleInTar one = places[static_cast<std::size_t>(number)];
    ++tried;
    try {
      const std::vector<std::uint8_t> bytes = tars.read_image(one);
      const auto header = picture_header(bytes);
      if (!header) return findings.add_fault(number, "is not a picture that can be read");
      if (!header->is_whole)
        if (std::string why = fault_of(bytes); !why.empty()) findings.add_broken(number, std::move(why));
      findings.add(number, *header, reads_masks ? tars.try_masks(one, *header) : MaskDrawings());
    } catch (const std::runtime_error& error) {
      findings.add_fault(number, std::string("cannot be used: ") + error.what());
    }
  });
  return findings.result(tars, places, tried);
}

}  // namespace leat
