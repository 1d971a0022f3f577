#include <algorithm>
#include <optional>
#include <vector>

#include "io/class_turns.h"
#include "io/split/source.h"
#include "leat/leat.h"
#include "leat/tries_files.h"
#include "leat/unknown.h"

namespace {
using namespace leat;

struct Images final : SplitSource, TriesFiles {
  Output<Encoded> file{this, "file", "Any length. The bytes of the image file, not decoded."};
  Output<Label> label{this, "label",
                      "One of C. The class, or the findings, which can be unknown. `part: unlabelled` does not have it. `part: all` has it "
                      "only if the split has neither a label "
                      "budget nor validation images."};
  Output<Label> known_label{this, "known_label", "One of C. The class, if it is known. It is for diagnostics, not for training.",
                            diagnostic};
  Choice balance{this,
                 "balance",
                 "Class sampling in train phases. none: every image once per epoch. class: the classes take turns; each starts its images "
                 "over when they run out.",
                 "none",
                 {"none", "class"}};

  Images() : SplitSource(Split::Target::Classes) {}

  void shapes(Shapes& shapes) const override {
    check_part(shapes, label, known_label);
    if (shapes.is_connected(label)) check_labels();
    if (balance == "class") check_balance();
    describe_files(shapes, file);
    const std::size_t several = *split->multi_label ? split->class_names().size() : 0;
    const std::vector<std::int64_t> labelled = split->labelled_by_class();
    Contract contract =
        label_contract(split->named_classes().with_multi_label(*split->multi_label, &*split, "multi_label"), *split->multi_label);
    contract.or_unknown = std::any_of(images().begin(), images().end(), [this](int image) { return is_unknown(entry(image).label); });
    for (const Output<Label>* one : {&label, &known_label}) {
      shapes.set(*one, contract);
      shapes.set_bytes(*one, static_cast<std::int64_t>(sizeof(Label) + several));
      shapes.set_fact(*one, "classes that occur", classes_that_occur());
      for (std::size_t k = 0; k < labelled.size(); ++k) shapes.set_fact(*one, "labelled images of " + split->class_names()[k], labelled[k]);
    }
  }

  /// Compares the files of all images, because images outside this part can have the same bytes.
  void try_files(const std::function<bool(const Port&)>& is_connected, std::vector<std::string>& warnings) const override {
    if (!is_connected(label) && !is_connected(known_label) && balance != "class") return;
    if (std::string sentence = split->different_classes(); !sentence.empty()) warnings.push_back(std::move(sentence));
  }

  void open(const Opening& opening) override {
    warn_of_reuse(opening);
    if (balance != "class") return;
    std::vector<std::vector<std::int64_t>> by_class(split->class_names().size());
    for (const int image : images())
      if (const int index = entry(image).label.index; index >= 0) by_class[static_cast<std::size_t>(index)].push_back(image);
    turns_.emplace(std::move(by_class));
  }

  void process(Frame& frame) const override {
    const bool takes_turns = turns_ && frame.key().kind == PhaseKind::Train;
    const int image =
        takes_turns ? static_cast<int>((*turns_)(frame.random().key(), frame.draw(), is_shuffled(frame))) : images()[place_of(frame)];
    const SplitEntry& chosen = entry(image);
    frame.put(file, read(frame, chosen));
    if (!is_secret()) frame.put(label, chosen.label);
    frame.put(known_label, chosen.label);
  }

 private:
  [[nodiscard]] std::int64_t classes_that_occur() const {
    std::vector<char> occurs(split->class_names().size(), 0);
    for (const int image : images()) {
      const Label& one = entry(image).label;
      if (one.index >= 0) occurs[static_cast<std::size_t>(one.index)] = 1;
      for (std::size_t k = 0; k < one.several.size(); ++k) occurs[k] |= static_cast<char>(one.several[k] == 1);
    }
    return std::count(occurs.begin(), occurs.end(), 1);
  }

  /// Returns true if the class, or one of the findings, is not known.
  [[nodiscard]] static bool is_unknown(const Label& one) {
    if (one.several.empty()) return one.index < 0;
    return std::find(one.several.begin(), one.several.end(), unknown::finding) != one.several.end();
  }

  void check_labels() const {
    if (split->class_names().empty()) throw Refusal("the split has no classes", "label", split->why_no_classes());
    for (const int image : images())
      if (entry(image).label.index < 0 && entry(image).label.several.empty())
        throw Refusal("`" + entry(image).id + "` of the part `" + *part + "` has no class", "label",
                      part == "all" ? "`part: labelled` reads the images that have one" : "");
  }

  void check_balance() const {
    if (split->class_names().empty() || *split->multi_label)
      throw Refusal("`balance: class` needs one class per image, but the split has no classes or several per image", "balance");
    if (is_secret()) throw Refusal("`balance: class` needs labels: " + split->why_secret(chosen()), "balance");
    std::vector<char> has_image(split->class_names().size(), 0);
    for (const int image : images())
      if (const int index = entry(image).label.index; index >= 0) has_image[static_cast<std::size_t>(index)] = 1;
    for (std::size_t k = 0; k < has_image.size(); ++k)
      if (!has_image[k]) throw Refusal("the part `" + *part + "` has no image of `" + split->class_names()[k] + "`", "balance");
  }

  std::optional<ClassTurns> turns_;
};

}  // namespace

LEAT_NODE(Images, "io.images", "Reads the images of a part of a data set, with their classes.")
