"""What scripts share that break runs off and go on with them: how runs are begun, and how what they leave is read and compared."""
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

poll_s = 0.001
# Each is compared in its own way, or says when and not what.
compared_apart = {"events.log", "lock", "manifest.json", "metrics.jsonl", "results.json"}


class Failure(Exception):
    pass


def tensors(path):
    """Name: (type, shape, bytes) of each tensor in a safetensors file. Raises ValueError or struct.error if it is not whole."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
    if len(content) != 8 + length + max((entry["data_offsets"][1] for entry in header.values()), default=0):
        raise ValueError("it is cut, or has more than its tensors")
    out = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        out[name] = (entry["dtype"], tuple(entry["shape"]), content[8 + length + begin:8 + length + end])
    return out


def files_of(folder):
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def differences(expected, found):
    """What two finished runs do not share, a sentence each."""
    out = []
    ours, theirs = files_of(expected), files_of(found)
    for name in sorted(ours.keys() ^ theirs.keys()):
        out.append(f"{name} is only in {'the unbroken run' if name in ours else 'the resumed run'}")
    for name in sorted(ours.keys() & theirs.keys()):
        if name.endswith(".safetensors"):
            one, other = tensors(ours[name]), tensors(theirs[name])
            out += [f"{name}: `{tensor}`" for tensor in sorted(one.keys() | other.keys()) if one.get(tensor) != other.get(tensor)]
        elif ours[name].name not in compared_apart and ours[name].read_bytes() != theirs[name].read_bytes():
            out.append(name)
    results = [json.loads((folder / "results.json").read_text()) for folder in (expected, found)]
    out += [f"results.json: `{key}`" for key in ("phases", "steps", "parameters", "seed") if results[0][key] != results[1][key]]
    lines = (found / "metrics.jsonl").read_text().splitlines()
    steps = [(line["phase"], line["step"]) for line in map(json.loads, lines)]
    if len(set(steps)) != len(steps):
        out.append("metrics.jsonl has a step twice")
    if lines != (expected / "metrics.jsonl").read_text().splitlines():
        out.append("metrics.jsonl")
    return out


def kept_files(folder):
    """The files of a run that are meant to be read: not what is still being written beside them."""
    return {name: path for name, path in files_of(folder).items() if not any(part.endswith((".new", ".old", ".part")) for part in pathlib.Path(name).parts)}


def unreadable(folder):
    """The files of a run, ended anyhow, that cannot be read whole, a sentence each."""
    out = []
    for name, path in sorted(kept_files(folder).items()):
        try:
            if name.endswith(".safetensors"):
                tensors(path)
            elif name.endswith(".json"):
                json.loads(path.read_text())
            elif name.endswith(".jsonl"):
                text = path.read_text()
                if text and not text.endswith("\n"):
                    raise ValueError("its last line is cut")
                for line in text.splitlines():
                    json.loads(line)
        except (KeyError, ValueError, struct.error) as error:
            out.append(f"{name}: {error}")
    return out


class Runs:
    """The runs of one graph. What they say is in log.txt."""

    def __init__(self, options):
        self.options = options
        self.log = options.out / "log.txt"

    def start(self, arguments):
        log = self.log.open("ab")
        log.write(("\n$ leat " + " ".join(map(str, arguments)) + "\n").encode())
        log.flush()
        plugins = [word for one in self.options.plugin for word in ("--plugin", one)]
        return subprocess.Popen([self.options.leat, *plugins, *map(str, arguments)], stdout=log, stderr=log)

    def begin(self, folder):
        settings = [word for one in self.options.set for word in ("--set", one)]
        device, seed = self.options.device, self.options.seed
        return self.start(["run", self.options.graph, *settings, "--device", device, "--seed", seed, "--out", folder])

    def resume(self, folder):
        return self.start(["run", "--resume", folder])

    def finish(self, process):
        if process.wait() != 0:
            raise Failure(f"a run ended with {process.returncode}:\n{self.last_words()}")

    def last_words(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])

    @staticmethod
    def wait_for(process, path):
        """True when the path is there, False when the process ended before."""
        while not path.exists():
            if process.poll() is not None:
                return False
            time.sleep(poll_s)
        return True


def add_options(parser):
    parser.add_argument("leat", type=pathlib.Path)
    parser.add_argument("graph", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn here and of the runs")
    parser.add_argument("--device", default="cpu:2")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--plugin", action="append", default=[], metavar="PATH")
    parser.add_argument("--out", type=pathlib.Path, help="a folder for the runs; a temporary one if none is named")


def make_folder(options, prefix):
    """True: a temporary one."""
    is_temporary = options.out is None
    options.out = pathlib.Path(tempfile.mkdtemp(prefix=prefix)) if is_temporary else options.out
    options.out.mkdir(parents=True, exist_ok=True)
    return is_temporary


def conclude(options, is_temporary, broken, told):
    """Prints the last line, and removes a temporary folder where nothing is broken. Returns the exit code."""
    print(json.dumps(told))
    if broken:
        print(f"the runs are in {options.out}", file=sys.stderr)
        return 1
    if is_temporary:
        shutil.rmtree(options.out)
    return 0
