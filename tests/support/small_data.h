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

// Data sets of a few pixels, and splits of them. Whoever uses this makes the folder.
namespace leat::test {

/// A gray PNG of one value; other values give other bytes.
inline void put_picture(const std::filesystem::path& file, int value, cv::Size size = {8, 6}) {
  std::filesystem::create_directories(file.parent_path());
  cv::imwrite(file.string(), cv::Mat(size, CV_8UC1, cv::Scalar(value)));
}

/// 4-byte files that are no pictures but differ from each other: enough for what only counts and draws.
inline void put_bytes(const std::filesystem::path& file, int value) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A split with parameters as a graph would give them.
inline std::unique_ptr<Split> unsurveyed_split(const std::filesystem::path& path, const std::string& with) {
  Diagnostics diagnostics;
  const Tree tree = read_tree(source_text("split.yaml", path, "{path: '" + path.string() + "', " + with + "}"), diagnostics);
  diagnostics.throw_if_errors();
  auto split = std::make_unique<Split>();
  for (ParamPort* param : split->params())
    if (const Tree* value = tree.find(param->name())) param->read(*value);
  return split;
}

/// The same, surveyed; throws Refusal. `warnings` gathers its sentences.
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

/// What a split refuses, "at: sentence"; empty where it does not.
inline std::string refusal_of(const std::filesystem::path& path, const std::string& with) {
  try {
    (void)made_split(path, with);
  } catch (const Refusal& refusal) {
    return refusal.at() + ": " + refusal.what() + (refusal.hint().empty() ? "" : " (" + refusal.hint() + ")");
  }
  return {};
}

}  // namespace leat::test
