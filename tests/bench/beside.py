"""What coldpress costs whoever works on the same machine."""

import contextlib
import os
import statistics
import subprocess
import time

import contestants
import measure
import profiles

CORE = min(os.sched_getaffinity(0))
PIN = ["taskset", "-c", str(CORE)]


def foreground(coldpress, corpus, meter, scratch, repeats, say):
    """A fixed job alone, beside coldpress and beside `zstd -9`, all on one core."""
    with contestants.room(scratch / "beside") as work:
        profiles.make_home(corpus, "text", work / "home", 4, 200 * profiles.MB)
        sources = [work / "home" / name for name in profiles.cold_rollouts(work / "home")]
        job_file = work / "job"
        file = [corpus, "file", "text", job_file, "--bytes", 60 * profiles.MB]
        subprocess.run(list(map(str, file)), check=True)
        measure.settle([*sources, job_file], cold=False)
        job = [*PIN, "zstd", "-q", "-9", "-c", "--single-thread", job_file]
        compress = [coldpress, "run", "--once", "--store", work / "home", *contestants.COMPRESS]
        zstd = ["zstd", "-q", "-9", "--long=27", "-c", "--single-thread", *sources]
        walls = {"alone": [], "beside coldpress": [], "beside zstd -9": []}
        for number in range(repeats):
            walls["alone"].append(meter.run(job).wall)
            walls["beside coldpress"].append(beside(compress, job, meter))
            walls["beside zstd -9"].append(beside(zstd, job, meter))
            say(f"foreground {number + 1}: " + ", ".join(f"{w[-1]:.2f}" for w in walls.values()))
    # By pairs, for the load of a shared machine comes and goes.
    ratios = {
        name: statistics.median(w / a for w, a in zip(wall, walls["alone"]))
        for name, wall in walls.items()
    }
    return {"wall": walls, "ratio": ratios}


def beside(command, job, meter):
    """The job's wall time while `command` works on the same core from before to after."""
    with working([*PIN, *map(str, command)]) as process:
        wall = meter.run(job).wall
        if process.poll() is not None:
            raise measure.Failed(f"{command[0]} was done before the job beside it")
    return wall


@contextlib.contextmanager
def working(command):
    quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    with subprocess.Popen(command, **quiet) as process:
        try:
            while process.poll() is None and measure.process_cpu(process.pid) < 0.1:
                time.sleep(0.01)
            yield process
        finally:
            process.terminate()
            process.wait()


def memory(coldpress, corpus, meter, scratch, say):
    """Peak memory of two jobs at once, each on a file that fills the longest window."""
    with contestants.room(scratch / "memory") as work:
        home = work / "home"
        profiles.make_home(corpus, "images", home, 2, 400 * profiles.MB)
        command = [coldpress, "run", "--once", "--jobs", "2", "--store", home, *contestants.COMPRESS]
        peak = meter.run(command).peak_kb
    say(f"memory: two jobs, {peak / 1024:.0f} MiB")
    return {"two_jobs_peak_kb": peak}


def writers(build, say):
    """The row `blocked` of the scoreboard, if that was built: see tests/SCOREBOARD.md."""
    program = build / "test" / "tests" / "race" / "coldpress-blocked"
    if not program.exists():
        return None
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False, timeout=600)
    row = next((line for line in done.stdout.splitlines() if line.startswith("ROW")), None)
    say(row or "blocked: no row")
    return row
