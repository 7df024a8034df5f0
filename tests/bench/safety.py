"""What safety costs: compressing alone beside the whole of it, on one file."""

import json
import statistics
import subprocess

import contestants
import measure
import profiles

LEVEL = "9"  # the same for both, whatever the program would choose
SIZE = 250 * profiles.MB


def verification(coldpress, encode_only, corpus, meter, scratch, repeats, say):
    """By profile: seconds to encode and sync, and from claim to publication with
    verification, syncs and the change of names. Both have two processors and the idle
    class."""
    return {
        kind: one_kind(kind, coldpress, encode_only, corpus, meter, scratch, repeats, say)
        for kind in ("images", "text")
    }


def one_kind(kind, coldpress, encode_only, corpus, meter, scratch, repeats, say):
    encoded, synced, whole = [], [], []
    for number in range(repeats):
        with contestants.room(scratch / "safety") as work:
            home = work / "home"
            profiles.make_home(corpus, kind, home, 1, SIZE, seed=number + 1)
            source = home / profiles.cold_rollouts(home)[0]
            measure.settle([source], cold=False)
            alone = [encode_only, source, work / "frame", LEVEL]
            done = subprocess.run(list(map(str, alone)), check=True, capture_output=True)
            told = json.loads(done.stdout)
            encoded.append(told["encoded"])
            synced.append(told["synced"])
            measure.settle([source], cold=False)
            compress = [coldpress, "run", "--once", "--json", "--jobs", "1", "--store", home]
            compress += ["--codec-level", LEVEL, *contestants.COMPRESS]
            _cost, told = meter.lines(compress)
            whole += [one["seconds"] for one in told if one.get("outcome") == "compressed"]
        say(f"verification: {kind} {number + 1}: {synced[-1]:.2f} s, whole {whole[-1]:.2f} s")
    extra = statistics.median(w / s - 1 for s, w in zip(synced, whole))
    return {"encoded": encoded, "synced": synced, "whole": whole, "extra": extra}
