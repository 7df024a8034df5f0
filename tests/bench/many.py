"""Many small rollouts: what each one costs, in CPU, in wall time and in syncs."""

import pathlib
import re
import shutil
import tempfile

import contest
import contestants
import measure
import profiles

FILES, FULL_FILES = 600, 6000
SYNCS = "fsync,fdatasync,syncfs,sync,sync_file_range"
SLOW_SYNC_US = 5000  # a laptop's SSD; here a sync may take 0.1 ms
FLAT = ["--enable", "local_thread_store_compression", "--roots", "archived"]
FLAT += ["--settle", "0s", "--reap-grace", "200ms"]


class TwoZstd(contestants.Zstd):
    """The zstd program on both processors, as coldpress has two jobs."""

    def __init__(self, meter):
        super().__init__(meter, "-3")
        self.name = "zstd -3, two at once"

    def command(self, names, out):
        batch = ["xargs", "-a", names, "-P", "2", "-n", "100"]
        return [*batch, "zstd", "-q", "-k", "-3", "--output-dir-mirror", out]


def many(full, everyone, coldpress, corpus, meter, scratch, repeats, say):
    """The costs of everyone, and what syncs add to coldpress."""
    data = data_of(full, corpus, scratch)
    try:
        told = {"files": len(data.rollouts), "bytes": data.bytes}
        others = [*everyone, TwoZstd(meter)]
        told["contestants"] = contest.compress(data, others, scratch, repeats, say)
        told["syncs"] = syncs(data, coldpress, meter, scratch, repeats, say)
    finally:
        data.remove()
    return told


def data_of(full, corpus, scratch):
    profile = profiles.Profile("chat", FILES, 0, FULL_FILES, 0)
    data = profiles.Data(scratch, profile, full, corpus)
    data.name = "many"
    return data


def syncs(data, coldpress, meter, scratch, repeats, say):
    """Of the flat archive: calls for each rollout, and the milliseconds by which a rollout
    takes longer if each call does by 5 ms. Both runs are traced, so that the cost of that
    is in neither number."""
    if shutil.which("strace") is None:
        say("many: without syncs, strace is not installed")
        return None
    fast, slow, calls, files = [], [], [], 0
    for number in range(repeats):
        for delay, into in ((0, fast), (SLOW_SYNC_US, slow)):
            wall, counted, files = traced(data, coldpress, meter, scratch, delay)
            into.append(wall)
            calls.append(counted)
        say(f"many: {calls[-1]} syncs for {files} rollouts, run {number + 1}: "
            f"{fast[-1]:.2f} s, with 5 ms each {slow[-1]:.2f} s")
    extra = sorted(s - f for s, f in zip(slow, fast))[repeats // 2]
    return {
        "files": files,
        "calls_per_file": sorted(calls)[len(calls) // 2] / files,
        "slow_ms_per_file": 1000 * extra / files,
        "fast": fast,
        "slow": slow,
    }


def traced(data, coldpress, meter, scratch, delay_us):
    """Wall seconds, number of syncs, rollouts compressed."""
    with contestants.room(scratch / "many") as work, tempfile.TemporaryDirectory() as folder:
        home = data.copy(work / "home")
        measure.settle([home / name for name in data.rollouts], cold=False)
        trace = pathlib.Path(folder) / "trace"
        command = ["strace", "-f", "--seccomp-bpf", "-q", "-o", trace, "-e", f"trace={SYNCS}"]
        if delay_us:
            command += ["-e", f"inject={SYNCS}:delay_exit={delay_us}"]
        command += [coldpress, "run", "--once", "--json", "--store", home, *FLAT]
        cost, told = meter.lines(command)
        calls = re.findall(rf"\b(?:{SYNCS.replace(',', '|')})\(", trace.read_text(encoding="ascii"))
    return cost.wall, len(calls), sum(one.get("outcome") == "compressed" for one in told)
