"""What each release writes into `turn_context`: coldpress tells old readers by it.

worker/rollout/recent_writers.hpp names these members and worker/stage/scan_versions.cpp
the releases. A newer Codex that drops one would look like an old one: that is a finding.
"""

import json
import pathlib
import time

import codex_home
import codex_package

# In the order in which they came; the release that first wrote each.
MARKS = {
    "multi_agent_version": "0.137.0",
    "root_turn_id": "0.153.0",
    "disabled_plugin_ids": "0.155.0",
}
# Tells 0.136 from what was before; later releases dropped it.
OF_0_136 = "workspace_roots"
# The releases on both sides of each border, and with --full more between them.
BORDERS = ("0.135.0", "0.136.0", "0.137.0", "0.152.1", "0.153.0", "0.154.0", "0.155.0")
BETWEEN = ("0.140.0", "0.144.6", "0.147.0", "0.153.4", "0.160.0", "0.165.0", "0.169.0")
OLDEST = BORDERS[0]


def numbers(version):
    return tuple(int(part) for part in version.split("."))


def wanted(version):
    """The marks that release must write."""
    return [mark for mark, first in MARKS.items() if numbers(version) >= numbers(first)]


def records(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def turns(path):
    return [record for record in records(path) if record["type"] == "turn_context"]


def milliseconds(turn):
    """When the turn began, as its id says: a UUIDv7."""
    digits = turn["payload"]["turn_id"].replace("-", "")
    return int(digits[:12], 16) if digits[12] == "7" else None


class Release:
    """One release in a home of its own, in which the oldest one began a thread."""

    def __init__(self, bench, findings, version):
        self.findings, self.version = findings, version
        self.home = bench.home(f"marks-{version}", OLDEST)
        self.old = self.home.exec("begun by an old one")
        self.thread = codex_home.thread_id(self.old)
        self.home.codex = str(codex_package.ensure(bench.cache, version))
        # The databases of the oldest would only be migrated.
        for database in self.home.home.glob("*.sqlite*"):
            database.unlink()

    def fault(self, text):
        self.findings.fault(self.version, text)

    def check_marks(self, turn, how):
        payload = turn["payload"]
        has = [mark for mark in MARKS if payload.get(mark) is not None]
        if has != wanted(self.version):
            self.fault(f"{how}: turn_context has {has}, not {wanted(self.version)}")
        if not has and (payload.get(OF_0_136) is not None) != (self.version > OLDEST):
            self.fault(f"{how}: {OF_0_136} does not tell 0.136 from what was before")
        self.findings.count("turns looked at")
        return has

    def run(self):
        fresh = turns(self.home.exec("begun by this one"))
        has = self.check_marks(fresh[-1], "new thread")
        before = len(turns(self.old))
        self.home.exec_resume(self.thread, "resumed")
        for turn in turns(self.old)[before:]:
            self.check_marks(turn, "resumed thread")
        self.check_settings()
        self.check_fork()
        print(f"codex {self.version}: {', '.join(has) or 'no mark'}")

    def check_settings(self):
        """The first mark is no matter of what is switched on, nor of a compaction."""
        config = self.home.home / "config.toml"
        text = config.read_text(encoding="utf-8")
        off = "multi_agent = false\nmulti_agent_v2 = false\n"
        config.write_text(text + off, encoding="utf-8")
        with self.home.app_server() as server:
            begun = server.call("thread/start", cwd=str(self.home.work))["thread"]
            server.turn(begun["id"], "without agents")
            server.call("thread/compact/start", threadId=begun["id"])
            server.wait_note("turn/completed", threadId=begun["id"])
            server.turn(begun["id"], "compacted")
        config.write_text(text, encoding="utf-8")
        for turn in turns(pathlib.Path(begun["path"])):
            self.check_marks(turn, "without agents")

    def check_fork(self):
        """Copied turns get the time of the fork and keep ids that tell their own."""
        originals = {turn["payload"]["turn_id"]: turn for turn in turns(self.old)}
        time.sleep(1.1)
        with self.home.app_server() as server:
            child = server.call("thread/fork", threadId=self.thread)["thread"]
            server.turn(child["id"], "in the fork")
        made = turns(pathlib.Path(child["path"]))
        self.check_marks(made[-1], "fork")
        copied = [turn for turn in made if turn["payload"]["turn_id"] in originals]
        if len(copied) != len(originals):
            self.fault(f"the fork has {len(copied)} of {len(originals)} turns by their ids")
        fork_began = milliseconds(made[-1])
        for turn in copied:
            began = milliseconds(turn)
            if began is None or fork_began is None or began + 1000 > fork_began:
                self.fault(f"turn {turn['payload']['turn_id']} does not tell when it began")
            self.findings.count("copied turns")


def run(bench, findings):
    """Both sides of each border and the release under test; with --full more, and the newest."""
    versions = {*BORDERS, codex_package.VERSION}
    if bench.full:
        versions |= {*BETWEEN, codex_package.newest() or codex_package.VERSION}
    for version in sorted(versions, key=numbers):
        Release(bench, findings, version).run()
