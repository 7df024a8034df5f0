"""One compression of a real store, and what it promises about the files."""

import json
import subprocess

import snapshot
import zstd_frame

COORDINATION = "thread-writer-locks/.coordination.lock"
MAINTENANCE = ".tmp/rollout-maintenance.lock"

ROOTS = ["--roots", "archived,active", "--settle", "0s"]

# What a compression may create or change in a home besides the rollouts themselves.
ALLOWED = {
    ".tmp",
    ".tmp/rollout-compression.lock",
    MAINTENANCE,
    "coldpress",
    "thread-writer-locks",
    COORDINATION,
}


# A busy machine is no reason to wait here.
HURRY = ["--pressure-io", "off", "--pressure-memory", "off"]


class Findings:
    """What was counted, and every promise that was seen broken."""

    def __init__(self):
        self.violations = []
        self.counts = {}

    def fault(self, where, text):
        self.violations.append(f"{where}: {text}")

    def count(self, what, number=1):
        self.counts[what] = self.counts.get(what, 0) + number


class Compressing:
    """Runs the coldpress program on one home and compares before and after."""

    def __init__(self, coldpress, home, findings, *options):
        self.coldpress = coldpress
        self.options = [*ROOTS, *options]
        self.home = home
        self.findings = findings

    def compress_and_compare(self, when, expected, live=False):
        """Compresses; every expected rollout, and nothing else, has the other form.

        `live` says that a Codex is running meanwhile, which writes its databases.
        """
        before = snapshot.take(self.home.home)
        locks = self.lock_inodes()
        contents = {path: path.read_bytes() for path in expected}
        self.compress(when)
        after = snapshot.take(self.home.home)
        moved = set()
        for path, content in contents.items():
            plain = str(path.relative_to(self.home.home))
            moved |= {plain, f"{plain}.zst"}
            self.compare(when, plain, content, before, after)

        def may_change(path):
            return path in moved or allowed(path) or (live and ".sqlite" in path)

        for told in snapshot.differences(before, after, may_change):
            self.findings.fault(when, told)
        self.compare_locks(when, locks)

    def plan(self):
        """The decisions, as `coldpress plan` tells them."""
        done = self.command("plan", "--json", *self.options)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        return [line for line in told if line["message_type"] == "decision"]

    def command(self, *arguments):
        return subprocess.run(
            [self.coldpress, *arguments, "--store", str(self.home.home)],
            env=self.home.env(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def compress(self, when):
        feature = ["--enable", "local_thread_store_compression"]
        command = ["run", "--once", *feature, *self.options, "--reap-grace", "200ms"]
        done = self.command(*command, *HURRY)
        if done.returncode != 0:
            words = (done.stdout + done.stderr)[-1500:]
            self.findings.fault(when, f"coldpress ended with {done.returncode}: {words}")

    def compare(self, when, plain, content, before, after):
        """One rollout that was to be compressed."""
        compressed = f"{plain}.zst"
        if plain in after:
            self.findings.fault(when, f"{plain}: still plain")
        if compressed not in after:
            self.findings.fault(when, f"{compressed}: missing")
            return
        for field in before[plain].changes(after[compressed]):
            if field not in ("size", "digest"):
                was, now = before[plain].told(field), after[compressed].told(field)
                self.findings.fault(when, f"{compressed}: {field} is {now}, was {was}")
        path = self.home.home / compressed
        decoded = zstd_frame.decode(path)
        if decoded is None:
            self.findings.fault(when, f"{compressed}: `zstd -d` refuses it")
        elif decoded != content:
            self.findings.fault(when, f"{compressed}: decodes to other bytes")
        for told in zstd_frame.complaints(path, len(content)):
            self.findings.fault(when, f"{compressed}: {told}")
        self.findings.count("rollouts compared")
        self.findings.count("bytes before", before[plain].size)
        self.findings.count("bytes after", after[compressed].size)

    def lock_inodes(self):
        paths = (self.home.home / name for name in (COORDINATION, MAINTENANCE))
        return {path: path.stat().st_ino for path in paths if path.exists()}

    def compare_locks(self, when, before):
        """A lock file that is replaced protects nothing: two hold "the" lock at once."""
        after = self.lock_inodes()
        for path, inode in before.items():
            if after.get(path) != inode:
                self.findings.fault(when, f"{path.name}: is not the same file any more")


def allowed(path):
    return path in ALLOWED or path.startswith("coldpress/")
