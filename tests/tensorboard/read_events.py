"""Event files, read by the real TensorBoard: read_events.py LEAT GRAPH SCRATCH

A run with `--tensorboard`, the same run stopped and resumed with it, and one that gets its file later all show every metric of metrics.jsonl at its
step, and times that do not fall. Exits with 77 where there is no tensorboard package.
"""
import json
import math
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from script import check, end, run, skip  # noqa: E402

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError as missing:
    skip(missing)

leat, graph, scratch = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
settings = ["--set", "tests=20", "--set", "unlabelled=40", "--set", "checkpoint_every=3"]


def check_events(name, folder):
    """TensorBoard finds what metrics.jsonl says, no more and no less."""
    expected = {}
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        entry = json.loads(line)
        for metric, value in entry["metrics"].items():
            expected.setdefault(f"{entry['phase']}/{metric}", []).append((entry["step"], math.nan if value is None else value))
    results = json.loads((folder / "results.json").read_text()) if (folder / "results.json").exists() else {"phases": {}}
    for phase, metrics in results["phases"].items():
        if phase not in {tag.split("/")[0] for tag in expected}:
            expected |= {f"{phase}/{metric}": [(results["steps"], math.nan if value is None else value)] for metric, value in metrics.items()}
    events = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    found = {tag: events.Scalars(tag) for tag in events.Tags()["scalars"]}
    check(f"{name}: all {len(expected)} metrics", set(found) == set(expected), str(set(found) ^ set(expected)))
    same = all(len(found[tag]) == len(values) and all(one.step == step and (math.isclose(one.value, value, rel_tol=1e-6) or math.isnan(value) and math.isnan(one.value))
                                                     for one, (step, value) in zip(found[tag], values)) for tag, values in expected.items() if tag in found)
    check(f"{name}: every value at its step", same)
    times = [one.wall_time for one in found["train/multimix_loss.loss"]]
    check(f"{name}: what is measured once the training is through comes then", all(times[-1] <= one.wall_time for tag, values in found.items() for one in values if not tag.startswith("train/")))
    check(f"{name}: times rise, up to now", times == sorted(times) and times[0] < times[-1] and 0 <= time.time() - times[-1] < 3600, str(times))


shutil.rmtree(scratch, ignore_errors=True)
scratch.mkdir(parents=True)
run(leat, "run", graph, *settings, "--set", "steps=8", "--tensorboard", "--out", scratch / "live")
check_events("while it runs", scratch / "live")

run(leat, "run", graph, *settings, "--set", "steps=8", "--out", scratch / "later")
check("without the option there is no event file", not (scratch / "later/tensorboard").exists())
print(run(leat, "tensorboard", scratch / "later").strip())
check_events("afterwards", scratch / "later")

stopped = scratch / "stopped"
child = subprocess.Popen([leat, "run", graph, *settings, "--set", "steps=60", "--tensorboard", "--out", str(stopped)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while not (stopped / "checkpoints/last/manifest.json").exists() and child.poll() is None:
    time.sleep(0.05)
child.send_signal(signal.SIGKILL)
child.wait()
begun = len((stopped / "metrics.jsonl").read_text().splitlines())
child = subprocess.Popen([leat, "run", "--resume", str(stopped), "--tensorboard"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while len((stopped / "metrics.jsonl").read_text().splitlines()) < begun + 4 and child.poll() is None:
    time.sleep(0.05)
child.send_signal(signal.SIGINT)
child.wait()
check_events("killed, resumed and stopped", stopped)

end(scratch)
