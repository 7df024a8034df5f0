"""Those who compress: coldpress, the zstd program, and the real Codex.

Each is given the same home and answers with a Cost whose `extra` says how many bytes came
out. Codex and coldpress, who change what they compress, take a copy; zstd writes beside it.
"""

import contextlib
import os
import shutil
import sys
import time

import measure

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import codex_home
import codex_package
import mock_responses

COMPRESS = ["--enable", "local_thread_store_compression", "--roots", "archived,active"]
COMPRESS += ["--settle", "0s", "--reap-grace", "200ms"]
MOST_OPEN = 200


class Zstd:
    def __init__(self, meter, *flags):
        self.name = " ".join(["zstd", *flags])
        self._meter = meter
        self._flags = flags

    def run(self, data, work, cold):
        home, out = data.home, work / "out"
        names = work / "names"
        names.write_text("".join(f"{name}\n" for name in data.rollouts), encoding="utf-8")
        measure.settle([home / name for name in data.rollouts], cold)
        with Watch(home, data, cold) as watch:
            cost = self._meter.run(self.command(names, out), cwd=home)
            return watch.finish(cost, out)

    def command(self, names, out):
        """Compresses the files named there into a tree of the same shape."""
        command = ["zstd", "-q", "-k", *self._flags, "--filelist", names]
        return [*command, "--output-dir-mirror", out]


class Coldpress:
    name = "coldpress"

    def __init__(self, meter, program, *flags):
        self._meter = meter
        self._command = [program, "run", "--once", "--json", *COMPRESS, *flags]

    def run(self, data, work, cold):
        home = data.copy(work / "home")
        measure.settle([home / name for name in data.rollouts], cold)
        with Watch(home, data, cold) as watch:
            cost, told = self._meter.lines([*self._command, "--store", home])
            cost.extra["outcomes"] = [one for one in told if one["message_type"] == "outcome"]
            return watch.finish(cost, home)


class Codex:
    name = "codex"

    def __init__(self, program):
        self._program = program

    def run(self, data, work, cold):
        with mock_responses.MockResponses() as mock:
            home = codex_home.CodexHome(work, self._program, mock)
            data.copy(home.home)
            with home.app_server() as server:
                wait_until_idle(server.pid)
                measure.settle([home.home / name for name in data.rollouts], cold)
                with Watch(home.home, data, cold) as watch:
                    return watch.finish(self._compress(server, data, home.home), home.home)

    @staticmethod
    def _compress(server, data, home):
        """It answers at once and works on its own; done is when no plain form is left."""
        left = [home / name for name in data.rollouts]
        held = measure.forget_peak(server.pid)
        cpu = measure.process_cpu(server.pid)
        begun = time.monotonic()
        server.call("rollout/compress")
        while left:
            if not left[-1].exists():
                left.pop()
            else:
                time.sleep(0.002)
            if time.monotonic() - begun > 900:
                raise measure.Failed(f"codex left {len(left)} rollouts plain for 15 minutes")
        wall = time.monotonic() - begun
        wait_until_idle(server.pid)
        cpu = measure.process_cpu(server.pid) - cpu
        # Less what the server holds from its start, when it read the same rollouts.
        return measure.Cost(wall, cpu, measure.process_peak_kb(server.pid) - held)


class Watch:
    """Looks at what a run leaves: bytes, and after a cold start the page cache.

    The sources are kept open, so that those which are removed can be asked, too.
    """

    def __init__(self, home, data, cold):
        self._home = home
        self._data = data
        self._cold = cold
        self._open = []

    def __enter__(self):
        for name in self._data.rollouts[:MOST_OPEN] if self._cold else []:
            self._open.append(os.open(self._home / name, os.O_RDONLY))
        return self

    def __exit__(self, *_error):
        for descriptor in self._open:
            os.close(descriptor)

    def finish(self, cost, out):
        frames = [out / f"{name}.zst" for name in self._data.rollouts]
        # Who leaves a file plain (nothing to gain) has "compressed" it to its own size.
        results = [
            frame if frame.exists() else self._home / name
            for frame, name in zip(frames, self._data.rollouts)
        ]
        cost.extra["bytes_out"] = sum(path.stat().st_size for path in results)
        cost.extra["left_plain"] = sum(path.suffix != ".zst" for path in results)
        if self._cold:
            cost.extra["source_cached"] = measure.cached_share(self._open)
            cost.extra["result_cached"] = cached_share_of(results[:MOST_OPEN])
        return cost


def cached_share_of(paths):
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(open(path, "rb")) for path in paths]
        return measure.cached_share([file.fileno() for file in files])


def wait_until_idle(pid, quiet=0.5):
    """Until the process has used no CPU for a moment: what it does at its start, and
    the last of what it was asked for, are over."""
    seen, since = measure.process_cpu(pid), time.monotonic()
    while time.monotonic() - since < quiet:
        time.sleep(0.05)
        now = measure.process_cpu(pid)
        if now > seen + 0.011:
            seen, since = now, time.monotonic()


def all_of(meter, coldpress, codex_cache, notes):
    """Every contestant; without Codex, `notes` says why."""
    found = [
        Coldpress(meter, coldpress),
        Zstd(meter, "-3"),
        Zstd(meter, "-3", "--long=27"),
        Zstd(meter, "-T2", "-9", "--long=27"),
    ]
    try:
        found.append(Codex(codex_package.ensure(codex_cache)))
    except codex_package.Unavailable as why:
        notes.append(f"without Codex: {why}")
    return found


@contextlib.contextmanager
def room(folder):
    """An empty folder to work in, gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
