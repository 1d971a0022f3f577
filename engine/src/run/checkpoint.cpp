#include "run/checkpoint.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/durable_file.h"

namespace leat::run {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json to_json(const Checkpoint& checkpoint) {
  const PlanPlace& place = checkpoint.place;
  json phases = json::object();
  for (const auto& [phase, metrics] : place.phases)
    for (const auto& [name, value] : metrics) phases[phase][name] = number(value);
  json resources = json::array();
  for (const auto& [name, archive] : checkpoint.resources) resources.push_back(name);
  json recent = json::object();
  for (const auto& [name, values] : place.recent) {
    recent[name] = json::array();
    for (const double value : values) recent[name].push_back(number(value));
  }
  return {{"version", 2},
          {"graph_hash", checkpoint.graph_hash},
          {"device", checkpoint.device},
          {"seed", checkpoint.seed},
          {"steps", place.steps},
          {"is_trained", place.is_trained},
          {"validated_at", place.validated_at},
          {"validations", place.validations},
          {"best", number(place.best)},
          {"best_step", place.best_step},
          {"waited", place.waited},
          {"then_done", place.then_done},
          {"seconds", place.seconds},
          {"phases", phases},
          {"recent", recent},
          {"files", checkpoint.files},
          {"resources", resources}};
}

double number_of(const json& value) { return value.is_null() ? NAN : value.get<double>(); }

Checkpoint from_manifest(const json& manifest, const fs::path& folder) {
  Checkpoint out;
  out.version = manifest.at("version");
  if (out.version != 1 && out.version != 2) throw std::runtime_error("it was written by another version of Leat");
  out.graph_hash = manifest.at("graph_hash");
  out.device = manifest.at("device");
  out.seed = manifest.at("seed");
  PlanPlace& place = out.place;
  place.steps = manifest.at("steps");
  place.is_trained = manifest.at("is_trained");
  place.validated_at = manifest.at("validated_at");
  place.validations = manifest.at("validations");
  place.best = number_of(manifest.at("best"));
  place.best_step = manifest.at("best_step");
  place.waited = manifest.at("waited");
  place.then_done = manifest.at("then_done");
  place.seconds = manifest.at("seconds");
  for (const auto& [phase, metrics] : manifest.at("phases").items())
    for (const auto& [name, value] : metrics.items()) place.phases[phase][name] = number_of(value);
  if (out.version > 1)
    for (const auto& [name, values] : manifest.at("recent").items())
      for (const json& value : values) place.recent[name].push_back(number_of(value));
  out.files = manifest.at("files").get<std::map<std::string, std::int64_t>>();
  for (const std::string name : manifest.at("resources")) out.resources[name] = Archive::read(folder / (name + ".safetensors"));
  out.states = Archive::read(folder / "states.safetensors");
  return out;
}

std::runtime_error unreadable(const fs::path& path, const std::string& why) {
  return std::runtime_error("cannot read the checkpoint " + path.string() + ": " + why);
}

json read_manifest(const fs::path& folder) {
  try {
    std::ifstream in(folder / "manifest.json");
    if (!in) throw std::runtime_error(std::strerror(errno));
    return json::parse(in);
  } catch (const std::exception& error) {
    throw unreadable(folder / "manifest.json", error.what());
  }
}

Checkpoint from_folder(const fs::path& folder) {
  const json manifest = read_manifest(folder);
  try {
    return from_manifest(manifest, folder);
  } catch (const std::exception& error) {
    throw unreadable(folder, error.what());
  }
}

/// False only if it is certainly not there. Throws if that cannot be known.
bool is_there(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return false;
  if (error) throw unreadable(path, error.message());
  return true;
}

/// A folder without a manifest was cut off while it was written.
bool is_whole(const fs::path& folder) { return is_there(folder / "manifest.json"); }

/// The folder and what was written beside it, those that are whole.
std::vector<fs::path> candidates(const fs::path& folder) {
  const fs::path parent = folder.parent_path();
  if (is_there(parent) && !fs::is_directory(parent)) throw unreadable(parent, "it is not a folder");
  std::vector<fs::path> found;
  for (const char* suffix : {"", ".new", ".old"})
    if (const fs::path one = folder.string() + suffix; is_whole(one)) found.push_back(one);
  return found;
}

/// Its manifest first, for a folder that has one is taken for whole, also by who comes after a kill in the middle of this.
void discard(const fs::path& folder) {
  fs::remove(folder / "manifest.json");
  fs::remove_all(folder);
}

void exchange(const fs::path& written, const fs::path& folder) {
  if (!fs::exists(folder)) {
    fs::rename(written, folder);
    return;
  }
  if (::syscall(SYS_renameat2, AT_FDCWD, written.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0) {
    discard(written);
    return;
  }
  // A file system without exchange: for a moment only the folder beside is there, which `read_checkpoint` looks at too.
  const fs::path old = folder.string() + ".old";
  discard(old);
  fs::rename(folder, old);
  fs::rename(written, folder);
  discard(old);
}

}  // namespace

void write_checkpoint(const fs::path& folder, const Checkpoint& checkpoint) {
  const fs::path written = folder.string() + ".new";
  discard(written);
  fs::create_directories(written);
  for (const auto& [name, archive] : checkpoint.resources) archive.write(written / (name + ".safetensors"));
  checkpoint.states.write(written / "states.safetensors");
  // Last, for its presence says that the folder is whole.
  write_file(written / "manifest.json", to_json(checkpoint).dump(2) + "\n");
  sync_folder(written);
  exchange(written, folder);
  sync_folder(folder.parent_path());
}

namespace {

struct Found {
  fs::path folder;
  Checkpoint checkpoint;
};

std::optional<Found> newest_of(const fs::path& folder) {
  std::optional<Found> newest;
  for (const fs::path& candidate : candidates(folder)) {
    Checkpoint one = from_folder(candidate);
    const auto place = [](const Checkpoint& c) {
      return std::tuple(c.place.steps, c.place.is_trained, c.place.validations, c.place.then_done, c.place.seconds);
    };
    if (!newest || place(newest->checkpoint) < place(one)) newest = Found{candidate, std::move(one)};
  }
  return newest;
}

}  // namespace

std::optional<Checkpoint> read_checkpoint(const fs::path& folder) {
  std::optional<Found> newest = newest_of(folder);
  return newest ? std::optional(std::move(newest->checkpoint)) : std::nullopt;
}

void finish_write(const fs::path& folder) {
  const std::optional<Found> newest = newest_of(folder);
  if (!newest || newest->folder == folder) return;
  exchange(newest->folder, folder);
  sync_folder(folder.parent_path());
}

void promote_best(const fs::path& checkpoints, std::int64_t best_step) {
  const fs::path next = checkpoints / "best.next";
  if (!is_whole(next) || read_manifest(next).at("steps") != best_step) return;
  exchange(next, checkpoints / "best");
  sync_folder(checkpoints);
}

void discard_next_best(const fs::path& checkpoints) {
  for (const char* name : {"best.next", "best.next.new", "best.next.old"}) discard(checkpoints / name);
}

Checkpoint read_best(const fs::path& checkpoints, std::int64_t best_step) {
  std::string found;
  for (const char* name : {"best", "best.next"})
    for (const fs::path& candidate : candidates(checkpoints / name)) {
      const std::int64_t step = read_manifest(candidate).at("steps");
      if (step == best_step) return from_folder(candidate);
      found += (found.empty() ? "; there are those of step " : ", ") + std::to_string(step);
    }
  throw std::runtime_error("the best weights are those of step " + std::to_string(best_step) + ", which are not in " +
                           checkpoints.string() + found);
}

}  // namespace leat::run

namespace leat {

std::optional<CheckpointSummary> last_checkpoint(const std::filesystem::path& run_folder) {
  const auto checkpoint = run::read_checkpoint(run_folder / "checkpoints" / "last");
  if (!checkpoint) return {};
  return CheckpointSummary{checkpoint->graph_hash,  checkpoint->device,        checkpoint->seed,
                           checkpoint->place.steps, checkpoint->place.seconds, checkpoint->place.is_trained};
}

std::optional<KeptWeights> kept_weights(const std::filesystem::path& run_folder, bool wants_last) {
  const std::filesystem::path folder = run_folder / "checkpoints";
  auto last = run::read_checkpoint(folder / "last");
  if (!wants_last && last && last->version > 1 && last->place.best_step >= 0) {
    run::Checkpoint best = run::read_best(folder, last->place.best_step);
    return KeptWeights{std::move(best.resources), best.place.steps, true};
  }
  // Of a run of an earlier Leat, and of one that ended before its first checkpoint, whatever was kept.
  if (!wants_last && (!last || last->version == 1))
    for (const char* name : {"best", "best.next"})
      if (auto best = run::read_checkpoint(folder / name)) return KeptWeights{std::move(best->resources), best->place.steps, true};
  if (!last) return {};
  return KeptWeights{std::move(last->resources), last->place.steps, false};
}

}  // namespace leat
