"""plugins/dicom on real DICOM files: dicom.py LEAT LEAT_DIR SCRATCH

Builds the plugin as a stranger would, reads the files that pydicom's package brings, compares the pictures with pydicom's own, sends them through
`leat predict`, and opens the masks in pydicom. Exits with 77 where DCMTK or pydicom is not installed.
"""
import csv
import pathlib
import shutil
import subprocess
import sys

leat, package, scratch = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]).resolve()
plugin_source = pathlib.Path(__file__).resolve().parents[2] / "plugins" / "dicom"
sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import script  # noqa: E402
from script import check, end, skip  # noqa: E402

try:
    import numpy
    import pydicom
    from PIL import Image
    from pydicom.data import get_testdata_file
    from pydicom.pixels import apply_modality_lut
except ImportError as missing:
    skip(missing)


def run(*words, **settings):
    return script.run(*words, cwd=scratch, **settings)


def windowed(dataset):
    """The picture as pydicom shows it: rescaled, its first window or its whole range, 0..255, light where the tissue is dense."""
    raw = read["MR_small"].pixel_array if dataset.file_meta.TransferSyntaxUID == pydicom.uid.JPEGLSLossless else dataset.pixel_array
    values = apply_modality_lut(raw, dataset).astype(float)
    if "WindowCenter" in dataset:
        centre, width = (float(one[0]) if isinstance(one, pydicom.multival.MultiValue) else float(one) for one in (dataset.WindowCenter, dataset.WindowWidth))
        function = dataset.get("VOILUTFunction", "LINEAR")
        if function == "SIGMOID":
            shown = 255 / (1 + numpy.exp(-4 * (values - centre) / width))
        elif function == "LINEAR_EXACT":
            shown = numpy.clip((values - centre) / width + 0.5, 0, 1) * 255
        else:
            shown = numpy.clip((values - (centre - 0.5)) / (width - 1) + 0.5, 0, 1) * 255
    elif "VOILUTSequence" in dataset:
        shown = pydicom.pixels.apply_voi(values.astype(int), dataset) / 65535 * 255
    else:
        low, high = values.min(), values.max()
        shown = (values - low) / (high - low) * 255
    return 255 - shown if dataset.PhotometricInterpretation == "MONOCHROME1" else shown


def graph(name, folder, nodes, decode="", images=""):
    """Writes a graph that reads a folder, and puts its pictures through more nodes."""
    (scratch / name).write_text(
        f"leat: 1\nresources: {{data: {{uses: io.split, with: {{path: {folder}}}}}}}\nphases:\n  predict:\n    nodes:\n"
        f"      files: {{uses: io.images, with: {{split: data{images}}}}}\n      pictures: {{uses: image.decode, in: files.file, with: {{{decode}}}}}\n"
        + "".join(f"      {one}\n" for one in nodes) + "plan: {then: [predict]}\n")
    return scratch / name


def kinds(folder, decode, window, out, masks="same"):
    """What image.decode and image.window with these parameters make of a folder, by name, and what is said."""
    shown = "seen" if window else "pictures"
    nodes = ["black: {uses: image.window, in: pictures}"] + ([f"seen: {{uses: image.window, in: pictures, with: {{{window}}}}}"] if window else [])
    nodes.append(f"set: {{uses: write.dataset, in: {{image: {shown}, mask: black}}, with: {{layout: masks, masks: [{masks}]}}}}")
    said = run(leat, "run", graph("kinds.yaml", folder, nodes, decode), "--plugin", plugin, "--out", scratch / out)
    return {file.name.removesuffix(".dcm.png"): numpy.array(Image.open(file)) for file in (scratch / out / "dataset/images").iterdir()}, said


shutil.rmtree(scratch, ignore_errors=True)
scratch.mkdir(parents=True)
configured = subprocess.run(["cmake", "-S", str(plugin_source), "-B", str(scratch / "build"), f"-Dleat_DIR={package}"], capture_output=True, text=True)
if configured.returncode != 0 and "DCMTK" in configured.stderr:
    skip("DCMTK is not installed (Debian: libdcmtk-dev)")
if configured.returncode != 0:
    sys.exit(configured.stderr)
run("cmake", "--build", scratch / "build")
plugin = scratch / "build" / "dicom.plugin"
print(run(leat, "plugin", "list", "--plugin", plugin).strip())

# A CT with a rescale, an MR with a window, the same compressed and in another order of bytes, 12 bit, 8 bit deflated; and two made of the MR:
# one whose large values are dark, one of 8 bit.
files = scratch / "files"
files.mkdir()
read = {}
for name in ("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_jpeg_ls_lossless.dcm", "examples_overlay.dcm", "image_dfl.dcm"):
    shutil.copy(get_testdata_file(name), files / name)
    read[name[:-4]] = pydicom.dcmread(files / name)
inverted = pydicom.dcmread(files / "MR_small.dcm")
inverted.PhotometricInterpretation = "MONOCHROME1"
inverted.SOPInstanceUID += ".1"
inverted.save_as(files / "dark.dcm")
read["dark"] = inverted
eight = pydicom.dcmread(files / "MR_small.dcm")
eight.PixelData = (eight.pixel_array // 16).clip(0, 255).astype(numpy.uint8).tobytes()
eight.BitsAllocated, eight.BitsStored, eight.HighBit, eight.PixelRepresentation = 8, 8, 7, 0
eight.WindowCenter, eight.WindowWidth = 60, 100
eight.SOPInstanceUID += ".2"
eight["PixelData"].VR = "OB"
eight.save_as(files / "eight.dcm")
read["eight"] = eight
# The functions of PS3.3, C.11.2.1.3. A narrow window, or LINEAR_EXACT would look like LINEAR.
for name, function, kind in (("sigmoid", "SIGMOID", "MONOCHROME2"), ("sigmoid_dark", "SIGMOID", "MONOCHROME1"), ("exact", "LINEAR_EXACT", "MONOCHROME2"), ("exact_dark", "LINEAR_EXACT", "MONOCHROME1")):
    made = pydicom.dcmread(files / "MR_small.dcm")
    made.VOILUTFunction, made.PhotometricInterpretation = function, kind
    made.WindowCenter, made.WindowWidth = (800, 500) if function == "SIGMOID" else (800, 20)
    made.SOPInstanceUID += f".{len(read)}"
    made.save_as(files / f"{name}.dcm")
    read[name] = made
# Without a sign, so that 16 bit hold the values, also those of which the largest are dark. A table in place of a window, or of a slope.
for name, kind in (("sixteen", "MONOCHROME2"), ("sixteen_dark", "MONOCHROME1"), ("table", "MONOCHROME2"), ("slope_table_dark", "MONOCHROME1")):
    made = pydicom.dcmread(files / "MR_small.dcm")
    made.PixelRepresentation, made.PhotometricInterpretation = 0, kind
    made.SOPInstanceUID += f".{len(read)}"
    if "table" in name:
        made.BitsStored, made.HighBit = 12, 11
        step = pydicom.Dataset()
        step.LUTDescriptor = [4096, 0, 16]
        step.LUTData = [int((k / 4095) ** 0.5 * 65535) for k in range(4096)]
        step["LUTDescriptor"].VR = step["LUTData"].VR = "US"
        if name == "table":
            made.VOILUTSequence = [step]
            del made.WindowCenter, made.WindowWidth
        else:
            step.ModalityLUTType = "US"
            made.ModalityLUTSequence = [step]
            made.WindowCenter, made.WindowWidth = 30000, 25000
    made.save_as(files / f"{name}.dcm")
    read[name] = made
# Slopes below 1, as PET has them: the values are fractions.
for name, slope, intercept, kind in (("fine", 0.001, 0, "MONOCHROME2"), ("fine_dark", 0.001, 0, "MONOCHROME1"), ("half", 0.5, -100.25, "MONOCHROME2")):
    made = pydicom.dcmread(files / "MR_small.dcm")
    made.RescaleSlope, made.RescaleIntercept, made.PhotometricInterpretation, made.VOILUTFunction = slope, intercept, kind, "LINEAR_EXACT"
    made.WindowCenter, made.WindowWidth = 800 * slope + intercept, 900 * slope
    if name == "half":
        del made.WindowCenter, made.WindowWidth
    made.SOPInstanceUID += f".{len(read)}"
    made.save_as(files / f"{name}.dcm")
    read[name] = made
pictures, said = kinds(files, "", "", "pictures")
check("that a file is of DICOM is no change of it", "warning" not in said, said)
check("every file is read", set(pictures) == set(read), str(sorted(pictures)))
for name, dataset in read.items():
    expected = windowed(dataset)
    worst = numpy.abs(pictures[name].astype(float) - expected).max()
    check(f"{name} ({dataset.PhotometricInterpretation}, {dataset.BitsStored} bit) is what pydicom shows, to {worst:.2f} of 255", worst <= (1.01 if "table" in name else 0.51))

# The values themselves, and the file's window applied to them by image.window. Colour.
windows = scratch / "windows"
windows.mkdir()
for name in ("MR_small", "dark", "eight", "sigmoid", "sigmoid_dark", "exact", "exact_dark", "sixteen", "sixteen_dark", "slope_table_dark", "fine", "fine_dark"):
    shutil.copy(files / f"{name}.dcm", windows / f"{name}.dcm")


def check_windows(decode):
    seen, _ = kinds(windows, decode, "from: dicom", "windows-" + decode.split()[-1])
    for file in windows.iterdir():
        worst = numpy.abs(seen[file.stem].astype(float) - windowed(read[file.stem])).max()
        check(f"the window of {file.stem} applied to `{decode}` is what pydicom shows, to {worst:.2f} of 255", worst <= 1.01)


check_windows("depth: as_is")
said = run(leat, "run", graph("kinds.yaml", windows, [], "depth: 16"), "--plugin", plugin, "--out", scratch / "signed", expected=1)
check("values with a sign do not fit 16 bit, which is said", "which do not fit 16 bit without a sign: set `depth: as_is`" in said and "dark.dcm" in said, said)
for file in windows.iterdir():
    if file.stem not in ("eight", "sixteen", "sixteen_dark"):
        file.unlink()
check_windows("depth: 16")
shutil.copy(files / "fine.dcm", windows / "eight.dcm")
said = run(leat, "run", graph("kinds.yaml", windows, [], "depth: 16"), "--plugin", plugin, "--out", scratch / "fractions", expected=1)
check("fractions do not fit 16 bit, which is said", "its values have fractions, which do not fit 16 bit" in said and "eight.dcm" in said, said)
(windows / "eight.dcm").unlink()
for depth in ("16", "as_is"):
    values, _ = kinds(windows, f"depth: {depth}", "", f"values-{depth}")
    stored = {name: read[name].pixel_array for name in values}
    check(f"`depth: {depth}` has the values as they are stored", all(one.dtype == numpy.uint16 for one in values.values())
          and (values["sixteen"] == stored["sixteen"]).all() and (values["sixteen_dark"] == 65535 - stored["sixteen_dark"]).all() and len(values) == 2)
shutil.copy(files / "dark.dcm", windows / "sixteen.dcm")
(windows / "sixteen_dark.dcm").unlink()
said = run(leat, "check", graph("kinds.yaml", windows, [], "depth: 16"), "--plugin", plugin, expected=2)
check("files of one kind that does not fit are refused before the run", "the images have 32-bit floats, but `depth` is 16" in said, said)
plain = pydicom.dcmread(files / "MR_small.dcm")
del plain.WindowCenter, plain.WindowWidth
plain.save_as(windows / "sixteen.dcm")
said = run(leat, "run", graph("kinds.yaml", windows, ["seen: {uses: image.window, in: pictures, with: {from: dicom}}"], "depth: as_is"), "--plugin", plugin, "--out", scratch / "no_window", expected=1)
check("a file without a window is refused by `from: dicom`", "the sample does not state `window_centre`" in said and "sixteen.dcm" in said, said)
coloured = scratch / "coloured"
coloured.mkdir()
for name in ("SC_rgb_small_odd.dcm", "examples_palette.dcm"):
    shutil.copy(get_testdata_file(name), coloured / name)
rgb = pydicom.dcmread(coloured / "SC_rgb_small_odd.dcm").pixel_array
palette = pydicom.dcmread(coloured / "examples_palette.dcm")
painted = pydicom.pixels.apply_color_lut(palette.pixel_array, palette) >> 8
for decode in ("channels: rgb", "channels: as_is"):
    colours, said = kinds(coloured, decode, "", "colours-" + decode.split()[-1], "red, green, blue")
    check(f"with `{decode}`, colour is red, green and blue", (colours["SC_rgb_small_odd"] == rgb).all() and "luma" not in said, str(colours["SC_rgb_small_odd"].shape))
    check(f"with `{decode}`, a palette is applied", numpy.abs(colours["examples_palette"].astype(int) - painted).max() <= 1)
gray, said = kinds(coloured, "", "", "luma")
for name, colour in (("SC_rgb_small_odd", rgb), ("examples_palette", painted)):
    worst = numpy.abs(gray[name] - colour.astype(float) @ [0.299, 0.587, 0.114]).max()
    check(f"the gray of {name} is its luma, to {worst:.2f} of 255", worst <= 1.51)
check("colour that becomes luma is said", "some images are not plain gray 8 bit: colour read as luma" in said, said)
shutil.copy(files / "eight.dcm", coloured / "gray.dcm")
both, _ = kinds(coloured, "channels: rgb", "", "both", "red, green, blue")
check("gray is repeated for colour", all((both["gray"][:, :, k] == pictures["eight"]).all() for k in range(3)), str(both["gray"].shape))

# Names that are UIDs, links, and two files of one stem: a mask each, where it belongs.
names = scratch / "names"
names.mkdir()
for name in ("1.2.3.1", "1.2.3.2", "a.dcm", "a.ima"):
    shutil.copy(files / "CT_small.dcm", names / name)
(names / "link.dcm").symlink_to(files / "MR_small.dcm")
masked = ["masks: {uses: dicom.masks, in: pictures, with: {masks: [lungs]}}"]
run(leat, "run", graph("names.yaml", names, masked), "--plugin", plugin, "--out", scratch / "named")
found = sorted(file.name for file in (scratch / "named/masks").iterdir())
check("each file has a mask of its own", found == ["1.2.3.1_.dcm", "1.2.3.2_.dcm", "a.dcm", "a.ima.dcm", "link.dcm"], str(found))
one, other = (pydicom.dcmread(scratch / "named/masks" / name) for name in ("a.dcm", "link.dcm"))
check("what every secondary capture has is there, if only empty", all(word in one for word in ("PatientName", "PatientBirthDate", "AccessionNumber", "StudyID", "ReferringPhysicianName")))
check("other pixels are another instance", one.SOPInstanceUID != other.SOPInstanceUID)

(names / "drawn.png").write_bytes(next((scratch / "luma/dataset/images").iterdir()).read_bytes())
said = run(leat, "run", graph("names.yaml", names, masked), "--plugin", plugin, "--out", scratch / "drawn", expected=1)
check("masks of a picture that is not DICOM are refused", "drawn.png` is not a DICOM file, from which a mask takes its patient, study and geometry" in said, said)

# What a sample's facts are, said by a node of another plugin.
run("cmake", "-S", pathlib.Path(__file__).resolve().parent / "facts", "-B", scratch / "facts", f"-Dleat_DIR={package}")
run("cmake", "--build", scratch / "facts")
shown = graph("facts.yaml", files, ["show: {uses: facts.show, in: pictures}"])
said = run(leat, "run", shown, "--plugin", plugin, "--plugin", scratch / "facts/facts.plugin", "--out", scratch / "shown")
for name, dataset in read.items():
    line = next((one for one in said.splitlines() if f"{name}.dcm; " in one), "")
    spacing = " ".join(str(one) for one in dataset.get("PixelSpacing", []))
    check(f"the facts of {name} are its spacing, modality and kind", f"modality: {dataset.Modality}" in line and f"photometric: {dataset.PhotometricInterpretation}" in line
          and (f"spacing_mm: {spacing}" in line if spacing else "spacing_mm" not in line), line + " / " + spacing)
    origin = "the file's" if "WindowCenter" in dataset else "the file's table" if "VOILUTSequence" in dataset else "all values"
    check(f"the facts of {name} say that its brightness comes from {origin}", f"window: {origin};" in line + ";", line)

# What is no picture of one frame that can be read. It is said by a check, and ends a run.
for name, part in (("rtdose.dcm", "it has 15 frames, but only files with one frame are read"), ("liver_1frame.dcm", "its pixels have 1 bits, but only 8 to 16 bits are read"),
                   ("MR_small_jp2klossless.dcm", "its pixels are compressed as JPEG 2000"), ("steep.dcm", "its VOI LUT function is `STEEP`, but only LINEAR, LINEAR_EXACT and SIGMOID are known")):
    odd = scratch / "odd"
    shutil.rmtree(odd, ignore_errors=True)
    odd.mkdir()
    if name == "steep.dcm":
        made = pydicom.dcmread(files / "MR_small.dcm")
        made.VOILUTFunction = "STEEP"
        made.save_as(odd / name)
    else:
        shutil.copy(get_testdata_file(name), odd / name)
    said = run(leat, "check", graph("odd.yaml", odd, []), "--plugin", plugin)
    check(f"{name} is counted by a check", f"1 of 1 image cannot be read; the first is `{name}`: {part}" in said, said)
    said = run(leat, "run", scratch / "odd.yaml", "--plugin", plugin, "--out", scratch / f"odd-{name}", expected=1)
    check(f"{name} is refused with a sentence", part in said and name in said, said)

run(leat, "run", plugin_source / "graph.yaml", "--set", "steps=20", "--set", f"images={files}", "--plugin", plugin, "--out", scratch / "run")
shutil.copy(get_testdata_file("rtdose.dcm"), files / "frames.dcm")
stopping = (plugin_source / "graph.yaml").read_text().replace(", on_error: skip}", "}")
(scratch / "stopping.yaml").write_text(stopping)
run(leat, "run", scratch / "stopping.yaml", "--set", "steps=2", "--set", f"images={files}", "--plugin", plugin, "--out", scratch / "stopping")
said = run(leat, "predict", scratch / "stopping", files, "--plugin", plugin, "--out", scratch / "failed", expected=1)
check("a file of several frames ends a prediction", "it has 15 frames" in said, said)
run(leat, "predict", scratch / "run", files, "--plugin", plugin, "--out", scratch / "skipped")
with open(scratch / "skipped/predictions.csv", newline="") as table:
    rows = {row["image"]: row["status"] for row in csv.DictReader(table)}
check("with on_error: skip it stands in the table with its reason, and the others go on",
      "it has 15 frames" in rows["frames.dcm"] and len(rows) == len(read) + 1 and all(status == "ok" for name, status in rows.items() if name != "frames.dcm"), str(rows))
(files / "frames.dcm").unlink()
run(leat, "predict", scratch / "run", files, "--plugin", plugin, "--out", scratch / "predicted")
with open(scratch / "predicted/predictions.csv", newline="") as table:
    rows = list(csv.DictReader(table))
check("the table has every file", [row["image"] for row in rows] == sorted(f"{name}.dcm" for name in read) and all(row["status"] == "ok" for row in rows), str(rows))
for name, source in read.items():
    mask = pydicom.dcmread(scratch / "predicted/masks" / f"{name}.dcm")
    same = ["PatientName", "PatientID", "StudyInstanceUID", "Rows", "Columns", "PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID"]
    differing = [word for word in same if source.get(word) != mask.get(word)]
    check(f"the mask of {name} has its patient, study, size and geometry", not differing, str(differing))
    check(f"the mask of {name} is a secondary capture of 0 and 255 that refers to its source",
          mask.SOPClassUID == pydicom.uid.SecondaryCaptureImageStorage and set(numpy.unique(mask.pixel_array)) <= {0, 255} and mask.pixel_array.shape == (source.Rows, source.Columns)
          and mask.SourceImageSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID and mask.SOPInstanceUID != source.SOPInstanceUID, str(mask))
first = (scratch / "predicted/masks/CT_small.dcm").read_bytes()
run(leat, "predict", scratch / "run", files / "CT_small.dcm", "--plugin", plugin, "--out", scratch / "again")
check("the same mask is the same file", (scratch / "again/masks/CT_small.dcm").read_bytes() == first)

# Everything that lies in a folder is read, has a row with its reason, or is counted; links are followed.
lying = scratch / "lying"
(lying / "sub").mkdir(parents=True)
shutil.copy(files / "CT_small.dcm", lying / "sub" / "good.dcm")
(lying / "no_beginning.dcm").write_bytes((files / "CT_small.dcm").read_bytes()[132:])
(lying / "empty.DCM").write_bytes(b"")
(lying / "cut.dcm").write_bytes((files / "CT_small.dcm").read_bytes()[:20000])
(lying / "gone.dcm").symlink_to(lying / "nowhere")
(lying / "linked").symlink_to(files)
for name in ("notes.txt", "sub/picture.jpg", ".DS_Store", "._good.dcm"):
    (lying / name).write_bytes(b"x" * 200)
said = run(leat, "predict", scratch / "run", lying, "--plugin", plugin, "--out", scratch / "lain")
with open(scratch / "lain/predictions.csv", newline="") as table:
    rows = {row["image"]: row["status"] for row in csv.DictReader(table)}
expected = {"no_beginning.dcm": "the file is corrupt, or not a DICOM, PNG, JPEG, TIFF or BMP", "empty.DCM": "the file is empty", "cut.dcm": "it ends too early: it is truncated or malformed",
            "gone.dcm": f"cannot read `{lying}/gone.dcm`: No such file or directory", "sub/picture.jpg": "the file is corrupt, or not a DICOM, PNG, JPEG, TIFF or BMP", "sub/good.dcm": "ok"}
check("what is called a picture and is not has its row with the reason", {name: rows.get(name) for name in expected} == expected, str(rows))
check("the folder behind a link is read", {name for name in rows if name.startswith("linked/")} == {f"linked/{name}.dcm" for name in read}, str(rows))
check("other files are counted in one warning", said.count("not read: ") == 1 and f"1 of {len(rows) + 1} files in `{lying}` is not read: `notes.txt`" in said and len(rows) == len(read) + 6, said)
check("files that cannot be used are counted before the first step", f"5 of {len(rows)} images cannot be read; the first is `cut.dcm`: it ends too early" in said, said)
(lying / "sub" / "circle").symlink_to(lying)
said = run(leat, "predict", scratch / "run", lying, "--plugin", plugin, "--out", scratch / "circle", expected=2)
check("a circle of links is refused with its two folders", "sub/circle` is a link to `" in said and "a folder that contains it" in said, said)

# Patients are those of the headers: what is judged may not be of a patient that trains.
for folder, name in (("learned", "MR_small.dcm"), ("judged", "MR_small_RLE.dcm"), ("others", "CT_small.dcm")):
    (scratch / folder).mkdir()
    shutil.copy(files / name, scratch / folder / name)


def splits(judged, more=""):
    """A graph that trains on one folder and judges by another."""
    (scratch / "splits.yaml").write_text(
        "leat: 1\nresources:\n  learned: {uses: io.split, with: {path: learned}}\n  judged: {uses: io.split, with: {path: " + judged + more + "}}\nphases:\n"
        + "".join(f"  {phase}: {{nodes: {{files: {{uses: io.images, with: {{split: {split}}}}}, pictures: {{uses: image.decode, in: files.file}}, "
                  "small: {uses: image.resize, in: pictures, with: {size: 32}}}}\n" for phase, split in (("train", "learned"), ("test", "judged")))
        + "plan: {train: {phase: train, steps: 1}, then: [test]}\n")
    return scratch / "splits.yaml"


patient = str(read["MR_small"].PatientID)
said = run(leat, "check", splits("judged"), "--plugin", plugin, expected=2)
check("a patient of two folders is refused", f"`train` trains on `learned` and `test` evaluates on `judged`, but the two share 1 patient (`{patient}`)" in said, said)
run(leat, "check", splits("judged", ", shares_with: [learned]"), "--plugin", plugin)
run(leat, "check", splits("others"), "--plugin", plugin)

graph("kit.yaml", files, masked, images=", batch: 3")
said = run(leat, "plugin", "check", plugin, scratch / "kit.yaml")
check("its node keeps what nodes promise", "no broken promise found" in said, said)

# A folder of DICOM files and a list that calls them by what their headers say: from `data` to a prediction, as with any other folder.
own = scratch / "own"
(own / "files" / "deep").mkdir(parents=True)
noise = numpy.random.default_rng(3)
cases = []
for k in range(24):
    made = pydicom.dcmread(files / "MR_small.dcm")
    patient_id, accession = f"P{k // 3:02d}", f"A{k // 2:03d}"
    finding = "pneumonia" if (k // 6) % 2 else "none seen"
    picture = noise.integers(200, 400, (96, 80))
    picture[20:60, 20:50] += 1500 if finding == "pneumonia" else 200
    made.Rows, made.Columns = picture.shape
    made.PixelData = picture.astype("<u2").tobytes()
    made.PixelRepresentation, made.WindowCenter, made.WindowWidth = 0, 1000, 2000
    made.PatientID, made.AccessionNumber, made.SOPInstanceUID = patient_id, accession, f"1.2.3.{k}"
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    # Without endings, as they come from a CD.
    made.save_as(own / "files" / ("deep" if k % 2 else ".") / f"IM{k:03d}")
    cases.append((f"1.2.3.{k}", accession, patient_id, finding))


def listed(name, header, column, separator=","):
    lines = {case[column]: case[3] for case in cases}
    (own / name).write_text(separator.join(header) + "\n" + "".join(f"{key}{separator}{finding}\n" for key, finding in lines.items()))
    return own / name


for name, header, column, kind, count in (("uids.csv", ("SOPInstanceUID", "finding"), 0, "SOPInstanceUID", 24), ("accessions.csv", ("Accession Number", "Befund"), 1, "AccessionNumber", 12),
                                          ("patients.csv", ("PatientID", "diagnosis"), 2, "PatientID", 8)):
    lists = listed(name, header, column, ";" if kind == "AccessionNumber" else ",")
    (own / "graph.yaml").write_text("leat: 1\nresources: {data: {uses: io.split, with: {path: " + name + ", images: files}}}\nphases: {look: {kind: predict, nodes: {"
                                    "files: {uses: io.images, with: {split: data}}, seen: {uses: image.decode, in: files.file}}}}\nplan: {then: [look]}\n")
    said = run(leat, "check", own / "graph.yaml", "--plugin", plugin)
    check(f"a list calls DICOM files by their {kind}", f"{count} of {count} rows name images by {kind}" in said and "none seen 12, pneumonia 12" in said and "patients  8\n" in said, said)
    lists.unlink()
lists = listed("odd.csv", ("SOPInstanceUID", "finding"), 0)
lists.write_text(lists.read_text() + "1.2.3.99,none\n")
(own / "graph.yaml").write_text((own / "graph.yaml").read_text().replace("patients.csv", "odd.csv"))
said = run(leat, "check", own / "graph.yaml", "--plugin", plugin, expected=2)
check("a name of no file is refused with its line", "1.2.3.99" in said and "line 26" in said, said)
lists.unlink()
shutil.move(listed("files/befunde.csv", ("Accession Number", "Befund"), 1, ";"), own / "files" / "befunde.csv")
said = run(leat, "data", own / "files", expected=2)
check("a list without its plugin is refused, which it names", "`Accession Number` can name DICOM files, with the plugin in plugins/dicom" in said, said)
said = run(leat, "data", files, expected=2)
check("without the plugin it is said which one is missing", "plugins/dicom" in said, said)
said = run(leat, "data", own / "files" / "befunde.csv", "--plugin", plugin)
check("`leat data` says what the folder and the list are", "none seen 12, pneumonia 12" in said and "96" in said and "patients  8\n" in said, said)
said = run(leat, "new", own / "own.yaml", "--data", own / "files" / "befunde.csv", "--plugin", plugin)
check("the graph names the plugin", "needs: {plugins: {dicom:" in (own / "own.yaml").read_text())
run(leat, "check", own / "own.yaml", "--plugin", plugin)
run(leat, "run", own / "own.yaml", "--plugin", plugin, "--set", "size=64", "--set", "steps=60", "--out", own / "run")
said = run(leat, "report", own / "run")
check("the report has the figures of its validation", "accuracy" in said and "not a medical device" in said, said)
run(leat, "predict", own / "run", own / "files", "--plugin", plugin, "--out", own / "predicted")
with open(own / "predicted/predictions.csv", newline="") as table:
    rows = list(csv.DictReader(table))
truth = {f"IM{k:03d}": case[3] for k, case in enumerate(cases)}
right = sum(truth[pathlib.Path(row["image"]).name] == row["class"] for row in rows)
check("every file is predicted, and most are right", len(rows) == 24 and all(row["status"] == "ok" for row in rows) and right >= 20, f"{right}: {rows}")

# Padding around the image is no part of its range, and is dark, also where large values are dark.
padded = scratch / "padded"
padded.mkdir()
for name, kind in (("plain", "MONOCHROME2"), ("mirrored", "MONOCHROME1")):
    made = pydicom.dcmread(files / "MR_small.dcm")
    picture = numpy.full((64, 64), -32768, "<i2")
    picture[8:56, 8:56] = numpy.linspace(0, 999, 48 * 48).reshape(48, 48).astype("<i2")
    made.Rows, made.Columns, made.PixelRepresentation, made.BitsStored, made.HighBit = 64, 64, 1, 16, 15
    made.PixelData, made.PhotometricInterpretation = picture.tobytes(), kind
    made.add_new(0x00280120, "SS", -32768)
    for word in ("WindowCenter", "WindowWidth"):
        if word in made:
            del made[word]
    made.SOPInstanceUID += f".{len(name)}"
    made.save_as(padded / f"{name}.dcm")
seen, _ = kinds(padded, "", "", "padded_seen")
for name, first, last in (("plain", 0, 255), ("mirrored", 255, 0)):
    check(f"padding of {name} is dark, and the rest uses the whole range", seen[name][0, 0] == 0 and abs(int(seen[name][8, 8]) - first) <= 1 and abs(int(seen[name][55, 55]) - last) <= 1,
          f"{seen[name][0, 0]} {seen[name][8, 8]} {seen[name][55, 55]}")

# A list's codes and the headers' patients are the same persons.
coded = scratch / "coded"
coded.mkdir()
lines = ["image,class,patient"]
for k in range(40):
    made = pydicom.dcmread(files / "MR_small.dcm")
    made.PatientID, made.SOPInstanceUID = f"HOSP{k // 2}", f"1.2.9.{k}"
    picture = made.pixel_array.copy()
    picture[0, 0] = k
    made.PixelData = picture.tobytes()
    made.save_as(coded / f"x{k:03d}.dcm")
    if k % 2 == 0:
        lines.append(f"x{k:03d}.dcm,{'a' if k % 4 else 'b'},P{k // 2:02d}")
(coded / "l.csv").write_text("\n".join(lines) + "\n")
said = run(leat, "data", coded, "--plugin", plugin)
check("a patient with a code and a name in its headers is one", "patients  20\n" in said, said)

end(scratch)
