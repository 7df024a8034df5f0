"""What Codex reported of its threads, against what stands on disk and what it shows."""

import collections
import json
import re

import codex_answers
import codex_home

MARKER = re.compile(r"marker-\d{6}")


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
        told = gap(records)
        if told:
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


def gap(records):
    """The ordinals of a paginated rollout, if they are not contiguous."""
    base = records[0]["payload"].get("history_base") or {}
    first = base.get("end_ordinal_exclusive", 0)
    told = [record.get("ordinal") for record in records]
    return None if told == list(range(first, first + len(records))) else told


def markers_in(content):
    """Markers of the user messages in whole lines of a rollout, in order."""
    records = [json.loads(line) for line in content.splitlines()]
    return [found for record in records for found in asked(record)]


def asked(record):
    """Markers of the user message that one record of a rollout tells of."""
    payload = record["payload"]
    if record["type"] != "event_msg":
        return []
    if payload["type"] == "user_message":
        return MARKER.findall(payload["message"])
    item = payload.get("item", {}) if payload["type"] == "item_completed" else {}
    return MARKER.findall(json.dumps(item)) if item.get("type") == "UserMessage" else []
