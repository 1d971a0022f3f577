"""References for optimizer, clipping, averages, schedules and gate. Run with torch 2.13.0, numpy 2.4, safetensors 0.8; writes references.safetensors."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

torch.manual_seed(11)
out = {}

# ---- Adam and AdamW, fused, and SGD, a learning rate that changes, one weight without a gradient in two of the steps
shapes = [(5, 3), (4,), (2, 3, 3)]
start = [torch.randn(s) for s in shapes]
gradients = [[torch.randn(s) * 0.3 for s in shapes] for _ in range(7)]
rates = [0.01, 0.02, 0.02, 0.013, 0.007, 0.004, 0.001]
for k, tensor in enumerate(start):
    out[f"start.{k}"] = tensor
for step, those in enumerate(gradients):
    for k, tensor in enumerate(those):
        out[f"gradient.{step}.{k}"] = tensor
cases = {
    "adam": (torch.optim.Adam, dict(betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)),
    "adam_decay": (torch.optim.Adam, dict(betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1)),
    "adamw": (torch.optim.AdamW, dict(betas=(0.9, 0.999), eps=1e-8, weight_decay=0.05)),
    "sgd": (torch.optim.SGD, dict()),
    "sgd_decay": (torch.optim.SGD, dict(weight_decay=0.1)),
    "sgd_momentum": (torch.optim.SGD, dict(momentum=0.9, weight_decay=0.05)),
    "sgd_nesterov": (torch.optim.SGD, dict(momentum=0.8, nesterov=True, weight_decay=0.05)),
}
for name, (kind, settings) in cases.items():
    weights = [t.clone().requires_grad_(True) for t in start]
    optimizer = kind(weights, lr=1.0, fused=kind is not torch.optim.SGD, **settings)
    for step, those in enumerate(gradients):
        for group in optimizer.param_groups:
            group["lr"] = rates[step]
        for k, weight in enumerate(weights):
            weight.grad = None if k == 1 and step in (2, 3) else those[k].clone()
        optimizer.step()
    for k, weight in enumerate(weights):
        out[f"{name}.{k}"] = weight
        if "step" in optimizer.state[weight]:
            out[f"{name}.step.{k}"] = optimizer.state[weight]["step"]
        if optimizer.state[weight].get("momentum_buffer") is not None:
            out[f"{name}.velocity.{k}"] = optimizer.state[weight]["momentum_buffer"]

# ---- clip_grad_norm_
for name, most in (("small", 0.5), ("large", 100.0)):
    weights = [t.clone().requires_grad_(True) for t in start]
    for k, weight in enumerate(weights):
        weight.grad = gradients[0][k].clone()
    out[f"clip.{name}.norm"] = torch.nn.utils.clip_grad_norm_(weights, most)
    for k, weight in enumerate(weights):
        out[f"clip.{name}.{k}"] = weight.grad

# ---- averages with decay min(.5, (1 + k) / (10 + k)), of weights that are the gradients above
average = [t.clone() for t in start]
for step, those in enumerate(gradients):
    decay = min(0.5, (1 + step) / (10 + step))
    for a, w in zip(average, those):
        a.lerp_(w, 1 - decay)
for k, a in enumerate(average):
    out[f"average.{k}"] = a

# ---- schedules of 40 steps
for name, make in {
    "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=40),
    "steps": lambda o: torch.optim.lr_scheduler.StepLR(o, step_size=8, gamma=0.1),
}.items():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = make(optimizer)
    factors = []
    for step in range(40):
        factors.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    out[f"schedule.{name}"] = torch.tensor(factors, dtype=torch.float64)

# ---- the gate, row by row in numpy
random = np.random.default_rng(3)
steps, rows, classes, groups = 9, 14, 3, 3
target, threshold, decay, balance_decay, most = np.array([0.5, 0.3, 0.2]), 0.7, 0.9, 0.8, 2.0
mean, share = np.full((groups, classes), 1 / classes), np.full((groups, classes), 1 / classes)
logits = random.normal(size=(steps, rows, classes)).astype(np.float32) * 3
group = random.integers(0, 2, size=(steps, rows))
group[4:, ::5] = 2
living = (random.random((steps, rows)) > 0.15).astype(np.float32)
pseudo, weight = np.zeros((steps, rows), np.int64), np.zeros((steps, rows), np.float32)


def softmax(s):
    e = np.exp(logits[s].astype(np.float64) - logits[s].max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def members_of(s, g):
    return [i for i in range(rows) if group[s, i] == g and living[s, i] == 1]


for s in range(steps):
    q = softmax(s)
    for g in range(groups):
        members = members_of(s, g)
        if members:
            mean[g] = decay * mean[g] + (1 - decay) * np.mean([q[i] for i in members], axis=0)
    aligned = np.array([q[i] * target / mean[group[s, i]] for i in range(rows)])
    aligned /= aligned.sum(1, keepdims=True)
    assert np.abs(aligned.max(1) - threshold).min() > 1e-5
    pseudo[s] = aligned.argmax(1)
    passed = (aligned.max(1) >= threshold) & (living[s] == 1)
    for g in range(groups):
        chosen = [pseudo[s, i] for i in range(rows) if group[s, i] == g and passed[i]]
        if chosen:
            share[g] = balance_decay * share[g] + (1 - balance_decay) * np.bincount(chosen, minlength=classes) / len(chosen)
    weight[s] = [min(most, 1 / classes / share[group[s, i], pseudo[s, i]]) if passed[i] else 0 for i in range(rows)]
for name, array in dict(logits=logits, group=group, living=living, pseudo=pseudo, weight=weight, mean=mean, share=share).items():
    out[f"gate.{name}"] = torch.from_numpy(np.ascontiguousarray(array))

# ---- thresholds that adapt, row by row in numpy, on the same rows without alignment
for kind in ("free", "soft"):
    tau, variance, seen = np.full(groups, 1 / classes), np.ones(groups), np.full((groups, classes), 1 / classes)
    weight = np.zeros((steps, rows), np.float32)
    for s in range(steps):
        q = softmax(s)
        for g in range(groups):
            members = members_of(s, g)
            if members:
                top = np.array([q[i].max() for i in members])
                tau[g] = decay * tau[g] + (1 - decay) * top.mean()
                seen[g] = decay * seen[g] + (1 - decay) * np.mean([q[i] for i in members], axis=0)
                if len(members) > 1:
                    variance[g] = decay * variance[g] + (1 - decay) * top.var(ddof=1)
        for i in range(rows):
            g, c, p = group[s, i], q[i].argmax(), q[i].max()
            if living[s, i] == 0:
                weight[s, i] = 0
            elif kind == "free":
                cut = tau[g] * seen[g, c] / seen[g].max()
                assert abs(p - cut) > 1e-5
                weight[s, i] = p >= cut
            else:
                weight[s, i] = 1 if p >= tau[g] else np.exp(-((p - tau[g]) ** 2) / (2 * variance[g]))
    out[f"gate.{kind}"] = torch.from_numpy(weight)

save_file({name: t.detach().contiguous() for name, t in out.items()}, Path(__file__).with_name("references.safetensors"))
