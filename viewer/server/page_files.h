#pragma once

#include <span>
#include <string_view>

namespace leat::viewer {

/// A built file of the page. The program contains them.
struct PageFile {
  std::string_view path;  ///< `/app.js`
  std::string_view type;  ///< `text/javascript`
  std::string_view content;
  std::string_view sha256;  ///< Of the content, in hexadecimal digits.
};

[[nodiscard]] std::span<const PageFile> page_files();

}  // namespace leat::viewer
