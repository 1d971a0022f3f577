"""Kills runs with SIGKILL at seeded moments, resumes them, and demands what one unbroken run gave.

  kill.py build/leat graphs/demo.yaml --kills 20 --seed 0 --set steps=60 --set checkpoint_every=5 --set tests=20 --set unlabelled=100

Of the kills at least 15 in 100 come while a checkpoint is written (`checkpoints/last.new` is there when the process is dead), a tenth
before the first checkpoint, the others anywhere after it; every third run is killed once more while it resumes. A resumed run has to end
with the same tensors in its checkpoints bit for bit, the same phases in results.json, the same metrics.jsonl with no step twice, and the
same other files. The last line printed is one JSON object. Exit code: 0, 1 something differs, 2 a command failed.
"""
import argparse
import json
import math
import pathlib
import random
import shutil
import signal
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
    """Name: (type, shape, bytes) of each tensor in a safetensors file."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    header.pop("__metadata__", None)
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


class Killer:
    def __init__(self, options):
        self.options = options
        self.log = options.out / "log.txt"

    def start(self, arguments):
        log = self.log.open("ab")
        log.write(("\n$ leat " + " ".join(map(str, arguments)) + "\n").encode())
        log.flush()
        return subprocess.Popen([self.options.leat, *map(str, arguments)], stdout=log, stderr=log)

    def begin(self, folder):
        settings = [word for one in self.options.set for word in ("--set", one)]
        device, seed = self.options.device, self.options.seed
        return self.start(["run", self.options.graph, *settings, "--device", device, "--seed", seed, "--out", folder])

    def resume(self, folder):
        return self.start(["run", "--resume", folder])

    def finish(self, process):
        if process.wait() != 0:
            raise Failure(f"a run ended with {process.returncode}:\n" + "\n".join(self.log.read_text().splitlines()[-5:]))

    @staticmethod
    def wait_for(process, path):
        """True when the path is there, False when the process ended before."""
        while not path.exists():
            if process.poll() is not None:
                return False
            time.sleep(poll_s)
        return True

    @staticmethod
    def kill(process):
        """False: it had ended by itself."""
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def measure(self, folder):
        """The unbroken run, and how long it took before and after its first checkpoint."""
        begin = time.monotonic()
        process = self.begin(folder)
        self.wait_for(process, folder / "graph.yaml")
        opened = time.monotonic()
        self.wait_for(process, folder / "checkpoints/last/manifest.json")
        first = time.monotonic()
        self.finish(process)
        self.before_s, self.after_s = first - opened, time.monotonic() - first
        return time.monotonic() - begin

    def kill_early(self, folder, draw):
        process = self.begin(folder)
        self.wait_for(process, folder / "graph.yaml")
        time.sleep(draw.random() * 0.8 * self.before_s)
        was_killed = self.kill(process)
        return was_killed and not (folder / "checkpoints/last").exists()

    def kill_late(self, folder, draw):
        process = self.begin(folder)
        self.wait_for(process, folder / "checkpoints/last/manifest.json")
        time.sleep(draw.random() * 0.95 * self.after_s)
        return self.kill(process)

    def kill_in_write(self, folder, draw):
        """After the first checkpoint, while a drawn one of the next is written."""
        process = self.begin(folder)
        written = folder / "checkpoints/last.new"
        self.wait_for(process, folder / "checkpoints/last/manifest.json")
        for _ in range(draw.randint(1, self.options.writes)):
            while written.exists() and process.poll() is None:
                time.sleep(poll_s)
            if not self.wait_for(process, written):
                return False
        time.sleep(draw.random() * 0.01)
        return self.kill(process) and written.exists()

    def once(self, number, kind):
        """One run killed, resumed and compared; what happened in words."""
        for attempt in range(20):
            draw = random.Random(f"{self.options.seed}/{number}/{attempt}")
            folder = self.options.out / f"killed-{number}"
            shutil.rmtree(folder, ignore_errors=True)
            if getattr(self, "kill_" + kind)(folder, draw):
                break
        else:
            raise Failure(f"no moment was found for a kill of kind {kind}")
        manifest = folder / "checkpoints/last/manifest.json"
        at = json.loads(manifest.read_text())["steps"] if manifest.exists() else 0
        again = number % 3 == 2
        if again:
            process = self.resume(folder)
            time.sleep(draw.random() * 0.8 * self.after_s)
            again = self.kill(process)
        self.finish(self.resume(folder))
        found = differences(self.options.out / "unbroken", folder)
        words = f"{kind}, checkpoint of step {at}{', killed again' if again else ''}: {'; '.join(found) or 'the same bits'}"
        print(f"kill {number}: {words}", flush=True)
        if not found:
            shutil.rmtree(folder)
        return found


def kinds_of(kills):
    writes, early = math.ceil(kills * 0.15), kills // 10
    return ["in_write"] * writes + ["early"] * early + ["late"] * (kills - writes - early)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("leat", type=pathlib.Path)
    parser.add_argument("graph", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the kills and of the runs")
    parser.add_argument("--device", default="cpu:2")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--writes", type=int, default=8, help="a kill inside a write takes one of the first so many after the first")
    parser.add_argument("--out", type=pathlib.Path, help="a folder for the runs; a temporary one if none is named")
    options = parser.parse_args()
    is_temporary = options.out is None
    options.out = pathlib.Path(tempfile.mkdtemp(prefix="leat-kill-")) if is_temporary else options.out
    options.out.mkdir(parents=True, exist_ok=True)
    killer = Killer(options)
    kinds = kinds_of(options.kills)
    try:
        seconds = killer.measure(options.out / "unbroken")
        print(f"unbroken: {seconds:.1f} s", flush=True)
        broken = [number for number, kind in enumerate(kinds) if killer.once(number, kind)]
    except Failure as failure:
        print(f"{failure}\nthe runs are in {options.out}", file=sys.stderr)
        return 2
    print(json.dumps({"kills": len(kinds), "in_write": kinds.count("in_write"), "after_first_checkpoint": len(kinds) - kinds.count("early"),
                      "broken": broken, "unbroken_s": round(seconds, 1)}))
    if broken:
        print(f"the runs are in {options.out}", file=sys.stderr)
        return 1
    if is_temporary:
        shutil.rmtree(options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
