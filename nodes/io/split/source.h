#pragma once

#include <string>
#include <vector>

#include "io/split.h"
#include "leat/encoded.h"
#include "leat/node.h"

namespace leat {

/// What the sources that read a split's files share: the part, its order, who a slot is.
class SplitSource : public Source {
 public:
  Uses<Split> split{this, "split", "The data set."};
  Choice part{this, "part", "Which of its images.", "all", {"labelled", "unlabelled", "validation", "all"}};
  Choice shuffle{
      this, "shuffle", "A new order each pass: in train phases (auto), everywhere, or nowhere.", "auto", {"auto", "always", "never"}};

  [[nodiscard]] std::int64_t length() const override { return static_cast<std::int64_t>(images().size()); }
  void list_samples(const std::function<void(const Sample&)>& take) const override;

 protected:
  explicit SplitSource(Split::Target target) : target_(target) {}

  [[nodiscard]] const std::vector<int>& images() const { return split->part(target_, chosen()); }
  [[nodiscard]] Split::Part chosen() const;
  [[nodiscard]] bool is_secret() const { return !split->why_secret(chosen()).empty(); }
  [[nodiscard]] bool is_shuffled(const Frame& frame) const;
  [[nodiscard]] std::size_t place_of(const Frame& frame) const;

  /// Refuses an empty part, and `taught` where the part's labels may not be used (`instead` may be).
  void check_part(const Shapes& shapes, const Port& taught, const Port& instead) const;
  /// Says the most bytes and pixels that a file has.
  void describe_files(Shapes& shapes, const Output<Encoded>& file) const;
  void warn_of_reuse(const Opening& opening) const;

  [[nodiscard]] const SplitEntry& entry(int image) const { return split->entries()[static_cast<std::size_t>(image)]; }
  /// Says who the slot is and reads its file.
  [[nodiscard]] static Encoded read(Frame& frame, const SplitEntry& entry);

 private:
  Split::Target target_;
};

}  // namespace leat
