"""Both compressors on one store, started together, again and again."""

import collections
import random
import threading
import time

import make_store
from bench import Kept
from two_compressors import MARKER, clone, codex_compress, contents, forget_marker, judge_forms
from two_compressors import made_by, compress

SETTLE = ["--settle", "1s"]


class Together:
    """One store with some hundred rollouts, of which each round gets a copy."""

    def __init__(self, bench, findings):
        self.bench = bench
        self.findings = findings
        self.chance = random.Random(2)
        self.made_by = collections.Counter()
        self.home = bench.home("together")
        made = make_store.make(self.home)
        for kind, count in (("chat", 60), ("legacy", 40), ("large_output", 10)):
            clone(self.home, next(e for e in made if e["kind"] == kind), count)
        self.wanted = contents(self.home)
        self.young = {e["rollout"].relative_to(self.home.home) for e in made if not e["aged"]}
        self.kept = Kept(self.home, "kept")

    def round(self, number, markers):
        """Codex starts as coldpress does, or while it works.

        `markers` off: Codex starts although coldpress has left its marker.
        """
        where = f"round {number}{'' if markers else ' without marker'}"
        with self.kept.copy(), self.home.app_server() as server:
            time.sleep(1.2)  # until coldpress takes the copies for settled
            wait = self.chance.choice([0, 0.2, 0.4, 0.7]) + self.chance.uniform(0, 0.2)
            codex = threading.Thread(target=self.codex, args=(server, wait, markers))
            codex.start()
            done = self.coldpress(where)
            codex.join()
            self.who(where, done)
            self.clean_up(where)

    def codex(self, server, wait, markers):
        try:
            time.sleep(wait)
            if not markers:
                forget_marker(self.home)
            codex_compress(server, self.home)
        except Exception as error:  # a thread of its own: nobody else would hear of it
            self.findings.fault("codex", f"stopped by {type(error).__name__}: {error}")

    def coldpress(self, where):
        process = compress(self.bench.coldpress, self.home, *SETTLE)
        out, err = process.communicate(timeout=120)
        if process.returncode not in (0, 75):
            words = (out[-300:] + err[-700:]).decode()
            self.findings.fault(where, f"coldpress ended with {process.returncode}: {words}")
        return process.returncode

    def who(self, where, code):
        """Nothing is lost, now that both have ended; and whose frames there are."""
        judge_forms(self.home, self.wanted, self.findings, where)
        frames = [path for path in self.home.rollouts() if path.suffix == ".zst"]
        makers = collections.Counter(made_by(path) for path in frames)
        self.made_by.update(makers)
        self.findings.count("rounds")
        if len(makers) == 2:
            self.findings.count("rounds in which both compressed")
        self.findings.count("rounds in which coldpress found it busy", int(code == 75))
        if not frames:
            self.findings.fault(where, "neither has compressed anything")

    def clean_up(self, where):
        """One more pass of coldpress compresses what is left."""
        time.sleep(1.2)
        forget_marker(self.home)
        self.coldpress(f"{where}, one more pass")
        judge_forms(self.home, self.wanted, self.findings, f"{where}, one more pass")
        for path in self.home.rollouts():
            name = path.relative_to(self.home.home)
            if path.suffix != ".zst" and name not in self.young:
                self.findings.fault(where, f"{name}: still plain after one more pass")


def marker_of_coldpress(bench, findings, home):
    """After a pass of coldpress, Codex's compressor rests; without its marker it works."""
    made = make_store.make(home)
    process = compress(bench.coldpress, home, "--settle", "0s")
    process.communicate(timeout=120)
    plain = clone_of_compressed(home, made)
    with home.app_server() as server:
        codex_compress(server, home)
        if not plain.exists():
            findings.fault("marker", "Codex did not honour the marker of coldpress")
        forget_marker(home)
        codex_compress(server, home, patience=10)
        if plain.exists():
            findings.fault("marker", "the control: Codex did not compress without the marker")
    findings.count("markers honoured by codex")


def marker_of_codex(bench, findings, home):
    """The marker of a finished run of Codex does not keep coldpress from its work."""
    marker = home.home / MARKER
    if not marker.exists():
        findings.fault("marker", "Codex left none")
    plain = next(path for path in home.rollouts() if path.suffix != ".zst")
    make_store.age([plain], 20)
    process = compress(bench.coldpress, home, "--settle", "0s")
    out, err = process.communicate(timeout=120)
    if process.returncode != 0 or plain.exists():
        words = (out[-500:] + err[-500:]).decode()
        findings.fault("marker", f"coldpress ended with {process.returncode}: {words}")
    findings.count("markers of a finished run")


def clone_of_compressed(home, made):
    """A cold, plain rollout in a store that is compressed."""
    entry = next(e for e in made if e["kind"] == "fresh")
    (plain,) = clone(home, entry, 1)
    make_store.age([plain], 20)
    return plain


def run(bench, findings):
    together = Together(bench, findings)
    for number in range(40 if bench.full else 4):
        together.round(number, markers=True)
        together.round(number, markers=False)
    for maker, number in together.made_by.items():
        findings.count(f"frames of {maker}", number)
    if len(together.made_by) < 2:
        findings.fault("together", "one of the two never compressed: proves nothing")
    home = bench.home("marker")
    marker_of_coldpress(bench, findings, home)
    marker_of_codex(bench, findings, home)
