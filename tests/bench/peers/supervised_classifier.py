"""Supervised peer: the encoder and a linear layer learn from labelled CheX images alone.

supervised_classifier.py --data DATA --lists LISTS --seed 0 --out runs/classifier-0
"""

import argparse
import copy

import numpy as np
import torch
import torch.nn.functional as F

import common


def finish_classifier(options, title, network, keeper, loss, labelled, more=None):
    """Tests the last and the best weights on CheX's test images and writes the folder; `more` are further figures of the training."""
    test = common.ImageSet(options.data, options.lists, "chex_test", options.size)
    best = copy.deepcopy(network)
    best.load_state_dict(keeper.best)
    judged = {"validate": keeper.last, "test": common.judge_classes(best, test), "test_last": common.judge_classes(network, test)}
    phases = {phase: common.named("classes", metrics) for phase, (metrics, _) in judged.items()}
    phases["train"] = {"classes.loss": loss, "kept.step": float(keeper.best_step)} | (more or {})
    resources = {
        "chex": {"labels": labelled, "validation_labels": len(keeper.last[1])},
        "net": {"weights": common.weights_of(network)},
    }
    common.write_run(options, title, phases, {f"{phase}.classes": table for phase, (_, table) in judged.items()}, resources)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    common.add_options(parser, "labelled images")
    parser.add_argument(
        "--augment", choices=["none", "weak", "randaugment", "tone"], default="weak", help="randaugment and tone come on top of weak"
    )
    options = common.begin(parser)
    random = np.random.default_rng(options.seed)
    labelled = common.ImageSet(options.data, options.lists, "chex", options.size, "labelled")
    validation = common.ImageSet(options.data, options.lists, "chex", options.size, "validation")
    network, draws = common.Classifier(options.norm), common.ClassDraws(labelled.labels, random)

    def view(picture):
        if options.augment == "none":
            return picture
        picture = common.weak(picture, random)
        more = {"randaugment": common.rand_augment, "tone": common.tone}.get(options.augment)
        return more(picture, random) if more else picture

    def draw_batch():
        places = draws(options.batch)
        return common.to_batch([view(labelled.pictures[k]) for k in places]), torch.from_numpy(labelled.labels[places])

    def loss_of(output, labels):
        return F.cross_entropy(output["logits"], labels)

    keeper = common.Keeper(
        lambda judged: common.judge_classes(judged, validation), "balanced_accuracy", options.validate_every, options.steps
    )
    loss, judged = common.train(network, draw_batch, loss_of, options, keeper)
    title = f"Supervised classifier, {options.norm} norm, augmentation {options.augment}: {len(labelled)} class labels, {options.size} pixels"
    finish_classifier(options, title, judged, keeper, loss, len(labelled))


if __name__ == "__main__":
    main()
