"""The views by torchvision's v2 transforms on tensors.

OpenCV decodes, because torchvision's own decoder does not load next to a CPU build of torch.
"""

import math

import cv2
import recipe
import torch

try:
    # The wheel on PyPI is built for CUDA. Next to a CPU build of torch its C++ part does not load, and the import misses these operators.
    torch.library.define("torchvision::nms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    torch.library.define("torchvision::qnms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
except RuntimeError:
    pass  # They are there.
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

cv2.setNumThreads(0)


class Views:
    def __init__(self, size):
        self.size = size
        self.flip_and_crop = v2.Compose(
            [v2.RandomHorizontalFlip(recipe.FLIP), v2.RandomCrop(size, recipe.padding(size), padding_mode="reflect")]
        )

    def decode(self, path):
        picture = torch.from_numpy(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)).unsqueeze(0)
        return functional.resize(picture, [self.size, self.size], antialias=False)

    def weak(self, picture):
        return self.flip_and_crop(picture)

    def strong(self, picture):
        picture = self.weak(picture)
        for operation, magnitude in recipe.drawn_operations(self.size):
            picture = self.applied(operation, picture, magnitude)
        left, top, right, bottom = recipe.drawn_box(self.size)
        picture = picture.clone()
        picture[:, top:bottom, left:right] = 0
        return picture

    def bytes_of(self, picture):
        return picture.contiguous()

    def applied(self, operation, picture, magnitude):
        if operation == "autocontrast":
            return functional.autocontrast(picture)
        if operation == "brightness":
            return functional.adjust_brightness(picture, magnitude)
        if operation == "contrast":
            return functional.adjust_contrast(picture, magnitude)
        if operation == "sharpness":
            return functional.adjust_sharpness(picture, magnitude)
        if operation == "equalize":
            return functional.equalize(picture)
        if operation == "posterize":
            return functional.posterize(picture, magnitude)
        if operation == "solarize":
            return functional.solarize(picture, magnitude)
        if operation == "rotate":
            return moved(picture, angle=magnitude)
        if operation == "shear_x":
            return moved(picture, shear=(math.degrees(math.atan(magnitude)), 0.0))
        if operation == "shear_y":
            return moved(picture, shear=(0.0, math.degrees(math.atan(magnitude))))
        if operation == "translate_x":
            return moved(picture, translate=(magnitude, 0))
        if operation == "translate_y":
            return moved(picture, translate=(0, magnitude))
        return picture


def moved(picture, angle=0.0, translate=(0, 0), shear=(0.0, 0.0)):
    return functional.affine(picture, angle, list(translate), 1.0, list(shear), interpolation=v2.InterpolationMode.NEAREST)
