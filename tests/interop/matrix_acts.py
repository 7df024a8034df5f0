"""What a user does with a store, each act on a copy; what came of it, by question."""

import json
import pathlib

import codex_home
import codex_answers
import codex_judge
import zstd_frame
from codex_answers import answer
from comparable import blank, digest, shape


def forms_of(home, thread):
    """The files of one thread, whichever form and tree they are in; plain first."""
    found = [path for path in home.rollouts() if codex_home.thread_id(path) == thread]
    return sorted(found, key=lambda path: path.suffix == ".zst")


def content_of(path):
    """The plain bytes of one file."""
    return zstd_frame.decode(path) if path.suffix == ".zst" else path.read_bytes()


class Acts:
    """The acts on one copy. `made` says which threads are in it."""

    def __init__(self, home, made):
        self.home = home
        self.made = made
        self.known = {entry["thread"] for entry in made}
        self.old = {e["thread"]: content_of(forms_of(home, e["thread"])[0]) for e in made}
        self.told = {}

    def tell(self, question, value):
        self.told[question] = value

    def each(self, server, method, **params):
        """Calls `method` for every thread, one after the other."""
        for entry in self.made:
            came = answer(server.call, method, threadId=entry["thread"], **params)
            self.tell(f"{method} {entry['kind']}", blank(came, self.known))

    # -- the acts ---------------------------------------------------------------

    def read(self):
        """List, search, read with turns: nothing blanked, nothing may change."""
        with self.home.app_server() as server:
            self.told.update(codex_answers.ask(server, self.made))
        self.tell_files(mtime=True)

    def search(self):
        """Search as it streams, searches that are cancelled, and lists of some threads."""
        with self.home.app_server() as server:
            for archived in (False, True):
                params = {"searchTerm": "one line", "sourceKinds": codex_answers.SOURCES}
                method, params["archived"] = "thread/search/stream", archived
                number = server.start(method, **params)
                came = answer(server.finish, number, method)
                self.tell(f"stream archived={archived}", came)
                if isinstance(came, dict):
                    # What came early and what came at the end is chance.
                    parts = server.notes("thread/search/partial", requestId=number)
                    found = [one for note in [*parts, came] for one in note["data"]]
                    ids = sorted({one["thread"]["id"] for one in found})
                    self.tell(f"streamed archived={archived}", ids)
                for method in ("thread/search", "thread/search/stream"):
                    self.tell_cancelled(server, method, params)
            for entry in self.made:
                wanted = {"includedThreadIds": [entry["thread"]], "archived": entry["archived"]}
                wanted["sourceKinds"] = codex_answers.SOURCES
                told = answer(server.pages, "thread/list", **wanted)
                self.tell(f"included {entry['kind']}", told)
        self.tell_files(mtime=True)

    def tell_cancelled(self, server, method, params):
        """Whether it ends first is chance; the cancel is answered, and the server goes on."""
        number = server.start(method, **params)
        came = answer(server.call, f"{method}/cancel", requestId=number)
        self.tell(f"{method}/cancel archived={params['archived']}", blank(came, self.known))
        answer(server.finish, number, method)
        again = answer(server.call, "thread/search", **params)
        self.tell(f"search after {method}/cancel archived={params['archived']}", again)

    def revert(self):
        """Each thread loses its last turn and gets another."""
        with self.home.app_server() as server:
            for entry in self.made:
                thread, kind = entry["thread"], entry["kind"]
                answer(server.call, "thread/resume", threadId=thread)
                turns = answer(server.pages, "thread/turns/list", threadId=thread)
                if isinstance(turns, str) or not turns:
                    self.tell(f"turns {kind}", turns)
                    continue
                params = {"threadId": thread, "beforeTurnId": turns[0]["id"]}
                came = answer(server.call, "thread/revert", **params)
                self.tell(f"revert {kind}", blank(came, self.known))
                if isinstance(came, dict):
                    self.tell(f"turn {kind}", server.turn(thread, "after the revert")["status"])
            self.tell_lists(server)
        self.tell_turns(self.made)

    def resume(self):
        """Every thread is plain afterwards, byte by byte."""
        with self.home.app_server() as server:
            self.each(server, "thread/resume")
        self.tell_files()
        self.tell_forms()

    def turn(self):
        """One more turn in each thread, and what is read of it later."""
        markers = {}
        with self.home.app_server() as server:
            for number, entry in enumerate(self.made):
                came = self.one_turn(server, entry, number)
                self.tell(f"turn {entry['kind']}", came)
                if came == "completed":
                    markers[entry["thread"]] = f"marker-{number:06d}"
        self.tell_continued(markers)
        self.tell_forms()
        self.tell_turns(self.made)

    def one_turn(self, server, entry, number):
        resumed = answer(server.call, "thread/resume", threadId=entry["thread"])
        if isinstance(resumed, str):
            return resumed
        return server.turn(entry["thread"], f"marker-{number:06d}")["status"]

    def exec_resume(self):
        """The same by `codex exec resume`."""
        markers = {}
        for number, entry in enumerate(self.made):
            try:
                self.home.exec_resume(entry["thread"], f"marker-{number:06d}")
                markers[entry["thread"]] = f"marker-{number:06d}"
            except codex_home.CodexError as error:
                last = str(error).strip().splitlines()[-1]
                self.tell(f"exec resume {entry['kind']}", f"refused: {blank(last, self.known)}")
        self.tell_continued(markers)
        self.tell_forms()

    def fork(self):
        """A fork of each thread, with a turn of its own; the source keeps its time."""
        children = []
        with self.home.app_server() as server:
            for entry in self.made:
                came = answer(server.call, "thread/fork", threadId=entry["thread"])
                self.tell(f"fork {entry['kind']}", blank(came, self.known))
                if isinstance(came, dict):
                    child = came["thread"]["id"]
                    server.turn(child, "in the fork")
                    rollout = pathlib.Path(came["thread"]["path"])
                    children.append({"kind": f"fork of {entry['kind']}", "thread": child})
                    children[-1]["rollout"] = rollout
        for child in children:
            records = [json.loads(line) for line in child["rollout"].read_bytes().splitlines()]
            self.tell(f"records {child['kind']}", [shape(record) for record in records])
            base = records[0]["payload"].get("history_base")
            self.tell(f"base {child['kind']}", base)
        self.tell_turns(children)
        self.tell_files(mtime=True)

    def archive(self):
        with self.home.app_server() as server:
            self.each(server, "thread/archive")
            self.tell_lists(server)
        self.tell_files(mtime=True)

    def unarchive(self):
        with self.home.app_server() as server:
            self.each(server, "thread/unarchive")
            self.tell_lists(server)
        self.tell_files()

    def delete(self):
        with self.home.app_server() as server:
            self.each(server, "thread/delete")
            self.tell_lists(server)
        self.tell_files()

    # -- what came of it --------------------------------------------------------

    def tell_files(self, mtime=False):
        """Where each thread is, and its bytes; every form of it."""
        for entry in self.made:
            files = {}
            for path in forms_of(self.home, entry["thread"]):
                name = str(codex_home.logical(path).relative_to(self.home.home))
                files[name] = [digest(content_of(path)), path.stat().st_mtime_ns * mtime]
            self.tell(f"files {entry['kind']}", files)

    def tell_forms(self):
        """A thread that can be resumed has one form now, the plain one."""
        for entry in self.made:
            if not entry["archived"]:
                forms = [path.suffix for path in forms_of(self.home, entry["thread"])]
                self.tell(f"forms {entry['kind']}", forms)

    def tell_lists(self, server):
        for archived in (False, True):
            shown = server.pages(
                "thread/list", sourceKinds=codex_answers.SOURCES, archived=archived
            )
            ids = sorted(thread["id"] for thread in shown)
            self.tell(f"list archived={archived}", ids)

    def tell_turns(self, entries):
        with self.home.app_server() as server:
            for entry in entries:
                read = answer(
                    server.call, "thread/read", threadId=entry["thread"], includeTurns=True
                )
                self.tell(f"read later {entry['kind']}", blank(read, self.known))

    def tell_continued(self, markers):
        """The old bytes first, then records without a gap; a completed turn is in them."""
        for entry in self.made:
            thread, kind = entry["thread"], entry["kind"]
            content = content_of(forms_of(self.home, thread)[0])
            old = self.old[thread]
            self.tell(f"old bytes first {kind}", content.startswith(old))
            new = [json.loads(line) for line in content[len(old) :].splitlines()]
            self.tell(f"new records {kind}", [shape(record) for record in new])
            turns = codex_judge.markers_in(content[len(old) :])
            self.tell(f"turn kept {kind}", turns == [markers[t] for t in [thread] if t in markers])
            self.tell(f"gap {kind}", self.gap(content))

    def gap(self, content):
        records = [json.loads(line) for line in content.splitlines()]
        return codex_judge.gap(records) if "ordinal" in records[0] else None


ACTS = ("read", "search", "revert", "resume", "turn", "exec_resume", "fork")
ACTS += ("archive", "unarchive", "delete")
# What must be so on any copy, whatever the other says.
ALWAYS = {"old bytes first": True, "turn kept": True, "gap": None, "forms": [".jsonl"]}
