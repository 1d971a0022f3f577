"""Runs the peers over budgets of labels or masks and over seeds, one thread each, and skips what has finished.

  curve.py --data DATA --leat build/leat --out CURVE
  curve.py --data DATA --leat build/leat --out CURVE --systems fixmatch freematch --labels 100 --seeds 0 1 2 3 4

The lists of a budget are those that `leat run lists.yaml` draws: those of a run of multimix.yaml with the same seed and budget.
CURVE/SYSTEM/labels-100/seed-0 is a run; CURVE/SYSTEM/labels-100/log-0.txt is what it said. Stopped, it may be begun again.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SYSTEMS = {  # name: (what is scarce, script and options)
    "classifier": ("labels", ["supervised_classifier.py"]),
    "classifier-randaugment": ("labels", ["supervised_classifier.py", "--augment", "randaugment"]),
    "classifier-tone": ("labels", ["supervised_classifier.py", "--augment", "tone"]),
    "classifier-standardized": ("labels", ["supervised_classifier.py", "--norm", "standardized"]),
    "classifier-standardized-tone": ("labels", ["supervised_classifier.py", "--norm", "standardized", "--augment", "tone"]),
    "classifier-instance": ("labels", ["supervised_classifier.py", "--norm", "instance"]),
    "classifier-instance-randaugment": ("labels", ["supervised_classifier.py", "--norm", "instance", "--augment", "randaugment"]),
    "classifier-instance-tone": ("labels", ["supervised_classifier.py", "--norm", "instance", "--augment", "tone"]),
    "fixmatch": ("labels", ["semi_supervised.py", "--algorithm", "fixmatch"]),
    "fixmatch-instance": ("labels", ["semi_supervised.py", "--algorithm", "fixmatch", "--norm", "instance"]),
    "freematch": ("labels", ["semi_supervised.py", "--algorithm", "freematch"]),
    "freematch-instance": ("labels", ["semi_supervised.py", "--algorithm", "freematch", "--norm", "instance"]),
    "unet-flip": ("masks", ["supervised_unet.py", "--augment", "flip"]),
    "unet": ("masks", ["supervised_unet.py"]),
    "unet-instance": ("masks", ["supervised_unet.py", "--norm", "instance"]),
    "unet-standardized": ("masks", ["supervised_unet.py", "--norm", "standardized"]),
}


def words(seconds):
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def draw_lists(options, scarce, budget, seed):
    """The folder whose splits/ hold the lists of this budget and seed."""
    folder = options.out / "lists" / f"{scarce}-{budget}-seed-{seed}"
    if (folder / "results.json").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    budgets = ["--set", f"{'class_labels' if scarce == 'labels' else 'mask_labels'}={budget}"]
    command = [
        options.leat,
        "run",
        HERE / "lists.yaml",
        "--set",
        f"data={options.data.resolve()}",
        *budgets,
        "--seed",
        str(seed),
        "--out",
        folder,
    ]
    done = subprocess.run(command + ["--device", "cpu:1", "--threads", "1"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"the lists of {folder.name} could not be drawn:\n{done.stderr}")
    return folder


class Job:
    """One run of one system."""

    def __init__(self, options, system, budget, seed):
        self.scarce, self.command = SYSTEMS[system]
        self.options, self.system, self.budget, self.seed = options, system, budget, seed
        self.folder = options.out / system / f"{self.scarce}-{budget or 'all'}" / f"seed-{seed}"
        self.log = self.folder.with_name(f"log-{seed}.txt")  # Not seed-*: that is what reports are asked for.

    def is_finished(self):
        file = self.folder / "results.json"
        if not file.exists():
            return False
        results = json.loads(file.read_text())
        if (results["steps"], results["parameters"]["size"]) != (self.options.steps, self.options.size):
            sys.exit(f"{self.folder} has finished with other --steps or --size: name another --out")
        return True

    def start(self):
        lists = draw_lists(self.options, self.scarce, self.budget, self.seed)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        script, *more = self.command
        data, folder, seed, steps = self.options.data, self.folder, self.seed, self.options.steps
        command = [
            sys.executable,
            HERE / script,
            *more,
            "--data",
            data,
            "--lists",
            lists,
            "--out",
            folder,
            "--seed",
            seed,
            "--steps",
            steps,
        ]
        command += ["--size", self.options.size]
        # Two threads of one process would wait for each other beside the other runs.
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        self.begin = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=subprocess.STDOUT, env=environment)


def run_all(jobs, side_by_side):
    """Gives the jobs that failed."""
    waiting, running, failed, seconds, count = list(jobs), [], [], {}, len(jobs)
    try:
        while waiting or running:
            while waiting and len(running) < side_by_side:
                job = waiting.pop(0)
                job.start()
                running.append(job)
            time.sleep(0.5)
            for job in [job for job in running if job.process.poll() is not None]:
                running.remove(job)
                if not job.is_finished():
                    failed.append(job)
                seconds.setdefault(job.system, []).append(time.monotonic() - job.begin)
                print(progress(job, waiting + running, seconds, side_by_side, count), flush=True)
    finally:
        for job in running:
            job.process.terminate()
            job.process.wait()
    return failed


def progress(job, left, seconds, side_by_side, count):
    took = words(seconds[job.system][-1])
    said = f"done in {took}" if job.is_finished() else f"failed after {took}, see {job.log}"
    # A system that has not run yet is taken to be as long as those that have.
    known = [one for of_system in seconds.values() for one in of_system]
    expected = sum(sum(of) / len(of) for of in (seconds.get(one.system, known) for one in left)) / side_by_side
    return f"{count - len(left)}/{count} {job.folder}: {said}" + (f"; about {words(expected)} left" if left else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the folder with chex/, jsrt/, mcu/ and nihx/")
    parser.add_argument("--leat", type=pathlib.Path, required=True, help="the program that draws the lists")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=["classifier", "unet"])
    parser.add_argument("--labels", nargs="+", type=int, default=[25, 50, 100, 200, 400, 1000])
    parser.add_argument("--masks", nargs="+", type=int, default=[5, 10, 20, 50, 0], help="0: all, which are 111")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2, help="runs side by side")
    options = parser.parse_args()
    if not options.leat.is_file():
        parser.error(f"there is no program {options.leat}")
    options.leat = options.leat.resolve()
    # Seeds outside, so that a curve that was stopped has all budgets of the first.
    jobs = [
        Job(options, system, budget, seed)
        for seed in options.seeds
        for system in options.systems
        for budget in (options.labels if SYSTEMS[system][0] == "labels" else options.masks)
    ]
    # As Ctrl-C: the runs side by side are stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    left = [job for job in jobs if not job.is_finished()]
    print(f"{len(jobs) - len(left)} of {len(jobs)} runs have finished before", flush=True)
    failed = run_all(left, options.jobs)
    if failed:
        sys.exit(f"{len(failed)} of {len(jobs)} runs failed: " + ", ".join(str(job.folder) for job in failed))


if __name__ == "__main__":
    main()
