"""The two views that all programs make of an image, as `tests/bench/views.cpp` sets them for Leat.

weak:   flip, reflect padding by an eighth of the side, random crop.
strong: the same, two operations of the pool, each applied with a probability of 0.5, and a black rectangle of a quarter of the side.
"""

import random

OPERATIONS = (
    "autocontrast",
    "brightness",
    "contrast",
    "equalize",
    "identity",
    "posterize",
    "rotate",
    "sharpness",
    "shear_x",
    "shear_y",
    "solarize",
    "translate_x",
    "translate_y",
)
FLIP = 0.5
APPLIED = 0.5
COUNT = 2
FACTOR = (0.14, 0.86)  # Of brightness, contrast and sharpness.
BITS = (4, 7)
SOLARIZE_FROM = 26
ROTATE_DEG = 27
SHEAR = 0.27
TRANSLATE = 0.27


def padding(size):
    return size // 8


def cutout(size):
    return size // 4


def magnitude(operation, size):
    if operation in ("brightness", "contrast", "sharpness"):
        return random.uniform(*FACTOR)
    if operation == "posterize":
        return random.randint(*BITS)
    if operation == "solarize":
        return random.randint(SOLARIZE_FROM, 255)
    if operation == "rotate":
        return random.uniform(-ROTATE_DEG, ROTATE_DEG)
    if operation in ("shear_x", "shear_y"):
        return random.uniform(-SHEAR, SHEAR)
    if operation in ("translate_x", "translate_y"):
        return round(random.uniform(-TRANSLATE, TRANSLATE) * size)
    return None


def drawn_operations(size):
    """The names and magnitudes of the operations that are applied to one image."""
    names = random.choices(OPERATIONS, k=COUNT)
    return [(name, magnitude(name, size)) for name in names if random.random() < APPLIED]


def drawn_box(size):
    """left, top, right and bottom of the cutout. Its centre is anywhere in the image, so parts of it can be outside."""
    half = cutout(size) // 2
    x, y = random.randrange(size), random.randrange(size)
    return max(0, x - half), max(0, y - half), min(size, x + half), min(size, y + half)
