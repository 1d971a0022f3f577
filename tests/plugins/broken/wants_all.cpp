#include <stdexcept>

#include "mean.h"

namespace {

struct Wants final : Mean {
  double weight_of(const leat::RowList& rows, int row) const override {
    if (rows.weight(row) == 0) throw std::runtime_error("a picture is missing");
    return 1;
  }
};

}  // namespace

LEAT_NODE(Wants, "wants_all.same", "The mean of pictures, of which none may be dropped.")
