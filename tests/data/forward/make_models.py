"""Networks that PyTorch writes into files, and what it computes with them, for tests/nodes/model_files.cpp.

torch 2.13.0+cpu, one thread: python make_models.py [FOLDER [package]]
`traced.pt`, `scripted.pt` (without dropout), `dropout.pt` and, with `package`, `compiled.pt2` hold one network; `references.safetensors` has its
`input`, its outputs `output` and `second`, and under `trained.` weights and buffers after five steps of Adam (learning rate 0.01) in training mode
on mean(output²) + mean(second²); `colours` is what `colours.pt`, and `frozen.pt` without weights, give for the input in three channels, and `tied.` has the weights of `tied.pt` after
such steps on `small`.
"""
import json
import struct
import sys
from pathlib import Path

import torch
from torch import nn


class Net(nn.Module):
    """A picture to two class logits and a mask's logits."""

    def __init__(self, dropout):
        super().__init__()
        self.convolution = nn.Conv2d(1, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(4, 2)
        self.masks = nn.Conv2d(4, 1, 1)

    def forward(self, x):
        features = self.dropout(torch.relu(self.norm(self.convolution(x))))
        return self.head(features.mean((2, 3))), self.masks(features)


class Colours(nn.Module):
    """Three channels in, two class logits out, and its input is written to."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        x.sub_(0.5)
        return self.head(torch.relu(self.convolution(x)).mean((2, 3)))


class Tied(nn.Module):
    """One weight in two places, and one that is not trained."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(16, 16, bias=False)
        self.b = nn.Linear(16, 16, bias=False)
        self.b.weight = self.a.weight
        self.c = nn.Linear(16, 2)
        self.c.weight.requires_grad_(False)

    def forward(self, x):
        return self.c(torch.relu(self.b(torch.relu(self.a(x.flatten(1))))))


def train(net, x):
    adam = torch.optim.Adam([weight for weight in net.parameters() if weight.requires_grad], lr=0.01)
    for _ in range(5):
        adam.zero_grad()
        outputs = net(x)
        sum(one.square().mean() for one in (outputs if isinstance(outputs, tuple) else [outputs])).backward()
        adam.step()
    return dict(net.named_parameters()) | dict(net.named_buffers())


def save(tensors, file):
    """As safetensors, whose package the machine may lack."""
    header, blocks, at = {}, [], 0
    for name, tensor in tensors.items():
        block = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [at, at + len(block)]}
        blocks.append(block)
        at += len(block)
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blocks))


def main():
    torch.set_num_threads(1)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    torch.manual_seed(0)
    net, with_dropout = Net(0.0).eval(), Net(0.3).eval()
    x = torch.randn(3, 1, 16, 16)
    with torch.no_grad():  # a norm that has seen something
        net.norm.running_mean.normal_(0, 0.1)
        net.norm.running_var.uniform_(0.2, 0.4)
    with_dropout.load_state_dict(net.state_dict())
    torch.jit.trace(net, x).save(str(folder / "traced.pt"))
    torch.jit.script(net).save(str(folder / "scripted.pt"))
    torch.jit.script(with_dropout).save(str(folder / "dropout.pt"))
    if sys.argv[2:] == ["package"]:
        program = torch.export.export(net, (x,), dynamic_shapes=({0: torch.export.Dim("rows", min=1, max=64)},))
        torch._inductor.aoti_compile_and_package(program, package_path=str(folder / "compiled.pt2"))
    with torch.no_grad():
        output, second = net(x)
    references = {"input": x, "output": output, "second": second}
    references |= {"trained." + name: tensor for name, tensor in train(net.train(), x).items()}
    colours, tied, small = Colours().eval(), Tied(), torch.randn(3, 1, 4, 4)
    torch.jit.script(colours).save(str(folder / "colours.pt"))
    torch.jit.script(tied).save(str(folder / "tied.pt"))
    torch.jit.freeze(torch.jit.script(colours)).save(str(folder / "frozen.pt"))
    with torch.no_grad():
        references["colours"] = colours(x.repeat(1, 3, 1, 1))
    references["small"] = small
    references |= {"tied." + name: tensor for name, tensor in train(tied, small).items()}
    save(references, folder / "references.safetensors")


main()
