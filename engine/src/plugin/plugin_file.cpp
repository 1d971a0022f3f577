#include "leat/plugin_file.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include "leat/diagnostics.h"

namespace leat {
namespace {

namespace fs = std::filesystem;

/// Returns the structure at an offset of a file's bytes; nullopt if the file ends before its end.
template <class T>
std::optional<T> at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return {};
  T out;
  std::memcpy(&out, bytes.data() + offset, sizeof out);
  return out;
}

std::string_view part(std::string_view bytes, const Elf64_Shdr& section) {
  if (section.sh_type == SHT_NOBITS || section.sh_offset > bytes.size()) return {};
  return bytes.substr(section.sh_offset, section.sh_size);
}

/// Returns the contents of a named section of a shared library (64-bit ELF); nullopt if there is none.
std::optional<std::string_view> find_section(std::string_view bytes, std::string_view name) {
  const auto header = at<Elf64_Ehdr>(bytes, 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_type != ET_DYN)
    return {};
  const auto section = [&](std::uint64_t index) { return at<Elf64_Shdr>(bytes, header->e_shoff + index * sizeof(Elf64_Shdr)); };
  const auto names_header = section(header->e_shstrndx);
  if (!names_header) return {};
  const std::string_view names = part(bytes, *names_header);
  for (std::uint64_t k = 0; k < header->e_shnum; ++k) {
    const auto one = section(k);
    if (!one) return {};
    if (one->sh_name >= names.size()) continue;
    const std::string_view rest = names.substr(one->sh_name);
    if (rest.substr(0, rest.find('\0')) == name) return part(bytes, *one);
  }
  return {};
}

void read_line(std::string_view line, PluginFile& out) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return;
  const std::string_view key = line.substr(0, space), text = line.substr(space + 1);
  if (key == "plugin") out.id = text;
  if (key == "version") out.version = text;
  if (key == "build") out.build = text;
  if (key == "type") out.types.emplace_back(text);
  if (key == "value") {
    const std::size_t end = text.find('=');
    if (end != std::string_view::npos) out.values[std::string(text.substr(0, end))] = text.substr(end + 1);
  }
}

}  // namespace

PluginFile read_plugin_section(std::string_view section) {
  PluginFile out;
  while (!section.empty()) {
    const std::size_t end = std::min(section.find_first_of(std::string_view("\0\n", 2)), section.size());
    read_line(section.substr(0, end), out);
    section.remove_prefix(std::min(end + 1, section.size()));
  }
  std::sort(out.types.begin(), out.types.end());
  return out;
}

std::string PluginFile::str() const { return (id.empty() ? "" : id + " " + version + " ") + "(" + path.string() + ")"; }

PluginFile read_plugin(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in || fs::is_directory(file)) throw Refusal("there is no plugin `" + file.string() + "`");
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto section = find_section(bytes, "leat_plugin");
  PluginFile out = section ? read_plugin_section(*section) : PluginFile{};
  out.path = file;
  if (out.id.empty())
    throw Refusal("`" + file.string() + "` is not a plugin: " +
                  (section ? "it has nodes, but no id of a plugin" : "it is not a shared library with a section `leat_plugin`") +
                  "; `leat_add_plugin` makes one");
  return out;
}

}  // namespace leat
