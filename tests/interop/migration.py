"""`codex migrate-rollouts` after a compression, beside passes, stopped, and killed half way."""

import contextlib
import json
import random
import signal
import subprocess
import threading
import time

import make_store
import stopped
import zstd_frame
from bench import Kept
from codex_answers import answer
from comparable import blank, difference, shape
from two_compressors import MARKER, compress
from matrix_acts import content_of, forms_of
from compress_loop import wait_for

APPLY = ("migrate-rollouts", "--json", "--apply")
RENAME = "rename,renameat,renameat2"


class Migration:
    """One store; what a migration of an untouched copy gives is what all others must give."""

    def __init__(self, bench, findings):
        self.coldpress = bench.coldpress
        self.findings = findings
        self.home = bench.home("migration")
        self.made = make_store.make(self.home)
        self.legacy = {e["thread"] for e in self.made if "legacy" in e["kind"]}
        self.kept = Kept(self.home, "plain")
        with self.kept.copy():
            self.migrate("alone")
            self.wanted = self.state("alone")

    def migrate(self, where):
        """Applies it; every legacy thread must be reported migrated, no other touched."""
        outcomes = json.loads(self.home.run(*APPLY))["outcomes"]
        told = {outcome["thread_id"]: outcome for outcome in outcomes}
        for entry in self.made:
            outcome = told.get(entry["thread"], {"status": "not reported", "message": None})
            wanted = "migrated" if entry["thread"] in self.legacy else "already_paginated"
            if outcome["status"] != wanted:
                words = f"{entry['kind']}: {outcome['status']}: {outcome['message']}"
                self.findings.fault(where, words)

    def state(self, where):
        """Records and turns of every thread, each of which must have one form."""
        told, known = {}, {entry["thread"] for entry in self.made}
        for entry in self.made:
            forms = forms_of(self.home, entry["thread"])
            if len(forms) != 1:
                names = [path.name for path in forms]
                self.findings.fault(where, f"{entry['kind']} exists as {names}")
            lines = content_of(forms[0]).splitlines() if forms else []
            told[f"records {entry['kind']}"] = [shape(json.loads(line)) for line in lines]
        with self.home.app_server() as server:
            for entry in self.made:
                params = {"threadId": entry["thread"], "includeTurns": True}
                read = answer(server.call, "thread/read", **params)
                told[f"read {entry['kind']}"] = blank(read, known)
        return told

    def judge(self, where):
        now = self.state(where)
        for question, wanted in self.wanted.items():
            told = difference(wanted, now[question])
            if told:
                self.findings.fault(where, f"{question}: differs{told}")
            self.findings.count("answers compared")
        for path in self.home.home.rglob("*.pending"):
            self.findings.fault(where, f"{path.name} is left")

    def compress(self, where, codes, *options):
        process = compress(self.coldpress, self.home, *options)
        out, err = process.communicate(timeout=120)
        if process.returncode not in codes:
            words = (out[-300:] + err[-700:]).decode()
            self.findings.fault(where, f"coldpress ended with {process.returncode}: {words}")

    # -- the cases --------------------------------------------------------------

    def after_a_compress(self):
        with self.kept.copy():
            self.compress("after a compression", {0}, "--settle", "0s")
            self.migrate("after a compression")
            self.judge("after a compression")
            weak = self.without_checksum()
            self.findings.count("frames that lost their checksum", len(weak))
            self.compress("after both", {0}, "--settle", "0s")
            self.judge("after both")
            for path in self.without_checksum():
                self.findings.fault("after both", f"{path.name} is left without a checksum")

    def without_checksum(self):
        """Of the compressed rollouts, all of which coldpress has made."""
        return [
            path
            for path in sorted(self.home.home.rglob("rollout-*.jsonl.zst"))
            if "no checksum" in zstd_frame.complaints(path, len(zstd_frame.decode(path) or b""))
        ]

    def in_the_grace(self):
        """Between our rename and our reap: the `.zst` that we reap for is another by then."""
        where = "in the grace"
        with self.kept.copy():
            # The last --reap-grace counts.
            process = compress(self.coldpress, self.home, "--settle", "0s", "--reap-grace", "4s")
            aged = [entry["rollout"] for entry in self.made if entry["aged"]]
            wait_for(lambda: not any(path.exists() for path in aged), 30)
            self.migrate(where)
            out, err = process.communicate(timeout=120)
            # What was set aside needs a person: 4.
            if process.returncode not in (0, 4):
                words = (out[-300:] + err[-700:]).decode()
                self.findings.fault(where, f"coldpress ended with {process.returncode}: {words}")
            self.judge(where)

    def beside_passes(self, where, moment):
        """Passes without a pause; the migration begins `moment` seconds after the first."""
        with self.kept.copy():
            ended = threading.Event()

            def passes():
                try:
                    while not ended.wait(0.02):
                        self.compress(where, {0, 3, 4, 75}, "--settle", "1s")
                        self.findings.count("passes beside migrations")
                except Exception as error:  # a loop that ended early would prove nothing
                    self.findings.fault(where, f"stopped by {type(error).__name__}: {error}")

            loop = threading.Thread(target=passes)
            time.sleep(1)
            loop.start()
            try:
                time.sleep(moment)
                self.migrate_at_last(where)
            finally:
                ended.set()
                loop.join()
            time.sleep(1.2)
            self.compress(where, {0, 4}, "--settle", "1s")
            self.judge(where)

    def migrate_at_last(self, where):
        """The maintenance lock may be ours just then: then Codex refuses, and is asked again."""
        for _ in range(50):
            refused = answer_of(self.home)
            if refused is None:
                break
            self.findings.count("migrations refused while busy")
            time.sleep(0.1)
        else:
            self.findings.fault(where, f"was never let in: {refused}")
        self.migrate_again(where)

    def migrate_again(self, where):
        """What is migrated once stays so."""
        outcomes = json.loads(self.home.run(*APPLY))["outcomes"]
        for outcome in outcomes:
            if outcome["status"] not in ("migrated", "already_paginated"):
                self.findings.fault(where, f"{outcome['status']}: {outcome['message']}")

    @contextlib.contextmanager
    def held(self):
        """A migration that waits before it gives a migrated rollout its name."""
        log = self.home.root / "migration.strace"
        command = [*stopped.options(RENAME, log), self.home.codex, *APPLY]
        with subprocess.Popen(
            command, env=self.home.env(), cwd=self.home.work, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        ) as process:  # fmt: skip
            pending = self.home.home / "rollout-migrations"
            wait_for(lambda: any(pending.glob("*.pending")), 20)
            if process.poll() is not None:
                raise RuntimeError("the migration was not held")
            yield process

    def pass_beside_a_held_one(self):
        where = "held"
        with self.kept.copy():
            with self.held():
                self.compress(where, {75}, "--settle", "0s")
            self.migrate_again(where)
            self.judge(where)

    def killed(self):
        """What it left is compressed over; the next migration takes up from there."""
        where = "killed"
        with self.kept.copy():
            with self.held() as process:
                stopped.kill_tracees(process, signal.SIGKILL)
            (self.home.home / MARKER).unlink(missing_ok=True)
            self.compress(where, {0, 3}, "--settle", "0s")
            self.migrate_again(where)
            self.judge(where)


def answer_of(home):
    """Why a migration was refused as a whole, None if it was not."""
    try:
        outcomes = json.loads(home.run(*APPLY))["outcomes"]
    except Exception as error:  # whatever refuses it is asked again
        return str(error)
    odd = [o for o in outcomes if o["status"] not in ("migrated", "already_paginated")]
    return json.dumps(odd) if odd else None


def run(bench, findings):
    stopped.check()
    migration = Migration(bench, findings)
    migration.after_a_compress()
    migration.in_the_grace()
    chance = random.Random(3)
    for number in range(20 if bench.full else 3):
        migration.beside_passes(f"beside {number}", chance.uniform(0, 0.8))
    migration.pass_beside_a_held_one()
    migration.killed()
