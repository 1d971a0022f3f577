#pragma once

// Everything that an author of nodes needs.
#include "leat/component.h"
#include "leat/diagnostics.h"
#include "leat/frame.h"
#include "leat/lane.h"
#include "leat/node.h"
#include "leat/registry.h"
