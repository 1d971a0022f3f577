"""The views by Pillow, as most PyTorch code for gray images makes them."""

import random

import numpy as np
import recipe
import torch
from PIL import Image, ImageDraw, ImageEnhance, ImageOps


class Views:
    def __init__(self, size):
        self.size = size

    def decode(self, path):
        with Image.open(path) as picture:
            picture.draft("L", picture.size)  # libjpeg then leaves the chroma out.
            return picture.convert("L").resize((self.size, self.size), Image.BILINEAR)

    def weak(self, picture):
        if random.random() < recipe.FLIP:
            picture = picture.transpose(Image.FLIP_LEFT_RIGHT)
        pad = recipe.padding(self.size)
        wide = Image.fromarray(np.pad(np.asarray(picture), pad, mode="reflect"))
        left, top = random.randint(0, 2 * pad), random.randint(0, 2 * pad)
        return wide.crop((left, top, left + self.size, top + self.size))

    def strong(self, picture):
        picture = self.weak(picture)
        for operation, magnitude in recipe.drawn_operations(self.size):
            picture = self.applied(operation, picture, magnitude)
        left, top, right, bottom = recipe.drawn_box(self.size)
        ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), 0)
        return picture

    def bytes_of(self, picture):
        return torch.from_numpy(np.array(picture)).unsqueeze(0)

    def applied(self, operation, picture, magnitude):
        half = self.size / 2
        if operation == "autocontrast":
            return ImageOps.autocontrast(picture)
        if operation == "brightness":
            return ImageEnhance.Brightness(picture).enhance(magnitude)
        if operation == "contrast":
            return ImageEnhance.Contrast(picture).enhance(magnitude)
        if operation == "sharpness":
            return ImageEnhance.Sharpness(picture).enhance(magnitude)
        if operation == "equalize":
            return ImageOps.equalize(picture)
        if operation == "posterize":
            return ImageOps.posterize(picture, magnitude)
        if operation == "solarize":
            return ImageOps.solarize(picture, magnitude)
        if operation == "rotate":
            return picture.rotate(magnitude, Image.NEAREST)
        if operation == "shear_x":
            return self.moved(picture, (1, magnitude, -magnitude * half, 0, 1, 0))
        if operation == "shear_y":
            return self.moved(picture, (1, 0, 0, magnitude, 1, -magnitude * half))
        if operation == "translate_x":
            return self.moved(picture, (1, 0, magnitude, 0, 1, 0))
        if operation == "translate_y":
            return self.moved(picture, (1, 0, 0, 0, 1, magnitude))
        return picture

    @staticmethod
    def moved(picture, to_source):
        return picture.transform(picture.size, Image.AFFINE, to_source, Image.NEAREST)
