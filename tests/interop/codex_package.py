#!/usr/bin/env python3
"""Gets a Codex release; without a version the one these tests were written against.

    codex_package.py CACHE_DIR [VERSION]      prints the path of the codex program

The first call installs the npm package of exactly that version into a folder of
CACHE_DIR, later ones only look. Exit code 69 means that the package cannot be had
here (no npm, no network, no build for this platform): a reason to skip, not a failure.
"""

import os
import pathlib
import shutil
import subprocess
import sys

# The release under test; suite.py --codex puts another in its place.
VERSION = "0.171.0"
PACKAGE = "@openai/codex"
UNAVAILABLE = 69  # EX_UNAVAILABLE of sysexits.h


class Unavailable(Exception):
    """The package cannot be had here; the message says why."""


def find_program(folder):
    """The native program inside an installed package, or None."""
    # The launcher script of the package is not taken: it adds a node process that
    # swallows signals, and a test must be able to kill what it started.
    found = sorted(folder.glob("node_modules/@openai/*/vendor/*/bin/codex"))
    return found[0] if found else None


def ensure(cache, version=None):
    """Absolute path of a codex program of exactly `version`. Raises Unavailable."""
    version = version or VERSION
    folder = pathlib.Path(cache).resolve() / version
    program = find_program(folder)
    if program is None:
        install(folder, f"{PACKAGE}@{version}")
        program = find_program(folder)
    if program is None:
        raise Unavailable(f"{PACKAGE}@{version} has no program for this platform")
    told = version_of(program)
    if told != version:
        raise Unavailable(f"{program} is codex {told}, wanted {version}")
    return program


def install(folder, package):
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    os.makedirs(folder, exist_ok=True)
    command = [npm, "install", "--prefix", str(folder), "--no-package-lock", "--no-save"]
    command += ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", package]
    why = run_twice(command)
    # npm records where it downloaded from, which is nobody's business here.
    (folder / "node_modules" / ".package-lock.json").unlink(missing_ok=True)
    if why is not None:
        raise Unavailable(f"npm could not install {package}: {why}")


def run_twice(command):
    """Why it failed, None if it did not: a network may hang, or be better a moment later."""
    why = None
    for _ in range(2):
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=600, check=False
            )
        except subprocess.TimeoutExpired:
            why = "no answer within 10 minutes"
            continue
        if done.returncode == 0:
            return None
        codes = [line for line in done.stderr.splitlines() if "code E" in line]
        why = " ".join(codes) or "failed"
    return why


def newest():
    """The newest release that npm offers, None if it cannot be asked."""
    try:
        done = subprocess.run(
            ["npm", "view", PACKAGE, "version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def version_of(program):
    try:
        done = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"{program} does not run here: {error}") from error
    return done.stdout.split()[-1]


def main(arguments):
    if not 1 <= len(arguments) <= 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        print(ensure(*arguments))
    except Unavailable as why:
        print(f"codex is unavailable: {why}", file=sys.stderr)
        return UNAVAILABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
