#include "mean.h"

namespace {

struct Weighs final : Mean {
  double weight_of(const leat::RowList& rows, int row) const override { return static_cast<double>(rows.weight(row)); }
};

}  // namespace

LEAT_NODE(Weighs, "weighs.same", "The mean of the pictures that live.")
