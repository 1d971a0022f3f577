"""Draws files like those of the data sets, for a measurement without them: data.py FOLDER

chex/train: 224-pixel JPEG files of three equal components, about 6 KB each. jsrt: PNG files of 256 pixels with masks and a list.
Finished folders are kept.
"""

import argparse
import pathlib
import shutil

import numpy as np
from PIL import Image

# By class: how many, and names from which patients follow as in the data set.
JPEG_FILES = {"NORMAL": (500, "IM-{:04}-0001.jpeg"), "PNEUMONIA": (1500, "person{0}_virus_{0}.jpeg")}
MASKED = 40


def smooth(random, side, cells):
    """Smooth noise from 0 to 1."""
    coarse = Image.fromarray(random.random((cells, cells)).astype(np.float32))
    return np.asarray(coarse.resize((side, side), Image.BICUBIC))


def chest(random, side):
    """A gray picture of 8 bit and the mask of its lungs."""
    y, x = np.mgrid[0:side, 0:side] / side
    lungs = np.zeros((side, side), bool)
    for centre in (0.3 + random.normal(0, 0.02), 0.7 + random.normal(0, 0.02)):
        lungs |= ((x - centre) / 0.14) ** 2 + ((y - 0.48) / 0.3) ** 2 < 1
    light = 0.65 - 0.4 * lungs + 0.25 * (smooth(random, side, 6) - 0.5) + 0.1 * (smooth(random, side, 40) - 0.5)
    light += 0.06 * np.sin(y * 60 + 4 * (x - 0.5) ** 2) * (np.abs(x - 0.5) < 0.4) + random.normal(0, 0.008, light.shape)
    return (255 * np.clip(light, 0, 1)).astype(np.uint8), lungs


def draw_jpeg_files(folder, random):
    for name, (count, file) in JPEG_FILES.items():
        (folder / name).mkdir(parents=True)
        for k in range(count):
            pixels, _ = chest(random, 224)
            Image.fromarray(pixels).convert("RGB").save(folder / name / file.format(k), quality=75)


def draw_masked(folder, random):
    lines = ["image,mask,split"]
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for k in range(MASKED):
        pixels, lungs = chest(random, 256)
        Image.fromarray(pixels).save(folder / "images" / f"{k}.png")
        Image.fromarray(lungs.astype(np.uint8) * 255).save(folder / "masks" / f"{k}.png")
        lines.append(f"images/{k}.png,masks/{k}.png,{'train' if k % 4 else 'val'}")
    (folder / "split.csv").write_text("\n".join(lines) + "\n")


def draw(root):
    for name, draw_one in (("chex/train", draw_jpeg_files), ("jsrt", draw_masked)):
        if not (root / name).exists():
            part = root / f"{name.replace('/', '_')}.part"
            shutil.rmtree(part, ignore_errors=True)
            draw_one(part, np.random.default_rng(0))
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            part.rename(root / name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    draw(parser.parse_args().folder)
