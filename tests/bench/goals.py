"""What coldpress wants to reach, and whether this run saw it."""

import dataclasses

COLDPRESS = "coldpress"
ZSTD_3 = "zstd -3"
CODEX = "codex"
OF_MANY = (COLDPRESS, ZSTD_3, CODEX)  # who compress many small rollouts


@dataclasses.dataclass
class Goal:
    name: str
    goal: float
    stretch: float
    unit: str
    least: bool  # at least; else at most
    seen: float = None
    note: str = ""

    @property
    def met(self):
        if self.seen is None:
            return "not measured"
        if self._reaches(self.stretch):
            return "stretch"
        return "yes" if self._reaches(self.goal) else "NO"

    def _reaches(self, mark):
        return self.seen >= mark if self.least else self.seen <= mark


def judge(results):
    """All goals in their order; those of parts that did not run have seen nothing."""
    return [*smaller(results), *faster(results), *small(results), *lighter(results)]


def smaller(results):
    marks = {
        "images": (13.5, 14.1),
        "long-images": (20, 22),
        "text": (1.13, 1.2),
        "chat": (1.05, 1.06),
    }
    if is_full(results):
        marks["long-images"] = (20, 45)  # 4 GB and more
    for name, (goal, stretch) in marks.items():
        everyone = results.get("profiles", {}).get(name, {}).get("contestants", {})
        other = yardstick(everyone)
        made = Goal(f"{name}: times smaller than Codex's own", goal, stretch, "x", True)
        if COLDPRESS in everyone and other:
            made.seen = everyone[other]["bytes_out"] / everyone[COLDPRESS]["bytes_out"]
            made.note = "" if other == CODEX else f"than `{other}`: no Codex here"
        yield made


def faster(results):
    images = Goal("images: CPU of all, to that of `zstd -3`", 1.1, 0.6, "x", False)
    images.seen = cpu_to(results, "images", ZSTD_3)
    text = Goal("text: CPU of all, to Codex's own", 4, 3, "x", False)
    text.seen = cpu_to(results, "text", CODEX)
    return [images, text, *safety(results), *reading(results), replan(results)]


def small(results):
    """Of many small rollouts."""
    told = results.get("many", {})
    everyone = told.get("contestants", {})
    other = yardstick(everyone)
    cpu = Goal("many: CPU of all, to Codex's own", 4, 3, "x", False)
    bytes_out = Goal("many: times smaller than Codex's own", 1.05, 1.06, "x", True)
    wall = Goal("many: wall, to two `zstd -3` at once", 3, 2, "x", False)
    calls = Goal("many: syncs a rollout", 3, 2, "", False)
    slow = Goal("many: 5 ms more a sync, a rollout", 3, 2, "ms", False)
    if other:
        us, them = everyone[COLDPRESS], everyone[other]
        cpu.seen = us["warm"]["cpu"] / them["warm"]["cpu"]
        bytes_out.seen = them["bytes_out"] / us["bytes_out"]
        cpu.note = bytes_out.note = "" if other == CODEX else f"than `{other}`: no Codex here"
        wall.seen = us["warm"]["wall"] / everyone["zstd -3, two at once"]["warm"]["wall"]
    if told.get("syncs"):
        calls.seen = told["syncs"]["calls_per_file"]
        slow.seen = told["syncs"]["slow_ms_per_file"]
    return [cpu, bytes_out, wall, calls, slow]


def safety(results):
    for kind in ("images", "text"):
        told = results.get("verification", {}).get(kind)
        made = Goal(f"{kind}: wall that safety adds", 10, 3, "%", False)
        if told:
            made.seen = 100 * told["extra"]
        yield made


def reading(results):
    for name in ("images", "text"):
        told = results.get("profiles", {}).get(name, {}).get("decode")
        made = Goal(f"{name}: CPU of `cat`, to `zstd -dc`", 1.1, 1.0, "x", False)
        if told:
            made.seen = told["cat"]["cpu"] / told["zstd"]["cpu"]
            made.note = f"wall {told['cat']['wall'] / told['zstd']['wall']:.2f}x"
        yield made
        tail = Goal(f"{name}: CPU of `cat --tail 100`, to `zstd -dc`", 1.2, 1.05, "x", False)
        first = Goal(f"{name}: `cat`, from its start to its first line", 10, 5, "ms", False)
        if told:
            tail.seen = told["tail"]["cpu"] / told["zstd"]["cpu"]
            extra = (told["tail"]["peak_kb"] - told["zstd"]["peak_kb"]) / 1024
            tail.note = f"{extra:.0f} MiB more than `zstd -dc`"
            first.seen = told["first_line_ms"]
        yield tail
        yield first


def replan(results):
    made = Goal("plan again, 100,000 unchanged: CPU", 0.5, 0.15, "s", False)
    scans = results.get("scan", {})
    if scans:
        count = max(map(int, scans))
        made.seen = scans[str(count)]["plan again"]["cpu"] * 100_000 / count
        made.note = "" if count == 100_000 else f"scaled up from {count:,}"
    return made


def lighter(results):
    memory = Goal("two jobs at once: peak memory", 600, 350, "MiB", False)
    if "memory" in results:
        memory.seen = results["memory"]["two_jobs_peak_kb"] / 1024
    job = Goal("a job beside coldpress, to alone: wall", 1.07, 1.03, "x", False)
    if "foreground" in results:
        job.seen = results["foreground"]["ratio"]["beside coldpress"]
    return [memory, job]


def cpu_to(results, profile, other):
    everyone = results.get("profiles", {}).get(profile, {}).get("contestants", {})
    if COLDPRESS not in everyone or other not in everyone:
        return None
    return everyone[COLDPRESS]["warm"]["cpu"] / everyone[other]["warm"]["cpu"]


def yardstick(everyone):
    """Codex, or, where it cannot be had, the same level of the zstd program."""
    return next((name for name in (CODEX, ZSTD_3) if name in everyone), None)


def is_full(results):
    return results.get("options", {}).get("full", False)
