#include "verdict/verdict_words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/text_table.h"

namespace leat::verdict {

namespace {

std::string upper(std::string text) {
  if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text;
}

/// Returns the texts as a list: "a", "a and b", "a, b and c".
std::string list(const std::vector<std::string>& texts) {
  std::string out;
  for (std::size_t k = 0; k < texts.size(); ++k) out += (k == 0 ? "" : k + 1 == texts.size() ? " and " : ", ") + texts[k];
  return out;
}

std::string ordinal(int number) {
  static constexpr std::array words{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"};
  return number <= static_cast<int>(words.size()) ? words[static_cast<std::size_t>(number - 1)] : "further";
}

std::string tenths(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

}  // namespace

std::string lower(std::string text) {
  if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z') text.front() = static_cast<char>(text.front() - 'A' + 'a');
  return text;
}

std::string percent(double part) { return std::to_string(std::lround(100 * part)) + " %"; }

std::string size(double bytes) {
  constexpr double kilo = 1024;
  if (bytes < kilo) return std::to_string(std::lround(bytes)) + " bytes";
  static constexpr std::array units{"KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (bytes /= kilo; bytes >= kilo && unit + 1 < units.size(); bytes /= kilo) ++unit;
  return tenths(bytes) + " " + units[unit];
}

std::string VerdictWords::waits() const {
  if (shares_->names.has_device()) return "The device " + tense("waits ", "waited ") + percent(1 - shares_->device) + " of its time";
  return "`" + shares_->names.name + "` " + tense("waits", "waited");
}

std::string VerdictWords::nodes(const std::vector<NodeShare>& named) const {
  std::vector<std::string> texts;
  for (const NodeShare& one : named) texts.push_back("`" + shares_->name(one) + "`");
  return list(texts);
}

std::string VerdictWords::parts(const std::vector<NodeShare>& named) const {
  std::vector<std::string> texts;
  for (const NodeShare& one : named) texts.push_back(percent(one.share));
  return list(texts);
}

std::string VerdictWords::workers_text() const {
  if (shares_->workers == 1) return "the worker's time";
  return shares_->workers == 2 ? "both workers" : "all " + std::to_string(shares_->workers) + " workers";
}

std::string VerdictWords::workers() const { return shares_->workers == 1 ? "The worker" : upper(workers_text()); }

std::string VerdictWords::cores() const {
  const long count = std::lround(shares_->usage.cores());
  return std::to_string(count) + (count == 1 ? " core" : " cores");
}

std::string VerdictWords::change(const Forecast& one) const {
  if (one.change == Gain::Change::Worker) return "a " + ordinal(one.to) + " worker";
  if (one.change == Gain::Change::Credit) return std::to_string(one.to) + " steps in flight";
  return "`" + shares_->names.nodes[static_cast<std::size_t>(one.node)].name + "` in half its time";
}

std::string VerdictWords::bring(const Forecast& one) const {
  const bool is_of_device = one.change == Gain::Change::Faster && shares_->names.nodes[static_cast<std::size_t>(one.node)].is_device;
  if (shares_->names.has_device() && !is_of_device) return "bring the wait to about " + percent(one.waits);
  return "make steps about " + percent(one.saved()) + " shorter";
}

std::string VerdictWords::sentence(const Forecast& one, const Forecast* less) const {
  constexpr double worth_saying = 0.05;
  if (one.saved() < worth_saying) return upper(change(one)) + " would not help.";
  std::string text = upper(change(one)) + (less ? " would help more than " + change(*less) + ": it would " : " would ") + bring(one);
  if (shares_->names.has_device() && text.find("shorter") == std::string::npos)
    text += ", and make steps " + percent(one.saved()) + " shorter";
  return text + ".";
}

/// Returns what the figure of steps a second leaves out.
std::string VerdictWords::pauses() const {
  constexpr double worth_saying = 0.05;
  const double whole = shares_->seconds + shares_->paused;
  if (shares_->paused < worth_saying * whole) return {};
  return ", and " + tenths(static_cast<double>(shares_->sums.steps) / whole) + " with the time in which other phases " +
         tense("have", "had") + " the device";
}

std::string VerdictWords::cache() const {
  constexpr double worth_saying = 0.1;
  std::vector<std::string> names;
  double takes = 0, saves = 0, epochs = 0;
  std::int64_t bytes = 0;
  bool is_size_known = true;
  for (const LogHeader::Cacheable& one : shares_->names.cacheable) {
    if (one.epochs < 2) continue;
    for (const NodeShare& node : shares_->of_workers) {
      if (std::find(one.nodes.begin(), one.nodes.end(), node.node) == one.nodes.end()) continue;
      takes += node.share;
      saves += node.share * (1 - 1 / one.epochs);
    }
    for (const int node : one.nodes) names.push_back("`" + shares_->names.nodes[static_cast<std::size_t>(node)].name + "`");
    epochs = std::max(epochs, one.epochs);
    bytes += one.bytes;
    is_size_known = is_size_known && one.bytes > 0;
  }
  if (saves < worth_saying) return {};
  return upper(list(names)) + (names.size() == 1 ? " takes " : " take ") + percent(takes) + " of " + workers_text() + " and " +
         (names.size() == 1 ? "computes" : "compute") + " the same values in each of " + std::to_string(std::lround(epochs)) +
         (shares_->names.is_training ? " epochs" : " occurrences of `" + shares_->names.name + "`") +
         ": `cache` of the plan would keep them" + (is_size_known ? ", in " + size_words(bytes) : "") + ".";
}

std::vector<std::string> VerdictWords::facts(bool hides_gains) const {
  std::vector<std::string> out;
  if (!shares_->of_workers.empty()) {
    constexpr std::size_t most = 3;
    constexpr double least = 0.01;
    std::vector<std::string> texts;
    for (std::size_t k = 0; k < std::min(most, shares_->of_workers.size()) && shares_->of_workers[k].share >= least; ++k)
      texts.push_back("`" + shares_->name(shares_->of_workers[k]) + "` " + percent(shares_->of_workers[k].share));
    out.push_back(workers() + " " + (shares_->workers == 1 ? is() : are()) + " busy " + percent(shares_->busy) + " of the time" +
                  (texts.empty() ? "" : ": " + list(texts)) + ".");
  }
  constexpr double worth_saying = 0.05;
  if (shares_->names.has_device() && shares_->sums.device_busy > 0 && shares_->device < 1 - worth_saying)
    out.push_back("Without waiting, the device would " + tense("do ", "have done ") +
                  tenths(static_cast<double>(shares_->sums.steps) / (static_cast<double>(shares_->sums.device_busy) * 1e-9)) +
                  " steps a second; " + tense("now it does ", "it did ") +
                  tenths(static_cast<double>(shares_->sums.steps) / shares_->seconds) + pauses() + ".");
  const Usage& usage = shares_->usage;
  if (usage.seconds > 0 && usage.all_core_seconds > 0)
    out.push_back((shares_->is_usage_around ? "In the seconds around it, the run used " : "The run used ") +
                  tenths(usage.process / usage.seconds) + " of " + cores() + "; other programs used " +
                  tenths(std::max(0.0, usage.machine - usage.process) / usage.seconds) +
                  (hides_gains ? ", so this does not say what a change would bring." : "."));
  return out;
}

}  // namespace leat::verdict
