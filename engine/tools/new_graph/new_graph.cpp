#include "leat/new_graph.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "leat/diagnostics.h"
#include "leat/fit_labels.h"
#include "leat/make_tree.h"
#include "leat/shell_word.h"
#include "leat/wording.h"

namespace leat {

namespace {

std::string quoted(const std::string& text) { return flow_text(text_tree(text)); }

std::string list_of(const std::vector<std::string>& texts) { return flow_text(text_trees(texts)); }

/// What a graph for a data set does.
struct Choices {
  explicit Choices(const DataGuess& data)
      : classes(!data.classes.empty()),
        masks(!data.structures.empty()),
        pseudo(classes && !data.is_multi_label && data.images - data.with_class >= 10),
        consistency(masks && data.images - data.with_masks >= 4) {}

  bool classes, masks;
  bool pseudo;       ///< Pseudo-labels for images without a class.
  bool consistency;  ///< The same masks for two views of an image without masks.
};

/// The text, line by line.
class Text {
 public:
  /// Adds a line of comment, also if the text has line breaks, which names of files can have.
  void comment(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char one) { return one == '\n' || one == '\r'; }, ' ');
    *this << "# " + text;
  }
  Text& operator<<(const std::string& line) {
    text_ += line + "\n";
    return *this;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string what_it_does(const DataGuess& data, const Choices& does) {
  std::string out = "Written by `leat new`: " + counted(data.images, "image");
  if (does.classes) out += ", " + std::to_string(data.with_class) + " with a class";
  if (does.masks) out += ", " + std::to_string(data.with_masks) + " with masks";
  return out + ".";
}

int network_side(const DataGuess& data) { return data.side_px > 0 && data.side_px < 96 ? 64 : 128; }

void add_params(Text& out, const DataGuess& data, const Choices& does, const std::string& images) {
  const int size = network_side(data);
  const auto of_training = [](std::int64_t labelled) { return std::max<std::int64_t>(1, labelled * 4 / 5); };
  out << "params:";
  out << "  images: " + images;
  out << "  size: " + std::to_string(size);
  if (does.masks) out << "  mask_size: " + std::to_string(data.side_px >= 2 * size ? 2 * size : size);
  if (data.channels == 3) out << "  channels: rgb";
  else if (data.channels > 1) out << "  channels: as_is";
  if (data.channels > 1) out << "  in_channels: " + std::to_string(data.channels);
  if (data.channel_files > 1) out << "  channel_files: " + std::to_string(data.channel_files);
  if (data.depth_bits > 8) out << "  pictures: deep";
  if (data.folds > 0)
    out << "  fold: {value: 0, doc: The fold of the data that validates., range: [0, " + std::to_string(data.folds - 1) + "]}";
  out << "  steps: 1000";
  if (does.classes) {
    out << "  classes: " + list_of(data.classes) +
               (data.classes.size() == 2 && !data.is_multi_label ? "  # The last is the positive class." : "");
    if (data.is_multi_label)
      out << "  multi_label: true"
          << "  class_kind: sigmoid";
    out << "  batch: " + std::to_string(std::clamp<std::int64_t>(of_training(data.with_class), 2, 10));
  }
  if (does.pseudo) out << "  unlabelled_batch: 20";
  if (does.masks) {
    out << "  structures: " + list_of(data.structures);
    out << "  mask_batch: " + std::to_string(std::clamp<std::int64_t>(of_training(data.with_masks), 1, 10));
  }
  if (!does.classes || !does.masks) out << "  decoder: plain";
}

std::string split_text(const NewData& data, bool is_trained_on, const Choices& does, const std::filesystem::path& folder) {
  std::string with = settings_text(data.guess, folder);
  if (does.classes) with += ", classes: \"${classes}\"";
  if (is_trained_on && does.classes) with += ", class_labels: 0";
  if (is_trained_on && does.masks) with += ", mask_labels: 0";
  const std::string& rows = is_trained_on ? data.guess.rows : data.guess.test_rows;
  if (!rows.empty()) with += ", rows: " + quoted(rows);
  if (is_trained_on && data.guess.folds > 0) with += ", fold: \"${fold}\"";
  else if (is_trained_on && (rows.empty() || !data.guess.has_validation_rows)) with += ", validation: 0.2";
  return "{uses: " + data.uses + ", with: {" + with + "}}";
}

/// Adds metrics of the validation images, or of test data.
void add_judges(Text& out, const Choices& does, bool is_multi_label, const std::string& suffix, const std::string& with,
                const DataGuess* test) {
  const auto picture = [&](const std::string& from) { return test ? ", picture: " + from + ".picture" : ""; };
  // Test images without a label judge nothing.
  const auto part = [&](std::int64_t labelled) { return test && labelled < test->images ? ", part: labelled" : ""; };
  if (does.classes) {
    const std::string from = "for_classes" + suffix;
    out << "      " + from + ": {uses: judge_classes, with: {" + with + part(test ? test->with_class : 0) + "}}";
    out << "      classes" + suffix + ": {uses: metric.classification, in: {logits: " + from + ".logits, label: " + from + ".label" +
               picture(from) + "}, with: {classes: \"${classes}\"" + (is_multi_label ? ", multi_label: true" : "") + "}}";
  }
  if (does.masks) {
    const std::string from = "for_masks" + suffix;
    out << "      " + from + ": {uses: judge_masks, with: {" + with + part(test ? test->with_masks : 0) + "}}";
    out << "      masks" + suffix + ": {uses: metric.segmentation, in: {logits: " + from + ".logits, mask: " + from + ".mask" +
               picture(from) + "}}";
  }
}

void add_training(Text& out, const DataGuess& data, const Choices& does) {
  std::string terms, weights, ramp;
  const auto add = [](std::string& text, const std::string& one) { text += (text.empty() ? "" : ", ") + one; };
  out << "  train:"
      << "    nodes:";
  if (does.classes) {
    out << std::string("      labelled: {uses: learn_classes") + (data.is_multi_label ? ", with: {balance: none}" : "") + "}";
    add(terms, "classes: labelled.term");
  }
  if (does.pseudo) {
    out << "      unlabelled: {uses: learn_pseudo_labels}";
    add(terms, "pseudo: unlabelled.term");
    add(ramp, "pseudo: 0.3");
  }
  if (does.masks) {
    out << "      masked: {uses: learn_masks}";
    add(terms, "masks: masked.term");
    // The classes' gradient is ten times as long as the masks' (graphs/multimix.yaml).
    if (does.classes) add(weights, "masks: 10");
  }
  if (does.consistency) {
    out << "      unmasked: {uses: learn_consistency}";
    add(terms, "consistency: unmasked.term");
    add(weights, "consistency: 0.5");
    add(ramp, "consistency: 0.3");
  }
  std::string with;
  if (!weights.empty()) add(with, "weights: {" + weights + "}");
  if (!ramp.empty()) add(with, "ramp: {" + ramp + "}");
  out << "      total:"
      << "        uses: loss.total"
      << "        in: {terms: {" + terms + "}}";
  if (!with.empty()) out << "        with: {" + with + "}";
  out << "      step: {uses: train.step, in: total, with: {optimizer: adam, clip: 2, ema: true}}";
}

/// Returns a path as a graph in `folder` writes it.
std::string path_from(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const std::string relative = folder.empty() ? "" : path.lexically_relative(folder).generic_string();
  const bool is_near = !relative.empty() && !relative.starts_with("../..");
  return quoted(is_near ? relative : path.generic_string());
}

/// Returns where the images of a data set are.
std::filesystem::path images_of(const DataGuess& data) {
  const auto images = std::find_if(data.paths.begin(), data.paths.end(), [](const auto& one) { return one.first == "images"; });
  if (images != data.paths.end()) return images->second;
  const std::filesystem::path& path = data.paths.at(0).second;
  return std::filesystem::is_directory(path) ? path : path.parent_path();
}

}  // namespace

std::string settings_text(const DataGuess& guess, const std::filesystem::path& folder) {
  std::string out;
  for (const auto& [name, path] : guess.paths) out += (out.empty() ? "" : ", ") + name + ": " + path_from(path, folder);
  for (const auto& [name, value] : guess.settings) out += ", " + name + ": " + flow_text(value);
  return out;
}

void order_classes(DataGuess& guess) {
  static const std::set<std::string> without{
      "normal", "healthy",     "negative",     "neg",  "none", "no finding",  "no_finding", "benign",
      "clear",  "control",     "controls",     "no",   "0",    "false",       "gesund",     "unauffällig",
      "nein",   "ohne befund", "normalbefund", "o.b.", "kein", "kein befund", "absent"};
  if (guess.classes.size() != 2 || guess.is_multi_label) return;
  const auto is_without = [](std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char one) { return static_cast<char>(std::tolower(one)); });
    return without.contains(name);
  };
  if (is_without(guess.classes[1]) && !is_without(guess.classes[0])) std::swap(guess.classes[0], guess.classes[1]);
  if (!is_without(guess.classes[0]))
    guess.remarks.push_back("`" + guess.classes[1] +
                            "`, the last class, is the positive one of sensitivity and specificity; `classes` has their order");
}

void fit_test(const NewData& data, NewData& test) {
  DataGuess& guess = test.guess;
  const std::string place = guess.paths.at(0).second.string();
  if (guess.paths == data.guess.paths) throw Refusal("`" + place + "` is the training data, so it cannot be the test data");
  std::vector<std::string> why_not;
  if (guess.is_multi_label != data.guess.is_multi_label && !guess.classes.empty() && !data.guess.classes.empty()) {
    why_not.push_back(guess.is_multi_label ? "its images can have several classes, and those of the training have one"
                                           : "its images have one class, and those of the training can have several");
    guess.classes.clear();
  }
  const std::vector<std::string> others = fit_labels(guess, data.guess.classes, data.guess.structures);
  why_not.insert(why_not.end(), others.begin(), others.end());
  if (guess.classes.empty() && guess.structures.empty())
    throw Refusal("`" + place +
                  "` cannot be test data: " + (why_not.empty() ? "its images have neither classes nor masks" : joined(why_not, "; ")));
  for (const std::string& why : why_not) guess.remarks.push_back("not all labels are used, because " + why);
  if (!guess.classes.empty() && guess.with_class < guess.images)
    guess.remarks.push_back(counted(guess.images - guess.with_class, "image") + " without a class judge no classes");
}

std::string new_graph(const NewData& data, std::vector<NewData> tests, const std::filesystem::path& file) {
  if (tests.empty() && !data.guess.test_rows.empty()) tests.push_back(data);
  const Choices does(data.guess);
  if (!does.classes && !does.masks)
    throw Refusal("the images have neither classes nor masks, so there is nothing to learn", {},
                  "put them into folders named like their classes, or add a list with a column `class`, or folders `masks_NAME`");
  const std::filesystem::path folder = std::filesystem::absolute(file).lexically_normal().parent_path();
  const std::string stem = file.stem().string();
  Text out;
  out.comment(what_it_does(data.guess, does));
  if (data.guess.is_multi_label && does.classes && data.guess.with_class < data.guess.images)
    out.comment("Images without a label are not used for classes: pseudo-labels are for images of which one class holds.");
  for (const std::string& remark : data.guess.remarks) out.comment("Guessed: " + remark);
  for (const NewData& test : tests)
    if (test.guess.paths != data.guess.paths)
      for (const std::string& remark : test.guess.remarks)
        out.comment("Guessed of " + test.guess.paths.at(0).second.string() + ": " + remark);
  std::set<std::string> plugins{data.guess.plugin};
  for (const NewData& test : tests) plugins.insert(test.guess.plugin);
  plugins.erase("");
  std::string with_plugins;
  for (const std::string& plugin : plugins) with_plugins += " --plugin " + plugin + ".plugin";
  out.comment("  leat check " + shell_word(file.string()) + with_plugins);
  out.comment("  leat run " + shell_word(file.string()) + with_plugins + " && leat report " + shell_word("runs/" + stem));
  out.comment("  leat predict " + shell_word("runs/" + stem) + " IMAGES" + with_plugins + " --out predictions");
  out << "leat: 1"
      << "title: " + quoted(stem) << "extends: leat:parts";
  std::vector<std::string> needs;
  for (const std::string& plugin : plugins) needs.push_back(plugin + ": \">=0\"");
  if (!needs.empty()) out << "needs: {plugins: {" + joined(needs) + "}}";
  add_params(out, data.guess, does, path_from(images_of(data.guess), folder));
  out << "resources:";
  out << "  data: " + split_text(data, true, does, folder);
  std::vector<Choices> tested;
  for (std::size_t k = 0; k < tests.size(); ++k) {
    tested.emplace_back(tests[k].guess);
    out << "  test_data" + (k == 0 ? "" : "_" + std::to_string(k + 1)) + ": " + split_text(tests[k], false, tested.back(), folder);
  }
  if (!does.classes || !does.masks) out << "  net: {with: {bridge: {join: none}}}";
  out << "phases:";
  add_training(out, data.guess, does);
  out << "  validate:"
      << "    nodes:";
  add_judges(out, does, data.guess.is_multi_label, "", "part: validation", nullptr);
  if (!tests.empty()) {
    out << "  test:"
        << "    nodes:";
    for (std::size_t k = 0; k < tests.size(); ++k) {
      const std::string suffix = k == 0 ? "" : "_" + std::to_string(k + 1);
      add_judges(out, tested[k], data.guess.is_multi_label, suffix, "split: test_data" + suffix, &tests[k].guess);
    }
  }
  out << std::string("  predict: {nodes: {all: {uses: predict_") + (!does.masks ? "classes" : !does.classes ? "masks" : "both") + "}}}";
  std::string keep = does.classes ? "validate.classes.balanced_accuracy" : "";
  if (does.masks) keep += std::string(keep.empty() ? "" : ", ") + "validate.masks.dice";
  out << "plan:";
  out << "  train: {phase: train, steps: \"${steps}\", validate: every 100 steps, keep: {best: [" + keep + "], within: 0.01}}";
  if (!tests.empty()) out << "  then: [test]";
  out << "  memory: 2GB";
  if (!tests.empty()) out << "  keep_results: 20MB";
  return out.take();
}

}  // namespace leat
