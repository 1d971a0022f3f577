#include "base/image_metrics.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "base/json.h"
#include "base/utf8.h"

namespace leat {

using json = nlohmann::ordered_json;

class FigureJson {
 public:
  static json of(const ImageFigure& figure) {
    json out{{"kind", name_of(figure.kind_)}};
    if (!figure.columns_.empty()) out["columns"] = names_of(figure.columns_);
    for (const ImageFigure::Is& one : figure.conditions_) out["conditions"].push_back({utf8_text(one.column), utf8_text(one.text)});
    for (const ImageFigure::Term& one : figure.part_) out["part"].push_back({utf8_text(one.column), one.factor});
    for (const ImageFigure::Term& one : figure.whole_) out["whole"].push_back({utf8_text(one.column), one.factor});
    for (const ImageFigure& one : figure.figures_) out["figures"].push_back(of(one));
    if (figure.kind_ == Kind::MeanOf) out["leaves_out_undefined"] = figure.undefined_ == ImageFigure::Undefined::IsLeftOut;
    if (figure.kind_ == Kind::Number) out["number"] = figure.number_;
    return out;
  }

  static ImageFigure figure(const json& from) {
    ImageFigure out(kind_of(from.at("kind").get<std::string>()));
    for (const json& one : from.value("columns", json::array())) out.columns_.push_back(one);
    for (const json& one : from.value("conditions", json::array())) out.conditions_.push_back({one.at(0), one.at(1)});
    for (const json& one : from.value("part", json::array())) out.part_.push_back({one.at(0), one.at(1)});
    for (const json& one : from.value("whole", json::array())) out.whole_.push_back({one.at(0), one.at(1)});
    for (const json& one : from.value("figures", json::array())) out.figures_.push_back(figure(one));
    if (from.value("leaves_out_undefined", false)) out.undefined_ = ImageFigure::Undefined::IsLeftOut;
    out.number_ = from.value("number", 0.0);
    check(out);
    return out;
  }

  /// Returns the text whose recall the figure is; empty if it is another figure.
  static std::string recalled(const ImageFigure& figure) {
    const auto& conditions = figure.conditions_;
    const bool is_recall = figure.kind_ == Kind::Share && conditions.size() == 2 && conditions[0].text == conditions[1].text;
    return is_recall ? conditions[1].text : "";
  }

 private:
  using Kind = ImageFigure::Kind;

  static constexpr std::pair<Kind, const char*> names[] = {{Kind::Mean, "mean"},
                                                           {Kind::Ratio, "ratio"},
                                                           {Kind::Agreement, "agreement"},
                                                           {Kind::Share, "share"},
                                                           {Kind::F1, "f1"},
                                                           {Kind::Auc, "auc"},
                                                           {Kind::CalibrationError, "calibration_error"},
                                                           {Kind::MeanOf, "mean_of"},
                                                           {Kind::Number, "number"},
                                                           {Kind::Otherwise, "otherwise"}};

  static const char* name_of(Kind kind) {
    for (const auto& [one, name] : names)
      if (one == kind) return name;
    throw std::logic_error("a figure of no kind");
  }

  static Kind kind_of(const std::string& name) {
    for (const auto& [kind, one] : names)
      if (name == one) return kind;
    throw std::runtime_error("it has a figure of the unknown kind `" + name + "`");
  }

  static std::vector<std::string> names_of(const std::vector<std::string>& columns) {
    std::vector<std::string> out;
    for (const std::string& column : columns) out.push_back(utf8_text(column));
    return out;
  }

  /// Throws std::runtime_error unless the preconditions of `ImageFigure::of` hold.
  static void check(const ImageFigure& figure) {
    const std::size_t columns = figure.columns_.size(), conditions = figure.conditions_.size(), figures = figure.figures_.size();
    const bool is_whole = [&] {
      switch (figure.kind_) {
        case Kind::Agreement:
          return columns == 2;
        case Kind::Share:
          return conditions == 1 || conditions == 2;
        case Kind::F1:
          return conditions == 2;
        case Kind::Auc:
          return columns == 1 && conditions == 1;
        case Kind::CalibrationError:
          return columns == 3;
        case Kind::Otherwise:
          return figures == 2;
        default:
          return true;
      }
    }();
    if (!is_whole) throw std::runtime_error(std::string("a figure of the kind `") + name_of(figure.kind_) + "` in it lacks a part");
  }
};

std::string image_metrics_text(const std::vector<ImageMetric>& metrics) {
  json all = json::object();
  for (const ImageMetric& metric : metrics) all[utf8_text(metric.name)] = FigureJson::of(metric.figure);
  // One line per metric, for human readers.
  std::string out = "{\"version\": 1, \"metrics\": {";
  for (const auto& [name, figure] : all.items())
    out += (out.back() == '{' ? "\n  " : ",\n  ") + json(name).dump() + ": " + figure.dump(-1, ' ', false, json::error_handler_t::replace);
  return out + "\n}}\n";
}

std::vector<ImageMetric> read_image_metrics(std::string_view text) {
  const json all = json::parse(text, nullptr, false);
  if (!all.is_object()) throw std::runtime_error("it is not JSON");
  try {
    if (all.at("version") != 1) throw std::runtime_error("it was written by another version of Leat");
    std::vector<ImageMetric> out;
    for (const auto& [name, figure] : all.at("metrics").items()) out.emplace_back(name, FigureJson::figure(figure));
    return out;
  } catch (const json::exception& error) {
    throw std::runtime_error(json_words(error));
  }
}

std::string positive_class(const std::vector<ImageMetric>& metrics) {
  for (const ImageMetric& metric : metrics)
    if (metric.name == "sensitivity") return FigureJson::recalled(metric.figure);
  return {};
}

}  // namespace leat
