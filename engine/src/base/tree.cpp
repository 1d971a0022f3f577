#include "leat/tree.h"

#include <algorithm>

#include "base/scalar.h"

namespace leat {

namespace {

std::string key_yaml(std::string_view key) { return scalar_yaml(key, false); }

/// Returns true if the tree is on one line in block style: not for maps with entries, and lists that hold more than scalars.
bool fits_one_line(const Tree& tree) {
  if (tree.is_map()) return tree.entries.empty();
  return std::none_of(tree.items.begin(), tree.items.end(), [](const Tree& item) { return item.is_map() || item.is_list(); });
}

void write_block(const Tree& tree, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  if (fits_one_line(tree)) {
    out += margin + flow_text(tree) + "\n";
  } else if (tree.is_map()) {
    for (const Tree::Entry& entry : tree.entries) {
      out += margin + key_yaml(entry.key) + ":";
      if (fits_one_line(entry.value)) {
        out += " " + flow_text(entry.value) + "\n";
      } else {
        out += "\n";
        write_block(entry.value, indent + 2, out);
      }
    }
  } else {
    for (const Tree& item : tree.items) {
      const std::size_t begin = out.size();
      write_block(item, indent + 2, out);
      out[begin + indent] = '-';
    }
  }
}

std::string shortened(const std::string& text) {
  if (text.size() <= 60) return text;
  std::size_t end = 57;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

std::string flow_text(const Tree& tree) {
  std::string out;
  switch (tree.kind) {
    case Tree::Kind::Null:
      return "null";
    case Tree::Kind::Scalar:
      return scalar_yaml(tree.scalar, tree.is_quoted);
    case Tree::Kind::List:
      for (const Tree& item : tree.items) out += (out.empty() ? "" : ", ") + flow_text(item);
      return "[" + out + "]";
    case Tree::Kind::Map:
      for (const Tree::Entry& entry : tree.entries) out += (out.empty() ? "" : ", ") + key_yaml(entry.key) + ": " + flow_text(entry.value);
      return "{" + out + "}";
  }
  return out;
}

std::string Tree::yaml(int indent) const {
  std::string out;
  write_block(*this, static_cast<std::size_t>(std::max(0, indent)), out);
  return out;
}

std::string Tree::describe() const {
  switch (kind) {
    case Kind::Null:
      return "nothing";
    case Kind::List:
      return items.empty() ? "an empty list" : "a list of " + std::to_string(items.size());
    case Kind::Map:
      return entries.empty() ? "an empty map" : "a map of " + std::to_string(entries.size());
    case Kind::Scalar:
      break;
  }
  if (is_quoted || kind_of_scalar(scalar) == ScalarKind::Text)
    return scalar.empty() ? "an empty text" : "the text `" + shortened(scalar) + "`";
  const bool is_number = kind_of_scalar(scalar) == ScalarKind::Whole || kind_of_scalar(scalar) == ScalarKind::Fraction;
  return (is_number ? "the number `" : "`") + shortened(scalar) + "`";
}

const Tree::Entry* Tree::find_entry(std::string_view key) const {
  for (const Entry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

const Tree* Tree::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry ? &entry->value : nullptr;
}

Tree* Tree::find(std::string_view key) {
  for (Entry& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

Tree with_whole_paths(Tree tree) {
  if (tree.scalar == "." || tree.scalar == ".." || tree.scalar.starts_with("./") || tree.scalar.starts_with("../"))
    tree.scalar = (tree.directory / tree.scalar).lexically_normal().string();
  for (Tree& item : tree.items) item = with_whole_paths(std::move(item));
  for (Tree::Entry& entry : tree.entries) entry.value = with_whole_paths(std::move(entry.value));
  return tree;
}

}  // namespace leat
