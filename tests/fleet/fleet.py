#!/usr/bin/env python3
"""A real Slurm shares a list of stores out to an array of tasks, some of which are killed.

fleet.py COLDPRESS WORK_FOLDER [STORES [TASKS]]: as root, for the daemons of Slurm run as
the user who starts them. At the end every rollout is compressed once, whole, and the
merged report says so. 77 if Slurm does not start here; the reason is printed.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time

from slurm import CannotStart, Slurm
from stores import Stores

KILLS = 6
LIMIT = 1200  # seconds

PROGRAM, WORK = (os.path.abspath(path) for path in sys.argv[1:3])
STORES = int(sys.argv[3]) if len(sys.argv) > 3 else 200
TASKS = int(sys.argv[4]) if len(sys.argv) > 4 else 8

JOB = """#!/bin/bash
# A file of its own for each start: one that was killed has no end. Not exec: the shell makes
# of a signal an exit code, by which Slurm requeues the task.
{program} run --stores-from {list} --json \\
  --config /dev/null --enable local_thread_store_compression --settle 0s \\
  --reap-grace 1s --pressure-io off --pressure-memory off \\
  > {out}/shard-$SLURM_ARRAY_TASK_ID-${{SLURM_RESTART_COUNT:-0}}.jsonl
exit $?
"""


def say(text):
    print(f"==> {text}", flush=True)


def coldpress(*words):
    end = subprocess.run([PROGRAM, *words, "--config", "/dev/null"], env={"HOME": WORK},
                         capture_output=True, text=True, timeout=600, check=False)
    if end.returncode != 0:
        print(end.stderr, file=sys.stderr)
    return end


def kill_some(slurm, chance):
    """Kills the program of one running task, or has Slurm requeue it: what was done."""
    running = slurm.running()
    if not running:
        return None
    task, name, job = chance.choice(running)
    if chance.random() < 0.5:
        slurm.requeue(name)
        return f"task {task}: requeued"
    parents = slurm.programs(job, PROGRAM)
    if not parents:
        return None
    os.kill(chance.choice(parents), 9)
    return f"task {task}: killed -9"


def run_array(slurm, script):
    chance = random.Random(17)
    job = slurm.submit(script, TASKS)
    end = time.monotonic() + LIMIT
    killed = []
    while True:
        states = slurm.states(job)
        if states and all(state == "COMPLETED" for state in states.values()):
            return killed
        bad = {task: state for task, state in states.items()
               if state not in ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED",
                                "COMPLETED")}
        assert not bad, f"tasks ended as {bad}; see {slurm.folder}/log"
        assert time.monotonic() < end, f"not done after {LIMIT} s: {states}"
        slurm.hurry()
        time.sleep(chance.uniform(0.5, 1.5))
        if len(killed) < KILLS:
            done = kill_some(slurm, chance)
            if done:
                say(done)
                killed.append(done)


def check_outcomes(files, stores):
    """No rollout was compressed twice, in all files together."""
    compressed = {}
    whole = 0
    for path in files:
        with open(path, encoding="utf-8") as file:
            for line in file:
                seen = json.loads(line)
                if seen["message_type"] == "outcome" and seen["outcome"] == "compressed":
                    name = (seen["store"], seen["rollout"])
                    compressed[name] = compressed.get(name, 0) + 1
                whole += seen["message_type"] == "stores" and seen["left"] == 0
    twice = [name for name, times in compressed.items() if times > 1]
    assert not twice, f"compressed twice: {twice[:5]}"
    # What was published when its process was killed may not have been told.
    untold = stores.rollouts - len(compressed)
    assert untold <= KILLS * 4, f"{untold} rollouts are told by nobody"
    assert whole >= TASKS, f"{whole} files have an end, of {TASKS} shards"
    say(f"outcomes: {len(compressed)} rollouts once, 0 twice, {untold} untold by a task that "
        "was killed")
    return whole


def check_merge(files, whole, list_file, stores):
    end = coldpress("report", "--json", "--merge", *files, "--stores-from", list_file)
    last = json.loads(end.stdout.splitlines()[-1])
    assert end.returncode == 0, f"the merge exits with {end.returncode}: {last}"
    assert last["results"] == {"done": stores.number}, last
    assert last["missing"] == [] and last["missing_shards"] == [], last
    assert len(last["superseded"]) == len(files) - whole, last
    say(f"merge: {last['stores']} of {stores.number} stores done, {last['files']} files, "
        f"{len(last['superseded'])} without an end, saved {last['saved_bytes']:,} bytes")
    return last


def main():
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK, mode=0o755)
    out = os.path.join(WORK, "out")
    os.makedirs(out)
    say(f"making {STORES} stores")
    stores = Stores(os.path.join(WORK, "stores"), STORES)
    plain_list = os.path.join(WORK, "stores.txt")
    with open(plain_list, "w", encoding="utf-8") as file:
        file.write("".join(path + "\n" for path in stores.paths))
    sized = os.path.join(WORK, "sized.txt")
    with open(sized, "w", encoding="utf-8") as file:
        file.write(coldpress("report", "--stores-from", plain_list, "--list-sizes").stdout)
    script = os.path.join(WORK, "job.sh")
    with open(script, "w", encoding="utf-8") as file:
        file.write(JOB.format(program=PROGRAM, list=sized, out=out))

    begun = time.monotonic()
    try:
        with Slurm(os.path.join(WORK, "slurm"), TASKS) as slurm:
            say(f"Slurm {slurm.version()}: an array of {TASKS} over {STORES} stores")
            killed = run_array(slurm, script)
    except CannotStart as why:
        print(f"Slurm does not start here: {why}")
        return 77
    seconds = time.monotonic() - begun
    assert len(killed) == KILLS, f"only {len(killed)} of {KILLS} kills: the array was too fast"

    files = sorted(os.path.join(out, name) for name in os.listdir(out))
    whole = check_outcomes(files, stores)
    last = check_merge(files, whole, sized, stores)
    saved = stores.check()
    say(f"stores: {stores.rollouts} rollouts whole, each once, nothing left over")
    # A pass that was killed between the publication and its row in the ledger leaves that
    # one out, so the ledgers may know less, and never more.
    assert last["saved_bytes"] <= saved, (last["saved_bytes"], saved)
    assert last["saved_bytes"] >= saved * (1 - KILLS * 4 / stores.rollouts), (last, saved)

    again = coldpress("report", "--stores-from", sized, "--json")
    whole = json.loads(again.stdout.splitlines()[-1])
    assert again.returncode == 0 and whole["rollouts"] == stores.rollouts, whole
    say(f"fleet: {STORES} of {STORES} stores, 0 twice, {len(killed)} kills, {seconds:.0f} s, "
        f"saved {saved:,} bytes by the files, {last['saved_bytes']:,} by the ledgers")
    shutil.rmtree(WORK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
