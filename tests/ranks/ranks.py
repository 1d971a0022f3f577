"""Trainings on several ranks as processes: ranks.py LEAT SCRATCH [--kills N] [--seed S]

Compares them with one process, kills and stops ranks under torchrun and under `leat run --ranks`, and looks at what they say. Needs PyTorch's
Python beside the build's LibTorch; ends with 77 without it.
"""

import argparse
import filecmp
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

GRAPH = """leat: 1
resources:
  net: {uses: model.multitask_unet, with: {channels: [4, 8], classes: [NORMAL, PNEUMONIA], masks: [lungs], bias: false, dropout: 0.2}}
  adam: {uses: optim.adam, with: {model: net, lr: 1.0e-2}}
phases:
  train:
    nodes:
      chests: {uses: io.chest, with: {hospital: A, split: labelled, count: 12, batch: 8}}
      others: {uses: io.chest, with: {hospital: [A, B], split: unlabelled, count: 30, batch: 6}}
      weak: {uses: augment.weak, in: others.image}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      more: {uses: tensor.normalize, in: weak, with: {model: net}}
      masks: {uses: tensor.masks, in: chests.mask}
      teacher: {uses: model.encode, in: more, with: {model: net, weights: ema, detached: true}}
      judged: {uses: model.classify, in: teacher, with: {model: net, weights: ema}}
      gate:
        uses: gate.confidence
        in: {logits: judged, truth: others.known_label}
        with: {thresholds: free, alignment: uniform, balance: true, classes: [NORMAL, PNEUMONIA]}
      encode: {uses: model.encode, in: batch, with: {model: net, mode: train}}
      classes: {uses: model.classify, in: encode, with: {model: net}}
      lungs: {uses: model.segment, in: {features: encode, image: batch}, with: {model: net, mode: train}}
      strong: {uses: model.encode, in: more, with: {model: net, mode: train}}
      guessed: {uses: model.classify, in: strong, with: {model: net}}
      class_loss: {uses: loss.cross_entropy, in: {logits: classes, label: chests.label}}
      pseudo_loss: {uses: loss.pseudo_label, in: {logits: guessed, pseudo: gate.pseudo, weight: gate.weight}}
      lung_loss: {uses: loss.dice, in: {logits: lungs, mask: masks}}
      loss: {uses: loss.total, in: {terms: {classes: class_loss, pseudo: pseudo_loss, lungs: lung_loss}}}
      step: {uses: train.step, in: loss, with: {optimizer: adam, clip: 2, ema: true}}
  validate:
    nodes:
      chests: {uses: io.chest, with: {hospital: B, split: test, count: 12, batch: 5}}
      batch: {uses: tensor.normalize, in: chests.image, with: {model: net}}
      encode: {uses: model.encode, in: batch, with: {model: net, weights: ema}}
      scores: {uses: model.classify, in: encode, with: {model: net, weights: ema}}
      classes: {uses: metric.classification, in: {logits: scores, label: chests.label}, with: {classes: [NORMAL, PNEUMONIA]}}
plan:
  train: {phase: train, steps: STEPS, checkpoint_every: 7, validate: every 20 steps, keep: {best: [validate.classes.auc]}}
  then: [validate]
"""


class Failed(Exception):
    pass


def check(holds, *what):
    if not holds:
        raise Failed(" ".join(str(one) for one in what))


class Tests:
    def __init__(self, leat, scratch):
        self.leat, self.scratch = leat, scratch
        self.graph = scratch / "graph.yaml"

    def write_graph(self, steps):
        self.graph.write_text(GRAPH.replace("STEPS", str(steps)))

    def run_words(self, out, *more):
        return ["run", str(self.graph), "--out", str(out), "--device", "cpu:1", "--seed", "3", *more]

    def by_leat(self, out, ranks, *more):
        return [self.leat, *self.run_words(out, *more), *(["--ranks", str(ranks)] if ranks > 1 else [])]

    def by_torchrun(self, out, ranks, *more, restarts=3):
        return [sys.executable, "-m", "torch.distributed.run", "--no-python", "--nproc-per-node", str(ranks), "--max-restarts", str(restarts),
                "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0", self.leat, *self.run_words(out, *more)]

    def start(self, words, variables=None):
        environment = {**os.environ, **(variables or {})}
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, env=environment)

    def by_hand(self, commands, sizes=None):
        """Starts one rank for each command, with the variables that torchrun sets. Returns codes and texts."""
        port = free_port()
        processes = []
        for rank, words in enumerate(commands):
            size = str(sizes[rank] if sizes else len(commands))
            processes.append(self.start(words, {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size,
                                                "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}))
        texts = [process.communicate(timeout=120)[0] for process in processes]
        return [process.returncode for process in processes], texts

    def done(self, words, code=0, limit=300):
        process = self.start(words)
        text, _ = process.communicate(timeout=limit)
        check(process.returncode == code, f"exit code {process.returncode}, not {code}:\n{text}")
        return text


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def results_of(out):
    return json.loads((out / "results.json").read_text())


def lines_of(out):
    file = out / "metrics.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def steps_of(out):
    return sum(line["phase"] == "train" for line in lines_of(out))


def wait_for_steps(out, steps, process, limit=120):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            if steps_of(out) >= steps:
                return
        except json.JSONDecodeError:
            pass  # A line is being written.
        check(process.poll() is None, "the run ended before step", steps, process.stdout.read() if process.poll() is not None else "")
        time.sleep(0.01)
    raise Failed(f"no step {steps} in {limit} s")


def ranks_of(out):
    """The processes of a run, by rank."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            environment = dict(one.split(b"=", 1) for one in (folder / "environ").read_bytes().split(b"\0") if b"=" in one)
            state = (folder / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except (OSError, IndexError):
            continue
        if str(out).encode() in words and b"RANK" in environment and b"leat" in words[0] and state != "Z":
            found[int(environment[b"RANK"])] = int(folder.name)
    return found


def check_equal(one, other):
    """The last checkpoints and the metrics have the same bytes."""
    for name in sorted(path.name for path in (one / "checkpoints/last").glob("*.safetensors")):
        check(filecmp.cmp(one / "checkpoints/last" / name, other / "checkpoints/last" / name, shallow=False), name, "of", other, "differs")
    check((one / "metrics.jsonl").read_bytes() == (other / "metrics.jsonl").read_bytes(), "the metrics of", other, "differ")


def test_near_one_process(tests):
    """Ranks started by both have the losses of one process."""
    tests.write_graph(25)
    tests.done(tests.by_leat(tests.scratch / "one", 1))
    tests.done(tests.by_leat(tests.scratch / "two", 2))
    tests.done(tests.by_torchrun(tests.scratch / "torchrun", 2))
    check_equal(tests.scratch / "two", tests.scratch / "torchrun")
    for one, two in zip(lines_of(tests.scratch / "one"), lines_of(tests.scratch / "two"), strict=True):
        check(one["phase"] == two["phase"] and one["step"] == two["step"], "other steps")
        for name, value in one["metrics"].items():
            if name.endswith(".loss") and one["phase"] == "train":
                check(abs(value - two["metrics"][name]) <= 1e-3 * max(1, abs(value)), name, value, two["metrics"][name])


def test_kills(tests, kills, seed):
    """A rank is killed at a random step, also rank 0; torchrun starts all again; the end has the bits of the undisturbed run."""
    tests.write_graph(60)
    rng = random.Random(seed)
    for ranks in (2, 3):
        tests.done(tests.by_leat(tests.scratch / f"undisturbed-{ranks}", ranks))
    for number in range(kills):
        ranks, rank = (2, number % 2) if number % 3 else (3, rng.randrange(3))
        out, step = tests.scratch / f"killed-{number}", rng.randrange(1, 58)
        process = tests.start(tests.by_torchrun(out, ranks, "--rank-timeout", "20"))
        wait_for_steps(out, step, process)
        killed = ranks_of(out).get(rank)
        if killed:
            os.kill(killed, signal.SIGKILL)
        text, _ = process.communicate(timeout=300)
        check(process.returncode == 0, f"kill {number}, rank {rank} of {ranks} at step {step}: {process.returncode}\n{text}")
        check_equal(tests.scratch / f"undisturbed-{ranks}", out)
        shutil.rmtree(out)
        print(f"  kill {number}: rank {rank} of {ranks} at step {step}", flush=True)


def test_stops(tests):
    """Ctrl-C and SIGTERM stop all ranks at one border; another number of ranks goes on to the same samples."""
    tests.write_graph(120)
    for number, (how, sent) in enumerate((("leat", signal.SIGINT), ("leat", signal.SIGTERM), ("torchrun", signal.SIGTERM))):
        out = tests.scratch / f"stopped-{number}"
        process = tests.start(tests.by_leat(out, 2) if how == "leat" else tests.by_torchrun(out, 2, restarts=0))
        wait_for_steps(out, 10, process)
        os.kill(process.pid, sent)
        text, _ = process.communicate(timeout=120)
        check(not ranks_of(out), "ranks are left:", text)
        check(process.returncode == 130 or how == "torchrun", process.returncode, text)
        check(10 <= steps_of(out) < 120, steps_of(out), text)
        check("interrupted after" in text, text)
        tests.done([tests.leat, "run", "--resume", str(out), *(["--ranks", "3"] if number == 0 else [])])
        check(steps_of(out) == 120, steps_of(out))


def test_loss_of_a_rank(tests):
    """Without a restart, the others end with a sentence that names the rank that was killed, or that gives no sign of life."""
    tests.write_graph(100000)
    for number, (rank, sent, timeout) in enumerate(((1, signal.SIGKILL, 60), (0, signal.SIGKILL, 60), (1, signal.SIGSTOP, 4), (0, signal.SIGSTOP, 4))):
        out = tests.scratch / f"lost-{number}"
        process = tests.start(tests.by_leat(out, 2, "--rank-timeout", str(timeout)))
        wait_for_steps(out, 5, process)
        lost = ranks_of(out)[rank]
        os.kill(lost, sent)
        text, _ = process.communicate(timeout=120)
        check(process.returncode == 1, process.returncode, text)
        check(f"rank {rank} (" in text and str(lost) in text, text)
        check(text.count("error: ") == 1, "the loss is said more than once:", text)


def test_loss_in_a_validation(tests):
    """Rank 0 validates alone for half a minute. It ends within some seconds if another rank is killed then."""
    tests.write_graph(10)
    text = tests.graph.read_text().replace("split: test, count: 12, batch: 5", "split: test, count: 20000, batch: 2").replace("every 20 steps", "every 5 steps")
    tests.graph.write_text(text)
    out = tests.scratch / "lost"
    process = tests.start(tests.by_leat(out, 2))
    wait_for_steps(out, 5, process)
    time.sleep(1)
    lost, began = ranks_of(out)[1], time.monotonic()
    os.kill(lost, signal.SIGKILL)
    text, _ = process.communicate(timeout=120)
    check(time.monotonic() - began < 15, "the end took", time.monotonic() - began, "s")
    check(process.returncode == 1, process.returncode, text)
    check("rank 1 (" in text and str(lost) in text, text)


def test_written_files(tests):
    """A node that writes a file for each sample of the training writes those of all ranks."""
    tests.write_graph(6)
    text = tests.graph.read_text().replace("      masks: {uses", "      files: {uses: write.image, in: {mask: chests.mask}, with: {masks: [lungs]}}\n      masks: {uses")
    tests.graph.write_text(text)
    tests.done(tests.by_leat(tests.scratch / "one", 1))
    tests.done(tests.by_leat(tests.scratch / "two", 2))
    one, two = (sorted(path.relative_to(tests.scratch / run) for path in (tests.scratch / run / "masks").rglob("*.png")) for run in ("one", "two"))
    check(len(one) == 12, len(one), "files of one process")
    check([path.name for path in one] == [path.name for path in two], one, two)


def test_short_stop(tests):
    """A rank that is stopped for some seconds delays the others, and nothing else."""
    tests.write_graph(60)
    tests.done(tests.by_leat(tests.scratch / "alone", 2))
    out = tests.scratch / "paused"
    process = tests.start(tests.by_leat(out, 2))
    wait_for_steps(out, 5, process)
    paused = ranks_of(out)[1]
    os.kill(paused, signal.SIGSTOP)
    time.sleep(10)
    os.kill(paused, signal.SIGCONT)
    text, _ = process.communicate(timeout=120)
    check(process.returncode == 0, process.returncode, text)
    check_equal(tests.scratch / "alone", out)


def test_refusals(tests):
    """What cannot work is refused before the first step, by all ranks, and said once."""
    tests.write_graph(10)
    text = tests.done(tests.by_leat(tests.scratch / "many", 9), code=2)
    check(text.count("but 9 ranks share each batch") == 2, text)  # Two batches are too small.
    check("device lane" not in text, text)
    text = tests.done([tests.leat, "run", str(tests.scratch / "none.yaml"), "--ranks", "3"], code=2)
    check(text.count("error: cannot read") == 1, text)

    one = [tests.leat, *tests.run_words(tests.scratch / "one")]
    codes, texts = tests.by_hand([one, [tests.leat, *tests.run_words(tests.scratch / "other")]])
    check(codes == [2, 2] and "other, but rank 0 has --out" in texts[0] and texts[1] == "", codes, *texts)
    codes, texts = tests.by_hand([one, one], sizes=[2, 3])
    check(codes == [1, 1] and "is one of 3 ranks, but rank 0 (" in texts[0], codes, *texts)
    other = tests.scratch / "other.yaml"
    other.write_text(tests.graph.read_text().replace("count: 12, batch: 8", "count: 13, batch: 8"))
    codes, texts = tests.by_hand([one, [str(other) if word == str(tests.graph) else word for word in one]])
    check(codes == [1, 1] and "has another graph than rank 0: line " in texts[0] and "count: 13" in texts[0], codes, *texts)
    check("error" not in texts[1], texts[1])


def test_other_number(tests):
    """A run goes on with another number of ranks. Its hints and results say so."""
    tests.write_graph(40)
    out = tests.scratch / "run"
    process = tests.start([tests.leat, "run", str(tests.graph), "--out", str(out), "--seed", "3", "--ranks", "2"])
    wait_for_steps(out, 10, process)
    os.kill(process.pid, signal.SIGINT)
    text, _ = process.communicate(timeout=120)
    check(f"continue with: leat run --resume {out} --ranks 2" in text, text)
    before = steps_of(out)
    text = tests.done([tests.leat, "run", "--resume", str(out)])
    check(f"the run continues after {before} training steps" in text, text)
    results = results_of(out)
    changed = f"the number of ranks has changed: 2 ranks computed steps 1 to {before}, one process computed steps from {before + 1} on"
    check(any(changed in one for one in results["disclosures"]), results["disclosures"])
    check(results["ranks"] == 1, results["ranks"])


def test_old_folder(tests):
    """torchrun's restarts go on with a run that torchrun began, not with an older one in the same folder."""
    tests.write_graph(10)
    out = tests.scratch / "run"
    tests.done(tests.by_leat(out, 2))
    (out / "results.json").unlink()
    before = (out / "metrics.jsonl").read_bytes()
    process = tests.start(tests.by_torchrun(out, 2, restarts=1))
    text, _ = process.communicate(timeout=120)
    check(process.returncode != 0 and "already holds a run" in text, process.returncode, text)
    check((out / "metrics.jsonl").read_bytes() == before and not (out / "results.json").exists(), "the older run went on", text)


def test_stop_at_the_end(tests):
    """Rank 0 runs the last phase alone. It stops if another rank is asked to."""
    tests.write_graph(10)
    tests.graph.write_text(tests.graph.read_text().replace("split: test, count: 12, batch: 5", "split: test, count: 20000, batch: 2")
                           .replace(", validate: every 20 steps, keep: {best: [validate.classes.auc]}", ""))
    out = tests.scratch / "run"
    process = tests.start(tests.by_leat(out, 2))
    wait_for_steps(out, 10, process)
    time.sleep(1)
    os.kill(ranks_of(out)[1], signal.SIGTERM)
    text, _ = process.communicate(timeout=60)
    check(process.returncode == 130 and "interrupted after 10 training steps" in text, process.returncode, text)


def test_two_signals(tests):
    """A terminal and torchrun can each send a signal to a rank. Both together ask once."""
    tests.write_graph(100000)
    out = tests.scratch / "run"
    process = tests.start(tests.by_leat(out, 2))
    wait_for_steps(out, 5, process)
    for _ in range(2):
        for rank in ranks_of(out).values():
            os.kill(rank, signal.SIGTERM)
        time.sleep(0.05)
    text, _ = process.communicate(timeout=60)
    check(process.returncode == 130 and "interrupted after" in text, process.returncode, text)


def test_two_agents(tests):
    """Two torchruns, as on two machines, start two ranks each. A rank of one is killed, and all go on."""
    tests.write_graph(60)
    tests.done(tests.by_leat(tests.scratch / "alone", 4))
    out, port = tests.scratch / "run", free_port()
    words = [sys.executable, "-m", "torch.distributed.run", "--no-python", "--nnodes", "2", "--nproc-per-node", "2", "--max-restarts", "3", "--rdzv-id", "test",
             "--rdzv-backend", "c10d", "--rdzv-endpoint", f"127.0.0.1:{port}", tests.leat, *tests.run_words(out, "--rank-timeout", "10")]
    agents = [tests.start(words), tests.start(words)]
    for step in (5, 25):
        wait_for_steps(out, step, agents[0])
        killed = {}
        while len(killed) < 4:
            killed = ranks_of(out)
        os.kill(killed[3], signal.SIGKILL)
        while ranks_of(out).get(3, killed[3]) == killed[3]:
            time.sleep(0.1)
    texts = [agent.communicate(timeout=200)[0] for agent in agents]
    check([agent.returncode for agent in agents] == [0, 0], [agent.returncode for agent in agents], *texts)
    check_equal(tests.scratch / "alone", out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("leat")
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    if subprocess.run([sys.executable, "-c", "import torch.distributed.run"], capture_output=True).returncode != 0:
        print("skipped: PyTorch's Python, with torchrun, is not there")
        return 77
    failed = 0
    for test in (test_near_one_process, test_refusals, lambda t: test_kills(t, options.kills, options.seed), test_stops, test_loss_of_a_rank,
                 test_loss_in_a_validation, test_written_files, test_short_stop, test_other_number, test_old_folder, test_stop_at_the_end,
                 test_two_signals, test_two_agents):
        name = getattr(test, "__name__", "").replace("<lambda>", "test_kills")
        if options.only and options.only not in name:
            continue
        folder = options.scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        began = time.monotonic()
        try:
            test(Tests(options.leat, folder))
            print(f"{name}: passed in {time.monotonic() - began:.0f} s", flush=True)
        except (Failed, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"{name}: FAILED: {error}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
