"""Headspace: a training step with its real pipeline over one whose data are there already, by `leat explain --headspace`.

The command runs the graph in turns of both kinds, three pairs each time.
"""

import json
import math
import shutil

from ratios import Goal
from rows import Row

PAIRS_OF_A_COMMAND = 3
ROW = Row(
    "headspace", "headspace: real pipeline over data that are there, 64 pixels", Goal(1.03, 1.01, is_floor=False), (), "plain", "replayed"
)
SECONDS_OF_A_COMMAND = 75

GRAPH = """leat: 1
extends: {graphs}/multimix.yaml
title: Headspace
params: {{data: {data}, size: 64, steps: {steps}, checkpoint_every: 1000000}}
resources: {{chex_test: null, jsrt_test: null, nihx: null, mcu: null, inputs: null}}
phases: {{validate: null, test: null, test_cross: null, test_last: null, test_cross_last: null, saliency: null, predict: null}}
plan: {{train: {{validate: null, keep: null}}, then: null, keep_results: null}}
"""


def measured(place, folders, source, data, pairs, is_quick, say):
    """The seconds of a step by pair: with the real pipeline, and with data that are there."""
    leat, folder = folders.build / "leat", folders.scratch / "headspace"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    graph = folder / "graph.yaml"
    graph.write_text(GRAPH.format(graphs=source / "graphs", data=data, steps=40))
    cores = len(place.cores)

    def run(*words):
        return place.output([str(word) for word in (leat, *words)], place.cores, {})

    run("run", graph, "--out", folder / "run", "--device", f"cpu:{cores}", "--threads", cores, "--seed", 0)
    # The run itself is short. Its graph, which is run again, has enough steps for a turn.
    resolved = folder / "run" / "graph.yaml"
    resolved.write_text(resolved.read_text().replace("steps: 40", "steps: 100000"))
    plain, replayed = [], []
    for turn in range(1 if is_quick else math.ceil(pairs / PAIRS_OF_A_COMMAND)):
        said = json.loads(run("explain", folder / "run", "--headspace", "--json"))["headspace"]
        plain += said["seconds_per_step"]
        replayed += said["replayed_seconds_per_step"]
        say(f"  turn {turn + 1}: {said['sentence']}")
    return plain, replayed
