"""Reference values of three small multi-task U-Nets for tests/nodes/model_reference.cpp, computed with PyTorch's modules.

torch 2.13.0+cpu, safetensors 0.8.0, one thread: python make_reference.py [FOLDER]
Each file holds the weights under the names that `model.multitask_unet` gives them, `input`, `logits`, `saliency`, `mask_logits`, and under
`gradient.` the gradients of mean(logits²) + mean(mask_logits²).
"""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn


class StandardizedConv2d(nn.Conv2d):
    def forward(self, x):
        variance, mean = torch.var_mean(self.weight, (1, 2, 3), correction=0, keepdim=True)
        return F.conv2d(x, (self.weight - mean) / (variance + 1e-8).sqrt(), self.bias, padding=self.padding)


class Block(nn.Module):
    def __init__(self, inputs, outputs, norm, bias, slope, convolution):
        super().__init__()
        self.conv1 = convolution(inputs, outputs, 3, padding=1, bias=bias)
        self.norm1 = norm(outputs)
        self.conv2 = convolution(outputs, outputs, 3, padding=1, bias=bias)
        self.norm2 = norm(outputs)
        self.slope = slope

    def forward(self, x):
        x = F.leaky_relu(self.norm1(self.conv1(x)), self.slope)
        return F.leaky_relu(self.norm2(self.conv2(x)), self.slope)


class Net(nn.Module):
    def __init__(self, channels, norm, bias, slope, classes, masks, pool_before_head, join, convolution=nn.Conv2d):
        super().__init__()
        self.pool_before_head, self.join = pool_before_head, join
        self.encoder = nn.ModuleList(Block(i, o, norm, bias, slope, convolution) for i, o in zip([1] + channels, channels))
        self.head = nn.Linear(channels[-1], classes)
        up = channels[::-1]
        self.decoder = nn.ModuleList(
            Block(i + o + (2 if k == 0 else 0), o, norm, bias, slope, convolution) for k, (i, o) in enumerate(zip(up, up[1:]))
        )
        self.masks = nn.Conv2d(channels[0], masks, 1)

    def encode(self, x):
        stages = []
        for k, block in enumerate(self.encoder):
            stages.append(block(F.max_pool2d(x, 2) if k else x))
            x = stages[-1]
        if self.pool_before_head:
            x = F.max_pool2d(x, 2)
        return stages, self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))

    def saliency(self, x):
        x = x.clone().requires_grad_()
        return torch.autograd.grad(self.encode(x)[1].max(1).values.sum(), x)[0].abs()

    def decode(self, stages, bridge):
        x = stages[-1]
        if self.join == "deepest":
            x = torch.cat([x, bridge], 1)
        for k, block in enumerate(self.decoder):
            parts = [F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True), stages[-2 - k]]
            if k == 0 and self.join == "first_stage":
                parts.append(bridge)
            x = block(torch.cat(parts, 1))
        return self.masks(x)


def write(file, net, bridge, seed):
    torch.manual_seed(seed)
    x = torch.randn(2, 1, 32, 32)
    saliency = net.saliency(x)
    saliency, joined = bridge(x, saliency)
    stages, logits = net.encode(x)
    mask_logits = net.decode(stages, joined)
    (logits.square().mean() + mask_logits.square().mean()).backward()
    out = {"input": x, "logits": logits, "saliency": saliency, "mask_logits": mask_logits}
    for name, weight in net.named_parameters():
        out[name] = weight
        out["gradient." + name] = weight.grad
    save_file({k: v.detach().contiguous() for k, v in out.items()}, file)


def paper_bridge(x, s):
    return s, F.interpolate(torch.cat([x, s], 1), scale_factor=1 / 8, mode="bilinear", align_corners=True)


def demo_bridge(x, s):
    s = s / s.amax((1, 2, 3), keepdim=True)
    return s, F.avg_pool2d(torch.cat([x, s], 1), 16)


def main():
    torch.set_num_threads(1)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    channels = [2, 4, 6, 8, 10]
    torch.manual_seed(0)
    paper = Net(channels, nn.InstanceNorm2d, True, 0.2, 2, 1, True, "first_stage")
    write(folder / "paper.safetensors", paper, paper_bridge, 1)
    for name, seed, convolution in [("demo", 2, nn.Conv2d), ("standardized", 3, StandardizedConv2d)]:
        net = Net(channels, lambda c: nn.GroupNorm(min(8, c // 2), c), False, 0.1, 3, 2, False, "deepest", convolution)
        with torch.no_grad():  # so that scales and shifts of the norms are tested too
            for weight in (weight for name_of, weight in net.named_parameters() if "norm" in name_of):
                weight.add_(0.2 * torch.randn_like(weight))
        write(folder / f"{name}.safetensors", net, demo_bridge, seed)


main()
