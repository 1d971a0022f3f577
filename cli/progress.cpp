#include "progress.h"

#include <unistd.h>

#include <cstdio>

namespace leat::cli {

namespace {

/// Losses, shares of gates and accuracies of pseudo-labels are what people watch.
bool is_watched(const std::string& name) { return name.ends_with(".loss") || name.ends_with(".share"); }

}  // namespace

std::string clock_words(double seconds) {
  const auto whole = static_cast<long long>(seconds + .5);
  char text[32];
  if (whole >= 3600) std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
  else std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  return text;
}

std::string bar(std::int64_t done, std::int64_t all) {
  std::string out;
  for (std::int64_t k = 0; k < 20; ++k) out += k < 20 * done / all ? "━" : "─";
  return out + "  ";
}

StatusLine::StatusLine() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

StatusLine::~StatusLine() { clear(); }

void StatusLine::clear() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
  is_shown_ = false;
}

void StatusLine::show(const std::string& line) {
  std::fprintf(stderr, is_terminal_ ? "\r\033[K%s" : "%s\n", line.c_str());
  is_shown_ = is_terminal_;
  std::fflush(stderr);
}

void StatusLine::message(const std::string& sentence) {
  clear();
  std::fprintf(stderr, "%s\n", sentence.c_str());
}

std::string ProgressLine::text(const Progress& progress, double seconds) const {
  char numbers[96];
  const std::int64_t done = progress.step - first_step_;
  const double rate = seconds > 0 ? static_cast<double>(images_) / seconds : 0;
  std::snprintf(numbers, sizeof numbers, "%lld/%lld  %.0f images/s", static_cast<long long>(progress.step),
                static_cast<long long>(progress.steps), rate);
  std::string line = progress.phase + "  ";
  if (line_.is_terminal() && progress.steps > 0) line += bar(progress.step, progress.steps);
  line += numbers;
  for (const auto& [name, value] : progress.metrics) {
    if (!is_watched(name) || line.size() > 140) continue;
    char one[64];
    std::snprintf(one, sizeof one, "  %s %.3f", name.c_str(), value);
    line += one;
  }
  if (done > 0 && progress.steps > progress.step)
    line += "  " + clock_words(seconds / static_cast<double>(done) * static_cast<double>(progress.steps - progress.step)) + " left";
  return line;
}

void ProgressLine::step_retired(const Progress& progress) {
  const std::lock_guard guard(lock_);
  const auto now = Clock::now();
  if (progress.phase != phase_ || progress.step <= first_step_) {
    phase_ = progress.phase;
    first_step_ = progress.step - 1;
    images_ = 0;
    begin_ = last_ = now;
  }
  images_ += progress.images;
  const bool is_last = progress.step == progress.steps;
  const auto pause = line_.is_terminal() ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10000);
  if (!is_last && now - last_ < pause) return;
  last_ = now;
  const std::string line = text(progress, std::chrono::duration<double>(now - begin_).count());
  if (is_last) line_.message(line);
  else line_.show(line);
}

void ProgressLine::message(const std::string& sentence) {
  const std::lock_guard guard(lock_);
  line_.message(sentence);
}

}  // namespace leat::cli
