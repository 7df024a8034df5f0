"""How long a writer waits while Codex's compressor publishes, and while coldpress does."""

import contextlib
import json
import pathlib
import subprocess
import sys
import time

import make_store
from bench import Kept
from two_compressors import clone, codex_compress, contents, judge_forms, compress

WAITER = pathlib.Path(__file__).with_name("waiter.py")


def spread(values):
    """p50/p99/max."""
    ordered = sorted(values) or [0]
    picked = [ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100], ordered[-1]]
    return "/".join(str(value) for value in picked)


class Publisher:
    """What was measured beside one of the two."""

    def __init__(self, name, act):
        self.name = name
        self.act = act
        self.opened = []
        self.frames = 0
        self.seconds = 0.0

    def row(self):
        met = [one for one in self.opened if one[1]]
        return (
            f"ROW waiting beside={self.name} frames={self.frames} s={self.seconds:.1f} "
            f"opened={len(self.opened)} met_a_holder={len(met)} "
            f"lock_us_if_met={spread([one[2] for one in met])} "
            f"lock_us={spread([one[2] for one in self.opened])} "
            f"open_us={spread([one[3] for one in self.opened])}"
        )


@contextlib.contextmanager
def writer(home, opened):
    """One writer at work while used in a `with`, so that whoever it met is the publisher.

    Afterwards `opened` has what it met.
    """
    command = [sys.executable, "-B", str(WAITER), str(home.home)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        time.sleep(0.5)  # until it has begun
        try:
            yield
        finally:
            opened += json.loads(process.communicate()[0])


class Waiting:
    def __init__(self, bench, findings):
        self.bench = bench
        self.findings = findings
        self.home = bench.home("waiting")
        made = make_store.make(self.home)
        for kind, count in (("chat", 120), ("legacy", 120)):
            clone(self.home, next(e for e in made if e["kind"] == kind), count)
        self.wanted = contents(self.home)
        self.kept = Kept(self.home, "kept")

    def codex(self):
        with self.home.app_server() as server:
            began = time.monotonic()
            codex_compress(server, self.home, patience=10)
            return began, time.monotonic()

    def coldpress(self):
        began = time.monotonic()
        process = compress(self.bench.coldpress, self.home, "--settle", "0s")
        out, err = process.communicate(timeout=300)
        if process.returncode not in (0, 3):
            words = (out[-300:] + err[-700:]).decode()
            self.findings.fault("coldpress", f"ended with {process.returncode}: {words}")
        return began, time.monotonic()

    def round(self, publisher):
        """Only what was opened while the publisher worked counts."""
        opened = []
        with self.kept.copy():
            with writer(self.home, opened):
                began, ended = publisher.act()
            judge_forms(self.home, self.wanted, self.findings, publisher.name)
            frames = sum(path.suffix == ".zst" for path in self.home.rollouts())
        if not frames:
            self.findings.fault(publisher.name, "published nothing: proves nothing")
        publisher.frames += frames
        publisher.seconds += ended - began
        publisher.opened += [one for one in opened if began <= one[0] <= ended]


def run(bench, findings):
    waiting = Waiting(bench, findings)
    publishers = [Publisher("codex", waiting.codex), Publisher("coldpress", waiting.coldpress)]
    for _ in range(10 if bench.full else 2):
        for publisher in publishers:
            waiting.round(publisher)
    for publisher in publishers:
        print(publisher.row())
        findings.count(f"opened beside {publisher.name}", len(publisher.opened))
