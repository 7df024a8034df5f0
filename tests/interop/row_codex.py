#!/usr/bin/env python3
"""The scoreboard row `codex`: the real Codex works while coldpress compresses beside it.

    row_codex.py COLDPRESS [--codex-cache DIR] [--dir DIR] [--keep] [--turns N] [--naive]

30 turns, 1,000 with SCOREBOARD_SIZE=full. `--naive` runs only the control: a
script that compresses and unlinks under an open descriptor, whose loss must be seen.
Exit codes: 0 nothing lost, 1 violations (each is named) or a blind control, 2 usage,
77 the row cannot be run here.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import codex_home
import codex_package
import make_store
import mock_responses
from codex_judge import Judge
from codex_work import Driver
from compress_loop import Worker, last_passes
from compressing import Findings

SKIPPED = 77


def run_row(coldpress, home, turns, findings):
    """Returns the numbers of the row's line."""
    worker = Worker(coldpress, home, findings)
    judge = Judge(worker, findings)
    driver = Driver(home, worker, judge, findings)
    with worker:
        driver.run(turns)
    last_passes(worker, home, findings)
    judge.rollouts(driver.threads)
    with home.app_server() as server:
        judge.answers(server, driver.threads, worker.deleted)
    compressed = worker.outcomes["compressed"]
    if not (compressed and driver.materialized):
        findings.fault("row", "nothing was compressed and made plain again: proves nothing")
    told = {"lost": judge.lost, "compressed": compressed, "materialized": driver.materialized}
    told.update(passes=worker.passes, writer_arrived=worker.outcomes["writer_arrived"])
    told.update(recovered=worker.outcomes["recovered"], orphaned=worker.outcomes["orphaned"])
    return driver.tried, told


def run_control(coldpress, home):
    """Turns lost by a script that compresses and unlinks under an open descriptor."""
    findings = Findings()
    worker = Worker(coldpress, home, findings)
    judge = Judge(worker, findings)
    driver = Driver(home, worker, judge, findings)
    with home.app_server() as server:
        thread = driver.start(server)
        subprocess.run(["zstd", "-q", "--rm", *home.rollouts()], check=True)
        driver.turn(server, thread)
    judge.rollouts([thread])
    return judge.lost


def run(bench, findings):
    """The row as a part of the suite, at a size between the two of the scoreboard."""
    turns = 200 if bench.full else 20
    tried, told = run_row(bench.coldpress, bench.home("life"), turns, findings)
    findings.count("turns", tried)
    for what, number in told.items():
        findings.count(what, number)
    lost = run_control(bench.coldpress, bench.home("life-control"))
    findings.count("control lost", lost)
    if not lost:
        findings.fault("control", "the naive script lost nothing: this row cannot see a loss")


def in_new_home(folder, program, findings, act):
    """What `act(home)` returns, or None: what stops it half way is a finding."""
    with mock_responses.MockResponses() as mock:
        make_store.write_scripts(mock)
        try:
            return act(codex_home.CodexHome(folder, program, mock))
        except Exception as error:  # whatever stops it is a finding
            findings.fault(folder.name, f"stopped by {type(error).__name__}: {error}")
            return None


def run_in(folder, options, program):
    """Prints the row; returns whether it is clean."""
    findings = Findings()

    def row(home):
        return run_row(options.coldpress, home, options.turns, findings)

    def control(home):
        return run_control(options.coldpress, home)

    name, done = "codex.naive", (2, {})
    if not options.naive:
        name, done = "codex", in_new_home(folder / "row", program, findings, row)
    tried, told = done or (0, {})
    told["control_lost"] = in_new_home(folder / "control", program, findings, control)
    if not told["control_lost"]:
        findings.fault("control", "the naive script lost nothing: this row cannot see a loss")
    for violation in findings.violations:
        print(f"VIOLATION {violation}")
    numbers = " ".join(f"{what}={number}" for what, number in told.items())
    print(f"ROW {name} tried={tried} violations={len(findings.violations)} {numbers}")
    return not findings.violations


def parse(arguments):
    full = os.environ.get("SCOREBOARD_SIZE") == "full"
    parser = argparse.ArgumentParser(description="Codex at work beside coldpress.")
    parser.add_argument("coldpress", metavar="COLDPRESS")
    parser.add_argument("--codex-cache", default=make_store.DEFAULT_CACHE, metavar="DIR")
    parser.add_argument("--dir", metavar="DIR", help="work in a new folder in DIR")
    parser.add_argument("--keep", action="store_true", help="keep that folder")
    parser.add_argument("--turns", type=int, default=1000 if full else 30, metavar="N")
    parser.add_argument("--naive", action="store_true", help="only the control")
    options = parser.parse_args(arguments)
    options.coldpress = shutil.which(os.path.abspath(options.coldpress))
    if options.coldpress is None:
        parser.error("COLDPRESS is not a program")
    return options


def main(arguments):
    options = parse(arguments)
    if not sys.platform.startswith("linux"):
        print("ROW codex skipped: the active tree needs kernel leases")
        return SKIPPED
    if shutil.which("zstd") is None:
        print("ROW codex skipped: no zstd program")
        return SKIPPED
    try:
        program = codex_package.ensure(options.codex_cache)
    except codex_package.Unavailable as why:
        print(f"ROW codex skipped: {why}")
        return SKIPPED
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coldpress-row-codex-", dir=options.dir))
    clean = run_in(folder, options, program)
    if options.keep or not clean:
        print(f"the stores are kept in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
