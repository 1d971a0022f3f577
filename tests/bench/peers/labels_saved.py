"""How many labels or masks a peer needs to be as good as our runs, with its interval.

  labels_saved.py --ours RUN... --peers CURVE/classifier CURVE/unet --out SAVED
  labels_saved.py --ours RUN... --peers CURVE/classifier CURVE/unet --out SAVED --weights last

RUN are runs of one Leat graph, budget and size, a seed each. On both sides those weights are judged that validation chose, or the last.
SAVED gets saved.csv, curves.csv and, where matplotlib is there, curves.svg.
A peer's means over seeds are made monotonous (isotonic regression) and joined by lines over the logarithm of the budget; what is needed is
the least budget at which the line reaches the mean of our runs. Intervals are the middle 95 % of draws of seeds, of each budget and of ours
by themselves, and of the tests' patients, the same for all runs of a draw.
"""

import argparse
import csv
import json
import math
import pathlib
import sys

import numpy as np
from sklearn.isotonic import isotonic_regression

METRICS = [  # phase and node, metric, whose labels are scarce, what they are
    ("test.classes", "auc", "chex", "labels"),
    ("test.classes", "balanced_accuracy", "chex", "labels"),
    ("test_cross.lungs", "dice", "jsrt", "masks"),
    ("test.lungs", "dice", "jsrt", "masks"),
]
NAMES = {
    "test.classes": "CheX",
    "test_cross.lungs": "MCU (across)",
    "test.lungs": "JSRT",
    "auc": "AUC",
    "balanced_accuracy": "balanced accuracy",
    "dice": "Dice",
}


class Run:
    """A finished run's folder, ours or a peer's."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        try:
            self.results = json.loads((self.folder / "results.json").read_text())
        except (OSError, ValueError) as error:
            sys.exit(f"{folder} is no folder of a finished run: {error}")
        self.seed = self.results["seed"]

    def budget(self, resource, what):
        return self.results["resources"].get(resource, {}).get(what)

    def rows(self, place):
        file = self.folder / "images" / f"{place}.csv"
        if not file.exists():
            return None
        with file.open(newline="") as text:
            return list(csv.DictReader(text))

    def settings(self):
        """What runs of one system share, whatever their seed and budget."""
        apart = ("class_labels", "mask_labels", "data", "images")
        return {name: value for name, value in self.results["parameters"].items() if name not in apart} | {"steps": self.results["steps"]}


def values(rows, metric, weights):
    """The metric on each draw, whose row of `weights` says how often each image was drawn; not a number where it is undefined."""
    if metric == "dice":
        return weights @ np.array([float(row["dice"]) for row in rows]) / weights.sum(1)
    names = [name for name in rows[0] if name.startswith("probability_")]
    if len(names) != 2:
        sys.exit(f"{metric} is for two classes, not for {len(names)}")
    score = np.array([[float(row[name]) for name in names] for row in rows])
    is_positive = np.array([row["label"] == names[1].removeprefix("probability_") for row in rows])
    yes, no = weights[:, is_positive], weights[:, ~is_positive]
    with np.errstate(invalid="ignore"):
        if metric == "balanced_accuracy":
            says_yes = score.argmax(1) == 1
            return (yes @ says_yes[is_positive] / yes.sum(1) + no @ ~says_yes[~is_positive] / no.sum(1)) / 2
        above, below = score[is_positive, 1][:, None], score[~is_positive, 1][None]
        order = (above > below) + 0.5 * (above == below)
        return ((yes @ order) * no).sum(1) / (yes.sum(1) * no.sum(1))


def draw_weights(rows, draws, random):
    """A row of ones, then one for each draw of patients with replacement."""
    patients = {name: k for k, name in enumerate(dict.fromkeys(row["patient"] for row in rows))}
    of_image = np.array([patients[row["patient"]] for row in rows])
    counts = random.multinomial(len(patients), np.full(len(patients), 1 / len(patients)), draws)
    return np.vstack([np.ones(len(rows)), counts[:, of_image]]).astype(float)


def mean_over_seeds(of_runs, random):
    """Runs x draws to the mean of each draw over seeds drawn with replacement; of the first column over all as they are."""
    runs, draws = of_runs.shape
    drawn = random.integers(0, runs, (runs, draws))
    drawn[:, 0] = np.arange(runs)
    return np.take_along_axis(of_runs, drawn, 0).mean(0)


def needed(budgets, curve, level):
    """The least budget at which the monotonous curve reaches the level; the smallest where it begins above, infinity if it ends below."""
    rising = isotonic_regression(curve)
    reached = np.flatnonzero(rising >= level)
    if len(reached) == 0:
        return math.inf
    k = int(reached[0])
    if k == 0:
        return float(budgets[0])
    share = (level - rising[k - 1]) / (rising[k] - rising[k - 1])
    return float(budgets[k - 1] * (budgets[k] / budgets[k - 1]) ** share)


def middle(draws):
    """The ends of the middle 95 %, which may be infinite."""
    return tuple(np.quantile(draws, [0.025, 0.975], method="inverted_cdf"))


def read_peer(folder):
    runs = [Run(file.parent) for file in sorted(pathlib.Path(folder).rglob("results.json"))]
    if not runs:
        sys.exit(f"there is no finished run below {folder}")
    for run in runs[1:]:
        if run.settings() != runs[0].settings():
            sys.exit(f"{runs[0].folder} and {run.folder} are of different systems or settings")
    return runs


def rows_of(runs, place):
    """The rows of each run, which have to be of the same images; nothing where these runs were not judged there."""
    all_rows = [run.rows(place) for run in runs]
    if all(rows is None for rows in all_rows):
        return None
    for run, rows in zip(runs, all_rows):
        if rows is None or [row["image"] for row in rows] != [row["image"] for row in all_rows[0] or []]:
            sys.exit(f"{run.folder} and {runs[0].folder} were not judged on the same images of {place}")
    return all_rows


def own_budget(runs, resource, what):
    budgets = {run.budget(resource, what) for run in runs}
    if len(budgets) != 1 or None in budgets:
        sys.exit(f"our runs have not one number of {what}: {', '.join(map(str, budgets))}")
    return budgets.pop()


def compare(name, ours, peers, of, options):
    """A row of saved.csv and those of curves.csv; nothing where a side was not judged there."""
    place, metric, resource, what = of
    test = place
    if options.weights == "last":
        place = place.replace(".", "_last.")
    random = np.random.default_rng(options.seed)
    if rows_of(peers, place) is None or rows_of(ours, place) is None:
        return None
    all_rows = rows_of(ours + peers, place)
    weights = draw_weights(all_rows[0], options.draws, random)
    figures = np.array([values(rows, metric, weights) for rows in all_rows])
    is_defined = np.isfinite(figures).all(0)
    if not is_defined[0]:
        sys.exit(f"{place} {metric} is undefined for a run of {name}")
    figures = figures[:, is_defined]
    our_level = mean_over_seeds(figures[: len(ours)], random)
    budgets = sorted({run.budget(resource, what) for run in peers})
    of_budget = [np.array([len(ours) + k for k, run in enumerate(peers) if run.budget(resource, what) == budget]) for budget in budgets]
    curve = np.array([mean_over_seeds(figures[places], random) for places in of_budget])
    draws = np.array([needed(budgets, curve[:, k], our_level[k]) for k in range(curve.shape[1])])
    own = own_budget(ours, resource, what)
    low, high = middle(draws[1:])
    shared = {"peer": name, "test": NAMES[test], "metric": NAMES[metric], "what": what}
    our_low, our_high = middle(our_level[1:])
    at_own = curve[budgets.index(own), 0] if own in budgets else math.nan
    row = shared | {
        "own": own, "ours": our_level[0], "ours_low": our_low, "ours_high": our_high, "seeds": len(ours), "peer_at_own": at_own,
        "peer_seeds": min(len(places) for places in of_budget), "smallest": budgets[0], "largest": budgets[-1],
        "needed": draws[0], "needed_low": low, "needed_high": high,
        "saved": draws[0] - own, "saved_low": low - own, "saved_high": high - own,
    }  # fmt: skip
    points = []
    for budget, places, means in zip(budgets, of_budget, curve):
        ends = middle(means[1:])
        points.append(shared | {"budget": budget, "seeds": len(places), "mean": means[0], "low": ends[0], "high": ends[1]})
    return row, points


def number(value, row, less=0):
    """A budget in words, less what ours have."""
    if value == math.inf:
        return f"more than {row['largest'] - less:,}"
    text = f"{round(value - less):,}"
    return f"at most {text}" if value <= row["smallest"] else text


def table(rows):
    lines = ["| peer | test | metric | ours | its at as many | it needs | saved |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        cells = [
            f"{number(row['needed'], row, less)} [{number(row['needed_low'], row, less)}, {number(row['needed_high'], row, less)}]"
            for less in (0, row["own"])
        ]
        at_own = "" if math.isnan(row["peer_at_own"]) else f"{row['peer_at_own']:.3f}"
        ours = f"{row['ours']:.3f} of {row['own']} {row['what']}"
        lines.append("| " + " | ".join([row["peer"], row["test"], row["metric"], ours, at_own, *cells]) + " |")
    return "\n".join(lines)


def plot(rows, points, file):
    try:
        import matplotlib
    except ModuleNotFoundError:
        print("no plot: matplotlib is not there", file=sys.stderr)
        return
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "labels_saved"
    from matplotlib import pyplot

    panels = list(dict.fromkeys((row["test"], row["metric"], row["what"]) for row in rows))
    figure, axes = pyplot.subplots(1, len(panels), figsize=(4 * len(panels), 3.4), squeeze=False)
    for axis, panel in zip(axes[0], panels):
        here = [row for row in rows if (row["test"], row["metric"], row["what"]) == panel]
        axis.axhspan(here[0]["ours_low"], here[0]["ours_high"], color="black", alpha=0.12, linewidth=0)
        axis.axhline(here[0]["ours"], color="black", label=f"ours, {here[0]['own']} {panel[2]}")
        for row in here:
            curve = [point for point in points if (point["peer"], point["test"], point["metric"]) == (row["peer"], *panel[:2])]
            x, mean = [point["budget"] for point in curve], [point["mean"] for point in curve]
            line = axis.plot(x, isotonic_regression(mean), label=row["peer"])[0]
            axis.scatter(x, mean, color=line.get_color(), s=14)
            axis.fill_between(
                x, [point["low"] for point in curve], [point["high"] for point in curve], color=line.get_color(), alpha=0.15, linewidth=0
            )
        axis.set_xscale("log")
        ticks = sorted({point["budget"] for point in points if (point["test"], point["metric"]) == panel[:2]})
        axis.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axis.minorticks_off()
        axis.set(xlabel=panel[2], title=f"{panel[0]}, {panel[1]}")
        axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
    print(f"the plot is {file}")


def write_csv(file, rows):
    with file.open("w", newline="") as text:
        writer = csv.DictWriter(text, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", nargs="+", required=True, metavar="RUN", help="folders of our runs, a seed each")
    parser.add_argument(
        "--peers", nargs="+", required=True, metavar="FOLDER", help="each holds the runs of one system, as curve.py makes them"
    )
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--weights", choices=["kept", "last"], default="kept", help="those that validation chose, or of the last step")
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0, help="of the draws")
    options = parser.parse_args()
    ours = [Run(folder) for folder in options.ours]
    if len({run.seed for run in ours}) != len(ours) or len({run.results["graph_hash"] for run in ours}) != 1:
        sys.exit("our runs have to be of one graph with the same parameters, a seed each")
    found = [compare(pathlib.Path(folder).name, ours, read_peer(folder), of, options) for folder in options.peers for of in METRICS]
    found = [one for one in found if one]
    rows, points = [row for row, _ in found], [point for _, of in found for point in of]
    if not rows:
        sys.exit("ours and the peers have no test in common")
    options.out.mkdir(parents=True, exist_ok=True)
    write_csv(options.out / "saved.csv", rows)
    write_csv(options.out / "curves.csv", points)
    print(table(rows))
    seeds = ", ".join(str(run.seed) for run in ours)
    print(f"\nours: {ours[0].results['title']}, seeds {seeds}; {options.weights} weights; 95 % intervals over seeds and patients, {options.draws:,} draws")
    plot(rows, points, options.out / "curves.svg")


if __name__ == "__main__":
    main()
