#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/split/folder_files.h"
#include "io/tars/tar_counts.h"
#include "io/tars/tar_stream.h"
#include "leat/csv.h"
#include "leat/encoded.h"
#include "leat/leat.h"
#include "leat/reads_shard.h"
#include "leat/streams_samples.h"
#include "leat/tar_list.h"
#include "leat/tries_files.h"
#include "leat/wording.h"
#include "write/appended_file.h"

namespace {
using namespace leat;

struct Tars final : Source, ReadsShard, ReadsTars, StreamsSamples, TriesFiles {
  Output<Encoded> file{this, "file", "Any length. The bytes of the sample's image, not decoded."};
  Param<FilePath> path{this, "path",
                       "Tars of WebDataset: one .tar, also compressed, several with braces as `images-{000..127}.tar`, a folder of them, "
                       "or a list (.txt) with one per line. Empty if `commands` is set.",
                       FilePath{}};
  Param<std::string> commands{this, "commands",
                              "Number and fingerprint of the commands that write the tars. Only `leat predict RUN \"pipe:…\"` knows the "
                              "commands, so no other command can run this graph. Empty: the tars are files.",
                              ""};
  Param<std::string> image{
      this, "image",
      "Ending of the entries with the image, such as `jpg`: what follows the first dot of the file name. Empty: the only "
      "picture of the sample that has none of the endings in `masks`.",
      ""};
  Param<std::vector<std::string>> masks{this, "masks", "Endings of pictures that are no images, such as `mask.png`.",
                                        std::vector<std::string>{}};
  Param<std::string> shard{this, "shard", "Tars that are read, as `I/N`: part I, from 1, of N equal parts of the list.", "1/1"};
  Param<std::string> table{this, "table", "Table of the tars with their numbers of samples, in the run's folder.", tars_table};
  State<TarCounts> counts{this, "counts"};

  void survey(const Opening&) override {
    if (path->path.empty() == commands->empty())
      throw Refusal("either `path` or `commands` must be set, but " + std::string(commands->empty() ? "none" : "each") + " is", "path");
    if (commands->empty()) {
      tars_ = TarList::read(path->path.string());
      take_shard(tars_.size());
      look_at_files();
    } else {
      std::int64_t count = 0;
      for (const char digit : commands->substr(0, commands->find(' ')))
        count = digit < '0' || digit > '9' ? -1 : count * 10 + (digit - '0');
      if (count < 1) throw Refusal("`" + *commands + "` is not a number and a fingerprint", "commands");
      take_shard(count);
    }
  }

  void set_commands(const TarList& tars) override {
    if (tars.commands_mark() != *commands) throw Refusal("the commands are not those of `commands`", "commands");
    tars_ = tars;
    take_names();
  }

  [[nodiscard]] std::int64_t length() const override { return 0; }
  [[nodiscard]] ShardOf shard_of() const override { return shard_of_; }

  void shapes(Shapes& shapes) const override { shapes.writes(*table, "table"); }

  void try_files(const std::function<bool(const Port&)>&, std::vector<std::string>&) const override { check_known(); }

  void open(const Opening& opening) override {
    check_known();
    table_ = opening.run_folder.empty() ? std::filesystem::path() : opening.run_folder / *table;
  }

  void start(Frame& frame, std::function<void()> arrived) override {
    const TarCounts& before = frame.state(counts);
    const std::int64_t first = frame.key().step * *batch;
    stream_.reset();
    stream_ = std::make_unique<TarStream>(
        tars_, image_endings(),
        TarStream::Begin{first_ + before.tar, before.samples, std::max<std::int64_t>(0, first - before.all), std::max(first, before.all)},
        first_ + shard_of_.images, *batch, std::move(arrived));
  }
  [[nodiscard]] std::optional<std::int64_t> count(std::int64_t wanted) override { return stream_->count(wanted); }
  void stop() noexcept override { stream_.reset(); }

  void process(Frame& frame) const override {
    TarStream::Item item = stream_->take(frame.draw());
    const std::int64_t tar = item.tar - first_;
    Sample sample;
    sample.group = tars_.names[static_cast<std::size_t>(item.tar)];
    sample.id = sample.group + "/" + item.sample.key;
    TarCounts& now = frame.state(counts);
    end_tars(now, tar);
    ++now.samples;
    ++now.all;
    now.ids.add(sample.id);
    now.left_out = item.left_out;
    frame.identify(std::move(sample));
    if (!item.sample.problem.empty()) frame.drop(item.sample.problem);
    else frame.put(file, Encoded{std::move(item.sample.picture)});
  }

  void finish(Frame& frame) const override {
    TarCounts& now = frame.state(counts);
    end_tars(now, shard_of_.images);
    if (now.all_left_out > 0)
      frame.warn(std::to_string(now.all_left_out) + (now.all_left_out == 1 ? " entry" : " entries") +
                 " of the tars without a key, or with metadata, are not read");
    if (now.empty > 0) frame.warn(some_tars(now.empty) + " no sample");
  }

 private:
  [[nodiscard]] ImageEndings image_endings() const {
    const auto ending = [](const std::string& text) { return lower(text.starts_with('.') ? text.substr(1) : text); };
    ImageEndings out{ending(*image), {}};
    for (const std::string& one : *masks) out.others.push_back(ending(one));
    return out;
  }

  void take_shard(std::int64_t count) {
    const ShardNumber number = ShardNumber::read(*shard);
    if (count < number.shards)
      throw Refusal(counted(count, "tar") + (count == 1 ? " is" : " are") + " fewer than " + std::to_string(number.shards) + " shards",
                    "shard");
    first_ = number.first_of(count);
    shard_of_ = {};
    shard_of_.number = number;
    shard_of_.images = number.count_of(count);
    shard_of_.of = count;
    shard_of_.is_of_tars = true;
    if (tars_.size() > 0) take_names();
  }

  void take_names() {
    IdsHash own;
    for (std::int64_t k = 0; k < shard_of_.images; ++k) own.add(tars_.names[static_cast<std::size_t>(first_ + k)]);
    shard_of_.ids = own.value();
    shard_of_.list = tars_.names_hash();
  }

  /// Takes the sizes and times of the shard's tars.
  void look_at_files() {
    for (std::int64_t k = first_; k < first_ + shard_of_.images; ++k) {
      const std::filesystem::path& one = tars_.files[static_cast<std::size_t>(k)];
      struct ::stat found {};
      if (::stat(one.c_str(), &found) != 0) throw Refusal("the tar `" + one.string() + "` does not exist", "path");
      if (!S_ISREG(found.st_mode)) throw Refusal("`" + one.string() + "` is not a plain file", "path");
      const std::int64_t mark[]{k, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
      shard_of_.files += hash_bytes(mark, sizeof mark);
    }
  }

  void check_known() const {
    if (tars_.size() == 0)
      throw Refusal("the commands that write the tars are not in the graph, because a graph cannot run commands", "commands",
                    "run `leat predict RUN \"pipe:…\"` with them");
  }

  [[nodiscard]] std::string some_tars(std::int64_t count) const {
    return std::to_string(count) + " of " + counted(shard_of_.images, "tar") + (count == 1 ? " has" : " have");
  }

  /// Counts the tars before number `tar` of the shard as read, and adds them to the table.
  void end_tars(TarCounts& now, std::int64_t tar) const {
    std::string rows = now.length == 0 ? tars_header + std::string("\n") : "";
    for (; now.tar < tar; ++now.tar) {
      rows += csv_field(tars_.names[static_cast<std::size_t>(first_ + now.tar)]) + "," + std::to_string(now.samples) + "," +
              hash_text(now.ids.value()) + "\n";
      now.empty += now.samples == 0 ? 1 : 0;
      now.all_left_out += std::exchange(now.left_out, 0);
      now.samples = 0;
      now.ids = {};
    }
    if (!table_.empty() && !rows.empty()) now.length = append_at(table_, now.length, rows);
  }

  TarList tars_;            ///< All of the list.
  std::int64_t first_ = 0;  ///< Index of the shard's first tar.
  ShardOf shard_of_;
  std::filesystem::path table_;  ///< Empty: the run keeps nothing.
  std::unique_ptr<TarStream> stream_;
};

}  // namespace

LEAT_NODE(Tars, "io.tars", "Reads the images of WebDataset's tars for predictions, each tar once and from its beginning.")
