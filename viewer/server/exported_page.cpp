#include "leat/exported_page.h"

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "server/page_files.h"

namespace leat::viewer {

namespace {

const PageFile& page_file(std::string_view path) {
  for (const PageFile& file : page_files())
    if (file.path == path) return file;
  throw std::logic_error("the page has no file " + std::string(path));
}

/// Returns the source of a policy that allows this content only: `'sha256-…'`, in base 64.
std::string source_of(const PageFile& file) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  for (std::size_t k = 0; k + 1 < file.sha256.size(); k += 2)
    bytes += static_cast<char>(std::stoi(std::string(file.sha256.substr(k, 2)), nullptr, 16));
  std::string out = "'sha256-";
  for (std::size_t k = 0; k < bytes.size(); k += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j) three = three << 8 | (k + j < bytes.size() ? static_cast<std::uint8_t>(bytes[k + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) out += k + j <= bytes.size() ? digits[three >> (18 - 6 * j) & 63] : '=';
  }
  return out + "'";
}

/// Returns JSON in which nothing can end a script element.
std::string embedded(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json)
    if (c == '<') out += "\\u003c";
    else out += c;
  return out;
}

}  // namespace

std::string exported_page(const std::string& json) {
  const PageFile& script = page_file("/app.js");
  const PageFile& style = page_file("/app.css");
  std::string out = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; script-src )";
  out += source_of(script) + "; style-src " + source_of(style) + R"(">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>leat report</title>
<link rel="icon" href="data:,">
<style>)";
  out += style.content;
  out += R"(</style>
</head>
<body>
<div id="app"></div>
<noscript>This page needs JavaScript. It makes no requests.</noscript>
<script type="application/json" id="leat-data">)";
  out += embedded(json);
  out += R"(</script>
<script type="module">)";
  out += script.content;
  out += "</script>\n</body>\n</html>\n";
  return out;
}

}  // namespace leat::viewer
