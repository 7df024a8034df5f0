"""Compresses a real store with coldpress and asks the real Codex whether it noticed."""

import codex_answers
import codex_judge
import make_store
from bench import Kept
from make_store import SMALL
from matrix_acts import content_of, forms_of
from compressing import Compressing


class Check:
    """One store on its way through compresses and turns."""

    def __init__(self, coldpress, home, findings, made):
        self.home = home
        self.findings = findings
        self.compressing = Compressing(coldpress, home, findings)
        self.made = made
        self.turns = 0

    def run(self):
        before = self.answers_of_copy()
        self.check_listed(before)
        self.compress_aged("first compression")
        self.compressing.compress_and_compare("second compression", [])
        self.compare_answers(before, self.answers_of_copy())
        self.fork_compressed()
        self.continue_threads()
        self.compress_beside_live_thread()
        if not self.findings.counts.get("rollouts compared"):
            self.findings.fault("check", "compared no rollout at all")

    def compress_aged(self, when):
        aged = [entry["rollout"] for entry in self.made if entry["aged"]]
        self.compressing.compress_and_compare(when, aged)

    def entry(self, kind):
        return next(entry for entry in self.made if entry["kind"] == kind)

    # -- the same answers -------------------------------------------------------

    def answers_of_copy(self):
        """What Codex says of the store, asked of a copy under the same path.

        Asking changes a home: a resume makes a plain file, databases are written.
        """
        kept = Kept(self.home, "aside")
        try:
            with kept.copy(), self.home.app_server() as server:
                told = codex_answers.ask(server, self.made)
                told.update(codex_answers.resume(server, self.made))
                return told
        finally:
            kept.put_back()

    def check_listed(self, answers):
        """A store that Codex does not see would pass every comparison."""
        lists = [answers[question] for question in answers if question.startswith("list")]
        listed = {thread["id"] for threads in lists for thread in threads}
        for entry in self.made:
            if entry["thread"] not in listed:
                self.findings.fault("store", f"Codex does not list {entry['kind']}")
            if "refused" in str(answers[f"read {entry['kind']}"])[:10]:
                self.findings.fault("store", f"Codex does not read {entry['kind']}")

    def compare_answers(self, before, after):
        for question, answer in before.items():
            self.findings.count("answers compared")
            if after.get(question) != answer:
                self.findings.fault("codex", f"answers otherwise to: {question}")

    # -- going on ---------------------------------------------------------------

    def one_turn(self, server, thread, kind):
        """One turn more; returns the marker of its user message."""
        self.turns += 1
        marker = f"marker-{self.turns:06d}"
        turn = server.turn(thread, f"{marker} once more: {SMALL}")
        if turn["status"] != "completed":
            self.findings.fault("codex", f"turn in {kind}: {turn['status']}: {turn['error']}")
        self.findings.count("turns run")
        return marker

    def fork_compressed(self):
        """A fork of a thread that exists only compressed; the source stays readable."""
        entry = self.entry("fork_source")
        original = plain_bytes(self.home, entry)
        with self.home.app_server() as server:
            child = server.call("thread/fork", threadId=entry["thread"])["thread"]
            self.one_turn(server, child["id"], "a fork of a compressed thread")
        if plain_bytes(self.home, entry) != original:
            self.findings.fault("codex", "a fork changed the bytes of its compressed source")

    def continue_threads(self):
        """One more turn in every thread; the old bytes must still be there, first."""
        originals = {e["thread"]: plain_bytes(self.home, e) for e in self.made}
        markers = {}
        with self.home.app_server() as server:
            for entry in self.made:
                thread = entry["thread"]
                if entry["archived"]:
                    server.call("thread/unarchive", threadId=thread)
                server.call("thread/resume", threadId=thread)
                markers[thread] = self.one_turn(server, thread, entry["kind"])
        for entry in self.made:
            self.compare_continued(entry, originals[entry["thread"]], markers[entry["thread"]])

    def compare_continued(self, entry, original, marker):
        kind = entry["kind"]
        forms = forms_of(self.home, entry["thread"])
        if len(forms) != 1 or forms[0].suffix == ".zst":
            names = [path.name for path in forms]
            self.findings.fault("codex", f"after a turn {kind} exists as {names}")
            return
        entry["rollout"] = forms[0]
        content = forms[0].read_bytes()
        if not content.startswith(original):
            self.findings.fault("codex", f"{kind} does not begin with its old bytes")
        elif marker not in codex_judge.markers_in(content[len(original) :]):
            self.findings.fault("codex", f"{kind} lost the turn that was reported completed")
        self.findings.count("threads continued")

    def compress_beside_live_thread(self):
        """A loaded thread is left alone, though its file looks cold; others are not."""
        make_store.age([entry["rollout"] for entry in self.made], 20)
        live = self.entry("chat")
        others = [entry["rollout"] for entry in self.made if entry is not live]
        original = plain_bytes(self.home, live)
        with self.home.app_server() as server:
            server.call("thread/resume", threadId=live["thread"])
            self.compressing.compress_and_compare("compress beside a live thread", others, live=True)
            marker = self.one_turn(server, live["thread"], live["kind"])
        self.compare_continued(live, original, marker)
        make_store.age([live["rollout"]], 20)
        self.compressing.compress_and_compare("compress after the thread ended", [live["rollout"]])


def plain_bytes(home, entry):
    """A thread's bytes, from whichever form there is; plain wins as in Codex."""
    forms = forms_of(home, entry["thread"])
    if not forms:
        raise FileNotFoundError(f"no rollout of {entry['kind']} is left")
    return content_of(forms[0])


def run(bench, findings):
    """The whole walk, on a store of its own."""
    home = bench.home("compress")
    Check(bench.coldpress, home, findings, make_store.make(home)).run()
