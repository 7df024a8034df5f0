"""coldpress, compressing one home over and over while others work in it."""

import collections
import json
import subprocess
import threading
import time

import codex_home
from compressing import HURRY

# Seconds a rollout must have been left alone before it is compressed.
SETTLE = 2
COMPRESS = ["--roots", "archived,active", "--cold-after", "0s", "--settle", f"{SETTLE}s"]
COMPRESS += ["--reap-grace", "200ms", "--enable", "local_thread_store_compression"]
COMPRESS += HURRY


class Worker:
    """`coldpress run --once`, over and over, in a thread of its own while used in a `with`."""

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
            command,
            env=self.home.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=600,
            check=False,
        )

    def one_pass(self):
        done = self.command("run", "--once", "--json", *COMPRESS)
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


def wait_for(done, seconds=20):
    """Waits until `done()`, but not for ever: whoever relies on it looks again."""
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.02)


def last_passes(worker, home, findings):
    """Compresses what Codex has left; the last pass reaps whatever was retired."""

    def all_compressed():
        worker.one_pass()
        return all(path.suffix == ".zst" for path in home.rollouts())

    wait_for(all_compressed, 30)
    worker.one_pass()
    told = json.loads(worker.command("status", "--json").stdout)
    for what in ("leftovers", "temp_files"):
        if told[what]:
            findings.fault("coldpress", f"{told[what]} {what} after the last pass")
    if told["orphans"] != worker.outcomes["orphaned"]:
        findings.fault("coldpress", f"{told['orphans']} orphans, not all were reported")
