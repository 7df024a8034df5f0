"""The readability matrix: every act of a user, on a compressed store and on an untouched copy."""

import collections
import json
import shutil

import codex_package
import make_store
from bench import Kept
from comparable import difference
from two_compressors import stock_compress
from matrix_acts import ACTS, ALWAYS, Acts
from compressing import Compressing

OLDER = ("0.169.0", "0.153.4", "0.147.0", "0.144.6", "0.137.0")
# Releases that may not meet a compressed parent of a fork, and those that may.
GUARDED = (("0.147.0", True), ("0.151.0", True), ("0.152.0", False), ("0.153.4", False))
# Reasons for which a rollout of the made store may be left alone.
LEFT_ALONE = {"too_young", "shared_history"}


class Matrix:
    """One release: makes a store, keeps it twice, compares act by act.

    An older release may itself answer otherwise once a rollout is compressed, whoever
    did it. So where it does, it is asked of a third copy, compressed as Codex does it;
    the pinned release is not excused.
    """

    acts = Acts
    options = ()

    def __init__(self, bench, findings, version, name="matrix"):
        self.findings = findings
        self.version = version
        self.compared, self.refused = collections.Counter(), collections.Counter()
        self.home = bench.home(f"{name}-{version}", version)
        self.made = make_store.make(self.home)
        self.plain = Kept(self.home, "plain")
        shutil.copytree(self.plain.aside, self.home.home, symlinks=True)
        self.compress(bench.coldpress)
        self.compressed = Kept(self.home, "compressed")
        self.stock_told = {}

    def compress(self, coldpress):
        compressing = Compressing(coldpress, self.home, self.findings, *self.options)
        expected, left = [], []
        for told in compressing.plan():
            path = self.home.home / told["rollout"]
            (expected if told["reason"] == "cold" else left).append((path, told["reason"]))
        for path, reason in left:
            if reason not in LEFT_ALONE:
                self.findings.fault(self.version, f"{path.name} is left alone: {reason}")
        compressing.compress_and_compare(f"compress {self.version}", [path for path, _ in expected])
        print(f"codex {self.version}: {len(expected)} compressed, {len(left)} left alone")

    def run(self):
        for act in ACTS:
            for databases in (True, False):
                self.act(act, databases)
            print(
                f"codex {self.version}: {act}: {self.compared[act]} answers compared, "
                f"{self.refused[act]} of them refused alike"
            )
        self.findings.count("threads", len(self.made))
        self.findings.count("answers compared", self.compared.total())
        self.findings.count("refused alike", self.refused.total())

    def act(self, name, databases):
        where = f"{self.version} {name} {'with' if databases else 'without'} databases"
        try:
            before = self.on_copy(self.plain, name, databases)
            after = self.on_copy(self.compressed, name, databases)
        except Exception as error:  # whatever stops an act is a finding
            self.findings.fault(where, f"stopped by {type(error).__name__}: {error}")
            return
        for question in {**before, **after}:
            self.compared[name] += 1
            self.refused[name] += str(before.get(question)).startswith("refused")
            if before.get(question) != after.get(question):
                self.judge_difference(where, question, before, after)
            self.check_always(f"{where}: {question}", question, after.get(question))

    def on_copy(self, kept, name, databases):
        with kept.copy(databases):
            return self.acted(name)

    def judge_difference(self, where, question, before, after):
        told = difference(before.get(question), after.get(question))
        words = f"{question}: untouched and compressed differ{told}"
        if self.version != codex_package.VERSION:
            if self.stock(where).get(question) == after.get(question):
                print(f"codex {where}: so with its own compression, too: {words}")
                self.findings.count("own ways of older releases")
                return
        self.findings.fault(where, words)

    def check_always(self, where, question, value):
        for begin, wanted in ALWAYS.items():
            if question.startswith(f"{begin} ") and value != wanted:
                self.findings.fault(where, f"is {json.dumps(value)}")

    def stock(self, where):
        """The answers of a copy that is compressed as Codex itself does it."""
        if where not in self.stock_told:
            _version, name, databases, _word = where.split()
            with self.plain.copy(databases == "with") as home:
                for compressed in self.compressed.aside.rglob("*.jsonl.zst"):
                    plain = compressed.relative_to(self.compressed.aside).with_suffix("")
                    stock_compress(home.home / plain)
                self.stock_told[where] = self.acted(name)
        return self.stock_told[where]

    def acted(self, name):
        acts = self.acts(self.home, self.made)
        getattr(acts, name)()
        return acts.told


class Unguarded(Matrix):
    """What would be if forks and their parents were compressed for an older release, too."""

    options = ("--shared-history", "compress")

    def __init__(self, bench, findings, version):
        super().__init__(bench, findings, version, "unguarded")
        self.otherwise = 0

    def judge_difference(self, where, question, before, after):
        self.otherwise += 1

    def check_always(self, where, question, value):
        pass

    def run(self):
        for act in ("read", "turn", "fork"):
            self.act(act, databases=False)
        print(f"codex {self.version}, unguarded: {self.otherwise} answers otherwise")
        self.findings.count("answers compared unguarded", self.compared.total())


def run(bench, findings):
    """The pinned release, and with --full the newest and older ones."""
    versions = [codex_package.VERSION]
    if bench.full:
        newest = codex_package.newest()
        versions += [newest] if newest not in (None, codex_package.VERSION) else []
        versions += OLDER
    for version in versions:
        Matrix(bench, findings, version).run()
    for version, harmed in GUARDED if bench.full else ():
        unguarded = Unguarded(bench, findings, version)
        unguarded.run()
        if (unguarded.otherwise > 0) != harmed:
            findings.fault(version, "needs the guard of shared history no more, or needs it now")
