#include "tensor/members.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "leat/leat.h"
#include "leat/tensor.h"

namespace leat {

void check_one_contract(Shapes& shapes, const Inputs<at::Tensor>& members) {
  const std::string input(members.name());
  for (int k = 1; k < shapes.count(members); ++k) {
    const Contract first = shapes.of(members, 0), other = shapes.of(members, k);
    bool is_of_names = false;
    for (std::size_t d = 0; d < std::min(first.dims.size(), other.dims.size()); ++d) {
      const auto &one = first.dims[d].multi_label, &two = other.dims[d].multi_label;
      if (one && two && one->is_on != two->is_on)
        throw Refusal("`" + shapes.member(members, one->is_on ? 0 : k) + "` has several entries at once, but `" +
                          shapes.member(members, one->is_on ? k : 0) + "` has exactly one",
                      input);
      is_of_names = is_of_names || (first.dims[d].names && other.dims[d].names);
    }
    if (!shapes.equate(first, other))
      throw Refusal("`" + shapes.member(members, 0) + "` is " + first.str() + ", but `" + shapes.member(members, k) + "` is " +
                        other.str() + (is_of_names ? ": the entries must have the same names in the same order" : ""),
                    input);
  }
}

void check_one_shape(const Members& members) {
  for (const auto& [name, one] : members)
    if (one->sizes() != members[0].second->sizes())
      throw std::runtime_error("`" + std::string(name) + "` does not have the shape of `" + std::string(members[0].first) + "`");
}

}  // namespace leat
