"""The growth table: time and memory as the number of images, of nodes, of steps in flight, and the size grow."""

import os
import shutil
import statistics

import machine
import turns
from rows import LEAT_ENVIRONMENT

MINUTES = 15
IMAGES = (1_000, 10_000, 100_000, 1_000_000)
NODES = (10, 30, 100, 300, 1_000)
PREFETCH = (1, 2, 4, 8, 16, 32, 64)
SIZES = (64, 128, 256, 512, 1024)
FILES_OF_A_FOLDER = 10_000
TURNS = 3


def link_files(source, folder, count):
    """A data set of `count` files, which are links to those of another one, in turn."""
    files = sorted(file for file in source.rglob("*.jpeg"))
    for k in range(count):
        file = files[k % len(files)]
        below = folder / file.parent.name / str(k // FILES_OF_A_FOLDER)
        below.mkdir(parents=True, exist_ok=True)
        os.link(file, below / f"{k}.jpeg")


class Growth:
    def __init__(self, place, folders, is_quick, say):
        self.place, self.folders, self.is_quick, self.say = place, folders, is_quick, say
        self.turn_count = 1 if is_quick else TURNS
        self.rows, self.others_cores = [], 0

    def run(self, command):
        said = self.place.run(turns.Side("Leat", command, environment=LEAT_ENVIRONMENT), {})
        self.others_cores = max(self.others_cores, said["others_cores"])
        return said

    def add(self, what, value, per_image, memory, start, unit="µs per image"):
        row = {"what": what, "value": value, "time": round(per_image, 3), "unit": unit, "memory_mib": memory, "first_batch_s": start}
        self.rows.append(row)
        self.say(
            f"  {what} {value:,}: {row['time']} {unit}, {memory} MiB" + (f", first batch after {start} s" if start is not None else "")
        )

    def views(self, what, value, *words, pictures=None, images=2000):
        count = 100 if self.is_quick else images
        command = (
            self.folders.build / "bench" / "views",
            "--data",
            pictures or self.folders.pictures,
            "--images",
            count,
            "--threads",
            len(self.place.cores),
            *words,
        )
        said = [self.run(command) for _ in range(self.turn_count)]
        images_per_s, memory, start = (
            statistics.median(one[key] for one in said) for key in ("images_per_s", "peak_rss_mib", "first_batch_s")
        )
        self.add(what, value, 1e6 / images_per_s, memory, start)

    def images(self):
        import data  # It needs numpy and Pillow; the rest of the driver does not.

        drawn = self.folders.scratch / "drawn"
        data.draw(drawn)
        for count in IMAGES[:2] if self.is_quick else IMAGES:
            folder = self.folders.scratch / "links"
            shutil.rmtree(folder, ignore_errors=True)
            link_files(drawn / "chex" / "train", folder, count)
            self.views("images", count, "--size", 64, pictures=folder)
            shutil.rmtree(folder)

    def nodes(self):
        threads = len(self.place.cores)
        for count in NODES[:2] if self.is_quick else NODES:
            hops = 200_000 if self.is_quick else 4_000_000
            command = (
                self.folders.build / "bench" / "hop",
                "--alone",
                "--only",
                "chain",
                "--length",
                count,
                "--threads",
                threads,
                "--turns",
                3,
                "--hops",
                hops,
            )
            said = self.run(command)
            nanoseconds = said["threads"][str(threads)]["chain"]["leat"]
            self.add("nodes in a chain", count, nanoseconds, said["peak_rss_mib"], None, "ns per node and key")

    def prefetch(self):
        for steps in PREFETCH[:2] if self.is_quick else PREFETCH:
            self.views("prefetch", steps, "--prefetch", steps)

    def sizes(self):
        for size in SIZES[:2] if self.is_quick else SIZES:
            self.views("size", size, "--size", size, images=max(200, min(4000, 2000 * 256 * 256 // (size * size))))

    def markdown(self):
        lines = ["| what grows | to | time | peak memory, MiB | first batch, s |", "|---|--:|--:|--:|--:|"]
        for row in self.rows:
            start = "–" if row["first_batch_s"] is None else row["first_batch_s"]
            lines.append(f"| {row['what']} | {row['value']:,} | {row['time']} {row['unit']} | {row['memory_mib']} | {start} |")
        if self.others_cores > machine.LOUD:
            lines += ["", f"**Not to be believed**, because other programs used up to {self.others_cores:.1f} cores."]
        return "\n".join(lines) + "\n"


def measure(place, folders, is_quick, say):
    growth = Growth(place, folders, is_quick, say)
    for part in (growth.images, growth.nodes, growth.prefetch, growth.sizes):
        part()
    return growth
