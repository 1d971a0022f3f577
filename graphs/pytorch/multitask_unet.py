"""A network that Leat trained, in plain PyTorch:

    from multitask_unet import load
    net = load("runs/multimix/checkpoints/best/net.safetensors")
    classes, masks = net(net.normalize(pictures))      # logits; pictures: N x C x H x W, 0..255, of the size that it was trained with

It needs torch and safetensors. The file says how the network is made; dropout, which is off in use, is left out.
"""
import json

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import nn


class StandardizedConv2d(nn.Conv2d):
    """Weight standardization (Qiao et al. 2019)."""

    def forward(self, x):
        variance, mean = torch.var_mean(self.weight, (1, 2, 3), correction=0, keepdim=True)
        return F.conv2d(x, (self.weight - mean) / (variance + 1e-8).sqrt(), self.bias, padding=self.padding)


class Block(nn.Module):
    def __init__(self, inputs, outputs, settings):
        super().__init__()
        convolution = StandardizedConv2d if settings["standardized"] else nn.Conv2d
        self.conv1 = convolution(inputs, outputs, 3, padding=1, bias=settings["bias"])
        self.norm1 = norm(outputs, settings)
        self.conv2 = convolution(outputs, outputs, 3, padding=1, bias=settings["bias"])
        self.norm2 = norm(outputs, settings)
        self.slope = settings["slope"]

    def forward(self, x):
        x = F.leaky_relu(self.norm1(self.conv1(x)), self.slope)
        return F.leaky_relu(self.norm2(self.conv2(x)), self.slope)


def norm(channels, settings):
    if settings["norm"] == "group":
        return nn.GroupNorm(min(settings["groups"], max(channels // 2, 1)), channels)
    return nn.InstanceNorm2d(channels, affine=settings["norm"] == "instance_affine")


class MultitaskUnet(nn.Module):
    """`model.multitask_unet`; weights have the same names. `settings` are its parameters."""

    def __init__(self, settings):
        super().__init__()
        self.settings = settings
        channels, inputs = settings["channels"], settings.get("in_channels", 1)  # the file of a gray network does not state it
        bridge = 0 if settings["bridge.join"] == "none" else inputs + 1
        self.encoder = nn.ModuleList(Block(i, o, settings) for i, o in zip([inputs] + channels, channels))
        if settings["classes"]:
            self.head = nn.Linear(channels[-1], len(settings["classes"]))
        if settings["masks"]:
            up = channels[::-1]
            self.decoder = nn.ModuleList(Block(i + o + (bridge if k == 0 else 0), o, settings) for k, (i, o) in enumerate(zip(up, up[1:])))
            self.masks = nn.Conv2d(channels[0], len(settings["masks"]), 1)

    def normalize(self, pictures, full=255):
        """`full`: 255 for values of 8 bit, 65535 for 16 bit, 1 for floats."""
        mean, deviation = (torch.tensor(self.settings[name]).reshape(-1, 1, 1) for name in ("mean", "deviation"))
        return (pictures / full - mean) / deviation

    def encode(self, x):
        """The output of each stage, finest first, and the logits of the classes."""
        stages = []
        for k, block in enumerate(self.encoder):
            stages.append(block(F.max_pool2d(x, 2) if k else x))
            x = stages[-1]
        if self.settings["pool_before_head"]:
            x = F.max_pool2d(x, 2)
        return stages, self.head(x.mean((2, 3))) if self.settings["classes"] else None

    def saliency(self, x):
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            saliency = torch.autograd.grad(self.encode(x)[1].max(1).values.sum(), x)[0].abs().amax(1, keepdim=True)
        if self.settings["bridge.scale"] == "max":
            saliency = saliency / saliency.amax((1, 2, 3), keepdim=True).clamp_min(1e-12)
        return saliency

    def bridge(self, x, saliency, size):
        both = torch.cat([x, saliency], 1)
        if self.settings["bridge.resize"] == "area":
            return F.adaptive_avg_pool2d(both, size)
        return F.interpolate(both, size, mode="bilinear", align_corners=True)

    def decode(self, x, stages, saliency=None):
        """Logits of the masks; `x` is the network's input."""
        join, y = self.settings["bridge.join"], stages[-1]
        if join == "deepest":
            y = torch.cat([y, self.bridge(x, saliency, y.shape[2:])], 1)
        for k, block in enumerate(self.decoder):
            skip = stages[-2 - k]
            parts = [F.interpolate(y, skip.shape[2:], mode="bilinear", align_corners=True), skip]
            if k == 0 and join == "first_stage":
                parts.append(self.bridge(x, saliency, skip.shape[2:]))
            y = block(torch.cat(parts, 1))
        return self.masks(y)

    def forward(self, x):
        """Logits of the classes and of the masks, None of what the network has not."""
        saliency = None if self.settings["bridge.join"] == "none" else self.saliency(x)
        stages, logits = self.encode(x)
        return logits, self.decode(x, stages, saliency) if self.settings["masks"] else None


def settings_of(metadata):
    """What the file's metadata says under `model.`: YAML of one line, lists of names without quotes."""
    out = {}
    for key, text in metadata.items():
        if key in ("model.classes", "model.masks"):
            out[key[6:]] = [name.strip(" '\"") for name in text.strip("[]").split(",") if name.strip()]
        elif key.startswith("model."):
            out[key[6:]] = text if text[0].isalpha() and text not in ("true", "false") else json.loads(text)
    return out


def load(file, averaged=True):
    """The network of a safetensors file, with its averaged weights where it has them and they are wanted."""
    with safe_open(file, "pt") as opened:
        net = MultitaskUnet(settings_of(opened.metadata()))
        names = set(opened.keys())
        prefix = "ema." if averaged and any(name.startswith("ema.") for name in names) else ""
        net.load_state_dict({name: opened.get_tensor(prefix + name) for name in names if not name.startswith("ema.")})
    return net.eval()
