#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <leat/file_marks.h>
#include <leat/leat.h>

namespace dicom {

/// DICOM files by their paths below a folder, sorted by path.
class Folder final : public leat::Resource {
 public:
  static constexpr std::string_view kind = "DICOM folder";

  leat::Param<leat::FilePath> path{this, "path", "DICOM file, or folder with DICOM files. Folders below it and links are searched too.",
                                   leat::required};
  leat::SharesWith shares_with{this};

  void survey(const leat::Opening& opening) override;  ///< Throws Refusal, also if a run is resumed and its files have changed. [setup]
  void open(const leat::Opening& opening) override;
  void record(leat::Archive& archive) const override;

  struct File {
    std::filesystem::path file;
    std::string id;       ///< Path below the folder.
    std::string patient;  ///< Id in the header; empty: there is none.
    bool is_coloured = false;
  };
  // ---- After `survey` ----
  [[nodiscard]] const std::vector<File>& files() const { return files_; }
  [[nodiscard]] std::int64_t most_pixels() const { return most_pixels_; }

 private:
  [[nodiscard]] leat::FileMarks marks() const;

  std::vector<File> files_;
  std::int64_t most_pixels_ = 0;
  std::string changes_;  ///< Changes since the run that is resumed, in words; empty: none.
};

}  // namespace dicom
