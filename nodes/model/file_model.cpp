#include "model/file_model.h"

#include <c10/util/Exception.h>
#include <stdexcept>

#include "leat/tensor.h"

namespace leat {

at::Tensor FileModel::input(const at::Tensor& batch) const {
  if (*channels == 1 || batch.dim() < 2 || batch.size(1) != 1) return batch.contiguous();
  std::vector<std::int64_t> shape = batch.sizes().vec();
  shape[1] = *channels;
  return batch.expand(shape).contiguous();
}

void FileModel::fail(const at::Tensor& input, const std::exception& error) const {
  throw std::runtime_error("the network in " + file_text() + " fails on " + ValueTraits<at::Tensor>::describe(input) + ": " + torch_reason(error));
}

std::string torch_reason(const std::exception& error) {
  const auto* own = dynamic_cast<const c10::Error*>(&error);
  std::string text = own ? own->what_without_backtrace() : error.what();
  // The interpreter puts the reason last, behind the code that it was at.
  if (const std::size_t at = text.rfind("RuntimeError: "); at != std::string::npos) text.erase(0, at + std::string("RuntimeError: ").size());
  text.erase(0, text.find_first_not_of(" \n"));
  text.erase(std::min(text.find('\n'), text.size()));
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace leat
