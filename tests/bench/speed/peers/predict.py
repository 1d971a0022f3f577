"""Batch inference in PyTorch: predict.py --weights NET.safetensors --data DIR

JPEG files to class probabilities and masks, by a network that Leat saved; the same work as build/bench/predict. Prints one line of JSON.
"""

import argparse
import json
import pathlib
import sys
import time

import process
import torch
import views

sys.path.append(str(pathlib.Path(__file__).resolve().parents[4] / "graphs" / "pytorch"))
from multitask_unet import load  # noqa: E402


class Pictures(torch.utils.data.Dataset):
    """As 8 bit, so that workers send a quarter of the bytes."""

    def __init__(self, files, decode):
        self.files, self.decode = files, decode

    def __len__(self):
        return len(self.files)

    def __getitem__(self, place):
        return self.decode(self.files[place])


def decoder(name, size):
    if name == "pil":
        import pil_views

        made = pil_views.Views(size)
    else:
        import torchvision_views

        made = torchvision_views.Views(size)
    return lambda path: made.bytes_of(made.decode(path))


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--decoder", default="opencv", choices=["opencv", "pil"])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2, help="threads of PyTorch")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--prefetch", type=int, default=2)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--images", type=int, default=640)
    parser.add_argument("--warmup", type=int, default=64)
    return parser.parse_args()


def main():
    options = parsed()
    torch.set_num_threads(options.threads)
    net = load(options.weights)
    if options.channels_last:
        net = net.to(memory_format=torch.channels_last)
    for weight in net.parameters():
        weight.requires_grad_(False)  # The saliency needs the gradient of the picture only.
    more = {"prefetch_factor": options.prefetch} if options.workers else {}
    pictures = Pictures(views.files_of(options), decoder(options.decoder, options.size))
    loader = torch.utils.data.DataLoader(pictures, options.batch, num_workers=options.workers, **more)
    warm, steps = max(1, options.warmup // options.batch), max(1, options.images // options.batch)
    probability, share, first_batch_s = 0.0, 0.0, None
    with torch.no_grad():
        for step, batch in enumerate(loader):
            classes, masks = net(net.normalize(batch.float()))
            probability += float(classes.softmax(1)[:, 1].mean())
            share += float((masks.sigmoid() > 0.5).float().mean())
            first_batch_s = first_batch_s or process.age_s()
            if step + 1 == warm:
                began = time.perf_counter()
            if step + 1 == warm + steps:
                break
    seconds = time.perf_counter() - began
    told = {name: getattr(options, name) for name in ("decoder", "size", "batch", "threads", "workers", "prefetch", "channels_last")}
    told |= {
        "images": steps * options.batch,
        "images_per_s": round(steps * options.batch / seconds, 1),
        "first_batch_s": round(first_batch_s, 3),
        "memory_mib": round(process.memory_mib(), 1),
        "probability_mean": round(probability / (warm + steps), 4),
        "mask_share": round(share / (warm + steps), 4),
    }
    print(json.dumps(told), flush=True)
    process.leave()


if __name__ == "__main__":
    main()
