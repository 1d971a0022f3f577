#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "io/cells/draw_cells.h"
#include "io/class_turns.h"
#include "leat/counts_samples.h"
#include "leat/image.h"
#include "leat/label.h"
#include "leat/leat.h"

namespace {
using namespace leat;

/// Returns the class of picture `index`: REGULAR if it is even, IRREGULAR if it is odd. So the first pictures are balanced.
constexpr int label_of(std::int64_t index) { return static_cast<int>(index % 2); }

struct Cells final : Source, CountsSamples {
  Output<Image> image{this, "image", "64 x 64 x 3, 8 bit. The drawn tissue: red, green, blue."};
  Output<Image> mask{this, "mask", "64 x 64, 8 bit, of K. The mask of the one structure `nuclei`. It is 255 in nuclei and 0 elsewhere."};
  Output<Label> label{this, "label", "One of C. The class, REGULAR or IRREGULAR: whether the nuclei are alike."};
  Choice split{this, "split", "Set of pictures to draw; no picture is in two sets.", "train", {"train", "validation", "test"}};
  Param<int> count{this, "count", "Number of pictures per epoch, half of each class.", required, {1, 100000}};
  Choice balance{this,
                 "balance",
                 "Class sampling in train phases. none: every picture once per epoch. class: the classes take turns.",
                 "none",
                 {"none", "class"}};
  SharesWith shares_with{this};

  [[nodiscard]] std::int64_t length() const override { return *count; }

  void shapes(Shapes& shapes) const override {
    if (balance == "class" && *count < 2) throw Refusal("`count` is 1, so one of the two classes has no picture", "count");
    shapes.set(label, label_contract(Dim::named({"REGULAR", "IRREGULAR"}, this, {}).with_multi_label(false, this, {})));
    shapes.set_bytes(label, sizeof(Label));
    Contract nuclei = mask.contract();
    nuclei.entries = Dim::named({"nuclei"}, this, {});
    shapes.set(mask, nuclei);
  }

  void list_samples(const std::function<void(const Sample&)>& take) const override {
    for (std::int64_t place = 0; place < length(); ++place) take({.id = id_of(place), .patient = id_of(place)});
  }

  std::vector<SampleCount> sample_counts() const override {
    std::vector<SampleCount> out;
    for (const int one : {0, 1})
      if (const std::int64_t images = (std::int64_t{*count} + 1 - one) / 2; images > 0)
        out.push_back({*split, one == 0 ? "REGULAR" : "IRREGULAR", images, images, images, images});
    return out;
  }

  void open(const Opening& opening) override {
    seed_ = opening.seed;
    if (balance != "class") return;
    std::vector<std::vector<std::int64_t>> places(2);
    for (std::int64_t place = 0; place < length(); ++place) places[static_cast<std::size_t>(label_of(place))].push_back(place);
    turns_.emplace(std::move(places));
  }

  void process(Frame& frame) const override {
    const bool is_training = frame.key().kind == PhaseKind::Train;
    const std::int64_t place =
        is_training && turns_ ? (*turns_)(frame.random().key(), frame.draw(), true) : pick(frame, length(), is_training);
    frame.identify({.id = id_of(place)});
    const DrawnCells cells = draw_cells(seed_, *split, place, label_of(place) == 1);
    const Placement placement{.source_width = cells.image.cols, .source_height = cells.image.rows};
    frame.put(image, {cells.image, placement});
    frame.put(mask, {cells.mask, placement});
    frame.put(label, {.index = cells.label});
  }

 private:
  [[nodiscard]] std::string id_of(std::int64_t place) const {
    char number[16];
    std::snprintf(number, sizeof number, "%04lld", static_cast<long long>(place));
    return *split + "/" + number;
  }

  std::uint64_t seed_ = 0;
  std::optional<ClassTurns> turns_;
};

}  // namespace

LEAT_NODE(Cells, "io.cells", "Draws stained tissue in colour, with masks of the nuclei and classes, from the run's seed.")
