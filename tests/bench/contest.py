"""Everyone compresses the same files, in turns; then what was compressed is read again."""

import filecmp
import statistics
import subprocess
import time

import contestants
import measure


def compress(data, everyone, scratch, repeats, say):
    """By contestant: its medians warm, its runs cold, and what came out."""
    runs = {one.name: {"warm": [], "cold": []} for one in everyone}
    plan = [("warm", n) for n in range(repeats)] + [("cold", n) for n in range(-(-repeats // 3))]
    for start, number in plan:
        # In turns, so that a busy moment of the machine meets all alike.
        for one in everyone:
            with contestants.room(scratch / "compress") as work:
                cost = one.run(data, work, start == "cold")
            runs[one.name][start].append(cost)
            say(f"{data.name}: {one.name}, {start} {number + 1}: {cost.wall:.2f} s")
    return {name: told(data, both) for name, both in runs.items()}


def told(data, both):
    last = both["warm"][-1].extra
    result = {start: measure.middle(costs) for start, costs in both.items() if costs}
    result["bytes_out"] = last["bytes_out"]
    result["left_plain"] = last["left_plain"]
    result["ratio"] = data.bytes / last["bytes_out"]
    for start in ("warm", "cold"):
        per_gb = 1e9 / data.bytes
        result[start]["cpu_per_gb"] = result[start]["cpu"] * per_gb
        result[start]["mb_per_s"] = data.bytes / 1e6 / result[start]["wall"]
    for what in ("source_cached", "result_cached"):
        result[what] = both["cold"][-1].extra[what]
    blocked = [
        outcome["blocked_us"]
        for cost in both["warm"] + both["cold"]
        for outcome in cost.extra.get("outcomes", ())
        if outcome["outcome"] == "compressed"
    ]
    if blocked:
        result["blocked_us"] = percentiles(blocked)
    return result


def percentiles(values):
    values = sorted(values)

    def at(share):
        return values[(len(values) - 1) * share // 100]

    return {"p50": at(50), "p99": at(99), "max": values[-1], "of": len(values)}


def read_again(data, coldpress, meter, scratch, repeats, say):
    """`cat` beside `zstd -dc` on one compressed file, and `restore` of the whole home."""
    with contestants.room(scratch / "decode") as work:
        compressed = contestants.Coldpress(meter, coldpress)
        compressed.run(data, work, cold=False)
        home = work / "home"
        frames = [home / f"{name}.zst" for name in data.rollouts]
        frame = home / f"{data.largest()}.zst"
        if not all(path.exists() for path in frames):
            return None
        measure.settle(frames, cold=False)
        cat, tail, zstd = [], [], []
        for _ in range(repeats):
            cat.append(meter.run([coldpress, "cat", "--store", home, frame]))
            tail.append(meter.run([coldpress, "cat", "--tail", "100", "--store", home, frame]))
            zstd.append(meter.run(["zstd", "-q", "-dc", "--long=27", frame]))
        first = [first_line([coldpress, "cat", "--store", home, frame]) for _ in range(9)]
        restore = meter.run([coldpress, "restore", "--all", "--store", home, *RESTORE])
        same = all(
            filecmp.cmp(data.home / name, home / name, shallow=False) for name in data.rollouts
        )
    say(f"{data.name}: cat, zstd -dc, restore; the bytes are {'the same' if same else 'WRONG'}")
    sizes = {"bytes": (data.home / data.largest()).stat().st_size, "restored": data.bytes}
    return dict(
        sizes,
        cat=measure.middle(cat),
        tail=measure.middle(tail),
        first_line_ms=1e3 * statistics.median(first),
        zstd=measure.middle(zstd),
        restore=measure.middle([restore]),
        same=same,
    )


def first_line(command):
    """Seconds from the start of a program to its first line; it is ended then."""
    begin = time.monotonic()
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as program:
        program.stdout.readline()
        took = time.monotonic() - begin
        program.kill()
    return took


RESTORE = ["--enable", "local_thread_store_compression"]
