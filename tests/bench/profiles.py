"""The data: which made-up rollouts are measured with, and making them."""

import dataclasses
import os
import shutil
import subprocess
import time

# A fixed day, so that the same bytes come out whenever they are made; long past, so
# that everything is cold.
NOW = 1_767_225_600
WEEK = 7 * 86_400
MB = 1_000_000


@dataclasses.dataclass(frozen=True)
class Profile:
    name: str
    files: int
    size: int  # of each file; 0: 20 to 500 KB, as chats have
    full_files: int
    full_size: int
    scale: float = 0  # of a whole store instead
    full_scale: float = 0


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("images", 1, 760_247_640, 1, 760_247_640),
        Profile("long-images", 1, 1500 * MB, 1, 4500 * MB),
        Profile("text", 1, 300 * MB, 1, 300 * MB),
        Profile("chat", 300, 0, 1000, 0),
        Profile("forks", 4, 40 * MB, 4, 300 * MB),
        Profile("store", 0, 0, 0, 0, 0.5, 10),
        Profile("incompressible", 1, 100 * MB, 1, 1000 * MB),
        Profile("zeros", 1, 300 * MB, 1, 1000 * MB),
    )
}


class Data:
    """One profile on disk, in the shape of a Codex home."""

    def __init__(self, folder, profile, full, corpus):
        self.profile = profile
        self.name = profile.name
        self.home = folder / profile.name
        shutil.rmtree(self.home, ignore_errors=True)
        scale = profile.full_scale if full else profile.scale
        if scale:
            make_store(corpus, self.home, scale)
        else:
            files = profile.full_files if full else profile.files
            size = profile.full_size if full else profile.size
            make_home(corpus, profile.name, self.home, files, size)
        self.rollouts = cold_rollouts(self.home)
        self.bytes = sum((self.home / name).stat().st_size for name in self.rollouts)

    def remove(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def copy(self, to):
        """A copy of the home with its times, for whoever changes what he is given."""
        to.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", f"{self.home}/.", str(to)], check=True)
        return to

    def largest(self):
        return max(self.rollouts, key=lambda name: (self.home / name).stat().st_size)


def make_home(corpus, kind, home, files, size, seed=1):
    command = [corpus, "home", kind, home, "--files", files, "--seed", seed, "--now", NOW]
    command += ["--bytes", size] if size else []
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def make_store(corpus, home, scale):
    command = [corpus, "store", home, "--scale", scale, "--now", NOW]
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def cold_rollouts(home):
    """The rollouts that every compressor is to take, relative and sorted: old, and
    larger than the one block that nothing can save."""
    old = time.time() - WEEK
    found = []
    for folder, _folders, names in os.walk(home):
        for name in names:
            if not (name.startswith("rollout-") and name.endswith(".jsonl")):
                continue
            stat = os.stat(os.path.join(folder, name))
            if stat.st_size > 4096 and stat.st_mtime < old:
                found.append(os.path.relpath(os.path.join(folder, name), home))
    return sorted(found)
