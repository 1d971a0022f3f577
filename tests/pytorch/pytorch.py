"""Leat beside a real PyTorch: pytorch.py LEAT TEST_OF_MODELS SCRATCH

PyTorch exports networks as TorchScript and as an AOTInductor package, and the test of models runs those that were just made; and a network that
Leat trained computes in plain PyTorch what `leat run` wrote into its table and masks. Exits with 77 where there is no PyTorch.
"""
import csv
import os
import pathlib
import shutil
import subprocess
import sys

leat, test_of_models, scratch = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
here = pathlib.Path(__file__).resolve().parent
root = here.parents[1]
sys.path.append(str(root / "graphs" / "pytorch"))
try:
    import numpy
    import torch
    from multitask_unet import load
    from PIL import Image
except ImportError as missing:
    print(f"skipped: {missing}; `./do test` installs what tests compare with into .deps")
    sys.exit(77)


def run(*words, **environment):
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment})
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}\nended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def exported_networks():
    """TorchScript files and a package, just made, give what PyTorch gives."""
    models = scratch / "models"
    models.mkdir()
    has_compiler = shutil.which(os.environ.get("CXX", "g++")) is not None
    run(sys.executable, root / "tests/data/forward/make_models.py", models, *(["package"] if has_compiler else []), TORCHINDUCTOR_CACHE_DIR=str(scratch / "cache"))
    print("exported by PyTorch " + torch.__version__ + ": " + ", ".join(sorted(file.name for file in models.iterdir())))
    print(run(test_of_models, "--test-case=model.torchscript:*,model.forward:*" + (",model.aoti:*" if has_compiler else ""), LEAT_TEST_MODELS=str(models)))


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
    print(f"probabilities of the classes differ by {worst:.1e} at most, masks in {differing} pixels")
    assert worst < 1.5e-6 + 1e-5 and differing == 0


shutil.rmtree(scratch, ignore_errors=True)
scratch.mkdir(parents=True)
exported_networks()
trained_network()
shutil.rmtree(scratch)
