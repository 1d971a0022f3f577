"""The table as Markdown."""

import ratios


def number(value):
    return f"{value:.3g}"


def interval_text(interval):
    return f"{number(interval.low)} – {number(interval.high)}"


def goal_text(goal, limit, verdict):
    return "–" if goal is None else f"{goal.text(limit)}: {verdict}"


def line_of(result):
    row, goal = result["row"], result["row"].goal
    if "refused" in result:
        return f"| {row.title} | refused: {result['refused']} | | | | | | |"
    verdicts = result["verdicts"]
    return (
        f"| {row.title} | {number(result['median'])} | {interval_text(result['interval'])} | {result['pairs']} "
        f"| {goal_text(goal, goal and goal.must, verdicts[0])} | {goal_text(goal, goal and goal.aim, verdicts[1])} "
        f"| {number(result['ours'])} | {result['other']}: {number(result['theirs'])} |"
    )


def head(title, machine):
    """The title, and what was measured where."""
    cores = f"{machine['cores']} of {machine['cores_of_machine']} cores of {machine['processor']}"
    where = f"{cores}, {machine['memory_gib']} GiB, {machine['system']}"
    versions = [f"Python {machine['python']}", *(f"{name} {version}" for name, version in machine["versions"].items())]
    return f"# {title}\n\nLeat {machine['leat']}, {machine['began']}: {where}. Versions: {', '.join(versions)}."


def markdown(results, machine, left_out, loads):
    lines = [
        head("Speed beside others", machine),
        "",
        f"Medians of ratios of pairs that ran in turn, with a 95 % interval (bootstrap). A goal is met if the interval's unfavourable end "
        f"meets it. With fewer than {ratios.FEWEST_PAIRS} pairs nothing is judged.",
        "",
        "| ratio | median | 95 % interval | pairs | must | aim | Leat | beside |",
        "|---|--:|--:|--:|---|---|--:|---|",
        *(line_of(result) for result in results),
    ]
    noisy = {name: load for name, load in loads.items() if load > 0.1}
    if noisy:
        lines += [
            "",
            "**Not to be believed**, because other programs used the cores: "
            + ", ".join(f"{n} (up to {c:.1f} cores)" for n, c in noisy.items())
            + ".",
        ]
    if left_out:
        lines += ["", "Left out:", "", *(f"- {name}: {reason}" for name, reason in left_out.items())]
    return "\n".join(lines) + "\n"
