#include "run/checkpoint.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/durable_file.h"
#include "base/json.h"
#include "leat/value.h"
#include "run/checkpoint_folder.h"
#include "run/manifest.h"

namespace leat::run {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Reads one file of a checkpoint and compares it with its hash in the manifest. Manifests of earlier versions have no hashes.
Archive read_part(const fs::path& file, const json* hashes, const std::string& name) {
  Archive archive = Archive::read(file);
  if (hashes && hash_text(archive.hash()) != hashes->at(name))
    throw std::runtime_error(file.filename().string() + " is damaged: it does not have the hash that the manifest names");
  return archive;
}

/// The files of a checkpoint to read in addition to its manifest.
enum class Parts { All, Records };

fs::path record_file(const fs::path& folder, const std::string& resource) { return folder / (resource + ".record.safetensors"); }

void read_records(const json& manifest, const json* hashes, const fs::path& folder, Checkpoint& out) {
  if (out.version < 3) return;
  std::map<std::string, Archive> records;
  const json* of_records = hashes && hashes->contains("records") ? &hashes->at("records") : nullptr;
  for (const std::string name : manifest.at("records")) records[name] = read_part(record_file(folder, name), of_records, name);
  out.records = std::make_shared<const Records>(std::move(records));
}

void read_parts(const json& manifest, const fs::path& folder, Parts parts, Checkpoint& out) {
  const json* hashes = manifest.contains("hashes") ? &manifest.at("hashes") : nullptr;
  read_records(manifest, hashes, folder, out);
  if (parts == Parts::Records) return;
  const json* of_resources = hashes && hashes->contains("resources") ? &hashes->at("resources") : nullptr;
  for (const std::string name : manifest.at("resources"))
    out.resources[name] = read_part(folder / (name + ".safetensors"), of_resources, name);
  out.states = read_part(folder / "states.safetensors", hashes, "states");
}

json read_manifest(const fs::path& folder) {
  const fs::path file = folder / "manifest.json";
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) throw unreadable(file, "it is a folder");
  std::ifstream in(file, std::ios::binary);
  if (!in) throw unreadable(file, std::strerror(errno));
  std::ostringstream text;
  text << in.rdbuf();
  json manifest = json::parse(text.str(), nullptr, false);
  if (!manifest.is_object()) throw unreadable(file, "it is not a JSON object");
  return manifest;
}

/// Returns what `read` returns. Adds the folder's path to exceptions.
template <class Read>
auto in_name_of_folder(const fs::path& folder, Read read) {
  try {
    return read();
  } catch (const json::exception& error) {
    throw unreadable(folder, "manifest.json: " + json_words(error));
  } catch (const std::exception& error) {
    throw unreadable(folder, error.what());
  }
}

/// Reads a checkpoint. A resumed run can replace the folder meanwhile. If the manifest changes during the read, everything is read again.
Checkpoint from_folder(const fs::path& folder, Parts parts = Parts::All) {
  json manifest = read_manifest(folder);
  for (int tries = 0;; ++tries) {
    try {
      return in_name_of_folder(folder, [&] {
        Checkpoint out = numbers_of(manifest);
        read_parts(manifest, folder, parts, out);
        if (read_manifest(folder) != manifest) throw std::runtime_error("it changes faster than it can be read");
        return out;
      });
    } catch (const std::exception&) {
      json now = read_manifest(folder);
      if (now == manifest || tries == most_tries) throw;
      manifest = std::move(now);
    }
  }
}

/// Returns the hashes of the records in the checkpoint `folder`, by name; empty if there is none that can be read.
std::map<std::string, std::string> hashes_of_records(const fs::path& folder) {
  try {
    if (!is_whole(folder)) return {};
    const json manifest = read_manifest(folder);
    // Throws if the manifest is damaged.
    (void)numbers_of(manifest);
    return manifest.at("hashes").value("records", std::map<std::string, std::string>());
  } catch (const std::exception&) {
    return {};
  }
}

/// Returns true if the file has the length of the archive. A file that was truncated after it was synced has not.
bool has_length_of(const fs::path& file, const Archive& archive) {
  std::uint64_t bytes = 0;  // Length of the header.
  std::ifstream in(file, std::ios::binary);
  if (!in.read(reinterpret_cast<char*>(&bytes), sizeof bytes)) return false;
  bytes += sizeof bytes;
  for (const auto& [name, entry] : archive.entries()) bytes += entry.bytes.size();
  std::error_code error;
  const std::uintmax_t found = fs::file_size(file, error);
  return !error && found == bytes;
}

/// Makes `file` a second name of `old`, a record of an earlier checkpoint, whose contents are synced. Returns false if that is not
/// possible.
bool link_record(const fs::path& old, const fs::path& file, const Archive& archive) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(old, error)) || !has_length_of(old, archive)) return false;
  fs::create_hard_link(old, file, error);
  return !error;
}

void write_records(const fs::path& folder, const Records& records, const fs::path& written) {
  const std::map<std::string, std::string> before = hashes_of_records(folder);
  for (const auto& [name, archive] : records.archives()) {
    const fs::path file = record_file(written, name);
    const auto found = before.find(name);
    const bool is_same = found != before.end() && found->second == records.hashes().at(name);
    if (!is_same || !link_record(record_file(folder, name), file, archive)) archive.write(file);
  }
}

}  // namespace

Records::Records(std::map<std::string, Archive> archives) : archives_(std::move(archives)) {
  for (const auto& [name, archive] : archives_) hashes_.emplace(name, hash_text(archive.hash()));
}

const Archive* Records::find(const std::string& name) const {
  const auto found = archives_.find(name);
  return found == archives_.end() ? nullptr : &found->second;
}

std::set<std::string> plugins_of(const Program& program) {
  std::set<std::string> out;
  // Omit the path of the plugin's file.
  const auto add = [&out](const std::string& plugin) {
    if (!plugin.empty()) out.insert(plugin.substr(0, plugin.find(" (")));
  };
  for (const ProgramResource& one : program.resources) add(one.type->plugin);
  for (const ProgramPhase& phase : program.phases)
    for (const ProgramNode& node : phase.nodes) add(node.type->plugin);
  return out;
}

EarlierRun earlier_run_of(const Checkpoint& checkpoint) {
  EarlierRun out;
  out.loaded = checkpoint.saved;
  out.types = checkpoint.types;
  if (checkpoint.records) out.records = checkpoint.records->archives();
  return out;
}

void write_checkpoint(const fs::path& folder, const Checkpoint& checkpoint) {
  const fs::path written = begin_write(folder);
  for (const auto& [name, archive] : checkpoint.resources) archive.write(written / (name + ".safetensors"));
  checkpoint.states.write(written / "states.safetensors");
  if (checkpoint.records) write_records(folder, *checkpoint.records, written);
  // The manifest comes last, because it marks the folder as complete.
  write_file(written / "manifest.json", manifest_of(checkpoint).dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  sync_folder(written);
  exchange(written, folder);
}

void try_to_write_checkpoint(const fs::path& folder) {
  try {
    fs::create_directories(folder.parent_path());
    const fs::path written = begin_write(folder);
    DurableFile(written / "states.safetensors").close();
    discard(written);
  } catch (const std::exception& error) {
    throw std::runtime_error("cannot write the checkpoint " + folder.string() + ": " + error.what());
  }
}

namespace {

/// Returns the newest complete checkpoint among a folder and those next to it, with its manifest only.
std::optional<FoundCheckpoint> newest_of(const fs::path& folder, int tries = most_tries) {
  std::optional<FoundCheckpoint> newest;
  for (const fs::path& candidate : candidates(folder)) {
    Checkpoint one;
    try {
      const json manifest = read_manifest(candidate);
      one = in_name_of_folder(candidate, [&] { return numbers_of(manifest); });
    } catch (const std::exception&) {
      // A resumed run has removed it meanwhile, because there is a newer one.
      if (tries > 0 && !is_whole(candidate)) return newest_of(folder, tries - 1);
      throw;
    }
    const auto place = [](const Checkpoint& c) {
      return std::tuple(c.place.steps, c.place.is_trained, c.place.validations, c.place.then_done, c.place.then_steps, c.place.seconds);
    };
    if (!newest || place(newest->checkpoint) < place(one)) newest = FoundCheckpoint{candidate, std::move(one)};
  }
  return newest;
}

/// Returns the same for checkpoints/last. Throws std::runtime_error if the folder is damaged.
std::optional<FoundCheckpoint> newest_last(const fs::path& folder) {
  if (is_damaged(folder)) throw unreadable(folder, "it has no manifest.json");
  return newest_of(folder);
}

std::optional<FoundCheckpoint> read_newest(const fs::path& folder, Parts parts = Parts::All) {
  for (int tries = 0;; ++tries) {
    std::optional<FoundCheckpoint> newest = newest_of(folder);
    if (!newest) return {};
    try {
      newest->checkpoint = from_folder(newest->folder, parts);
      return newest;
    } catch (const std::exception&) {
      if (tries == most_tries || is_whole(newest->folder)) throw;
    }
  }
}

}  // namespace

std::optional<FoundCheckpoint> find_checkpoint(const fs::path& folder) {
  if (is_damaged(folder)) throw unreadable(folder, "it has no manifest.json");
  return read_newest(folder);
}

std::optional<Checkpoint> read_checkpoint(const fs::path& folder) {
  std::optional<FoundCheckpoint> found = find_checkpoint(folder);
  return found ? std::optional(std::move(found->checkpoint)) : std::nullopt;
}

void finish_write(const fs::path& found, const fs::path& folder) {
  if (found != folder) exchange(found, folder);
}

void promote_best(const fs::path& checkpoints, std::int64_t best_step) {
  const fs::path next = checkpoints / "best.next";
  if (!is_whole(next) || read_manifest(next).value("steps", std::int64_t{-1}) != best_step) return;
  exchange(next, checkpoints / "best");
}

void discard_next_best(const fs::path& checkpoints) {
  for (const char* name : {"best.next", "best.next.new", "best.next.old"}) discard(checkpoints / name);
}

namespace {

bool is_of_step(const fs::path& folder, std::int64_t step) {
  return is_whole(folder) && read_manifest(folder).value("steps", std::int64_t{-1}) == step;
}

fs::path folder_of_best(const fs::path& checkpoints, std::int64_t best_step) {
  std::string found;
  for (const char* name : {"best", "best.next"})
    for (const fs::path& candidate : candidates(checkpoints / name)) {
      const std::int64_t step = read_manifest(candidate).value("steps", std::int64_t{-1});
      if (step == best_step) return candidate;
      found += (found.empty() ? "; there are those of step " : ", ") + std::to_string(step);
    }
  throw std::runtime_error("the best weights are those of step " + std::to_string(best_step) + ", which are not in " +
                           checkpoints.string() + found);
}

}  // namespace

Checkpoint read_best(const fs::path& checkpoints, std::int64_t best_step) {
  // A resumed run can move them from one folder to the other meanwhile.
  for (int tries = 0;; ++tries) {
    fs::path folder;
    try {
      folder = folder_of_best(checkpoints, best_step);
      Checkpoint best = from_folder(folder);
      if (best.place.steps == best_step) return best;
      if (tries == most_tries) throw unreadable(folder, "it changes faster than it can be read");
    } catch (const std::exception&) {
      if (tries == most_tries || (!folder.empty() && is_of_step(folder, best_step))) throw;
    }
  }
}

}  // namespace leat::run

namespace leat {

std::optional<CheckpointSummary> last_checkpoint(const std::filesystem::path& run_folder) {
  const auto found = run::newest_last(run_folder / "checkpoints" / "last");
  if (!found) return {};
  const run::Checkpoint& last = found->checkpoint;
  return CheckpointSummary{last.graph_hash,    last.device,           last.seed,          last.place.steps,
                           last.place.seconds, last.place.is_trained, last.merges_passes, last.place.ranks.back().second};
}

std::optional<RunBegin> run_begin(const std::filesystem::path& run_folder) {
  const std::filesystem::path file = run_folder / "begun.json";
  if (!std::filesystem::exists(file)) return {};
  constexpr std::uintmax_t most_bytes = 65536;
  if (!std::filesystem::is_regular_file(file) || std::filesystem::file_size(file) > most_bytes)
    throw std::runtime_error(file.string() + " does not have the seed and the device of a run");
  std::ifstream in(file, std::ios::binary);
  const nlohmann::json begun = nlohmann::json::parse(in, nullptr, false);
  if (!begun.is_object() || !begun.contains("seed") || !begun["seed"].is_number_unsigned() || !begun.contains("device") ||
      !begun["device"].is_string() || !begun.value("merge_passes", nlohmann::json(false)).is_boolean() ||
      !begun.value("ranks", nlohmann::json(1)).is_number_integer())
    throw std::runtime_error(file.string() + " does not have the seed and the device of a run");
  return RunBegin{begun["seed"], begun["device"], begun.value("merge_passes", false), begun.value("ranks", 1),
                  std::filesystem::last_write_time(file)};
}

std::optional<EarlierRun> earlier_run(const std::filesystem::path& run_folder) {
  const std::filesystem::path folder = run_folder / "checkpoints" / "last";
  if (run::is_damaged(folder)) throw run::unreadable(folder, "it has no manifest.json");
  const auto found = run::read_newest(folder, run::Parts::Records);
  if (!found) return {};
  return run::earlier_run_of(found->checkpoint);
}

std::optional<KeptWeights> kept_weights(const std::filesystem::path& run_folder, bool wants_last) {
  const std::filesystem::path folder = run_folder / "checkpoints";
  auto last = run::newest_last(folder / "last");
  while (!wants_last && last && last->checkpoint.version > 1 && last->checkpoint.place.best_step >= 0) {
    const std::int64_t best_step = last->checkpoint.place.best_step;
    try {
      run::Checkpoint best = run::read_best(folder, best_step);
      return KeptWeights{std::move(best.resources), best.place.steps, true};
    } catch (const std::exception&) {
      // A resumed run can have saved better weights meanwhile.
      last = run::newest_last(folder / "last");
      if (last && last->checkpoint.place.best_step == best_step) throw;
    }
  }
  // For a run of an earlier Leat, and a run that ended before its first checkpoint: the best weights on disk.
  if (!wants_last && (!last || last->checkpoint.version == 1))
    for (const char* name : {"best", "best.next"})
      if (auto best = run::read_newest(folder / name))
        return KeptWeights{std::move(best->checkpoint.resources), best->checkpoint.place.steps, true};
  std::optional<run::Checkpoint> whole = run::read_checkpoint(folder / "last");
  if (!whole) return {};
  return KeptWeights{std::move(whole->resources), whole->place.steps, false};
}

}  // namespace leat
