#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace leat::run {

/// A message to the other ranks, which run the same build on machines of one byte order: numbers, and texts after their lengths.
class Packed {
 public:
  void add(std::int64_t number) { text_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    text_ += text;
  }
  void add(std::span<const std::byte> bytes) { add(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Reads such a message. Throws std::runtime_error if it is too short.
class Unpacked {
 public:
  explicit Unpacked(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool is_empty() const { return rest_.empty(); }
  [[nodiscard]] std::int64_t number() {
    std::int64_t out = 0;
    std::memcpy(&out, take(sizeof out).data(), sizeof out);
    return out;
  }
  [[nodiscard]] std::string_view text() { return take(static_cast<std::size_t>(number())); }
  [[nodiscard]] std::span<const std::byte> bytes() { return std::as_bytes(std::span(text())); }

 private:
  std::string_view take(std::size_t count) {
    if (count > rest_.size()) throw std::runtime_error("a message of another rank is too short");
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }

  std::string_view rest_;
};

}  // namespace leat::run
