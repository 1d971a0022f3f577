"""One training step of graphs/multimix-paper.yaml in PyTorch: step.py --by lean --size 64

The same work as build/bench/step. Prints one line of JSON. With --check, compares losses and gradients of `lean` and `official`. Under
torchrun, the processes share the batch, with DistributedDataParallel over Gloo, and rank 0 prints.
"""

import argparse
import json
import os
import resource
import statistics
import time

import multimix
import torch

TERMS = {"lean": multimix.lean_terms, "official": multimix.official_terms}


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--by", default="lean", choices=list(TERMS))
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--batch", type=int, default=10, help="pictures of each of the five streams")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, default=10, help="steps measured")
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--adam", default="fused", choices=["fused", "foreach", "loop"])
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--compile", action="store_true", help="on a GPU with mode reduce-overhead, which captures CUDA graphs")
    parser.add_argument("--benchmark", action="store_true", help="cuDNN chooses its convolutions by timing them")
    parser.add_argument("--check", action="store_true")
    return parser.parse_args()


def compared(options):
    """The losses of both ways, and the distance of their gradients."""
    net, batch, found = multimix.TrainedUnet(dropout=0).train(), multimix.drawn_batch(options.batch, options.size), {}
    for name, terms_of in TERMS.items():
        net.zero_grad()
        terms = terms_of(net, net, net.encode, batch, threshold=0.5)  # A new network is never sure, so its term would be 0.
        multimix.total_loss(terms).backward()
        found[name] = terms, torch.cat([weight.grad.flatten() for weight in net.parameters()])
    (lean, lean_gradient), (official, gradient) = found["lean"], found["official"]
    return {
        "losses": {name: float(term.detach()) for name, term in lean.items()},
        "largest_difference": max(abs(float(lean[name].detach() - official[name].detach())) for name in lean),
        "gradient_distance": float((lean_gradient - gradient).norm() / gradient.norm()),
    }


class Loss(torch.nn.Module):
    """The loss of a step as one module, because DistributedDataParallel follows one forward pass."""

    def __init__(self, net, terms_of):
        super().__init__()
        self.net, self.terms_of = net, terms_of

    def forward(self, batch):
        return multimix.total_loss(self.terms_of(self.net, self.net, self.net.encode, batch))


def measured(options):
    ranks = int(os.environ.get("WORLD_SIZE", 1))
    net = multimix.TrainedUnet().train()
    if options.channels_last:
        net = net.to(memory_format=torch.channels_last)
    if options.batch % ranks:
        raise SystemExit(f"{options.batch} pictures cannot be shared evenly by {ranks} ranks")
    batch = multimix.drawn_batch(options.batch // ranks, options.size)
    on_gpu = options.device != "cpu"
    torch.backends.cudnn.benchmark = options.benchmark
    forward, encode = net, net.encode
    if options.compile:
        forward, encode = (torch.compile(part, mode="reduce-overhead" if on_gpu else None) for part in (forward, encode))
    loss_of = Loss(net, TERMS[options.by])
    if ranks > 1:
        torch.distributed.init_process_group("gloo")
        loss_of = torch.nn.parallel.DistributedDataParallel(loss_of)
    kind = {"fused": {"fused": True}, "foreach": {"foreach": True}, "loop": {"foreach": False}}[options.adam]
    adam = torch.optim.Adam(net.parameters(), 1e-4, **kind)
    seconds, losses = [], []
    # A GPU works behind the program: nothing reads from it between the steps that are measured, and they are timed together.
    wait = torch.cuda.synchronize if on_gpu else lambda: None
    for step in range(options.warmup + options.steps):
        if step == options.warmup:
            wait()
            all_began = time.perf_counter()
        began = time.perf_counter()
        adam.zero_grad()
        loss = loss_of(batch) if ranks > 1 else multimix.total_loss(TERMS[options.by](net, forward, encode, batch))
        loss.backward()
        adam.step()
        losses.append(loss.detach().clone() if on_gpu else float(loss.detach()))
        if step < options.warmup:
            wait()
        seconds.append(time.perf_counter() - began)
    wait()
    all_seconds = time.perf_counter() - all_began
    told = {name: getattr(options, name) for name in ("by", "size", "batch", "threads", "steps", "adam", "channels_last", "compile", "benchmark")}
    return told | {
        "ranks": ranks,
        "ms_per_step": round(1e3 * (all_seconds / options.steps if on_gpu else statistics.median(seconds[options.warmup :])), 2),
        "first_step_s": round(seconds[0], 2),
        "loss": round(statistics.fmean(map(float, losses)), 4),
        "parameters": sum(weight.numel() for weight in net.parameters()),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main():
    options = parsed()
    torch.set_num_threads(options.threads)
    torch.set_default_device(options.device)
    torch.manual_seed(0)
    found = compared(options) if options.check else measured(options)
    if int(os.environ.get("RANK", 0)) == 0:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
