"""Makes what two equal runs of Codex say comparable: what is new in each is blanked."""

import hashlib
import re

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# A rollout's dated folders and the time in its name, before an id that is new; what
# takes the place of a reverted one has the id of its thread and then one of its own.
DATED = re.compile(
    r"(\d{4}/\d\d/\d\d/)?rollout-[0-9T-]{19}-(?=(" + UUID.pattern + r"_)?<new>)"
)
# The model numbers its answers.
NUMBERED = re.compile(r"\b(item|call|resp)_\d{8}\b")
TIMES = {"completedAt", "completedAtMs", "createdAt", "durationMs", "recencyAt"}
TIMES |= {"startedAt", "startedAtMs", "updatedAt"}


def blank(value, known):
    """The same value without times, and with all ids but the known ones made equal."""
    if isinstance(value, dict):
        return {key: blank(v, known) for key, v in value.items() if key not in TIMES}
    if isinstance(value, list):
        return [blank(v, known) for v in value]
    if isinstance(value, str):
        named = UUID.sub(lambda found: found[0] if found[0] in known else "<new>", value)
        return NUMBERED.sub(r"\1_<new>", DATED.sub("rollout-", named))
    return value


def shape(record):
    """What kind of record it is, and its place."""
    payload = record["payload"]
    item = payload.get("item")
    kind = item.get("type") if isinstance(item, dict) else None
    return (record["type"], payload.get("type"), kind, record.get("ordinal"))


def digest(content):
    return hashlib.sha256(content).hexdigest()


def difference(one, other, at=""):
    """The first place in which two values differ, as text; None if they do not."""
    if isinstance(one, dict) and isinstance(other, dict):
        pairs = [(f"{at}.{key}", one.get(key), other.get(key)) for key in {**one, **other}]
    elif isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        if len(one) != len(other):
            return f"{at}: {len(one)} and {len(other)} entries"
        pairs = [(f"{at}[{n}]", a, b) for n, (a, b) in enumerate(zip(one, other))]
    else:
        return None if one == other else f"{at}: {str(one)[:200]} and {str(other)[:200]}"
    return next(filter(None, (difference(a, b, where) for where, a, b in pairs)), None)
