#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/command.h"
#include "support/place.h"
#include "support/text_file.h"

#define CHECK_HAS(text, part)                       \
  do {                                              \
    const std::string checked = (text);             \
    CAPTURE(checked);                               \
    CHECK(checked.find(part) != std::string::npos); \
  } while (false)

namespace leat::test {

/// Returns a run of a seed in `place()`, made when it is first asked for: a small network for classes and masks.
inline std::string small_run(int seed) {
  namespace fs = std::filesystem;
  const std::string graphs = LEAT_SOURCE "/graphs/";
  if (!fs::exists(place() / "drawn"))
    run_well({"run", graphs + "draw_data.yaml", "--set", "train=60", "--set", "test=12", "--out", "drawn"});
  std::string out = "runs/" + std::to_string(seed);
  if (fs::exists(place() / out)) return out;
  std::vector<std::string> arguments{"run",    graphs + "05_your_data.yaml", "--out",    out,
                                     "--seed", std::to_string(seed),         "--device", "cpu:2"};
  for (const std::string one : {"data=drawn", "images=drawn/test/images", "steps=4", "size=32", "mask_size=32", "batch=6",
                                "unlabelled_batch=6", "mask_batch=4", "class_labels=12", "mask_labels=6"})
    arguments.insert(arguments.end(), {"--set", one});
  run_well(arguments);
  return out;
}

/// Returns the bytes of all files below a folder, by their path.
inline std::map<std::string, std::string> files_in(const std::filesystem::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) out[entry.path().lexically_relative(folder).generic_string()] = text_of(entry.path());
  return out;
}

}  // namespace leat::test
