#!/usr/bin/env python3
"""Measures coldpress beside the zstd program and the real Codex. See README.md.

    bench.py BUILD [--full] [--repeat N] [--out DIR] [--codex-cache DIR] [NAME...]

BUILD is a folder with the presets' builds in it (build/release is used). NAME picks
profiles and parts; without one, all are measured. Ends with 1 if something could not
be measured or came out wrong; a goal that was missed is no error.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

import beside
import contest
import contestants
import figures
import finding
import goals
import looking
import machine
import many
import measure
import profiles
import report
import safety

PARTS = ("many", "scan", "find", "foreground", "verification", "memory", "writers", "parts")
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Bench:
    """One run of all that was picked."""

    def __init__(self, options):
        self.options = options
        self.build = options.build.resolve()
        release = self.build / "release"
        self.coldpress = release / "worker" / "cli" / "coldpress"
        bench = release / "tests" / "bench"
        self.corpus = bench / "corpus" / "coldpress-corpus"
        self.encode_only = bench / "coldpress-encode-only"
        self.parts_program = bench / "coldpress-bench-parts"
        self.meter = measure.Meter(bench / "coldpress-cost-of")
        self.scratch = options.out.resolve() / "scratch"
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.results = {
            "options": {"full": options.full, "repeat": options.repeat},
            "machine": machine.describe(self.scratch),
            "notes": [],
        }
        self.failed = False

    def run(self):
        for name in self.options.names:
            try:
                if name in profiles.PROFILES:
                    self.profile(name)
                else:
                    getattr(self, name)()
            except (measure.Failed, subprocess.SubprocessError, OSError, TimeoutError) as error:
                self.trouble(f"{name} failed: {error}")
        self.results["machine"]["load_at_end"] = machine.load()
        self.results["goals"] = [vars(g) | {"met": g.met} for g in goals.judge(self.results)]
        return self.results

    def profile(self, name):
        options = self.options
        data = profiles.Data(self.scratch, profiles.PROFILES[name], options.full, self.corpus)
        notes = self.results["notes"]
        everyone = contestants.all_of(self.meter, self.coldpress, options.codex_cache, notes)
        notes[:] = dict.fromkeys(notes)
        told = {"files": len(data.rollouts), "bytes": data.bytes}
        repeated = (self.scratch, options.repeat, say)
        try:
            told["contestants"] = contest.compress(data, everyone, *repeated)
            told["decode"] = contest.read_again(data, self.coldpress, self.meter, *repeated)
        finally:
            data.remove()
        if told["decode"] and not told["decode"]["same"]:
            self.trouble(f"{name}: restored bytes are not the source's")
        self.results.setdefault("profiles", {})[name] = told

    def many(self):
        notes = self.results["notes"]
        cache = self.options.codex_cache
        everyone = contestants.all_of(self.meter, self.coldpress, cache, notes)
        everyone = [one for one in everyone if one.name in goals.OF_MANY]
        notes[:] = dict.fromkeys(notes)
        made = (everyone, self.coldpress, self.corpus, self.meter, self.scratch)
        told = many.many(self.options.full, *made, self.options.repeat, say)
        self.results["many"] = told

    def scan(self):
        counts = (1000, 10_000, 100_000) if self.options.full else (1000, 10_000)
        made = (self.coldpress, self.corpus, self.meter, self.scratch, say)
        self.results["scan"] = looking.scan(counts, *made)

    def find(self):
        made = (self.coldpress, self.corpus, self.meter, self.scratch, say)
        self.results["find"] = finding.find(self.options.full, *made)

    def foreground(self):
        made = (self.coldpress, self.corpus, self.meter, self.scratch)
        repeats = max(5, self.options.repeat)
        self.results["foreground"] = beside.foreground(*made, repeats, say)

    def verification(self):
        made = (self.coldpress, self.encode_only, self.corpus, self.meter, self.scratch)
        repeats = max(5, self.options.repeat)
        self.results["verification"] = safety.verification(*made, repeats, say)

    def memory(self):
        made = (self.coldpress, self.corpus, self.meter, self.scratch, say)
        self.results["memory"] = beside.memory(*made)

    def writers(self):
        self.results["writers"] = beside.writers(self.build, say)

    def parts(self):
        if not self.parts_program.exists():
            self.results["notes"].append("without the parts: Google Benchmark is not installed")
            return
        command = [str(self.parts_program), "--benchmark_format=json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        self.results["parts"] = json.loads(done.stdout)["benchmarks"]

    def trouble(self, text):
        self.failed = True
        self.results["notes"].append(text)
        say(text)


def say(text):
    print(text, file=sys.stderr, flush=True)


def parse(arguments):
    known = [*profiles.PROFILES, *PARTS]
    parser = argparse.ArgumentParser(description="Measures coldpress beside others.")
    parser.add_argument("build", type=pathlib.Path, metavar="BUILD")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    parser.add_argument("--full", action="store_true", help="the large sizes: an hour or more")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="warm runs (3)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "bench")
    parser.add_argument("--codex-cache", type=pathlib.Path, default=ROOT / "build" / "interop")
    options = parser.parse_intermixed_args(arguments)
    unknown = [name for name in options.names if name not in known]
    if unknown or options.repeat < 1:
        parser.error(f"no such profile or part: {unknown[0]}" if unknown else "--repeat N >= 1")
    options.names = options.names or known
    return options


def main(arguments):
    options = parse(arguments)
    bench = Bench(options)
    try:
        results = bench.run()
    finally:
        shutil.rmtree(bench.scratch, ignore_errors=True)
    out = options.out.resolve()
    (out / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    drawn = figures.draw(results, out / "figures")
    print(report.whole(results))
    say(f"all figures: {out}/results.json; drawn: {', '.join(drawn) or 'nothing'}")
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
