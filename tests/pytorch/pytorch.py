"""Leat beside a real PyTorch: pytorch.py LEAT TEST_OF_MODELS SCRATCH

PyTorch exports networks as TorchScript and as an AOTInductor package, and the test of models runs those that were just made; and a network that
Leat trained computes in plain PyTorch what `leat run` wrote into its table and masks. Exits with 77 where there is no PyTorch.
"""
import csv
import os
import pathlib
import shutil
import sys

leat, test_of_models, scratch = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
here = pathlib.Path(__file__).resolve().parent
root = here.parents[1]
sys.path += [str(root / "graphs" / "pytorch"), str(here.parent / "support")]
from script import check, end, run, skip  # noqa: E402

try:
    import numpy
    import torch
    from multitask_unet import load
    from PIL import Image
    from safetensors.torch import load_file
except ImportError as missing:
    skip(missing)


def exported_networks():
    """TorchScript files and a package, just made, give what PyTorch gives."""
    models = scratch / "models"
    models.mkdir()
    has_compiler = shutil.which(os.environ.get("CXX", "g++")) is not None
    run(sys.executable, root / "tests/data/forward/make_models.py", models, *(["package"] if has_compiler else []), env={**os.environ, "TORCHINDUCTOR_CACHE_DIR": str(scratch / "cache")})
    print("exported by PyTorch " + torch.__version__ + ": " + ", ".join(sorted(file.name for file in models.iterdir())))
    print(run(test_of_models, "--test-case=model.torchscript:*,model.forward:*" + (",model.aoti:*" if has_compiler else ""), env={**os.environ, "LEAT_TEST_MODELS": str(models)}))


def trained_network():
    """A network that Leat trained gives the same probabilities and masks in PyTorch."""
    images = scratch / "images"
    images.mkdir()
    numbers = numpy.random.default_rng(0)
    for k in range(4):
        Image.fromarray(numbers.integers(0, 256, (64, 48), dtype=numpy.uint8)).save(images / f"{k}.png")
    run(leat, "run", here / "both.yaml", "--set", f"images={images}", "--out", scratch / "run")
    net = load(scratch / "run/checkpoints/last/net.safetensors")
    with open(scratch / "run/predictions.csv", newline="") as table:
        rows = list(csv.DictReader(table))
    assert len(rows) == 4, rows
    worst, differing = 0.0, 0
    with torch.no_grad():
        for row in rows:
            name = row["image"]
            picture = torch.from_numpy(numpy.array(Image.open(images / name))).float()[None, None]
            classes, masks = net(net.normalize(picture))
            for probability, column in zip(classes.softmax(1)[0], net.settings["classes"]):
                worst = max(worst, abs(float(row["probability_" + column]) - probability.item()))
            drawn = torch.from_numpy(numpy.array(Image.open(scratch / "run/masks" / name)))
            # Where a probability lies on the edge of a rounding, two libraries' last bits may decide.
            surely = (masks.sigmoid()[0, 0] - 0.5).abs() > 0.003
            differing += int(((masks[0, 0] > 0) != (drawn > 0))[surely].sum())
    check(f"probabilities of the classes differ by {worst:.1e} at most, masks in {differing} pixels", worst < 1.5e-6 + 1e-5 and differing == 0)


def networks_in_colour():
    """Colours of 8 and of 16 bit, with a mean for each channel: Leat's own network and a TorchScript file give what PyTorch gives."""
    numbers = numpy.random.default_rng(1)
    images = scratch / "colours"
    images.mkdir()
    for k in range(4):
        Image.fromarray(numbers.integers(0, 256, (32, 48, 3), dtype=numpy.uint8)).save(images / f"{k}.png")
    for depth, full in (("8", 255), ("16", 65535)):
        out = scratch / f"colours-{depth}"
        graph = scratch / f"colours-{depth}.yaml"
        graph.write_text(in_colour.replace("FILE", str(scratch / "models/colours.pt")).replace("IMAGES", str(images)).replace("DEPTH", depth))
        run(leat, "run", graph, "--out", out)
        net = load(out / "checkpoints/last/own.safetensors")
        scripted = torch.jit.load(str(scratch / "models/colours.pt")).eval()
        mean, deviation = (torch.tensor(one).reshape(3, 1, 1) for one in ([0.4, 0.5, 0.6], [0.2, 0.3, 0.25]))
        tables = {}
        for name in ("own", "scripted"):
            with open(out / f"{name}.csv", newline="") as table:
                tables[name] = {row["image"]: float(row["probability_a"]) for row in csv.DictReader(table)}
        worst, differing = 0.0, 0
        with torch.no_grad():
            for name in tables["own"]:
                picture = torch.from_numpy(numpy.array(Image.open(images / name))).float().permute(2, 0, 1)[None] * (full // 255)
                classes, masks = net(net.normalize(picture, full))
                worst = max(worst, abs(tables["own"][name] - classes.softmax(1)[0, 0].item()))
                drawn = torch.from_numpy(numpy.array(Image.open(out / "masks" / name)))
                surely = (masks.sigmoid()[0, 0] - 0.5).abs() > 0.003
                differing += int(((masks[0, 0] > 0) != (drawn > 0))[surely].sum())
                given = scripted((picture / full - mean) / deviation).softmax(1)[0, 0].item()
                worst = max(worst, abs(tables["scripted"][name] - given))
        check(f"in colour, {depth} bit: probabilities differ by {worst:.1e} at most, masks in {differing} pixels", worst < 1.5e-6 + 1e-5 and differing == 0 and len(tables["own"]) == 4)


in_colour = """leat: 1
resources:
  files: {uses: io.split, with: {path: IMAGES}}
  own: {uses: model.multitask_unet, with: {channels: [4, 8], in_channels: 3, mean: [0.3, 0.45, 0.5], deviation: 0.25, classes: [a, b], masks: [disc], bridge: {join: deepest, scale: max}}}
  scripted: {uses: model.torchscript, with: {file: FILE, channels: 3, names: [a, b], mean: [0.4, 0.5, 0.6], deviation: [0.2, 0.3, 0.25]}}
  adam: {uses: optim.adam, with: {model: own, lr: 1.0e-2}}
templates:
  seen:
    inputs: [file]
    outputs: {image: decoded.image}
    nodes:
      decoded: {uses: image.decode, in: file, with: {channels: rgb, depth: DEPTH}}
phases:
  train:
    nodes:
      files: {uses: io.images, with: {split: files, batch: 4}}
      seen: {uses: seen, in: files.file}
      batch: {uses: tensor.normalize, in: seen, with: {model: own}}
      features: {uses: model.encode, in: batch, with: {model: own}}
      logits: {uses: model.classify, in: features, with: {model: own}}
      likely: {uses: gate.confidence, in: {logits: logits}, with: {threshold: 0}}
      loss: {uses: loss.pseudo_label, in: {logits: logits, pseudo: likely.pseudo, weight: likely.weight}}
      total: {uses: loss.total, in: {terms: {pseudo: loss}}}
      step: {uses: train.step, in: total, with: {optimizer: adam}}
  predict:
    nodes:
      files: {uses: io.images, with: {split: files, batch: 4}}
      seen: {uses: seen, in: files.file}
      batch: {uses: tensor.normalize, in: seen, with: {model: own}}
      features: {uses: model.encode, in: batch, with: {model: own}}
      logits: {uses: model.classify, in: features, with: {model: own}}
      saliency: {uses: model.saliency, in: batch, with: {model: own}}
      discs: {uses: model.segment, in: {features: features, image: batch, saliency: saliency}, with: {model: own}}
      likely_discs: {uses: tensor.probabilities, in: discs, with: {kind: sigmoid}}
      masks: {uses: tensor.images, in: {probabilities: likely_discs, like: seen}}
      written: {uses: write.image, in: {mask: masks}}
      likely: {uses: tensor.probabilities, in: logits}
      scores: {uses: tensor.scores, in: likely}
      own: {uses: write.csv, in: {probabilities: scores}, with: {file: own.csv}}
      other_batch: {uses: tensor.normalize, in: seen, with: {model: scripted}}
      other: {uses: model.forward, in: other_batch, with: {model: scripted}}
      other_likely: {uses: tensor.probabilities, in: other.output}
      other_scores: {uses: tensor.scores, in: other_likely}
      scripted: {uses: write.csv, in: {probabilities: other_scores}, with: {file: scripted.csv, classes: [a, b]}}
plan: {train: {phase: train, steps: 3}, then: [predict]}
"""


def trained_export():
    """What Leat trained of a TorchScript file goes back into PyTorch's module by its names, and computes the same there."""
    pictures = sorted((scratch / "images").iterdir())
    for name in ("dropout", "tied"):
        graph = scratch / f"{name}.yaml"
        size = {"dropout": 16, "tied": 4}[name]
        graph.write_text(training.replace("FILE", str(scratch / "models" / f"{name}.pt")).replace("IMAGES", str(scratch / "images")).replace("SIZE", str(size)))
        run(leat, "run", graph, "--out", scratch / name)
        net = torch.jit.load(str(scratch / "models" / f"{name}.pt"))
        net.load_state_dict({k: v for k, v in load_file(scratch / name / "checkpoints/last/net.safetensors").items() if not k.startswith("ema.")})
        net.eval()
        with open(scratch / name / "predictions.csv", newline="") as table:
            rows = list(csv.DictReader(table))
        assert len(rows) == len(pictures), rows
        worst = 0.0
        with torch.no_grad():
            for row in rows:
                # As `image.resize` made it, which no other library does to the bit.
                picture = torch.from_numpy(numpy.array(Image.open(scratch / name / "dataset/images" / row["image"]))).float()[None, None] / 255
                given = net(picture)
                given = given[0] if isinstance(given, tuple) else given
                worst = max(worst, abs(float(row["probability_NORMAL"]) - given.softmax(1)[0, 0].item()))
        check(f"{name}.pt, trained: probabilities differ by {worst:.1e} at most", worst < 1.5e-6 + 1e-5)


training = """leat: 1
resources:
  files: {uses: io.split, with: {path: IMAGES}}
  net: {uses: model.torchscript, with: {file: FILE}}
  adam: {uses: optim.adam, with: {model: net, lr: 1.0e-2}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 16, batch: 8}}
      small: {uses: image.resize, in: chests.image, with: {size: SIZE}}
      batch: {uses: tensor.normalize, in: small, with: {model: net}}
      net: {uses: model.forward, in: batch, with: {model: net}}
      classes: {uses: loss.cross_entropy, in: {logits: net.output, label: chests.label}}
      loss: {uses: loss.total, in: {terms: {classes: classes}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam, ema: true}}
  predict:
    nodes:
      files: {uses: io.images, with: {split: files, batch: 4}}
      pictures: {uses: image.decode, in: files.file}
      small: {uses: image.resize, in: pictures, with: {size: SIZE}}
      batch: {uses: tensor.normalize, in: small, with: {model: net}}
      net: {uses: model.forward, in: batch, with: {model: net}}
      probabilities: {uses: tensor.probabilities, in: net.output}
      scores: {uses: tensor.scores, in: probabilities}
      table: {uses: write.csv, in: {probabilities: scores}, with: {classes: [NORMAL, PNEUMONIA]}}
      set: {uses: write.dataset, in: {image: small, mask: small}, with: {layout: masks, masks: [same]}}
plan: {train: {phase: train, steps: 12, checkpoint_every: 12}, then: [predict]}
"""


shutil.rmtree(scratch, ignore_errors=True)
scratch.mkdir(parents=True)
exported_networks()
trained_network()
networks_in_colour()
trained_export()
end(scratch)
