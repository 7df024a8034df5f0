"""Where it was measured."""

import os
import pathlib
import platform
import subprocess


def describe(folder):
    """What a reader needs to judge the figures by, as plain values."""
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
        "kernel": platform.release(),
        "file_system": output("findmnt", "-n", "-o", "FSTYPE", "-T", str(folder)),
        "zstd": output("zstd", "--version").split(" v")[-1].split(",")[0],
        "load": load(),
    }


def cpu_model():
    """Its name, and family and model, for some names say nothing."""
    told = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        told.setdefault(name.strip(), value.strip())
    numbers = f"family {told.get('cpu family', '?')} model {told.get('model', '?')}"
    return f"{told.get('model name', platform.machine())} ({numbers})"


def load():
    return [round(value, 2) for value in os.getloadavg()]


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
