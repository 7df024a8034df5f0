#!/usr/bin/env python3
"""A long run of `coldpress serve` beside a store that grows: flat memory, flat
descriptors, every rollout whole. usage: soak.py PROGRAM MINUTES [WORK_DIR]"""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

FEATURE = "local_thread_store_compression"
SAMPLE_EVERY = 10  # seconds
RSS_SLACK = 1024  # KiB that the second half may have more than the first
# While a pass is begun both ends of its pipes and libuv's own are open; and a connection.
BUSY_DESCRIPTORS = 8


class Store:
    """A Codex home whose rollouts are known by their hashes."""

    def __init__(self, path):
        self.path = path
        self.tree = os.path.join(path, "archived_sessions")
        self.hashes = {}
        os.makedirs(self.tree)

    def add(self):
        number = len(self.hashes) + 1
        source = random.Random(f"{self.path} {number}")
        name = (f"rollout-2026-01-05T{number // 3600 % 24:02}-{number // 60 % 60:02}-"
                f"{number % 60:02}-0199aaaa-bbbb-7ccc-8ddd-{number:012x}.jsonl")
        meta = {"timestamp": "2026-01-05T09:00:00.000Z", "type": "session_meta",
                "payload": {"id": name[-42:-6], "timestamp": "2026-01-05T09:00:00.000Z",
                            "cwd": "/home/somebody", "originator": "codex_exec",
                            "cli_version": "0.169.0", "source": "exec"}}
        lines = [json.dumps(meta)]
        for _ in range(source.randrange(20, 400)):
            words = " ".join(f"word{source.randrange(997)}" for _ in range(30))
            lines.append(json.dumps({"type": "response_item", "payload": {"text": words}}))
        content = ("\n".join(lines) + "\n").encode()
        # Made elsewhere and moved in, old as it is: so Codex archives.
        made = os.path.join(self.path, name)
        with open(made, "wb") as out:
            out.write(content)
        old = time.time() - 30 * 86400
        os.utime(made, (old, old))
        os.rename(made, os.path.join(self.tree, name))
        self.hashes[name] = hashlib.sha256(content).hexdigest()

    def content(self, name):
        plain = os.path.join(self.tree, name)
        for _ in range(3):  # as Codex reads: plain, then .zst, and again
            try:
                with open(plain, "rb") as file:
                    return file.read()
            except FileNotFoundError:
                pass
            decoded = subprocess.run(["zstd", "-dcq", plain + ".zst"], capture_output=True)
            if decoded.returncode == 0:
                return decoded.stdout
            time.sleep(0.05)
        return b""

    def damaged(self, names):
        return [name for name in names
                if hashlib.sha256(self.content(name)).hexdigest() != self.hashes[name]]

    def plain_left(self):
        return [name for name in os.listdir(self.tree) if name.endswith(".jsonl")]

    def litter(self):
        return [name for name in os.listdir(self.tree)
                if name.endswith((".coldpress-part", ".coldpress-retired"))]


class Daemon:
    def __init__(self, program, stores, log):
        self.program = program
        flags = ["--stores", ",".join(store.path for store in stores),
                 "--enable", FEATURE, "--settle", "0s", "--reap-grace", "0s",
                 "--serve-every", "3s", "--serve-jitter", "0s",
                 "--pressure-io", "off", "--pressure-memory", "off", "--config", "/dev/null"]
        self.process = subprocess.Popen([program, "serve", *flags], stderr=log)

    def facts(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            values = dict(line.split(":", 1) for line in status)
        return {"rss_kib": int(values["VmRSS"].split()[0]),
                "anon_kib": int(values["RssAnon"].split()[0]),
                "threads": int(values["Threads"]),
                "descriptors": len(os.listdir(f"/proc/{self.process.pid}/fd"))}

    def control(self, store, *words):
        return subprocess.run([self.program, "control", *words, "--store", store.path],
                              capture_output=True, text=True)

    def kill_pass(self):
        """A crash in a pass, if one is under way."""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children) as file:
            for pid in file.read().split():
                os.kill(int(pid), signal.SIGKILL)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=5)


def disturb(daemon, stores, turn):
    """What a day brings, in a minute."""
    if turn % 6 == 1:
        daemon.process.send_signal(signal.SIGHUP)
    if turn % 6 == 2:
        daemon.control(stores[0], "pause", "--for", "5s")
    if turn % 6 == 3:
        daemon.control(stores[0], "resume")
        daemon.control(stores[1], "run-now")
    if turn % 6 == 4:
        daemon.kill_pass()
    if turn % 6 == 5:
        daemon.process.send_signal(signal.SIGUSR1)


def judge(samples):
    """Faults in how the daemon's size went, the first tenth left out."""
    steady = samples[len(samples) // 10:]
    half = len(steady) // 2
    faults = []
    if half == 0:
        return faults
    early = max(sample["rss_kib"] for sample in steady[:half])
    late = max(sample["rss_kib"] for sample in steady[half:])
    if late > early + RSS_SLACK:
        faults.append(f"resident memory grew from {early} KiB to {late} KiB")
    # Nearly every second one meets a moment without a pass: a leak raises the least.
    few = min(sample["descriptors"] for sample in steady[:half])
    left = min(sample["descriptors"] for sample in steady[half:])
    many = max(sample["descriptors"] for sample in steady)
    if left > few or many > few + BUSY_DESCRIPTORS:
        faults.append(f"descriptors went from {few} to {left}, at most {many}")
    if len({sample["threads"] for sample in steady}) > 1:
        faults.append("the number of threads changed")
    return faults


def soak(program, minutes, work):
    stores = [Store(os.path.join(work, name)) for name in ("one", "two")]
    faults, samples = [], []
    with open(os.path.join(work, "serve.log"), "w") as log:
        daemon = Daemon(program, stores, log)
        end = time.time() + minutes * 60
        turn = 0
        while time.time() < end and daemon.process.poll() is None:
            turn += 1
            for store in stores:
                for _ in range(random.randrange(3)):
                    store.add()
            time.sleep(SAMPLE_EVERY)
            disturb(daemon, stores, turn)
            samples.append({"second": turn * SAMPLE_EVERY, **daemon.facts()})
            for store in stores:
                some = random.sample(sorted(store.hashes), min(5, len(store.hashes)))
                faults += [f"damaged: {name}" for name in store.damaged(some)]
            print(json.dumps({**samples[-1], "rollouts": [len(s.hashes) for s in stores],
                              "faults": len(faults)}), flush=True)
        if daemon.process.poll() is not None:
            faults.append(f"the daemon ended with {daemon.process.returncode}")
        elif (code := daemon.stop()) != 0:
            faults.append(f"the daemon answered SIGTERM with {code}")
    for store in stores:
        last = subprocess.run([program, "run", "--once", "--store", store.path, "--enable",
                               FEATURE, "--settle", "0s", "--reap-grace", "0s", "--config",
                               "/dev/null", "--quiet"])
        if last.returncode != 0:
            faults.append(f"the last pass ended with {last.returncode}")
        faults += [f"damaged: {name}" for name in store.damaged(store.hashes)]
        faults += [f"not compressed: {name}" for name in store.plain_left()]
        faults += [f"left behind: {name}" for name in store.litter()]
    return faults + judge(samples), samples, sum(len(store.hashes) for store in stores)


def main():
    program, minutes = sys.argv[1], float(sys.argv[2])
    work = sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp(prefix="coldpress-soak-")
    faults, samples, rollouts = soak(program, minutes, work)
    with open(os.path.join(work, "serve.log")) as log:
        passes = sum(" starting a pass" in line for line in log)
    for fault in faults:
        print("FAULT", fault)
    if samples:
        print(f"{len(faults)} faults; {passes} passes over {rollouts} rollouts; resident "
              f"{samples[0]['rss_kib']} KiB at first, {samples[-1]['rss_kib']} KiB at last, "
              f"at most {max(s['rss_kib'] for s in samples)} KiB; log: {work}/serve.log")
    return 1 if faults or not samples else 0


if __name__ == "__main__":
    sys.exit(main())
