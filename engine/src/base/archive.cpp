#include "leat/archive.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "base/durable_file.h"
#include "base/json.h"
#include "leat/value.h"

namespace leat {

static_assert(std::endian::native == std::endian::little,
              "safetensors holds little-endian numbers, which are read and written as they are");

namespace {

constexpr std::uint64_t max_header = 100'000'000;

/// Returns the bytes of one element; 0 if there is no such type.
std::int64_t element_bytes(std::string_view dtype) {
  static const std::map<std::string_view, std::int64_t> sizes{{"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E5M2", 1}, {"F8_E4M3", 1},
                                                              {"I16", 2},  {"U16", 2}, {"F16", 2}, {"BF16", 2},    {"I32", 4},
                                                              {"U32", 4},  {"F32", 4}, {"I64", 8}, {"U64", 8},     {"F64", 8}};
  const auto found = sizes.find(dtype);
  return found == sizes.end() ? 0 : found->second;
}

/// Returns the size of a shape in bytes, for `bytes` per element; nullopt if a dimension is negative or the product overflows.
std::optional<std::int64_t> bytes_of_shape(const std::vector<std::int64_t>& shape, std::int64_t bytes) {
  for (const std::int64_t size : shape) {
    if (size < 0) return {};
    if (size > 0 && bytes > std::numeric_limits<std::int64_t>::max() / size) return {};
    bytes *= size;
  }
  return bytes;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string out;
  for (const std::int64_t size : shape) out += (out.empty() ? "" : ", ") + std::to_string(size);
  return "[" + out + "]";
}

template <class T>
constexpr const char* dtype_of() {
  if constexpr (std::is_same_v<T, double>) return "F64";
  else if constexpr (std::is_same_v<T, float>) return "F32";
  else return "I64";
}

template <class T>
Archive::Entry entry_of(std::span<const T> values, std::vector<std::int64_t> shape) {
  Archive::Entry entry{dtype_of<T>(), std::move(shape), {}};
  const auto bytes = std::as_bytes(values);
  entry.bytes.assign(bytes.begin(), bytes.end());
  return entry;
}

template <class T>
std::vector<T> values_of(const Archive& archive, const std::string& name) {
  const Archive::Entry& entry = archive.entry(name);
  if (entry.dtype != dtype_of<T>())
    throw std::runtime_error("`" + name + "` holds " + entry.dtype + ", but " + dtype_of<T>() + " is expected");
  std::vector<T> values(entry.bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), entry.bytes.data(), values.size() * sizeof(T));
  return values;
}

template <class T>
T only_value(const Archive& archive, const std::string& name) {
  const std::vector<T> values = values_of<T>(archive, name);
  if (values.size() != 1)
    throw std::runtime_error("`" + name + "` is of shape " + shape_text(archive.entry(name).shape) + ", but one number is expected");
  return values.front();
}

/// Returns the entries in the order of the file: large elements first, so that each entry begins at a multiple of its element's size.
std::vector<std::pair<const std::string*, const Archive::Entry*>> file_order(const std::map<std::string, Archive::Entry>& entries) {
  std::vector<std::pair<const std::string*, const Archive::Entry*>> order;
  for (const auto& [name, entry] : entries) order.emplace_back(&name, &entry);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return element_bytes(a.second->dtype) > element_bytes(b.second->dtype); });
  return order;
}

/// Returns the metadata as in a file, with replacements for bytes that are not UTF-8. A changed key that
/// equals another key gets a `~` at the end. Valid keys stay unchanged.
std::map<std::string, std::string> written_metadata(const Archive& archive) {
  const auto written = [](const std::string& text) { return nlohmann::json::parse(json_text(text)).get<std::string>(); };
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : archive.metadata) {
    std::string name = written(key);
    while (out.contains(name) || (name != key && archive.metadata.contains(name))) name += '~';
    out[name] = written(value);
  }
  return out;
}

std::string header_of(const Archive& archive) {
  nlohmann::json header = nlohmann::json::object();
  if (!archive.metadata.empty()) header["__metadata__"] = written_metadata(archive);
  std::size_t offset = 0;
  for (const auto& [name, entry] : file_order(archive.entries())) {
    const std::int64_t size = element_bytes(entry->dtype);
    if (size == 0) throw std::runtime_error("`" + *name + "` is of the unknown type " + entry->dtype);
    if (nlohmann::json::parse(json_text(*name)) != *name) throw std::runtime_error("`" + *name + "` is not UTF-8");
    if (*name == "__metadata__") throw std::runtime_error("no entry can be called `__metadata__`");
    if (bytes_of_shape(entry->shape, size) != static_cast<std::int64_t>(entry->bytes.size()))
      throw std::runtime_error("`" + *name + "` has " + std::to_string(entry->bytes.size()) + " bytes, which is not " + entry->dtype +
                               " of shape " + shape_text(entry->shape));
    header[*name] = {{"dtype", entry->dtype}, {"shape", entry->shape}, {"data_offsets", {offset, offset + entry->bytes.size()}}};
    offset += entry->bytes.size();
  }
  std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

/// Reads the header, and refuses equal keys, of which nlohmann-json would keep only the last.
nlohmann::json parse_header(const std::string& text) {
  std::vector<std::set<std::string>> keys;
  const auto check = [&keys](int, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    if (event == nlohmann::json::parse_event_t::object_start) keys.emplace_back();
    if (event == nlohmann::json::parse_event_t::object_end) keys.pop_back();
    if (event == nlohmann::json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
      throw std::runtime_error("its header has two keys `" + value.get<std::string>() + "`");
    return true;
  };
  nlohmann::json header;
  try {
    header = nlohmann::json::parse(text, check);
  } catch (const nlohmann::json::exception&) {
    throw std::runtime_error("its header is not JSON");
  }
  if (!header.is_object()) throw std::runtime_error("its header is not a JSON object");
  return header;
}

struct Extent {
  std::string name;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  Archive::Entry entry;
};

std::vector<std::uint64_t> whole_numbers(const nlohmann::json& list, const std::string& what) {
  std::vector<std::uint64_t> numbers;
  if (!list.is_array()) throw std::runtime_error(what + " is not a list");
  for (const nlohmann::json& one : list) {
    if (!one.is_number_unsigned()) throw std::runtime_error(what + " holds something other than whole numbers from 0 on");
    numbers.push_back(one.get<std::uint64_t>());
  }
  return numbers;
}

Extent read_extent(const std::string& name, const nlohmann::json& described) {
  const std::string what = "its entry `" + name + "`";
  if (!described.is_object() || described.size() != 3 || !described.contains("dtype") || !described.contains("shape") ||
      !described.contains("data_offsets"))
    throw std::runtime_error(what + " does not have `dtype`, `shape` and `data_offsets` alone");
  if (!described["dtype"].is_string() || element_bytes(described["dtype"].get<std::string>()) == 0)
    throw std::runtime_error(what + " is of the unknown type " +
                             described["dtype"].dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  Extent extent{name, 0, 0, {described["dtype"].get<std::string>(), {}, {}}};
  for (const std::uint64_t size : whole_numbers(described["shape"], "the shape of " + what)) {
    if (size > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      throw std::runtime_error(what + " has an impossible shape");
    extent.entry.shape.push_back(static_cast<std::int64_t>(size));
  }
  const std::vector<std::uint64_t> offsets = whole_numbers(described["data_offsets"], "`data_offsets` of " + what);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) throw std::runtime_error(what + " has offsets that are not a pair of begin and end");
  extent.begin = offsets[0];
  extent.end = offsets[1];
  const std::optional<std::int64_t> bytes = bytes_of_shape(extent.entry.shape, element_bytes(extent.entry.dtype));
  if (!bytes || static_cast<std::uint64_t>(*bytes) != extent.end - extent.begin)
    throw std::runtime_error(what + " is " + extent.entry.dtype + " of shape " + shape_text(extent.entry.shape) + " in " +
                             std::to_string(extent.end - extent.begin) + " bytes");
  return extent;
}

/// Reads the positions of the entries. They must follow each other as the format demands: no gap, no overlap, up to the end of the file.
std::vector<Extent> read_extents(const nlohmann::json& header, std::uint64_t data_bytes) {
  std::vector<Extent> extents;
  for (const auto& [name, described] : header.items())
    if (name != "__metadata__") extents.push_back(read_extent(name, described));
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::uint64_t end = 0;
  for (const Extent& extent : extents) {
    if (extent.begin != end)
      throw std::runtime_error("its entry `" + extent.name + "` begins at byte " + std::to_string(extent.begin) +
                               " of the data, where the one before ends at " + std::to_string(end));
    end = extent.end;
  }
  if (end > data_bytes)
    throw std::runtime_error("it is truncated: " + std::to_string(data_bytes) + " of " + std::to_string(end) + " bytes of data are there");
  if (end < data_bytes) throw std::runtime_error("it has " + std::to_string(data_bytes - end) + " bytes that its header does not name");
  return extents;
}

void read_bytes(std::ifstream& stream, void* data, std::uint64_t size) {
  stream.read(static_cast<char*>(data), static_cast<std::streamsize>(size));
  if (static_cast<std::uint64_t>(stream.gcount()) != size) throw std::runtime_error("it ended while it was read");
}

Archive read_archive(std::ifstream& stream, std::uint64_t file_bytes) {
  std::uint64_t header_bytes = 0;
  if (file_bytes < sizeof header_bytes) throw std::runtime_error("it is truncated: it has " + std::to_string(file_bytes) + " bytes");
  read_bytes(stream, &header_bytes, sizeof header_bytes);
  if (header_bytes > max_header)
    throw std::runtime_error("it is not a safetensors file: its header would have " + std::to_string(header_bytes) + " bytes");
  if (header_bytes > file_bytes - sizeof header_bytes)
    throw std::runtime_error("it is truncated: its header would have " + std::to_string(header_bytes) + " bytes, but the whole file has " +
                             std::to_string(file_bytes));
  std::string text(header_bytes, '\0');
  read_bytes(stream, text.data(), text.size());
  const nlohmann::json header = parse_header(text);
  Archive archive;
  if (const auto metadata = header.find("__metadata__"); metadata != header.end()) {
    if (!metadata->is_object()) throw std::runtime_error("its `__metadata__` is not a map of texts");
    for (const auto& [key, value] : metadata->items()) {
      if (!value.is_string()) throw std::runtime_error("its `__metadata__` is not a map of texts");
      archive.metadata[key] = value.get<std::string>();
    }
  }
  for (Extent& extent : read_extents(header, file_bytes - sizeof header_bytes - header_bytes)) {
    extent.entry.bytes.resize(extent.end - extent.begin);
    read_bytes(stream, extent.entry.bytes.data(), extent.entry.bytes.size());
    archive.put(extent.name, std::move(extent.entry));
  }
  return archive;
}

}  // namespace

void Archive::put(const std::string& name, double value) { put(name, entry_of(std::span<const double>(&value, 1), {})); }
void Archive::put(const std::string& name, std::int64_t value) { put(name, entry_of(std::span<const std::int64_t>(&value, 1), {})); }
void Archive::put(const std::string& name, const std::string& text) {
  Entry entry{"U8", {static_cast<std::int64_t>(text.size())}, {}};
  const auto bytes = std::as_bytes(std::span(text));
  entry.bytes.assign(bytes.begin(), bytes.end());
  put(name, std::move(entry));
}
void Archive::put(const std::string& name, std::span<const double> values) {
  put(name, entry_of(values, {static_cast<std::int64_t>(values.size())}));
}
void Archive::put(const std::string& name, std::span<const float> values) {
  put(name, entry_of(values, {static_cast<std::int64_t>(values.size())}));
}
void Archive::put(const std::string& name, std::span<const std::int64_t> values) {
  put(name, entry_of(values, {static_cast<std::int64_t>(values.size())}));
}

void Archive::put(const std::string& name, const std::vector<std::string>& texts) {
  std::string together;
  std::vector<std::int64_t> lengths;
  for (const std::string& text : texts) {
    together += text;
    lengths.push_back(static_cast<std::int64_t>(text.size()));
  }
  put(name, together);
  put(name + ".lengths", std::span<const std::int64_t>(lengths));
}

const Archive::Entry& Archive::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw std::runtime_error("there is no entry `" + name + "`");
  return found->second;
}

double Archive::number(const std::string& name) const { return only_value<double>(*this, name); }
std::int64_t Archive::whole(const std::string& name) const { return only_value<std::int64_t>(*this, name); }
std::string Archive::text(const std::string& name) const {
  const Entry& found = entry(name);
  if (found.dtype != "U8") throw std::runtime_error("`" + name + "` holds " + found.dtype + ", but text (U8) is expected");
  return std::string(reinterpret_cast<const char*>(found.bytes.data()), found.bytes.size());
}
std::vector<double> Archive::numbers(const std::string& name) const { return values_of<double>(*this, name); }
std::vector<float> Archive::floats(const std::string& name) const { return values_of<float>(*this, name); }
std::vector<std::int64_t> Archive::wholes(const std::string& name) const { return values_of<std::int64_t>(*this, name); }

std::vector<std::string> Archive::texts(const std::string& name) const {
  const std::string together = text(name);
  std::vector<std::string> out;
  std::size_t at = 0;
  if (!has(name + ".lengths")) {
    for (std::size_t end = together.find('\n'); end != std::string::npos; end = together.find('\n', at)) {
      out.push_back(together.substr(at, end - at));
      at = end + 1;
    }
    return out;
  }
  for (const std::int64_t length : wholes(name + ".lengths")) {
    if (length < 0 || static_cast<std::size_t>(length) > together.size() - at)
      throw std::runtime_error("`" + name + ".lengths` does not fit the " + std::to_string(together.size()) + " bytes of `" + name + "`");
    out.push_back(together.substr(at, static_cast<std::size_t>(length)));
    at += static_cast<std::size_t>(length);
  }
  return out;
}

std::uint64_t Archive::hash() const {
  std::uint64_t hash = metadata.size();
  const auto add = [&hash](const void* data, std::size_t bytes) { hash = hash_bytes(data, bytes, hash); };
  for (const auto& [key, value] : written_metadata(*this)) {
    add(key.data(), key.size());
    add(value.data(), value.size());
  }
  for (const auto& [name, entry] : entries_) {
    add(name.data(), name.size());
    add(entry.dtype.data(), entry.dtype.size());
    add(entry.shape.data(), entry.shape.size() * sizeof entry.shape[0]);
    add(entry.bytes.data(), entry.bytes.size());
  }
  return hash;
}

void Archive::write(const std::filesystem::path& file) const {
  std::string header;
  try {
    header = header_of(*this);
  } catch (const std::exception& error) {
    throw std::runtime_error("cannot write " + file.string() + ": " + error.what());
  }
  DurableFile output(file);
  const std::uint64_t header_bytes = header.size();
  output.write(&header_bytes, sizeof header_bytes);
  output.write(header);
  for (const auto& [name, entry] : file_order(entries_)) output.write(entry->bytes.data(), entry->bytes.size());
  output.sync();
  output.close();
}

Archive Archive::read(const std::filesystem::path& file) {
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(file, error);
  if (error) throw std::runtime_error("cannot read " + file.string() + ": " + error.message());
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file.string() + ": " + std::strerror(errno));
  try {
    return read_archive(stream, bytes);
  } catch (const std::exception& reason) {
    throw std::runtime_error("cannot read " + file.string() + ": " + reason.what());
  }
}

}  // namespace leat
