#pragma once

#include <string>
#include <string_view>

#include "leat/contract.h"

namespace leat {

class Port;

/// What the first words of a port's sentence say.
struct PortSentence {
  Contract contract;
  bool is_contract = false;  ///< It begins with one: `N x C, float`, `Any shape`, `A scalar` or `One of C`.
  std::string mistake;       ///< What is wrong with such a beginning, in a clause; empty: nothing.
};

[[nodiscard]] PortSentence read_port_sentence(std::string_view sentence);

/// What is wrong with a port's sentence, as what comes after "declares"; empty: nothing. The sentence of a port whose values have a shape
/// begins with a contract. Others may begin with one. [setup]
[[nodiscard]] std::string sentence_mistake(const Port& port);

}  // namespace leat
