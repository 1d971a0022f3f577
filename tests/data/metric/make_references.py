"""References for the metrics. Run with scikit-learn 1.9.1, scikit-image 0.26.0, monai 1.6.1, scipy 1.17.1, torch 2.13.0, numpy 2.4,
safetensors 0.8; writes references.safetensors.

Every case has its samples and the expected numbers under CASE/NAME. The calibration error is of Guo et al. (2017), by a loop over bins;
all else of classes is scikit-learn's. Where scikit-learn has no number (AUC of one class) the expected one is NaN. Of masks, ssim is
scikit-image's, ahd_allpixel the definition over scipy's distance transform, assd and hd95 are MONAI's, in float; where MONAI has no
number (an empty mask) the expected one is what nodes/metric/README.md states.
"""

import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance
from safetensors.numpy import save_file
from scipy.ndimage import distance_transform_edt
from skimage.metrics import structural_similarity
from sklearn.metrics import (accuracy_score, balanced_accuracy_score, f1_score, jaccard_score, precision_score, recall_score,
                             roc_auc_score)

warnings.simplefilter("ignore")
random = np.random.default_rng(5)
out = {}


def calibration(confidence, right):
    total = 0.0
    for k in range(15):
        inside = (confidence > k / 15) & (confidence <= (k + 1) / 15)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


def auc(truth, score):
    return roc_auc_score(truth, score) if len(set(truth)) == 2 else float("nan")


def binary_numbers(truth, said, suffix=""):
    return {f"sensitivity{suffix}": recall_score(truth, said, pos_label=1, zero_division=0),
            f"specificity{suffix}": recall_score(truth, said, pos_label=0, zero_division=0),
            f"positive_share{suffix}": said.mean()}


def classification(case, probabilities, labels):
    classes = probabilities.shape[1]
    said = probabilities.argmax(1)
    numbers = {"accuracy": accuracy_score(labels, said), "balanced_accuracy": balanced_accuracy_score(labels, said),
               "calibration_error": calibration(probabilities.max(1), said == labels)}
    for c, f1 in enumerate(f1_score(labels, said, labels=range(classes), average=None, zero_division=0)):
        numbers[f"f1_c{c}"] = f1
    if classes == 2:
        numbers |= binary_numbers(labels, said) | {"auc": auc(labels, probabilities[:, 1])}
    elif len(set(labels)) == classes:
        numbers["auc"] = roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    else:
        numbers["auc"] = float("nan")
    save(case, probabilities, labels, numbers)


def save(case, probabilities, labels, numbers):
    out[f"{case}:probabilities"] = probabilities.astype(np.float64)
    out[f"{case}:labels"] = labels.astype(np.int64)
    for name, number in numbers.items():
        out[f"{case}/{name}"] = np.array(number, np.float64)


def two(p):
    return np.stack([1 - p, p], 1)


labels = random.integers(0, 2, 60)
classification("random", two(random.random(60)), labels)
classification("ties", two(np.round(random.random(60) * 4) / 4), labels)
classification("all_equal", two(np.full(60, 0.5)), labels)
classification("separated", two(np.where(labels == 1, 0.9, 0.2)), labels)
classification("only_positive", two(random.random(20)), np.ones(20, int))
classification("only_negative", two(random.random(20)), np.zeros(20, int))
classification("one_sample", two(np.array([0.7])), np.array([1]))
classification("never_said", two(random.random(30) * 0.4), random.integers(0, 2, 30))
three = random.dirichlet([1, 1, 1], 50)
classification("three", three, random.integers(0, 3, 50))
classification("three_ties", random.multinomial(4, [0.3, 0.3, 0.4], 50) / 4, random.integers(0, 3, 50))
classification("class_missing", three, random.integers(0, 2, 50))

probabilities, labels = random.random((40, 3)), (random.random((40, 3)) > 0.6).astype(int)
labels[:, 2] = 0
numbers, lists = {}, {"accuracy": [], "balanced_accuracy": [], "auc": [], "calibration_error": []}
for c in range(3):
    truth, p = labels[:, c], probabilities[:, c]
    said = (p > 0.5).astype(int)
    own = {"accuracy": accuracy_score(truth, said), "balanced_accuracy": balanced_accuracy_score(truth, said), "auc": auc(truth, p)}
    numbers |= {f"{name}_c{c}": number for name, number in own.items()} | binary_numbers(truth, said, f"_c{c}")
    numbers[f"f1_c{c}"] = f1_score(truth, said, zero_division=0)
    for name, number in (own | {"calibration_error": calibration(np.maximum(p, 1 - p), said == truth)}).items():
        lists[name].append(number)
save("multi_label", probabilities, labels, numbers | {name: np.mean(values) for name, values in lists.items()})

# Masks: image 1 has an empty reference in channel 0, 2 an empty prediction in channel 1, 3 both empty in channel 0.
logits = random.normal(size=(5, 2, 9, 7)).astype(np.float32)
logits[2, 1] = -1
logits[3, 0] = -1
masks = (F.interpolate(torch.from_numpy(random.normal(size=(5, 2, 4, 4))), (33, 41), mode="bilinear").numpy() > 0)
masks[1, 0] = False
masks[3, 0] = False
said = F.interpolate(torch.from_numpy(logits), (33, 41), mode="bilinear", align_corners=False).numpy() > 0
out["masks:logits"], out["masks:reference"] = logits, masks.astype(np.uint8)
for i in range(5):
    for c in range(2):
        truth, here = masks[i, c].ravel(), said[i, c].ravel()
        empty = not truth.any() and not here.any()
        row = [function(truth, here, zero_division=1.0 if empty else 0.0) for function in (f1_score, jaccard_score, precision_score, recall_score)]
        out[f"masks/{i}/{c}"] = np.array(row)


def ssim(truth, here):
    side = min(7, *truth.shape)
    side -= side % 2 == 0
    return structural_similarity(truth.astype(float), here.astype(float), data_range=1, win_size=side, use_sample_covariance=side > 1)


def distances(truth, here):
    if not truth.any() or not here.any():
        return [0.0 if truth.any() == here.any() else np.hypot(*truth.shape)] * 3
    batches = [torch.from_numpy(mask[None, None]) for mask in (here, truth)]
    return [max(distance_transform_edt(~truth)[here].mean(), distance_transform_edt(~here)[truth].mean()),
            compute_average_surface_distance(*batches, include_background=True, symmetric=True).item(),
            compute_hausdorff_distance(*batches, include_background=True, percentile=95, directed=False).item()]


def surfaces(case, truth, here):
    out[f"surfaces/{case}"] = np.array([ssim(truth, here), *distances(truth, here)])


def pair(case, truth, here):
    out[f"pairs:{case}"] = np.stack([truth, here]).astype(np.uint8)
    surfaces(case, truth, here)


def blobs(height, width):
    return F.interpolate(torch.from_numpy(random.normal(size=(1, 1, 4, 4))), (height, width), mode="bilinear").numpy()[0, 0] > 0


def boxes(height, width, *slices):
    mask = np.zeros((height, width), bool)
    for rows, columns in slices:
        mask[rows, columns] = True
    return mask


for i in range(5):
    for c in range(2):
        surfaces(f"{i}/{c}", masks[i, c], said[i, c])
overlap_scores = (f1_score, jaccard_score, precision_score, recall_score)
out["masks/pooled"] = np.array([function(masks.ravel(), said.ravel()) for function in overlap_scores])

every = slice(None)
blob, empty, full = blobs(40, 52), boxes(40, 52), boxes(40, 52, (every, every))
for k in range(4):
    pair(f"blobs_{k}", blobs(40, 52), blobs(40, 52))
    pair(f"noise_{k}", random.random((23, 17)) < (k + 1) / 5, random.random((23, 17)) < 0.3)
pair("equal", blob, blob)
pair("inverse", blob, ~blob)
pair("both_empty", empty, empty)
pair("empty_reference", empty, blob)
pair("empty_prediction", blob, empty)
pair("both_full", full, full)
pair("full_reference", full, blob)
pair("full_prediction", blob, full)
pair("full_and_empty", full, empty)
pair("one_pixel_each", boxes(40, 52, (3, 5)), boxes(40, 52, (30, 41)))
pair("one_pixel_in_opposite_corners", boxes(40, 52, (0, 0)), boxes(40, 52, (-1, -1)))
pair("same_pixel", boxes(40, 52, (3, 5)), boxes(40, 52, (3, 5)))
pair("one_pixel_and_blob", boxes(40, 52, (0, 51)), blob)
pair("touching_borders", boxes(40, 52, (slice(0, 20), every)), boxes(40, 52, (slice(10, 40), slice(0, 25))))
left, right = (slice(5, 30), slice(0, 15)), (slice(5, 30), slice(37, 52))
pair("two_parts_and_one", boxes(40, 52, left, right), boxes(40, 52, (slice(6, 33), slice(1, 17))))
pair("far_speck", boxes(40, 52, left), boxes(40, 52, left, (39, 51)))
pair("row_and_column", boxes(40, 52, (12, every)), boxes(40, 52, (every, 0)))
pair("part_of_a_row", boxes(40, 52, (0, every)), boxes(40, 52, (39, slice(20, 22))))
pair("picture_of_one_row", random.random((1, 31)) < 0.5, random.random((1, 31)) < 0.5)
pair("picture_of_one_column", random.random((31, 1)) < 0.5, random.random((31, 1)) < 0.5)
pair("picture_of_seven", random.random((7, 7)) < 0.5, random.random((7, 7)) < 0.5)
pair("picture_of_six", random.random((6, 11)) < 0.5, random.random((6, 11)) < 0.5)
pair("picture_of_four", random.random((9, 4)) < 0.5, random.random((9, 4)) < 0.5)

save_file({name: np.ascontiguousarray(array) for name, array in out.items()}, Path(__file__).with_name("references.safetensors"))
