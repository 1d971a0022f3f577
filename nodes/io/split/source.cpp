#include "io/split/source.h"

#include <algorithm>

#include "io/disk_file.h"

namespace leat {

Split::Part SplitSource::chosen() const {
  if (part == "labelled") return Split::Part::Labelled;
  if (part == "unlabelled") return Split::Part::Unlabelled;
  return part == "validation" ? Split::Part::Validation : Split::Part::All;
}

bool SplitSource::is_shuffled(const Frame& frame) const {
  return shuffle == "always" || (shuffle == "auto" && frame.key().kind == PhaseKind::Train);
}

std::size_t SplitSource::place_of(const Frame& frame) const { return static_cast<std::size_t>(pick(frame, length(), is_shuffled(frame))); }

void SplitSource::list_samples(const std::function<void(const Sample&)>& take) const {
  for (const int image : images()) {
    const SplitEntry& one = entry(image);
    take({.id = one.id, .file = one.file.string(), .patient = one.states_patient ? one.patient : ""});
  }
}

void SplitSource::check_part(const Shapes& shapes, const Port& taught, const Port& instead) const {
  if (images().empty()) {
    const bool is_validation = part == "validation";
    throw Refusal("the part `" + *part + "` of the split has no image", "part", is_validation ? "set `validation` of the split" : "");
  }
  if (!shapes.is_connected(taught)) return;
  const std::string why = split->why_secret(chosen());
  if (!why.empty())
    throw Refusal(why, std::string(taught.name()), "`" + std::string(instead.name()) + "` has it, but for diagnostics only");
}

void SplitSource::describe_files(Shapes& shapes, const Output<Encoded>& file) const {
  std::int64_t bytes = 0, pixels = 0, files = 1;
  // The kind of pixels, if all images have the same.
  int bits = entry(images()[0]).bits, channels = entry(images()[0]).planes;
  for (const int image : images()) {
    const SplitEntry& one = entry(image);
    bytes = std::max(bytes, one.bytes + static_cast<std::int64_t>(one.channels.size() * sizeof(Encoded::File)));
    pixels = std::max(pixels, one.size.pixels());
    files = std::max(files, static_cast<std::int64_t>(one.channels.size()) + 1);
    if (one.bits != bits) bits = 0;
    if (one.planes != channels) channels = 0;
  }
  shapes.set_bytes(file, bytes + static_cast<std::int64_t>(sizeof(Encoded)));
  if (pixels > 0) shapes.set_fact(file, "pixels", pixels);
  if (bits > 0) shapes.set_fact(file, "bits", bits);
  if (channels > 0) shapes.set_fact(file, "channels", channels);
  if (files > 1) shapes.set_fact(file, "files", files);
  if (std::all_of(images().begin(), images().end(), [this](int image) { return entry(image).is_of_plugin; }))
    shapes.set_fact(file, "of a plugin", 1);
}

void SplitSource::warn_of_reuse(const Opening& opening) const {
  if (opening.warn && part == "unlabelled" && split->reuses_labelled(target_))
    opening.warn("`" + opening.name + "`: all training images are labelled, so `part: unlabelled` reads them again, without their labels");
}

Encoded SplitSource::read(Frame& frame, const SplitEntry& entry) {
  Sample sample;
  sample.id = entry.id;
  sample.file = entry.file.string();
  sample.group = entry.group;
  sample.patient = entry.whose;
  sample.facts = entry.facts;
  frame.identify(std::move(sample));
  Encoded out{read_whole_file(entry.file)};
  if (!entry.channels.empty()) out.name = entry.file.filename().string();
  for (const std::filesystem::path& one : entry.channels) out.channels.push_back({one.filename().string(), read_whole_file(one)});
  return out;
}

}  // namespace leat
