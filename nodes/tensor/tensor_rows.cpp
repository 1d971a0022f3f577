#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <cstring>
#include <stdexcept>
#include <string>

#include "leat/tensor.h"

// The rows of a tensor as ranks exchange them: the size of each row in bytes, then the rows.
namespace leat {

namespace {

std::size_t row_bytes(const at::Tensor& tensor) {
  return static_cast<std::size_t>(tensor.numel() / std::max<std::int64_t>(tensor.size(0), 1)) * tensor.element_size();
}

/// Returns a rank's rows on the host, in the form of `like`.
at::Tensor unpacked(std::string_view packed, const at::Tensor& like) {
  std::int64_t size = 0;
  if (packed.size() < sizeof size) throw std::runtime_error("the rows of a rank are not complete");
  std::memcpy(&size, packed.data(), sizeof size);
  packed.remove_prefix(sizeof size);
  const std::size_t of_row = row_bytes(like);
  if (static_cast<std::size_t>(size) != of_row)
    throw std::runtime_error("the rows of a rank have " + std::to_string(size) + " bytes, but those of this rank have " +
                             std::to_string(of_row) + ": values of different sizes cannot be rows of one step");
  std::vector<std::int64_t> shape = like.sizes().vec();
  shape[0] = of_row == 0 ? 0 : static_cast<std::int64_t>(packed.size() / of_row);
  at::Tensor out = at::empty(shape, like.options().device(at::kCPU).requires_grad(false));
  std::memcpy(out.mutable_data_ptr(), packed.data(), out.nbytes());
  return out;
}

/// Returns, for each slot, the position of its row among the rows of rank 0, then those of rank 1, and so on.
std::vector<std::int64_t> places_of_slots(const std::vector<std::int64_t>& rows) {
  std::vector<std::int64_t> first{0}, out;
  for (const std::int64_t count : rows) first.push_back(first.back() + count);
  const auto ranks = static_cast<std::int64_t>(rows.size());
  for (std::int64_t slot = 0; slot < first.back(); ++slot) out.push_back(first[static_cast<std::size_t>(slot % ranks)] + slot / ranks);
  return out;
}

}  // namespace

std::vector<std::byte> ValueTraits<at::Tensor>::pack_rows(const at::Tensor& tensor) {
  if (!tensor.defined() || tensor.dim() == 0) throw std::runtime_error("a tensor without rows cannot be shared among ranks");
  const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
  const auto size = static_cast<std::int64_t>(row_bytes(host));
  std::vector<std::byte> out(sizeof size + host.nbytes());
  std::memcpy(out.data(), &size, sizeof size);
  std::memcpy(out.data() + sizeof size, host.const_data_ptr(), host.nbytes());
  return out;
}

at::Tensor ValueTraits<at::Tensor>::join_rows(const at::Tensor& own, std::span<const std::string_view> packed, int rank) {
  std::vector<at::Tensor> parts;
  std::vector<std::int64_t> rows;
  for (std::size_t k = 0; k < packed.size(); ++k) {
    parts.push_back(static_cast<int>(k) == rank ? own : unpacked(packed[k], own).to(own.device()));
    rows.push_back(parts.back().size(0));
  }
  return at::cat(parts).index_select(0, at::tensor(places_of_slots(rows), at::kLong).to(own.device()));
}

at::Tensor ValueTraits<at::Tensor>::take_rows(const at::Tensor& all, BatchShare share) {
  return all.slice(0, share.rank, std::nullopt, share.ranks).contiguous();
}

}  // namespace leat
