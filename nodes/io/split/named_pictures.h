#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace leat {

/// Finds the pictures that a list names below a folder. A name can lack folders and its ending, and differ in its Unicode form and in the
/// case of the ending.
class NamedPictures {
 public:
  /// `look`: returns the pictures below the folder. It is called if a name is not a path below the folder.
  NamedPictures(std::filesystem::path folder, std::function<std::vector<std::string>()> look)
      : folder_(std::move(folder)), look_(std::move(look)) {}

  /// Returns the path of a picture relative to the folder, or the name if there is none. Throws Refusal at `path` if the name fits several.
  /// `place` names the line for the refusal.
  [[nodiscard]] std::string find(const std::string& name, const std::string& place);
  /// Returns the pictures that a name in their headers calls so, such as a patient's in DICOM files; none if there is no such picture.
  /// Reads the headers once.
  [[nodiscard]] std::vector<std::string> identified(const std::string& name);
  /// Returns the kinds of names that `identified` has found, with the number of names: "SOPInstanceUID".
  [[nodiscard]] const std::map<std::string, std::size_t>& kinds_found() const { return kinds_; }
  /// Returns all pictures below the folder.
  [[nodiscard]] const std::vector<std::string>& all();
  /// Returns the number of names that are not written as their files are, and the first of them with its file.
  [[nodiscard]] std::size_t found_by_search() const { return found_; }
  [[nodiscard]] const std::string& first_found() const { return first_; }

 private:
  using Places = std::map<std::string, std::vector<std::size_t>>;

  std::filesystem::path folder_;
  std::function<std::vector<std::string>()> look_;
  std::optional<std::vector<std::string>> all_;
  Places by_name_, by_stem_;
  std::optional<std::vector<std::pair<std::string, Places>>> by_identity_;  ///< By kind, in the order of the headers.
  std::map<std::string, std::size_t> kinds_;
  std::size_t found_ = 0;
  std::string first_;
};

}  // namespace leat
