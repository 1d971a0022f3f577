"""Tests of the driver of `./do bench`, without any of the programs that it compares: python tests/bench/speed/test_speed.py"""

import contextlib
import io
import json
import pathlib
import random
import stat
import statistics
import sys
import tempfile
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import bench  # noqa: E402
import ratios  # noqa: E402
import rows  # noqa: E402
import table  # noqa: E402
import turns  # noqa: E402
from ratios import Goal, Interval  # noqa: E402

# Prints its settings as JSON; what it says of `speed` depends on them.
PROGRAM = """#!{python}
import json, os, sys
words = sys.argv[1:]
given = dict(zip(words[::2], words[1::2]))
with open(os.environ["ORDER"], "a") as order:
    order.write(given["--name"] + "\\n")
if given["--name"] == "broken":
    sys.exit("it broke")
speed = float(given["--speed"]) * (2 if given.get("--workers") == "3" else 1) * (0.5 if given.get("--prefetch") == "8" else 1)
print("some words")
print(json.dumps({{"speed": speed, "mean": float(given.get("--mean", 0)), "seconds": 1 / speed}}))
"""


class Ratios(unittest.TestCase):
    def test_pairs_are_divided_one_by_one(self):
        self.assertEqual(ratios.ratios([2, 9], [1, 3]), [2, 3])

    def test_what_cannot_be_paired_is_refused(self):
        for above, below in (([1], [1, 2]), ([], []), ([1], [0]), ([0], [1])):
            with self.assertRaises(ValueError):
                ratios.ratios(above, below)

    def test_turns_run_forwards_and_backwards(self):
        self.assertEqual([ratios.turn_order("AB", turn) for turn in range(3)], [["A", "B"], ["B", "A"], ["A", "B"]])


class Intervals(unittest.TestCase):
    def test_equal_values_have_no_width(self):
        self.assertEqual(ratios.median_interval([2.0] * 7), Interval(2, 2))

    def test_the_same_values_give_the_same_interval(self):
        values = [1.1, 0.9, 1.3, 1.0, 1.2, 0.8, 1.05]
        self.assertEqual(ratios.median_interval(values), ratios.median_interval(values))

    def test_it_lies_within_the_values_and_around_their_median(self):
        values = [1.1, 0.9, 1.3, 1.0, 1.2, 0.8, 1.05]
        interval = ratios.median_interval(values)
        self.assertLessEqual(min(values), interval.low)
        self.assertLess(interval.low, statistics.median(values))
        self.assertLess(statistics.median(values), interval.high)
        self.assertLessEqual(interval.high, max(values))

    def test_it_covers_the_true_median_about_as_often_as_it_says(self):
        drawn, covered, rounds = random.Random(1), 0, 300
        for _ in range(rounds):
            interval = ratios.median_interval([drawn.gauss(5, 1) for _ in range(15)], resamples=400)
            covered += interval.low <= 5 <= interval.high
        self.assertGreater(covered / rounds, 0.9)
        self.assertLess(covered / rounds, 0.995)

    def test_it_narrows_with_more_values(self):
        drawn = random.Random(2)
        values = [drawn.gauss(5, 1) for _ in range(200)]
        few, many = ratios.median_interval(values[:7]), ratios.median_interval(values)
        self.assertLess(many.high - many.low, few.high - few.low)


class Verdicts(unittest.TestCase):
    def test_the_lower_end_decides_where_more_is_better(self):
        goal = Goal(must=5, aim=7)
        self.assertEqual(ratios.verdict(goal, Interval(5, 9), 7), ("met", "lost"))
        self.assertEqual(ratios.verdict(goal, Interval(4.99, 9), 7), ("lost", "lost"))
        self.assertEqual(ratios.verdict(goal, Interval(7, 9), 7), ("met", "met"))

    def test_the_upper_end_decides_where_less_is_better(self):
        goal = Goal(must=0.6, aim=0.3, is_floor=False)
        self.assertEqual(ratios.verdict(goal, Interval(0.1, 0.6), 7), ("met", "lost"))
        self.assertEqual(ratios.verdict(goal, Interval(0.1, 0.61), 7), ("lost", "lost"))

    def test_too_few_pairs_are_not_judged(self):
        self.assertEqual(ratios.verdict(Goal(5, 7), Interval(9, 9), ratios.FEWEST_PAIRS - 1), ("not judged", "not judged"))


class Outputs(unittest.TestCase):
    def test_equal_outputs_have_no_differences(self):
        self.assertEqual(ratios.differences({"mean": 1.0}, {"mean": 1.04}, {"mean": 0.05}), [])

    def test_what_differs_is_named_with_both_values(self):
        (sentence,) = ratios.differences({"mean": 1.0}, {"mean": 1.2}, {"mean": 0.05})
        for word in ("mean", "1", "1.2", "0.05"):
            self.assertIn(word, sentence)

    def test_what_is_missing_or_no_number_differs(self):
        for theirs in ({}, {"mean": None}, {"mean": "1"}, {"mean": float("nan")}):
            self.assertEqual(len(ratios.differences({"mean": 1.0}, theirs, {"mean": 0.05})), 1, theirs)


class Measuring(unittest.TestCase):
    """The driver with programs that only pretend to compute."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        self.program = self.folder / "program"
        self.program.write_text(PROGRAM.format(python=sys.executable))
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        self.order = self.folder / "order"
        patch = mock.patch("machine.others_cores", return_value=0.0)
        patch.start()
        self.addCleanup(patch.stop)
        with mock.patch.object(sys, "argv", ["bench.py", "--build", str(self.folder), "--cores", "1"]):
            self.bench = bench.Bench(bench.parsed())
        self.bench.place.environment = {"ORDER": str(self.order)}

    def side(self, name, speed, mean=0, **axes):
        return turns.Side(name, (self.program, "--name", name, "--speed", speed, "--mean", mean), axes=axes)

    def match(self, ours, *others, goal=Goal(2, 4), **row):
        names = tuple(side.name for side in others)
        return rows.Match("match", ours, others, "speed", True, {"mean": 0.1}, (rows.Row("row", "a row", goal, names, "speed", **row),))

    def measured(self, match):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.bench.measure(match, ["row"])
        return self.bench.results[-1], said.getvalue()

    def test_the_best_setting_of_the_best_other_counts(self):
        slow, fast = self.side("slow", 1), self.side("fast", 2, workers=[2, 3], prefetch=[2, 8])
        result, _ = self.measured(self.match(self.side("ours", 12), slow, fast))
        self.assertEqual(result["median"], 3)
        self.assertEqual(result["other"], "fast (workers=3 prefetch=2)")
        self.assertEqual(result["verdicts"], ("met", "lost"))
        self.assertEqual(result["pairs"], ratios.FEWEST_PAIRS)

    def test_turns_alternate(self):
        self.measured(self.match(self.side("A", 2), self.side("B", 1)))
        self.assertEqual("".join(self.order.read_text().split())[2:], "ABBAABBAABBAAB")

    def test_different_outputs_are_refused_and_not_compared(self):
        result, _ = self.measured(self.match(self.side("ours", 12), self.side("theirs", 1, mean=0.5)))
        self.assertIn("mean is 0 beside 0.5", result["refused"])
        self.assertNotIn("median", result)
        self.assertIn("refused", table.line_of(result))

    def test_one_that_fails_is_left_out_by_name(self):
        result, said = self.measured(self.match(self.side("ours", 12), self.side("broken", 1), self.side("theirs", 3)))
        self.assertEqual((result["median"], result["other"]), (4, "theirs (as it is)"))
        self.assertIn("it broke", self.bench.left_out["broken"])
        self.assertIn("broken is left out", said)

    def test_a_row_without_anybody_is_refused(self):
        result, _ = self.measured(self.match(self.side("ours", 12), self.side("broken", 1)))
        self.assertIn("none of broken ran", result["refused"])

    def test_one_that_needs_a_missing_package_is_left_out(self):
        absent = turns.Side("absent", (self.program, "--name", "absent", "--speed", 1), module="no_such_package_here")
        self.measured(self.match(self.side("ours", 12), absent, self.side("theirs", 3)))
        self.assertIn("no_such_package_here", self.bench.left_out["absent"])

    def test_times_are_divided_the_other_way_round(self):
        match = self.match(self.side("ours", 12), self.side("theirs", 3))
        row = rows.Row("row", "a row", Goal(2, 4), ("theirs",), "seconds", is_inverse=True)
        match = rows.Match(match.name, match.ours, match.others, "speed", True, match.tolerances, (row,))
        self.assertAlmostEqual(self.measured(match)[0]["median"], 4)

    def test_a_busy_machine_is_said_loudly(self):
        with mock.patch("machine.others_cores", return_value=1.5):
            _, said = self.measured(self.match(self.side("ours", 12), self.side("theirs", 3)))
        self.assertIn("OTHER PROGRAMS USE 1.5", said)
        about = {
            "leat": "x",
            "began": "now",
            "cores": 1,
            "cores_of_machine": 1,
            "processor": "p",
            "memory_gib": 1,
            "system": "s",
            "python": "3",
            "versions": {},
        }
        self.assertIn("Not to be believed", table.markdown(self.bench.results, about, {}, self.bench.loads))

    def test_all_results_are_written(self):
        self.measured(self.match(self.side("ours", 12), self.side("theirs", 3)))
        with contextlib.redirect_stdout(io.StringIO()):
            folder = self.bench.write()
        written = json.loads((folder / "raw.json").read_text())
        self.assertEqual(written["rows"][0]["ratios"], [4] * ratios.FEWEST_PAIRS)
        self.assertEqual(len(written["raw"]["match"]["turns"]["theirs"]), ratios.FEWEST_PAIRS)
        self.assertIn("| a row | 4 | 4 – 4 | 7 | ≥ 2: met | ≥ 4: met |", (folder / "table.md").read_text())


class Choosing(unittest.TestCase):
    def test_rows_are_named_by_their_beginnings(self):
        self.assertEqual(bench.chosen("st", ["step64", "views", "step128"]), ["step64", "step128"])
        self.assertEqual(bench.chosen("", ["a", "b"]), ["a", "b"])

    def test_an_unknown_row_is_refused_with_those_that_exist(self):
        with self.assertRaises(SystemExit) as ended:
            bench.chosen("speed", ["views", "loop"])
        self.assertIn("views, loop", str(ended.exception))


if __name__ == "__main__":
    unittest.main()
