"""Writes examples.png from the dump tool: what the drawing looked like when its pictures were last judged by eye.

    python make_examples.py build/leat_chest_dump

Two rows, A and B: chests 0 to 3 of seed 7, split `test`. Needs numpy and Pillow.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

rows = []
with tempfile.TemporaryDirectory() as folder:
    for hospital in "AB":
        file = pathlib.Path(folder) / "chests.raw"
        subprocess.run([sys.argv[1], "7", "test", hospital, "4", str(file)], check=True)
        chests = np.fromfile(file, np.uint8).reshape(4, 2 * 4096 + 1)
        rows.append(np.hstack(chests[:, :4096].reshape(4, 64, 64)))
Image.fromarray(np.vstack(rows)).save(pathlib.Path(__file__).with_name("examples.png"), optimize=True)
