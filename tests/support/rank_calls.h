#pragma once

#include "leat/joined_ranks.h"

/// What the ranks of a test do together. Each rank compares its results with what the others must have given, and throws if they differ.
namespace leat::test {

void gathers(JoinedRanks& ranks);
void blocks(JoinedRanks& ranks);
void sums(JoinedRanks& ranks);
void asynchronous_sums(JoinedRanks& ranks);
/// Prints how long calls take.
void measure(JoinedRanks& ranks);

}  // namespace leat::test
