#pragma once

#include <string>
#include <vector>

#include "io/split.h"
#include "leat/encoded.h"
#include "leat/node.h"

namespace leat {

/// Base of sources that read files of a split: the part, its order, and the identity of each slot.
class SplitSource : public Source {
 public:
  Uses<Split> split{this, "split", "The data set."};
  Choice part{this,
              "part",
              "Images of the split to read. labelled: images drawn for the label budget. unlabelled: other images outside validation; if "
              "there are none, the labelled images again. validation: images set aside for validation. all: all images.",
              "all",
              {"labelled", "unlabelled", "validation", "all"}};
  Choice shuffle{this,
                 "shuffle",
                 "Shuffling of the images, in a new order for each epoch. auto: in train phases only. always: in all phases. "
                 "never: in no phase.",
                 "auto",
                 {"auto", "always", "never"}};

  [[nodiscard]] std::int64_t length() const override { return static_cast<std::int64_t>(images().size()); }
  void list_samples(const std::function<void(const Sample&)>& take) const override;

 protected:
  explicit SplitSource(Split::Target target) : target_(target) {}

  [[nodiscard]] const std::vector<int>& images() const { return split->part(target_, chosen()); }
  [[nodiscard]] Split::Part chosen() const;
  [[nodiscard]] bool is_secret() const { return !split->why_secret(chosen()).empty(); }
  [[nodiscard]] bool is_shuffled(const Frame& frame) const;
  [[nodiscard]] std::size_t place_of(const Frame& frame) const;

  /// Throws Refusal if the part is empty, or if `taught` is connected but the labels of the part are not for training; the hint names
  /// `instead`.
  void check_part(const Shapes& shapes, const Port& taught, const Port& instead) const;
  /// Sets the largest size of a file, in bytes and in pixels.
  void describe_files(Shapes& shapes, const Output<Encoded>& file) const;
  void warn_of_reuse(const Opening& opening) const;

  [[nodiscard]] const SplitEntry& entry(int image) const { return split->entries()[static_cast<std::size_t>(image)]; }
  /// Sets the sample of the slot, and reads its file.
  [[nodiscard]] static Encoded read(Frame& frame, const SplitEntry& entry);

 private:
  Split::Target target_;
};

}  // namespace leat
