#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "io/label_map.h"
#include "io/mask_picture.h"

namespace leat {

/// What the masks of many images are drawn with, and whether that gives a doubt.
class MaskDoubts {
 public:
  /// Adds the masks of an image. `files` are those of `try_masks`.
  void add(const MaskDrawings& drawings, const std::vector<std::vector<std::filesystem::path>>& files);
  /// Returns a sentence for each structure whose masks are drawn with different grays or colours, which can be labels of different
  /// structures, and one on numbers that no label map has. A structure of several places is compared place by place.
  [[nodiscard]] std::vector<std::string> sentences(const std::vector<std::string>& structures, const LabelMaps& maps) const;

 private:
  struct Drawing {
    std::string drawn;
    std::size_t count = 0;
    std::filesystem::path first;
  };
  struct Numbers {
    std::set<int> found;
    std::size_t files = 0;
  };

  [[nodiscard]] static std::string sentence_of(const std::string& structure, std::vector<Drawing> drawings);
  [[nodiscard]] std::string absent_numbers(const std::vector<std::string>& structures, const LabelMaps& maps) const;

  /// By structure, the number of its files of an image, and which of them: masks of two places can have two values.
  std::map<std::array<std::size_t, 3>, std::vector<Drawing>> drawings_;
  std::map<std::array<std::size_t, 2>, Numbers> numbers_;  ///< By structure and file.
};

}  // namespace leat
