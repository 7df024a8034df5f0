"""Codex is held between publishing its `.zst` and unlinking the plain file; we come by.

Three things keep our recovery off such a pair: Codex's locks, its age, and that the
plain file is never what goes. Each case takes some of them away.
"""

import os
import signal

import codex_judge
import make_store
import stopped
from bench import Kept
from two_compressors import MARKER, contents, judge_forms, compress
from matrix_acts import content_of, forms_of
from compress_loop import wait_for
from compressing import COORDINATION, MAINTENANCE, Findings

UNLINK = "unlink,unlinkat"
# Recovery by itself, and before a compress.
BOTH = ("sweep", "run")


class Forced:
    """One store with a single cold rollout, of which each case gets a copy."""

    def __init__(self, bench, findings):
        self.coldpress = bench.coldpress
        self.findings = findings
        self.home = bench.home("forced")
        with self.home.app_server() as server:
            maker = make_store.Maker(self.home, server)
            self.thread = maker.thread("cold", *[[f"question {n}"] for n in range(3)])
        self.plain = maker.made[0]["rollout"]
        self.compressed = self.plain.with_name(f"{self.plain.name}.zst")
        make_store.age([self.plain], 30)
        self.wanted = contents(self.home)
        self.kept = Kept(self.home, "kept")

    def codex_held(self, where, codes, *options, locks=True, killed=False, verbs=BOTH):
        """We pass while Codex waits before its unlink; then Codex goes on or is killed."""
        log = self.home.root / "forced.strace"
        with self.kept.copy(), self.home.app_server() as server:
            with stopped.held(server.pid, UNLINK, log):
                server.call("rollout/compress")
                wait_for(self.compressed.exists, 10)
                self.must_wait(where)
                if not locks:
                    self.take_locks_away()
                for verb in verbs:
                    self.pass_by(where, codes, verb, *options)
                    self.must_wait(where)
                if killed:
                    os.kill(server.pid, signal.SIGKILL)
                else:
                    wait_for(lambda: not self.plain.exists(), stopped.HELD_S + 5)
            self.judge(where, pairs=int(killed))
            if killed:
                server.stop()
                self.pass_by(f"{where}, and later", {0}, "run", "--settle", "0s")
                self.judge(f"{where}, and later")

    def must_wait(self, where):
        if not self.plain.exists():
            raise RuntimeError(f"{where}: Codex was not held long enough")

    def pass_by(self, where, codes, verb, *options):
        process = compress(self.coldpress, self.home, *options, verb=verb)
        out, err = process.communicate(timeout=60)
        if process.returncode not in codes:
            words = (out[-300:] + err[-700:]).decode()
            self.findings.fault(where, f"coldpress ended with {process.returncode}: {words}")
        self.findings.count("passes beside a stopped codex")

    def take_locks_away(self):
        for name in (MARKER, MAINTENANCE, COORDINATION):
            (self.home.home / name).unlink()

    def judge(self, where, pairs=0):
        judge_forms(self.home, self.wanted, self.findings, where, pairs)

    def coldpress_held(self):
        """We wait in the critical section; Codex compresses, then resumes the thread."""
        where = "coldpress is held"
        with self.kept.copy(), self.home.app_server() as server:
            log = self.home.root / "coldpress.strace"
            process = compress(
                [*stopped.options("renameat2", log), self.coldpress], self.home, "--settle", "0s"
            )
            wait_for(self.compressed.exists, 10)
            server.call("rollout/compress")
            if process.poll() is not None:
                raise RuntimeError(f"{where}: coldpress was not held")
            server.call("thread/resume", threadId=self.thread)
            turn = server.turn(self.thread, "marker-000001")
            process.communicate(timeout=60)
            if process.returncode not in (0, 3) or turn["status"] != "completed":
                self.findings.fault(where, f"ended with {process.returncode}, {turn}")
            self.judge_turn(where)
        self.findings.count("codex beside a stopped coldpress")

    def judge_turn(self, where):
        (form,) = forms_of(self.home, self.thread)
        (old,) = self.wanted.values()
        content = content_of(form)
        if not content.startswith(old):
            self.findings.fault(where, "the old bytes are not there")
        if codex_judge.markers_in(content[len(old) :]) != ["marker-000001"]:
            self.findings.fault(where, "lost the turn that was reported completed")


def control(forced, findings):
    """With neither lock nor age, a form must be lost: else the cases above prove nothing."""
    forced.findings = seen = Findings()
    forced.codex_held("control", {0}, "--settle", "0s", locks=False, verbs=("sweep",))
    if not any("no form is left" in violation for violation in seen.violations):
        findings.fault("control", f"lost nothing: {seen.violations}")
    findings.count("controls")


def run(bench, findings):
    stopped.check()
    forced = Forced(bench, findings)
    forced.codex_held("locks alone", {75}, "--settle", "0s")
    forced.codex_held("age alone", {0}, locks=False)
    forced.codex_held("killed", {75}, "--settle", "0s", killed=True)
    forced.coldpress_held()
    control(forced, findings)
