"""Small Codex homes, and what became of them."""

import hashlib
import os
import random
import subprocess
import time

EACH = 4  # rollouts
WORDS = ("token stream buffer patch error retry branch merge cache index build test unit "
         "socket thread").split()


def content(number):
    """The bytes of a rollout: the same for the same number."""
    chance = random.Random(number)
    thread = f"0199aaaa-bbbb-7ccc-8ddd-{number:012x}"
    lines = ['{"timestamp":"2026-01-05T09:00:00.000Z","type":"session_meta","payload":'
             f'{{"id":"{thread}","timestamp":"2026-01-05T09:00:00.000Z","cwd":"/work",'
             '"originator":"codex_cli_rs","cli_version":"0.169.0","source":"cli",'
             '"model_provider":"openai"}}']
    for _ in range(chance.randrange(400, 4000)):
        text = " ".join(chance.choices(WORDS, k=12))
        lines.append('{"timestamp":"2026-01-05T09:00:01.000Z","type":"response_item",'
                     f'"payload":{{"type":"message","text":"{text}"}}}}')
    return ("\n".join(lines) + "\n").encode()


def name(number):
    return (f"rollout-2026-01-05T09-{number // 60 % 60:02}-{number % 60:02}-"
            f"0199aaaa-bbbb-7ccc-8ddd-{number:012x}.jsonl")


class Stores:
    def __init__(self, folder, number):
        self.number = number
        self.rollouts = number * EACH
        self.paths = [os.path.join(folder, f"agent-{i:03}", ".codex") for i in range(number)]
        self.sums = {}
        old = time.time() - 30 * 86400
        for i, path in enumerate(self.paths):
            archive = os.path.join(path, "archived_sessions")
            os.makedirs(archive)
            for j in range(EACH):
                text = content(i * EACH + j)
                file = os.path.join(archive, name(i * EACH + j))
                with open(file, "wb") as out:
                    out.write(text)
                os.chmod(file, 0o600)
                os.utime(file, (old, old))
                self.sums[file] = (hashlib.sha256(text).hexdigest(), len(text))

    def check(self):
        """Every rollout is compressed, once, and whole; nothing else is there. The bytes
        saved."""
        saved = 0
        for path in self.paths:
            archive = os.path.join(path, "archived_sessions")
            wanted = sorted(os.path.basename(file) + ".zst" for file in self.sums
                            if os.path.dirname(file) == archive)
            assert sorted(os.listdir(archive)) == wanted, f"{archive}: {os.listdir(archive)}"
            orphans = os.path.join(path, "coldpress", "orphans")
            assert not os.path.exists(orphans) or not os.listdir(orphans), orphans
        for file, (digest, size) in self.sums.items():
            plain = subprocess.run(["zstd", "-dcq", file + ".zst"], capture_output=True,
                                   check=True).stdout
            assert hashlib.sha256(plain).hexdigest() == digest, f"{file} differs"
            saved += size - os.path.getsize(file + ".zst")
        return saved
