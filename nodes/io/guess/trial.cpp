#include "io/guess/trial.h"

#include <algorithm>

namespace leat::guess {

void Trial::set(const std::string& name, Tree value) {
  values_[name] = std::move(value);
  if (std::find(order_.begin(), order_.end(), name) == order_.end()) order_.push_back(name);
}

std::unique_ptr<Split> Trial::surveyed() const {
  auto out = std::make_unique<Split>();
  for (ParamPort* param : out->params())
    if (const auto value = values_.find(std::string(param->name())); value != values_.end()) param->read(value->second);
  Opening opening;
  opening.name = "data";
  out->survey(opening);
  return out;
}

void Trial::add_to(DataGuess& guess) const {
  for (const std::string& name : order_) {
    const Tree& value = values_.at(name);
    if (name == "rows") continue;
    if (name == "path" || name == "images") guess.paths.emplace_back(name, value.scalar);
    else guess.settings.emplace_back(name, value);
  }
}

}  // namespace leat::guess
