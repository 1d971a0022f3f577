#include "run/call_memory.h"

namespace leat::run {

bool CallMemory::restore(const Fingerprint& fingerprint, Frame& frame, Frame::Call& call) {
  const std::shared_ptr<const CallResult> known = find(fingerprint);
  if (!known) return false;
  const bool is_on_device = call.node->segment >= 0;
  const auto placed = [&](const Value& value) { return is_on_device && value ? lane_.upload(value) : value; };
  for (std::size_t output = 0; output < known->puts.size(); ++output) call.puts[output] = placed(known->puts[output]);
  if (call.step) {
    for (const auto& [place, value] : known->row_puts) call.step->row_puts[place] = placed(value);
    call.step->row_drops = known->row_drops;
  }
  call.dropped = known->dropped;
  if (known->sample) frame.identify(*known->sample);
  for (const std::string& sentence : known->notes) frame.note(sentence);
  for (const std::string& sentence : known->warnings) frame.warn(sentence);
  return true;
}

void CallMemory::keep(const Fingerprint& fingerprint, Frame& frame, Frame::Call& call, CallResult said) {
  const bool is_on_device = call.node->segment >= 0;
  const auto on_host = [&](const Value& value) { return is_on_device && value ? lane_.fetch(value) : value; };
  for (std::size_t output = 0; output < call.node->wires.size(); ++output) said.puts.push_back(on_host(call.puts[output]));
  if (call.step) {
    for (const auto& [place, value] : call.step->row_puts) said.row_puts[place] = on_host(value);
    said.row_drops = call.step->row_drops;
  }
  said.dropped = call.dropped;
  if (call.node->source && call.place >= 0) said.sample = frame.sample();
  keep(fingerprint, std::move(said));
}

}  // namespace leat::run
