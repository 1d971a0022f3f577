#include "leat/trace.h"

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "leat/log_header.h"
#include "record/event_log.h"

namespace leat {

namespace {

using record::Event;
using record::EventKind;

/// The names in a header, quoted and escaped for JSON.
struct TraceNames {
  struct Phase {
    std::string name;
    std::vector<std::string> nodes;
    std::vector<bool> is_device;
  };
  std::vector<Phase> phases;
  double begun = 0;  ///< Unix time; 0: the log is older and does not say.

  TraceNames() = default;
  explicit TraceNames(const LogHeader& header) : begun(header.begun) {
    for (const LogHeader::Phase& phase : header.phases) {
      Phase& made = phases.emplace_back(Phase{json_text(phase.name), {}, {}});
      for (const LogHeader::Node& node : phase.nodes) {
        made.nodes.push_back(json_text(node.name));
        made.is_device.push_back(node.is_on_device());
      }
    }
  }
};

class Trace {
 public:
  explicit Trace(std::ostream& out) : out_(out) { out_ << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":["; }
  void end() { out_ << "\n]}\n"; }

  void header(std::string_view text) {
    names_ = TraceNames(read_log_header(text));
    ++process_;
    threads_.clear();
    if (process_ == 1) first_begun_ = names_.begun;
    // Each part has a clock of its own, which begins with the part.
    offset_us_ = names_.begun > 0 && first_begun_ > 0 ? (names_.begun - first_begun_) * 1e6 : end_us_;
    named("process_name", 0, process_ == 1 ? "\"run\"" : "\"resumed run " + std::to_string(process_ - 1) + "\"");
  }

  void event(const Event& event) {
    if (event.phase >= names_.phases.size()) return;
    const TraceNames::Phase& phase = names_.phases[event.phase];
    if (event.kind == EventKind::Admitted || event.kind == EventKind::Retired) {
      const bool is_begin = event.kind == EventKind::Admitted;
      const double at = us(event.ready_ns);
      begin() << "\"ph\":\"" << (is_begin ? 'b' : 'e') << "\",\"cat\":" << phase.name << ",\"name\":" << phase.name << ",\"id\":\""
              << process_ << '.' << event.phase << '.' << event.occurrence << '.' << event.step << "\",\"pid\":" << process_
              << ",\"tid\":0,\"ts\":";
      put(at);
      out_ << ",\"args\":{\"step\":" << event.step << ",\"occurrence\":" << event.occurrence << "}}";
      end_us_ = std::max(end_us_, at);
      return;
    }
    if (event.node >= phase.nodes.size()) return;
    const std::uint32_t row = event.thread + 1;
    if (threads_.insert(row).second)
      named("thread_name", row, phase.is_device[event.node] ? "\"device lane\"" : "\"worker " + std::to_string(row) + "\"");
    const double at = us(event.ready_ns + event.waited_ns);
    begin() << "\"ph\":\"X\",\"cat\":" << phase.name << ",\"name\":" << phase.nodes[event.node] << ",\"pid\":" << process_
            << ",\"tid\":" << row << ",\"ts\":";
    put(at);
    out_ << ",\"dur\":";
    put(static_cast<double>(event.busy_ns) * 1e-3);
    out_ << ",\"args\":{\"step\":" << event.step;
    if (event.slot >= 0) out_ << ",\"slot\":" << event.slot;
    if (event.kind == EventKind::Dropped) out_ << ",\"dropped\":true";
    out_ << ",\"waited_us\":";
    put(static_cast<double>(event.waited_ns) * 1e-3);
    out_ << "}}";
    end_us_ = std::max(end_us_, at + static_cast<double>(event.busy_ns) * 1e-3);
  }

 private:
  [[nodiscard]] double us(std::int64_t ns) const { return offset_us_ + static_cast<double>(ns) * 1e-3; }

  std::ostream& begin() {
    out_ << (is_first_ ? "\n{" : ",\n{");
    is_first_ = false;
    return out_;
  }
  void named(const char* what, std::uint32_t row, const std::string& name) {
    begin() << "\"ph\":\"M\",\"name\":\"" << what << "\",\"pid\":" << process_ << ",\"tid\":" << row << ",\"args\":{\"name\":" << name
            << "}}";
  }
  /// Writes microseconds with nanoseconds as decimals.
  void put(double us) {
    char text[48];
    const int length = std::snprintf(text, sizeof text, "%.3f", us);
    out_.write(text, length);
  }

  std::ostream& out_;
  TraceNames names_;
  std::set<std::uint32_t> threads_;  ///< Rows that have a name.
  double first_begun_ = 0;
  double offset_us_ = 0;
  double end_us_ = 0;
  int process_ = 0;
  bool is_first_ = true;
};

}  // namespace

void write_trace(const std::filesystem::path& events_log, std::ostream& out) {
  Trace trace(out);
  record::LogReader reader;
  reader.header = [&](std::string_view text) { trace.header(text); };
  reader.event = [&](const Event& event) { trace.event(event); };
  (void)record::read_log(events_log, reader);
  trace.end();
}

}  // namespace leat
