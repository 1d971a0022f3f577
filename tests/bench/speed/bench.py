"""Measures Leat beside what a user would pick instead, and prints a table: bench.py --build BUILD [--rows views,step64] [--pairs 7]

`./do bench` installs the others, builds, and runs this. Programs run in turn, A B B A, after each of the others was tried with several
settings. Their outputs are compared first; rows whose outputs differ are refused. Each call writes a folder in BUILD/bench/speed.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import sys
import time

import growth
import headspace
import machine
import ratios
import rows
import table
import turns

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[2]


def say(text=""):
    print(text, flush=True)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build", help="folder with the programs of Leat")
    parser.add_argument("--rows", default="", help="names or their beginnings, with commas; empty: all but the growth table")
    parser.add_argument("--pairs", type=int, default=ratios.FEWEST_PAIRS, help="pairs of each row")
    parser.add_argument("--cores", type=int, default=2, help="cores that every program may use")
    parser.add_argument(
        "--data", type=pathlib.Path, default=os.environ.get("LEAT_DATA"), help="folder with chex/ and jsrt/; else files are drawn"
    )
    parser.add_argument("--quick", action="store_true", help="one pair of short runs, no search for settings: only shows that all works")
    parser.add_argument("--growth", action="store_true", help="the growth table alone")
    parser.add_argument("--list", action="store_true", help="prints the rows and about how long each takes, and stops")
    options = parser.parse_args()
    if options.pairs < 1 or options.cores < 1:
        parser.error("--pairs and --cores must be at least 1")
    if options.quick:
        options.pairs = 1
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < options.cores:
        parser.error(f"--cores is {options.cores}, but this process may use {len(usable)}")
    options.cores = usable[: options.cores]
    options.build = options.build.resolve()
    return options


def chosen(text, known):
    """The names that begin with one of the given ones. Ends the program if one fits none."""
    wanted = [word for word in text.split(",") if word]
    for word in wanted:
        if not any(name.startswith(word) for name in known):
            sys.exit(f"there is no row `{word}`; the rows are {', '.join(known)}")
    return [name for name in known if not wanted or any(name.startswith(word) for word in wanted)]


class Bench:
    def __init__(self, options):
        self.options = options
        self.scratch = options.build / "bench" / "speed"
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.place = turns.Place(options.cores, {"PYTHONDONTWRITEBYTECODE": "1"})
        self.data = options.data.resolve() if options.data else options.build / "bench" / "data"
        folders = rows.Folders(options.build, HERE / "peers", sys.executable, self.data / "chex" / "train", self.scratch)
        self.folders, self.matches = folders, rows.matches(folders, len(options.cores), options.quick)
        self.results, self.left_out, self.loads, self.raw = [], {}, {}, {}

    # ---- What is asked for, and how long it takes

    def names(self):
        return [row.name for match in self.matches for row in match.rows] + [headspace.ROW.name]

    def sides_of(self, match, names):
        """The others that the chosen rows of a match need."""
        among = {name for row in match.rows if row.name in names for name in row.among}
        return [side for side in match.others if side.name in among]

    def seconds_of(self, match, names):
        others = self.sides_of(match, names)
        pairs = self.options.pairs + 1
        search = 0 if self.options.quick else sum(side.runs_of_search() * side.seconds for side in others)
        return search + pairs * (match.ours.seconds + sum(side.seconds for side in others))

    def headspace_seconds(self):
        commands = 1 if self.options.quick else -(-self.options.pairs // headspace.PAIRS_OF_A_COMMAND)
        return 20 + commands * headspace.SECONDS_OF_A_COMMAND

    def schedule(self, names):
        """The matches that the rows need, and the seconds of each."""
        out = {match.name: self.seconds_of(match, names) for match in self.matches if any(row.name in names for row in match.rows)}
        if headspace.ROW.name in names:
            out["headspace"] = self.headspace_seconds()
        return out

    # ---- Measuring

    def note_load(self, name, load):
        self.loads[name] = max(load, self.loads.get(name, 0))
        if load > machine.LOUD:
            say(f"  !!! OTHER PROGRAMS USE {load:.1f} OF THE CORES: these figures are not to be believed")

    def available(self, sides):
        out = []
        for side in sides:
            reason = self.place.can_import(side.module) if side.module else ""
            if reason:
                self.left_out[side.name] = reason
                say(f"  {side.name} is left out: {reason}")
            else:
                out.append(side)
        return out

    def searched(self, match, sides):
        """The best settings of each side and what they gave; those that fail are left out by name."""
        settings, first = {}, {}
        for side in sides:
            try:
                if self.options.quick:
                    settings[side.name] = side.defaults()
                    first[side.name] = self.place.run(side, side.defaults())
                else:
                    settings[side.name], first[side.name] = turns.best_settings(self.place, side, match.key, match.is_higher_better, say)
            except turns.NoResult as failure:
                settings.pop(side.name, None)
                self.left_out[side.name] = failure.reason()
                say(f"  {side.name} is left out: {failure}")
        return settings, first

    def contenders(self, match, first, names):
        """Of those who compete for a row, only those who are near the best in the search: the others cannot become it."""
        out = set()
        for row in match.rows:
            values = {name: first[name][match.key] for name in row.among if name in first}
            if row.name not in names or not values:
                continue
            best = (max if match.is_higher_better else min)(values.values())
            out |= {name for name, value in values.items() if 0.75 <= value / best <= 1 / 0.75}
        return [side for side in match.others if side.name in out]

    def measure(self, match, names):
        sides = self.available(self.sides_of(match, names))
        settings, first = self.searched(match, sides)
        settings[match.ours.name] = {}
        mine = self.place.run(match.ours, {})
        refusals = {name: ratios.differences(mine, said, match.tolerances) for name, said in first.items()}
        found = {}
        if not any(refusals.values()):
            sides = self.contenders(match, first, names)
            found = turns.in_turns(self.place, [match.ours, *sides], settings, self.options.pairs, say) if sides else {}
        self.note_load(match.name, turns.largest_load(found))
        self.raw[match.name] = {"settings": settings, "search": first, "ours": mine, "turns": found}
        for row in match.rows:
            if row.name in names:
                self.results.append(self.judged(match, row, found, settings, refusals))

    def judged(self, match, row, found, settings, refusals):
        wrong = [f"{name}: {sentence}" for name in row.among for sentence in refusals.get(name, [])]
        if wrong:
            return {"row": row, "refused": "the outputs differ. " + "; ".join(wrong)}
        among = [name for name in row.among if name in found]
        if not among:
            return {
                "row": row,
                "refused": "none of " + ", ".join(row.among) + " ran" + (", because outputs differ" if any(refusals.values()) else ""),
            }
        best = (max if match.is_higher_better else min)(among, key=lambda name: statistics.median(one[match.key] for one in found[name]))
        ours = [one[row.key_of(True)] for one in found[match.ours.name]]
        theirs = [one[row.key_of(False)] for one in found[best]]
        return self.result(row, ours, theirs, f"{best} ({turns.text_of(settings[best])})")

    def result(self, row, ours, theirs, other):
        values = [row.factor * ratio for ratio in (ratios.ratios(theirs, ours) if row.is_inverse else ratios.ratios(ours, theirs))]
        interval = ratios.median_interval(values)
        return {
            "row": row,
            "other": other,
            "pairs": len(values),
            "ratios": values,
            "median": statistics.median(values),
            "interval": interval,
            "verdicts": ratios.verdict(row.goal, interval, len(values)) if row.goal else ("–", "–"),
            "ours": statistics.median(ours),
            "theirs": statistics.median(theirs),
        }

    def measure_headspace(self):
        load = machine.others_cores(set(self.options.cores))
        plain, replayed = headspace.measured(self.place, self.folders, SOURCE, self.data, self.options.pairs, self.options.quick, say)
        self.note_load("headspace", max(load, machine.others_cores(set(self.options.cores))))
        self.raw["headspace"] = {"plain": plain, "replayed": replayed}
        self.results.append(self.result(headspace.ROW, plain, replayed, "data that are there"))

    def run(self, names):
        for match in self.matches:
            if any(row.name in names for row in match.rows):
                say(f"\n{match.name}")
                try:
                    if match.name == "predict":
                        self.write_weights(match)
                    self.measure(match, names)
                except turns.NoResult as failure:
                    self.refuse([row for row in match.rows if row.name in names], failure)
        if headspace.ROW.name in names:
            say("\nheadspace")
            try:
                self.measure_headspace()
            except turns.NoResult as failure:
                self.refuse([headspace.ROW], failure)

    def refuse(self, refused, failure):
        say(f"  failed: {failure}")
        self.results += [{"row": row, "refused": failure.reason()} for row in refused]

    def write_weights(self, match):
        """The weights with which both sides compute."""
        words = [word for word in match.ours.command if word not in ("--weights", self.scratch / "net.safetensors")]
        self.place.run(turns.Side("weights", (*words, "--save", self.scratch / "net.safetensors"), environment=rows.LEAT_ENVIRONMENT), {})

    # ---- Writing

    def write(self):
        """The table of the rows. Returns its folder."""
        raw = {"data": str(self.data), "others_cores": self.loads, "left_out": self.left_out, "raw": self.raw}
        raw["rows"] = [{**result, "row": result["row"].name} for result in self.results]
        return self.write_table(lambda about: table.markdown(self.results, about, self.left_out, self.loads), raw)

    def write_growth(self, found):
        raw = {"others_cores": found.others_cores, "rows": found.rows}
        return self.write_table(lambda about: table.head("Growth", about) + "\n\n" + found.markdown(), raw)

    def write_table(self, text_of, raw):
        about = machine.described(SOURCE, [folder for folder in sys.path if folder], self.options.cores)
        text, folder = text_of(about), self.scratch / time.strftime("%Y-%m-%d-%H%M%S")
        folder.mkdir()
        folder.joinpath("table.md").write_text(text)
        folder.joinpath("raw.json").write_text(json.dumps({"machine": about} | raw, indent=1, default=vars) + "\n")
        say(f"\n{text}\nwritten to {folder / 'table.md'}; every run is in {folder / 'raw.json'}")
        return folder


def main():
    options = parsed()
    # So that the program that runs at the moment is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    bench = Bench(options)
    names = chosen(options.rows, bench.names())
    schedule = bench.schedule(names)
    if options.list:
        for match in schedule:
            shown = [row.name for one in bench.matches if one.name == match for row in one.rows] or [match]
            say(f"{match}: {', '.join(name for name in shown if name in names)}: about {schedule[match] / 60:.0f} min")
        return
    load = machine.others_cores(set(options.cores), 2)
    minutes = growth.MINUTES if options.growth else max(1, round(sum(schedule.values()) / 60))
    say(f"about {minutes} minutes; nothing else should compute meanwhile")
    if load > machine.LOUD:
        say(f"!!! OTHER PROGRAMS USE {load:.1f} OF {len(options.cores)} CORES NOW: the figures will not be worth much")
    if not options.data:
        import data  # It needs numpy and Pillow; the rest of the driver does not.

        say(f"files are drawn into {bench.data}; LEAT_DATA or --data names real ones")
        data.draw(bench.data)
    began = time.monotonic()
    if options.growth:
        bench.write_growth(growth.measure(bench.place, bench.folders, options.quick, say))
    else:
        bench.run(names)
        bench.write()
    say(f"{(time.monotonic() - began) / 60:.1f} minutes")
    if any("refused" in result for result in bench.results):
        sys.exit(1)


if __name__ == "__main__":
    main()
