"""Tests of the peers: python tests/bench/peers/test_peers.py

LEAT=build/leat adds those against Leat itself: it runs multimix.yaml for two steps on drawn pictures, and the peers on the same lists.
LEAT_RUN, a finished run of multimix.yaml or a graph that extends it, and LEAT_DATA, what it learned from, take the place of that run.
"""

import csv
import json
import math
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "support")]
from script import run, skip  # noqa: E402

try:
    import numpy as np
    from PIL import Image
    from sklearn.metrics import balanced_accuracy_score, f1_score, jaccard_score, precision_score, recall_score, roc_auc_score

    import common
    import labels_saved
except ModuleNotFoundError as missing:
    skip(missing)

needs_leat = unittest.skipIf("LEAT" not in os.environ, "LEAT not set")
place = {}  # What the tests against Leat use: `run`, `data` and `out`, a folder to write into.
scratch = tempfile.TemporaryDirectory()


def setUpModule():
    if "LEAT" not in os.environ:
        return
    place["out"] = pathlib.Path(scratch.name)
    place["run"] = pathlib.Path(os.environ.get("LEAT_RUN", place["out"] / "multimix"))
    place["data"] = pathlib.Path(os.environ.get("LEAT_DATA", place["out"] / "data")).resolve()
    if "LEAT_RUN" not in os.environ:
        draw_data(place["data"], np.random.default_rng(0))
        run_graph(HERE.parents[2] / "graphs" / "multimix.yaml", place["run"], size=32, class_labels=20, mask_labels=4, steps=2, validate_every="2 steps")


def tearDownModule():
    scratch.cleanup()


def run_graph(graph, out, seed=0, **parameters):
    settings = [word for name, value in ({"data": place["data"]} | parameters).items() for word in ("--set", f"{name}={value}")]
    run(os.environ["LEAT"], "run", graph, *settings, "--seed", seed, "--out", out)


def draw_data(folder, random):
    """The four data sets, of small pictures of noise with two bright lungs; enough for the 100 labels that a graph takes unless told."""

    def put(file, pixels):
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(file)

    def chest():
        lungs = np.zeros((64, 64), np.uint8)
        top, left = random.integers(8, 16, 2)
        lungs[top : top + 40, left : left + 14] = lungs[top : top + 40, left + 24 : left + 38] = 255
        return lungs // 2 + random.integers(0, 64, lungs.shape, dtype=np.uint8), lungs

    for name, count in (("chex/train", 60), ("chex/test", 10), ("nihx", 10)):
        for k in range(count):
            put(folder / name / "NORMAL" / f"IM-{k:04}-0001.png", chest()[0])
            put(folder / name / "PNEUMONIA" / f"person{k}_virus_{k}.png", chest()[0])
    for name in ("jsrt", "mcu"):
        lines = ["image,mask,split"]
        for k in range(20):
            files = [f"{what}/{k:02}.png" for what in ("images", "masks")]
            for file, pixels in zip(files, chest()):
                put(folder / name / file, pixels)
            lines.append(",".join(files + ["test" if k % 4 == 0 else "train"]))
        (folder / name / "split.csv").write_text("\n".join(lines) + "\n")


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

    @needs_leat
    def test_a_leat_runs_own_tables_give_its_figures(self):
        folder = place["run"]
        phases = json.loads((folder / "results.json").read_text())["phases"]
        for phase in ("validate", "test", "test_cross"):
            rows = rows_of(folder / "images" / f"{phase}.classes.csv")
            labels = np.array([common.CLASSES.index(row["label"]) for row in rows])
            probabilities = np.array([[float(row[f"probability_{name}"]) for name in common.CLASSES] for row in rows])
            for name, value in common.classification_scores(labels, probabilities).items():
                self.assertAlmostEqual(value, phases[phase][f"classes.{name}"], places=9, msg=f"{phase}.{name}")
            rows = rows_of(folder / "images" / f"{phase}.lungs.csv")
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

    @needs_leat
    def test_lists_yaml_draws_the_lists_of_a_run(self):
        folder, out = place["run"], place["out"] / "lists"
        results = json.loads((folder / "results.json").read_text())
        kept = ("class_labels", "class_share", "mask_labels", "validation")
        run_graph(HERE / "lists.yaml", out, results["seed"], **{name: results["parameters"][name] for name in kept})
        for name in ("chex", "chex_test", "jsrt", "jsrt_test", "mcu"):
            self.assertEqual((out / "splits" / f"{name}.csv").read_text(), (folder / "splits" / f"{name}.csv").read_text(), name)


class Curves(unittest.TestCase):
    @needs_leat
    @unittest.skipIf("LEAT_RUN" in os.environ, "that run is not of two steps")
    def test_peers_learn_from_the_lists_of_a_run_and_are_compared_with_it(self):
        out = place["out"] / "curve"
        curve = [sys.executable, HERE / "curve.py", "--data", place["data"], "--leat", os.environ["LEAT"], "--out", out, "--steps", 2, "--size", 32]
        curve += ["--seeds", 0, "--systems", "classifier", "unet", "--labels", 20, "--masks", 4]
        self.assertIn("0 of 2 runs have finished before", run(*curve))
        self.assertEqual(run(*curve), "2 of 2 runs have finished before\n")

        for weights, suffix in (("kept", ""), ("last", "_last")):
            # Without the tables of the other weights, which may well be equal.
            only, saved = place["out"] / f"only-{weights}", place["out"] / f"saved-{weights}"
            for folder in (place["run"], out / "classifier", out / "unet"):
                shutil.copytree(folder, only / folder.name)
            for file in only.rglob("images/*.csv"):
                if ("_last." in file.name) != (weights == "last"):
                    file.unlink()
            peers = [only / "classifier", only / "unet"]
            run(sys.executable, HERE / "labels_saved.py", "--ours", only / place["run"].name, "--peers", *peers, "--out", saved, "--weights", weights)
            rows = rows_of(saved / "saved.csv")
            self.assertEqual({(row["peer"], row["own"]) for row in rows}, {("classifier", "20"), ("unet", "4")})
            for row in rows:
                phase, node = {"CheX": ("test", "classes"), "JSRT": ("test", "lungs"), "MCU (across)": ("test_cross", "lungs")}[row["test"]]
                metric = f"{node}.{row['metric'].lower().replace(' ', '_')}"
                for side, folder in (("ours", place["run"]), ("peer_at_own", out / row["peer"] / f"{row['what']}-{row['own']}" / "seed-0")):
                    phases = json.loads((folder / "results.json").read_text())["phases"]
                    self.assertAlmostEqual(float(row[side]), phases[phase + suffix][metric], places=9, msg=f"{side} {phase + suffix} {metric}")
        lists, peers = 2, 2
        self.assertEqual(run(os.environ["LEAT"], "runs", out, "--csv").count("\n"), 1 + lists + peers)


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
