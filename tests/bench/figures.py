#!/usr/bin/env python3
"""Draws the figures of the README: figures.py RESULTS.json DIR"""

import json
import pathlib
import sys

import goals
import svg

LABELS = {goals.CODEX: "Codex's own compressor"}
SHOWN = ("images", "long-images", "text", "chat")


def draw(results, folder):
    """Writes the figures there is something to show in; returns their names."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {
        "ratio.svg": ratio(results),
        "cpu.svg": cpu(results),
        "foreground.svg": foreground(results),
    }
    made = {name: text for name, text in made.items() if text}
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return sorted(made)


def by_profile(results, value):
    profiles = results.get("profiles", {})
    groups = []
    for name in (name for name in SHOWN if name in profiles):
        told = profiles[name]
        rows = [
            (LABELS.get(one, one), value(cost), one == goals.COLDPRESS)
            for one, cost in told["contestants"].items()
        ]
        rows.sort(key=lambda row: not row[2])
        groups.append((f"{name}: {size(told['bytes'])} in {count(told['files'])}", rows))
    return groups


def ratio(results):
    groups = by_profile(results, lambda cost: cost["ratio"])
    if not groups:
        return None
    title, subtitle = "How many times smaller", "same files, one run; longer is better"
    return svg.bars(title, subtitle, groups, lambda value: f"{value:.1f}x")


def cpu(results):
    groups = by_profile(results, lambda cost: cost["warm"]["cpu_per_gb"])
    if not groups:
        return None
    title = "CPU seconds for a GB of rollouts"
    subtitle = "user and system; coldpress with verification and syncs; shorter is better"
    return svg.bars(title, subtitle, groups, lambda value: f"{value:.1f} s")


def foreground(results):
    if "foreground" not in results:
        return None
    seen = results["foreground"]["ratio"].items()
    rows = [(name, value, name == "beside coldpress") for name, value in seen]
    title, subtitle = "A job on the same core", "its wall time, to that alone; shorter is better"
    return svg.bars(title, subtitle, [("", rows)], lambda value: f"{value:.2f}x")


def size(number):
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"


def count(number):
    return "one rollout" if number == 1 else f"{number:,} rollouts"


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    results = json.loads(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
    print("\n".join(draw(results, pathlib.Path(arguments[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
