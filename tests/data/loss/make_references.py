"""References for the losses: PyTorch's values and gradients. Run with torch 2.13.0, numpy 2.4, safetensors 0.8; writes references.safetensors."""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(7)
out = {}


def leaf(tensor):
    return tensor.clone().requires_grad_(True)


logits = leaf(torch.randn(6, 3) * 3)
labels = torch.tensor([0, 2, 1, 1, 2, 0])
rows = F.cross_entropy(logits, labels, reduction="none")
rows.mean().backward()
out |= {"softmax.logits": logits, "softmax.labels": labels, "softmax.rows": rows, "softmax.gradient": logits.grad}

logits = leaf(torch.randn(5, 3) * 3)
targets = (torch.rand(5, 3) > 0.5).float()
rows = F.binary_cross_entropy_with_logits(logits, targets, reduction="none").mean(1)
rows.mean().backward()
out |= {"sigmoid.logits": logits, "sigmoid.targets": targets, "sigmoid.rows": rows, "sigmoid.gradient": logits.grad}

# FixMatch: the mean over all rows, of which some are masked.
logits = leaf(torch.randn(6, 2))
pseudo = torch.tensor([1, 0, 1, 1, 0, 0])
weight = torch.tensor([1.0, 0.0, 2.5, 0.0, 0.75, 1.0])
loss = (F.cross_entropy(logits, pseudo, reduction="none") * weight).mean()
loss.backward()
out |= {"pseudo.logits": logits, "pseudo.pseudo": pseudo, "pseudo.weight": weight, "pseudo.loss": loss, "pseudo.gradient": logits.grad}

logits = torch.randn(3, 2, 7, 5) * 4
logits[1, 0] = -90
logits[2, 1] = 90
logits = leaf(logits)
mask = (torch.rand(3, 2, 7, 5) > 0.6).float()
mask[1, 0] = 0
p = torch.sigmoid(logits)
loss = 1 - (2 * (p * mask).sum((2, 3)) + 1) / (p.sum((2, 3)) + mask.sum((2, 3)) + 1)
loss.mean().backward()
out |= {"dice.logits": logits, "dice.mask": mask, "dice.loss": loss, "dice.gradient": logits.grad}

target, prediction = leaf((torch.randn(3, 2, 6, 4) * 6).double()), leaf((torch.randn(3, 2, 6, 4) * 6).double())
bernoulli = torch.distributions.Bernoulli
rows = torch.distributions.kl_divergence(bernoulli(logits=target), bernoulli(logits=prediction)).mean((1, 2, 3))
rows.mean().backward()
out |= {"kl.target": target, "kl.prediction": prediction, "kl.rows": rows, "kl.target_gradient": target.grad, "kl.prediction_gradient": prediction.grad}

numbers = {name: (t.detach().float() if t.is_floating_point() else t).contiguous() for name, t in out.items()}
save_file(numbers, Path(__file__).with_name("references.safetensors"))
