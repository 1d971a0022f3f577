"""Tests of what the peers share: python -m unittest tests/bench/peers/test_peers.py

Three environment variables add tests against Leat itself: LEAT_RUN, a finished run of multimix.yaml or a graph that extends it; LEAT, the
program; LEAT_DATA, the folder with chex/, jsrt/, mcu/ and nihx/.
"""

import csv
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from sklearn.metrics import balanced_accuracy_score, f1_score, jaccard_score, precision_score, recall_score, roc_auc_score

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import common  # noqa: E402
import labels_saved  # noqa: E402


def needs(*names):
    missing = [name for name in names if name not in os.environ]
    return unittest.skipIf(missing, f"{' and '.join(missing)} not set")


def rows_of(file):
    with open(file, newline="") as text:
        return list(csv.DictReader(text))


def drawn_rows(random, count=60):
    rows = []
    for k in range(count):
        p = round(random.random(), 1)
        rows.append(
            {
                "image": str(k),
                "patient": str(k // 2),
                "label": "yes" if random.random() < 0.6 else "no",
                "probability_no": str(1 - p),
                "probability_yes": str(p),
            }
        )
    return rows


class Judging(unittest.TestCase):
    def test_overlap_has_scikit_learns_numbers(self):
        random = np.random.default_rng(0)
        for _ in range(20):
            said, true = random.random((8, 8)) < random.random(), random.random((8, 8)) < random.random()
            if not said.any() and not true.any():
                continue
            scores = common.overlap_scores(said, true)
            for name, of in {"dice": f1_score, "jaccard": jaccard_score, "precision": precision_score, "recall": recall_score}.items():
                self.assertAlmostEqual(scores[name], of(true.ravel(), said.ravel(), zero_division=0), places=12)

    def test_two_empty_masks_agree_and_one_alone_is_wrong(self):
        empty, full = np.zeros((4, 4), bool), np.ones((4, 4), bool)
        self.assertEqual(set(common.overlap_scores(empty, empty).values()), {1.0})
        self.assertEqual(set(common.overlap_scores(empty, full).values()), {0.0})

    @needs("LEAT_RUN")
    def test_a_leat_runs_own_tables_give_its_figures(self):
        run = pathlib.Path(os.environ["LEAT_RUN"])
        phases = json.loads((run / "results.json").read_text())["phases"]
        for phase in ("validate", "test", "test_cross"):
            rows = rows_of(run / "images" / f"{phase}.classes.csv")
            labels = np.array([common.CLASSES.index(row["label"]) for row in rows])
            probabilities = np.array([[float(row[f"probability_{name}"]) for name in common.CLASSES] for row in rows])
            for name, value in common.classification_scores(labels, probabilities).items():
                self.assertAlmostEqual(value, phases[phase][f"classes.{name}"], places=9, msg=f"{phase}.{name}")
            rows = rows_of(run / "images" / f"{phase}.lungs.csv")
            for name in ("dice", "jaccard", "precision", "recall"):
                self.assertAlmostEqual(
                    np.mean([float(row[name]) for row in rows]), phases[phase][f"lungs.{name}"], places=9, msg=f"{phase}.{name}"
                )


class Pictures(unittest.TestCase):
    def test_a_mask_moves_with_its_picture(self):
        random, picture = np.random.default_rng(0), np.zeros((64, 64), np.uint8)
        picture[20:45, 10:40] = 255
        for _ in range(20):
            moved, mask = common.affine(picture, picture, random)
            self.assertLess(((moved > 127) != (mask > 127)).mean(), 0.02)

    def test_views_keep_size_and_type(self):
        random = np.random.default_rng(0)
        picture = random.integers(0, 256, (32, 32), dtype=np.uint8)
        for view in (common.weak, common.tone, common.rand_augment):
            for _ in range(50):
                self.assertEqual((view(picture, random).shape, view(picture, random).dtype), ((32, 32), np.uint8))

    def test_classes_take_turns(self):
        labels = np.array([0] * 3 + [1] * 20)
        draws = common.ClassDraws(labels, np.random.default_rng(0))
        self.assertEqual(labels[draws(10) + draws(10)].sum(), 10)

    @needs("LEAT", "LEAT_RUN", "LEAT_DATA")
    def test_lists_yaml_draws_the_lists_of_a_run(self):
        run = pathlib.Path(os.environ["LEAT_RUN"])
        results = json.loads((run / "results.json").read_text())
        kept = ("class_labels", "class_share", "mask_labels", "validation")
        settings = [word for name in kept for word in ("--set", f"{name}={results['parameters'][name]}")]
        settings += ["--set", f"data={pathlib.Path(os.environ['LEAT_DATA']).resolve()}", "--seed", str(results["seed"])]
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "lists"
            subprocess.run([os.environ["LEAT"], "run", HERE / "lists.yaml", *settings, "--out", out], check=True, capture_output=True)
            for name in ("chex", "chex_test", "jsrt", "jsrt_test", "mcu"):
                self.assertEqual((out / "splits" / f"{name}.csv").read_text(), (run / "splits" / f"{name}.csv").read_text(), name)


class LabelsSaved(unittest.TestCase):
    def test_weighted_figures_are_those_of_images_written_several_times(self):
        random = np.random.default_rng(0)
        rows = drawn_rows(random)
        weights = labels_saved.draw_weights(rows, 10, random)
        auc, balanced = labels_saved.values(rows, "auc", weights), labels_saved.values(rows, "balanced_accuracy", weights)
        for k, counts in enumerate(weights.astype(int)):
            drawn = [row for row, count in zip(rows, counts) for _ in range(count)]
            labels, score = [row["label"] == "yes" for row in drawn], [float(row["probability_yes"]) for row in drawn]
            said = [yes > float(row["probability_no"]) for yes, row in zip(score, drawn)]
            self.assertAlmostEqual(auc[k], roc_auc_score(labels, score), places=12)
            self.assertAlmostEqual(balanced[k], balanced_accuracy_score(labels, said), places=12)

    def test_patients_are_drawn_whole(self):
        random = np.random.default_rng(0)
        weights = labels_saved.draw_weights(drawn_rows(random), 5, random)
        np.testing.assert_array_equal(weights[:, ::2], weights[:, 1::2])

    def test_what_is_needed_lies_on_the_line_over_the_logarithm(self):
        budgets, curve = [10, 100, 1000], [0.5, 0.7, 0.9]
        self.assertAlmostEqual(labels_saved.needed(budgets, curve, 0.6), math.sqrt(1000))
        self.assertEqual(labels_saved.needed(budgets, curve, 0.7), 100)
        self.assertEqual(labels_saved.needed(budgets, curve, 0.4), 10)
        self.assertEqual(labels_saved.needed(budgets, curve, 0.91), math.inf)

    def test_a_curve_that_falls_is_made_monotonous(self):
        self.assertAlmostEqual(labels_saved.needed([10, 100, 1000], [0.5, 0.8, 0.6], 0.6), 10 ** (1 + 0.5))


if __name__ == "__main__":
    unittest.main()
