#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/disk_file.h"
#include "io/shard/input_list.h"
#include "leat/encoded.h"
#include "leat/leat.h"

namespace {
using namespace leat;

struct Shard final : Source, ReadsShard {
  Output<Encoded> file{this, "file", "Any length. The bytes of the image file, not decoded."};
  Param<FilePath> path{this, "path",
                       "Folder of images, list of images (.csv, .tsv, .txt, or a folder with a split.csv), or one image file. A list names "
                       "each image once, by its path from the list's folder.",
                       required};
  Param<std::string> shard{
      this, "shard",
      "Images that are read, as `I/N`: part I, from 1, of N equal parts of the list, or of the folder's paths in their "
      "order.",
      "1/1"};
  Param<std::vector<std::string>> left_out{this, "left_out", "Folders below `path` whose pictures are not read as images, such as masks.",
                                           std::vector<std::string>{}};

  void survey(const Opening& opening) override {
    list_.emplace(path->path, *left_out, ShardNumber::read(*shard));
    if (opening.warn && !list_->warning().empty()) opening.warn("`" + opening.name + "`: " + list_->warning());
  }

  [[nodiscard]] std::int64_t length() const override { return list_->shard().images; }
  [[nodiscard]] ShardOf shard_of() const override { return list_->shard(); }

  void shapes(Shapes& shapes) const override { shapes.set_bytes(file, list_->most_bytes() + static_cast<std::int64_t>(sizeof(Encoded))); }

  void list_samples(const std::function<void(const Sample&)>& take) const override {
    for (std::int64_t which = 0; which < length(); ++which) take(sample_of(list_->row(which)));
  }

  void process(Frame& frame) const override {
    const InputList::Row row = list_->row(pick(frame, length(), false));
    frame.identify(sample_of(row));
    frame.put(file, Encoded{read_whole_file(row.file)});
  }

 private:
  [[nodiscard]] static Sample sample_of(const InputList::Row& row) {
    Sample out;
    out.id = row.id;
    out.file = row.file.string();
    return out;
  }

  std::optional<InputList> list_;
};

}  // namespace

LEAT_NODE(Shard, "io.shard", "Reads a part of a list of images for predictions, with little memory for each image.")
