#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/program.h"

namespace leat::run {

/// Returns true if the wire's contract says something that a value can break.
[[nodiscard]] bool is_promised(const Wire& wire);

/// Returns false if a value's contract differs from what is promised. `rows` is what `N` has to be; -1: any number.
[[nodiscard]] bool keeps(const Contract& given, const Contract& promised, std::int64_t rows);

/// The sizes that a dimension of an output has to be one of, for it is that of values which the node reads.
struct FollowedSizes {
  int axis;
  std::vector<std::int64_t> sizes;
};

/// Returns what a value breaks of its wire's contract, "7 x 5, 8 bit into `same`, where 64 x 64, 8 bit is promised"; empty: nothing. `rows`
/// are those of the step; -1: the value has none. `where` is "row 3 of " or empty.
[[nodiscard]] std::string broken_promise(const Wire& wire, Contract given, std::int64_t rows, const std::vector<FollowedSizes>& followed,
                                         const std::string& where = {});

}  // namespace leat::run
