"""The network and the training step of graphs/multimix-paper.yaml in PyTorch, two ways that give the same losses.

lean:     no work whose result is not used. Decoder and saliency run on the two streams with masks, the saliency's gradient is that of the
          image only, and the weak views need no gradient.
official: as the authors' code does it. All five streams go through encoder and decoder, and a backward pass through all weights makes the
          saliency. (Its KL term, which is identically 0, is replaced with the paper's.)
"""

import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

sys.path.append(str(pathlib.Path(__file__).resolve().parents[4] / "graphs" / "pytorch"))
from multitask_unet import MultitaskUnet  # noqa: E402

PAPER = {
    "channels": [16, 32, 64, 128, 256],
    "norm": "instance",
    "groups": 8,
    "standardized": False,
    "bias": True,
    "slope": 0.2,
    "pool_before_head": True,
    "bridge.join": "first_stage",
    "bridge.scale": "none",
    "bridge.resize": "bilinear",
    "classes": ["NORMAL", "PNEUMONIA"],
    "masks": ["lungs"],
    "mean": 0.5,
    "deviation": 0.5,
}
DROPOUT = 0.25
THRESHOLD = 0.7
WEIGHTS = {"classes": 1, "masks": 5, "pseudo": 0.25, "consistency": 0.01}
STREAMS = ("masked", "unmasked", "labelled", "weak", "strong")


class TrainedBlock(nn.Module):
    """A block with dropout behind it; activations are computed in place, which is faster in training."""

    def __init__(self, block, dropout):
        super().__init__()
        self.conv1, self.norm1, self.conv2, self.norm2 = block.conv1, block.norm1, block.conv2, block.norm2
        self.slope, self.dropout = block.slope, nn.Dropout(dropout)

    def forward(self, x):
        x = F.leaky_relu(self.norm1(self.conv1(x)), self.slope, inplace=True)
        return self.dropout(F.leaky_relu(self.norm2(self.conv2(x)), self.slope, inplace=True))


class TrainedUnet(MultitaskUnet):
    def __init__(self, dropout=DROPOUT):
        super().__init__(PAPER)
        for blocks in (self.encoder, self.decoder):
            for place, block in enumerate(blocks):
                blocks[place] = TrainedBlock(block, dropout)

    def forward(self, x, saliency, masks):
        """Class logits of all images, and mask logits of the first `masks`."""
        stages, classes = self.encode(x)
        return classes, self.decode(x[:masks], [stage[:masks] for stage in stages], saliency)

    def saliency_without_dropout(self, x):
        was_training = self.training
        self.eval()
        saliency = self.saliency(x)
        self.train(was_training)
        return saliency

    def saliency_through_weights(self, x):
        self.eval()
        x = x.detach().requires_grad_()
        self.encode(x)[1].max(1).values.sum().backward()
        self.zero_grad()
        self.train()
        return x.grad.abs()


def soft_dice_loss(logits, masks):
    shares = logits.sigmoid()
    common, all_pixels = (shares * masks).sum((2, 3)), shares.sum((2, 3)) + masks.sum((2, 3))
    return (1 - (2 * common + 1) / (all_pixels + 1)).mean()


def divergence(of, from_other):
    """KL of two masks' pixels, each of two classes."""
    inside = of.sigmoid()
    gain = F.logsigmoid(of) - F.logsigmoid(from_other)
    loss = F.logsigmoid(-of) - F.logsigmoid(-from_other)
    return (inside * gain + (1 - inside) * loss).mean()


def total_loss(terms):
    return sum(WEIGHTS[name] * term for name, term in terms.items())


def loss_terms(batch, classes, masks, threshold):
    """`classes` and `masks`: logits by stream."""
    confidence, pseudo = classes["weak"].detach().softmax(1).max(1)
    kept = F.cross_entropy(classes["strong"], pseudo, reduction="none") * (confidence >= threshold)
    return {
        "classes": F.cross_entropy(classes["labelled"], batch["label"]),
        "masks": soft_dice_loss(masks["masked"], batch["mask"]),
        "pseudo": kept.mean(),
        "consistency": divergence(masks["masked"], masks["unmasked"]),
    }


def lean_terms(net, forward, encode, batch, threshold=THRESHOLD):
    streams = ("masked", "unmasked", "labelled", "strong")
    x = torch.cat([batch[name] for name in streams])
    count = len(batch["masked"])
    saliency = net.saliency_without_dropout(x[: 2 * count])
    with torch.no_grad():
        weak = encode(batch["weak"])[1]
    logits, mask_logits = forward(x, saliency, 2 * count)
    classes = dict(zip(streams, logits.split(count)), weak=weak)
    return loss_terms(batch, classes, dict(zip(streams, mask_logits.split(count))), threshold)


def official_terms(net, forward, encode, batch, threshold=THRESHOLD):
    x = torch.cat([batch[name] for name in STREAMS])
    count = len(batch["masked"])
    logits, mask_logits = forward(x, net.saliency_through_weights(x), len(x))
    classes, masks = dict(zip(STREAMS, logits.split(count))), dict(zip(STREAMS, mask_logits.split(count)))
    return loss_terms(batch, classes, masks, threshold)


def drawn_batch(count, size):
    """Noise, as in build/bench/step; the values are those of normalized 8-bit pictures."""

    def noise():
        return torch.randint(256, (count, 1, size, size)).float() / 127.5 - 1

    batch = {name: noise() for name in STREAMS}
    return batch | {"mask": (noise() > 0).float(), "label": torch.randint(2, (count,))}
