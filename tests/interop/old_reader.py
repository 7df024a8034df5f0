"""A Codex that does not know `.zst`: coldpress refuses its store; the control shows why."""

import contextlib
import json
import sqlite3

import make_store
import snapshot
from bench import Kept
from codex_answers import SOURCES
from two_compressors import FEATURE, stock_compress
from compressing import ROOTS, Compressing, allowed

# The last releases without compressed rollouts.
VERSIONS = ("0.135.0", "0.136.0")


def rows(home):
    """Ids in Codex's table of threads."""
    (database,) = home.home.glob("state_*.sqlite")
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return {row[0] for row in opened.execute("SELECT id FROM threads")}


def listed(home):
    """Ids that Codex lists, of both trees."""
    with home.app_server() as server:
        found = []
        for archived in (False, True):
            found += server.pages("thread/list", sourceKinds=SOURCES, archived=archived)
    return {thread["id"] for thread in found}


class OldReader:
    def __init__(self, bench, findings, version):
        self.findings = findings
        self.version = version
        self.home = bench.home(f"old-{version}", version)
        made = make_store.make(self.home)
        self.threads = {entry["thread"] for entry in made}
        self.aged = {entry["thread"] for entry in made if entry["aged"]}
        self.compressing = Compressing(bench.coldpress, self.home, findings)
        self.kept = Kept(self.home, "kept")

    def refused(self):
        """Nothing is compressed, and it is said which release was seen."""
        with self.kept.copy():
            before = snapshot.take(self.home.home)
            done = self.compressing.command("run", "--json", *FEATURE, *ROOTS)
            after = snapshot.take(self.home.home)
            for told in snapshot.differences(before, after, allowed):
                self.findings.fault(self.version, told)
            summary = json.loads(done.stdout.splitlines()[-1])
            refused, counts = summary.get("refused"), summary["counts"]
            print(f"codex {self.version}: exit {done.returncode}, {counts}, refused: {refused}")
            if not refused or not self.version.startswith(refused["version"]):
                self.findings.fault(self.version, "the store was not refused")
            self.compare_threads("untouched", set(), listed(self.home))
        self.findings.count("stores refused")

    def compressed_all_the_same(self):
        """The control: what such a Codex does to a store that is compressed nevertheless."""
        with self.kept.copy():
            for path in self.home.rollouts():
                if any(thread in path.name for thread in self.aged):
                    stock_compress(path)
            self.compare_threads("compressed", self.aged, listed(self.home))
        self.findings.count("controls")

    def compare_threads(self, where, gone, shown):
        left = rows(self.home)
        print(
            f"codex {self.version}, {where}: lists {len(shown)} of {len(self.threads)} "
            f"threads, then has {len(left)} of {len(self.threads)} rows"
        )
        wanted = self.threads - gone
        if shown != wanted:
            self.findings.fault(f"{self.version} {where}", "lists other threads than expected")
        if left != wanted:
            self.findings.fault(f"{self.version} {where}", "has other rows than expected")


def run(bench, findings):
    for version in VERSIONS if bench.full else VERSIONS[:1]:
        old = OldReader(bench, findings, version)
        old.refused()
        old.compressed_all_the_same()
