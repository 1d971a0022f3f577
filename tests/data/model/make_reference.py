"""Reference values of three small multi-task U-Nets for tests/nodes/model_reference.cpp, computed with PyTorch's modules.

torch 2.13.0+cpu, safetensors 0.8.0, one thread: python make_reference.py [FOLDER]
Each file holds the weights under the names that `model.multitask_unet` gives them, `input`, `logits`, `saliency`, `mask_logits`, and under
`gradient.` the gradients of mean(logits²) + mean(mask_logits²).
"""
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.append(str(Path(__file__).parents[3] / "graphs" / "pytorch"))
from multitask_unet import MultitaskUnet  # noqa: E402


def write(file, net, seed):
    torch.manual_seed(seed)
    x = torch.randn(2, 1, 32, 32)
    saliency = net.saliency(x)
    stages, logits = net.encode(x)
    mask_logits = net.decode(x, stages, saliency)
    (logits.square().mean() + mask_logits.square().mean()).backward()
    out = {"input": x, "logits": logits, "saliency": saliency, "mask_logits": mask_logits}
    for name, weight in net.named_parameters():
        out[name] = weight
        out["gradient." + name] = weight.grad
    save_file({k: v.detach().contiguous() for k, v in out.items()}, file)


def main():
    torch.set_num_threads(1)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    channels = [2, 4, 6, 8, 10]
    paper = {"channels": channels, "norm": "instance", "groups": 8, "standardized": False, "bias": True, "slope": 0.2, "pool_before_head": True,
             "bridge.join": "first_stage", "bridge.scale": "none", "bridge.resize": "bilinear", "classes": ["a", "b"], "masks": ["lungs"]}
    demo = paper | {"norm": "group", "bias": False, "slope": 0.1, "pool_before_head": False, "bridge.join": "deepest", "bridge.scale": "max",
                    "bridge.resize": "area", "classes": ["a", "b", "c"], "masks": ["lungs", "heart"]}
    torch.manual_seed(0)
    write(folder / "paper.safetensors", MultitaskUnet(paper), 1)
    for name, seed, standardized in [("demo", 2, False), ("standardized", 3, True)]:
        net = MultitaskUnet(demo | {"standardized": standardized})
        with torch.no_grad():  # so that scales and shifts of the norms are tested too
            for weight in (weight for name_of, weight in net.named_parameters() if "norm" in name_of):
                weight.add_(0.2 * torch.randn_like(weight))
        write(folder / f"{name}.safetensors", net, seed)


main()
