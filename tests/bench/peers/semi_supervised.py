"""Semi-supervised peers: FixMatch or FreeMatch of the package `semilearn` (USB), on our lists, pictures and encoder.

  semi_supervised.py --algorithm fixmatch --data DATA --lists LISTS --seed 0 --out runs/fixmatch-0

semilearn's own are the training loop, `train_step`, losses, thresholds, pseudo-labels, weight averages, RandAugment and the learning rate's
schedule. Ours are what feeds it, the optimizer (unless --optimizer sgd) and what judges.
"""

import argparse
import importlib.abc
import importlib.machinery
import importlib.metadata
import random as python_random
import sys
import types

import numpy as np
import torch
from PIL import Image

import common
from supervised_classifier import finish_classifier

# semilearn imports these for data sets, networks and logs that are not used here.
UNUSED = {
    "aim", "progress", "ruamel", "skimage", "timm", "torch.utils.tensorboard", "torchaudio", "torchvision", "tqdm", "transformers", "wandb"
}  # fmt: skip


class StandIns(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """While it is entered, modules of UNUSED import as empty ones, whose every name is an empty class."""

    def __enter__(self):
        self.replaced = {name: sys.modules.pop(name) for name in list(sys.modules) if self.stands_for(name)}
        sys.meta_path.insert(0, self)

    def __exit__(self, *_):
        sys.meta_path.remove(self)
        for name in [name for name in sys.modules if self.stands_for(name)]:
            del sys.modules[name]
        sys.modules.update(self.replaced)

    @staticmethod
    def stands_for(name):
        return any(name == one or name.startswith(one + ".") for one in UNUSED)

    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if self.stands_for(name) else None

    def create_module(self, spec):
        module = types.ModuleType(spec.name)
        module.__getattr__ = lambda name: empty_class(name)
        return module

    def exec_module(self, module):
        pass


class Empty(type):
    """The type of empty classes, whose every attribute is another."""

    def __getattr__(cls, name):
        return empty_class(name)


def empty_class(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return Empty(name, (), {})


try:
    with StandIns():
        from semilearn.algorithms.fixmatch.fixmatch import FixMatch
        from semilearn.algorithms.freematch.freematch import FreeMatch
        from semilearn.core import AlgorithmBase
        from semilearn.core.hooks import EMAHook, Hook, ParamUpdateHook
        from semilearn.datasets.augmentation.randaugment import RandAugment
except ModuleNotFoundError as missing:
    sys.exit(f"{missing}: pip install --no-deps semilearn==0.3.2")


class Batches:
    """`steps` batches as semilearn's loaders give them: dictionaries of tensors."""

    def __init__(self, steps, batch):
        self.steps, self.batch = steps, batch

    def __iter__(self):
        return (self.batch() for _ in range(self.steps))


class Validation(Hook):
    """Judges the averaged weights, in place of semilearn's EvaluationHook and CheckpointHook."""

    def __init__(self, keeper):
        super().__init__()
        self.keeper, self.recent, self.losses, self.shares = keeper, common.RecentBatches(), [], []

    def after_train_step(self, algorithm):
        self.losses.append(algorithm.log_dict["train/total_loss"])
        self.shares.append(algorithm.log_dict["train/util_ratio"])
        if not np.isfinite(self.losses[-1]):
            sys.exit(f"the loss of step {algorithm.it + 1} is not finite")
        self.keeper.after(algorithm.it + 1, lambda: self.recent.judged(algorithm.ema_model))


class OnOurs(AlgorithmBase):
    """semilearn's base with our data, network and optimizer, on the CPU. It stands behind FixMatch and FreeMatch in the order of bases."""

    def set_dataset(self):
        return None

    def set_data_loader(self):
        return self.args.loaders

    def set_optimizer(self):
        optimizer, schedule = super().set_optimizer()
        if self.args.optim == "AdamW":
            schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: common.rate_factor(step, self.num_train_iter))
        return optimizer, schedule

    def set_hooks(self):
        self.register_hook(ParamUpdateHook(), None, "HIGHEST")
        self.register_hook(EMAHook(), None, "HIGH")
        self.register_hook(self.args.validation, None, "LOW")

    def process_batch(self, **batch):
        self.args.validation.recent.add(torch.cat([batch["x_lb"], batch["x_ulb_w"], batch["x_ulb_s"]]))
        return batch


class OurFixMatch(FixMatch, OnOurs):
    pass


class OurFreeMatch(FreeMatch, OnOurs):
    pass


ALGORITHMS = {"fixmatch": OurFixMatch, "freematch": OurFreeMatch}


def strong(picture, random, rand_augment):
    """semilearn's strong view: the weak one, three operations and a cutout, drawn in RGB for its cutout is coloured."""
    image = rand_augment(Image.fromarray(common.weak(picture, random)).convert("RGB"))
    return np.asarray(image.convert("L"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    common.add_options(parser, "labelled images")
    parser.add_argument("--algorithm", choices=sorted(ALGORITHMS), required=True)
    parser.add_argument("--unlabelled-batch", type=int, default=30, help="unlabelled images a step")
    parser.add_argument(
        "--optimizer", choices=["adamw", "sgd"], default="adamw", help="as the other peers, or semilearn's own, with its learning rate"
    )
    parser.set_defaults(lr=None)
    options = common.begin(parser)
    is_sgd = options.optimizer == "sgd"
    options.lr = options.lr or (0.03 if is_sgd else 2e-3)
    if options.ema == 0:
        parser.error("semilearn judges averaged weights: --ema is above 0")
    # semilearn's RandAugment draws from both.
    python_random.seed(options.seed)
    np.random.seed(options.seed)
    random, size = np.random.default_rng(options.seed), options.size
    labelled, unlabelled, validation = (
        common.ImageSet(options.data, options.lists, "chex", size, part) for part in ("labelled", "unlabelled", "validation")
    )
    draws, unlabelled_draws = common.ClassDraws(labelled.labels, random), common.Draws(np.arange(len(unlabelled)), random)
    rand_augment = RandAugment(3, 5)

    def labelled_batch():
        places = draws(options.batch)
        return {
            "x_lb": common.to_batch([common.weak(labelled.pictures[k], random) for k in places]),
            "y_lb": torch.from_numpy(labelled.labels[places]),
        }

    def unlabelled_batch():
        pictures = [unlabelled.pictures[k] for k in unlabelled_draws(options.unlabelled_batch)]
        return {"x_ulb_w": common.to_batch([common.weak(picture, random) for picture in pictures]),
                "x_ulb_s": common.to_batch([strong(picture, random, rand_augment) for picture in pictures])}  # fmt: skip

    keeper = common.Keeper(
        lambda judged: common.judge_classes(judged, validation), "balanced_accuracy", options.validate_every, options.steps
    )
    watch = Validation(keeper)
    made = ALGORITHMS[options.algorithm]
    settings = {argument.name.lstrip("-"): argument.default for argument in made.get_argument()} | {
        "algorithm": options.algorithm, "num_classes": len(common.CLASSES), "ulb_loss_ratio": 1.0, "ema_m": options.ema, "use_cat": True,
        "optim": "SGD" if is_sgd else "AdamW", "lr": options.lr, "momentum": 0.9, "weight_decay": 5e-4 if is_sgd else 1e-4,
        "layer_decay": 1.0, "num_warmup_iter": 0, "clip_grad": 0, "amp": False, "use_pretrain": False, "pretrain_path": None,
        "epoch": 1, "num_train_iter": options.steps, "num_eval_iter": options.validate_every, "num_log_iter": options.steps,
        "save_name": "", "save_dir": "", "resume": False, "gpu": None, "rank": 0, "distributed": False, "world_size": 1,
        "loaders": {"train_lb": Batches(options.steps, labelled_batch), "train_ulb": Batches(options.steps, unlabelled_batch)},
        "validation": watch,
    }  # fmt: skip
    algorithm = made(types.SimpleNamespace(**settings), lambda **_: common.Classifier(options.norm))
    algorithm.train()
    share = float(np.mean(watch.shares))
    print(f"pseudo-labels were used for {share:.3f} of the unlabelled images")
    name = f"{made.__bases__[0].__name__} of semilearn {importlib.metadata.version('semilearn')}"
    title = f"{name}, {options.norm} norm, {options.optimizer}: {len(labelled)} class labels, {size} pixels"
    finish_classifier(
        options,
        title,
        watch.recent.judged(algorithm.ema_model),
        keeper,
        float(np.mean(watch.losses)),
        len(labelled),
        {"pseudo.share": share},
    )


if __name__ == "__main__":
    main()
