"""Supervised peer: a U-Net learns JSRT's lungs from images with masks alone; MCU is another hospital.

supervised_unet.py --data DATA --lists LISTS --seed 0 --out runs/unet-0
"""

import argparse
import copy

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import common

JUDGED_SIZE = 256  # Side of the masks of JSRT and MCU, at which Leat judges.


def dice_loss(logits, masks):
    """1 - soft Dice of each image, as Leat's loss.dice."""
    predicted = torch.sigmoid(logits)
    shared, everything = (predicted * masks).sum((2, 3)), predicted.sum((2, 3)) + masks.sum((2, 3))
    return (1 - (2 * shared + 1) / (everything + 1)).mean()


def view(picture, mask, options, random):
    """A picture of `size` and its mask of `mask_size`, from both at `mask_size`."""
    if options.augment == "flip" and random.random() < 0.5:
        picture, mask = picture[:, ::-1], mask[:, ::-1]
    elif options.augment == "affine":
        picture, mask = common.affine(picture, mask, random)
    picture = np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize((options.size, options.size), Image.BILINEAR))
    return (common.tone(picture, random) if options.augment == "affine" else picture), np.ascontiguousarray(mask)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    common.add_options(parser, "images with masks")
    parser.add_argument("--mask-size", type=int, default=256, help="side at which masks are learned; logits are enlarged to it")
    parser.add_argument("--augment", choices=["none", "flip", "affine"], default="affine", help="affine also changes the tone")
    options = common.begin(parser)
    if options.mask_size < options.size:
        parser.error(f"--mask-size {options.mask_size} is less than --size {options.size}")
    random = np.random.default_rng(options.seed)
    data, lists = options.data, options.lists
    labelled = common.ImageSet(data, lists, "jsrt", options.mask_size, "labelled", options.mask_size)
    validation = common.ImageSet(data, lists, "jsrt", options.size, "validation", JUDGED_SIZE)
    network, draws = common.Unet(options.norm), common.Draws(np.arange(len(labelled)), random)

    def draw_batch():
        pictures, masks = zip(*(view(labelled.pictures[k], labelled.masks[k], options, random) for k in draws(options.batch)))
        return common.to_batch(pictures), torch.from_numpy(np.stack(masks)).unsqueeze(1).float() / 255

    def loss_of(output, masks):
        logits = F.interpolate(output, size=masks.shape[2:], mode="bilinear", align_corners=False)
        return dice_loss(logits, masks)

    keeper = common.Keeper(lambda judged: common.judge_masks(judged, validation), "dice", options.validate_every, options.steps)
    loss, last = common.train(network, draw_batch, loss_of, options, keeper)
    best = copy.deepcopy(last)
    best.load_state_dict(keeper.best)
    tests = {"test": "jsrt_test", "test_cross": "mcu"}
    judged = {"validate": keeper.last}
    for phase, name in tests.items():
        images = common.ImageSet(data, lists, name, options.size, mask_size=JUDGED_SIZE)
        judged |= {phase: common.judge_masks(best, images), f"{phase}_last": common.judge_masks(last, images)}
    phases = {phase: common.named("lungs", metrics) for phase, (metrics, _) in judged.items()}
    phases["train"] = {"lungs.loss": loss, "kept.step": float(keeper.best_step)}
    resources = {"jsrt": {"masks": len(labelled), "validation_masks": len(validation)}, "net": {"weights": common.weights_of(network)}}
    title = f"Supervised U-Net, {options.norm} norm, augmentation {options.augment}: {len(labelled)} masks, {options.size} pixels"
    common.write_run(options, title, phases, {f"{phase}.lungs": table for phase, (_, table) in judged.items()}, resources)


if __name__ == "__main__":
    main()
