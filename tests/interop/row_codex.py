#!/usr/bin/env python3
"""The scoreboard row `codex`: the real Codex works while coldpress presses beside it.

    row_codex.py COLDPRESS [--codex-cache DIR] [--dir DIR] [--keep] [--turns N] [--naive]

30 turns, 1,000 with COLDPRESS_SCOREBOARD=full. `--naive` runs only the control: a
script that compresses and unlinks under an open descriptor, whose loss must be seen.
Exit codes: 0 nothing lost, 1 violations (each is named) or a blind control, 2 usage,
77 the row cannot be run here.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import codex_answers
import codex_home
import codex_package
import make_store
import mock_responses
from make_store import LARGE, SMALL
from pressing import Findings

SKIPPED = 77
MARKER = re.compile(r"marker-\d{6}")
SETTLE = 2
PRESS = ["--roots", "archived,active", "--cold-after", "0s", "--settle", f"{SETTLE}s"]
PRESS += ["--reap-grace", "200ms", "--enable", "local_thread_store_compression"]

# One turn each. The resident's thread stays loaded, so its file looks cold in between.
STEPS = ["exec_new", "exec_resume", "resident_turn", "app_resume", "exec_fork"]
STEPS += ["archive", "resident_turn", "unarchive", "app_fork", "delete"]


class Worker:
    """`coldpress run --once`, over and over, in a thread of its own until `stop`."""

    def __init__(self, coldpress, home, findings):
        self.coldpress = coldpress
        self.home = home
        self.findings = findings
        self.deleted = set()  # threads whose deletion was asked for
        self.outcomes = collections.Counter()
        self.passes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._loop)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._ended.set()
        self._thread.join()

    def command(self, *arguments):
        command = [self.coldpress, *arguments, "--store", str(self.home.home)]
        return subprocess.run(
            command, env=self.home.env(), stdin=subprocess.DEVNULL, capture_output=True, timeout=600
        )

    def one_pass(self):
        done = self.command("run", "--once", "--json", *PRESS)
        self.passes += 1
        excused = 0
        for line in done.stdout.splitlines():
            told = json.loads(line)
            if told["message_type"] == "outcome":
                self.outcomes[told["outcome"]] += 1
                excused += self._judge(told, line.decode())
        # 75: Codex was at maintenance, the next pass does it. 4: damage or an orphan.
        if done.returncode not in (0, 75) and not (done.returncode == 4 and excused):
            words = (done.stdout[-300:] + done.stderr[-700:]).decode()
            self.findings.fault("coldpress", f"ended with {done.returncode}: {words}")

    def _judge(self, told, line):
        """True if it is the orphan that a deleted thread may leave."""
        if told["outcome"] == "orphaned":
            if codex_home.thread_id(told["rollout"]) in self.deleted:
                return True
            self.findings.fault("coldpress", f"orphan of a thread that lives: {line}")
        elif told["outcome"] in ("conflict", "failed"):
            self.findings.fault("coldpress", line)
        return False

    def _loop(self):
        try:
            while not self._ended.wait(0.05):
                self.one_pass()
        except Exception as error:  # a loop that ended early would prove nothing
            self.findings.fault("coldpress", f"stopped by {type(error).__name__}: {error}")


class Thread:
    """What Codex has reported of one thread."""

    def __init__(self, thread, legacy=False, parent=None):
        self.id = thread
        self.legacy = legacy
        self.parent = parent
        self.inherited = list(parent.turns()) if parent else []
        self.own = []
        self.touched = 0
        self.archived = self.loaded = self.has_forks = False

    def turns(self):
        return self.inherited + self.own

    def in_rollout(self):
        """A paginated fork refers to its parent's bytes, a legacy one copies them."""
        return self.turns() if self.legacy else self.own


class Judge:
    """Compares what Codex reported with what stands in the rollouts and what it reads."""

    def __init__(self, worker, findings):
        self.worker = worker
        self.findings = findings
        self.lost = 0

    def rollouts(self, threads):
        for thread in threads:
            done = self.worker.command("cat", thread.id)
            if done.returncode != 0:
                self.findings.fault(thread.id, f"coldpress cat: {done.stderr.decode()}")
            self.rollout(thread, done.stdout)

    def rollout(self, thread, content):
        lines = content.split(b"\n")
        if lines.pop() != b"":
            self.findings.fault(thread.id, "its last line is not ended")
        try:
            records = [json.loads(line) for line in lines]
        except ValueError as error:
            self.findings.fault(thread.id, f"a line is no JSON: {error}")
            return
        seen = [found for record in records for found in asked(record)]
        self.lost += len(set(thread.in_rollout()) - set(seen))
        self.compare(thread, "rollout", thread.in_rollout(), seen)
        if records and not thread.legacy:
            self.ordinals(thread, records)

    def ordinals(self, thread, records):
        first = records[0]["payload"].get("forked_from_ordinal_exclusive", 0)
        told = [record.get("ordinal") for record in records]
        if told != list(range(first, first + len(records))):
            self.findings.fault(thread.id, f"ordinals are not contiguous: {told}")

    def answers(self, server, threads, deleted):
        """What Codex itself shows, each thread in one list and once."""
        for thread in threads:
            self.read(server, thread)
        found = collections.Counter()
        for archived in (False, True):
            sources = codex_answers.SOURCES
            shown = server.pages("thread/list", sourceKinds=sources, archived=archived)
            found.update((thread["id"], archived) for thread in shown)
        wanted = collections.Counter((thread.id, thread.archived) for thread in threads)
        if found != wanted:
            self.findings.fault("thread/list", f"more {found - wanted}, less {wanted - found}")
        for path in self.worker.home.rollouts():
            if codex_home.thread_id(path) in deleted:
                self.findings.fault(path.name, "came back after it was deleted")

    def read(self, server, thread):
        read = codex_answers.answer(
            server.call, "thread/read", threadId=thread.id, includeTurns=True
        )
        if isinstance(read, str):
            self.findings.fault(thread.id, f"thread/read {read}")
            return
        items = [item for turn in read["thread"]["turns"] for item in turn["items"]]
        asks = [item for item in items if item["type"] == "userMessage"]
        seen = [found for item in asks for found in MARKER.findall(json.dumps(item))]
        self.compare(thread, "thread/read", thread.turns(), seen)

    def compare(self, thread, where, wanted, seen):
        if seen != wanted:
            self.findings.fault(thread.id, f"{where} has {seen}, reported were {wanted}")


def asked(record):
    """Markers of the user message that one record of a rollout tells of."""
    payload = record["payload"]
    if record["type"] != "event_msg":
        return []
    if payload["type"] == "user_message":
        return MARKER.findall(payload["message"])
    item = payload.get("item", {}) if payload["type"] == "item_completed" else {}
    return MARKER.findall(json.dumps(item)) if item.get("type") == "UserMessage" else []


def wait_for(done, seconds=20):
    """Waits until `done()`, but not for ever: whoever relies on it looks again."""
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


class Driver:
    """Codex at work: one turn a step, most of them in the thread untouched longest."""

    def __init__(self, home, worker, judge, findings):
        self.home = home
        self.worker = worker
        self.judge = judge
        self.findings = findings
        self.threads = []
        self.tried = self.materialized = 0
        self.server = self.resident = None
        self.chance = random.Random(1)

    def run(self, turns):
        with self.home.app_server() as self.server:
            self.resident = self.start(self.server)
            self.resident.loaded = True
            for number in range(turns - self.tried):
                self.step(STEPS[number % len(STEPS)])
        self.resident.loaded = False

    def step(self, kind):
        try:
            getattr(self, kind)()
        except Exception as error:  # whatever Codex refuses is a finding
            self.findings.fault(kind, f"{type(error).__name__}: {error}")

    # -- choosing ---------------------------------------------------------------

    def cold(self, fits=lambda _thread: True):
        """The thread untouched longest, either pressed or about to be: by turns."""
        free = [t for t in self.threads if not (t.loaded or t.archived) and fits(t)]
        thread = min(free, key=lambda t: t.touched)
        if self.tried % 2:
            wait_for(lambda: self.is_pressed(thread))
        else:
            moment = self.chance.uniform(SETTLE - 0.05, SETTLE + 0.25)
            wait_for(lambda: self.quiet_for(thread) > moment)
        return thread

    def forms(self, thread):
        return [p for p in self.home.rollouts() if codex_home.thread_id(p) == thread.id]

    def quiet_for(self, thread):
        """Seconds since its rollout changed, for ever if it has just got another name."""
        try:
            return time.time() - max(path.stat().st_ctime for path in self.forms(thread))
        except (FileNotFoundError, ValueError):
            return float("inf")

    def is_pressed(self, thread):
        forms = self.forms(thread)
        return bool(forms) and all(path.suffix == ".zst" for path in forms)

    # -- turns ------------------------------------------------------------------

    def prompt(self):
        self.tried += 1
        marker = f"marker-{self.tried:06d}"
        work = {0: f" {SMALL}", 4: f" {LARGE}"}.get(self.tried % 8, "")
        return marker, f"{marker}{work}"

    def completed(self, thread, marker):
        thread.own.append(marker)
        thread.touched = self.tried

    def turn(self, server, thread):
        marker, text = self.prompt()
        turn = server.turn(thread.id, text)
        if turn["status"] != "completed":
            raise codex_home.CodexError(f"{marker}: {turn['status']}: {turn['error']}")
        self.completed(thread, marker)

    def start(self, server, **options):
        begun = server.call("thread/start", cwd=str(self.home.work), **options)["thread"]
        self.threads.append(Thread(begun["id"], options.get("historyMode") == "legacy"))
        self.turn(server, self.threads[-1])
        return self.threads[-1]

    def fork(self, child, parent):
        self.threads.append(Thread(child, parent.legacy, parent))
        parent.has_forks = True
        return self.threads[-1]

    # -- steps ------------------------------------------------------------------

    def exec_new(self):
        marker, text = self.prompt()
        self.threads.append(Thread(codex_home.thread_id(self.home.exec(text))))
        self.completed(self.threads[-1], marker)

    def exec_resume(self):
        self.resume(self.cold())

    def resume(self, thread):
        marker, text = self.prompt()
        self.materialized += self.is_pressed(thread)
        self.home.exec_resume(thread.id, text)
        self.completed(thread, marker)

    def resident_turn(self):
        self.turn(self.server, self.resident)

    def app_resume(self):
        thread = self.cold()
        with self.home.app_server() as server:
            self.judge.read(server, thread)
            self.materialized += self.is_pressed(thread)
            server.call("thread/resume", threadId=thread.id)
            self.turn(server, thread)

    def exec_fork(self):
        parent = self.cold()
        marker, text = self.prompt()
        self.materialized += self.is_pressed(parent)
        child = codex_home.thread_id(self.home.exec_fork(parent.id, text))
        self.completed(self.fork(child, parent), marker)

    def app_fork(self):
        parent = self.cold()
        with self.home.app_server() as server:
            self.materialized += self.is_pressed(parent)
            child = server.call("thread/fork", threadId=parent.id)["thread"]["id"]
            self.turn(server, self.fork(child, parent))

    def archive(self):
        thread = self.cold()
        self.home.archive(thread.id)
        thread.archived = True
        self.exec_new()

    def unarchive(self):
        thread = next(thread for thread in self.threads if thread.archived)
        self.home.unarchive(thread.id)
        thread.archived = False
        self.resume(thread)

    def delete(self):
        thread = self.cold(lambda t: not t.has_forks)
        self.worker.deleted.add(thread.id)
        self.home.delete(thread.id)
        self.threads.remove(thread)
        with self.home.app_server() as server:
            self.start(server, historyMode="legacy")


def last_passes(worker, home, findings):
    """Presses what Codex has left; the last pass reaps whatever was retired."""

    def all_pressed():
        worker.one_pass()
        return all(path.suffix == ".zst" for path in home.rollouts())

    wait_for(all_pressed, 30)
    worker.one_pass()
    told = json.loads(worker.command("status", "--json").stdout)
    for what in ("leftovers", "temp_files"):
        if told[what]:
            findings.fault("coldpress", f"{told[what]} {what} after the last pass")
    if told["orphans"] != worker.outcomes["orphaned"]:
        findings.fault("coldpress", f"{told['orphans']} orphans, not all were reported")


def run_row(coldpress, home, turns, findings):
    """Returns the numbers of the row's line."""
    worker = Worker(coldpress, home, findings)
    judge = Judge(worker, findings)
    driver = Driver(home, worker, judge, findings)
    with worker:
        driver.run(turns)
    last_passes(worker, home, findings)
    judge.rollouts(driver.threads)
    with home.app_server() as server:
        judge.answers(server, driver.threads, worker.deleted)
    pressed = worker.outcomes["pressed"]
    if not (pressed and driver.materialized):
        findings.fault("row", "nothing was pressed and made plain again: proves nothing")
    told = {"lost": judge.lost, "pressed": pressed, "materialized": driver.materialized}
    told.update(passes=worker.passes, writer_arrived=worker.outcomes["writer_arrived"])
    told.update(recovered=worker.outcomes["recovered"], orphaned=worker.outcomes["orphaned"])
    return driver.tried, told


def run_control(coldpress, home):
    """Turns lost by a script that compresses and unlinks under an open descriptor."""
    findings = Findings()
    worker = Worker(coldpress, home, findings)
    judge = Judge(worker, findings)
    driver = Driver(home, worker, judge, findings)
    with home.app_server() as server:
        thread = driver.start(server)
        subprocess.run(["zstd", "-q", "--rm", *home.rollouts()], check=True)
        driver.turn(server, thread)
    judge.rollouts([thread])
    return judge.lost


def in_new_home(folder, name, program, act):
    with mock_responses.MockResponses() as mock:
        make_store.write_scripts(mock)
        return act(codex_home.CodexHome(folder / name, program, mock))


def run_in(folder, options, program):
    """Prints the row; returns whether it is clean."""
    findings = Findings()
    tried, told = 2, {}
    if not options.naive:
        tried, told = in_new_home(
            folder,
            "row",
            program,
            lambda home: run_row(options.coldpress, home, options.turns, findings),
        )
    control_lost = in_new_home(
        folder, "control", program, lambda home: run_control(options.coldpress, home)
    )
    if not control_lost:
        findings.fault("control", "the naive script lost nothing: this row cannot see a loss")
    for violation in findings.violations:
        print(f"VIOLATION {violation}")
    name = "codex.naive" if options.naive else "codex"
    numbers = "".join(f" {what}={number}" for what, number in told.items())
    violations = len(findings.violations)
    print(f"ROW {name} tried={tried} violations={violations}{numbers} control_lost={control_lost}")
    return not findings.violations


def parse(arguments):
    full = os.environ.get("COLDPRESS_SCOREBOARD") == "full"
    parser = argparse.ArgumentParser(description="Codex at work beside coldpress.")
    parser.add_argument("coldpress", metavar="COLDPRESS")
    parser.add_argument("--codex-cache", default=make_store.DEFAULT_CACHE, metavar="DIR")
    parser.add_argument("--dir", metavar="DIR", help="work in a new folder in DIR")
    parser.add_argument("--keep", action="store_true", help="keep that folder")
    parser.add_argument("--turns", type=int, default=1000 if full else 30, metavar="N")
    parser.add_argument("--naive", action="store_true", help="only the control")
    options = parser.parse_args(arguments)
    options.coldpress = shutil.which(os.path.abspath(options.coldpress))
    if options.coldpress is None:
        parser.error("COLDPRESS is not a program")
    return options


def main(arguments):
    options = parse(arguments)
    if not sys.platform.startswith("linux"):
        print("ROW codex skipped: the active tree needs kernel leases")
        return SKIPPED
    try:
        program = codex_package.ensure(options.codex_cache)
    except codex_package.Unavailable as why:
        print(f"ROW codex skipped: {why}")
        return SKIPPED
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coldpress-row-codex-", dir=options.dir))
    clean = run_in(folder, options, program)
    if options.keep or not clean:
        print(f"the stores are kept in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
