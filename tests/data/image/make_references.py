"""Reference pictures for reading and scaling, made with Pillow 13.0.0 and NumPy 2.4.6: python make_references.py, in this folder.

decode_NAME files are read as decode_expected.png has them one below the other, in the order of decode.csv; resize_expected_N.png is the
N-th row of resize.csv; equalize_expected.png belongs to equalize.png, whose rows are pictures of 1 x 300 pixels. turned.csv has a picture
of 3 x 2 pixels, upright, for each EXIF orientation in which its pixels 10, 20, … 60 are stored. mask_KIND.ENDING have palettes: entry 1
fills the left half and entry 2 the lower right quarter. hidden: all entries are black. partly: entry 1 is white. shown: entry 2 is not used.
decode_rgb_expected.png has the files of decode.csv in colour. decode_float.tiff has floats, 0.25 for each value of decode_gray.png less 100.
kinds_expected_N.png is row N of kinds.csv: colour, and 16 bit as Pillow scales the same numbers as floats. windows.csv has percentiles of
numpy for deep.png of ../augment and for decode_float.tiff.
"""
import csv
import io

import numpy as np
from PIL import Image, ImageOps

rng = np.random.default_rng(3)
y, x = np.mgrid[:18, :26]
gray = np.clip(np.round(60 + 6 * x + 40 * np.sin(y / 3) + rng.normal(0, 4, x.shape)), 0, 255).astype(np.uint8)
colour = np.stack([gray, gray[::-1], gray[:, ::-1]], axis=-1)
alpha = np.where(x < 13, 255, 3 * y).astype(np.uint8)


def over_black(image):
    bands = np.asarray(image.convert("RGBA")).astype(int)
    luma = np.asarray(Image.fromarray(bands[..., :3].astype(np.uint8)).convert("L")).astype(int)
    return np.round(luma * bands[..., 3] / 255).astype(np.uint8)


L, RGB = Image.fromarray(gray), Image.fromarray(colour)
files = [  # name, picture, options of save, what is said about it
    ("gray.png", L, {}, ""),
    ("equal.png", Image.fromarray(np.stack([gray] * 3, -1)), {}, ""),
    ("colour.png", RGB, {}, "colour read as luma"),
    ("opaque.png", Image.fromarray(np.dstack([gray, gray, gray, np.full_like(gray, 255)])), {}, ""),
    ("alpha.png", Image.fromarray(np.dstack([colour, alpha])), {}, "colour read as luma;transparency composed over black"),
    ("gray_alpha.png", Image.fromarray(np.dstack([gray, alpha])), {}, "transparency composed over black"),
    ("palette.png", RGB.quantize(16), {}, "colour read as luma"),
    ("bits.png", L.convert("1"), {}, ""),
    ("deep.png", Image.fromarray((gray.astype(np.uint16) * 256 + 130)), {}, "16 bit scaled to 8"),
    ("gray.jpeg", L, {"quality": 90}, ""),
    ("colour.jpeg", RGB, {"quality": 90}, "colour read as luma"),
    ("progressive.jpeg", L, {"quality": 90, "progressive": True}, ""),
    ("gray.tiff", L, {"compression": "tiff_lzw"}, ""),
    ("deep.tiff", Image.fromarray((gray.astype(np.uint16) * 256 + 130)), {}, "16 bit scaled to 8"),
    ("gray.bmp", L, {}, ""),
    ("colour.bmp", RGB, {}, "colour read as luma"),
]
expected = []
for name, picture, options, said in files:
    picture.save(f"decode_{name}", **options)
    back = Image.open(f"decode_{name}")
    if "deep" in name:
        expected.append(np.round(np.asarray(back) / 257).astype(np.uint8))
    elif "alpha" in name:
        expected.append(over_black(back))
    else:
        expected.append(np.asarray(back.convert("RGB").convert("L")))
Image.fromarray(np.vstack(expected)).save("decode_expected.png", optimize=True)
with open("decode.csv", "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows([["file", "changes"]] + [(f[0], f[3]) for f in files])

stored = Image.fromarray(np.arange(10, 70, 10, dtype=np.uint8).reshape(2, 3))
with open("turned.csv", "w", newline="") as file:
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["orientation", "width", "height", "pixels"])
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        stream = io.BytesIO()
        stored.save(stream, "png", exif=exif)
        upright = np.asarray(ImageOps.exif_transpose(Image.open(stream)))
        rows.writerow([orientation, upright.shape[1], upright.shape[0], " ".join(map(str, upright.flatten()))])

for kind, colours in ("hidden", [0, 0, 0]), ("partly", [0, 255, 0]), ("shown", [0, 255, 0]):
    entries = np.zeros((16, 16), np.uint8)
    entries[:, :8] = 1
    if kind != "shown":
        entries[8:, 8:] = 2
    mask = Image.fromarray(entries).convert("P")
    mask.putpalette([band for colour in colours for band in [colour] * 3])
    for ending in "png", "bmp", "tiff":
        mask.save(f"mask_{kind}.{ending}")

sizes = [("square", 32, 32), ("square", 100, 80), ("square", 21, 64), ("wide", 64, 64), ("wide", 20, 40), ("wide", 7, 5)]
with open("resize.csv", "w", newline="") as file:
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["picture", "width", "height", "method"])
    k = 0
    for name, width, height in sizes:
        source = Image.open(f"../augment/{name}.png")
        for method, key in (Image.BILINEAR, "bilinear"), (Image.BOX, "area"), (Image.NEAREST, "nearest"):
            rows.writerow([name, width, height, key])
            source.resize((width, height), method).save(f"resize_expected_{k}.png", optimize=True)
            k += 1

def in_colour(image):
    bands = np.asarray(image.convert("RGBA")).astype(int)
    return np.round(bands[..., :3] * bands[..., 3:] / 255).astype(np.uint8)


rows = []
for name, *_ in files:
    back = Image.open(f"decode_{name}")
    deep = np.round(np.asarray(back) / 257).astype(np.uint8) if "deep" in name else None
    rows.append(np.stack([deep] * 3, -1) if "deep" in name else in_colour(back))
Image.fromarray(np.vstack(rows)).save("decode_rgb_expected.png", optimize=True)
Image.fromarray((gray.astype(np.float32) - 100) / 4).save("decode_float.tiff")

kinds = [("colour", 32, 24), ("colour", 70, 50), ("deep", 32, 24), ("deep", 20, 40), ("deep", 70, 50)]
with open("kinds.csv", "w", newline="") as file:
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["picture", "width", "height", "method"])
    k = 0
    for name, width, height in kinds:
        source = Image.open(f"../augment/{name}.png")
        for method, key in (Image.BILINEAR, "bilinear"), (Image.BOX, "area"), (Image.NEAREST, "nearest"):
            rows.writerow([name, width, height, key])
            if name == "deep":
                floats = Image.fromarray(np.asarray(source).astype(np.float32))
                scaled = Image.fromarray(np.floor(np.asarray(floats.resize((width, height), method)) + 0.5).astype(np.uint16))
            else:
                scaled = source.resize((width, height), method)
            scaled.save(f"kinds_expected_{k}.png", optimize=True)
            k += 1

with open("windows.csv", "w", newline="") as file:
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["picture", "low", "high", "of_low", "of_high"])
    for name in "augment/deep.png", "image/decode_float.tiff":
        values = np.asarray(Image.open(f"../{name}")).astype(np.float64)
        for low, high in (0.5, 99.5), (0, 100), (25, 60), (99, 99.9):
            rows.writerow([name, low, high, *np.percentile(values, [low, high])])

lines = [np.full(300, 77), np.arange(300) % 256, np.repeat([3, 9, 200], 100), np.r_[np.zeros(299), 255], rng.integers(0, 256, 300),
         np.r_[np.arange(45), np.full(255, 90)], rng.normal(120, 20, 300)]
lines = np.clip(np.round(lines), 0, 255).astype(np.uint8)
Image.fromarray(lines).save("equalize.png", optimize=True)
equal = [np.asarray(ImageOps.equalize(Image.fromarray(line[None]))) for line in lines]
Image.fromarray(np.vstack(equal)).save("equalize_expected.png", optimize=True)
