"""Sends signals to runs at seeded moments, goes on with what they leave, and demands what one unbroken run gave.

  interrupt.py build/leat graphs/demo.yaml --interrupts 200 --seed 0 --set steps=30 --set checkpoint_every=4 --set tests=20 --set unlabelled=100

The signals are SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 and SIGKILL, some of them twice. The moments are anywhere from the start of the
process to after the end of the run; of ten, one is in the first half second and two come just after results.json. A run is interrupted up to
four times, the finished one too, and then goes on to its end. After each signal the process ends within some seconds, with an exit code that
fits the signal; every file that was there is there, and can be read: JSON, lines of JSON, safetensors, and the event log by `leat
tensorboard`. The run that went on to its end has what kill.py demands. The last line printed is one JSON object. Exit code: 0, 1 something
is wrong, 2 a command failed.
"""
import argparse
import collections
import random
import shutil
import signal
import subprocess
import sys
import time

from runs import Failure, Runs, add_options, conclude, differences, kept_files, make_folder, unreadable

signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGKILL)


class Interrupter(Runs):
    def __init__(self, options):
        super().__init__(options)
        self.sent = collections.Counter()
        self.slowest_s = 0.0

    def measure(self, folder):
        begin = time.monotonic()
        self.finish(self.begin(folder))
        self.whole_s = time.monotonic() - begin

    def go_on(self, folder):
        return self.resume(folder) if (folder / "graph.yaml").exists() else self.begin(folder)

    def wait_for_moment(self, process, folder, draw):
        """Its name."""
        kind = draw.choice(["start", "end", "end"] + ["any"] * 7)
        if kind == "end":
            self.wait_for(process, folder / "results.json")
        longest_s = {"start": 0.5, "end": 0.1, "any": 1.05 * self.whole_s}[kind]
        try:
            process.wait(timeout=draw.random() * longest_s)
        except subprocess.TimeoutExpired:
            pass
        return kind

    def wait_for_end(self, process, told):
        begin = time.monotonic()
        try:
            process.wait(timeout=self.options.within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failure(f"a run had not ended {self.options.within} s after {told}:\n{self.last_words()}") from None
        self.slowest_s = max(self.slowest_s, time.monotonic() - begin)

    def interrupt(self, folder, draw):
        """Whether the process got a signal, and what was wrong, a sentence each; what happened is added to `self.told`."""
        before = kept_files(folder).keys()
        process = self.go_on(folder)
        kind = self.wait_for_moment(process, folder, draw)
        sent = []
        for _ in range(draw.choice([1, 1, 1, 2])):
            if process.poll() is not None:
                break
            sent.append(draw.choice(signals))
            process.send_signal(sent[-1])
            time.sleep(draw.random() * 0.05)
        names = " and ".join(one.name for one in sent) or "no signal"
        self.wait_for_end(process, names)
        self.sent.update(one.name for one in sent)
        self.told.append(f"{names} ({kind}): {process.returncode}")
        # 0: it came too late; 130: it did as asked; by a signal: SIGKILL, or one that came before the command listened.
        wrong = []
        if process.returncode not in (0, 130, *(-one for one in sent)):
            wrong.append(f"it ended with {process.returncode} after {names}:\n{self.last_words()}")
        after = kept_files(folder).keys()
        wrong += [f"{name} is gone after {names}" for name in sorted(before - after)]
        wrong += [f"after {names}: {sentence}" for sentence in unreadable(folder)]
        if (folder / "metrics.jsonl").exists():
            self.finish(self.start(["tensorboard", folder]))
            shutil.rmtree(folder / "tensorboard")
        return bool(sent), wrong

    def once(self, number, most):
        """One run, interrupted up to so many times: how often, and what was wrong with it."""
        draw = random.Random(f"{self.options.seed}/{number}")
        folder = self.options.out / f"interrupted-{number}"
        self.told, interrupts, wrong = [], 0, []
        for _ in range(min(most, draw.randint(1, 4))):
            was_sent, found = self.interrupt(folder, draw)
            interrupts += was_sent
            wrong += found
        self.finish(self.go_on(folder))
        wrong += unreadable(folder) + differences(self.options.out / "unbroken", folder)
        self.finish(self.start(["report", folder]))
        print(f"run {number}: {', '.join(self.told)}: {'; '.join(wrong) or 'the same bits'}", flush=True)
        if not wrong:
            shutil.rmtree(folder)
        return interrupts, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--interrupts", type=int, default=200)
    parser.add_argument("--within", type=float, default=10, help="seconds in which a process ends after a signal")
    options = parser.parse_args()
    is_temporary = make_folder(options, "leat-interrupt-")
    interrupter = Interrupter(options)
    interrupts, broken, number = 0, [], 0
    try:
        interrupter.measure(options.out / "unbroken")
        print(f"unbroken: {interrupter.whole_s:.1f} s", flush=True)
        while interrupts < options.interrupts:
            count, wrong = interrupter.once(number, options.interrupts - interrupts)
            interrupts += count
            broken += [number] if wrong else []
            number += 1
    except Failure as failure:
        print(f"{failure}\nthe runs are in {options.out}", file=sys.stderr)
        return 2
    told = {"interrupts": interrupts, "runs": number, "sent": dict(sorted(interrupter.sent.items())),
            "slowest_end_s": round(interrupter.slowest_s, 2), "broken": broken, "unbroken_s": round(interrupter.whole_s, 1)}
    return conclude(options, is_temporary, broken, told)


if __name__ == "__main__":
    sys.exit(main())
