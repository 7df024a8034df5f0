"""A store whose rollouts are long and cost little: a first record, noise, a hole."""

import datetime
import json
import os
import subprocess
import uuid

NASTY = "/home/ada/<script>alert('\"&')</script>"

# project, source, tree, days ago it was begun and left, MiB
ROLLOUTS = [
    ("/home/ada/work/api-server", "cli", "archived_sessions", 210, 200, 900),
    ("/home/ada/work/api-server", "vscode", "archived_sessions", 70, 64, 420),
    ("/home/ada/work/api-server", "cli", "archived_sessions", 12, 9, 260),
    ("/home/ada/work/a-rather-long-name-of-a-directory/with-another-long-one/and-a-third",
     "vscode", "archived_sessions", 95, 91, 700),
    ("/home/ada/work/mobile-app", "exec", "sessions", 25, 20, 510),
    ("/home/ada/work/mobile-app", {"subagent": "review"}, "sessions", 4, 0, 330),
    ("/home/ada/notes", "cli", "sessions", 400, 380, 120),
    ("/home/ada/Straße/поиск/検索", "vscode", "sessions", 2, 1, 90),
    (NASTY, "exec", "archived_sessions", 33, 31, 60),
] + [(f"/home/ada/small/project-{n}", "cli", "sessions", 2 * n + 2, 2 * n, 8 + n % 5)
     for n in range(14)]


def write(home, number, project, source, tree, begun, left, mib, now):
    when = now - datetime.timedelta(days=begun)
    thread = str(uuid.UUID(int=(0x0199 << 112) + (0x7 << 76) + (0x8 << 60) + number))
    name = f"rollout-{when:%Y-%m-%dT%H-%M-%S}-{thread}.jsonl"
    folder = tree if tree == "archived_sessions" else f"{tree}/{when:%Y/%m/%d}"
    path = os.path.join(home, folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    head = {"timestamp": f"{when:%Y-%m-%dT%H:%M:%S}.000Z", "type": "session_meta",
            "payload": {"id": thread, "cwd": project, "source": source,
                        "cli_version": "0.169.0"}}
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(head) + "\n")
        file.write(os.urandom(mib << 14).hex() + "\n")  # one part in 32
        file.truncate(mib << 20)
    stamp = (now - datetime.timedelta(days=left)).timestamp()
    os.utime(path, (stamp, stamp))
    return path


def make(home):
    """All of them; the oldest two compressed, one of these as somebody else does it."""
    now = datetime.datetime.now(datetime.timezone.utc)
    paths = [write(home, number, *rollout, now) for number, rollout in enumerate(ROLLOUTS)]
    for path, more in ((paths[0], ["--check"]), (paths[1], ["--no-check"])):
        subprocess.run(["zstd", "-q", "-1", "--rm", *more, path], check=True)
        stamp = now.timestamp() - 86400 * (200 if path == paths[0] else 64)
        os.utime(path + ".zst", (stamp, stamp))
