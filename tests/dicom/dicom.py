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
    else:
        low, high = values.min(), values.max()
        shown = (values - low) / (high - low) * 255
    return 255 - shown if dataset.PhotometricInterpretation == "MONOCHROME1" else shown


def read_pictures(files):
    """What `dicom.images` makes of a folder, by name, through a graph that writes them."""
    graph = scratch / "pictures.yaml"
    graph.write_text(
        "leat: 1\nresources: {files: {uses: dicom.folder, with: {path: " + str(files) + "}}}\n"
        "phases: {predict: {nodes: {pictures: {uses: dicom.images, with: {folder: files}}, set: {uses: write.dataset, in: {image: pictures, mask: pictures}, with: {layout: masks, masks: [same]}}}}}\nplan: {then: [predict]}\n")
    run(leat, "run", graph, "--plugin", plugin, "--out", scratch / "pictures")
    return {file.name.removesuffix(".dcm.png"): numpy.array(Image.open(file)) for file in (scratch / "pictures/dataset/images").iterdir()}


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
pictures = read_pictures(files)
check("every file is read", set(pictures) == set(read), str(sorted(pictures)))
for name, dataset in read.items():
    expected = windowed(dataset)
    worst = numpy.abs(pictures[name].astype(float) - expected).max()
    check(f"{name} ({dataset.PhotometricInterpretation}, {dataset.BitsStored} bit) is what pydicom shows, to {worst:.2f} of 255", worst <= 1.01)

# The values themselves, and the file's window applied to them by image.window. Colour.
def kinds(folder, images, window, out, masks="same"):
    """What `dicom.images` with these parameters and image.window make of a folder."""
    graph = scratch / "kinds.yaml"
    graph.write_text(
        "leat: 1\nresources: {files: {uses: dicom.folder, with: {path: " + str(folder) + "}}}\n"
        "phases: {predict: {nodes: {pictures: {uses: dicom.images, with: {folder: files, " + images + "}}, "
        + ("seen: {uses: image.window, in: pictures, with: {" + window + "}}, " if window else "")
        + "set: {uses: write.dataset, in: {image: " + ("seen" if window else "pictures") + ", mask: black}, with: {layout: masks, masks: [" + masks + "]}}, "
        "black: {uses: image.window, in: pictures}}}}\nplan: {then: [predict]}\n")
    run(leat, "run", graph, "--plugin", plugin, "--out", scratch / out)
    return {file.name.removesuffix(".dcm.png"): numpy.array(Image.open(file)) for file in (scratch / out / "dataset/images").iterdir()}


windows = scratch / "windows"
windows.mkdir()
with_window = ("MR_small", "dark", "eight", "sigmoid", "sigmoid_dark", "exact", "exact_dark")
for name in with_window:
    shutil.copy(files / f"{name}.dcm", windows / f"{name}.dcm")
for depth, names_seen in (("float", with_window), ("16", [name for name in with_window if "dark" not in name])):
    if depth == "16":
        # Values with a sign, inverted, are below 0.
        for file in windows.glob("*dark.dcm"):
            file.unlink()
    seen = kinds(windows, f"depth: {depth}", "from: dicom", f"windows-{depth}")
    for name in names_seen:
        worst = numpy.abs(seen[name].astype(float) - windowed(read[name])).max()
        check(f"the window of {name} applied to `depth: {depth}` is what pydicom shows, to {worst:.2f} of 255", worst <= 1.01)
values = kinds(windows, "depth: 16", "", "values")
check("`depth: 16` has the values as they are stored", (values["MR_small"] == read["MR_small"].pixel_array).all() and values["MR_small"].dtype == numpy.uint16)
coloured = scratch / "coloured"
coloured.mkdir()
for name in ("SC_rgb_small_odd.dcm", "examples_palette.dcm"):
    shutil.copy(get_testdata_file(name), coloured / name)
colours = kinds(coloured, "channels: rgb", "", "colours", "red, green, blue")
rgb = pydicom.dcmread(coloured / "SC_rgb_small_odd.dcm").pixel_array
check("colour is red, green and blue", (colours["SC_rgb_small_odd"] == rgb).all(), str(colours["SC_rgb_small_odd"].shape))
palette = pydicom.dcmread(coloured / "examples_palette.dcm")
expected = pydicom.pixels.apply_color_lut(palette.pixel_array, palette) >> 8
check("a palette is applied", numpy.abs(colours["examples_palette"].astype(int) - expected).max() <= 1)

# Names that are UIDs, links, and two files of one stem: a mask each, where it belongs.
names = scratch / "names"
names.mkdir()
for name in ("1.2.3.1", "1.2.3.2", "a.dcm", "a.ima"):
    shutil.copy(files / "CT_small.dcm", names / name)
(names / "link.dcm").symlink_to(files / "MR_small.dcm")
(scratch / "names.yaml").write_text(
    "leat: 1\nresources: {files: {uses: dicom.folder, with: {path: " + str(names) + "}}}\n"
    "phases: {predict: {nodes: {pictures: {uses: dicom.images, with: {folder: files}}, masks: {uses: dicom.masks, in: pictures, with: {masks: [lungs]}}}}}\nplan: {then: [predict]}\n")
run(leat, "run", scratch / "names.yaml", "--plugin", plugin, "--out", scratch / "named")
found = sorted(file.name for file in (scratch / "named/masks").iterdir())
check("each file has a mask of its own", found == ["1.2.3.1_.dcm", "1.2.3.2_.dcm", "a.dcm", "a.ima.dcm", "link.dcm"], str(found))
one, other = (pydicom.dcmread(scratch / "named/masks" / name) for name in ("a.dcm", "link.dcm"))
check("what every secondary capture has is there, if only empty", all(word in one for word in ("PatientName", "PatientBirthDate", "AccessionNumber", "StudyID", "ReferringPhysicianName")))
check("other pixels are another instance", one.SOPInstanceUID != other.SOPInstanceUID)

# What a sample's facts are, said by a node of another plugin.
run("cmake", "-S", pathlib.Path(__file__).resolve().parent / "facts", "-B", scratch / "facts", f"-Dleat_DIR={package}")
run("cmake", "--build", scratch / "facts")
shown = (scratch / "pictures.yaml").read_text().replace("set: {uses: write.dataset, in: {image: pictures, mask: pictures}, with: {layout: masks, masks: [same]}}", "show: {uses: facts.show, in: pictures}")
(scratch / "facts.yaml").write_text(shown)
said = run(leat, "run", scratch / "facts.yaml", "--plugin", plugin, "--plugin", scratch / "facts/facts.plugin", "--out", scratch / "shown")
for name, dataset in read.items():
    line = next((one for one in said.splitlines() if f"{name}.dcm; " in one), "")
    spacing = " ".join(str(one) for one in dataset.get("PixelSpacing", []))
    check(f"the facts of {name} are its spacing, modality and kind", f"modality: {dataset.Modality}" in line and f"photometric: {dataset.PhotometricInterpretation}" in line
          and (f"spacing_mm: {spacing}" in line if spacing else "spacing_mm" not in line), line + " / " + spacing)

# What is no gray picture of one frame.
for name, part in (("rtdose.dcm", "it has 15 frames, but only files with one frame are read"), ("SC_rgb_small_odd.dcm", "its photometric interpretation is RGB, but gray is read: set `channels: rgb`"),
                   ("liver_1frame.dcm", "its pixels have 1 bits, but only 8 to 16 bits are read"),
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
    graph = (scratch / "pictures.yaml").read_text().replace(str(files), str(odd))
    (scratch / "odd.yaml").write_text(graph)
    said = run(leat, "run", scratch / "odd.yaml", "--plugin", plugin, "--out", scratch / f"odd-{name}", expected=1)
    check(f"{name} is refused with a sentence", part in said and name in said, said)

run(leat, "run", plugin_source / "graph.yaml", "--set", "steps=20", "--set", f"images={files}", "--plugin", plugin, "--out", scratch / "run")
shutil.copy(get_testdata_file("rtdose.dcm"), files / "frames.dcm")
said = run(leat, "predict", scratch / "run", files, "--plugin", plugin, "--out", scratch / "failed", expected=1)
check("a file of several frames ends a prediction", "it has 15 frames" in said, said)
skipping = (plugin_source / "graph.yaml").read_text().replace("{uses: dicom.images,", "{uses: dicom.images, on_error: skip,")
(scratch / "skipping.yaml").write_text(skipping)
run(leat, "run", scratch / "skipping.yaml", "--set", "steps=2", "--set", f"images={files}", "--plugin", plugin, "--out", scratch / "skipping")
run(leat, "predict", scratch / "skipping", files, "--plugin", plugin, "--out", scratch / "skipped")
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
said = run(leat, "predict", scratch / "skipping", lying, "--plugin", plugin, "--out", scratch / "lain")
with open(scratch / "lain/predictions.csv", newline="") as table:
    rows = {row["image"]: row["status"] for row in csv.DictReader(table)}
expected = {"no_beginning.dcm": "it does not begin like a DICOM file, with 128 bytes and `DICM`", "empty.DCM": "it is empty",
            "cut.dcm": "it could not be read: I/O suspension or premature end of stream", "gone.dcm": "it could not be read: No such file or directory", "sub/good.dcm": "ok"}
check("what is called DICOM and is not has its row with the reason", {name: rows.get(name) for name in expected} == expected, str(rows))
check("the folder behind a link is read", {name for name in rows if name.startswith("linked/")} == {f"linked/{name}.dcm" for name in read}, str(rows))
check("other files are counted in one warning", said.count("not DICOM and not read") == 1 and "2 of" in said and f"the first is `notes.txt`" in said and len(rows) == len(read) + 5, said)
check("files that cannot be used are counted before the first step", f"4 of {len(rows)} DICOM files cannot be used; the first is `cut.dcm`: it could not be read: I/O" in said, said)
(lying / "sub" / "circle").symlink_to(lying)
said = run(leat, "predict", scratch / "skipping", lying, "--plugin", plugin, "--out", scratch / "circle", expected=2)
check("a circle of links is refused with its two folders", "sub/circle` is a link to `" in said and "a folder that contains it" in said, said)

# Patients are those of the headers: what is judged may not be of a patient that trains.
for folder, name in (("learned", "MR_small.dcm"), ("judged", "MR_small_RLE.dcm"), ("others", "CT_small.dcm")):
    (scratch / folder).mkdir()
    shutil.copy(files / name, scratch / folder / name)


def splits(judged, more=""):
    """A graph that trains on one folder and judges by another."""
    (scratch / "splits.yaml").write_text(
        "leat: 1\nresources:\n  learned: {uses: dicom.folder, with: {path: learned}}\n  judged: {uses: dicom.folder, with: {path: " + judged + more + "}}\n"
        "phases:\n  train: {nodes: {pictures: {uses: dicom.images, with: {folder: learned}}, small: {uses: image.resize, in: pictures, with: {size: 32}}}}\n"
        "  test: {nodes: {pictures: {uses: dicom.images, with: {folder: judged}}, small: {uses: image.resize, in: pictures, with: {size: 32}}}}\n"
        "plan: {train: {phase: train, steps: 1}, then: [test]}\n")
    return scratch / "splits.yaml"


patient = str(read["MR_small"].PatientID)
said = run(leat, "check", splits("judged"), "--plugin", plugin, expected=2)
check("a patient of two folders is refused", f"`train` trains on `learned` and `test` evaluates on `judged`, but the two share 1 patient (`{patient}`)" in said, said)
run(leat, "check", splits("judged", ", shares_with: [learned]"), "--plugin", plugin)
run(leat, "check", splits("others"), "--plugin", plugin)

(scratch / "kit.yaml").write_text(
    "leat: 1\nresources: {files: {uses: dicom.folder, with: {path: " + str(files) + "}}}\n"
    "phases: {predict: {nodes: {pictures: {uses: dicom.images, with: {folder: files, batch: 3}}, masks: {uses: dicom.masks, in: pictures, with: {masks: [lungs]}}}}}\nplan: {then: [predict]}\n")
said = run(leat, "plugin", "check", plugin, scratch / "kit.yaml")
check("its types keep what nodes promise", "no broken promise found" in said, said)

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

end(scratch)
