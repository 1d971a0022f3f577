"""The views by AlbumentationsX (OpenCV on arrays), with its own random numbers."""

import math
import os

os.environ.update(NO_ALBUMENTATIONS_UPDATE="1", ALBUMENTATIONS_NO_TELEMETRY="1")

import albumentations as A  # noqa: E402
import cv2  # noqa: E402
import recipe  # noqa: E402
import torch  # noqa: E402

cv2.setNumThreads(0)


def pool():
    """The operations of the recipe, in its order."""
    darker = tuple(factor - 1 for factor in recipe.FACTOR)
    shear_deg = math.degrees(math.atan(recipe.SHEAR))
    none, nearest = (0.0, 0.0), cv2.INTER_NEAREST

    def moved(**along):
        return A.Affine(interpolation=nearest, p=1, **along)

    def both_ways(most):
        return (-most, most)

    return [
        A.AutoContrast(method="pil", p=1),
        A.MultiplicativeNoise(recipe.FACTOR, p=1),
        A.RandomBrightnessContrast(brightness_range=none, contrast_range=darker, p=1),
        A.Equalize(p=1),
        A.NoOp(p=1),
        A.Posterize(recipe.BITS, p=1),
        A.Rotate(both_ways(recipe.ROTATE_DEG), interpolation=nearest, p=1),
        A.Sharpen(p=1),
        moved(shear={"x": both_ways(shear_deg), "y": none}),
        moved(shear={"x": none, "y": both_ways(shear_deg)}),
        A.Solarize((recipe.SOLARIZE_FROM / 255, 1.0), p=1),
        moved(translate_percent={"x": both_ways(recipe.TRANSLATE), "y": none}),
        moved(translate_percent={"x": none, "y": both_ways(recipe.TRANSLATE)}),
    ]


class Views:
    def __init__(self, size):
        self.size = size
        pad, side = recipe.padding(size), recipe.cutout(size)
        weak = [A.HorizontalFlip(p=recipe.FLIP), A.Pad(pad, border_mode=cv2.BORDER_REFLECT_101, p=1), A.RandomCrop(size, size, p=1)]
        drawn = [A.OneOf(pool(), p=recipe.APPLIED) for _ in range(recipe.COUNT)]
        box = A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(side, side), hole_width_range=(side, side), fill=0, p=1)
        self.weak_transform = A.Compose(weak)
        self.strong_transform = A.Compose([*weak, *drawn, box])

    def decode(self, path):
        return cv2.resize(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), (self.size, self.size))[..., None]

    def weak(self, picture):
        return self.weak_transform(image=picture)["image"]

    def strong(self, picture):
        return self.strong_transform(image=picture)["image"]

    def bytes_of(self, picture):
        return torch.from_numpy(picture).permute(2, 0, 1).contiguous()
