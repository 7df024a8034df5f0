"""Faults to plant into a compressed rollout, each of which the suite must find."""

import os
import subprocess

import zstd_frame

MAGIC = b"\x28\xb5\x2f\xfd"
SINGLE_SEGMENT, CHECKSUM = 0x20, 0x04


def keeping_metadata(act):
    """`act(path)` returns other content; mtime and mode stay."""

    def planted(path):
        status = path.stat()
        path.write_bytes(act(path))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    return planted


def with_window(frame, window_log):
    """The same frame, but it asks for a window of 2^`window_log`."""
    flags, size, blocks = parts(frame)
    return MAGIC + bytes([flags & ~SINGLE_SEGMENT, (window_log - 10) << 3]) + size + blocks


@keeping_metadata
def window(path):
    return with_window(path.read_bytes(), 28)


def without_checksum(frame):
    flags, size, blocks = parts(frame)
    head = bytes([flags & ~CHECKSUM])
    if not flags & SINGLE_SEGMENT:
        head += frame[5:6]
    return MAGIC + head + size + blocks[:-4]


@keeping_metadata
def no_checksum(path):
    return without_checksum(path.read_bytes())


@keeping_metadata
def flipped_bit(path):
    """No checksum, and one bit is another: it decodes, to other bytes."""
    content = zstd_frame.decode(path)
    frame = without_checksum(path.read_bytes())
    for bit in range(len(frame) * 4, len(frame) * 8):
        rotten = bytearray(frame)
        rotten[bit // 8] ^= 1 << bit % 8
        path.write_bytes(rotten)
        decoded = zstd_frame.decode(path)
        if decoded is not None and decoded != content:
            return bytes(rotten)
    raise ValueError(f"no bit of {path.name} can be flipped unnoticed")


def mtime(path):
    """A nanosecond too late."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


@keeping_metadata
def last_line(path):
    """All but the last line, in a good frame."""
    content = zstd_frame.decode(path)
    kept = content[: content.rstrip(b"\n").rindex(b"\n") + 1]
    command = ["zstd", "-qc", f"--stream-size={len(kept)}"]
    return subprocess.run(command, input=kept, capture_output=True, check=True).stdout


def lost_turn(rollout, original):
    """What was written last is gone, as behind a descriptor of a removed file."""
    content = rollout.read_bytes()
    begin = content.index(b'"task_started"', len(original))
    rollout.write_bytes(content[: content.rindex(b"\n", 0, begin) + 1])


def parts(frame):
    """Flags, content size and all that follows the header of one frame.

    The size in two bytes or more, so that the header can do without a single segment.
    """
    if frame[:4] != MAGIC or frame[4] & 3:
        raise ValueError("not a frame of the kind that coldpress writes")
    flags = frame[4]
    begin = 5 if flags & SINGLE_SEGMENT else 6
    width = (0, 2, 4, 8)[flags >> 6]
    if width == 0:
        raise ValueError("too small to plant a fault")
    return flags, frame[begin : begin + width], frame[begin + width :]
