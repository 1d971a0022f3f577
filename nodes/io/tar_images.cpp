#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "io/split/entry.h"
#include "io/tar_set.h"
#include "io/tars/tar_trial.h"
#include "leat/encoded.h"
#include "leat/label.h"
#include "leat/leat.h"
#include "leat/tries_files.h"
#include "leat/wording.h"

namespace {
using namespace leat;

struct TarImages final : Source, TriesFiles {
  Uses<TarSet> tars{this, "tars", "The tars."};
  Output<Encoded> file{this, "file", "Any length. The bytes of the sample's image, not decoded."};
  Output<Label> label{this, "label", "One of C. The class. The tars must state `classes`, and each sample must have one."};
  Output<Image> mask{this, "mask",
                     "Any size, 8 bit, of K. The masks at the size of the image, one channel of 0 and 255 per structure, and 127 where it "
                     "is unknown. The tars must state `masks`, and each sample must have them."};
  Choice shuffle{this,
                 "shuffle",
                 "Shuffling of the samples, in a new order for each epoch. auto: in train phases only. always: in all phases. "
                 "never: in no phase.",
                 "auto",
                 {"auto", "always", "never"}};
  Param<std::int64_t> window{
      this,
      "window",
      "Number of samples within which the samples are shuffled. The order of the tars is shuffled first. Reads are then near each other, "
      "which disks and network file systems need. It should be that of several tars. 0: all samples.",
      0,
      {0, INT64_MAX}};

  [[nodiscard]] std::int64_t length() const override { return tars->size(); }

  void list_samples(const std::function<void(const Sample&)>& take) const override {
    tars->for_each([&](SampleInTar one) { take(tars->identity(one)); });
  }

  void shapes(Shapes& shapes) const override {
    shapes.set_bytes(file, tars->largest_image() + static_cast<std::int64_t>(sizeof(Encoded)));
    if (shapes.is_connected(label)) check_labels();
    if (shapes.is_connected(mask)) check_masks();
    if (!tars->classes->empty()) shapes.set(label, label_contract(tars->named_classes()));
    shapes.set_bytes(label, static_cast<std::int64_t>(sizeof(Label)));
    if (shapes.is_connected(label)) shapes.set_fact(label, "classes that occur", classes_that_occur());
    if (!tars->mask_endings().names.empty()) shapes.set(mask, mask_contract());
  }

  void try_files(const std::function<bool(const Port&)>& is_connected, std::vector<std::string>& warnings) const override {
    TarTrial trial = try_samples(*tars, is_connected(mask));
    warnings = std::move(trial.warnings);
    if (trial.faults > 0)
      throw Refusal((trial.tried < tars->size() ? "at least " : "") +
                        some_of(static_cast<std::size_t>(trial.faults), static_cast<std::size_t>(tars->size()), "sample") +
                        " of the tars cannot be used; the first: " + trial.first_fault,
                    "on_error", "correct the tars, or leave such samples out with `on_error: skip`");
    const std::vector<std::int64_t> counts = tars->counts();
    if (const std::int64_t largest = *std::max_element(counts.begin(), counts.end());
        counts.size() > 1 && *window > 0 && *window < largest && shuffle != "never")
      warnings.push_back("`window` is " + std::to_string(*window) + ", but a tar has " + counted(largest, "sample") +
                         ": if the samples of a tar are alike, so are those of a step");
  }

  void open(const Opening&) override { order_.emplace(tars->counts(), *window); }

  void process(Frame& frame) const override {
    const bool is_shuffled = shuffle == "always" || (shuffle == "auto" && frame.key().kind == PhaseKind::Train);
    const SampleInTar one = is_shuffled ? order_->shuffled(frame.random().key(), frame.draw()) : order_->in_order(frame.draw());
    frame.identify(tars->identity(one));
    std::vector<std::uint8_t> bytes = tars->read_image(one);
    if (frame.is_connected(mask)) {
      std::vector<std::string> warnings;
      frame.put(mask, tars->read_masks(one, header_of(bytes), warnings));
      for (std::string& warning : warnings) frame.note(std::move(warning));
    }
    if (frame.is_connected(label)) frame.put(label, Label{tars->label_of(one), {}});
    frame.put(file, Encoded{std::move(bytes)});
  }

 private:
  static PictureHeader header_of(const std::vector<std::uint8_t>& bytes) {
    const auto header = picture_header(bytes);
    if (!header) throw std::runtime_error("its image is not a file that can be read");
    return *header;
  }

  void check_labels() const {
    const std::string words = tars->class_words();
    if (tars->classes->empty())
      throw Refusal("the tars have no classes", "label",
                    words.empty() ? "no sample has an entry `" + *tars->label + "`"
                                  : "set `classes` of the tars; the entries `" + *tars->label + "` have " + words);
    check_each("no class: its entry `" + *tars->label + "` is missing", "label",
               [this](SampleInTar one) { return tars->label_of(one) < 0; });
  }

  void check_masks() const {
    if (tars->mask_endings().names.empty()) throw Refusal("the tars have no masks", "mask", "set `masks` of the tars");
    check_each("not all masks", "mask", [this](SampleInTar one) { return !tars->lacking_mask(one).empty(); });
  }

  /// Throws Refusal at a port if a sample lacks what the port needs.
  template <class Lacks>
  void check_each(const std::string& what, const std::string& at, Lacks lacks) const {
    std::int64_t count = 0;
    std::optional<SampleInTar> first;
    tars->for_each([&](SampleInTar one) {
      if (!lacks(one)) return;
      if (count++ == 0) first = one;
    });
    if (count == 0) return;
    const std::string mask_ending = tars->lacking_mask(*first);
    throw Refusal(counted(count, "sample") + " of " + std::to_string(tars->size()) + (count == 1 ? " has " : " have ") + what +
                      "; the first is `" + tars->identity(*first).id + "`" + (at == "mask" ? ", which lacks `" + mask_ending + "`" : ""),
                  at);
  }

  [[nodiscard]] std::int64_t classes_that_occur() const {
    std::vector<char> occurs(tars->classes->size(), 0);
    tars->for_each([&](SampleInTar one) { occurs[static_cast<std::size_t>(tars->label_of(one))] = 1; });
    return std::count(occurs.begin(), occurs.end(), 1);
  }

  [[nodiscard]] Contract mask_contract() const {
    const MaskEndings& masks = tars->mask_endings();
    Contract out;
    out.has_shape = true;
    out.dims = {Dim{-1, "height"}, Dim{-1, "width"}};
    if (masks.names.size() > 1) out.dims.push_back(Dim{static_cast<std::int64_t>(masks.names.size()), {}});
    out.dtype = Dtype::U8;
    for (const auto& maps : masks.maps)
      for (const LabelMap& map : maps) out.or_unknown = out.or_unknown || map.unknown >= 0;
    out.has_entries = true;
    out.entries = tars->named_masks();
    return out;
  }

  std::optional<TarOrder> order_;
};

}  // namespace

LEAT_NODE(TarImages, "io.tar_images", "Reads the images of WebDataset's tars in any order, with their classes and masks, for training.")
