#include <algorithm>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/chest/draw_chest.h"
#include "io/class_turns.h"
#include "leat/counts_samples.h"
#include "leat/image.h"
#include "leat/label.h"
#include "leat/leat.h"
#include "leat/tree.h"

namespace {
using namespace leat;

/// Returns the class of chest `index`: NORMAL if it is even, PNEUMONIA if it is odd. So the first chests are balanced for every count.
constexpr int label_of(std::int64_t index) { return static_cast<int>(index % 2); }

/// A parameter with the value `A`, `B` or a list of them.
class Hospitals final : public ParamPort {
 public:
  Hospitals(Component* owner, std::string_view name, std::string_view sentence) : ParamPort(owner, name, sentence, true) {}

  void read(const Tree& tree) override {
    names_.clear();
    for (const Tree& item : tree.is_list() ? tree.items : std::vector<Tree>{tree}) {
      if (item.scalar != "A" && item.scalar != "B") throw Refusal("`hospital` must be A, B or a list of them, found " + item.describe());
      if (std::count(names_.begin(), names_.end(), item.scalar) > 0) throw Refusal("`hospital` names " + item.scalar + " twice");
      names_.push_back(item.scalar);
    }
    if (names_.empty()) throw Refusal("`hospital` is an empty list", {}, "valid names are A and B");
  }
  [[nodiscard]] std::string type_name() const override { return "choice or list of choices"; }
  [[nodiscard]] std::string value_text() const override {
    if (names_.size() == 2) return "[" + names_[0] + ", " + names_[1] + "]";
    return names_.empty() ? "" : names_[0];
  }
  [[nodiscard]] std::string range_text() const override { return "A, B"; }
  [[nodiscard]] const std::vector<std::string>& operator*() const { return names_; }

 private:
  std::vector<std::string> names_;
};

struct Chest final : Source, CountsSamples {
  Output<Image> image{this, "image", "64 x 64, 8 bit. The drawn X-ray; dense tissue is white."};
  Output<Image> mask{this, "mask",
                     "64 x 64, 8 bit, of K. The mask of the one structure `lungs`. It is 255 in the lungs and 0 elsewhere. Not available "
                     "with `split: unlabelled`."};
  Output<Label> label{this, "label", "One of C. The class, NORMAL or PNEUMONIA. Not available with `split: unlabelled`."};
  Output<Label> known_label{this, "known_label", "One of C. The class, with every `split`. It is for diagnostics, not for training.",
                            diagnostic};
  Hospitals hospital{this, "hospital", "Hospital of the X-rays. A list: the X-rays of all its hospitals."};
  Choice split{this,
               "split",
               "Set of images to draw; no patient is in two sets. labelled, masks, validation, test: images with classes and masks. "
               "unlabelled: images without them.",
               "labelled",
               {"labelled", "masks", "unlabelled", "validation", "test"}};
  Param<int> count{this,
                   "count",
                   "Number of images per hospital and epoch, half of each class. They are the first `count` images of the split.",
                   required,
                   {1, 100000}};
  Choice balance{this,
                 "balance",
                 "Class sampling in train phases. none: every image once per epoch. class: the classes take turns; each starts its images "
                 "over when they run out.",
                 "none",
                 {"none", "class"}};
  Choice shuffle{this,
                 "shuffle",
                 "Shuffling of the images, in a new order for each epoch. auto: in train phases only. always: in all phases. "
                 "never: in no phase.",
                 "auto",
                 {"auto", "always", "never"}};

  SharesWith shares_with{this};

  [[nodiscard]] std::int64_t length() const override { return std::int64_t{*count} * static_cast<std::int64_t>((*hospital).size()); }

  void shapes(Shapes& shapes) const override {
    if (balance == "class" && *count < 2)
      throw Refusal("`count` is 1, so one of the two classes has no image", "count", "`balance: class` needs a `count` of at least 2");
    if (balance == "class" && split == "unlabelled")
      throw Refusal("`balance: class` needs labels, but images of `split: unlabelled` have none", "balance");
    if (split == "unlabelled" && shapes.is_connected(label))
      throw Refusal("images of `split: unlabelled` have no `label`", "label", "`known_label` has it, but for diagnostics only");
    if (split == "unlabelled" && shapes.is_connected(mask)) throw Refusal("images of `split: unlabelled` have no `mask`", "mask");
    for (const Output<Label>* one : {&label, &known_label}) {
      shapes.set(*one, label_contract(Dim::named({"NORMAL", "PNEUMONIA"}, this, {}).with_multi_label(false, this, {})));
      shapes.set_bytes(*one, sizeof(Label));
    }
    Contract lungs = mask.contract();
    lungs.entries = Dim::named({"lungs"}, this, {});
    shapes.set(mask, lungs);
  }

  /// Each X-ray is of a patient of its own.
  void list_samples(const std::function<void(const Sample&)>& take) const override {
    for (std::int64_t place = 0; place < length(); ++place) take({.id = id_of(place), .group = group_of(place), .patient = id_of(place)});
  }

  std::vector<SampleCount> sample_counts() const override {
    std::vector<SampleCount> out;
    for (const int label : {0, 1}) {
      const std::int64_t images = (std::int64_t{*count} + 1 - label) / 2 * static_cast<std::int64_t>((*hospital).size());
      const std::int64_t shown = split == "unlabelled" ? 0 : images;
      if (images > 0) out.push_back({*split, label == 0 ? "NORMAL" : "PNEUMONIA", images, shown, shown, images});
    }
    return out;
  }

  void open(const Opening& opening) override {
    seed_ = opening.seed;
    kept_ = std::make_unique<Kept[]>(static_cast<std::size_t>(length()));
    if (balance == "class") {
      std::vector<std::vector<std::int64_t>> places(2);
      for (std::int64_t place = 0; place < length(); ++place) places[static_cast<std::size_t>(label_of(place % *count))].push_back(place);
      turns_.emplace(std::move(places));
    }
  }

  void process(Frame& frame) const override {
    const bool is_training = frame.key().kind == PhaseKind::Train;
    const bool is_shuffled = shuffle == "always" || (shuffle == "auto" && is_training);
    const std::int64_t place =
        is_training && turns_ ? (*turns_)(frame.random().key(), frame.draw(), is_shuffled) : pick(frame, length(), is_shuffled);
    const std::string& group = group_of(place);
    const std::int64_t index = place % *count;
    frame.identify({.id = id_of(place), .group = group});

    const DrawnChest& chest = drawn(place, group, index);
    const Placement placement{.source_width = chest.image.cols, .source_height = chest.image.rows};
    frame.put(image, {chest.image, placement});
    if (split != "unlabelled") {
      frame.put(mask, {chest.mask, placement});
      frame.put(label, {.index = chest.label});
    }
    frame.put(known_label, {.index = chest.label});
  }

  void close() override { kept_.reset(); }

 private:
  struct Kept {
    std::once_flag once;
    DrawnChest chest;
  };

  [[nodiscard]] const std::string& group_of(std::int64_t place) const { return (*hospital)[static_cast<std::size_t>(place / *count)]; }
  [[nodiscard]] std::string id_of(std::int64_t place) const {
    char number[16];
    std::snprintf(number, sizeof number, "%04lld", static_cast<long long>(place % *count));
    return group_of(place) + "/" + *split + "/" + number;
  }

  /// Returns a chest, which is drawn at the first call and cached. [parallel]
  [[nodiscard]] const DrawnChest& drawn(std::int64_t place, const std::string& group, std::int64_t index) const {
    Kept& kept = kept_[static_cast<std::size_t>(place)];
    std::call_once(kept.once, [&] {
      kept.chest = draw_chest(seed_, *split, index, group == "A" ? chest::Hospital::A : chest::Hospital::B, label_of(index) == 1);
    });
    return kept.chest;
  }

  std::uint64_t seed_ = 0;
  std::unique_ptr<Kept[]> kept_;
  std::optional<ClassTurns> turns_;
};

}  // namespace

LEAT_NODE(Chest, "io.chest", "Draws chest X-rays of two hospitals, with lung masks and classes, from the run's seed.")
