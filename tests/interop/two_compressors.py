"""Codex's own compressor beside coldpress: starting both, and who made which frame."""

import shutil
import subprocess
import time

import zstd_frame
from compress_loop import wait_for
from compressing import HURRY, MAINTENANCE

MARKER = ".tmp/rollout-compression.lock"
FEATURE = ["--enable", "local_thread_store_compression"]


def clone(home, entry, count):
    """`count` more rollouts like that of `entry`, each a thread of its own; their paths."""
    source, thread = entry["rollout"], entry["thread"]
    content = source.read_bytes()
    made = []
    for number in range(count):
        other = f"{thread[:-6]}{number:06x}"
        path = source.with_name(source.name.replace(thread, other))
        path.write_bytes(content.replace(thread.encode(), other.encode()))
        shutil.copystat(source, path)
        made.append(path)
    return made


def contents(home):
    """The plain bytes of every rollout of a home that has only plain ones, by logical path."""
    return {path.relative_to(home.home): path.read_bytes() for path in home.rollouts()}


def stock_compress(path):
    """As Codex itself does it: level 3, no checksum, the same mtime, the plain file goes."""
    subprocess.run(["zstd", "-q3", "--no-check", "--rm", str(path)], check=True)


def made_by(path):
    """"codex" or "coldpress": only one of them writes a checksum."""
    with open(path, "rb") as frame:
        return "coldpress" if frame.read(5)[4] & 0x04 else "codex"


def judge_forms(home, wanted, findings, where, pairs=0):
    """Every rollout has a form, each form its bytes; returns how many have two."""
    both = 0
    for name, content in wanted.items():
        plain = home.home / name
        compressed = plain.with_name(f"{plain.name}.zst")
        forms = [path for path in (plain, compressed) if path.exists()]
        both += len(forms) == 2
        if not forms:
            findings.fault(where, f"{name}: no form is left")
        for path in forms:
            got = zstd_frame.decode(path) if path is compressed else path.read_bytes()
            if got != content:
                findings.fault(where, f"{path.name}: has other bytes")
        findings.count("rollouts judged")
    if both > pairs:
        findings.fault(where, f"{both} rollouts have both forms")
    for path in home.home.rglob("rollout-compress-*"):
        findings.fault(where, f"{path.name} is left")
    return both


def compress(coldpress, home, *options, verb="run"):
    """coldpress (or what runs it), started on both trees with a short grace."""
    program = coldpress if isinstance(coldpress, list) else [coldpress]
    command = [*program, verb, "--json", "--store", str(home.home), *FEATURE]
    command += ["--roots", "archived,active", "--reap-grace", "200ms", *HURRY, *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, env=home.env(), stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )


def is_locked(path):
    """Whether somebody holds a flock on it, found without touching the lock."""
    if not path.exists():
        return False
    inode = str(path.stat().st_ino)
    with open("/proc/locks", encoding="ascii") as locks:
        # A line with an arrow tells of one who waits.
        held = [line.split() for line in locks if "FLOCK" in line and "->" not in line]
    return any(fields[5].split(":")[2] == inode for fields in held)


def codex_compress(server, home, patience=2):
    """`rollout/compress`, until Codex lets go of the maintenance lock again.

    Whether it works or rests it does not say; it rests if it has not begun by `patience`.
    """
    lock, before = home.home / MAINTENANCE, marker_of(home)
    server.call("rollout/compress")
    wait_for(lambda: is_locked(lock) or marker_of(home) != before, patience)
    time.sleep(0.1)  # the marker may be there before the lock is held
    wait_for(lambda: not is_locked(lock), 60)


def marker_of(home):
    """What tells one marker from the next."""
    try:
        return (home.home / MARKER).stat().st_mtime_ns
    except FileNotFoundError:
        return None


def forget_marker(home):
    (home.home / MARKER).unlink(missing_ok=True)
