#include "model/file_model.h"

#include <c10/util/Exception.h>
#include <set>
#include <stdexcept>

#include "leat/tensor.h"

namespace leat {
namespace {

FileMarks marks_of(const std::filesystem::path& file) {
  FileMarks out;
  out.add("network", file);
  return out;
}

bool is_other_file(const std::filesystem::path& file, const Archive& recorded) {
  return marks_of(file).look_since(FileMarks::load(recorded, "file")).has_any();
}

}  // namespace

void FileModel::record(Archive& archive) const {
  FileMarks marks = marks_of(file->path);
  marks.look();
  marks.save(archive, "file");
}

void FileModel::compare_file(const Opening& opening) const {
  const std::set<std::string> different(output_names->begin(), output_names->end());
  if (different.size() != output_names->size()) throw Refusal("`names` has a name twice", "names");
  if (!opening.recorded || opening.accepts_changed_files || !is_other_file(file->path, *opening.recorded)) return;
  throw Refusal("the network file " + file_text() + " has changed since the run began", "file",
                "restore the file, or resume with --accept-changed-files, which loads the run's weights into the changed network");
}

void FileModel::tell_of_file(const Opening& opening) const {
  if (opening.recorded && opening.accepts_changed_files && is_other_file(file->path, *opening.recorded))
    opening.warn("`" + opening.name + "`: the network file " + file_text() +
                 " has changed since the run began; the run's weights are loaded into the changed network");
}

at::Tensor FileModel::input(const at::Tensor& batch) const {
  if (*channels == 1 || batch.dim() < 2 || batch.size(1) != 1) return batch.clone(at::MemoryFormat::Contiguous);
  std::vector<std::int64_t> shape = batch.sizes().vec();
  shape[1] = *channels;
  return batch.expand(shape).clone(at::MemoryFormat::Contiguous);
}

void FileModel::check_outputs(const at::Tensor& input, const std::vector<at::Tensor>& outputs) {
  for (const at::Tensor& given : outputs) {
    if (given.dim() == 0 || given.size(0) != input.size(0))
      throw std::runtime_error("it returns " + ValueTraits<at::Tensor>::describe(given) +
                               ", but must return one row for each row of the batch");
    if (given.scalar_type() != at::kFloat)
      throw std::runtime_error(std::string("it returns ") + c10::toString(given.scalar_type()) + ", but must return Float");
  }
}

void FileModel::fail(const at::Tensor& input, const std::exception& error) const {
  throw std::runtime_error("the network in " + file_text() + " fails on " + ValueTraits<at::Tensor>::describe(input) + ": " +
                           torch_reason(error));
}

std::string torch_reason(const std::exception& error) {
  const auto* own = dynamic_cast<const c10::Error*>(&error);
  std::string text = own ? own->what_without_backtrace() : error.what();
  // The interpreter prints the reason last, after the code that failed: `RuntimeError: …`, `builtins.ValueError: …`.
  const std::string marks = "Error: ";
  if (const std::size_t at = text.rfind(marks); at != std::string::npos) text.erase(0, at + marks.size());
  text.erase(0, text.find_first_not_of(" \n"));
  text.erase(std::min(text.find('\n'), text.size()));
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace leat
