#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "leat/registry.h"

namespace leat {

namespace detail {
/// Returns `image` for `image: height x width, 8 bit. The picture.`
[[nodiscard]] inline std::string_view name_part(std::string_view text) { return text.substr(0, text.find(':')); }
/// Returns true if the text is a name of letters, digits and `_`, alone or with a colon and a sentence after it.
[[nodiscard]] constexpr bool is_named(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char one) {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') || one == '_';
  });
}
/// Returns the sentence after the name, or `otherwise` if there is none.
[[nodiscard]] inline std::string sentence_part(std::string_view text, std::string otherwise) {
  const std::size_t colon = text.find(':');
  const std::size_t begin = colon == std::string_view::npos ? colon : text.find_first_not_of(' ', colon + 1);
  return begin == std::string_view::npos ? std::move(otherwise) : std::string(text.substr(begin));
}
}  // namespace detail

/// A node that calls a function: one input per argument, one output. A last argument `Random&` takes `frame.random()`. [parallel]
template <class Result, class... Arguments>
class FunctionNode final : public Node {
 public:
  using Function = Result (*)(Arguments...);
  static constexpr bool draws = (std::is_same_v<Arguments, Random&> || ...);
  static constexpr std::size_t inputs_count = sizeof...(Arguments) - (draws ? 1 : 0);
  using Names = std::array<const char*, inputs_count>;

  /// `output` is the sentence of the output; null: the default that LEAT_FUNCTION describes.
  FunctionNode(Function function, const char* name, const Names& names, const char* output)
      : function_(function),
        sentence_(output ? std::string(output) : std::string("Any shape. The result of `") + name + "`."),
        is_stated_(output != nullptr),
        output_(this, name, sentence_) {
    for (std::size_t k = 0; k < inputs_count; ++k)
      sentences_[k] =
          detail::sentence_part(names[k], "Any shape. The `" + std::string(detail::name_part(names[k])) + "` of `" + name + "`.");
    declare(names, std::make_index_sequence<inputs_count>());
  }

  void shapes(Shapes& shapes) const override {
    if (is_stated_) return;
    for (const Port* input : inputs())
      if (input->type().is_same(output_.type())) return shapes.assume_as(output_, *input);
  }
  void process(Frame& frame) const override { call(frame, std::make_index_sequence<inputs_count>()); }

 private:
  template <std::size_t k>
  using Argument = std::remove_cvref_t<std::tuple_element_t<k, std::tuple<Arguments...>>>;

  template <std::size_t... k>
  void declare(const Names& names, std::index_sequence<k...>) {
    ((std::get<k>(inputs_) = std::make_unique<Input<Argument<k>>>(this, detail::name_part(names[k]), sentences_[k])), ...);
  }

  template <std::size_t... k>
  void call(Frame& frame, std::index_sequence<k...>) const {
    if constexpr (draws) {
      Random random = frame.random();
      frame.put(output_, function_(frame[*std::get<k>(inputs_)]..., random));
    } else {
      frame.put(output_, function_(frame[*std::get<k>(inputs_)]...));
    }
  }

  template <class T, std::size_t... k>
  static auto input_pointers(std::index_sequence<k...>)
      -> std::tuple<std::unique_ptr<Input<std::remove_cvref_t<std::tuple_element_t<k, T>>>>...>;

  Function function_;
  std::string sentence_;
  bool is_stated_;
  std::array<std::string, inputs_count> sentences_;
  Output<Result> output_;
  decltype(input_pointers<std::tuple<Arguments...>>(std::make_index_sequence<inputs_count>())) inputs_;
};

namespace detail {
/// Returns true if the texts are one name per input of the function, followed by at most one sentence for the output.
template <class Result, class... Arguments>
[[nodiscard]] constexpr bool fit_names(Result (*)(Arguments...), auto... texts) {
  constexpr std::size_t inputs = FunctionNode<Result, Arguments...>::inputs_count, count = sizeof...(texts);
  if (count < inputs || count > inputs + 1) return false;
  std::size_t at = 0;
  return (... && (is_named(texts) == (at++ < inputs)));
}

template <class Result, class... Arguments>
void register_function(Registry& registry, const char* id, const char* sentence, Result (*function)(Arguments...), const char* name,
                       auto... inputs) {
  using Made = FunctionNode<Result, Arguments...>;
  constexpr std::size_t count = sizeof...(inputs);
  static_assert(count == Made::inputs_count || count == Made::inputs_count + 1, "a name for each input, and the output's sentence or none");
  const std::array<const char*, count> given{inputs...};
  typename Made::Names names{};
  std::copy_n(given.begin(), Made::inputs_count, names.begin());
  const char* output = count > Made::inputs_count ? given.back() : nullptr;
  registry.add(NodeType{id, sentence, [=] { return std::make_unique<Made>(function, name, names, output); }, LaneKind::Cpu, {}});
}
}  // namespace detail

}  // namespace leat

/// Registers a function as the node of this file, with the names of its inputs. The output has the name of the function:
/// `LEAT_FUNCTION(negative, "hello.negative", "Turns a picture into its negative.", "image")`.
/// A name can be followed by the port's sentence, and the names by the output's sentence:
/// `LEAT_FUNCTION(enlarge, "hello.enlarge", "Enlarges.", "image: height x width, 8 bit. A picture.", "512 x 512, 8 bit. It, larger.")`.
/// Without a sentence of its own, the output is assumed to have the shape and size of the first input of its type. A function that changes
/// the shape must state it.
#define LEAT_FUNCTION(function, ID, SENTENCE, ...)                                                                                 \
  static_assert(leat::detail::fit_names(&function __VA_OPT__(, ) __VA_ARGS__),                                                     \
                "LEAT_FUNCTION takes a name of letters, digits and _ for each argument of the function except Random&, after the " \
                "sentence; only the output's sentence, which is not a name, can follow");                                          \
  LEAT_SAYS(LEAT_JOIN(leat_says_, LEAT_FILE), "type " ID);                                                                         \
  void LEAT_JOIN(leat_register_, LEAT_FILE)(leat::Registry & registry) {                                                           \
    leat::detail::register_function(registry, ID, SENTENCE, &function, #function __VA_OPT__(, ) __VA_ARGS__);                      \
  }
