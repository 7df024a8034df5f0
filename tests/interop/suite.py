#!/usr/bin/env python3
"""The interop suite: coldpress beside the released Codex, offline.

    suite.py COLDPRESS [--codex VERSION] [--codex-cache DIR] [--dir DIR] [--keep] [--full] [PART ...]

Runs all parts, or those named. Each prints what it compared, each broken promise
as VIOLATION, and one line ROW. A part that compared nothing has failed.
Exit codes: 0 all as promised, 1 violations, 2 usage, 69 a program that is needed
cannot be had here; with CI set in the environment that is a failure, too.
"""

import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import time

import check_compress
import codex_package
import forced
import make_store
import matrix
import migration
import mock_responses
import old_reader
import readers
import row_codex
import selftest
import together
import turn_marks
import waiting
from bench import Bench
from compressing import Findings

# In this order: a suite that cannot see a planted fault need not look for others.
PARTS = {
    "self-test": selftest.run,
    "compress": check_compress.run,
    "matrix": matrix.run,
    "life": row_codex.run,
    "together": together.run,
    "forced": forced.run,
    "waiting": waiting.run,
    "old-reader": old_reader.run,
    "turn-marks": turn_marks.run,
    "readers": readers.run,
    "migration": migration.run,
}


def run_part(name, part, bench):
    """Prints its lines; returns "passed", "failed" or "skipped"."""
    print(f"== {name}", flush=True)
    findings, began = Findings(), time.monotonic()
    try:
        part(bench, findings)
    except codex_package.Unavailable as why:
        print(f"ROW interop.{name} skipped: {why}", flush=True)
        return "skipped"
    except Exception as error:  # whatever stops it is a finding
        findings.fault(name, f"stopped by {type(error).__name__}: {error}")
    if not findings.counts:
        findings.fault(name, "compared nothing")
    for violation in findings.violations:
        print(f"VIOLATION {violation}")
    counts = " ".join(f"{what.replace(' ', '_')}={n}" for what, n in findings.counts.items())
    seconds = time.monotonic() - began
    print(f"ROW interop.{name} violations={len(findings.violations)} {counts} s={seconds:.0f}")
    sys.stdout.flush()
    return "failed" if findings.violations else "passed"


def parse(arguments):
    parser = argparse.ArgumentParser(description="coldpress beside the released Codex.")
    parser.add_argument("coldpress", metavar="COLDPRESS")
    parser.add_argument("parts", metavar="PART", nargs="*", help=", ".join(PARTS))
    parser.add_argument("--codex", default=codex_package.VERSION, metavar="VERSION")
    parser.add_argument("--codex-cache", default=make_store.DEFAULT_CACHE, metavar="DIR")
    parser.add_argument("--dir", metavar="DIR", help="work in a new folder in DIR")
    parser.add_argument("--keep", action="store_true", help="keep that folder")
    parser.add_argument("--full", action="store_true", help="the large size, older releases")
    options = parser.parse_intermixed_args(arguments)
    options.coldpress = shutil.which(os.path.abspath(options.coldpress))
    if options.coldpress is None:
        parser.error("COLDPRESS is not a program")
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return options


def run_all(options, folder):
    """The state of every part, by name."""
    states = {}
    with mock_responses.MockResponses() as mock:
        make_store.write_scripts(mock)
        bench = Bench(options.coldpress, options.codex_cache, folder, options.full, mock)
        for name in options.parts or PARTS:
            states[name] = run_part(name, PARTS[name], bench)
    return states


def main(arguments):
    options = parse(arguments)
    codex_package.VERSION = options.codex
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coldpress-interop-", dir=options.dir))
    states = run_all(options, folder)
    failed = [name for name, state in states.items() if state == "failed"]
    skipped = [name for name, state in states.items() if state == "skipped"]
    if failed or options.keep:
        print(f"the stores are kept in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    if skipped:
        print(f"skipped: {', '.join(skipped)}", file=sys.stderr)
        if os.environ.get("CI"):
            print("in CI that is a failure", file=sys.stderr)
            failed += skipped
    if failed:
        return 1
    return codex_package.UNAVAILABLE if skipped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
