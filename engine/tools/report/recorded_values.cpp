#include "report/recorded_values.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "leat/recorded.h"
#include "report/fingerprints.h"

namespace leat::report {

namespace {

using nlohmann::json;

/// Largest size of all recorded numbers on a page.
constexpr std::int64_t most_bytes = 8'000'000;
/// A sample with more numbers than these can be a picture of a file, or be made from one.
constexpr std::int64_t most_numbers = 64;

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t k = 0; k < bytes.size(); k += 3) {
    std::uint32_t three = 0;
    for (std::size_t n = 0; n < 3; ++n) three = three << 8 | (k + n < bytes.size() ? static_cast<std::uint8_t>(bytes[k + n]) : 0u);
    for (std::size_t n = 0; n < 4; ++n) out += k + n > bytes.size() ? '=' : digits[three >> (18 - 6 * n) & 63];
  }
  return out;
}

/// Returns true if the values can show the content of files.
bool is_of_files(const ShownOutput& output) {
  const bool is_drawn =
      !output.samples.empty() && std::all_of(output.samples.begin(), output.samples.end(), [](const auto& one) { return one.is_drawn; });
  if (is_drawn) return false;
  const auto rows = static_cast<std::int64_t>(output.samples.size());
  return std::any_of(output.values.begin(), output.values.end(), [&](const ShownValue& value) {
    return std::any_of(value.numbers.begin(), value.numbers.end(), [&](const Numbers& one) {
      // A value for the whole step has the samples along its first dimension.
      const bool has_rows = value.slot < 0 && rows > 0 && !one.dims.empty() && one.dims.front() == rows;
      return one.dims.size() >= (has_rows ? 3U : 2U) || one.count() > most_numbers * (has_rows ? rows : 1);
    });
  });
}

std::int64_t size_of(const Recording& recording) {
  std::int64_t out = 0;
  for (const ShownOutput& output : recording.outputs)
    for (const ShownValue& value : output.values)
      for (const Numbers& numbers : value.numbers) out += static_cast<std::int64_t>(numbers.bytes.size());
  return out;
}

/// Names of classes can be those of folders: without `has_names`, only those stay that the graph's author wrote.
json names_json(const ShownOutput::Names& names, const Pseudonyms& pseudonyms, bool has_names) {
  if (!names) return nullptr;
  json out = json::array();
  for (const std::string& one : *names) out.push_back(has_names ? one : pseudonyms.plain(one));
  return out;
}

/// Describes an output as the page reads it (viewer/page/src/numbers.ts), and appends its numbers to `bytes`.
json output_json(const ShownOutput& output, const ImageOrigin& origin, Pseudonyms& names, bool has_names, std::string& bytes) {
  json values = json::array(), samples = json::array(), dims = json::array();
  for (const ShownValue& value : output.values) {
    json parts = json::array();
    for (const Numbers& numbers : value.numbers) {
      bytes.resize((bytes.size() + 7) / 8 * 8);
      parts.push_back({{"dims", numbers.dims},
                       {"dtype", numbers.dtype == Dtype::U8    ? "u8"
                                 : numbers.dtype == Dtype::U16 ? "u16"
                                 : numbers.dtype == Dtype::I64 ? "i64"
                                                               : "f32"},
                       {"at", bytes.size()},
                       {"bytes", numbers.bytes.size()}});
      bytes.append(reinterpret_cast<const char*>(numbers.bytes.data()), numbers.bytes.size());
    }
    // The words of a type, or of a node that dropped a sample, can have names in them.
    json one{{"slot", value.slot}, {"type", value.type}, {"text", has_names ? value.text : ""}, {"hash", value.hash}};
    if (value.has_parts) one["parts"] = std::move(parts);
    else if (!parts.empty()) one["numbers"] = parts[0];
    values.push_back(std::move(one));
  }
  const auto number = [&](const std::string& id) { return names.image(id, identity_of(id, origin.fingerprint(id), origin.source)); };
  for (const ShownOutput::Identity& one : output.samples)
    samples.push_back({{"id", has_names        ? one.id
                              : one.id.empty() ? ""
                                               : "image " + std::to_string(number(one.id))},
                       {"group", has_names ? one.group : ""}});
  for (const ShownOutput::Names& one : output.dims) dims.push_back(names_json(one, names, has_names));
  return {{"node", output.name.node},
          {"port", output.name.port},
          {"contract", ""},
          {"range", output.range ? json{output.range->first, output.range->second} : json(nullptr)},
          {"names", {{"dims", dims}, {"entries", names_json(output.entries, names, has_names)}}},
          {"values", values},
          {"samples", samples},
          {"weights", output.weights}};
}

}  // namespace

json RecordedOnPage::of(const FinishedRun& run) {
  json out = json::array();
  const std::filesystem::path& run_folder = run.facts.folder;
  ImageOrigins origins(run);
  for (const RecordedStep& step : recorded_steps(run_folder)) {
    Recording recording;
    try {
      recording = read_recording(run_folder, step.phase, step.trained);
    } catch (const std::exception&) {
      ++left_out_;
      continue;
    }
    if (!has_pictures_) hidden_ += static_cast<std::int64_t>(std::erase_if(recording.outputs, is_of_files));
    else has_shown_ = has_shown_ || std::any_of(recording.outputs.begin(), recording.outputs.end(), is_of_files);
    const std::int64_t size = size_of(recording);
    if (bytes_ + size > most_bytes) {
      ++left_out_;
      continue;
    }
    if (recording.outputs.empty()) continue;
    bytes_ += size;
    ++steps_;
    std::string bytes;
    json outputs = json::array();
    for (const ShownOutput& one : recording.outputs)
      outputs.push_back(output_json(one, origins.of(step.phase, one.name.node), names_, has_names_, bytes));
    out.push_back({{"phase", recording.phase},
                   {"trained", recording.trained},
                   {"step", recording.step},
                   {"outputs", outputs},
                   {"bytes", base64(bytes)}});
  }
  return out;
}

}  // namespace leat::report
