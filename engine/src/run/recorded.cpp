#include "run/recorded.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "base/json.h"

namespace leat {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::string_view ending = ".safetensors";
constexpr const char* description = "recording";
constexpr std::int64_t most_read = 256'000'000;

/// The element types of Numbers and their names in an archive.
constexpr std::pair<Dtype, const char*> dtypes[] = {{Dtype::U8, "U8"}, {Dtype::U16, "U16"}, {Dtype::I64, "I64"}, {Dtype::F32, "F32"}};

const char* dtype_name(Dtype dtype) {
  const auto* found = std::find_if(std::begin(dtypes), std::end(dtypes), [dtype](const auto& one) { return one.first == dtype; });
  return found == std::end(dtypes) ? "F32" : found->second;
}

/// Keeps the first rows of a value for a whole step.
Numbers cut(Numbers numbers, std::int64_t rows) {
  if (rows <= 0 || numbers.dims.empty() || numbers.dims[0] <= rows) return numbers;
  const std::int64_t row = numbers.count() / numbers.dims[0];
  numbers.dims[0] = rows;
  numbers.bytes.resize(static_cast<std::size_t>(row * rows * bytes_of(numbers.dtype)));
  return numbers;
}

ShownOutput::Names names_of(const Dim& dim) { return dim.names ? ShownOutput::Names(dim.names->list) : std::nullopt; }

json names_json(const ShownOutput::Names& names) { return names ? json(*names) : json(nullptr); }

ShownOutput::Names read_names(const json& names) {
  return names.is_null() ? std::nullopt : ShownOutput::Names(names.get<std::vector<std::string>>());
}

/// The name of some numbers in the archive.
std::string entry_name(std::size_t output, std::size_t value, std::size_t part) {
  return std::to_string(output) + "/" + std::to_string(value) + "/" + std::to_string(part);
}

json head_of(const ShownOutput& output) {
  json values = json::array(), samples = json::array(), dims = json::array();
  for (const ShownValue& one : output.values)
    values.push_back({{"slot", one.slot},
                      {"type", one.type},
                      {"text", one.text},
                      {"hash", one.hash},
                      {"has_parts", one.has_parts},
                      {"numbers", one.numbers.size()}});
  for (const ShownOutput::Identity& one : output.samples) samples.push_back({one.id, one.group, one.is_drawn});
  for (const ShownOutput::Names& one : output.dims) dims.push_back(names_json(one));
  return {{"node", output.name.node},
          {"port", output.name.port},
          {"contract", output.contract},
          {"range", output.range ? json{output.range->first, output.range->second} : json(nullptr)},
          {"dims", dims},
          {"entries", names_json(output.entries)},
          {"values", values},
          {"samples", samples},
          {"weights", output.weights}};
}

Numbers numbers_in(const Archive& archive, const std::string& name) {
  const Archive::Entry& entry = archive.entry(name);
  for (const auto& [dtype, word] : dtypes)
    if (entry.dtype == word) return {entry.shape, dtype, entry.bytes};
  throw std::runtime_error("`" + name + "` has the type " + entry.dtype);
}

ShownOutput output_of(const json& head, const Archive& archive, std::size_t number) {
  ShownOutput out;
  out.name = {head.at("node"), head.at("port")};
  out.contract = head.at("contract");
  if (const json& range = head.at("range"); !range.is_null()) out.range = {range.at(0).get<double>(), range.at(1).get<double>()};
  for (const json& names : head.at("dims")) out.dims.push_back(read_names(names));
  out.entries = read_names(head.at("entries"));
  for (const json& one : head.at("values")) {
    ShownValue value{one.at("slot"), one.at("type"), one.at("text"), one.at("hash"), one.at("has_parts"), {}};
    const auto parts = one.at("numbers").get<std::size_t>();
    for (std::size_t part = 0; part < parts; ++part)
      value.numbers.push_back(numbers_in(archive, entry_name(number, out.values.size(), part)));
    out.values.push_back(std::move(value));
  }
  for (const json& one : head.at("samples")) out.samples.push_back({one.at(0), one.at(1), one.at(2)});
  for (const json& one : head.at("weights")) out.weights.push_back(one.is_number() ? one.get<float>() : 0.0f);
  return out;
}

}  // namespace

ShownOutput shown_output(const PreviewedOutput& output, int rows) {
  ShownOutput out;
  out.name = output.name;
  out.contract = output.contract.str();
  if (output.contract.has_range) out.range = {output.contract.low, output.contract.high};
  for (const Dim& dim : output.contract.dims) out.dims.push_back(names_of(dim));
  if (output.contract.has_entries) out.entries = names_of(output.contract.entries);
  for (const auto& [slot, value] : output.values) {
    ShownValue shown{slot, std::string(value.type().name), value.describe(), hash_text(value.hash()), !value.type().numbers, {}};
    const int kept = slot < 0 ? rows : 0;
    if (value.type().numbers) shown.numbers.push_back(cut(value.numbers(), kept));
    else
      for (const Value& part : value.parts())
        if (part && part.type().numbers) shown.numbers.push_back(cut(part.numbers(), kept));
    out.values.push_back(std::move(shown));
  }
  const std::size_t samples = rows > 0 ? std::min(output.samples.size(), static_cast<std::size_t>(rows)) : output.samples.size();
  for (std::size_t k = 0; k < samples; ++k)
    out.samples.push_back({output.samples[k].id, output.samples[k].group, output.samples[k].file.empty()});
  out.weights.assign(output.weights.begin(),
                     output.weights.begin() + static_cast<std::ptrdiff_t>(std::min(samples, output.weights.size())));
  return out;
}

std::filesystem::path run::recorded_folder(const fs::path& run_folder) { return run_folder / "recorded"; }

std::filesystem::path run::recorded_file(const fs::path& run_folder, const std::string& phase, std::int64_t trained) {
  return recorded_folder(run_folder) / (phase + "." + std::to_string(trained) + std::string(ending));
}

Archive run::archive_of(const Recording& recording) {
  Archive out;
  json outputs = json::array();
  for (std::size_t output = 0; output < recording.outputs.size(); ++output) {
    const ShownOutput& one = recording.outputs[output];
    for (std::size_t value = 0; value < one.values.size(); ++value)
      for (std::size_t part = 0; part < one.values[value].numbers.size(); ++part) {
        const Numbers& numbers = one.values[value].numbers[part];
        out.put(entry_name(output, value, part), {dtype_name(numbers.dtype), numbers.dims, numbers.bytes});
      }
    outputs.push_back(head_of(one));
  }
  out.metadata[description] = json_line(
      {{"version", 1}, {"phase", recording.phase}, {"trained", recording.trained}, {"step", recording.step}, {"outputs", outputs}});
  return out;
}

std::int64_t run::most_bytes(const Archive& archive) {
  constexpr std::int64_t of_head = 200, of_entry = 300;
  std::int64_t out = of_head;
  for (const auto& [name, text] : archive.metadata) out += static_cast<std::int64_t>(name.size() + json_text(text).size());
  for (const auto& [name, entry] : archive.entries()) out += of_entry + static_cast<std::int64_t>(entry.bytes.size());
  return out;
}

std::vector<RecordedStep> recorded_steps(const fs::path& run_folder) {
  std::vector<RecordedStep> out;
  std::error_code error;
  // A link can lead to the recordings of another run.
  if (!fs::is_directory(fs::symlink_status(run::recorded_folder(run_folder), error))) return out;
  for (fs::directory_iterator one(run::recorded_folder(run_folder), error), end; !error && one != end; one.increment(error)) {
    const std::string name = one->path().filename().string();
    const std::size_t dot = name.find('.');
    if (dot == 0 || dot == std::string::npos || !name.ends_with(ending)) continue;
    const char* first = name.data() + dot + 1;
    const char* last = name.data() + name.size() - ending.size();
    RecordedStep step;
    const auto read =
        first < last ? std::from_chars(first, last, step.trained) : std::from_chars_result{first, std::errc::invalid_argument};
    std::error_code unknown;
    // A link can lead to files of others, and opening a pipe would wait for its writer.
    const bool is_file = fs::is_regular_file(one->symlink_status(unknown));
    if (read.ec != std::errc() || read.ptr != last || step.trained < 0 || !is_file) continue;
    step.phase = name.substr(0, dot);
    step.bytes = static_cast<std::int64_t>(one->file_size(unknown));
    if (!unknown) out.push_back(std::move(step));
  }
  std::sort(out.begin(), out.end(),
            [](const RecordedStep& a, const RecordedStep& b) { return std::tie(a.phase, a.trained) < std::tie(b.phase, b.trained); });
  return out;
}

Recording read_recording(const fs::path& run_folder, const std::string& phase, std::int64_t trained) {
  const std::vector<RecordedStep> all = recorded_steps(run_folder);
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const RecordedStep& one) { return one.phase == phase && one.trained == trained; });
  if (found == all.end())
    throw std::runtime_error("the run has no recorded values of `" + phase + "` at training step " + std::to_string(trained));
  const fs::path file = run::recorded_file(run_folder, phase, trained);
  if (found->bytes > most_read) throw std::runtime_error(file.filename().string() + " is larger than 256 MB, too large to be shown");
  const Archive archive = Archive::read(file);
  const std::string damaged = file.filename().string() + " is damaged: ";
  try {
    const auto text = archive.metadata.find(description);
    if (text == archive.metadata.end()) throw std::runtime_error("it has no description");
    const json head = json::parse(text->second);
    Recording out;
    out.phase = head.at("phase");
    out.trained = head.at("trained");
    out.step = head.at("step");
    for (const json& one : head.at("outputs")) out.outputs.push_back(output_of(one, archive, out.outputs.size()));
    return out;
  } catch (const json::exception& error) {
    throw std::runtime_error(damaged + json_words(error));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(damaged + error.what());
  }
}

}  // namespace leat
