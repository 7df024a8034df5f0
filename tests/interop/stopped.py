"""A program held at a system call for a while, by strace."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import time

import codex_package

# Long enough for a whole pass of coldpress on a small store.
HELD_S = 8


class NoStrace(codex_package.Unavailable):
    """Nothing can be traced here."""


def check():
    """Raises NoStrace where strace is missing or not allowed to trace."""
    if shutil.which("strace") is None:
        raise NoStrace("no strace")
    done = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    if done.returncode != 0:
        raise NoStrace("strace may not trace here")


def options(calls, log):
    """Of strace: every one of `calls` waits before it is done."""
    return [
        "strace", "-f", "-qq", "-o", str(log), "-e", f"trace={calls}",
        "-e", f"inject={calls}:delay_enter={HELD_S * 10**6}:when=1",
    ]  # fmt: skip


@contextlib.contextmanager
def held(pid, calls, log):
    """Each thread of process `pid` waits in its first of `calls`, while used in a `with`."""
    tracer = subprocess.Popen([*options(calls, log), "-p", str(pid)], stderr=subprocess.DEVNULL)
    try:
        wait_traced(pid)
        yield
    finally:
        # Not asked to end: it may never, while a thread is held. The kernel lets all go.
        tracer.kill()
        tracer.wait()


def kill_tracees(tracer, number):
    """A signal to what a started strace runs; strace then ends by itself."""
    children = pathlib.Path(f"/proc/{tracer.pid}/task/{tracer.pid}/children")
    for child in children.read_text(encoding="ascii").split():
        os.kill(int(child), number)


def wait_traced(pid):
    """Until every thread of the process is traced."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        tasks = pathlib.Path(f"/proc/{pid}/task").glob("*/status")
        if all("TracerPid:\t0" not in task.read_text(encoding="utf-8") for task in tasks):
            return
        time.sleep(0.02)
    raise NoStrace(f"process {pid} was not traced in time")
