"""The real Codex at work in one home: turns, resumes, forks, archives, deletes."""

import random
import time

import codex_home
from make_store import LARGE, SMALL
from compress_loop import SETTLE, wait_for

# One turn each. The resident's thread stays loaded, so its file looks cold in between.
STEPS = ["exec_new", "exec_resume", "resident_turn", "app_resume", "exec_fork"]
STEPS += ["archive", "resident_turn", "unarchive", "app_fork", "delete"]


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


class Driver:
    """Codex at work: one turn a step, in threads that are compressed or just being compressed."""

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
        """By turns the oldest, once it is compressed, and a young one, as its compress begins."""
        free = [t for t in self.threads if not (t.loaded or t.archived) and fits(t)]
        free.sort(key=lambda t: t.touched)
        if self.tried % 2:
            wait_for(lambda: self.is_compressed(free[0]))
            return free[0]
        young = self.chance.choice(free[-3:])
        moment = self.chance.uniform(SETTLE - 0.05, SETTLE + 0.25)
        wait_for(lambda: self.quiet_for(young) > moment)
        return young

    def forms(self, thread):
        return [p for p in self.home.rollouts() if codex_home.thread_id(p) == thread.id]

    def quiet_for(self, thread):
        """Seconds since its rollout changed, for ever if it has just got another name."""
        try:
            return time.time() - max(path.stat().st_ctime for path in self.forms(thread))
        except (FileNotFoundError, ValueError):
            return float("inf")

    def is_compressed(self, thread):
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
        self.materialized += self.is_compressed(thread)
        self.home.exec_resume(thread.id, text)
        self.completed(thread, marker)

    def resident_turn(self):
        self.turn(self.server, self.resident)

    def app_resume(self):
        thread = self.cold()
        with self.home.app_server() as server:
            self.judge.read(server, thread)
            self.materialized += self.is_compressed(thread)
            server.call("thread/resume", threadId=thread.id)
            self.turn(server, thread)

    def exec_fork(self):
        parent = self.cold()
        marker, text = self.prompt()
        self.materialized += self.is_compressed(parent)
        child = codex_home.thread_id(self.home.exec_fork(parent.id, text))
        self.completed(self.fork(child, parent), marker)

    def app_fork(self):
        parent = self.cold()
        with self.home.app_server() as server:
            self.materialized += self.is_compressed(parent)
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
