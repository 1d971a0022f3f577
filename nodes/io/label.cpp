#include "leat/label.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "leat/unknown.h"

namespace leat {

std::size_t ValueTraits<Label>::bytes(const Label& label) { return sizeof(Label) + label.several.size(); }

std::uint64_t ValueTraits<Label>::hash(const Label& label) {
  return hash_bytes(label.several.data(), label.several.size(), hash_bytes(&label.index, sizeof label.index));
}

std::string ValueTraits<Label>::describe(const Label& label) {
  if (label.several.empty()) return label.index < 0 ? "class not known" : "class " + std::to_string(label.index);
  std::string out;
  for (std::size_t k = 0; k < label.several.size(); ++k)
    if (label.several[k] == 1) out += (out.empty() ? "classes " : ", ") + std::to_string(k);
  if (out.empty()) out = "none of " + std::to_string(label.several.size()) + " classes";
  const auto count = std::count(label.several.begin(), label.several.end(), unknown::finding);
  return count == 0 ? out : out + ", " + std::to_string(count) + " not known";
}

Contract ValueTraits<Label>::contract(const Label& label) {
  if (label.several.empty()) {
    Contract out = label_contract({});
    // An unknown class can be that of data with several labels at once.
    if (label.index < 0) out.dtype = Dtype::Any;
    // The Program knows the number of classes.
    out.has_range = label.index != -1;
    if (out.has_range) out.low = out.high = label.index;
    return out;
  }
  Contract out = label_contract(Dim{static_cast<std::int64_t>(label.several.size()), {}}, true);
  out.or_unknown = std::find(label.several.begin(), label.several.end(), unknown::finding) != label.several.end();
  return out;
}

Label ValueTraits<Label>::blank(const Contract& contract) {
  Label out;
  // This class exists. Nodes look up the class of a row of weight 0, too.
  out.index = 0;
  if (contract.dtype == Dtype::U8 && contract.entries.is_known()) {
    out.index = -1;
    out.several.assign(static_cast<std::size_t>(contract.entries.size), 0);
  }
  return out;
}

std::vector<std::byte> ValueTraits<Label>::pack(const Label& label) {
  std::vector<std::byte> out(sizeof label.index + label.several.size());
  std::memcpy(out.data(), &label.index, sizeof label.index);
  std::copy(label.several.begin(), label.several.end(), reinterpret_cast<std::uint8_t*>(out.data()) + sizeof label.index);
  return out;
}

Label ValueTraits<Label>::unpack(std::span<const std::byte> bytes) {
  Label out;
  std::memcpy(&out.index, bytes.data(), sizeof out.index);
  for (const std::byte one : bytes.subspan(sizeof out.index)) out.several.push_back(static_cast<std::uint8_t>(one));
  return out;
}

Label ValueTraits<Label>::reorder(const Label& label, const Reorder& order) {
  Label out = label;
  if (label.index >= static_cast<int>(order.to.size()))
    throw std::runtime_error("a label is " + describe(label) + ", but its source names " + std::to_string(order.to.size()) + " classes");
  if (label.index >= 0) out.index = order.to[static_cast<std::size_t>(label.index)];
  if (label.several.empty()) return out;
  if (label.several.size() != order.to.size())
    throw std::runtime_error("a label has " + std::to_string(label.several.size()) + " numbers, but its source names " +
                             std::to_string(order.to.size()) + " classes");
  out.several.assign(static_cast<std::size_t>(order.count), 0);
  for (std::size_t k = 0; k < order.to.size(); ++k) out.several[static_cast<std::size_t>(order.to[k])] = label.several[k];
  return out;
}

Contract label_contract(Dim classes, bool has_several) {
  Contract out;
  out.has_entries = true;
  out.entries = std::move(classes);
  out.dtype = has_several ? Dtype::U8 : Dtype::I64;
  return out;
}

Numbers ValueTraits<Label>::numbers(const Label& label) {
  const std::int64_t index = label.index;
  if (label.several.empty()) return Numbers::of({}, &index);
  return Numbers::of({static_cast<std::int64_t>(label.several.size())}, label.several.data());
}

}  // namespace leat
