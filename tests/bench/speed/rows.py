"""The rows of the table: what is measured, beside whom, and what the ratio must reach."""

from dataclasses import dataclass, field

from ratios import Goal
from turns import Side

# The implementations in a DataLoader: `--by`, the name, and what is imported to see whether they are there.
LOADERS_NEED = (
    ("pil", "PIL", "torch, PIL"),
    ("torchvision", "torchvision", "torch, cv2, importlib.metadata; importlib.metadata.version('torchvision')"),
    ("albumentations", "AlbumentationsX", "torch, albumentations"),
)
LOADERS = tuple(f"DataLoader + {name}" for _, name, _ in LOADERS_NEED)
VIEWS = {"weak_mean": 0.05, "weak_std": 0.03, "strong_mean": 0.06, "strong_std": 0.04}


@dataclass(frozen=True)
class Row:
    """`among`: the sides of which the best one counts. `is_inverse`: theirs over ours, as for times of which less is better."""

    name: str
    title: str
    goal: Goal | None
    among: tuple
    ours_key: str
    theirs_key: str = ""
    is_inverse: bool = False
    factor: float = 1

    def key_of(self, is_ours):
        return self.ours_key if is_ours or not self.theirs_key else self.theirs_key

    def ratio(self, ours, theirs):
        ratio = theirs / ours if self.is_inverse else ours / theirs
        return self.factor * ratio


@dataclass(frozen=True)
class Match:
    """Programs that run in turn, and the rows that come of it. `key` is what decides which settings, and who of several, are best."""

    name: str
    ours: Side
    others: tuple
    key: str
    is_higher_better: bool
    tolerances: dict = field(hash=False)
    rows: tuple = ()


@dataclass(frozen=True)
class Folders:
    """Where the programs and files are. `python` and `peers`: the interpreter and the programs of the peers."""

    build: object
    peers: object
    python: str
    pictures: object  # Folder with a folder of JPEG files per class.
    scratch: object


# What the command `leat` sets for itself before it loads LibTorch (cli/load_nodes.cpp).
LEAT_ENVIRONMENT = {"GOMP_SPINCOUNT": "3000"}


def ours(folders, program, *words, **more):
    return Side(more.pop("name", "Leat"), (folders.build / "bench" / program, *words), environment=LEAT_ENVIRONMENT, **more)


def peer(folders, name, program, *words, **more):
    return Side(name, (folders.python, folders.peers / program, *words), **more)


def view_sides(folders, images, is_cached, cores):
    """The loaders that make the views, and DALI and SPDL."""
    more = ("--cache",) if is_cached else ()
    common = ("--data", folders.pictures, "--images", images, "--warmup", min(200, images), *more)
    axes = {"workers": [cores, cores + 1, max(1, cores - 1), 0], "prefetch": [2, 8, 4, 1], "ship": ["uint8", "float32"]}
    alone = {"workers": [cores, cores + 1, max(1, cores - 1)], "prefetch": [2, 8, 4, 1]}
    run_s = 4 + images / 800 + (3 if is_cached else 0)
    out = [
        peer(folders, f"DataLoader + {name}", "views.py", "--by", by, *common, axes=axes, seconds=run_s, module=module)
        for by, name, module in LOADERS_NEED
    ]
    if not is_cached:
        out.append(peer(folders, "DALI, CPU", "views.py", "--by", "dali", *common, axes=alone, seconds=run_s + 5, module="nvidia.dali"))
    out.append(
        peer(folders, "SPDL", "views.py", "--by", "spdl", *common, axes=alone, seconds=run_s, module="spdl.pipeline, albumentations")
    )
    return tuple(out)


def view_matches(folders, images, cores):
    # Leat is several times as fast, so it gets more images for a measurement of about a second.
    common = ("--data", folders.pictures, "--images", 5 * images, "--threads", cores)
    everyone = (*LOADERS, "DALI, CPU", "SPDL")
    first = Match(
        "views",
        ours(folders, "views", *common, seconds=4),
        view_sides(folders, images, False, cores),
        "images_per_s",
        True,
        VIEWS,
        (
            Row("views", "weak + strong pairs per second, 256 pixels, first epoch", Goal(5, 7), everyone, "images_per_s"),
            Row("memory", "peak memory", Goal(0.6, 0.3, is_floor=False), LOADERS, "peak_rss_mib", "memory_mib"),
            Row("cpu", "CPU seconds per image", Goal(0.6, 0.4, is_floor=False), LOADERS, "cpu_ms_per_image"),
            Row("first_batch", "time to the first batch", Goal(0.2, 0.05, is_floor=False), LOADERS, "first_batch_s"),
        ),
    )
    later = Match(
        "cached",
        ours(folders, "views", *common, "--cache", seconds=5),
        view_sides(folders, images, True, cores),
        "images_per_s",
        True,
        VIEWS,
        (Row("cached", "the same from the second epoch on, decoded images in memory", Goal(8, 10), everyone, "images_per_s"),),
    )
    one_core = ours(folders, "views", *common[:-1], 1, name="Leat on one core", cores=1, seconds=6)
    scaling = Match(
        "scaling",
        ours(folders, "views", *common, seconds=4),
        (one_core,),
        "images_per_s",
        True,
        VIEWS,
        (
            Row(
                "scaling",
                f"images per second, {cores} cores over {cores} x 1 core",
                Goal(0.9, 0.97),
                (one_core.name,),
                "images_per_s",
                factor=1 / cores,
            ),
        ),
    )
    return first, later, scaling


def step_match(folders, size, cores, is_quick):
    """The sides with torch.compile keep what they compiled, or each run would take minutes."""
    steps, few = (2, 1) if is_quick else ((10, 5) if size < 100 else (5, 2))
    common = ("--size", size, "--threads", cores)
    cost = (size / 64) ** 2 * 0.5
    compiled_files = {"TORCHINDUCTOR_CACHE_DIR": str(folders.scratch / "inductor")}

    def torch_side(name, by, count, seconds, **more):
        return peer(
            folders,
            name,
            "step.py",
            "--by",
            by,
            *common,
            "--steps",
            count,
            "--warmup",
            2 if count > 2 else 1,
            module="torch",
            seconds=seconds,
            **more,
        )

    eager = torch_side(
        "PyTorch, same maths", "lean", steps, 4 + cost * (steps + 2), axes={"adam": ["fused", "foreach"], "channels-last": [False, True]}
    )
    official = torch_side("official code's step", "official", few, 4 + 2.5 * cost * (few + 1), axes={"adam": ["loop"]})
    compiled = torch_side(
        "torch.compile, same maths", "lean", steps, 30 + cost * steps, axes={"compile": [True]}, environment=compiled_files
    )
    return Match(
        f"step{size}",
        ours(folders, "step", *common, "--steps", steps, "--warmup", 2 if steps > 2 else 1, seconds=2 + cost * steps),
        (eager, official, compiled),
        "ms_per_step",
        False,
        # Of random weights: with seven seeds, the loss of Leat's first steps at 128 pixels was 3.0 to 3.7, its deviation 0.23.
        {"loss": 0.7, "parameters": 0},
        (
            Row(
                f"step{size}",
                f"training step, {size} pixels, over PyTorch eager",
                Goal(1.5, 1.8),
                (eager.name,),
                "ms_per_step",
                is_inverse=True,
            ),
            Row(
                f"official{size}",
                f"training step, {size} pixels, over the official code's",
                Goal(3, 4),
                (official.name,),
                "ms_per_step",
                is_inverse=True,
            ),
            Row(
                f"compiled{size}",
                f"training step, {size} pixels, over torch.compile",
                None,
                (compiled.name,),
                "ms_per_step",
                is_inverse=True,
            ),
        ),
    )


def ranks_match(folders, cores, is_quick):
    """One step of two processes that share the batch; PyTorch's are those of DistributedDataParallel."""
    steps = 2 if is_quick else 10
    torchrun = ("-m", "torch.distributed.run", "--no-python", "--nproc-per-node", 2, "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0")
    common = ("--size", 64, "--threads", max(1, cores // 2), "--steps", steps, "--warmup", 2)
    leat = Side(
        "Leat",
        (folders.python, *torchrun, folders.build / "bench" / "step", *common),
        environment=LEAT_ENVIRONMENT,
        module="torch",
        seconds=5 + steps * 0.4,
    )
    eager = Side(
        "DistributedDataParallel",
        (folders.python, *torchrun, folders.python, folders.peers / "step.py", "--by", "lean", *common),
        axes={"adam": ["fused", "foreach"], "channels-last": [False, True]},
        module="torch",
        seconds=9 + steps * 0.5,
    )
    return Match(
        "ranks",
        leat,
        (eager,),
        "ms_per_step",
        False,
        {"loss": 0.7, "parameters": 0, "ranks": 0},
        (
            Row(
                "ranks",
                "training step, 64 pixels, on 2 ranks, its time over that of DistributedDataParallel",
                Goal(1.05, 0.8, is_floor=False),
                (eager.name,),
                "ms_per_step",
            ),
        ),
    )


def optimizer_match(folders, cores, is_quick):
    common = ("--threads", cores, "--steps", 20 if is_quick else 500)
    libtorch = ours(folders, "optimizer", "--by", "libtorch", *common, name="torch::optim::Adam", seconds=4)
    return Match(
        "optimizer",
        ours(folders, "optimizer", "--by", "leat", *common, seconds=2),
        (libtorch,),
        "us_per_step",
        False,
        {"weights_sum": 0.01, "weights_norm": 0.001, "parameters": 0},
        (Row("optimizer", "optimizer step", Goal(0.3, 0.1, is_floor=False), (libtorch.name,), "us_per_step"),),
    )


def predict_match(folders, cores, images, weights):
    common = ("--data", folders.pictures, "--weights", weights, "--images", images, "--threads", cores)
    eager = peer(
        folders,
        "PyTorch, tuned",
        "predict.py",
        *common,
        axes={"workers": [1, 0, cores], "prefetch": [2, 4], "decoder": ["opencv", "pil"], "channels-last": [False, True]},
        module="torch, cv2, safetensors",
        seconds=4 + images / 50,
    )
    return Match(
        "predict",
        ours(folders, "predict", *common, seconds=1 + images / 50),
        (eager,),
        "images_per_s",
        True,
        {"probability_mean": 0.02, "mask_share": 0.03},
        (Row("predict", "batch inference, images per second, 128 pixels", Goal(1.1, 1.5), (eager.name,), "images_per_s"),),
    )


def loop_match(folders, cores, steps):
    common = ("--data", folders.pictures, "--threads", cores, "--steps", steps)
    by_hand = ours(folders, "loop", "--by", "hand", *common, name="hand-written loop", seconds=2 + steps * 0.04)
    return Match(
        "loop",
        ours(folders, "loop", "--by", "engine", *common, seconds=2 + steps * 0.04),
        (by_hand,),
        "seconds",
        False,
        {"loss": 0.1},
        (
            Row(
                "loop",
                "whole run over a hand-written loop of the same functions",
                Goal(1.03, 1.01, is_floor=False),
                (by_hand.name,),
                "seconds",
            ),
        ),
    )


def matches(folders, cores, is_quick):
    images = 200 if is_quick else 3000
    return (
        *view_matches(folders, images, cores),
        step_match(folders, 64, cores, is_quick),
        step_match(folders, 128, cores, is_quick),
        ranks_match(folders, cores, is_quick),
        optimizer_match(folders, cores, is_quick),
        predict_match(folders, cores, 64 if is_quick else 320, folders.scratch / "net.safetensors"),
        loop_match(folders, cores, 40 if is_quick else 400),
    )
