"""Reference pictures for the augmentations, made with Pillow 13.0.0 and NumPy 2.4.6: python make_references.py, in this folder.

For each picture NAME.png the file NAME_expected.png holds the results one below the other, in the order of cases.csv.
"""
import csv

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

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
