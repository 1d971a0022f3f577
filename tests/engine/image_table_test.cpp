#include "leat/image_table.h"
#include "leat/class_metrics.h"

#include <cmath>
#include <limits>

#include "base/image_metrics.h"
#include "support/doctest.h"

using namespace leat;

namespace {

/// Eight images of two classes. What follows of them is in the tests as scikit-learn 1.9.1 has it:
///   t = [0,1,1,0,1,1,0,1]; s = [0,1,0,1,1,1,0,1]; p = [.1,.9,.4,.6,.8,.7,.2,.6]; from sklearn import metrics as m
///   m.accuracy_score(t,s), m.recall_score(t,s), m.recall_score(t,s,pos_label=0), m.f1_score(t,s), m.f1_score(t,s,pos_label=0),
///   m.roc_auc_score(t,p), m.balanced_accuracy_score(t,s)
ImageTable eight() {
  constexpr bool truth[] = {false, true, true, false, true, true, false, true},
                 said[] = {false, true, false, true, true, true, false, true};
  constexpr double score[] = {.1, .9, .4, .6, .8, .7, .2, .6};
  ImageTable out;
  for (std::size_t k = 0; k < 8; ++k)
    out.add(
        {.id = "image " + std::to_string(k), .patient = "p" + std::to_string(k / 3)},
        {{"label", std::string(truth[k] ? "ill" : "well")}, {"prediction", std::string(said[k] ? "ill" : "well")}, {"score", score[k]}});
  return out;
}

double value(const ImageFigure& figure, const ImageTable& table) {
  return figure.value(table).value_or(std::numeric_limits<double>::quiet_NaN());
}

/// The same after a turn through the file.
ImageFigure kept(const ImageFigure& figure) { return read_image_metrics(image_metrics_text({{"x", figure}})).at(0).figure; }

ImageTable numbers(const std::vector<std::vector<double>>& rows) {
  ImageTable out;
  for (const std::vector<double>& row : rows) {
    std::vector<ImageTable::Field> fields;
    for (std::size_t c = 0; c < row.size(); ++c) fields.emplace_back(std::string(1, static_cast<char>('a' + c)), row[c]);
    out.add({.id = std::to_string(out.size())}, fields);
  }
  return out;
}

}  // namespace

TEST_CASE("image figures: those of classes are scikit-learn's") {
  const ImageTable table = eight();
  const ImageFigure::Is is_ill{"label", "ill"}, is_well{"label", "well"}, says_ill{"prediction", "ill"}, says_well{"prediction", "well"};
  const ImageFigure sensitivity = ImageFigure::share(says_ill, is_ill), specificity = ImageFigure::share(says_well, is_well);
  CHECK(value(ImageFigure::agreement("label", "prediction"), table) == 0.75);
  CHECK(value(sensitivity, table) == 0.8);
  CHECK(value(specificity, table) == doctest::Approx(0.6666666666666666));
  CHECK(value(ImageFigure::f1(is_ill, says_ill), table) == 0.8);
  CHECK(value(ImageFigure::f1(is_well, says_well), table) == doctest::Approx(0.6666666666666666));
  CHECK(value(ImageFigure::auc("score", is_ill), table) == 0.9);
  CHECK(value(ImageFigure::mean_of({sensitivity, specificity}), table) == doctest::Approx(0.7333333333333334));
  CHECK(value(ImageFigure::share(says_ill), table) == 0.625);
}

TEST_CASE("image figures: means are those of columns, ratios those of sums") {
  const ImageTable table = numbers({{1, 4, 0}, {3, 8, 0}});
  CHECK(value(ImageFigure::mean({"a"}), table) == 2);
  CHECK(value(ImageFigure::mean({"a", "b"}), table) == 4);
  CHECK(value(ImageFigure::ratio({{"a", 2}}, {{"a"}, {"b"}}), table) == 0.5);
  CHECK(value(ImageFigure::ratio({{"a"}, {"b"}}, {{"", 2}}), table) == 4);
  CHECK(std::isnan(value(ImageFigure::ratio({{"a"}}, {{"c"}}), table)));
  CHECK(value(ImageFigure::ratio({{"a"}}, {{"c"}}).otherwise(ImageFigure::number(1)), table) == 1);
  CHECK(value(ImageFigure::mean({"a"}).otherwise(ImageFigure::number(1)), table) == 2);
}

TEST_CASE("image figures: the calibration error is that of 15 bins, each with its upper end") {
  ImageTable table;
  const auto add = [&table](double confidence, bool is_right) {
    table.add({.id = std::to_string(table.size())},
              {{"confidence", confidence}, {"truth", std::string("a")}, {"said", std::string(is_right ? "a" : "b")}});
  };
  // One bin has .9 and .92, half of which are right; 0.6 = 9/15 is in the bin that it ends.
  add(.9, true);
  add(.92, false);
  add(.6, true);
  const ImageFigure figure = ImageFigure::calibration_error("confidence", "truth", "said");
  CHECK(value(figure, table) == doctest::Approx((std::abs(1 - 1.82) + std::abs(1 - .6)) / 3));
}

TEST_CASE("image figures: what has no value is undefined, never 0") {
  ImageTable table;
  table.add({.id = "x"}, {{"label", std::string("well")}, {"prediction", std::string("well")}, {"score", .2}});
  const ImageFigure sensitivity = ImageFigure::share({"prediction", "ill"}, {"label", "ill"}), two = ImageFigure::number(2);
  CHECK_FALSE(sensitivity.value(table));
  CHECK_FALSE(ImageFigure::f1({"label", "ill"}, {"prediction", "ill"}).value(table));
  CHECK_FALSE(ImageFigure::auc("score", {"label", "ill"}).value(table));
  CHECK_FALSE(ImageFigure::mean_of({sensitivity, two}).value(table));
  CHECK(value(ImageFigure::mean_of({sensitivity, two}, ImageFigure::Undefined::IsLeftOut), table) == 2);
  CHECK_FALSE(ImageFigure::mean_of({sensitivity}, ImageFigure::Undefined::IsLeftOut).value(table));
  for (const ImageFigure& figure : {ImageFigure::mean({}), ImageFigure::number(1), ImageFigure::share({"prediction", "ill"})})
    CHECK_FALSE(figure.of(table)({}));
}

TEST_CASE("image figures: shares end at 0 and 1, of means nothing is known") {
  CHECK(ImageFigure::share({"a", "b"}).bounds().low == 0);
  CHECK(ImageFigure::mean_of({ImageFigure::auc("a", {"b", "c"}), ImageFigure::f1({"a", "b"}, {"c", "d"})}).bounds().high == 1);
  CHECK(std::isinf(ImageFigure::mean({"a"}).bounds().high));
  CHECK(std::isinf(ImageFigure::ratio({}, {}).otherwise(ImageFigure::number(1)).bounds().low));
}

TEST_CASE("image figures: a fraction of rows knows the rows that it counts") {
  ImageTable table;
  for (const char* label : {"a", "b", "b"}) table.add({.id = label}, {{"label", std::string(label)}, {"prediction", std::string("b")}});
  using Rows = std::vector<std::int64_t>;
  CHECK(ImageFigure::agreement("label", "prediction").counted_rows(table) == Rows{0, 1, 2});
  CHECK(ImageFigure::share({"prediction", "b"}).counted_rows(table) == Rows{0, 1, 2});
  CHECK(ImageFigure::share({"prediction", "b"}, {"label", "b"}).counted_rows(table) == Rows{1, 2});
  CHECK_FALSE(ImageFigure::f1({"label", "b"}, {"prediction", "b"}).counted_rows(table));
  CHECK_FALSE(ImageFigure::mean_of({ImageFigure::agreement("label", "prediction")}).counted_rows(table));
}

TEST_CASE("image figures: the node's value and that of drawn rows come from one function, also after a turn through the file") {
  const ImageTable table = eight();
  const ImageTable read = ImageTable::read(table.csv());
  const std::vector<ImageFigure> all{
      ImageFigure::mean({"score"}),
      ImageFigure::ratio({{"score", 2}}, {{"score"}, {"", 1}}).otherwise(ImageFigure::number(.5)),
      ImageFigure::agreement("label", "prediction"),
      ImageFigure::share({"prediction", "ill"}, {"label", "ill"}),
      ImageFigure::share({"prediction", "ill"}),
      ImageFigure::f1({"label", "ill"}, {"prediction", "ill"}),
      ImageFigure::auc("score", {"label", "ill"}),
      ImageFigure::calibration_error("score", "label", "prediction"),
      ImageFigure::mean_of({ImageFigure::number(3), ImageFigure::agreement("label", "score")}, ImageFigure::Undefined::IsLeftOut)};
  const std::vector<std::int64_t> drawn{7, 7, 0, 2, 2, 5};
  for (const ImageFigure& figure : all) {
    CHECK(value(figure, table) == value(kept(figure), read));
    CHECK(*figure.of(table)(drawn) == *kept(figure).of(read)(drawn));
  }
}

TEST_CASE("image figures: a column that is not there, or has no numbers, is named") {
  const ImageTable table = eight();
  CHECK_THROWS_WITH(ImageFigure::mean({"scroe"}).value(table),
                    "there is no column `scroe`; the columns are `label`, `prediction`, `score`");
  CHECK_THROWS_WITH(ImageFigure::mean({"label"}).value(table), "the column `label` has fields that are not numbers");
}

TEST_CASE("image figures: a file that is none, is cut or of a later version is refused") {
  CHECK_THROWS_WITH(read_image_metrics("{"), "it is not JSON");
  CHECK_THROWS_WITH(read_image_metrics("{\"version\": 2, \"metrics\": {}}"), "it was written by another version of Leat");
  CHECK_THROWS_WITH(read_image_metrics("{\"version\": 1, \"metrics\": {\"a\": {\"kind\": \"median\"}}}"),
                    "it has a figure of the unknown kind `median`");
  CHECK_THROWS_WITH(read_image_metrics("{\"version\": 1, \"metrics\": {\"a\": {\"kind\": \"auc\"}}}"),
                    "a figure of the kind `auc` in it lacks a part");
  CHECK_THROWS(read_image_metrics("{\"version\": 1}"));
}

TEST_CASE("image table: names of any bytes, numbers and patients are what they were in a checkpoint and in the file") {
  const std::vector<std::string> ids{"a\nb.png", "a", "b.png", "\"c\",d.png", "b\xF6se.png", "\n"};
  ImageTable table;
  for (const std::string& id : ids)
    table.add({.id = id, .group = "north\nward", .patient = id == "a" ? "" : "one"},
              {{"share", .1 * static_cast<double>(id.size())}, {"word", id}});
  Archive archive;
  table.save(archive, "x");
  ImageTable loaded;
  loaded.load(archive, "x");
  CHECK(loaded.csv() == table.csv());
  const ImageTable read = ImageTable::read(table.csv());
  CHECK(read.images() == ids);
  CHECK(read.patients() == std::vector<std::vector<std::int64_t>>{{0, 2, 3, 4, 5}, {1}});
  CHECK(*read.find_numbers("share") == *table.find_numbers("share"));
  CHECK(table.csv().starts_with("image,group,patient,share,word\n\"a\nb.png\",\"north\nward\",one,0.7"));
}

TEST_CASE("image table: rows of other columns, twice a column and numbers that are none are refused") {
  ImageTable table;
  CHECK_THROWS_AS(table.add({.id = "x"}, {{"patient", 1}}), std::logic_error);
  CHECK_THROWS_AS(table.add({.id = "x"}, {{"a", 1}, {"a", 2}}), std::logic_error);
  CHECK_THROWS_WITH(table.add({.id = "x"}, {{"a", NAN}}), "the `a` of `x` is not finite");
  table.add({.id = "x"}, {{"a", 1}});
  CHECK_THROWS_AS(table.add({.id = "y"}, {{"b", 1}}), std::logic_error);
  CHECK_THROWS_AS(table.add({.id = "y"}, {{"a", std::string("1")}}), std::logic_error);
  CHECK(table.size() == 1);
}

TEST_CASE("class metrics: numbers that do not fit the classes are refused") {
  const std::vector<double> two{.5, .5}, three{.5, .25, .25};
  CHECK_THROWS_WITH(class_fields({"a", "b"}, 0, three), "there are 3 probabilities for 2 classes");
  CHECK_THROWS_AS(class_fields({"a", "b"}, 2, two), std::logic_error);
  // The first of equal ones.
  CHECK(std::get<std::string>(class_fields({"a", "b"}, 1, two).at(1).value) == "a");
}

TEST_CASE("image table: an unknown number is an empty field, and is left out of means and ratios") {
  ImageTable table;
  table.add({.id = "a"}, {{"x", 1.0}, ImageTable::Field::unknown("y")});
  table.add({.id = "b"}, {ImageTable::Field::unknown("x"), ImageTable::Field::unknown("y")});
  table.add({.id = "c"}, {{"x", 3.0}, ImageTable::Field::unknown("y")});
  CHECK(table.csv() == "image,group,patient,x,y\na,,a,1,\nb,,b,,\nc,,c,3,\n");
  for (const ImageTable& one : {table, ImageTable::read(table.csv())}) {
    CHECK(ImageFigure::mean({"x"}).value(one) == 2.0);
    CHECK(ImageFigure::mean({"x", "y"}).value(one) == 2.0);
    CHECK_FALSE(ImageFigure::mean({"y"}).value(one));
    CHECK(ImageFigure::ratio({{"x", 1}}, {{"x", 2}}).value(one) == 0.5);
  }
  CHECK_THROWS_AS(table.add({.id = "d"}, {{"x", std::nan("")}, {"y", 1.0}}), std::runtime_error);
}

TEST_CASE("image table: an empty text is unknown where texts are compared") {
  ImageTable table;
  const auto add = [&](const char* label, const char* said, double score) {
    table.add({.id = said}, {{"label", std::string(label)}, {"said", std::string(said)}, {"score", score}});
  };
  add("1", "1", 0.9);
  add("0", "1", 0.6);
  add("", "1", 0.99);
  add("0", "0", 0.2);
  CHECK(ImageFigure::agreement("label", "said").value(table) == doctest::Approx(2.0 / 3));
  CHECK(ImageFigure::auc("score", {"label", "1"}).value(table) == 1.0);
  CHECK(ImageFigure::f1({"label", "1"}, {"said", "1"}).value(table) == doctest::Approx(2.0 / 3));
  CHECK(ImageFigure::share({"label", "1"}).value(table) == doctest::Approx(1.0 / 3));
  CHECK(ImageFigure::agreement("label", "said").counted_rows(table) == std::vector<std::int64_t>{0, 1, 3});
  CHECK(ImageFigure::share({"said", "1"}).value(table) == doctest::Approx(3.0 / 4));
  const ImageFigure of_known = ImageFigure::share_of_known({"said", "1"}, "label");
  CHECK(of_known.value(table) == doctest::Approx(2.0 / 3));
  CHECK(of_known.counted_rows(table) == std::vector<std::int64_t>{0, 1, 3});
  const std::vector<ImageMetric> again = read_image_metrics(image_metrics_text({{"share", of_known}}));
  CHECK(again.at(0).figure.value(table) == of_known.value(table));
}
