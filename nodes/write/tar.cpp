#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>

#include "leat/encoded.h"
#include "leat/leat.h"
#include "write/appended_file.h"
#include "write/finished_file.h"
#include "write/tar_entries.h"

namespace {
using namespace leat;

/// The tar that is being written: the state that a checkpoint keeps.
struct OpenTar {
  std::string name;         ///< Of the input's tar; empty: none is open.
  std::int64_t length = 0;  ///< In bytes.

  void save(Archive& archive, const std::string& prefix) const {
    archive.put(prefix + ".name", name);
    archive.put(prefix + ".length", length);
  }
  void load(const Archive& archive, const std::string& prefix) {
    name = archive.text(prefix + ".name");
    length = archive.whole(prefix + ".length");
  }
};

struct WriteTar final : Node {
  Inputs<Encoded> entries{this, "entries", "Any length. Entries of a tar, as `write.image` with `tar: true` puts them."};
  Param<std::string> folder{this, "folder", "Folder of the tars, inside the run's folder.", "tars"};
  State<OpenTar> tar{this, "tar"};

  void shapes(Shapes& shapes) const override { shapes.writes(*folder, "folder"); }

  void open(const Opening& opening) override { run_folder_ = opening.run_folder; }

  void process(Frame& frame) const override {
    if (run_folder_.empty()) return;
    OpenTar& now = frame.state(tar);
    const std::string& source = frame.sample().group;
    if (now.name != source) {
      end(now);
      now = {source, 0};
    }
    std::string bytes;
    for (const auto& [member, one] : frame[entries]) bytes.append(one->bytes.begin(), one->bytes.end());
    const std::filesystem::path file = path_of(now);
    if (now.length > 0) take_back(file);
    now.length = append_at(growing(file), now.length, bytes);
  }

  void finish(Frame& frame) const override { end(frame.state(tar)); }

 private:
  [[nodiscard]] std::filesystem::path path_of(const OpenTar& one) const { return run_folder_ / tar_path(*folder, one.name); }

  /// Gives a tar its end and then its name.
  void end(OpenTar& one) const {
    if (one.name.empty() || run_folder_.empty()) return;
    const std::filesystem::path file = path_of(one);
    take_back(file);
    (void)append_at(growing(file), one.length, std::string(tar_end_bytes, '\0'));
    give_name(file);
    one = {};
  }

  std::filesystem::path run_folder_;  ///< Empty: the run keeps nothing.
};

}  // namespace

LEAT_NODE(WriteTar, "write.tar", "Writes the results of each tar of `io.tars` as one tar, with the keys of its samples.")
