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
import random
import shutil
import signal
import sys
import time

from runs import Failure, Runs, add_options, conclude, differences, make_folder, poll_s


class Killer(Runs):
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
    add_options(parser)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--writes", type=int, default=8, help="a kill inside a write takes one of the first so many after the first")
    options = parser.parse_args()
    is_temporary = make_folder(options, "leat-kill-")
    killer = Killer(options)
    kinds = kinds_of(options.kills)
    try:
        seconds = killer.measure(options.out / "unbroken")
        print(f"unbroken: {seconds:.1f} s", flush=True)
        broken = [number for number, kind in enumerate(kinds) if killer.once(number, kind)]
    except Failure as failure:
        print(f"{failure}\nthe runs are in {options.out}", file=sys.stderr)
        return 2
    told = {"kills": len(kinds), "in_write": kinds.count("in_write"), "after_first_checkpoint": len(kinds) - kinds.count("early"),
            "broken": broken, "unbroken_s": round(seconds, 1)}
    return conclude(options, is_temporary, broken, told)


if __name__ == "__main__":
    sys.exit(main())
