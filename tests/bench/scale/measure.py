"""Compares limits.py with this machine: measure.py --build BUILD [--steps 20]

Runs the step of graphs/multimix-paper.yaml on 1, 2 and 4 ranks, one thread each, and counts the bytes that pass the loopback interface. Other
programs that use it disturb the count. Prints a table; the times are not those of machines of their own, because all ranks share the cores.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import limits

BATCH = 12  # Pictures of each source, over all ranks.


def loopback_bytes():
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, numbers = line.partition(":")
        if name.strip() == "lo":
            return int(numbers.split()[0])
    raise SystemExit("this machine has no loopback interface")


def run(build, ranks, steps):
    """The result of the program, and the bytes that it sent."""
    words = [build / "bench" / "step", "--threads", 1, "--batch", BATCH, "--steps", steps, "--warmup", 1]
    if ranks > 1:
        torchrun = ["-m", "torch.distributed.run", "--no-python", "--nproc-per-node", ranks, "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"]
        words = [sys.executable, *torchrun, *words]
    before = loopback_bytes()
    text = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True).stdout
    return json.loads(text.splitlines()[-1]), loopback_bytes() - before


def measured(build, ranks, steps):
    """Milliseconds and bytes of a step. Two runs of different length, so that starting and ending count in neither."""
    found, some = run(build, ranks, steps)
    _, more = run(build, ranks, 2 * steps)
    return found["ms_per_step"], (more - some) / steps


def predicted(ranks):
    work = limits.Work("", 1_965_155, BATCH // ranks, limits.WORKS[0].row_bytes, 0)
    return ranks * (limits.sum_bytes(ranks, work.parameters) + limits.exchange_bytes(ranks, work)) if ranks > 1 else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    rows = []
    for ranks in (1, 2, 4):
        ms, sent = measured(options.build, ranks, options.steps)
        wanted = predicted(ranks)
        rows.append([str(ranks), f"{ms:.0f} ms", limits.amount(max(sent, 0)), limits.amount(wanted), f"{sent / wanted:.2f}" if wanted else "-"])
    limits.table(["ranks", "a step here", "sent in a step by all ranks", "by limits.py", "ratio"], rows)


if __name__ == "__main__":
    main()
