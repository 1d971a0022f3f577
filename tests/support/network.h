#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "leat/read_tree.h"
#include "model/multitask_unet.h"

namespace leat {

/// Gives a component the settings of a YAML map (`bridge.join` under its full name).
inline void set(Component& component, const std::string& settings) {
  Diagnostics diagnostics;
  const Tree tree = read_tree(source_text("settings", {}, settings), diagnostics);
  diagnostics.throw_if_errors();
  for (const Tree::Entry& entry : tree.entries) {
    ParamPort* found = nullptr;
    for (ParamPort* param : component.params())
      if (param->name() == entry.key) found = param;
    if (!found) throw std::runtime_error("no parameter " + entry.key);
    found->read(entry.value);
  }
}

/// A network with such settings, not yet surveyed.
inline std::unique_ptr<MultitaskUnet> network(const std::string& settings) {
  auto out = std::make_unique<MultitaskUnet>();
  set(*out, settings);
  return out;
}

/// The same, opened on a device under a name.
inline std::unique_ptr<MultitaskUnet> open_network(const std::string& settings, const std::string& name = "net",
                                                   const std::string& device = "cpu") {
  auto out = network(settings);
  Opening opening;
  opening.seed = 1;
  opening.name = name;
  opening.device = device;
  out->open(opening);
  return out;
}

inline const std::string paper_settings =
    "{channels: [16, 32, 64, 128, 256], norm: instance, dropout: 0.25, slope: 0.2, pool_before_head: true, bridge.join: first_stage, "
    "bridge.resize: bilinear, classes: [NORMAL, PNEUMONIA], masks: [lungs]}";
inline const std::string demo_settings =
    "{channels: [8, 16, 32, 64, 96], norm: group, bias: false, slope: 0.1, bridge.join: deepest, bridge.scale: max, bridge.resize: area, "
    "classes: [NORMAL, PNEUMONIA], masks: [lungs]}";

}  // namespace leat
