#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "io/split.h"
#include "leat/read_tree.h"
#include "support/text_file.h"

// Data sets of a few pixels, and splits of them. The caller creates their folder.
namespace leat::test {

/// Writes a gray PNG of one value. Different values give different bytes.
inline void put_picture(const std::filesystem::path& file, int value, cv::Size size = {8, 6}) {
  std::filesystem::create_directories(file.parent_path());
  cv::imwrite(file.string(), cv::Mat(size, CV_8UC1, cv::Scalar(value)));
}

/// Writes an image of one pixel, a BMP under any name, which differs for each value. For code that only counts and draws files.
inline void put_bytes(const std::filesystem::path& file, int value) {
  std::filesystem::create_directories(file.parent_path());
  std::string bytes(54, '\0');
  bytes[0] = 'B', bytes[1] = 'M', bytes[2] = 58, bytes[10] = 54, bytes[14] = 40, bytes[18] = 1, bytes[22] = 1, bytes[26] = 1,
  bytes[28] = 24;
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  std::ofstream(file, std::ios::binary) << bytes;
}

[[nodiscard]] inline std::vector<std::string> ids_of(const Split& split) {
  std::vector<std::string> out;
  for (const SplitEntry& entry : split.entries()) out.push_back(entry.id);
  return out;
}

/// Returns a split with parameters as in a graph.
inline std::unique_ptr<Split> unsurveyed_split(const std::filesystem::path& path, const std::string& with) {
  Diagnostics diagnostics;
  const Tree tree = read_tree(source_text("split.yaml", path, "{path: '" + path.string() + "', " + with + "}"), diagnostics);
  diagnostics.throw_if_errors();
  auto split = std::make_unique<Split>();
  for (ParamPort* param : split->params())
    if (const Tree* value = tree.find(param->name())) param->read(*value);
  return split;
}

/// Returns a surveyed split. Throws Refusal. `warnings` takes its warnings.
inline std::unique_ptr<Split> made_split(const std::filesystem::path& path, const std::string& with, std::uint64_t seed = 0,
                                         std::vector<std::string>* warnings = nullptr) {
  auto split = unsurveyed_split(path, with);
  Opening opening;
  opening.seed = seed;
  opening.name = "data";
  if (warnings) opening.warn = [warnings](std::string sentence) { warnings->push_back(std::move(sentence)); };
  split->survey(opening);
  return split;
}

/// Returns what the split recognised, as one text.
inline std::string read_as(const Split& split) {
  std::string out;
  for (const auto& [what, found] : split.data_summary().facts)
    if (what == "read as") out += (out.empty() ? "" : "; ") + found;
  return out;
}

/// Returns the split's refusal, "at: sentence"; an empty string if there is none.
inline std::string refusal_of(const std::filesystem::path& path, const std::string& with) {
  try {
    (void)made_split(path, with);
  } catch (const Refusal& refusal) {
    return refusal.at() + ": " + refusal.what() + (refusal.hint().empty() ? "" : " (" + refusal.hint() + ")");
  }
  return {};
}

}  // namespace leat::test
