"""What the peers share: lists and pictures, augmentation, the network, judging, training and the folder of a finished run."""

import collections
import copy
import csv
import hashlib
import json
import math
import os
import pathlib
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageEnhance, ImageOps
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, recall_score, roc_auc_score
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

CLASSES = ["NORMAL", "PNEUMONIA"]
CHANNELS = [16, 32, 64, 128, 256]
MEAN, DEVIATION = 0.45, 0.25
FOLDERS = {"chex": "chex/train", "chex_test": "chex/test", "jsrt": "jsrt", "jsrt_test": "jsrt", "mcu": "mcu"}


# --- lists and pictures


def read_list(run_folder, name, part=None):
    """The rows of a list that a Leat run drew, in its order; all of them or those of one part."""
    file = pathlib.Path(run_folder) / "splits" / f"{name}.csv"
    if not file.exists():
        sys.exit(f"there is no {file}: --lists names the folder of a run of multimix.yaml or lists.yaml")
    with file.open(newline="") as text:
        rows = [row for row in csv.DictReader(text) if part is None or row["part"] == part]
    if not rows:
        sys.exit(f"{file} has no image that is {part}")
    return rows


def read_picture(path, size, method=Image.BILINEAR):
    """A grey picture of size x size, 8 bit; `BILINEAR` does not alias where it reduces."""
    try:
        with Image.open(path) as picture:
            picture.draft("L", picture.size)
            return np.asarray(picture.convert("L").resize((size, size), method))
    except OSError as error:
        sys.exit(f"the picture {path} cannot be read: {error}")


class ImageSet:
    """Pictures of a list in memory, 8 bit, with what is known of them."""

    def __init__(self, data, lists, name, size, part=None, mask_size=0):
        folder = pathlib.Path(data) / FOLDERS[name]
        self.rows = read_list(lists, name, part)
        self.pictures = np.stack([read_picture(folder / row["image"], size) for row in self.rows])
        self.labels = np.array([CLASSES.index(row["class"]) if row["class"] else -1 for row in self.rows])
        if mask_size:
            with (folder / "split.csv").open(newline="") as text:
                files = {row["image"]: row["mask"] for row in csv.DictReader(text)}
            masks = [read_picture(folder / files[row["image"]], mask_size, Image.NEAREST) for row in self.rows]
            self.masks = (np.stack(masks) > 127).astype(np.uint8) * 255

    def __len__(self):
        return len(self.rows)


def to_batch(pictures):
    """N x 1 x H x W of what the network takes, from 8-bit pictures."""
    return torch.from_numpy(np.stack(pictures)).unsqueeze(1).float().div_(255).sub_(MEAN).div_(DEVIATION)


class Draws:
    """Places of a list without end, each pass in a new order."""

    def __init__(self, places, random):
        self.places, self.random, self.left = np.asarray(places), random, []

    def __call__(self, count):
        while len(self.left) < count:
            self.left += self.random.permutation(self.places).tolist()
        out, self.left = self.left[:count], self.left[count:]
        return out


class ClassDraws:
    """The same where classes take turns, as `balance: class` of Leat's io.images."""

    def __init__(self, labels, random):
        present = [np.flatnonzero(labels == c) for c in range(len(CLASSES)) if (labels == c).any()]
        self.draws, self.turn = [Draws(places, random) for places in present], 0

    def __call__(self, count):
        turns = [(self.turn + k) % len(self.draws) for k in range(count)]
        self.turn += count
        return [self.draws[turn](1)[0] for turn in turns]


# --- augmentation, of 8-bit pictures


def weak(picture, random):
    """Perhaps mirrored, then padded by an eighth with its reflection and cropped at random (augment.weak)."""
    pad = round(len(picture) / 8)
    picture = picture[:, ::-1] if random.random() < 0.5 else picture
    padded = np.pad(picture, pad, mode="reflect")
    y, x = random.integers(0, 2 * pad + 1, 2)
    return np.ascontiguousarray(padded[y : y + len(picture), x : x + len(picture)])


def rand_augment(picture, random, operations=2, magnitude=9):
    """torchvision's RandAugment with its defaults, on a grey picture (its `Color` changes none and is `identity`)."""
    share = magnitude / 30
    image = Image.fromarray(picture)
    size = image.size[0]

    def warp(*map_to_source):
        return lambda sign: lambda i: i.transform(i.size, Image.AFFINE, map_to_source_of(map_to_source, sign), Image.NEAREST)

    def map_to_source_of(values, sign):
        a, b, c, d, e, f = values
        return (a, b * sign, c * sign, d * sign, e, f * sign)

    shear, shift, turn = 0.3 * share, 150 / 331 * size * share, 30 * share
    half = shear * size / 2
    signed = {
        "shear_x": warp(1, shear, -half, 0, 1, 0),
        "shear_y": warp(1, 0, 0, shear, 1, -half),
        "translate_x": warp(1, 0, round(shift), 0, 1, 0),
        "translate_y": warp(1, 0, 0, 0, 1, round(shift)),
        "rotate": lambda sign: lambda i: i.rotate(sign * turn, Image.NEAREST),
        "brightness": lambda sign: lambda i: ImageEnhance.Brightness(i).enhance(1 + sign * 0.9 * share),
        "contrast": lambda sign: lambda i: ImageEnhance.Contrast(i).enhance(1 + sign * 0.9 * share),
        "sharpness": lambda sign: lambda i: ImageEnhance.Sharpness(i).enhance(1 + sign * 0.9 * share),
    }
    unsigned = {
        "identity": lambda i: i,
        "color": lambda i: i,
        "posterize": lambda i: ImageOps.posterize(i, 8 - round(magnitude / (30 / 4))),
        "solarize": lambda i: ImageOps.solarize(i, int(255 * (1 - share))),
        "autocontrast": ImageOps.autocontrast,
        "equalize": ImageOps.equalize,
    }
    names = sorted(signed) + sorted(unsigned)
    for k in random.integers(0, len(names), operations):
        sign = 1 if random.random() < 0.5 else -1
        image = (signed[names[k]](sign) if names[k] in signed else unsigned[names[k]])(image)
    return np.asarray(image)


def affine(picture, mask, random):
    """Flip, rotation, scale, aspect and shift of both alike, black from outside (augment.affine with flip .5)."""
    side = len(picture)
    flip = -1 if random.random() < 0.5 else 1
    angle = math.radians(random.uniform(-20, 20))
    factor, wider = random.uniform(0.75, 1.35), 1 + random.uniform(-0.1, 0.1)
    right, down = random.uniform(-0.15, 0.15, 2) * side
    x_scale, y_scale = flip / (factor * wider), wider / factor
    a, b = x_scale * math.cos(angle), -x_scale * math.sin(angle)
    d, e = y_scale * math.sin(angle), y_scale * math.cos(angle)
    centre = side / 2
    to_source = (a, b, centre - a * (centre + right) - b * (centre + down), d, e, centre - d * (centre + right) - e * (centre + down))

    def moved(pixels, method):
        return np.asarray(Image.fromarray(pixels).transform((side, side), Image.AFFINE, to_source, method))

    return moved(picture, Image.BILINEAR), moved(mask, Image.NEAREST)


def tone(picture, random):
    """Gamma, contrast about the mean, brightness and noise; but for noise nothing is cut off (augment.intensity)."""
    gamma = math.exp(random.uniform(math.log(0.4), math.log(2.5)))
    contrast, brightness, noise = random.uniform(0.5, 1.5), random.uniform(-0.25, 0.25), random.uniform(0, 0.06)
    values = (picture / 255.0) ** gamma
    mean, low, high = values.mean(), values.min(), values.max()
    if (high - low) * contrast > 1:
        contrast = 1 / (high - low)
    base = max(min(mean + brightness - mean * contrast, 1 - high * contrast), -low * contrast)
    values = base + values * contrast + noise * random.standard_normal(picture.shape)
    return np.clip(np.round(values * 255), 0, 255).astype(np.uint8)


# --- the network


class StandardizedConvolution(nn.Conv2d):
    """With the weights of each output at mean 0 and variance 1, as Leat's `standardized`."""

    def forward(self, x):
        weight = F.layer_norm(self.weight.flatten(1), [self.weight[0].numel()], eps=1e-8).view_as(self.weight)
        return F.conv2d(x, weight, self.bias, padding=self.padding)


def group_norm(channels):
    return nn.GroupNorm(min(8, channels // 2), channels)


NORMS = {  # name: (convolution, norm)
    "batch": (nn.Conv2d, nn.BatchNorm2d),
    "instance": (nn.Conv2d, lambda channels: nn.InstanceNorm2d(channels, affine=True)),
    "group": (nn.Conv2d, group_norm),
    "standardized": (StandardizedConvolution, group_norm),
}


def double_convolution(inputs, outputs, norm):
    convolution, norm_of = NORMS[norm]
    layers = []
    for channels in (inputs, outputs):
        layers += [convolution(channels, outputs, 3, padding=1, bias=False), norm_of(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class Encoder(nn.Module):
    """Stages of Leat's channels; gives the output of each."""

    def __init__(self, norm):
        super().__init__()
        self.stages = nn.ModuleList(double_convolution(a, b, norm) for a, b in zip([1] + CHANNELS, CHANNELS))

    def forward(self, x):
        out = []
        for k, stage in enumerate(self.stages):
            x = stage(F.max_pool2d(x, 2) if k else x)
            out.append(x)
        return out


class Classifier(nn.Module):
    """Encoder, mean over places, a linear layer. A dictionary of `logits` and `feat`, as semilearn wants it."""

    def __init__(self, norm="batch"):
        super().__init__()
        self.encoder, self.head = Encoder(norm), nn.Linear(CHANNELS[-1], len(CLASSES))

    def forward(self, x):
        pooled = self.encoder(x)[-1].mean((2, 3))
        return {"logits": self.head(pooled), "feat": pooled}


class Unet(nn.Module):
    """U-Net on the same encoder, enlarged bilinearly, one mask."""

    def __init__(self, norm="batch"):
        super().__init__()
        self.encoder = Encoder(norm)
        down = CHANNELS[::-1]
        self.stages = nn.ModuleList(double_convolution(a + b, b, norm) for a, b in zip(down, down[1:]))
        self.masks = nn.Conv2d(CHANNELS[0], 1, 1)

    def forward(self, x):
        *skips, x = self.encoder(x)
        for stage, skip in zip(self.stages, skips[::-1]):
            x = stage(torch.cat([F.interpolate(x, size=skip.shape[2:], mode="bilinear", align_corners=True), skip], 1))
        return self.masks(x)


# --- judging


@torch.no_grad()
def judge_classes(network, images):
    """Metrics of scikit-learn and the rows of images/PHASE.classes.csv."""
    network.eval()
    logits = torch.cat([network(to_batch(images.pictures[k : k + 48]))["logits"] for k in range(0, len(images), 48)])
    probabilities = logits.double().softmax(1).numpy()
    if not np.isfinite(probabilities).all():
        sys.exit("the classifier's logits are not finite")
    table = [
        {"image": row["image"], "group": "", "patient": row["patient"], "label": row["class"]}
        | {f"probability_{name}": repr(float(p)) for name, p in zip(CLASSES, of_image)}
        for row, of_image in zip(images.rows, probabilities)
    ]
    return classification_scores(images.labels, probabilities), table


def classification_scores(labels, probabilities):
    said = probabilities.argmax(1)
    has_both = len(set(labels.tolist())) == 2
    out = {
        "accuracy": accuracy_score(labels, said),
        "auc": roc_auc_score(labels, probabilities[:, 1]) if has_both else math.nan,
        "balanced_accuracy": balanced_accuracy_score(labels, said),
        "sensitivity": recall_score(labels, said, pos_label=1, zero_division=0),
        "specificity": recall_score(labels, said, pos_label=0, zero_division=0),
        "positive_share": said.mean(),
        "images": len(labels),
    }
    out |= {f"f1_{name}": f1_score(labels, said, pos_label=c, zero_division=0) for c, name in enumerate(CLASSES)}
    return {name: float(value) for name, value in out.items()}


@torch.no_grad()
def judge_masks(network, images):
    """Metrics of the pixels of each image at the mask's size, and the rows of images/PHASE.lungs.csv."""
    network.eval()
    table = []
    for k in range(0, len(images), 16):
        references = images.masks[k : k + 16]
        logits = network(to_batch(images.pictures[k : k + 16]))
        if not torch.isfinite(logits).all():
            sys.exit("the U-Net's logits are not finite")
        full = F.interpolate(logits, size=references.shape[1:], mode="bilinear", align_corners=False)[:, 0].numpy()
        for row, scores, reference in zip(images.rows[k : k + 16], full, references):
            table.append({"image": row["image"], "group": "", "patient": row["patient"]} | overlap_scores(scores > 0, reference > 127))
    metrics = {name: float(np.mean([row[name] for row in table])) for name in ("dice", "jaccard", "precision", "recall")}
    return metrics | {"images": float(len(table))}, table


def overlap_scores(predicted, reference):
    """Two empty masks agree; where one alone is empty, a ratio without a denominator is 0."""
    shared, said, true = int((predicted & reference).sum()), int(predicted.sum()), int(reference.sum())
    if said + true == 0:
        return {"dice": 1.0, "jaccard": 1.0, "precision": 1.0, "recall": 1.0}
    return {
        "dice": 2 * shared / (said + true),
        "jaccard": shared / (said + true - shared),
        "precision": shared / said if said else 0.0,
        "recall": shared / true if true else 0.0,
    }


# --- training


def rate_factor(step, steps, warm_up=20):
    """Leat's cosine schedule."""
    return min(1, (step + 1) / warm_up) * 0.5 * (1 + math.cos(math.pi * step / steps))


class RecentBatches:
    """The last batches of a training, over which an averaged network's batch statistics are computed anew.

    Its weights never met each other in a training step, so the statistics of the live network are not theirs: without this, averages of
    1,000 steps say one class for all until the learning rate is small.
    """

    def __init__(self, count=20):
        self.batches = collections.deque(maxlen=count)

    def add(self, batch):
        self.batches.append(batch.detach())

    def judged(self, averaged):
        """A copy of the network with statistics of its own."""
        network = copy.deepcopy(averaged)
        update_bn(self.batches, network)
        return network


class Keeper:
    """Validates every so many steps and after the last, and keeps the weights of the largest figure, of equal ones the earliest."""

    def __init__(self, judge, metric, every, steps):
        self.judge, self.metric, self.every, self.steps = judge, metric, every, steps
        self.best, self.best_figure, self.best_step, self.last = None, -math.inf, 0, None

    def after(self, step, judged):
        """`step` counts from 1; `judged()` gives the network, which is left in evaluation mode."""
        if step % self.every and step != self.steps:
            return
        network = judged()
        self.last = self.judge(network)
        figure = self.last[0][self.metric]
        if figure > self.best_figure:
            self.best, self.best_figure, self.best_step = copy.deepcopy(network.state_dict()), figure, step
        print(f"step {step}: validation {self.metric} {figure:.4f}, best {self.best_figure:.4f} of step {self.best_step}", flush=True)


def train(network, draw_batch, loss_of, options, keeper):
    """AdamW with warm-up and cosine on `loss_of(network(batch), targets)`. Gives the mean loss and the network judged last."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=options.lr, weight_decay=1e-4)
    averages = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(options.ema)) if options.ema else None
    recent, losses = RecentBatches(), []

    def judged():
        return recent.judged(averages.module) if averages else network

    for step in range(options.steps):
        for group in optimizer.param_groups:
            group["lr"] = options.lr * rate_factor(step, options.steps)
        network.train()
        batch, targets = draw_batch()
        loss = loss_of(network(batch), targets)
        if not torch.isfinite(loss):
            sys.exit(f"the loss of step {step + 1} is not finite")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if averages:
            averages.update_parameters(network)
        recent.add(batch)
        losses.append(loss.item())
        keeper.after(step + 1, judged)
    return float(np.mean(losses)), judged()


# --- the command line and the folder


def add_options(parser, what):
    """The options of every peer; `what` names its batch."""
    parser.add_argument("--data", required=True, help="the folder with chex/, jsrt/ and mcu/")
    parser.add_argument("--lists", required=True, help="the folder of a Leat run whose splits/ are taken")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the folder of this run; it is made")
    parser.add_argument("--size", type=int, default=64, help="side of the pictures that the network sees, a multiple of 16")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=10, help=f"{what} a step")
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--ema", type=float, default=0.99, help="decay of the averaged weights, which are judged; 0: the live ones are")
    parser.add_argument("--norm", choices=sorted(NORMS), default="batch", help="standardized: weights, and a group norm")
    parser.add_argument("--validate-every", type=int, default=100, help="steps between two validations")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)


def begin(parser):
    """Reads the command line, seeds everything and says when the run began."""
    options = parser.parse_args()
    if (options.out / "results.json").exists():
        parser.error(f"{options.out} holds a finished run")
    if options.size % 16 or options.size <= 0:
        parser.error(f"--size {options.size} is no multiple of 16")
    if options.steps < 1 or options.batch < 2 or options.validate_every < 1 or not 0 <= options.ema < 1:
        parser.error("--steps and --validate-every are at least 1, --batch at least 2, --ema is 0 or more and under 1")
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.begin = time.monotonic()
    return options


def write_run(options, title, phases, tables, resources):
    """The folder as `leat report` reads it: results.json last, and with it the run has finished."""
    (options.out / "images").mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (options.out / "images" / f"{name}.csv").open("w", newline="") as text:
            writer = csv.DictWriter(text, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    apart = {"data", "lists", "out", "seed", "threads", "begin"}
    parameters = {name: value for name, value in vars(options).items() if name not in apart}
    parameters |= {"peer": pathlib.Path(sys.argv[0]).stem}
    identity = json.dumps([parameters, title], sort_keys=True).encode()
    results = {
        "version": 1,
        "title": title,
        "graph_hash": hashlib.sha256(identity).hexdigest()[:16],
        "seed": options.seed,
        "device": f"cpu:{options.threads}",
        "steps": options.steps,
        "seconds": time.monotonic() - options.begin,
        # Leat's own: bytes of values on the way between nodes, and their bound.
        "peak_bytes": 0,
        "bound_bytes": 0,
        "warnings": [],
        "parameters": parameters,
        "resources": resources,
        "phases": {phase: {name: value if math.isfinite(value) else None for name, value in of.items()} for phase, of in phases.items()},
    }
    (options.out / "graph.yaml").write_text(graph_text(title, phases))
    unfinished = options.out / "results.json.new"
    unfinished.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
    os.replace(unfinished, options.out / "results.json")


def graph_text(title, phases):
    """What `leat report` and `leat runs` ask a graph: which phases there are, of which kind and in which order."""
    order = [name for name in ("train", "validate", "test", "test_cross", "test_last", "test_cross_last") if name in phases]
    lines = ["# Names the phases for `leat report`. The program was a peer, see results.json.", "leat: 1", f'title: "{title}"', "phases:"]
    for name in order:
        nodes = ", ".join(f"{node}: {{uses: peer.{name}}}" for node in dict.fromkeys(key.split(".")[0] for key in phases[name]))
        lines.append(f"  {name}: {{kind: {name if name in ('train', 'validate') else 'test'}, nodes: {{{nodes}}}}}")
    return "\n".join(lines + [f"plan: {{then: [{', '.join(name for name in order if name.startswith('test'))}]}}"]) + "\n"


def named(node, metrics):
    """Figures as results.json names them."""
    return {f"{node}.{name}": value for name, value in metrics.items()}


def weights_of(network):
    return sum(parameter.numel() for parameter in network.parameters())
