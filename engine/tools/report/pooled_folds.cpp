#include "report/pooled_folds.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "leat/csv.h"
#include "leat/diagnostics.h"
#include "leat/wording.h"
#include "report/fingerprints.h"

namespace leat::report {

namespace {

namespace fs = std::filesystem;

std::set<std::string> identities(const ImageRows& rows) {
  std::set<std::string> out;
  for (std::size_t row = 0; row < rows.images().size(); ++row) out.insert(rows.identity(row));
  return out;
}

/// Returns why the tables of a place cannot be joined; an empty text if they can.
std::string why_apart(const std::vector<FinishedRun>& folds, const std::string& place) {
  std::vector<std::set<std::string>> images;
  for (const FinishedRun& fold : folds) {
    const auto rows = fold.images.find(place);
    if (rows == fold.images.end()) return fold.facts.folder.string() + " has no table of its images";
    images.push_back(identities(rows->second));
  }
  if (std::equal(images.begin() + 1, images.end(), images.begin())) return "it judges the same images in each fold";
  std::map<std::string, std::size_t> known;
  for (std::size_t k = 0; k < folds.size(); ++k) {
    const ImageRows& rows = folds[k].images.at(place);
    for (std::size_t row = 0; row < rows.images().size(); ++row)
      if (const auto [found, is_new] = known.emplace(rows.identity(row), k); !is_new && found->second != k)
        return "`" + rows.images()[row] + "` is in " + folds[found->second].facts.folder.string() + " and in " +
               folds[k].facts.folder.string();
  }
  return {};
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::vector<std::string> written;
  for (const std::string& field : fields) written.push_back(csv_field(field));
  return joined(written, ",") + "\n";
}

/// Joins the tables of a place. Throws Refusal if they have other columns or metrics.
ImageRows join_tables(const std::vector<FinishedRun>& folds, const std::string& place) {
  std::string csv;
  std::vector<std::string> header;
  std::optional<std::string> figures;
  for (const FinishedRun& fold : folds) {
    const fs::path images = fold.facts.folder / "images";
    const CsvTable table = read_csv(text_in(images / (place + ".csv")));
    const std::string own = text_in(images / (place + ".json"));
    if (figures && (own != *figures || table.header != header))
      throw Refusal("the tables of " + folds[0].facts.folder.string() + " and " + fold.facts.folder.string() +
                    " have other columns, or other metrics");
    if (!figures) csv = csv_line(table.header);
    figures = own;
    header = table.header;
    for (const CsvTable::Row& row : table.rows) csv += csv_line(row.fields);
  }
  return ImageRows::parse(csv, *figures);
}

/// Returns the metrics of a phase's node over joined rows, of those that the rows define.
std::vector<Measured> measured_again(const MeasuredPhase& phase, const std::string& node, const ImageRows& rows) {
  std::vector<Measured> out;
  for (const Measured& one : phase.figures) {
    if (one.node != node || !rows.figure(one.metric)) continue;
    out.push_back(one);
    out.back().value = rows.value(one.metric).value_or(std::numeric_limits<double>::quiet_NaN());
  }
  return out;
}

}  // namespace

PooledFolds pool_folds(std::span<const fs::path> folders) {
  std::vector<FinishedRun> folds;
  for (const fs::path& folder : folders) {
    folds.push_back(read_finished_run(folder));
    add_fingerprints(folds.back());
  }
  PooledFolds out{folds.at(0), {}};
  // They are of one fold.
  out.run.images.clear();
  out.run.phases.clear();
  out.run.kept.reset();
  out.run.weights_of.clear();
  for (const MeasuredPhase& phase : folds[0].phases) {
    MeasuredPhase pooled{phase.name, phase.kind, {}};
    std::set<std::string> nodes;
    for (const Measured& one : phase.figures) {
      const std::string place = phase.name + "." + one.node;
      if (!folds[0].images.contains(place) || is_of_data(folds[0].graph, phase.name, one.node) || !nodes.insert(one.node).second) continue;
      std::string why_not = why_apart(folds, place);
      if (why_not.empty()) try {
          const ImageRows& rows = out.run.images.emplace(place, join_tables(folds, place)).first->second;
          const std::vector<Measured> again = measured_again(phase, one.node, rows);
          pooled.figures.insert(pooled.figures.end(), again.begin(), again.end());
        } catch (const Refusal& refusal) {
          why_not = refusal.what();
        }
      if (!why_not.empty()) out.notes.push_back("`" + place + "` is not pooled: " + why_not);
    }
    if (pooled.figures.empty()) continue;
    if (std::any_of(folds.begin(), folds.end(), [&](const FinishedRun& fold) { return fold.replaced_kept(phase.name); }))
      out.notes.push_back("`" + phase.name + "` judged the last weights of each fold, not those that `keep` selected on the same images");
    out.run.phases.push_back(std::move(pooled));
  }
  if (out.run.phases.empty())
    throw Refusal(out.notes.empty() ? "no phase has a table of the images that it judged" : joined(out.notes, "; "));
  add_fingerprints(out.run);
  return out;
}

}  // namespace leat::report
