"""The views by NVIDIA DALI's pipeline on the CPU, which needs no GPU.

DALI has no reflect padding, so the padded image is put together from mirrored strips.
"""

import numpy as np
import recipe
import torch
from nvidia.dali import fn, pipeline_def, types
from nvidia.dali.auto_aug import augmentations
from nvidia.dali.auto_aug.core import augmentation, select, signed_bin

LEVELS = 101  # Magnitudes are drawn from this many values.


@augmentation(mag_range=recipe.FACTOR, randomly_negate=False)
def contrast_about_mean(data, factor):
    mean = fn.reductions.mean(data, axis_names="HW", keep_dims=True)
    return fn.cast_like(mean + (data - mean) * factor, data)


def pool(size):
    """The operations of the recipe, in its order."""
    factor = {"mag_range": recipe.FACTOR, "randomly_negate": False, "mag_to_param": np.float32}
    shift = {"mag_range": (0, recipe.TRANSLATE)}
    shear = {"mag_range": (0, recipe.SHEAR)}
    softer = tuple(value - 1 for value in recipe.FACTOR)
    return [
        augmentations.auto_contrast,
        augmentations.brightness.augmentation(**factor),
        contrast_about_mean,
        augmentations.equalize,
        augmentations.identity,
        augmentations.posterize.augmentation(mag_range=recipe.BITS, randomly_negate=False),
        augmentations.rotate.augmentation(mag_range=(0, recipe.ROTATE_DEG)),
        augmentations.sharpness.augmentation(mag_range=softer, randomly_negate=False),
        augmentations.shear_x.augmentation(**shear),
        augmentations.shear_y.augmentation(**shear),
        augmentations.solarize.augmentation(mag_range=(recipe.SOLARIZE_FROM, 255)),
        augmentations.translate_x.augmentation(**shift),
        augmentations.translate_y.augmentation(**shift),
    ]


def reflected(picture, size, pad, axis):
    """The picture with mirrored strips on both sides of an axis; the edge itself is not repeated."""
    where = {"vertical": int(axis == 0), "horizontal": int(axis == 1)}

    def strip(start):
        return fn.flip(fn.slice(picture, start=[start], shape=[pad], axes=[axis]), **where)

    return fn.cat(strip(1), picture, strip(size - pad - 1), axis=axis)


def batches(options, files):
    size, pad, side = options.size, recipe.padding(options.size), recipe.cutout(options.size)
    operations = pool(size)
    identity = recipe.OPERATIONS.index("identity")

    def whole_number(low, high):
        return fn.random.uniform(values=list(range(low, high + 1)), dtype=types.INT32)

    def weak(picture):
        start = fn.random.uniform(values=list(range(2 * pad + 1)), shape=2, dtype=types.INT32)
        return fn.flip(fn.slice(picture, start=start, shape=(size, size), axes=(0, 1)), horizontal=fn.random.coin_flip())

    def strong(picture):
        picture = weak(picture)
        # That an operation is not applied has the same weight as all operations together.
        choices = list(range(len(operations))) + [identity] * round(len(operations) * (1 / recipe.APPLIED - 1))
        for _ in range(recipe.COUNT):
            chosen = fn.random.uniform(values=choices, dtype=types.INT32)
            level = signed_bin(whole_number(0, LEVELS - 1))
            picture = select(
                operations,
                chosen,
                data=picture,
                magnitude_bin=level,
                num_magnitude_bins=LEVELS,
                fill_value=0,
                interp_type=types.INTERP_NN,
                shape=(size, size),
            )
        corner = fn.random.uniform(range=(-side / 2, size - side / 2), shape=2)
        return fn.erase(picture, anchor=corner, shape=(float(side), float(side)), axes=(0, 1), fill_value=0.0)

    def as_floats(picture):
        return fn.crop_mirror_normalize(picture, mean=[127.5], std=[127.5], dtype=types.FLOAT, output_layout="CHW")

    @pipeline_def(
        batch_size=options.batch,
        num_threads=max(1, options.workers),
        device_id=None,
        seed=1,
        enable_conditionals=True,
        prefetch_queue_depth=options.prefetch,
    )
    def graph():
        encoded, _ = fn.readers.file(files=files)
        picture = fn.decoders.image(encoded, output_type=types.GRAY)
        picture = fn.resize(picture, size=(size, size), antialias=False)
        wide = reflected(reflected(picture, size, pad, 0), size, pad, 1)
        return as_floats(weak(wide)), as_floats(strong(wide))

    pipeline = graph()
    pipeline.build()
    while True:
        yield tuple(torch.from_numpy(np.asarray(view.as_tensor())) for view in pipeline.run())
