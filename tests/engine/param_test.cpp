#include "leat/param.h"

#include "leat/component.h"
#include "leat/read_tree.h"
#include "support/doctest.h"
#include "support/graph_text.h"

using namespace leat;

namespace {

Tree tree_of(const std::string& yaml) {
  Diagnostics diagnostics;
  Tree tree = read_tree(source_text("p.yaml", "/graphs", yaml), diagnostics);
  CHECK(test::brief(diagnostics) == "");
  return tree;
}

struct Everything final : Component {
  Param<bool> flag{this, "flag", "A flag.", true};
  Param<int> width{this, "width", "Pixels.", 256, {1, 16384}};
  Param<std::int64_t> bytes{this, "bytes", "Bytes.", 5'000'000'000};
  Param<double> rate{this, "rate", "Rate.", 1e-4, {0, 1}};
  Param<double> scale{this, "scale", "Scale.", required};
  Param<std::string> pattern{this, "pattern", "Pattern.", "(a|b): c"};
  Param<FilePath> data{this, "data", "Folder.", FilePath{}};
  Param<std::vector<int>> channels{this, "channels", "Channels.", {16, 32}};
  Param<std::vector<double>> magnitudes{this, "magnitudes", "Magnitudes.", {0.5, 2}};
  Param<std::vector<std::string>> classes{this, "classes", "Classes.", {"NORMAL", "1"}};
  Param<std::map<std::string, double>> weights{this, "weights", "Weights.", {{"dice", 1}, {"kl", 0.25}}};
  Choice fit{this, "fit", "How.", "squash", {"squash", "pad"}};

  /// What is said about this YAML for a parameter: the text, and the hint in brackets.
  std::string refusal(ParamPort& param, const std::string& yaml) {
    try {
      param.read(tree_of(yaml));
      return "";
    } catch (const Refusal& refusal) {
      CHECK(refusal.at() == "");
      return refusal.what() + (refusal.hint().empty() ? "" : " (" + refusal.hint() + ")");
    }
  }
};

}  // namespace

TEST_CASE("parameters: say what they are before they are read") {
  Everything all;
  std::string table;
  for (const ParamPort* param : all.params())
    table += std::string(param->name()) + " | " + param->type_name() + " | " + param->value_text() + " | " + param->range_text() + "\n";
  CHECK(table == R"(flag | true or false | true | 
width | int | 256 | 1..16384
bytes | int | 5000000000 | 
rate | number | 1e-4 | 0..1
scale | number | 0 | 
pattern | text | "(a|b): c" | 
data | path | "" | 
channels | list of int | [16, 32] | 
magnitudes | list of number | [0.5, 2] | 
classes | list of text | [NORMAL, "1"] | 
weights | map of number | {dice: 1, kl: 0.25} | 
fit | choice | squash | squash, pad
)");
  CHECK(all.scale.is_required());
}

TEST_CASE("parameters: read what YAML means") {
  Everything all;
  CHECK(all.refusal(all.flag, "False") == "");
  CHECK_FALSE(*all.flag);
  CHECK(all.refusal(all.width, "+224") == "");
  CHECK(*all.width == 224);
  CHECK(all.width.whole() == 224);
  CHECK(all.refusal(all.bytes, "-9223372036854775808") == "");
  CHECK(*all.bytes == std::numeric_limits<std::int64_t>::min());
  for (const auto& [text, value] :
       std::map<std::string, double>{{"1", 1}, {"1.", 1}, {".5", .5}, {"1.0e-4", 1e-4}, {"1E-4", 1e-4}, {"+0.25", .25}}) {
    CHECK(all.refusal(all.rate, text) == "");
    CHECK(*all.rate == value);
  }
  CHECK(all.refusal(all.scale, "-.inf") == "");
  CHECK(*all.scale == -std::numeric_limits<double>::infinity());
  CHECK(all.refusal(all.pattern, "12") == "");
  CHECK(*all.pattern == "12");
  CHECK(all.refusal(all.pattern, "''") == "");
  CHECK(all.pattern->empty());
  CHECK(all.refusal(all.channels, "[]") == "");
  CHECK(all.channels->empty());
  CHECK(all.refusal(all.channels, "[1, 2, 3]") == "");
  CHECK(*all.channels == std::vector<int>{1, 2, 3});
  CHECK(all.refusal(all.magnitudes, "[1, 2.5]") == "");
  CHECK(*all.magnitudes == std::vector<double>{1, 2.5});
  CHECK(all.refusal(all.classes, "[true, 'x y', 3]") == "");
  CHECK(*all.classes == std::vector<std::string>{"true", "x y", "3"});
  CHECK(all.refusal(all.weights, "{kl: 2}") == "");
  CHECK(*all.weights == std::map<std::string, double>{{"kl", 2}});
  CHECK(all.refusal(all.fit, "pad") == "");
  CHECK(all.fit == "pad");
}

TEST_CASE("parameters: a path starts from the folder of its text and is absolute") {
  Everything all;
  for (const auto& [text, path] : std::map<std::string, std::string>{{"../data/./chex", "/data/chex"},
                                                                     {"masks", "/graphs/masks"},
                                                                     {"/abs/x", "/abs/x"},
                                                                     {"'a b'", "/graphs/a b"},
                                                                     {"12", "/graphs/12"}}) {
    CHECK(all.refusal(all.data, text) == "");
    CHECK(all.data->path.string() == path);
  }
}

TEST_CASE("parameters: say what was found instead") {
  Everything all;
  CHECK(all.refusal(all.width, "abc") == "`width` must be a whole number, found the text `abc`");
  CHECK(all.refusal(all.width, "'12'") ==
        "`width` must be a whole number, found the text `12` (a quoted number is text: write 12 without quotes)");
  CHECK(all.refusal(all.width, "1.0") == "`width` must be a whole number, found the number `1.0`");
  CHECK(all.refusal(all.width, "") == "`width` must be a whole number, found nothing");
  CHECK(all.refusal(all.width, "[1, 2]") == "`width` must be a whole number, found a list of 2");
  CHECK(all.refusal(all.width, "{a: 1}") == "`width` must be a whole number, found a map of 1");
  CHECK(all.refusal(all.width, "99999999999") ==
        "`width` must be a whole number from -2147483648 to 2147483647, found the number `99999999999`");
  CHECK(all.refusal(all.bytes, "9223372036854775808") ==
        "`bytes` must be a whole number from -9223372036854775808 to 9223372036854775807, found the number `9223372036854775808`");
  CHECK(all.refusal(all.width, "0") == "`width` is 0; the range is 1..16384");
  CHECK(all.refusal(all.width, "16385") == "`width` is 16385; the range is 1..16384");
  CHECK(all.refusal(all.rate, "1.5") == "`rate` is 1.5; the range is 0..1");
  CHECK(all.refusal(all.rate, "nan") == "`rate` must be a number, found the text `nan`");
  CHECK(all.refusal(all.rate, ".nan") == "`rate` must be a number, found the text `.nan`");
  CHECK(all.refusal(all.rate, "1e999") == "`rate` must be a number that fits a double, found the number `1e999`");
  CHECK(all.refusal(all.rate, "0x10") == "`rate` must be a number, found the text `0x10`");
  CHECK(all.refusal(all.flag, "yes") == "`flag` must be true or false, found the text `yes`");
  CHECK(all.refusal(all.flag, "1") == "`flag` must be true or false, found the number `1`");
  CHECK(all.refusal(all.flag, "'true'") == "`flag` must be true or false, found the text `true`");
  CHECK(all.refusal(all.pattern, "[a]") == "`pattern` must be a text, found a list of 1");
  CHECK(all.refusal(all.pattern, "~") == "`pattern` must be a text, found nothing (an empty text is `\"\"`)");
  CHECK(all.refusal(all.classes, "") == "`classes` must be a list of texts, found nothing (an empty list is `[]`)");
  CHECK(all.refusal(all.data, "''") == "`data` must be a path, found an empty text");
  CHECK(all.refusal(all.channels, "16") == "`channels` must be a list of whole numbers, found the number `16`");
  CHECK(all.refusal(all.channels, "[16, x]") == "`channels[1]` must be a whole number, found the text `x`");
  CHECK(all.refusal(all.magnitudes, "[[1]]") == "`magnitudes[0]` must be a number, found a list of 1");
  CHECK(all.refusal(all.classes, "{}") == "`classes` must be a list of texts, found an empty map");
  CHECK(all.refusal(all.weights, "[1]") == "`weights` must be a map from names to numbers, found a list of 1");
  CHECK(all.refusal(all.weights, "{kl: big}") == "`weights.kl` must be a number, found the text `big`");
  CHECK(all.refusal(all.fit, "pda") == "`fit` cannot be `pda` (did you mean `pad`?)");
  CHECK(*all.width == 256);
}

TEST_CASE("parameters: their values as YAML read as the same values") {
  Everything all;
  for (const std::string text : {"",   "null",  "~",    "12",          "true",        ".inf", "a: b", "a #b", "- x", "[x]",  "x,y", " x",
                                 "x ", "\"q\"", "it's", "back\\slash", "tab\tline\n", "ä→",   "...",  "---",  "*a",  "&a",   "!a",  "%a",
                                 "@a", "`a`",   "|",    ">",           "?",           "-",    "-5x",  "#",    "a:",  "\x01", "\x7f"}) {
    Tree tree;
    tree.kind = Tree::Kind::Scalar;
    tree.scalar = text;
    tree.is_quoted = true;
    all.pattern.read(tree);
    const std::string written = all.pattern.value_text();
    CAPTURE(written);
    for (const std::string& yaml : {written, "[" + written + "]", "{k: " + written + "}", "k: " + written, "- " + written}) {
      const Tree read = tree_of(yaml);
      const Tree& again = read.is_list() ? read.items.at(0) : read.is_map() ? read.entries.at(0).value : read;
      CHECK(detail::read_value<std::string>(again) == text);
    }
  }
  CHECK(detail::read_value<std::vector<std::string>>(tree_of(all.classes.value_text())) == *all.classes);
  CHECK(detail::read_value<std::map<std::string, double>>(tree_of(all.weights.value_text())) == *all.weights);
  CHECK(detail::read_value<double>(tree_of(detail::value_text(0.1))) == 0.1);
  CHECK(detail::read_value<double>(tree_of(detail::value_text(1e300))) == 1e300);
}

TEST_CASE("parameters: a number for all channels or one for each is read and written as it is, and each is in the range") {
  struct Network final : Component {
    Param<PerChannel> mean{this, "mean", "Mean.", 0.45, {-1, 1}};
  } network;
  const auto told = [&](const std::string& yaml) -> std::string {
    try {
      network.mean.read(tree_of(yaml));
      return network.mean.value_text();
    } catch (const Refusal& refusal) {
      return refusal.what();
    }
  };
  CHECK(network.mean.value_text() == "0.45");
  CHECK(network.mean.type_name() == "number or list of number");
  CHECK(network.mean.range_text() == "-1..1");
  CHECK(told("0.5") == "0.5");
  CHECK(network.mean->of(2) == 0.5);
  CHECK(told("[0.1, 0.2, 0.3]") == "[0.1, 0.2, 0.3]");
  CHECK(network.mean->of(2) == 0.3);
  CHECK(told("[0.25]") == "0.25");
  CHECK(told("2") == "`mean` is 2; the range is -1..1");
  CHECK(told("[0.1, 2]") == "`mean` is 2; the range is -1..1");
  CHECK(told("[]").starts_with("`mean` must be a number, or a list with one for each channel, found"));
  CHECK(told("{a: 1}").starts_with("`mean` must be a number, or a list with one for each channel, found"));
  CHECK(told("[0.1, x]").starts_with("`mean[1]` must be a number, found"));
  CHECK(told("").starts_with("`mean` must be a number"));
}
