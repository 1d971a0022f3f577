#include "leat/tensor.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <array>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace leat {
namespace {

struct TypeName {
  at::ScalarType type;
  std::string_view name;  ///< safetensors'
};
constexpr std::array type_names{
    TypeName{at::kFloat, "F32"}, TypeName{at::kDouble, "F64"}, TypeName{at::kHalf, "F16"}, TypeName{at::kBFloat16, "BF16"},
    TypeName{at::kLong, "I64"},  TypeName{at::kInt, "I32"},    TypeName{at::kByte, "U8"},  TypeName{at::kBool, "BOOL"},
};

at::Tensor on_host(const at::Tensor& tensor) { return tensor.detach().to(at::kCPU).contiguous(); }

std::uint64_t hash_of_form(const at::Tensor& tensor, at::IntArrayRef sizes) {
  const auto type = static_cast<std::int64_t>(tensor.scalar_type());
  return hash_bytes(sizes.data(), sizes.size() * sizeof(std::int64_t), hash_bytes(&type, sizeof type));
}

Dtype dtype_of(const at::Tensor& tensor) {
  if (tensor.scalar_type() == at::kFloat) return Dtype::F32;
  if (tensor.scalar_type() == at::kLong) return Dtype::I64;
  return tensor.scalar_type() == at::kByte ? Dtype::U8 : Dtype::Other;
}

}  // namespace

std::size_t ValueTraits<at::Tensor>::bytes(const at::Tensor& tensor) { return tensor.defined() ? tensor.nbytes() : 0; }

std::uint64_t ValueTraits<at::Tensor>::hash(const at::Tensor& tensor) {
  if (!tensor.defined()) return 0;
  const at::Tensor host = on_host(tensor);
  return hash_bytes(host.const_data_ptr(), host.nbytes(), hash_of_form(host, host.sizes()));
}

std::vector<std::uint64_t> ValueTraits<at::Tensor>::hash_rows(const at::Tensor& tensor) {
  std::vector<std::uint64_t> out;
  if (!tensor.defined() || tensor.dim() == 0) return out;
  const at::Tensor host = on_host(tensor);
  const std::uint64_t form = hash_of_form(host, host.sizes().slice(1));
  const auto rows = static_cast<std::size_t>(host.size(0));
  const auto* data = static_cast<const std::byte*>(host.const_data_ptr());
  for (std::size_t row = 0; row < rows; ++row) out.push_back(hash_bytes(data + row * (host.nbytes() / rows), host.nbytes() / rows, form));
  return out;
}

std::string ValueTraits<at::Tensor>::describe(const at::Tensor& tensor) { return tensor.defined() ? contract(tensor).str() : "no tensor"; }

Contract ValueTraits<at::Tensor>::contract(const at::Tensor& tensor) {
  Contract out;
  if (!tensor.defined()) return out;
  out.has_shape = true;
  for (const std::int64_t size : tensor.sizes()) out.dims.push_back(Dim{size, {}});
  out.dtype = dtype_of(tensor);
  return out;
}

at::Tensor ValueTraits<at::Tensor>::blank(const Contract& contract) {
  std::vector<std::int64_t> shape;
  for (const Dim& dim : contract.dims) shape.push_back(dim.is_known() ? dim.size : 1);
  return at::zeros(shape, contract.dtype == Dtype::U8 ? at::kByte : contract.dtype == Dtype::I64 ? at::kLong : at::kFloat);
}

at::Tensor ValueTraits<at::Tensor>::reorder(const at::Tensor& tensor, const Reorder& order) {
  const bool counts = order.axis == Reorder::entries;
  const std::vector<int> places = counts ? order.to : order.from();
  const at::Tensor table = at::tensor(std::vector<std::int64_t>(places.begin(), places.end()), at::kLong).to(tensor.device());
  return counts ? table.index_select(0, tensor.reshape(-1)).reshape(tensor.sizes()).to(tensor.scalar_type())
                : tensor.index_select(order.axis, table);
}

Numbers ValueTraits<at::Tensor>::numbers(const at::Tensor& tensor) {
  if (!tensor.defined()) return Numbers::of<float>({0}, nullptr);
  const at::Tensor host = on_host(tensor);
  if (host.scalar_type() == at::kByte) return Numbers::of(host.sizes().vec(), host.const_data_ptr<std::uint8_t>());
  if (at::isIntegralType(host.scalar_type(), true))
    return Numbers::of(host.sizes().vec(), host.to(at::kLong).const_data_ptr<std::int64_t>());
  return Numbers::of(host.sizes().vec(), host.to(at::kFloat).const_data_ptr<float>());
}

Archive::Entry archive_entry(const at::Tensor& tensor) {
  const at::Tensor host = on_host(tensor);
  for (const auto& [type, name] : type_names) {
    if (type != host.scalar_type()) continue;
    Archive::Entry entry{std::string(name), host.sizes().vec(), std::vector<std::byte>(host.nbytes())};
    if (!entry.bytes.empty()) std::memcpy(entry.bytes.data(), host.const_data_ptr(), entry.bytes.size());
    return entry;
  }
  throw std::runtime_error("a tensor of this element type cannot be stored in a safetensors file");
}

at::Tensor from_entry(const Archive::Entry& entry) {
  for (const auto& [type, name] : type_names) {
    if (name != entry.dtype) continue;
    at::Tensor out = at::empty(entry.shape, type);
    if (out.nbytes() != entry.bytes.size())
      throw std::runtime_error("an entry has " + std::to_string(entry.bytes.size()) + " bytes, but its shape needs " +
                               std::to_string(out.nbytes()));
    if (!entry.bytes.empty()) std::memcpy(out.mutable_data_ptr(), entry.bytes.data(), entry.bytes.size());
    return out;
  }
  throw std::runtime_error("elements of the type " + entry.dtype + " cannot be read into a tensor");
}

}  // namespace leat
