#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace leat::report {

/// Numbers in place of the names of images and patients, in the order in which they are asked for, and texts without names.
class Pseudonyms {
 public:
  /// Returns the number of an image or a patient, from 1. The same name with another `identity` is another image or patient.
  [[nodiscard]] std::int64_t image(const std::string& name, const std::string& identity) {
    return number(images_, image_names_, name, identity);
  }
  [[nodiscard]] std::int64_t patient(const std::string& name, const std::string& identity) {
    return number(patients_, patient_names_, name, identity);
  }
  /// Names by their numbers; the first has the number 1.
  [[nodiscard]] const std::vector<std::string>& image_names() const { return image_names_; }
  [[nodiscard]] const std::vector<std::string>& patient_names() const { return patient_names_; }

  /// A name that the graph's author chose, such as that of a node. It stays in texts.
  void add_own_name(const std::string& name);
  /// A path or another text that names something outside the graph. The whole, the names of files with and without their endings, and the
  /// names of folders, except `images` and other words of Leat in lower case, are removed from titles. So are the names of images and
  /// patients.
  void add_secret(const std::string& text);

  /// Returns the name of a metric of a node that has these metrics. A group of the data at its end, as in `share_<group>`, becomes a
  /// number.
  [[nodiscard]] std::string metric(const std::string& name, const std::set<std::string>& of_node);

  /// Returns a sentence of Leat or a parameter's value, in which only own names, words of Leat's messages, numbers and single letters stay.
  /// Everything else becomes `[name]`. An own name stays as a whole, also one with blanks and signs.
  [[nodiscard]] std::string plain(std::string_view sentence) const;
  /// Returns a text that the graph's author wrote, in which secrets, as whole words in any case and Unicode form, and
  /// paths become `[name]`.
  [[nodiscard]] std::string written(const std::string& text) const;

 private:
  using Numbers = std::map<std::string, std::int64_t>;
  std::int64_t number(Numbers& numbers, std::vector<std::string>& names, const std::string& name, const std::string& identity);
  [[nodiscard]] bool is_own(std::string_view text) const { return own_names_.contains(text); }

  Numbers images_, patients_, groups_;
  std::vector<std::string> image_names_, patient_names_, group_names_;
  struct LongestFirst {
    bool operator()(const std::string& a, const std::string& b) const { return a.size() != b.size() ? a.size() > b.size() : a < b; }
  };
  [[nodiscard]] std::size_t own_name_with_blanks(std::string_view sentence, std::size_t at) const;

  std::set<std::string, std::less<>> own_names_;
  std::set<std::string, LongestFirst> own_names_with_blanks_;
  std::set<std::string, std::less<>> caseless_own_names_;
  std::set<std::string, std::less<>> secrets_;  ///< As `caseless` gives them.
  std::size_t longest_secret_ = 0;
};

}  // namespace leat::report
