#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <leat/file_marks.h>
#include <leat/leat.h>

namespace dicom {

/// DICOM files by their paths below a folder, in the order of their names.
class Folder final : public leat::Resource {
 public:
  static constexpr std::string_view kind = "DICOM folder";

  leat::Param<leat::FilePath> path{this, "path", "A DICOM file, or a folder with DICOM files, also in folders of it and behind links.",
                                   leat::required};
  leat::SharesWith shares_with{this};

  void survey(const leat::Opening& opening) override;  ///< Throws Refusal where a run goes on and the files are others than it had.
  void open(const leat::Opening& opening) override;
  void record(leat::Archive& archive) const override;

  struct File {
    std::filesystem::path file;
    std::string id;       ///< Its path below the folder.
    std::string patient;  ///< As its header says; empty: it does not.
  };
  // ---- After `survey` ----
  [[nodiscard]] const std::vector<File>& files() const { return files_; }
  [[nodiscard]] std::int64_t most_pixels() const { return most_pixels_; }

 private:
  [[nodiscard]] leat::FileMarks marks() const;

  std::vector<File> files_;
  std::int64_t most_pixels_ = 0;
  std::string changes_;  ///< In words, since the run that goes on; empty: none.
};

}  // namespace dicom
