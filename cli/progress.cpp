#include "progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "leat/spelling.h"

namespace leat::cli {

namespace {

/// A pace is measured over this time.
constexpr std::chrono::seconds pace_window{5};
/// A pace is unknown before this time has passed.
constexpr std::chrono::milliseconds shortest_pace{500};

/// Returns true if a metric is shown: a loss, or the share of a gate.
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

std::string cut_to(const std::string& line, int columns) {
  // Every byte except UTF-8 continuation bytes begins a character.
  const auto begins = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
  int count = 0;
  for (std::size_t k = 0; k < line.size(); ++k)
    if (begins(line[k]) && ++count > columns) return line.substr(0, k);
  return line;
}

StatusLine::StatusLine() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

StatusLine::~StatusLine() { clear(); }

void StatusLine::clear() {
  if (is_shown_) std::fputs("\r\033[K", stderr);
  is_shown_ = false;
}

void StatusLine::show(const std::string& text) {
  const std::string line = printable(text);
  // Truncate the line, because a line that wraps cannot be overwritten.
  winsize size{};
  const bool is_known = is_terminal_ && ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  std::fprintf(stderr, is_terminal_ ? "\r\033[K%s" : "%s\n", (is_known ? cut_to(line, size.ws_col - 1) : line).c_str());
  is_shown_ = is_terminal_;
  std::fflush(stderr);
}

void StatusLine::message(const std::string& sentence) {
  clear();
  std::fprintf(stderr, "%s\n", printable(sentence).c_str());
}

void Pace::add(const Progress& progress, Clock::time_point now) {
  if (progress.phase != phase_ || moments_.empty() || progress.step <= moments_.back().step) {
    phase_ = progress.phase;
    first_ = {now, 0, progress.step};
    moments_ = {first_};
  } else {
    const Moment moment{now, moments_.back().images + progress.images, progress.step};
    // Several short steps share one moment. This limits the number of moments.
    const bool is_soon = moments_.size() > 1 && now - moments_[moments_.size() - 2].time < std::chrono::milliseconds(50);
    if (is_soon) moments_.back() = moment;
    else moments_.push_back(moment);
  }
  steps_ = progress.steps;
  // Keep at least two moments, so that a step longer than the window still gives a pace.
  while (moments_.size() > 2 && now - moments_[1].time >= pace_window) moments_.pop_front();
}

void Pace::leave_out_pause(Clock::time_point now) {
  if (moments_.empty()) return;
  const auto time = now - moments_.back().time;
  for (Moment& one : moments_) one.time += time;
  first_.time += time;
}

std::optional<double> Pace::images_per_second() const {
  if (moments_.empty()) return {};
  const auto time = moments_.back().time - moments_.front().time;
  if (time < shortest_pace) return {};
  return static_cast<double>(moments_.back().images - moments_.front().images) / std::chrono::duration<double>(time).count();
}

std::optional<double> Pace::seconds_left() const {
  if (moments_.empty() || moments_.back().step >= steps_) return {};
  const auto time = moments_.back().time - first_.time;
  if (time < shortest_pace) return {};
  return std::chrono::duration<double>(time).count() / static_cast<double>(moments_.back().step - first_.step) *
         static_cast<double>(steps_ - moments_.back().step);
}

std::string progress_text(const Progress& progress, const Pace& pace, bool with_bar) {
  std::string line = progress.phase + "  ";
  if (with_bar && progress.steps > 0) line += bar(progress.step, progress.steps);
  line +=
      progress.steps > 0 ? std::to_string(progress.step) + "/" + std::to_string(progress.steps) : "step " + std::to_string(progress.step);
  if (const auto rate = pace.images_per_second()) {
    char text[40];
    std::snprintf(text, sizeof text, *rate < 10 ? "  %.1f images/s" : "  %.0f images/s", *rate);
    line += text;
  }
  if (const auto seconds = pace.seconds_left()) line += "  " + clock_words(*seconds) + " left";
  for (const auto& [name, value] : progress.metrics) {
    if (!is_watched(name) || line.size() > 140) continue;
    char one[64];
    std::snprintf(one, sizeof one, "  %s %.3f", name.c_str(), value);
    line += one;
  }
  return line;
}

void ProgressLine::step_retired(const Progress& progress) {
  const std::lock_guard guard(lock_);
  const auto now = Pace::Clock::now();
  if (progress.phase != phase_) {
    phase_ = progress.phase;
    last_ = now;
  }
  pace_.add(progress, now);
  const bool is_last = progress.step == progress.steps;
  const auto pause = line_.is_terminal() ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10000);
  if (!is_last && now - last_ < pause) return;
  last_ = now;
  const std::string line = progress_text(progress, pace_, line_.is_terminal());
  if (is_last) line_.message(line);
  else line_.show(line);
}

void ProgressLine::message(const std::string& sentence) {
  const std::lock_guard guard(lock_);
  // A pause and its end are messages too.
  const bool is_paused = run_ && run_->now().is_paused;
  if (std::exchange(was_paused_, is_paused) && !is_paused) pace_.leave_out_pause(Pace::Clock::now());
  line_.message(sentence);
}

}  // namespace leat::cli
