#include <algorithm>
#include <set>

#include "io/guess/masks.h"
#include "io/guess/patient.h"
#include "io/guess/pictures.h"
#include "io/guess/places.h"
#include "io/split/findings.h"
#include "io/split/folder_files.h"
#include "leat/make_tree.h"
#include "leat/wording.h"

// How to read a folder or list, for `leat data` and `leat new`.

namespace leat {

namespace fs = std::filesystem;

namespace {

using guess::Trial;

/// Returns the one of these names that is in the list's column `split`; empty: none. Throws Refusal if several are.
std::string rows_called(const std::set<std::string>& names, const Split& found) {
  std::set<std::string> there;
  for (const SplitEntry& entry : found.entries())
    if (names.contains(lower(entry.rows))) there.insert(entry.rows);
  if (there.size() > 1)
    throw Refusal("the rows of the list are called `" + *there.begin() + "` and `" + *there.rbegin() + "`, which can be the same", {},
                  "call them by one name");
  return there.empty() ? std::string() : *there.begin();
}

/// Chooses the rows for the training and for the test, if the list's column `split` names them.
void take_rows(Trial& trial, std::unique_ptr<Split>& found, DataGuess& out) {
  out.rows = rows_called({"train", "training", "tr"}, *found);
  if (out.rows.empty()) return;
  out.test_rows = rows_called({"test", "testing", "ts"}, *found);
  out.has_validation_rows = !found->usual_validation_rows(out.rows).empty();
  trial.set("rows", text_tree(out.rows));
  found = trial.surveyed();
}

/// Finds the classes, or the findings, of which an image can have several.
void take_classes(Trial& trial, std::unique_ptr<Split>& found, DataGuess& out) {
  const auto joins = [](const std::string& name) { return name.find('|') != std::string::npos; };
  const std::vector<std::string>& names = found->class_names();
  const bool has_columns = names.empty() && found->all().is_list && !finding_columns(found->all()).empty();
  const bool has_joined = std::any_of(names.begin(), names.end(), joins);
  if (has_columns || has_joined) {
    trial.set("multi_label", plain_tree("true"));
    found = trial.surveyed();
    out.is_multi_label = true;
    if (has_joined) out.remarks.push_back("an image can have several classes, because some fields have a `|`");
  }
  out.classes = found->class_names();
  const std::vector<std::string>& bare = found->all().bare_folders;
  if (out.classes.size() == 1 && !out.is_multi_label) {
    out.remarks.push_back("`" + out.classes[0] + "` is the only class, so there is none to learn" +
                          (bare.empty() ? "" : "; without a picture: " + in_quotes(bare)));
    out.only_class = out.classes[0];
    out.classes.clear();
  }
}

void take_patients(Trial& trial, const std::vector<SplitEntry>& entries, DataGuess& out) {
  if (std::any_of(entries.begin(), entries.end(), [](const SplitEntry& entry) { return entry.states_patient; })) return;
  const guess::PatientRule rule = guess::find_patient_rule(entries);
  if (rule.pattern.empty()) return;
  trial.set("patient", text_tree(rule.pattern));
  out.remarks.push_back("the patient is what the path of a file has " + rule.words + ": " + counted(entries.size(), "image") + " of " +
                        counted(rule.patients, "patient") + "; if that is wrong, training and validation can share a patient");
}

/// Gives up rows for the test that have no label, which judge nothing.
void check_test_rows(Trial trial, DataGuess& out) {
  const bool can_judge = !out.classes.empty() || !out.structures.empty();
  if (out.test_rows.empty() || !can_judge) return;
  trial.set("rows", text_tree(""));
  std::unique_ptr<Split> all;
  try {
    all = trial.surveyed();
  } catch (const Refusal&) {
    return;  // The rows have labels with a fault, which a check of the graph names.
  }
  std::size_t images = 0;
  for (const SplitEntry& entry : all->entries()) {
    if (entry.rows != out.test_rows) continue;
    ++images;
    if (!out.classes.empty() && all->has_label(Split::Target::Classes, entry)) return;
    if (all->has_label(Split::Target::Masks, entry)) return;
  }
  out.remarks.push_back(counted(images, "image") + " of the rows `" + out.test_rows + "` " + (images == 1 ? "has" : "have") +
                        " no labels, so " + (images == 1 ? "it is" : "they are") + " not judged");
  out.test_rows.clear();
}

/// Finds the folds that the data state, and the files of an image.
void take_folds_and_files(const Split& found, DataGuess& out) {
  const std::set<std::string> folds = found.stated_folds();
  if (folds.size() == 1) out.remarks.push_back("the data state one fold only, so it is not used");
  else if (are_counted(folds)) out.folds = static_cast<int>(folds.size());
  else out.remarks.push_back("the data state the folds " + in_quotes(folds) + ", which are not numbered from 0; `fold` chooses one");
  if (!found.all().is_of_nnunet) return;
  for (const SplitEntry& entry : found.entries())
    out.channel_files = std::max(out.channel_files, static_cast<int>(entry.channels.size()) + 1);
}

}  // namespace

DataGuess Split::guess(const fs::path& given) const {
  const fs::path whole = fs::absolute(given).lexically_normal();
  if (!fs::exists(whole)) throw Refusal("there is nothing at `" + given.string() + "`");
  DataGuess out;
  Trial trial;
  std::unique_ptr<Split> found = guess::find_files(trial, whole);
  take_rows(trial, found, out);
  take_classes(trial, found, out);
  guess::find_masks(trial, found, out);
  check_test_rows(trial, out);
  take_folds_and_files(*found, out);
  const std::vector<SplitEntry>& entries = found->entries();
  guess::find_kinds(entries, out);
  take_patients(trial, entries, out);
  trial.add_to(out);
  out.images = static_cast<std::int64_t>(entries.size());
  for (const SplitEntry& entry : entries) {
    out.with_class += !out.classes.empty() && found->has_label(Target::Classes, entry) ? 1 : 0;
    out.with_masks += found->has_label(Target::Masks, entry) ? 1 : 0;
  }
  return out;
}

}  // namespace leat
