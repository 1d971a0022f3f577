#pragma once

#include <memory>
#include <string>

#include "model/multitask_unet.h"
#include "support/settings.h"

namespace leat {

/// Returns a network with these settings, not yet surveyed.
inline std::unique_ptr<MultitaskUnet> network(const std::string& settings) {
  auto out = std::make_unique<MultitaskUnet>();
  set(*out, settings);
  return out;
}

/// Returns a network with these settings, opened on a device under a name.
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
