#!/usr/bin/env python3
"""What a shell proposes after `coldpress completion SHELL` was loaded into it.

completion.py COLDPRESS SHELL: 0 if all is as expected, 77 if the shell is not there.
"""

import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
LIMIT = 20  # seconds for an answer of an interactive shell

# The line up to the cursor, what must be proposed, and what must not.
CASES = [
    (["coldpress", "re"], ["restore"], ["run"]),
    (["coldpress", ""], ["plan", "run", "completion"], ["--store", "zsh"]),
    (["coldpress", "--"], ["--help", "--version"], ["--store"]),
    (["coldpress", "completion", ""], ["bash", "zsh", "fish"], ["plan"]),
    (["coldpress", "schedule", ""], ["install", "remove", "status"], ["plan"]),
    (["coldpress", "control", "p"], ["pause"], ["plan", "resume"]),
    (["coldpress", "schedule", "install", "--kind", ""], ["systemd", "cron"], ["install"]),
    (["coldpress", "run", "--dr"], ["--dry-run"], ["--store"]),
    (["coldpress", "cat", "--"], ["--store", "--json"], ["--roots", "--dry-run"]),
    (["coldpress", "run", "--log-level", ""], ["trace", "off"], ["plan", "--store"]),
    (["coldpress", "run", "--enable", ""], ["local_thread_store_compression"], []),
    (["coldpress", "run", "--store", "plan", "--shared-history", "s"], ["skip"], ["auto"]),
    (["coldpress", "run", "--config", "set"], ["settings.toml"], ["settle"]),
    (["coldpress", "run", "--store", "ho"], ["home"], []),
    (["coldpress", "cat", "--store", "home", "rollout-2026-01"],
     ["rollout-2026-01-05T10-00-00-x.jsonl.zst"], []),
]


def proposed_by_bash(script, words, folder):
    # As readline splits the line; COMP_CWORD is the word at the cursor.
    line = (f"source {script}; COMP_WORDS=({' '.join(repr(w) for w in words)});"
            f" COMP_CWORD={len(words) - 1}; _coldpress; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return run(["bash", "--norc", "-c", line], folder)


def proposed_by_fish(script, words, folder):
    line = " ".join(words)
    text = run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], folder)
    return [row.split("\t")[0].rstrip("/") for row in text]


def run(command, folder):
    end = subprocess.run(command, cwd=folder, env=environment(folder), text=True,
                         capture_output=True, timeout=60, check=False)
    if end.returncode != 0 or end.stderr:
        sys.exit(f"{command} ended with {end.returncode}: {end.stderr}")
    return [row.rstrip("/") for row in end.stdout.splitlines()]


def environment(folder):
    return {"HOME": folder, "PATH": os.environ["PATH"], "TERM": "dumb", "LC_ALL": "C.UTF-8"}


ZSH_SETUP = r"""
fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -D
# What the completion adds, word by word: a listing would be columns and colours.
compadd() {
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    local -a hits
    builtin compadd -A hits "$@"
    print -l -- $hits >>found
  fi
  builtin compadd "$@"
}
zle -C propose list-choices _main_complete
ask() { : >found; zle propose; BUFFER=; print -n '<<asked>>' >/dev/tty }
zle -N ask
bindkey '^T' ask
print rea''dy
"""


class Zsh:
    """An interactive zsh on a terminal of its own: its completion works nowhere else."""

    def __init__(self, script, folder):
        self.found = os.path.join(folder, "found")
        shutil.copy(script, os.path.join(folder, "functions", "_coldpress"))
        with open(os.path.join(folder, "setup"), "w", encoding="utf-8") as file:
            file.write(ZSH_SETUP)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment(folder))
        os.write(self.fd, b"PS1=; source setup\r")
        self.until("ready")

    def until(self, mark):
        seen, end = "", time.monotonic() + LIMIT
        while mark not in seen:
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready:
                sys.exit(f"zsh did not answer with {mark!r}: {seen!r}")
            seen += os.read(self.fd, 65536).decode(errors="replace")

    def proposed(self, words):
        os.write(self.fd, (" ".join(words) + "\x14").encode())
        self.until("<<asked>>")  # the list itself may hold the word
        with open(self.found, encoding="utf-8") as file:
            return [row.rstrip("/") for row in file.read().splitlines()]


def check(ask):
    faults = 0
    for words, expected, unwanted in CASES:
        proposed = ask(words)
        missing = [word for word in expected if word not in proposed]
        strange = [word for word in unwanted if word in proposed]
        if missing or strange:
            faults += 1
            print(f"{words}: missing {missing}, unwanted {strange}, proposed {proposed}")
    return faults


def main():
    program, shell = sys.argv[1:]
    if shutil.which(shell) is None:
        print(f"skipped: there is no {shell} here")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "home", "archived_sessions"))
        os.makedirs(os.path.join(folder, "functions"))
        for name in ["settings.toml",
                     "home/archived_sessions/rollout-2026-01-05T10-00-00-x.jsonl.zst"]:
            open(os.path.join(folder, name), "w", encoding="utf-8").close()
        script = os.path.join(folder, "script")
        with open(script, "wb") as file:
            subprocess.run([program, "completion", shell], stdout=file, check=True)
        subprocess.run([shell, "-n", script], check=True)
        if shell == "zsh":
            zsh = Zsh(script, folder)
            return 1 if check(zsh.proposed) else 0
        ask = {"bash": proposed_by_bash, "fish": proposed_by_fish}[shell]
        return 1 if check(lambda words: ask(script, words, folder)) else 0


if __name__ == "__main__":
    sys.exit(main())
