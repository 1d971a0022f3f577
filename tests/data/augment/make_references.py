"""Reference pictures for the augmentations, made with Pillow 13.0.0, NumPy 2.4.6 and torchvision 0.28.0 (CPU): python make_references.py, in
this folder.

For each picture NAME.png the file NAME_expected.png holds the results one below the other, in the order of cases.csv; of colour.png those
without interpolation. deep.png has 16 bit; deep_expected.png is in the order of deep.csv, which has the largest difference that counts as
equal: torchvision does not round the mean of contrast, and computes in another order.
"""
import csv

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps
from torchvision.transforms.v2 import functional as F

FACTORS = [0, .3, .9, 1, 1.37, 2.5]


def draw(width, height, seed):
    """A gradient, a disc, a hard edge and noise, on 17..231."""
    y, x = np.mgrid[:height, :width]
    v = 40 + 90 * x / width + 30 * np.sin(y / 5)
    v[(x - .6 * width) ** 2 + (y - .4 * height) ** 2 < (.25 * height) ** 2] += 70
    v[:, width // 5] = 231
    v += np.random.default_rng(seed).normal(0, 3, v.shape)
    return Image.fromarray(np.clip(np.round(v), 17, 231).astype(np.uint8))


def affine(matrix, method):
    return lambda i: i.transform(i.size, Image.AFFINE, matrix(*i.size), method)


def cases():
    yield "autocontrast", 0, "", ImageOps.autocontrast
    yield "equalize", 0, "", ImageOps.equalize
    for name, kind in ("brightness", ImageEnhance.Brightness), ("contrast", ImageEnhance.Contrast), ("sharpness", ImageEnhance.Sharpness):
        for f in FACTORS:
            yield name, f, "", lambda i, kind=kind, f=f: kind(i).enhance(f)
    for bits in 1, 3, 6, 8:
        yield "posterize", bits, "", lambda i, bits=bits: ImageOps.posterize(i, bits)
    for threshold in 0, 100, 160, 256:
        yield "solarize", threshold, "", lambda i, threshold=threshold: ImageOps.solarize(i, threshold)
    for method, key in (Image.NEAREST, "nearest"), (Image.BILINEAR, "bilinear"):
        for a in 30, -17.3, 5, 90:
            yield "rotate", a, key, lambda i, a=a, method=method: i.rotate(a, method)
        for s in .3, -.17:
            yield "shear_x", s, key, affine(lambda w, h, s=s: (1, s, -s * h / 2, 0, 1, 0), method)
            yield "shear_y", s, key, affine(lambda w, h, s=s: (1, 0, 0, s, 1, -s * w / 2), method)
        for t in 9, -4:
            yield "translate_x", t, key, affine(lambda w, h, t=t: (1, 0, t, 0, 1, 0), method)
            yield "translate_y", t, key, affine(lambda w, h, t=t: (1, 0, 0, 0, 1, t), method)
        yield "matrix", 0, key, affine(lambda w, h: (.8, .23, 3.1, -.31, 1.2, -2.7), method)


every = list(cases())
for name, picture in ("square", draw(64, 64, 1)), ("wide", draw(45, 31, 2)):
    picture.save(f"{name}.png", optimize=True)
    Image.fromarray(np.vstack([np.asarray(make(picture)) for *_, make in every])).save(f"{name}_expected.png", optimize=True)
with open("cases.csv", "w", newline="") as file:
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["operation", "magnitude", "interpolation"])
    rows.writerows(case[:3] for case in every)

bands = [np.asarray(draw(45, 31, seed)) for seed in (3, 4, 5)]
colour = Image.fromarray(np.stack([bands[0], bands[1][::-1], bands[2] // 2 + 60], axis=-1))
colour.save("colour.png", optimize=True)
toned = [np.asarray(make(colour)) for *_, interpolation, make in every if interpolation == ""]
Image.fromarray(np.vstack(toned)).save("colour_expected.png", optimize=True)

deep = np.clip(bands[0].astype(int) * 160 + np.random.default_rng(6).integers(0, 160, bands[0].shape), 0, 65535).astype(np.uint16)
Image.fromarray(deep).save("deep.png", optimize=True)
tensor = torch.from_numpy(deep.astype(np.int32)).to(torch.uint16)[None]


def equalized(v):
    """Pillow's rule with fractions: (pixels below + half a step) / step, where step = (pixels - those of the largest value) / 65535."""
    counts = np.bincount(v.ravel(), minlength=65536).astype(object)
    others = int(v.size - counts[v.max()])
    below = np.cumsum(counts) - counts
    table = [min((int(b) * 65535 + others // 2) // others, 65535) for b in below]
    return np.array(table, np.uint16)[v]


def deep_cases():
    yield "autocontrast", 0, 1, lambda: F.autocontrast(tensor)
    yield "equalize", 0, 0, lambda: equalized(deep)
    for f in FACTORS:
        yield "brightness", f, 1, lambda f=f: F.adjust_brightness(tensor, float(f))
        yield "contrast", f, 2, lambda f=f: F.adjust_contrast(tensor, float(f))
        yield "sharpness", f, 1, lambda f=f: F.adjust_sharpness(tensor, float(f))
    for bits in 1, 3, 6, 8:
        yield "posterize", bits, 0, lambda bits=bits: F.posterize(tensor, bits)
    for threshold in 0, 100, 160, 256:
        yield "solarize", threshold, 0, lambda t=threshold: np.where(deep < t * 257, deep, 65535 - deep)


rows, pictures = [], []
for name, magnitude, within, make in deep_cases():
    rows.append([name, magnitude, within])
    pictures.append(np.asarray(make()).reshape(deep.shape).astype(np.uint16))
Image.fromarray(np.vstack(pictures)).save("deep_expected.png", optimize=True)
with open("deep.csv", "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows([["operation", "magnitude", "within"]] + rows)
