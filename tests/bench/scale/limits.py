"""What limits a training on many ranks, and predictions of many images, by arithmetic: limits.py [--measured FILE]

Prints the tables of ARCHITECTURE.md ("What limits many ranks"). Each number comes from a formula here and from a quantity of SETTINGS;
test_limits.py compares the formulas with what 1, 2 and 4 ranks send on one machine.
"""

import argparse
import math
from dataclasses import dataclass

KB, MB, GB = 1e3, 1e6, 1e9


@dataclass(frozen=True)
class Work:
    """A training: its network, and the pictures of a rank."""

    name: str
    parameters: int
    rows: int  # Rows of a rank's part of a batch that nodes read which see all rows: those of the gate.
    row_bytes: int  # What they read of a row: logits, a label, the sample's names, and lengths.
    compute_s: float  # A rank's part of a step.
    spread: float = 0.05  # Standard deviation of this time between ranks and steps, as a part of it.


@dataclass(frozen=True)
class Link:
    name: str
    bytes_per_s: float
    latency_s: float


# multimix-paper, with 10 pictures of each source on a rank: the times of a step are those of PyTorch on an H200, which Leat has to reach.
WORKS = (
    Work("multimix-paper, 64 pixels", 1_965_155, 10, 300, 0.016),
    Work("multimix-paper, 256 pixels", 1_965_155, 10, 300, 0.035),
)
# A graph with a node that compares the masks of all rows: 4 bytes a pixel of 256 x 256.
WITH_MASKS = Work("the same, with a node that reads the masks of all rows", 1_965_155, 10, 4 * 256 * 256, 0.035)
LINKS = (Link("10 Gbit/s Ethernet", 1.1 * GB, 50e-6), Link("100 Gbit/s Ethernet", 11 * GB, 20e-6), Link("400 Gbit/s InfiniBand", 45 * GB, 5e-6))
RANKS = (2, 8, 64, 1024)
COLLECTIVES = 8  # Exchanges in a step: of rows, of each loss, of stop requests, of gradients.


def sum_bytes(ranks, parameters):
    """What a rank sends for the sum of the gradients: a ring passes each number on twice."""
    return 2 * (ranks - 1) / ranks * 4 * parameters


def exchange_bytes(ranks, work):
    """What a rank receives when rows are collected: those of all others."""
    return (ranks - 1) * work.rows * work.row_bytes


def straggler_s(ranks, work):
    """How much longer the slowest of so many ranks takes than the mean one, if their times are normal."""
    return work.spread * work.compute_s * math.sqrt(2 * math.log(ranks)) if ranks > 1 else 0


def step_s(ranks, work, link):
    """A step: nothing overlaps, so this is an upper bound."""
    sent = sum_bytes(ranks, work.parameters) + exchange_bytes(ranks, work)
    rounds = COLLECTIVES * math.ceil(math.log2(ranks)) if ranks > 1 else 0
    return work.compute_s + straggler_s(ranks, work) + sent / link.bytes_per_s + rounds * link.latency_s


def efficiency(ranks, work, link):
    return work.compute_s / step_s(ranks, work, link)


def checkpoint_bytes(parameters):
    """Weights, their averages, and Adam's two moments."""
    return 4 * 4 * parameters


def lost_share(ranks, rank_lives_s, checkpoint_every_s, restart_s):
    """The part of the time that failures cost: half an interval between checkpoints, and a restart, for each."""
    return min(1.0, ranks / rank_lives_s * (checkpoint_every_s / 2 + restart_s))


def prediction_bytes(images, shards):
    """Memory of one process of `leat predict --shard`, besides its network: 20 bytes for an image of its shard, and 8 for each of the list."""
    return 20 * images / shards + 8 * images


def table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def amount(count):
    for unit, name in ((GB, "GB"), (MB, "MB"), (KB, "kB")):
        if count >= unit:
            return f"{count / unit:.3g} {name}"
    return f"{count:.0f} B"


def print_tables():
    table(
        ["training", "ranks", "gradients", "rows of others", *(f"efficiency, {link.name}" for link in LINKS)],
        [
            [work.name, str(ranks), amount(sum_bytes(ranks, work.parameters)), amount(exchange_bytes(ranks, work))]
            + [f"{efficiency(ranks, work, link):.0%}" for link in LINKS]
            for work in (*WORKS, WITH_MASKS)
            for ranks in RANKS
        ],
    )
    table(
        ["images", "processes", "memory of one process"],
        [[f"{images:,}", str(shards), amount(prediction_bytes(images, shards))] for images, shards in ((10**6, 8), (10**8, 64), (10**9, 1024))],
    )
    year = 365 * 86400
    table(
        ["ranks", "time lost to failures: one in a year for each rank, a checkpoint each 10 minutes, 2 minutes to restart"],
        [[str(ranks), f"{lost_share(ranks, year, 600, 120):.2%}"] for ranks in RANKS],
    )


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    print_tables()
