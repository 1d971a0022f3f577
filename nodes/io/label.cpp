#include "leat/label.h"

namespace leat {

std::size_t ValueTraits<Label>::bytes(const Label& label) { return sizeof(Label) + label.several.size(); }

std::uint64_t ValueTraits<Label>::hash(const Label& label) {
  return hash_bytes(label.several.data(), label.several.size(), hash_bytes(&label.index, sizeof label.index));
}

std::string ValueTraits<Label>::describe(const Label& label) {
  if (label.several.empty()) return label.index < 0 ? "class not known" : "class " + std::to_string(label.index);
  std::string out;
  for (std::size_t k = 0; k < label.several.size(); ++k)
    if (label.several[k]) out += (out.empty() ? "classes " : ", ") + std::to_string(k);
  return out.empty() ? "none of " + std::to_string(label.several.size()) + " classes" : out;
}

Contract ValueTraits<Label>::contract(const Label& label) {
  Contract out;
  out.dtype = Dtype::I64;
  if (label.several.empty()) return out;
  out.has_shape = true;
  out.dims = {Dim{static_cast<std::int64_t>(label.several.size()), {}}};
  out.dtype = Dtype::U8;
  return out;
}

Label ValueTraits<Label>::blank(const Contract& contract) {
  Label out;
  // A class that exists: a row of weight 0 is still looked up.
  out.index = 0;
  if (contract.has_shape && contract.dims.size() == 1 && contract.dims[0].is_known()) {
    out.index = -1;
    out.several.assign(static_cast<std::size_t>(contract.dims[0].size), 0);
  }
  return out;
}

}  // namespace leat
