"""What is on disk, and what differs between two looks at it."""

import dataclasses
import hashlib
import os
import pathlib
import stat


@dataclasses.dataclass(frozen=True)
class Entry:
    """One file or folder. `digest` is the content, or the target of a link."""

    kind: str
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    size: int
    digest: str
    xattrs: tuple

    def changes(self, other):
        """Names of the fields in which `other` differs."""
        ignored = ("size", "mtime_ns") if self.kind == "folder" else ()
        fields = [field.name for field in dataclasses.fields(self)]
        changed = [f for f in fields if getattr(self, f) != getattr(other, f)]
        return [f for f in changed if f not in ignored]

    def told(self, field):
        """The field's value as a reader wants it."""
        value = getattr(self, field)
        return f"{value:04o}" if field == "mode" else value


def take(root):
    """Everything under `root`, by path relative to it."""
    root = pathlib.Path(root)
    return {str(path.relative_to(root)): look(path) for path in sorted(root.rglob("*"))}


def look(path):
    status = os.lstat(path)
    if stat.S_ISDIR(status.st_mode):
        kind, digest = "folder", ""
    elif stat.S_ISLNK(status.st_mode):
        kind, digest = "link", os.readlink(path)
    elif stat.S_ISREG(status.st_mode):
        kind, digest = "file", hashlib.sha256(path.read_bytes()).hexdigest()
    else:
        kind, digest = "other", ""
    return Entry(
        kind,
        stat.S_IMODE(status.st_mode),
        status.st_uid,
        status.st_gid,
        status.st_mtime_ns,
        status.st_size,
        digest,
        xattrs(path),
    )


def xattrs(path):
    if not hasattr(os, "listxattr"):
        return ()
    names = os.listxattr(path, follow_symlinks=False)
    return tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in sorted(names))


def differences(before, after, may_change):
    """Sentences about every path that is not as it was, unless `may_change(path)`."""
    told = []
    for path in sorted(set(before) | set(after)):
        if may_change(path):
            continue
        if path not in after:
            told.append(f"{path}: is gone")
        elif path not in before:
            told.append(f"{path}: is new")
        else:
            fields = before[path].changes(after[path])
            if fields:
                told.append(f"{path}: {', '.join(fields)} changed")
    return told
