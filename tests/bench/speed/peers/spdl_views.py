"""The views by AlbumentationsX in the threads of an SPDL pipeline.

OpenCV decodes, because SPDL's own decoder needs FFmpeg's libraries. One thread makes both views of an image. Batches come in order.
"""

import random
import threading

import albumentations_views
import spdl.pipeline
import torch


def batches(options, files):
    # A transform draws from a generator of its own, which threads cannot share.
    of_thread = threading.local()
    decode = albumentations_views.Views(options.size).decode
    kept = {path: decode(path) for path in set(files)} if options.cache else {}

    def pair(path):
        if not hasattr(of_thread, "views"):
            of_thread.views = albumentations_views.Views(options.size)
            of_thread.views.weak_transform.set_random_seed(random.getrandbits(31))
            of_thread.views.strong_transform.set_random_seed(random.getrandbits(31))
        views = of_thread.views
        picture = kept[path] if options.cache else decode(path)
        return views.bytes_of(views.weak(picture)), views.bytes_of(views.strong(picture))

    def stacked(pairs):
        return tuple(torch.stack(view).to(torch.float32).div_(127.5).sub_(1) for view in zip(*pairs))

    threads = max(1, options.workers)
    pipeline = (
        spdl.pipeline.PipelineBuilder()
        .add_source(files)
        .pipe(pair, concurrency=threads, output_order="input")
        .aggregate(options.batch)
        .pipe(stacked)
        .add_sink(options.prefetch)
        .build(num_threads=threads + 1, max_failures=0)
    )
    with pipeline.auto_stop():
        yield from pipeline.get_iterator(timeout=60)
