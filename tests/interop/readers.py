"""Decoders that are not Codex read what coldpress writes; how far each one's window goes."""

import base64
import json
import os
import subprocess

import make_store
import planted
import reader_programs
from comparable import digest
from two_compressors import clone, contents, compress

# A frame's header can ask for no more than 2^41; stock decoders end long before.
WINDOW_LOGS = range(20, 32)
TIMEOUT_S = 300


def add_large(home, entry):
    """A rollout that is worth the largest window: what it repeats lies 80 MB apart."""
    (path,) = clone(home, entry, 1)
    lines = []
    for _ in range(24):
        text = base64.b64encode(os.urandom(2_500_000)).decode()
        payload = {"type": "message", "role": "user", "content": [{"text": text}]}
        record = {"timestamp": "2026-01-02T03:04:05.678Z", "type": "response_item"}
        lines.append(json.dumps(dict(record, payload=payload)).encode() + b"\n")
    with open(path, "ab") as rollout:
        rollout.writelines(lines + lines)
    make_store.age([path], 30)
    return path


def decoded(command, frame, target):
    """The digest of what a reader makes of a file, None if it refuses."""
    target.unlink(missing_ok=True)
    done = subprocess.run(
        [*command, str(frame), str(target)],
        capture_output=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    if done.returncode != 0 or not target.exists():
        return None
    return digest(target.read_bytes())


class Readers:
    def __init__(self, bench, findings):
        self.findings = findings
        self.folder = bench.folder / "decoded"
        self.folder.mkdir()
        self.home = bench.home("readers")
        made = make_store.make(self.home)
        legacy = next(entry for entry in made if entry["kind"] == "legacy")
        self.large = add_large(self.home, legacy)
        self.wanted = {name: digest(text) for name, text in contents(self.home).items()}
        process = compress(bench.coldpress, self.home, "--settle", "0s")
        process.communicate(timeout=600)
        self.frames = [path for path in self.home.rollouts() if path.suffix == ".zst"]


    def judge(self, name, command):
        """Returns the largest window that it takes."""
        target = self.folder / "out"
        limit = self.window_limit(command, target)
        for frame in self.frames:
            wanted = self.wanted[frame.relative_to(self.home.home).with_suffix("")]
            got = decoded(command, frame, target)
            if got == wanted:
                self.findings.count("frames read")
            elif got is None and window_of(frame) > 1 << limit:
                print(f"{name}: refuses {frame.stat().st_size} bytes, window {window_of(frame)}")
                self.findings.count("frames beyond a reader")
            else:
                self.findings.fault(name, f"{frame.name}: {'refused' if not got else 'wrong'}")
        return limit

    def window_limit(self, command, target):
        """Asked with a frame that claims to need more and more.

        Not a small one: libzstd decodes what fits its buffers without a window.
        """
        frame = sorted(self.frames, key=lambda path: path.stat().st_size)[-2]
        wanted = self.wanted[frame.relative_to(self.home.home).with_suffix("")]
        claim = self.folder / "claim.zst"
        limit = 0
        for window_log in WINDOW_LOGS:
            claim.write_bytes(planted.with_window(frame.read_bytes(), window_log))
            if decoded(command, claim, target) == wanted:
                limit = window_log
        return limit


def window_of(path):
    """What a frame asks for; a single segment asks for its content size."""
    flags, size, _ = planted.parts(path.read_bytes())
    if flags & planted.SINGLE_SEGMENT:
        return int.from_bytes(size, "little") + 256 * (len(size) == 2)
    exponent, eighths = divmod(path.read_bytes()[5], 8)
    return (1 << 10 + exponent) // 8 * (8 + eighths)


def run(bench, findings):
    readers = Readers(bench, findings)
    print(f"{len(readers.frames)} frames, the largest window {max(map(window_of, readers.frames))}")
    more = reader_programs.MORE_READERS if bench.full else {}
    kept = bench.cache / "readers"
    kept.mkdir(parents=True, exist_ok=True)
    for name, get in {**reader_programs.READERS, **more}.items():
        try:
            command, version = get(kept)
        except reader_programs.Missing as why:
            print(f"{name}: skipped: {why}")
            findings.count("readers skipped")
            continue
        limit = readers.judge(name, command)
        end = " or more" if limit == WINDOW_LOGS[-1] else ""
        print(f"{name} {version}: reads them, windows up to 2^{limit}{end}")
        findings.count("readers")
    if not findings.counts.get("frames read"):
        findings.fault("readers", "no frame was read by any")
