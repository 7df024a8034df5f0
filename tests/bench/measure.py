"""What a command costs, and what it leaves in the page cache."""

import ctypes
import dataclasses
import json
import mmap
import os
import pathlib
import statistics
import subprocess
import tempfile


class Failed(Exception):
    """A command that was to be measured failed; the message has its last words."""


@dataclasses.dataclass
class Cost:
    """Of one run; `cpu` is user and system time of the whole process tree."""

    wall: float
    cpu: float
    peak_kb: int
    extra: dict = dataclasses.field(default_factory=dict)


class Meter:
    """Runs commands through coldpress-cost-of."""

    def __init__(self, program):
        self.program = str(program)

    def run(self, command, cwd=None, stdout=subprocess.DEVNULL):
        """The cost of `command`, which must succeed."""
        with tempfile.TemporaryDirectory(prefix="coldpress-bench-") as folder:
            result = pathlib.Path(folder) / "cost"
            done = subprocess.run(
                [self.program, str(result), *map(str, command)],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.PIPE,
                check=False,
            )
            if done.returncode != 0:
                words = done.stderr.decode(errors="replace")[-1500:]
                raise Failed(f"{' '.join(map(str, command))}: exit {done.returncode}: {words}")
            told = json.loads(result.read_text(encoding="utf-8"))
        return Cost(told["wall"], told["user"] + told["system"], told["peak_kb"])

    def lines(self, command):
        """The cost of `command` and the JSON objects it printed, one a line."""
        with tempfile.TemporaryFile() as out:
            cost = self.run(command, stdout=out)
            out.seek(0)
            return cost, [json.loads(line) for line in out]


def process_cpu(pid):
    """CPU seconds of a running process and the children it waited for, to 10 ms."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1]
    return sum(map(int, words.split()[11:15])) / os.sysconf("SC_CLK_TCK")


def process_peak_kb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


def forget_peak(pid):
    """The peak of a running process starts anew from what it holds now, which is
    returned."""
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    return process_peak_kb(pid)


def cached_bytes(descriptor):
    """Bytes of an open file that are in the page cache."""
    size = os.fstat(descriptor).st_size
    if size == 0:
        return 0
    pages = -(-size // mmap.PAGESIZE)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
    at = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, descriptor, 0)
    if at == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "mmap")
    try:
        resident = ctypes.create_string_buffer(pages)
        if libc.mincore(at, size, resident) != 0:
            raise OSError(ctypes.get_errno(), "mincore")
    finally:
        libc.munmap(at, size)
    return min(size, sum(page & 1 for page in resident.raw[:pages]) * mmap.PAGESIZE)


def cached_share(descriptors):
    """Of all bytes of the open files, the part that is in the page cache."""
    total = sum(os.fstat(descriptor).st_size for descriptor in descriptors)
    return sum(map(cached_bytes, descriptors)) / total if total else 0.0


def settle(paths, cold):
    """Makes files durable, so that no run pays for another's writing, and puts them
    out of the page cache or into it."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
            if cold:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            else:
                while os.read(descriptor, 1 << 20):
                    pass
        finally:
            os.close(descriptor)


def middle(costs):
    """The medians of several runs, as plain values; `wall_all` shows how they spread."""
    return {
        "wall": statistics.median(cost.wall for cost in costs),
        "cpu": statistics.median(cost.cpu for cost in costs),
        "peak_kb": max(cost.peak_kb for cost in costs),
        "runs": len(costs),
        "wall_all": [round(cost.wall, 4) for cost in costs],
        "cpu_all": [round(cost.cpu, 4) for cost in costs],
    }
