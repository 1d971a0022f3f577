"""The views in PyTorch's DataLoader, for implementations that make them image by image.

`ship`: uint8 lets workers send bytes, a quarter of the traffic, and the reader converts a batch; float32 lets workers convert.
"""

import torch


def as_floats(pixels):
    return pixels.to(torch.float32).div_(127.5).sub_(1)


class Pairs(torch.utils.data.Dataset):
    def __init__(self, views, files, options):
        self.views, self.files, self.options = views, files, options
        self.kept = {path: views.decode(path) for path in set(files)} if options.cache else {}

    def __len__(self):
        return len(self.files)

    def __getitem__(self, place):
        path = self.files[place]
        picture = self.kept[path] if self.options.cache else self.views.decode(path)
        both = [self.views.bytes_of(view) for view in (self.views.weak(picture), self.views.strong(picture))]
        return both if self.options.ship == "uint8" else [as_floats(view) for view in both]


def batches(views, options, files):
    torch.set_num_threads(1)
    more = {"prefetch_factor": options.prefetch} if options.workers else {}
    for both in torch.utils.data.DataLoader(Pairs(views, files, options), options.batch, num_workers=options.workers, **more):
        yield tuple(as_floats(view) for view in both) if options.ship == "uint8" else both
