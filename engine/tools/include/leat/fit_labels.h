#pragma once

#include <string>
#include <vector>

#include "leat/guesses_data.h"

namespace leat {

/// Brings the labels of a data set to the classes and structures of a network, which then can judge predictions. Classes must be among
/// those of the network. A structure that the data set does not have is unknown in all of its images. Masks that nothing names are those of
/// a network with one structure. If labels do not fit, `guess` loses its classes or its structures. Returns why, a phrase for each: "its
/// classes are `a`, `c`, and the network has `a`, `b`".
[[nodiscard]] std::vector<std::string> fit_labels(DataGuess& guess, const std::vector<std::string>& classes,
                                                  const std::vector<std::string>& structures);

}  // namespace leat
