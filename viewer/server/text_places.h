#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "leat/description.h"

namespace leat::viewer {

/// Numbers the texts that places point into, in the order in which they are first named.
class TextPlaces {
 public:
  explicit TextPlaces(std::vector<std::shared_ptr<const SourceText>> first) : texts_(std::move(first)) {}
  /// Returns `{text, line, column}`; null for a place without a text.
  [[nodiscard]] nlohmann::json json(const Place& place);
  /// Returns the name and the lines of each text.
  [[nodiscard]] nlohmann::json texts() const;

 private:
  [[nodiscard]] std::size_t number(const std::shared_ptr<const SourceText>& text);

  std::vector<std::shared_ptr<const SourceText>> texts_;
};

/// Which nodes and resources a place in a text belongs to. Instances of a template have their nodes at one place.
class PlaceOwners {
 public:
  struct Owner {
    std::string phase;  ///< Empty for a resource.
    std::string name;
  };
  explicit PlaceOwners(const GraphDescription& description);
  /// Returns the components in whose text the place is: on the line of its name, or below it and indented deeper.
  [[nodiscard]] std::vector<Owner> of(const Place& place) const;

 private:
  struct Begin {
    int column;
    std::vector<Owner> owners;
  };
  void add(const Place& place, Owner owner);
  void end_before(const Place& place);

  std::map<std::string, std::map<int, Begin>> begins_;  ///< Indexed by text and line.
};

}  // namespace leat::viewer
