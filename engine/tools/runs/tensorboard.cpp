#include "leat/tensorboard.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/json.h"
#include "leat/diagnostics.h"
#include "leat/log_header.h"
#include "record/event_log.h"
#include "report/finished_run.h"

namespace leat {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Returns the CRC-32C (Castagnoli), which TFRecord files use.
std::uint32_t crc32c(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> out{};
    for (std::uint32_t k = 0; k < 256; ++k) {
      std::uint32_t value = k;
      for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0x82F63B78u : 0u);
      out[k] = value;
    }
    return out;
  }();
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const char one : bytes) crc = table[(crc ^ static_cast<std::uint8_t>(one)) & 0xFF] ^ crc >> 8;
  return crc ^ 0xFFFFFFFFu;
}

template <class T>
std::string raw(T value) {
  std::string out(sizeof value, '\0');
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

/// Returns a record: length, checksum of the length, bytes, checksum of the bytes. A checksum is rotated by 15 bits and increased by a
/// constant.
std::string record(const std::string& bytes) {
  const auto masked = [](std::uint32_t crc) { return raw((crc >> 15 | crc << 17) + 0xA282EAD8u); };
  const std::string length = raw(static_cast<std::uint64_t>(bytes.size()));
  return length + masked(crc32c(length)) + bytes + masked(crc32c(bytes));
}

// Protocol buffers: a field is its number and wire type, then its value.
std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 128; value >>= 7) out += static_cast<char>((value & 127) | 128);
  return out + static_cast<char>(value);
}
std::string bytes_field(int number, const std::string& bytes) {
  return varint(static_cast<std::uint64_t>(number) << 3 | 2) + varint(bytes.size()) + bytes;
}
std::string double_field(int number, double value) { return varint(static_cast<std::uint64_t>(number) << 3 | 1) + raw(value); }
std::string float_field(int number, float value) { return varint(static_cast<std::uint64_t>(number) << 3 | 5) + raw(value); }
std::string whole_field(int number, std::int64_t value) {
  return varint(static_cast<std::uint64_t>(number) << 3) + varint(static_cast<std::uint64_t>(value));
}

/// tensorflow.Event: wall_time = 1, step = 2, file_version = 3, summary = 5; Summary.value = 1: tag = 1, simple_value = 2.
std::string event(double time, std::int64_t step, const std::string& rest) {
  return record(double_field(1, time) + whole_field(2, step) + rest);
}

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// Returns metrics by name. JSON has null for NaN.
std::map<std::string, double> figures(const json& metrics) {
  std::map<std::string, double> out;
  for (const auto& [name, value] : metrics.items()) out[name] = value.is_null() ? NAN : value.get<double>();
  return out;
}

bool are_figures(const json& metrics) {
  const auto is_figure = [](const json& value) { return value.is_number() || value.is_null(); };
  return metrics.is_object() && std::all_of(metrics.begin(), metrics.end(), is_figure);
}

/// Returns true if this is a line of metrics.jsonl.
bool is_metrics(const json& entry) {
  return entry.is_object() && entry.value("phase", json()).is_string() && entry.value("step", json()).is_number_integer() &&
         are_figures(entry.value("metrics", json()));
}

/// Returns from the log when each step of a train phase was retired, in seconds since 1970.
std::map<std::pair<std::string, std::int64_t>, double> times_of(const fs::path& log) {
  std::map<std::pair<std::string, std::int64_t>, double> out;
  std::vector<std::string> phases;
  double begun = 0;
  record::LogReader reader;
  reader.header = [&](std::string_view text) {
    LogHeader header;
    try {
      header = read_log_header(text);
    } catch (const std::runtime_error& error) {
      throw Refusal(log.string() + ": " + error.what());
    }
    begun = header.begun;
    phases.clear();
    for (const LogHeader::Phase& phase : header.phases) phases.push_back(phase.kind == "train" ? phase.name : "");
  };
  reader.event = [&](const record::Event& one) {
    if (one.kind == record::EventKind::Retired && begun > 0 && one.phase < phases.size() && !phases[one.phase].empty())
      out[{phases[one.phase], one.step + 1}] = begun + 1e-9 * static_cast<double>(one.ready_ns);
  };
  if (fs::exists(log)) (void)record::read_log(log, reader);
  return out;
}

}  // namespace

TensorboardFile::TensorboardFile(fs::path run, const fs::path& folder) : run_(std::move(run)), file_(folder / "events.out.tfevents.leat") {
  if (!fs::exists(run_ / "graph.yaml") && !fs::exists(run_ / "metrics.jsonl"))
    throw Refusal(run_.string() + " is not a run's folder: it has no metrics.jsonl");
  fs::create_directories(folder);
}

void TensorboardFile::begin() {
  std::ofstream out(file_, std::ios::binary);
  times_ = times_of(run_ / "events.log");
  out << event(times_.empty() ? now() : times_.begin()->second, 0, bytes_field(3, "brain.Event:2"));
  if (!out.flush()) throw std::runtime_error("cannot write " + file_.string());
  read_ = 0;
  lines_ = 0;
  time_ = 0;
  has_results_ = false;
  lined_.clear();
  is_begun_ = true;
}

void TensorboardFile::update() {
  std::error_code error;
  const auto size = static_cast<std::int64_t>(fs::file_size(run_ / "metrics.jsonl", error));
  if (error) return;
  const bool was_begun = is_begun_ && size >= read_;
  if (!was_begun) begin();
  if (size > read_) add_lines(size, was_begun);
  if (!has_results_ && fs::exists(run_ / "results.json")) add_results();
}

void TensorboardFile::add_lines(std::int64_t size, bool are_new) {
  std::ifstream in = report::open_to_read(run_ / "metrics.jsonl");
  in.seekg(read_);
  std::string text(static_cast<std::size_t>(size - read_), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  // The next call reads a line that is still being written.
  for (std::size_t end = text.find('\n'), at = 0; end != std::string::npos; at = end + 1, end = text.find('\n', at)) {
    ++lines_;
    add(text.substr(at, end - at), are_new);
    read_ += static_cast<std::int64_t>(end - at) + 1;
  }
}

void TensorboardFile::add(const std::string& line, bool is_new) {
  const json entry = json::parse(line, nullptr, false);
  if (!is_metrics(entry))
    throw Refusal((run_ / "metrics.jsonl").string() + ":" + std::to_string(lines_) + ": the line is not {phase, step, metrics} in JSON");
  const std::string phase = entry.at("phase");
  const std::int64_t step = entry.at("step");
  // The log has the times of training steps. Other metrics get the time of the training step before them.
  const auto known = times_.find({phase, step});
  if (known != times_.end()) time_ = known->second;
  else if (is_new || time_ == 0) time_ = now();
  lined_.insert(phase);
  write(phase, step, figures(entry.at("metrics")));
}

/// Adds the phases that follow the training, which have metrics only once: at the step of the weights that they judged, if it was recorded,
/// else at the end of the training.
void TensorboardFile::add_results() {
  std::ifstream in = report::open_to_read(run_ / "results.json");
  const json results = json::parse(in, nullptr, false);
  const auto phases = results.is_object() ? results.find("phases") : results.end();
  if (phases == results.end() || !phases->is_object() || !results.value("steps", json()).is_number_integer() ||
      !std::all_of(phases->begin(), phases->end(), are_figures))
    throw Refusal((run_ / "results.json").string() + " is not JSON, or has no steps and phases");
  has_results_ = true;
  if (time_ == 0) time_ = now();
  const json weights_of = results.value("weights_of", json());
  for (const auto& [phase, metrics] : phases->items()) {
    const auto found = weights_of.find(phase);
    const bool is_known = weights_of.is_object() && found != weights_of.end() && found->is_number_integer();
    if (!lined_.contains(phase)) write(phase, is_known ? *found : results.at("steps"), figures(metrics));
  }
}

void TensorboardFile::write(const std::string& phase, std::int64_t step, const std::map<std::string, double>& metrics) {
  std::string values;
  for (const auto& [name, value] : metrics)
    values += bytes_field(1, bytes_field(1, phase + "/" + name) + float_field(2, static_cast<float>(value)));
  if (values.empty()) return;
  std::ofstream out(file_, std::ios::binary | std::ios::app);
  out << event(time_, step, bytes_field(5, values));
  if (!out.flush()) throw std::runtime_error("cannot write " + file_.string());
}

}  // namespace leat
