#pragma once

#include <string>

namespace leat {

/// Returns a time as in a graph, in its largest whole unit: `10 min`, `90 s`, `1 h`.
[[nodiscard]] std::string duration_text(double seconds);
/// Returns a number of epochs as after "every": `epoch`, `0.5 epochs`.
[[nodiscard]] std::string epochs_text(double epochs);

}  // namespace leat
