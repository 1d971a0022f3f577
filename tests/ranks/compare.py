"""Compares a training on several ranks with one process: compare.py LEAT GRAPH SCRATCH [--ranks 2 4] [--steps 200] [--set NAME=VALUE …]

Prints, for each loss of the training, the largest difference in the first 20 steps and that of the means over the last 50. A training enlarges
what rounding changes, so a row for one process with two threads says how far a training is from itself if its sums have another order.
"""

import argparse
import json
import shutil
import subprocess
from pathlib import Path


def losses(leat, graph, out, ranks, settings, threads=1):
    """The losses of a training, by name: a number for each step."""
    shutil.rmtree(out, ignore_errors=True)
    words = [leat, "run", graph, "--out", out, "--seed", 1, "--device", f"cpu:{threads}"]
    words += [word for one in settings for word in ("--set", one)]
    if ranks > 1:
        words += ["--ranks", ranks]
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = {}
    for line in (out / "metrics.jsonl").read_text().splitlines():
        step = json.loads(line)
        if step["phase"] == "train":
            for name, value in step["metrics"].items():
                found.setdefault(name, []).append(value)
    return {name: values for name, values in found.items() if name.endswith(".loss")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("leat")
    parser.add_argument("graph", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--ranks", type=int, nargs="+", default=[2, 4])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    options = parser.parse_args()
    settings = [f"steps={options.steps}", *options.settings]
    one = losses(options.leat, options.graph, options.scratch / "ranks-1", 1, settings)
    print("| ranks | loss | first step | first 20 steps, largest | last 50 steps, mean |\n|---|---|---|---|---|")
    for ranks, threads in [(1, 2), *((ranks, 1) for ranks in options.ranks)]:
        title = str(ranks) if threads == 1 else f"{ranks}, {threads} threads"
        other = losses(options.leat, options.graph, options.scratch / title.replace(", ", "-").replace(" ", "-"), ranks, settings, threads)
        if other.keys() != one.keys():
            raise SystemExit(f"other losses: {sorted(one)} and {sorted(other)}")
        for name, before in one.items():
            after = other[name]
            if not len(before) == len(after) == options.steps:
                raise SystemExit(f"{name} has {len(before)} and {len(after)} steps")
            apart = [abs(a - b) / max(1, abs(a)) for a, b in zip(before, after)]
            means = [sum(values[-50:]) / len(values[-50:]) for values in (before, after)]
            print(f"| {title} | {name} | {apart[0]:.1e} | {max(apart[:20]):.1e} | {abs(means[1] / means[0] - 1):.2%} |", flush=True)


if __name__ == "__main__":
    main()
