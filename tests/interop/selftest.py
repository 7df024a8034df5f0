"""Plants faults into compressed rollouts; the walk and the matrix must name each."""

import re

import codex_package
import make_store
import planted
from bench import Kept
from check_compress import Check
from matrix import Matrix
from matrix_acts import Acts, forms_of
from compressing import Findings, Compressing

# Name, what is done to the compressed form of a thread, the words that must be found.
ON_DISK = [
    ("window of 2^28", planted.window, r"window of 268435456 bytes"),
    ("no checksum", planted.no_checksum, r"no checksum"),
    ("a flipped bit", planted.flipped_bit, r"decodes to other bytes"),
    ("a wrong mtime", planted.mtime, r"mtime_ns is"),
    ("a missing last line", planted.last_line, r"decodes to other bytes"),
]
KIND = "legacy_fork"


class PlantedCompressing(Compressing):
    """Compresses well, and then spoils one rollout."""

    def __init__(self, coldpress, home, findings, path, plant):
        super().__init__(coldpress, home, findings)
        self.path = path
        self.plant = plant

    def compress(self, when):
        super().compress(when)
        if self.plant:
            self.plant(self.path)


class ForgetfulCheck(Check):
    """After Codex has ended, the last turn of one thread goes away."""

    def compare_continued(self, entry, original, marker):
        if entry["kind"] == KIND:
            planted.lost_turn(entry["rollout"], original)
        super().compare_continued(entry, original, marker)


def thread_of(store, kind):
    """Of whatever has `made` a store."""
    return next(entry["thread"] for entry in store.made if entry["kind"] == kind)


class ForgetfulActs(Acts):
    """The same on a copy for the matrix, untouched or compressed."""

    def tell_continued(self, markers):
        thread = thread_of(self, KIND)
        planted.lost_turn(forms_of(self.home, thread)[0], self.old[thread])
        super().tell_continued(markers)


class SelfTest:
    """One store, of which each fault gets a copy."""

    def __init__(self, bench, findings):
        self.bench = bench
        self.findings = findings
        home = bench.home("self-test")
        self.made = make_store.make(home)
        self.home = home
        self.before = Check(bench.coldpress, home, Findings(), self.made).answers_of_copy()
        self.kept = Kept(home, "kept")

    def compressed_with(self, plant):
        """Violations after a compression that `plant` spoils."""
        seen = Findings()
        check = Check(self.bench.coldpress, self.home, seen, self.copied())
        entry = check.entry(KIND)
        path = entry["rollout"].with_name(entry["rollout"].name + ".zst")
        check.compressing = PlantedCompressing(self.bench.coldpress, self.home, seen, path, plant)
        with self.kept.copy():
            check.compress_aged("compress")
            check.compare_answers(self.before, check.answers_of_copy())
        return seen.violations

    def continued(self, kind_of_check):
        """Violations after one more turn in every thread."""
        seen = Findings()
        with self.kept.copy():
            kind_of_check(self.bench.coldpress, self.home, seen, self.copied()).continue_threads()
        return seen.violations

    def copied(self):
        """The entries, for a check that changes them."""
        return [dict(entry) for entry in self.made]

    def must_find(self, name, violations, words):
        self.findings.count("faults planted")
        if any(re.search(words, violation) for violation in violations):
            by_codex = sum(violation.startswith("codex:") for violation in violations)
            print(f"{name}: found; Codex itself shows it in {by_codex} places")
            self.findings.count("faults found")
        else:
            self.findings.fault("self-test", f"{name}: not found, but {violations}")

    def must_be_clean(self, name, violations):
        self.findings.count("controls")
        for violation in violations:
            self.findings.fault("self-test", f"{name}: without a fault {violation}")


def matrix(test):
    """The matrix sees what an act says, on which copy, and what must be so on both."""
    seen = Findings()
    under_test = Matrix(test.bench, seen, codex_package.VERSION, "self-test-matrix")
    (compressed,) = under_test.compressed.aside.rglob(f"*{thread_of(under_test, KIND)}*.zst")
    under_test.act("read", databases=False)
    under_test.act("turn", databases=True)
    test.must_be_clean("matrix", list(seen.violations))
    under_test.acts = ForgetfulActs
    under_test.act("turn", databases=True)
    test.must_find("matrix, a lost turn", seen.violations, f"turn kept {KIND}")
    under_test.acts = Acts
    planted.last_line(compressed)
    under_test.act("read", databases=False)
    test.must_find("matrix, a missing last line", seen.violations, f"read {KIND}: untouched and")


def run(bench, findings):
    test = SelfTest(bench, findings)
    test.must_be_clean("compress", test.compressed_with(None))
    for name, plant, words in ON_DISK:
        test.must_find(name, test.compressed_with(plant), words)
    test.must_be_clean("turns", test.continued(Check))
    test.must_find("a lost turn", test.continued(ForgetfulCheck), "lost the turn")
    matrix(test)
