"""What the stock zstd program says about a file."""

import re
import subprocess

# Codex's decoder and every stock one accept a window up to this.
WINDOW_LIMIT = 1 << 27


def decode(path):
    """The decoded bytes, or None when `zstd -d` refuses."""
    done = subprocess.run(["zstd", "-dcq", "--", str(path)], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def complaints(path, content_size):
    """Ways in which the file is not one frame with checksum and true content size."""
    done = subprocess.run(
        ["zstd", "-lv", "--", str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return [f"`zstd -lv` refuses it: {done.stderr.strip()}"]
    listing = done.stdout
    told = []
    if number(r"^# Zstandard Frames: (\d+)$", listing) != 1:
        told.append("not exactly one frame")
    if number(r"^# Skippable Frames: (\d+)$", listing) not in (None, 0):
        told.append("has a skippable frame")
    if not re.search(r"^Check: XXH64\b", listing, re.MULTILINE):
        told.append("no checksum")
    declared = number(r"^Decompressed Size: .*\((\d+) B\)$", listing)
    if declared != content_size:
        told.append(f"declares {declared} bytes of content, has {content_size}")
    window = number(r"^Window Size: .*\((\d+) B\)$", listing)
    if window is None or window > WINDOW_LIMIT:
        told.append(f"window of {window} bytes")
    return told


def number(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    return int(found.group(1)) if found else None
