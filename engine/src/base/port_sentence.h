#pragma once

#include <string>
#include <string_view>

#include "leat/contract.h"

namespace leat {

class Port;

/// Contract at the beginning of a port's sentence.
struct PortSentence {
  Contract contract;
  bool is_contract = false;  ///< The sentence begins with a contract: `N x C, float`, `Any shape`, `A scalar` or `One of C`.
  std::string mistake;       ///< Mistake in the contract, as a clause; empty: there is none.
};

[[nodiscard]] PortSentence read_port_sentence(std::string_view sentence);

/// Returns the mistake in a port's sentence, as words that follow "declares"; empty: there is none. If the port's values have a shape, the
/// sentence must begin with a contract. Other sentences can. [setup]
[[nodiscard]] std::string sentence_mistake(const Port& port);

}  // namespace leat
