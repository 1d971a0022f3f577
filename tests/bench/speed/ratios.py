"""Ratios of two programs that ran in turns, and what can be said of them.

Only the standard library is used, so that the tests of this file run everywhere.
"""

import random
import statistics
from dataclasses import dataclass

CONFIDENCE = 0.95
RESAMPLES = 10_000
FEWEST_PAIRS = 7  # With fewer, the interval of a median says little.


@dataclass(frozen=True)
class Interval:
    """A 95 % confidence interval of a median."""

    low: float
    high: float


@dataclass(frozen=True)
class Goal:
    """What a ratio must reach, and what it should reach; `is_floor`: at least, else at most."""

    must: float
    aim: float
    is_floor: bool = True

    def unfavourable_end(self, interval):
        return interval.low if self.is_floor else interval.high

    def is_reached(self, limit, interval):
        end = self.unfavourable_end(interval)
        return end >= limit if self.is_floor else end <= limit

    def text(self, limit):
        return f"{'≥' if self.is_floor else '≤'} {limit:g}"


def turn_order(names, turn):
    """The names forwards and backwards in turn: A B, B A, A B. What drifts with time falls on all of them."""
    return list(names) if turn % 2 == 0 else list(reversed(names))


def ratios(above, below):
    """The ratio of each pair."""
    if len(above) != len(below):
        raise ValueError(f"{len(above)} values cannot be paired with {len(below)}")
    if not above:
        raise ValueError("there is no pair")
    if min(below) <= 0 or min(above) <= 0:
        raise ValueError("a measured value is not above 0")
    return [one / other for one, other in zip(above, below)]


def median_interval(values, resamples=RESAMPLES, seed=0):
    """The percentile bootstrap of the median. The same values give the same interval."""
    if not values:
        raise ValueError("there is no value")
    drawn = random.Random(seed)
    medians = sorted(statistics.median(drawn.choices(values, k=len(values))) for _ in range(resamples))
    tail = (1 - CONFIDENCE) / 2
    return Interval(medians[int(tail * resamples)], medians[min(int((1 - tail) * resamples), resamples - 1)])


def verdict(goal, interval, pairs):
    """`met`, `lost` or, with too few pairs, `not judged`, for what must be reached and for the aim."""
    if pairs < FEWEST_PAIRS:
        return "not judged", "not judged"
    return tuple("met" if goal.is_reached(limit, interval) else "lost" for limit in (goal.must, goal.aim))


def differences(ours, theirs, tolerances):
    """A sentence for each output that differs by more than its tolerance, or that one side does not state."""
    found = []
    for key, tolerance in tolerances.items():
        values = ours.get(key), theirs.get(key)
        if not all(isinstance(value, (int, float)) for value in values):
            found.append(f"{key} is {values[0]} beside {values[1]}: both sides must state a number")
        elif not abs(values[0] - values[1]) <= tolerance:  # Also true of NaN.
            found.append(f"{key} is {values[0]:g} beside {values[1]:g}, which is more than {tolerance:g} apart")
    return found
