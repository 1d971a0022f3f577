#include "program/trained_samples.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "leat/diagnostics.h"
#include "leat/file_contents.h"
#include "leat/file_marks.h"
#include "leat/value.h"
#include "program/equal_files.h"

namespace leat::program {

namespace {

struct Seen {
  std::int64_t bytes = -1;
  std::int64_t time_ns = 0;
};

/// A file, or a part of it.
struct FilePlace {
  std::string_view path;
  FilePart part;
  auto operator<=>(const FilePlace&) const = default;
};

template <class OfSample>
FilePlace place_of(const OfSample& one) {
  return {one.file, one.part};
}

Seen look_at(const FilePlace& place) {
  struct ::stat found {};
  // Opening a pipe would wait for its writer.
  if (::stat(std::string(place.path).c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
  if (place.part.begin + std::max<std::int64_t>(0, place.part.bytes) > found.st_size) return {};
  return {place.part.is_whole() ? found.st_size : place.part.bytes,
          static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec};
}

Extent extent_of(bool is_whole) { return is_whole ? Extent::Whole : Extent::Blocks; }

/// Sets size, time and hash of the samples' files. Reads each file once. Does not read files whose size and time are those in `before`.
void read_files(std::vector<TrainedSample>& samples, const std::vector<TrainedSample>& before) {
  std::map<FilePlace, std::size_t> first;
  std::vector<std::size_t> places;
  for (std::size_t k = 0; k < samples.size(); ++k)
    if (!samples[k].file.empty() && first.emplace(place_of(samples[k]), k).second) places.push_back(k);
  for_each_place(places.size(), [&](std::size_t which, std::vector<char>&) {
    TrainedSample& one = samples[places[which]];
    const Seen seen = look_at(place_of(one));
    one.bytes = seen.bytes;
    one.time_ns = seen.time_ns;
  });
  std::int64_t bytes = 0;
  for (const std::size_t place : places) bytes += std::max<std::int64_t>(0, samples[place].bytes);
  const bool is_whole = bytes <= FileMarks::whole_bytes;
  for (const TrainedSample& one : before) {
    const auto found = one.contents == 0 || (one.is_whole != 0) != is_whole ? first.end() : first.find(place_of(one));
    if (found == first.end()) continue;
    TrainedSample& now = samples[found->second];
    if (now.bytes == one.bytes && now.time_ns == one.time_ns) now.contents = one.contents;
  }
  std::vector<HashedFile> unread;
  std::vector<std::size_t> unread_places;
  for (const std::size_t place : places) {
    const TrainedSample& one = samples[place];
    if (one.bytes < 0 || one.contents != 0) continue;
    unread.push_back({one.file, one.bytes, one.time_ns, one.part.begin});
    unread_places.push_back(place);
  }
  const std::vector<std::uint64_t> hashes = hashes_of_files(unread, extent_of(is_whole));
  for (std::size_t k = 0; k < hashes.size(); ++k) samples[unread_places[k]].contents = hashes[k];
  for (TrainedSample& one : samples) {
    one.is_whole = is_whole ? 1 : 0;
    if (one.file.empty()) continue;
    const TrainedSample& read = samples[first.at(place_of(one))];
    one.bytes = read.bytes;
    one.time_ns = read.time_ns;
    one.contents = read.contents;
  }
}

const SharesWith* shares_of(const Component& component) {
  for (const ParamPort* param : component.params())
    if (const auto* found = dynamic_cast<const SharesWith*>(param)) return found;
  return nullptr;
}

}  // namespace

void list_samples(const ProgramNode& node, const std::function<void(const Sample&)>& take) { node.source->list_samples(take); }

DataSetOf data_set_of(const Program& program, const ProgramPhase& phase, const ProgramNode& source) {
  DataSetOf out{phase.name + "." + source.name, -1, shares_of(*source.node)};
  for (const auto& [index, access] : source.resources) {
    const ProgramResource& resource = program.resources[static_cast<std::size_t>(index)];
    const SharesWith* shares = shares_of(*resource.resource);
    if (out.resource >= 0 && !(shares && !out.shares)) continue;
    out = {resource.name, index, shares};
  }
  return out;
}

namespace {

/// Returns the samples that the phases list for one purpose, without repetitions.
std::vector<UsedSample> used_samples(const Program& program, const std::set<int>& phases, bool trains, const Listing& listing) {
  std::vector<UsedSample> out;
  std::unordered_set<std::string> listed;
  for (const int index : phases) {
    const ProgramPhase& phase = program.phases[static_cast<std::size_t>(index)];
    if (phase.kind == PhaseKind::Predict || (phase.kind == PhaseKind::Train) != trains) continue;
    for (const ProgramNode& node : phase.nodes) {
      if (!node.source) continue;
      const std::string set = data_set_of(program, phase, node).name;
      listing(node, [&](const Sample& sample) {
        if (listed.insert(set + '\0' + sample.id + '\0' + sample.file).second)
          out.push_back({set, sample.id, sample.patient, sample.file, "", sample.part});
      });
    }
  }
  set_entries(out);
  return out;
}

}  // namespace

void set_entries(std::vector<UsedSample>& samples) {
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> owner;
  std::set<std::pair<std::string_view, std::string_view>> archives;
  for (const UsedSample& one : samples) {
    if (!one.part.is_whole()) continue;
    const std::pair<std::string_view, std::string_view> path(one.set, one.file);
    if (const auto [found, is_new] = owner.emplace(path, one.id); !is_new && found->second != one.id) archives.insert(path);
  }
  for (UsedSample& one : samples)
    if (!one.file.empty() && one.part.is_whole() && archives.contains({one.set, one.file})) one.entry = id_in_file(one.id, one.file);
}

std::vector<TrainedSample> find_trained_samples(const Program& program, const std::set<int>& phases,
                                                const std::vector<TrainedSample>& before, const Listing& listing) {
  std::vector<TrainedSample> out;
  for (UsedSample& one : used_samples(program, phases, true, listing))
    out.push_back({.set = std::move(one.set),
                   .id = std::move(one.id),
                   .patient = std::move(one.patient),
                   .file = std::move(one.file),
                   .entry = std::move(one.entry),
                   .part = one.part});
  read_files(out, before);
  return out;
}

void add_before(std::vector<TrainedSample>& trained, std::vector<TrainedSample> before) {
  const auto hash = [](const TrainedSample* one) {
    std::uint64_t out = one->contents;
    for (const std::string* text : {&one->id, &one->file}) out = hash_bytes(text->data(), text->size(), out);
    return static_cast<std::size_t>(out);
  };
  const auto is_equal = [](const TrainedSample* a, const TrainedSample* b) { return *a == *b; };
  std::unordered_set<const TrainedSample*, decltype(hash), decltype(is_equal)> known(trained.size(), hash, is_equal);
  for (const TrainedSample& one : trained) known.insert(&one);
  std::erase_if(before, [&known](const TrainedSample& one) { return known.contains(&one); });
  trained.insert(trained.end(), std::make_move_iterator(before.begin()), std::make_move_iterator(before.end()));
}

Archive archive_of(const std::vector<TrainedSample>& samples) {
  const auto texts = [&](std::string TrainedSample::*member) {
    std::vector<std::string> out;
    for (const TrainedSample& one : samples) out.push_back(one.*member);
    return out;
  };
  const auto wholes = [&](auto TrainedSample::*member) {
    std::vector<std::int64_t> out;
    for (const TrainedSample& one : samples) out.push_back(static_cast<std::int64_t>(one.*member));
    return out;
  };
  Archive out;
  out.put("sets", texts(&TrainedSample::set));
  out.put("ids", texts(&TrainedSample::id));
  out.put("patients", texts(&TrainedSample::patient));
  out.put("files", texts(&TrainedSample::file));
  out.put("entries", texts(&TrainedSample::entry));
  std::vector<std::int64_t> begins, parts;
  for (const TrainedSample& one : samples) {
    begins.push_back(one.part.begin);
    parts.push_back(one.part.bytes);
  }
  out.put("begins", begins);
  out.put("parts", parts);
  out.put("bytes", wholes(&TrainedSample::bytes));
  out.put("times", wholes(&TrainedSample::time_ns));
  out.put("whole", wholes(&TrainedSample::is_whole));
  out.put("contents", wholes(&TrainedSample::contents));
  return out;
}

std::vector<TrainedSample> trained_samples_in(const Archive& archive) {
  const std::vector<std::string> sets = archive.texts("sets"), ids = archive.texts("ids"), patients = archive.texts("patients"),
                                 files = archive.texts("files"), entries = archive.texts("entries");
  const std::vector<std::int64_t> bytes = archive.wholes("bytes"), times = archive.wholes("times"), whole = archive.wholes("whole"),
                                  contents = archive.wholes("contents");
  const std::size_t count = sets.size();
  // Earlier versions knew no parts.
  const std::vector<std::int64_t> begins = archive.has("begins") ? archive.wholes("begins") : std::vector<std::int64_t>(count, 0),
                                  parts = archive.has("parts") ? archive.wholes("parts") : std::vector<std::int64_t>(count, -1);
  for (const std::size_t length : {ids.size(), patients.size(), files.size(), entries.size(), bytes.size(), times.size(), whole.size(),
                                   contents.size(), begins.size(), parts.size()})
    if (length != count) throw std::runtime_error("the run's record of its training has lists of different lengths");
  std::vector<TrainedSample> out;
  for (std::size_t k = 0; k < count; ++k)
    out.push_back({sets[k],
                   ids[k],
                   patients[k],
                   files[k],
                   entries[k],
                   {begins[k], parts[k]},
                   bytes[k],
                   times[k],
                   whole[k],
                   static_cast<std::uint64_t>(contents[k])});
  return out;
}

namespace {

/// Returns true if the file still has the size and the time that it had when the run trained on it.
bool is_unchanged(const TrainedSample& sample) {
  const Seen seen = look_at(place_of(sample));
  return seen.bytes >= 0 && seen.bytes == sample.bytes && seen.time_ns == sample.time_ns;
}

/// The trained samples whose files have the same size and contents, as indices. In an archive, their `id_in_file` decides which samples are
/// the same. An archive of which a data set has one sample only has no entry there.
class EqualFile {
 public:
  void add(const TrainedSample& one, std::size_t which) {
    by_id_[id_in_file(one.id, one.file)].push_back(which);
    if (one.entry.empty()) without_entry_.push_back(which);
  }
  /// Appends those that are the same as `now`.
  void find(const UsedSample& now, const std::vector<TrainedSample>& trained, std::vector<std::size_t>& out) const {
    if (now.entry.empty()) out.insert(out.end(), without_entry_.begin(), without_entry_.end());
    const auto found = by_id_.find(id_in_file(now.id, now.file));
    if (found == by_id_.end()) return;
    for (const std::size_t which : found->second)
      if (!now.entry.empty() || !trained[which].entry.empty()) out.push_back(which);
  }

 private:
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_id_;
  std::vector<std::size_t> without_entry_;
};

/// Returns, for each sample, the indices of the trained samples that are the same by the contents of their files.
std::vector<std::vector<std::size_t>> find_trained_on(const std::vector<TrainedSample>& trained, const std::vector<UsedSample>& files) {
  std::vector<std::vector<std::size_t>> out(files.size());
  // Each file is read once, however many samples it has.
  std::map<FilePlace, std::size_t> number;
  std::vector<FilePlace> places;
  for (const UsedSample& one : files)
    if (!one.file.empty() && number.emplace(place_of(one), places.size()).second) places.push_back(place_of(one));
  for (const bool is_whole : {true, false}) {
    std::map<std::pair<std::int64_t, std::uint64_t>, EqualFile> samples;
    std::set<std::int64_t> sizes;
    for (std::size_t k = 0; k < trained.size(); ++k) {
      const TrainedSample& one = trained[k];
      if (one.bytes <= 0 || one.contents == 0 || (one.is_whole != 0) != is_whole) continue;
      samples[{one.bytes, one.contents}].add(one, k);
      sizes.insert(one.bytes);
    }
    if (samples.empty()) continue;
    std::vector<const EqualFile*> equal(places.size(), nullptr);
    for_each_place(places.size(), [&](std::size_t place, std::vector<char>& buffer) {
      const FilePlace& at = places[place];
      const Seen seen = look_at(at);
      if (!sizes.contains(seen.bytes)) return;
      const auto found = samples.find({seen.bytes, hash_of_file(at.path, seen.bytes, extent_of(is_whole), buffer, at.part.begin)});
      if (found != samples.end()) equal[place] = &found->second;
    });
    for (std::size_t k = 0; k < files.size(); ++k)
      if (const EqualFile* one = files[k].file.empty() ? nullptr : equal[number.at(place_of(files[k]))])
        one->find(files[k], trained, out[k]);
  }
  return out;
}

/// Returns the samples that the run trained on and does not train on now, as far as their files are concerned.
std::vector<TrainedSample> without_current(const std::vector<TrainedSample>& before, const std::vector<UsedSample>& trained) {
  std::set<std::pair<std::string_view, std::string_view>> samples;
  std::set<FilePlace> whole_files;
  for (const UsedSample& one : trained) {
    samples.emplace(one.file, one.id);
    if (one.entry.empty()) whole_files.insert(place_of(one));
  }
  std::vector<TrainedSample> out;
  for (const TrainedSample& one : before) {
    const bool is_current = samples.contains({one.file, one.id}) || (one.entry.empty() && whole_files.contains(place_of(one)));
    if (!one.file.empty() && !(is_current && is_unchanged(one))) out.push_back(one);
  }
  return out;
}

/// The results of a comparison, by the two data sets.
class Pairs {
 public:
  SharedBefore& of(const std::string& trained, const std::string& judged) {
    for (SharedBefore& one : all)
      if (one.trained == trained && one.judged == judged) return one;
    return all.emplace_back(SharedBefore{trained, judged, {}, {}, {}});
  }
  std::vector<SharedBefore> all;
};

}  // namespace

std::vector<SharedBefore> find_shared_before(const std::vector<TrainedSample>& before, const std::vector<UsedSample>& trained,
                                             const std::vector<UsedSample>& judged) {
  Pairs pairs;
  std::unordered_set<std::string_view> known;
  for (const UsedSample& one : trained) known.insert(one.patient);
  std::map<std::string_view, std::set<std::string_view>> sets_of;
  for (const TrainedSample& one : before)
    if (!one.patient.empty() && !known.contains(one.patient)) sets_of[one.patient].insert(one.set);
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const UsedSample& one : judged)
    if (const auto found = sets_of.find(one.patient); found != sets_of.end() && seen.emplace(one.set, one.patient).second)
      for (const std::string_view set : found->second) pairs.of(std::string(set), one.set).patients.push_back(one.patient);
  const std::vector<TrainedSample> earlier = without_current(before, trained);
  const std::vector<std::vector<std::size_t>> equal = find_trained_on(earlier, judged);
  for (std::size_t k = 0; k < judged.size(); ++k) {
    std::set<std::string_view> sets;
    for (const std::size_t which : equal[k]) {
      if (!sets.insert(earlier[which].set).second) continue;
      SharedBefore& one = pairs.of(earlier[which].set, judged[k].set);
      one.files.push_back(judged[k].id);
      if (one.example.first.empty()) one.example = {earlier[which].file, judged[k].file};
    }
  }
  return std::move(pairs.all);
}

std::string shared_words(const std::vector<std::string>& patients, const std::vector<std::string>& files) {
  std::string out;
  const auto add = [&](const std::vector<std::string>& all, const std::string& noun) {
    if (all.empty()) return;
    out += (out.empty() ? "" : " and ") + std::to_string(all.size()) + " " + noun + (all.size() == 1 ? "" : "s") + " (" + first_names(all) +
           ")";
  };
  add(patients, "patient");
  add(files, "equal file");
  return out;
}

void refuse_trained_samples(const Program& program, const std::set<int>& phases, const std::vector<TrainedSample>& before,
                            const Listing& listing) {
  const auto is_allowed = [&](const std::string& at, const std::string& other) {
    for (const int index : phases) {
      const ProgramPhase& phase = program.phases[static_cast<std::size_t>(index)];
      for (const ProgramNode& node : phase.nodes) {
        if (!node.source) continue;
        const DataSetOf set = data_set_of(program, phase, node);
        if (set.name == at && set.shares && std::find((**set.shares).begin(), (**set.shares).end(), other) != (**set.shares).end())
          return true;
      }
    }
    return false;
  };
  for (const SharedBefore& one :
       find_shared_before(before, used_samples(program, phases, true, listing), used_samples(program, phases, false, listing)))
    if (!is_allowed(one.judged, one.trained) && !is_allowed(one.trained, one.judged))
      throw Refusal(before_words(one) + "; " + before_hint(one));
}

std::string before_words(const SharedBefore& one, const std::string& who) {
  return who + " has trained on " + shared_words(one.patients, one.files) + " of `" + one.judged +
         "`, on which it is evaluated now; they were in `" + one.trained + "` then";
}

std::string before_hint(const SharedBefore& one) {
  return "separate them, start a new run, or allow it with `shares_with: [" + one.trained + "]` at `" + one.judged + "`";
}

}  // namespace leat::program
