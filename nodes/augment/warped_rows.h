#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <utility>
#include <vector>

#include "augment/warp.h"
#include "augment/warp_loops.h"

namespace leat {

/// A warp of a picture of one channel, which can be cropped before.
struct CroppedWarp {
  const cv::Mat& picture;
  const std::vector<int>& columns;  ///< The picture's column for each column of the crop, which has the picture's size; empty: its own.
  const std::vector<int>& rows;
  const ToSource& map;
  Interpolation interpolation;
  Border border;
};

/// Writes the rows of a warped picture. T: the type of its values, std::uint8_t, std::uint16_t or float. [any thread]
template <class T>
class WarpedRows {
 public:
  /// The picture must outlive this object.
  explicit WarpedRows(const CroppedWarp& warp);

  /// Writes the pixels of a row that come from the picture. Returns their columns, [begin, end); the others are outside.
  std::pair<int, int> write(int row, T* to) const;

 private:
  using Fixed = std::int64_t;

  /// One source coordinate as a linear function of the output's column and row.
  struct Run {
    Fixed start = 0, a_column = 0, a_row = 0;
    [[nodiscard]] Fixed at(Fixed column, Fixed row) const { return start + column * a_column + row * a_row; }
  };
  /// A table from every integer coordinate that the output can need to the picture's pixel that is used there.
  class Reach {
   public:
    Reach(const Run& run, cv::Size output, int count, Border border, const std::vector<int>& crop);
    [[nodiscard]] std::ptrdiff_t operator[](int place) const { return places_[static_cast<std::size_t>(place - low_)]; }

   private:
    int low_ = 0;
    std::vector<int> places_;
  };
  /// Coordinates of a crop that follow each other in the picture: place p is pixel `first` + `step` * p.
  struct Straight {
    int begin = 0, end = 0;
    int first = 0, step = 1;
  };

  [[nodiscard]] static Run run(double across, double down, double shift, Interpolation interpolation);
  [[nodiscard]] static Straight straight(const std::vector<int>& crop, int count);
  [[nodiscard]] int block() const;
  void write_border(const Line32& line, T* to, const T* end) const;
  void write_inside(Line32 line, T* to, const T* end) const;

  const cv::Mat& picture_;
  std::ptrdiff_t stride_;  ///< Values from one row of the picture to the next.
  bool is_bilinear_;
  Border border_;
  Run x_, y_;
  Reach columns_, rows_;
  Straight across_, down_;
  int block_;
};

}  // namespace leat
