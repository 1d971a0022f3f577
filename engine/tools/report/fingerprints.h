#pragma once

#include "report/finished_run.h"

namespace leat::report {

/// Sets the fingerprints of a run's images, if its last checkpoint has records of the data sets from which the images come. An image has
/// none if two files of its name were recorded, or if the run has no such records.
void add_fingerprints(FinishedRun& run);

}  // namespace leat::report
