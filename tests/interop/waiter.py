#!/usr/bin/env python3
"""A writer as Codex is one: opens threads under Codex's locks, and measures its waits.

    waiter.py HOME

Works until its stdin ends, then prints one JSON array: for each thread opened the
moment (CLOCK_MONOTONIC, s), whether somebody held the coordination lock, the wait
at that lock and the whole time until the rollout was open (both in us).
"""

import fcntl
import json
import os
import pathlib
import random
import select
import sys
import time

import codex_home

PAUSE_S = 0.0005


def lock(descriptor):
    """Whether somebody held it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return True


def open_rollout(plain):
    """As for appending; a thread that exists only compressed is not made plain."""
    try:
        return os.open(plain, os.O_RDWR | os.O_APPEND)
    except FileNotFoundError:
        return os.open(f"{plain}.zst", os.O_RDONLY)


def open_thread(locks, coordination, plain):
    """Opens one thread and lets it go; returns what it cost."""
    own = locks / f"{codex_home.thread_id(plain)}.lock"
    began = time.monotonic()
    held = lock(coordination)
    locked = time.monotonic()
    thread = os.open(own, os.O_RDWR | os.O_CREAT, 0o666)
    fcntl.flock(thread, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(coordination, fcntl.LOCK_UN)
    rollout = open_rollout(plain)
    opened = time.monotonic()
    os.close(rollout)
    lock(coordination)
    os.close(thread)
    os.unlink(own)
    fcntl.flock(coordination, fcntl.LOCK_UN)
    return [began, held, round((locked - began) * 1e6), round((opened - began) * 1e6)]


def work(home, chance):
    locks = home / "thread-writer-locks"
    coordination = os.open(locks / ".coordination.lock", os.O_RDWR | os.O_CREAT, 0o666)
    trees = [home / "sessions", home / "archived_sessions"]
    plain = [path for tree in trees for path in tree.rglob("rollout-*.jsonl")]
    told = []
    while not select.select([sys.stdin], [], [], PAUSE_S)[0]:
        told.append(open_thread(locks, coordination, chance.choice(plain)))
    return told


if __name__ == "__main__":
    print(json.dumps(work(pathlib.Path(sys.argv[1]), random.Random(1))))
