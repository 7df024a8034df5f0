"""What an index costs, and how long it takes to find something with it and without."""

import shutil
import subprocess

import contestants
import measure
import profiles

ABSENT = "no rollout holds this text"


def find(full, coldpress, corpus, meter, scratch, say):
    """By profile: rates in decoded MB a second of wall, sizes as parts of the decoded bytes."""
    shapes = {
        "text": (3000 if full else 600, None),
        "images": (60 if full else 12, 25_000_000),
    }
    told = {}
    for kind, (files, size) in shapes.items():
        with contestants.room(scratch / "find") as work:
            home = work / "home"
            profiles.make_home(corpus, kind, home, files, size)
            told[kind] = one_store(home, coldpress, meter)
            say(f"find: {kind}, first index {told[kind]['index MB/s']:.0f} MB/s")
    return told


def one_store(home, coldpress, meter):
    rollouts = [home / name for name in profiles.cold_rollouts(home)]
    decoded = sum(path.stat().st_size for path in rollouts)

    def ask(*words):
        return [coldpress, *words, "--store", home]

    def rate(cost):
        return decoded / 1e6 / cost.wall

    built = meter.run(ask("index", "build", "-q"))
    index = home / "coldpress" / "index.sqlite"
    told = {
        "files": len(rollouts),
        "bytes": decoded,
        "index MB/s": rate(built),
        "index cpu s": built.cpu,
        "index peak MiB": built.peak_kb / 1024,
        "index size": index.stat().st_size / decoded,
        "nothing new": measure.middle([meter.run(ask("index", "build", "-q")) for _ in range(3)]),
        "list": measure.middle([meter.run(ask("list", "--no-update", "-q")) for _ in range(5)]),
        "search": measure.middle(
            [meter.run(ask("search", "the", "--no-update", "-q")) for _ in range(5)]
        ),
        "scan plain MB/s": rate(meter.run(ask("search", "--scan", ABSENT, "-q"))),
    }
    subprocess.run(["zstd", "-q", "--rm", *map(str, rollouts)], check=True)
    compressed = [f"{path}.zst" for path in rollouts]
    told["after compression"] = measure.middle([meter.run(ask("index", "build", "-q"))])
    told["scan compressed MB/s"] = rate(meter.run(ask("search", "--scan", ABSENT, "-q")))
    tool = "rg" if shutil.which("rg") else "grep"
    pipe = f"zstdcat \"$@\" | {tool} -F '{ABSENT}' || test $? = 1"
    told[f"zstdcat | {tool} MB/s"] = rate(meter.run(["sh", "-c", pipe, "sh", *compressed]))
    return told
