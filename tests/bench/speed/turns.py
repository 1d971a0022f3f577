"""Runs programs: one by one, over settings to find their best, and in turns."""

import itertools
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field

import machine
import ratios


class NoResult(Exception):
    """A program failed, or printed no line of JSON."""

    def reason(self):
        """The line of its output that says why: Leat's first error, else the last one, as Python prints it."""
        lines = [line.strip() for line in str(self).splitlines() if line.strip()]
        return next((line for line in lines if ": error: " in line), lines[-1])


@dataclass(frozen=True)
class Side:
    """One of the programs that are compared. `axes`: the settings to try, by option, each with its default first."""

    name: str
    command: tuple
    axes: dict = field(default_factory=dict, hash=False)
    seconds: float = 5  # Roughly, of one run.
    module: str = ""  # What it needs of Python; empty: nothing.
    environment: dict = field(default_factory=dict, hash=False)
    cores: int = 0  # 0: all that the measurement has.

    def defaults(self):
        return {option: values[0] for option, values in self.axes.items()}

    def words(self, settings):
        out = [str(word) for word in self.command]
        for option, value in settings.items():
            if value is True:
                out.append(f"--{option}")
            elif value is not False:
                out += [f"--{option}", str(value)]
        return out

    def runs_of_search(self):
        return sum(len(values) - (0 if place == 0 else 1) for place, values in enumerate(self.axes.values()))


@dataclass
class Place:
    """Where programs run."""

    cores: list
    environment: dict
    timeout_s: float = 900

    def run(self, side, settings):
        """Returns what the program said, with the cores that others used just before."""
        mine = self.cores[: side.cores] if side.cores else self.cores
        others = machine.others_cores(set(self.cores), 0.3)
        words = side.words(settings)
        text = self.output(words, mine, side.environment)
        try:
            said = json.loads(text.strip().splitlines()[-1])
        except (IndexError, ValueError) as error:
            raise NoResult(f"{' '.join(words)}\nprinted no line of JSON:\n{text[-2000:]}") from error
        return said | {"others_cores": round(others, 2)}

    def output(self, words, cores, environment):
        """What a program prints. It is ended with all that it started if it takes too long, or if this one is interrupted."""
        try:
            started = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, **self.environment, **environment},
                start_new_session=True,
                preexec_fn=lambda: os.sched_setaffinity(0, cores),
            )
        except OSError as error:
            raise NoResult(f"{' '.join(words)}: {error}") from error
        try:
            text, errors = started.communicate(timeout=self.timeout_s)
        except BaseException as error:
            os.killpg(started.pid, signal.SIGKILL)
            started.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise NoResult(f"{' '.join(words)}\ntook more than {self.timeout_s:g} s") from error
            raise
        if started.returncode != 0:
            raise NoResult(f"{' '.join(words)}\nended with {started.returncode}:\n{errors[-2000:]}")
        return text

    def can_import(self, module):
        code = f"import {module}"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **self.environment})
        return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it failed"])[-1]


def best_settings(place, side, key, is_higher_better, say):
    """Tries one option after the other, each with the best values of those before. Returns the settings and what they gave."""
    settings, best = side.defaults(), None
    for option, values in side.axes.items():
        for value in dict.fromkeys(values):
            tried = {**settings, option: value}
            if best and tried == best[0]:
                continue
            said = place.run(side, tried)
            say(f"  {side.name} {text_of(tried)}: {said[key]:g}")
            if not best or (said[key] > best[1][key]) == is_higher_better:
                best = tried, said
        settings = best[0]
    return best or (settings, place.run(side, settings))


def in_turns(place, sides, settings, pairs, say):
    """Runs the sides forwards and backwards in turn. Returns their results by name, one for each turn."""
    by_name, found = {side.name: side for side in sides}, {side.name: [] for side in sides}
    for turn in range(pairs):
        for name in ratios.turn_order(by_name, turn):
            found[name].append(place.run(by_name[name], settings[name]))
        say(f"  turn {turn + 1} of {pairs}")
    return found


def text_of(settings):
    return " ".join(f"{option}={value}" for option, value in settings.items()) or "as it is"


def largest_load(results):
    return max((one.get("others_cores", 0) for one in itertools.chain.from_iterable(results.values())), default=0)
