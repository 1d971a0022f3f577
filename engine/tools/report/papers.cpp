#include "report/papers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "leat/csv.h"

namespace leat::report {

namespace {

/// A column of the papers' tables that is a metric of a run.
struct PaperColumn {
  const char* node;
  const char* metric;
  const char* column;
  const char* printed;  ///< Null: the column is what the papers print.
};

// Classes are those of the papers. The printed Dice contradicts the printed Jaccard index in many rows (graphs/reference/README.md).
constexpr PaperColumn columns[] = {
    {"classes", "accuracy", "acc", nullptr},
    {"classes", "f1_NORMAL", "f1_normal", nullptr},
    {"classes", "f1_PNEUMONIA", "f1_pneumonia", nullptr},
    {"lungs", "dice", "dice_implied_by_jaccard", "dice_printed"},
    {"lungs", "jaccard", "jaccard", nullptr},
    {"lungs", "ssim", "ssim", nullptr},
    {"lungs", "ahd_allpixel", "avg_hausdorff", nullptr},
    {"lungs", "precision", "precision", nullptr},
    {"lungs", "recall", "recall", nullptr},
};

std::string field(const CsvTable& table, const CsvTable::Row& row, const std::string& column) {
  return row.fields.at(static_cast<std::size_t>(table.find_column(column)));
}

std::optional<double> number_of(const std::string& text) {
  double out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(out) : std::nullopt;
}

/// Returns the title up to its colon, without `as printed` and the like.
std::string system_of(const std::string& title) {
  const std::string before = title.substr(0, title.find(':'));
  return title.find(':') == std::string::npos ? "" : before.substr(0, before.find(" as "));
}

/// Returns the number of labels as in the papers; empty if the graph has no such parameter.
std::string labels(const FinishedRun& run, const std::string& param) {
  for (const auto& [name, value] : run.params)
    if (name == param) return value == "0" ? "all" : value;
  return {};
}

struct TestSet {
  std::string data;
  std::int64_t images = 0;
};

TestSet test_set(const std::string& domain, const std::string& node) {
  const CsvTable table = read_csv(paper_test_sets());
  for (const CsvTable::Row& row : table.rows)
    if (field(table, row, "domain") == domain && field(table, row, "task") == (node == "lungs" ? "masks" : node))
      return {field(table, row, "data"), static_cast<std::int64_t>(number_of(field(table, row, "images")).value_or(0))};
  return {};
}

}  // namespace

std::optional<PaperRow> paper_row(const FinishedRun& run) {
  const CsvTable table = read_csv(paper_tables());
  PaperRow out{system_of(run.title), labels(run, "class_labels"), labels(run, "mask_labels"), {}};
  for (const CsvTable::Row& row : table.rows) {
    const std::string class_labels = field(table, row, "class_labels"), mask_labels = field(table, row, "mask_labels");
    // A system without masks has the parameter of the graph that it extends.
    if (field(table, row, "model") != out.model || (!class_labels.empty() && class_labels != out.class_labels) ||
        (!mask_labels.empty() && mask_labels != out.mask_labels))
      continue;
    const std::string domain = field(table, row, "domain");
    const std::string phase_of_best = domain == "in" ? "test" : "test_cross";
    for (const std::string& phase : {phase_of_best, phase_of_best + "_last"})
      for (const PaperColumn& column : columns) {
        const auto value = number_of(field(table, row, column.column));
        if (!value || !run.find(phase, column.node, column.metric)) continue;
        const TestSet set = test_set(domain, column.node);
        const double images = run.value(phase, column.node, "images");
        out.figures.push_back({phase, column.node, column.metric, *value,
                               column.printed ? number_of(field(table, row, column.printed)) : std::nullopt, set.data, set.images,
                               std::isfinite(images) && images != static_cast<double>(set.images)});
      }
  }
  if (out.figures.empty()) return {};
  const auto has = [&](const char* node) {
    return std::any_of(out.figures.begin(), out.figures.end(), [&](const PaperFigure& one) { return one.node == node; });
  };
  if (!has("classes")) out.class_labels.clear();
  if (!has("lungs")) out.mask_labels.clear();
  return out;
}

}  // namespace leat::report
