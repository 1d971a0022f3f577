#pragma once

#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "leat/registry.h"

namespace leat {

/// A function of values as a node: an input for each argument, one output. A last argument `Random&` draws what the frame draws. [parallel]
template <class Result, class... Arguments>
class FunctionNode final : public Node {
 public:
  using Function = Result (*)(Arguments...);
  static constexpr bool draws = (std::is_same_v<Arguments, Random&> || ...);
  static constexpr std::size_t inputs_count = sizeof...(Arguments) - (draws ? 1 : 0);
  using Names = std::array<const char*, inputs_count>;

  FunctionNode(Function function, const char* name, const Names& names)
      : function_(function), sentence_(std::string("Any shape. What `") + name + "` gives."), output_(this, name, sentence_) {
    for (std::size_t k = 0; k < inputs_count; ++k) sentences_[k] = std::string("Any shape. The `") + names[k] + "` of `" + name + "`.";
    declare(names, std::make_index_sequence<inputs_count>());
  }

  void process(Frame& frame) const override { call(frame, std::make_index_sequence<inputs_count>()); }

 private:
  template <std::size_t k>
  using Argument = std::remove_cvref_t<std::tuple_element_t<k, std::tuple<Arguments...>>>;

  template <std::size_t... k>
  void declare(const Names& names, std::index_sequence<k...>) {
    ((std::get<k>(inputs_) = std::make_unique<Input<Argument<k>>>(this, names[k], sentences_[k])), ...);
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
  std::array<std::string, inputs_count> sentences_;
  Output<Result> output_;
  decltype(input_pointers<std::tuple<Arguments...>>(std::make_index_sequence<inputs_count>())) inputs_;
};

namespace detail {
template <class Result, class... Arguments>
void register_function(Registry& registry, const char* id, const char* sentence, Result (*function)(Arguments...), const char* name,
                       auto... inputs) {
  using Made = FunctionNode<Result, Arguments...>;
  static_assert(sizeof...(inputs) == Made::inputs_count, "LEAT_FUNCTION wants the name of an input for each argument, behind the sentence");
  const typename Made::Names names{inputs...};
  registry.add(NodeType{id, sentence, [=] { return std::make_unique<Made>(function, name, names); }, LaneKind::Cpu, {}});
}
}  // namespace detail

}  // namespace leat

/// Registers a function as the node of this file, with the names of its inputs; its output is called as it is:
/// `LEAT_FUNCTION(negative, "hello.negative", "Turns a picture into its negative.", "image")`.
#define LEAT_FUNCTION(function, ID, SENTENCE, ...)                                                            \
  LEAT_SAYS(LEAT_JOIN(leat_says_, LEAT_FILE), "type " ID);                                                    \
  void LEAT_JOIN(leat_register_, LEAT_FILE)(leat::Registry & registry) {                                      \
    leat::detail::register_function(registry, ID, SENTENCE, &function, #function __VA_OPT__(, ) __VA_ARGS__); \
  }
