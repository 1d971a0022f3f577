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

namespace leat::run {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void sync(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw std::runtime_error("cannot open " + path.string() + ": " + std::strerror(errno));
  const int failed = ::fsync(file);
  const int reason = errno;
  ::close(file);
  if (failed != 0 && reason != EINVAL) throw std::runtime_error("cannot sync " + path.string() + ": " + std::strerror(reason));
}

void write_text(const fs::path& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) throw std::runtime_error("cannot write " + path.string() + ": " + std::strerror(errno));
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(file, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const int reason = errno;
      ::close(file);
      throw std::runtime_error("cannot write " + path.string() + ": " + std::strerror(reason));
    }
    done += static_cast<std::size_t>(wrote);
  }
  ::close(file);
  sync(path);
}

json number(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json to_json(const Checkpoint& checkpoint) {
  const PlanPlace& place = checkpoint.place;
  json phases = json::object();
  for (const auto& [phase, metrics] : place.phases)
    for (const auto& [name, value] : metrics) phases[phase][name] = number(value);
  json resources = json::array();
  for (const auto& [name, archive] : checkpoint.resources) resources.push_back(name);
  return {{"version", 1},
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
          {"files", checkpoint.files},
          {"resources", resources}};
}

Checkpoint from_folder(const fs::path& folder) {
  std::ifstream in(folder / "manifest.json");
  const json manifest = json::parse(in);
  if (manifest.at("version") != 1) throw std::runtime_error(folder.string() + " was written by another version of Leat");
  Checkpoint out;
  out.graph_hash = manifest.at("graph_hash");
  out.device = manifest.at("device");
  out.seed = manifest.at("seed");
  PlanPlace& place = out.place;
  place.steps = manifest.at("steps");
  place.is_trained = manifest.at("is_trained");
  place.validated_at = manifest.at("validated_at");
  place.validations = manifest.at("validations");
  place.best = manifest.at("best").is_null() ? NAN : manifest.at("best").get<double>();
  place.best_step = manifest.at("best_step");
  place.waited = manifest.at("waited");
  place.then_done = manifest.at("then_done");
  place.seconds = manifest.at("seconds");
  for (const auto& [phase, metrics] : manifest.at("phases").items())
    for (const auto& [name, value] : metrics.items()) place.phases[phase][name] = value.is_null() ? NAN : value.get<double>();
  out.files = manifest.at("files").get<std::map<std::string, std::int64_t>>();
  for (const std::string name : manifest.at("resources")) out.resources[name] = Archive::read(folder / (name + ".safetensors"));
  out.states = Archive::read(folder / "states.safetensors");
  return out;
}

/// `last` and what was written beside it; a folder without a manifest was cut off while it was written.
std::vector<fs::path> candidates(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder.parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    if ((name == folder.filename() || name.starts_with(folder.filename().string() + ".")) && fs::exists(entry.path() / "manifest.json"))
      found.push_back(entry.path());
  }
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
  write_text(written / "manifest.json.new", to_json(checkpoint).dump(2) + "\n");
  fs::rename(written / "manifest.json.new", written / "manifest.json");
  sync(written);
  exchange(written, folder);
  sync(folder.parent_path());
}

std::optional<Checkpoint> read_checkpoint(const fs::path& folder) {
  std::optional<Checkpoint> newest;
  for (const fs::path& candidate : candidates(folder)) {
    Checkpoint one = from_folder(candidate);
    const auto place = [](const Checkpoint& c) {
      return std::tuple(c.place.steps, c.place.is_trained, c.place.validations, c.place.then_done, c.place.seconds);
    };
    if (!newest || place(*newest) < place(one)) newest = std::move(one);
  }
  return newest;
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
  for (const bool is_best : {true, false})
    if (is_best && wants_last) continue;
    else if (auto checkpoint = run::read_checkpoint(run_folder / "checkpoints" / (is_best ? "best" : "last")))
      return KeptWeights{std::move(checkpoint->resources), checkpoint->place.steps, is_best};
  return {};
}

}  // namespace leat
