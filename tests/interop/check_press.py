#!/usr/bin/env python3
"""Presses a real store with coldpress and asks the real Codex whether it noticed.

    check_press.py COLDPRESS [--codex-cache DIR] [--dir DIR] [--keep]

Exit codes: 0 all as promised, 1 violations (each is named), 2 usage, 69 the
pinned Codex cannot be had here.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import codex_answers
import codex_home
import codex_package
import make_store
import mock_responses
import snapshot
import zstd_frame
from make_store import SMALL

# What a press may create or change in a home besides the rollouts themselves.
ALLOWED = {
    ".tmp",
    ".tmp/rollout-compression.lock",
    ".tmp/rollout-maintenance.lock",
    "coldpress",
    "thread-writer-locks",
    "thread-writer-locks/.coordination.lock",
}


class Check:
    """One store, and every promise that was seen broken on it."""

    def __init__(self, coldpress, home):
        self.coldpress = coldpress
        self.home = home
        self.made = []
        self.violations = []
        self.counts = {}

    def fault(self, where, text):
        self.violations.append(f"{where}: {text}")

    def count(self, what, number=1):
        self.counts[what] = self.counts.get(what, 0) + number

    # -- pressing ---------------------------------------------------------------

    def press(self, when):
        command = [self.coldpress, "run", "--once", "--store", str(self.home.home)]
        command += ["--enable", "local_thread_store_compression"]
        command += ["--roots", "archived,active", "--settle", "0s", "--reap-grace", "200ms"]
        done = subprocess.run(
            command,
            env=self.home.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode != 0:
            words = (done.stdout + done.stderr)[-1500:]
            self.fault(when, f"coldpress ended with {done.returncode}: {words}")

    def press_and_compare(self, when, expected):
        """Presses; every expected rollout, and nothing else, has the other form."""
        before = snapshot.take(self.home.home)
        contents = {path: path.read_bytes() for path in expected}
        self.press(when)
        after = snapshot.take(self.home.home)
        moved = set()
        for path, content in contents.items():
            plain = str(path.relative_to(self.home.home))
            moved |= {plain, f"{plain}.zst"}
            self.compare_pressed(when, plain, content, before, after)
        for told in snapshot.differences(before, after, lambda p: p in moved or allowed(p)):
            self.fault(when, told)

    def compare_pressed(self, when, plain, content, before, after):
        pressed = f"{plain}.zst"
        if plain in after:
            self.fault(when, f"{plain}: still plain")
        if pressed not in after:
            self.fault(when, f"{pressed}: missing")
            return
        old, new = before[plain], after[pressed]
        for field in ("kind", "mode", "uid", "gid", "mtime_ns", "xattrs"):
            was, now = getattr(old, field), getattr(new, field)
            if was != now:
                self.fault(when, f"{pressed}: {field} is {now}, was {was}")
        path = self.home.home / pressed
        decoded = zstd_frame.decode(path)
        if decoded is None:
            self.fault(when, f"{pressed}: `zstd -d` refuses it")
        elif decoded != content:
            self.fault(when, f"{pressed}: decodes to other bytes")
        for told in zstd_frame.complaints(path, len(content)):
            self.fault(when, f"{pressed}: {told}")
        self.count("rollouts compared")
        self.count("bytes before", old.size)
        self.count("bytes after", new.size)

    # -- asking Codex -----------------------------------------------------------

    def answers_of_copy(self):
        """What Codex says of the store as it is, asked of a copy under the same path."""
        home, aside = self.home.home, self.home.root / "home.aside"
        home.rename(aside)
        try:
            shutil.copytree(aside, home, symlinks=True)
            return self.answers()
        finally:
            shutil.rmtree(home)
            aside.rename(home)

    def answers(self):
        with self.home.app_server() as server:
            told = codex_answers.ask(server, self.made)
            told.update(codex_answers.resume(server, self.made))
            return told

    def compare_answers(self, before, after):
        listed = [len(before[q]) for q in before if q.startswith("list") and "False data" not in q]
        if not any(listed):
            self.fault("codex", "lists no thread at all")
        for question, answer in before.items():
            self.count("answers compared")
            if after.get(question) != answer:
                self.fault("codex", f"answers otherwise to: {question}")

    def continue_threads(self):
        """One more turn in every thread; the old bytes must still be there, first."""
        originals = {e["thread"]: plain_bytes(self.home, e) for e in self.made}
        with self.home.app_server() as server:
            for entry in self.made:
                if entry["archived"]:
                    server.call("thread/unarchive", threadId=entry["thread"])
                server.call("thread/resume", threadId=entry["thread"])
                self.one_turn(server, entry["thread"], entry["kind"])
        for entry in self.made:
            self.compare_continued(entry, originals[entry["thread"]])

    def one_turn(self, server, thread, kind):
        turn = server.turn(thread, f"once more: {SMALL}")
        if turn["status"] != "completed":
            self.fault("codex", f"turn in {kind} ended as {turn['status']}: {turn['error']}")
        self.count("turns run")

    def compare_continued(self, entry, original):
        kind = entry["kind"]
        forms = forms_of(self.home, entry["thread"])
        if len(forms) != 1 or forms[0].suffix == ".zst":
            self.fault("codex", f"after a turn {kind} exists as {[p.name for p in forms]}")
            return
        entry["rollout"] = forms[0]
        content = forms[0].read_bytes()
        if not content.startswith(original):
            self.fault("codex", f"after a turn {kind} does not begin with its old bytes")
        elif len(content) == len(original):
            self.fault("codex", f"a turn in {kind} left no bytes")
        self.count("threads continued")

    def fork_pressed(self):
        """A fork of a thread that exists only pressed; the source stays readable."""
        entry = next(e for e in self.made if e["kind"] == "fork_source")
        original = plain_bytes(self.home, entry)
        with self.home.app_server() as server:
            child = server.call("thread/fork", threadId=entry["thread"])["thread"]
            self.one_turn(server, child["id"], "a fork of a pressed thread")
        if plain_bytes(self.home, entry) != original:
            self.fault("codex", "a fork changed the bytes of its pressed source")

    # -- the whole --------------------------------------------------------------

    def run(self):
        self.made = make_store.make(self.home)
        aged = [entry["rollout"] for entry in self.made if entry["aged"]]
        control = self.answers_of_copy()
        self.press_and_compare("press", aged)
        self.press_and_compare("second press", [])
        pressed_again = self.answers_of_copy()
        self.compare_answers(control, pressed_again)
        self.fork_pressed()
        self.continue_threads()
        continued = [entry["rollout"] for entry in self.made]
        make_store.age(continued, 20)
        self.press_and_compare("press after more turns", continued)
        if not self.counts.get("rollouts compared"):
            self.fault("check", "compared no rollout at all")


def allowed(path):
    return path in ALLOWED or path.startswith("coldpress/")


def forms_of(home, thread):
    """The files of one thread, whichever form and tree they are in."""
    return [path for path in home.rollouts() if codex_home.thread_id(path) == thread]


def plain_bytes(home, entry):
    """A thread's bytes, from whichever form there is; plain wins as in Codex."""
    path = forms_of(home, entry["thread"])[0]
    return zstd_frame.decode(path) if path.suffix == ".zst" else path.read_bytes()


def run_in(folder, coldpress, program):
    with mock_responses.MockResponses() as mock:
        make_store.write_scripts(mock)
        check = Check(coldpress, codex_home.CodexHome(folder, program, mock))
        check.run()
        return check


def main(arguments):
    parser = argparse.ArgumentParser(description="Presses a real store and asks Codex.")
    parser.add_argument("coldpress", metavar="COLDPRESS")
    parser.add_argument("--codex-cache", default=make_store.DEFAULT_CACHE, metavar="DIR")
    parser.add_argument("--dir", metavar="DIR", help="work in a new folder in DIR")
    parser.add_argument("--keep", action="store_true", help="keep that folder")
    options = parser.parse_args(arguments)
    coldpress = shutil.which(os.path.abspath(options.coldpress))
    if coldpress is None:
        parser.error(f"{options.coldpress} is not a program")
    try:
        program = codex_package.ensure(options.codex_cache)
    except codex_package.Unavailable as why:
        print(f"codex is unavailable: {why}", file=sys.stderr)
        return codex_package.UNAVAILABLE
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coldpress-interop-", dir=options.dir))
    passed = False
    try:
        check = run_in(folder, coldpress, program)
        for what, number in check.counts.items():
            print(f"{what}: {number}")
        for violation in check.violations:
            print(f"VIOLATION {violation}")
        passed = not check.violations
    finally:
        if passed and not options.keep:
            shutil.rmtree(folder)
        else:
            print(f"the store is kept in {folder}", file=sys.stderr)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
