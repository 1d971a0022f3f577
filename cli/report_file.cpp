#include "report_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>

#include "leat/exported_page.h"

namespace leat::cli {

namespace {

/// Returns a check of an option: the name of a page, so that no file of a run is overwritten by mistake.
CLI::Validator html_file() {
  return CLI::Validator(
      [](const std::string& text) { return text.ends_with(".html") ? std::string() : "must end with .html, found `" + text + "`"; }, "");
}

}  // namespace

CLI::Option* ReportFile::add_to(CLI::App& command, const std::string& name) {
  auto* file = command
                   .add_option(name, path,
                               "Writes a page with curves and values by image into this file. It opens without a server, and has numbers "
                               "instead of the names of images and patients")
                   ->type_name("FILE.html")
                   ->check(html_file());
  command.add_flag("--names", choice.has_names, "The file has the names of images, patients and folders")->needs(file);
  command
      .add_flag("--pictures", choice.has_pictures,
                "The file has the pictures from files that the run kept. Text that is burnt into them stays")
      ->needs(file);
  return file;
}

void ReportFile::write(const std::vector<std::filesystem::path>& runs) const {
  const ReportPage page = report_page(runs, choice);
  const std::string text = viewer::exported_page(page.json);
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) throw Refusal("cannot write " + path.string() + ": " + std::strerror(errno));
  char size[32];
  constexpr double megabyte = 1e6;
  std::snprintf(size, sizeof size, "%.1f MB", static_cast<double>(text.size()) / megabyte);
  std::cout << path.string() << " (" << size << ") opens in a browser, without a server or a network.\n";
  for (const std::string& sentence : page.contents) std::cout << sentence << "\n";
  for (std::size_t k = 0; k < page.left_out.size(); ++k) std::cout << (k == 0 ? "" : "  ") << page.left_out[k] << "\n";
}

}  // namespace leat::cli
