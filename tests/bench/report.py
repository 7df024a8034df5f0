"""The results as tables for a terminal."""

import goals


def table(head, rows):
    """Columns as wide as they must be; the first is for names, the others for numbers."""
    rows = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def whole(results):
    """Everything, in the order of README.md."""
    parts = [about(results)]
    for name, told in results.get("profiles", {}).items():
        parts.append(profile(name, told))
    parts += [many(results)] if "many" in results else []
    parts += [read_again(results), scans(results), finds(results), pieces(results)]
    parts += [others(results), met(results)]
    return "\n\n".join(part for part in parts if part)


def about(results):
    lines = [f"{name}: {value}" for name, value in results["machine"].items()]
    lines += [f"note: {note}" for note in results["notes"]]
    return "\n".join(lines)


def profile(name, told):
    head = ["", "ratio", "bytes", "CPU s/GB", "MB/s warm", "MB/s cold"]
    head += ["peak MiB", "source cached", "result cached"]
    rows = [contestant(*one) for one in told["contestants"].items()]
    title = f"{name}: {told['files']} rollouts, {told['bytes']:,} bytes"
    return title + "\n" + table(head, rows)


def contestant(name, told):
    warm, cold = told["warm"], told["cold"]
    return [
        name,
        f"{told['ratio']:.2f}x",
        f"{told['bytes_out']:,}",
        f"{warm['cpu_per_gb']:.2f}",
        f"{warm['mb_per_s']:.0f}",
        f"{cold['mb_per_s']:.0f}",
        f"{max(warm['peak_kb'], cold['peak_kb']) / 1024:.0f}",
        f"{100 * told['source_cached']:.0f} %",
        f"{100 * told['result_cached']:.0f} %",
    ]


LABELS = {"zstd": "zstd -dc", "tail": "cat --tail 100"}


def many(results):
    told = results["many"]
    parts = [profile("many", told)]
    files = told["files"]
    for name, one in told["contestants"].items():
        cpu, wall = (1000 * one["warm"][what] / files for what in ("cpu", "wall"))
        parts.append(f"{name}: {cpu:.2f} ms CPU and {wall:.2f} ms wall a rollout")
    if told["syncs"]:
        parts.append(
            f"syncs: {told['syncs']['calls_per_file']:.1f} a rollout in a flat archive of "
            f"{told['syncs']['files']}; if each takes 5 ms more, a rollout takes "
            f"{told['syncs']['slow_ms_per_file']:.1f} ms more"
        )
    return "\n".join(parts)


def read_again(results):
    rows = []
    for name, told in results.get("profiles", {}).items():
        decode = told.get("decode")
        if not decode:
            continue
        for what in ("cat", "tail", "zstd", "restore"):
            size = decode["restored" if what == "restore" else "bytes"]
            per_gb = decode[what]["cpu"] * 1e9 / size
            speed = size / 1e6 / decode[what]["wall"]
            label = f"{name}: {LABELS.get(what, what)}"
            peak = f"{decode[what]['peak_kb'] / 1024:.0f}"
            rows.append([label, f"{per_gb:.2f}", f"{speed:.0f}", peak])
    if not rows:
        return ""
    return table(["reading again", "CPU s/GB", "MB/s", "peak MiB"], rows)


def scans(results):
    rows = []
    for count, told in results.get("scan", {}).items():
        for what, cost in told.items():
            peak = f"{cost['peak_kb'] / 1024:.0f}"
            label = f"{int(count):,} rollouts: {what}"
            rows.append([label, f"{cost['cpu']:.3f}", f"{cost['wall']:.3f}", peak])
    return table(["looking", "CPU s", "wall s", "peak MiB"], rows) if rows else ""


def finds(results):
    rows = []
    for kind, told in results.get("find", {}).items():
        for what, value in told.items():
            if isinstance(value, dict):
                shown = f"{value['wall']:.3f} s wall, {value['cpu']:.3f} s CPU"
            else:
                shown = f"{value:,.3f}" if value < 10 else f"{value:,.0f}"
            rows.append([kind, what, shown])
    return table(["finding", "what", ""], rows) if rows else ""


def pieces(results):
    rows = []
    for part in results.get("parts", ()):
        speed = part.get("bytes_per_second", 0) / 1e6
        time = f"{part['cpu_time']:.1f} {part['time_unit']}"
        rows.append([part["name"], time, f"{speed:.0f}" if speed else ""])
    return table(["part", "CPU", "MB/s"], rows) if rows else ""


def others(results):
    lines = []
    if "foreground" in results:
        ratios = results["foreground"]["ratio"].items()
        told = ", ".join(f"{name} {ratio:.2f}x" for name, ratio in ratios)
        lines.append(f"a fixed job on one core: {told}")
    for kind, told in results.get("verification", {}).items():
        lines.append(f"safety, {kind}: {100 * told['extra']:+.1f} % wall")
    if "memory" in results:
        peak = results["memory"]["two_jobs_peak_kb"] / 1024
        lines.append(f"two jobs at once: {peak:.0f} MiB")
    for name, told in results.get("profiles", {}).items():
        blocked = told["contestants"][goals.COLDPRESS].get("blocked_us")
        if blocked:
            p50, p99, most, of = (blocked[key] for key in ("p50", "p99", "max", "of"))
            lines.append(f"{name}: a writer could have waited {p50}/{p99}/{most} µs "
                         f"(p50/p99/max of {of} publications)")
    lines += [results["writers"]] if results.get("writers") else []
    return "\n".join(lines)


def met(results):
    rows = []
    for goal in goals.judge(results):
        sign = ">=" if goal.least else "<="
        seen = "-" if goal.seen is None else f"{goal.seen:.2f} {goal.unit}"
        row = [goal.name, f"{sign} {goal.goal:g} {goal.unit}", f"{goal.stretch:g} {goal.unit}"]
        rows.append([*row, seen, goal.met, goal.note])
    return table(["goal", "goal", "stretch", "seen", "met", ""], rows)
