#pragma once

#include <streambuf>
#include <string>
#include <utility>

#include "leat/diagnostics.h"

namespace leat::viewer {

/// Takes what a stream writes, and throws Refusal with `refusal` once it has more than `most` bytes. The stream passes that on if its
/// `exceptions` are set.
class LimitedText final : public std::streambuf {
 public:
  LimitedText(std::size_t most, std::string refusal) : most_(most), refusal_(std::move(refusal)) {}
  [[nodiscard]] std::string take() { return std::move(text_); }

 protected:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    text_.append(bytes, static_cast<std::size_t>(count));
    check();
    return count;
  }
  int overflow(int byte) override {
    text_ += static_cast<char>(byte);
    check();
    return byte;
  }

 private:
  void check() const {
    if (text_.size() > most_) throw Refusal(refusal_);
  }

  const std::size_t most_;
  const std::string refusal_;
  std::string text_;
};

}  // namespace leat::viewer
