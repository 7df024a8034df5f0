#!/usr/bin/env python3
"""Makes a real store with the real Codex, offline.

    make_store.py DIR [--codex-cache DIR] [--days N]

DIR/home becomes the CODEX_HOME. Prints what was made, as JSON. All rollouts but
one are aged by N days (default 30).
"""

import argparse
import base64
import json
import os
import pathlib
import random
import struct
import sys
import time
import zlib

import codex_home
import codex_package
import mock_responses
from mock_responses import Say, Shell

DEFAULT_CACHE = pathlib.Path(__file__).resolve().parents[2] / "build" / "interop"

# From here on a thread may have paginated history; later releases make it so unasked.
PAGINATED_SINCE = (0, 146)

LARGE = "print three long listings"
SMALL = "print one line"


def png(seed, side=192):
    """A picture that does not compress, as a data URL: side * side * 3 bytes."""
    noise = random.Random(seed)
    rows = b"".join(b"\0" + noise.randbytes(side * 3) for _ in range(side))

    def chunk(kind, data):
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    data += chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(data).decode()


def write_scripts(mock):
    listings = [Shell("seq 1 20000"), Shell("seq 1 3 60000"), Shell("seq 7 7 140000")]
    mock.script(LARGE, *listings, Say("Three listings, all printed."))
    mock.script(SMALL, Shell("echo one line, with ünïcode"), Say("One line."))


class Maker:
    """Makes threads of each kind and remembers them."""

    def __init__(self, home, server):
        self.home = home
        self.server = server
        self.history = {}
        if home.version >= PAGINATED_SINCE:
            self.history["historyMode"] = "paginated"
        self.made = []

    def remember(self, kind, thread, path):
        self.made.append({"kind": kind, "thread": thread, "rollout": pathlib.Path(path)})
        return thread

    def thread(self, kind, *turns, **start):
        """A new thread; each turn is a list of user inputs."""
        start = {**self.history, "cwd": str(self.home.work), **start}
        begun = self.server.call("thread/start", **start)["thread"]
        for inputs in turns:
            self.server.turn(begun["id"], *inputs)
        return self.remember(kind, begun["id"], begun["path"])

    def fork(self, kind, source, *turns):
        child = self.server.call("thread/fork", threadId=source)["thread"]
        for inputs in turns:
            self.server.turn(child["id"], *inputs)
        return self.remember(kind, child["id"], child["path"])

    def compact(self, thread):
        self.server.call("thread/compact/start", threadId=thread)
        self.server.wait_note("turn/completed", threadId=thread)

    def archive(self, thread):
        self.server.call("thread/archive", threadId=thread)
        entry = next(entry for entry in self.made if entry["thread"] == thread)
        entry["rollout"] = self.home.home / "archived_sessions" / entry["rollout"].name
        entry["archived"] = True


def make_threads(home):
    """One thread of every kind that a store may hold."""
    with home.app_server() as server:
        maker = Maker(home, server)
        large = maker.thread("large_output", [LARGE], ["and thank you"])
        fork = maker.fork("fork", large, [f"in the fork: {SMALL}"])
        # Four deep, and one of the ancestors is archived.
        second = maker.fork("fork_2_archived", fork, ["two deep"])
        third = maker.fork("fork_3", second, [f"three deep: {SMALL}"])
        maker.fork("fork_4", third, ["four deep"])
        maker.archive(second)
        maker.thread("chat", *[[f"question {n}"] for n in range(5)])
        picture = {"type": "image", "url": png(1)}
        shown = maker.thread("images", ["look at this", picture], ["again", picture])
        maker.compact(shown)
        maker.server.turn(shown, "and after the compaction", {"type": "image", "url": png(2)})
        legacy = maker.thread("legacy", [LARGE], ["more"], historyMode="legacy")
        maker.fork("legacy_fork", legacy, ["in the legacy fork"])
        maker.archive(maker.thread("archived", [LARGE]))
        maker.archive(maker.thread("archived_legacy", [SMALL], historyMode="legacy"))
        maker.archive(maker.fork("archived_fork", large, ["kept for later"]))
        # A fork of a compressed thread turns it plain, so the source of a fork that
        # is made after compressing is one of its own.
        maker.thread("fork_source", [SMALL])
        maker.thread("fresh", ["too young to be compressed"])
    made = home.exec(f"from the command line: {SMALL}")
    maker.remember("exec", codex_home.thread_id(made), made)
    return maker.made


def age(rollouts, days):
    """Sets the mtimes `days` back, each with nanoseconds of its own."""
    then = time.time_ns() - days * 86_400 * 10**9
    for number, rollout in enumerate(rollouts):
        when = then - number * 3_600 * 10**9 + 123_456_789
        os.utime(rollout, ns=(when, when))


def make(home, days=30):
    """Fills the home; returns the entries (kind, thread, rollout, archived, aged)."""
    made = make_threads(home)
    for entry in made:
        entry.setdefault("archived", False)
        entry["aged"] = entry["kind"] != "fresh"
    age([entry["rollout"] for entry in made if entry["aged"]], days)
    next(e for e in made if e["kind"] == "chat")["rollout"].chmod(0o600)
    return made


def described(home, made):
    """The entries as plain values, for printing."""
    rows = []
    for entry in made:
        rollout = entry["rollout"]
        name = str(rollout.relative_to(home.home))
        rows.append(dict(entry, rollout=name, bytes=rollout.stat().st_size))
    return rows


def main(arguments):
    parser = argparse.ArgumentParser(description="Makes a real Codex store, offline.")
    parser.add_argument("dir", metavar="DIR")
    parser.add_argument("--codex-cache", default=DEFAULT_CACHE, metavar="DIR")
    parser.add_argument("--days", type=int, default=30)
    options = parser.parse_args(arguments)
    try:
        program = codex_package.ensure(options.codex_cache)
    except codex_package.Unavailable as why:
        print(f"codex is unavailable: {why}", file=sys.stderr)
        return codex_package.UNAVAILABLE
    with mock_responses.MockResponses() as mock:
        write_scripts(mock)
        home = codex_home.CodexHome(options.dir, program, mock)
        made = make(home, options.days)
        told = {"home": str(home.home), "threads": described(home, made)}
        print(json.dumps(told, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
