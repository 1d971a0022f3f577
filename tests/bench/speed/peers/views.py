"""JPEG files to weak and strong views as float batches, as users of Python make them: views.py --by pil --data DIR

The same work as build/bench/views. A pair counts as one image. Prints one line of JSON. The queue is full to the end of the measured part.
"""

import argparse
import importlib
import json
import pathlib
import random
import sys
import time

import process

IN_LOADER = ("pil", "torchvision", "albumentations")
ALONE = ("dali", "spdl")


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--by", required=True, choices=IN_LOADER + ALONE)
    parser.add_argument("--data", required=True, type=pathlib.Path, help="folder with JPEG files, at any depth")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--images", type=int, default=1500, help="images measured")
    parser.add_argument("--warmup", type=int, default=200, help="images before them")
    parser.add_argument("--workers", type=int, default=2, help="processes of a DataLoader (0: none), threads of DALI and SPDL")
    parser.add_argument("--prefetch", type=int, default=2, help="batches ahead, for a DataLoader of each worker")
    parser.add_argument("--ship", default="uint8", choices=["uint8", "float32"], help="what the workers of a DataLoader send")
    parser.add_argument("--cache", action="store_true", help="keeps decoded and resized images in memory; all are decoded first")
    options = parser.parse_args()
    if options.cache and options.by == "dali":
        parser.error("DALI's pipeline on the CPU keeps no decoded images")
    return options


def files_of(options):
    found = sorted(str(file) for file in options.data.rglob("*") if file.suffix in (".jpeg", ".jpg"))
    if not found:
        sys.exit(f"there is no JPEG file below {options.data}")
    random.Random(0).shuffle(found)
    ahead = 2 * options.batch * (options.prefetch * max(1, options.workers) + 2)
    count = options.warmup + options.images + ahead
    return [found[place % len(found)] for place in range(count)]


def batches_of(options, files):
    if options.by in ALONE:
        return importlib.import_module(f"{options.by}_views").batches(options, files)
    import loader_views

    views = importlib.import_module(f"{options.by}_views").Views(options.size)
    return loader_views.batches(views, options, files)


class Sums:
    """Mean and standard deviation of all pixels of some batches."""

    def __init__(self):
        self.count, self.sum, self.square = 0, 0.0, 0.0

    def add(self, values):
        self.count += values.numel()
        self.sum += float(values.double().sum())
        self.square += float(values.double().square().sum())

    def told(self, name):
        mean = self.sum / self.count
        return {f"{name}_mean": round(mean, 3), f"{name}_std": round((self.square / self.count - mean * mean) ** 0.5, 3)}


def main():
    options = parsed()
    random.seed(1)
    batches = batches_of(options, files_of(options))
    weak, strong, first_batch_s = Sums(), Sums(), None
    for _ in range(max(1, options.warmup // options.batch)):
        both = next(batches)
        first_batch_s = first_batch_s or process.age_s()
        weak.add(both[0])
        strong.add(both[1])
    shape, kind = (options.batch, 1, options.size, options.size), "torch.float32"
    if any(tuple(view.shape) != shape or str(view.dtype) != kind for view in both):
        sys.exit(f"the views are {[(tuple(view.shape), str(view.dtype)) for view in both]}, not {shape} of {kind}")
    steps = max(1, options.images // options.batch)
    cpu_s, began = process.cpu_s(), time.perf_counter()
    for _ in range(steps):
        next(batches)
    seconds, cpu_s = time.perf_counter() - began, process.cpu_s() - cpu_s
    images = steps * options.batch
    names = ("by", "size", "batch", "workers", "prefetch", "cache", *(("ship",) if options.by in IN_LOADER else ()))
    told = {name: getattr(options, name) for name in names}
    told |= {
        "images": images,
        "images_per_s": round(images / seconds, 1),
        "cpu_ms_per_image": round(1e3 * cpu_s / images, 3),
        "first_batch_s": round(first_batch_s, 3),
        "memory_mib": round(process.memory_mib(), 1),
    }
    print(json.dumps(told | weak.told("weak") | strong.told("strong")), flush=True)
    process.leave()


if __name__ == "__main__":
    main()
