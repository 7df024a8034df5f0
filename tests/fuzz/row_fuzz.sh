#!/bin/bash
# row_fuzz.sh DIRECTORY FUZZER...: runs each fuzzer for 10 s, or for 600 s with
# SCOREBOARD_SIZE=full. Below DIRECTORY stay the inputs that found something new,
# for the next run to begin with, and those that broke a property.
set -euo pipefail

if (($# < 2)); then
  echo "ROW fuzz skipped: built without COLDPRESS_FUZZ, see ./dev fuzz"
  exit 77
fi
seeds=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)/seeds
found=$1
shift
seconds=10
[[ ${SCOREBOARD_SIZE:-} != full ]] || seconds=600

mkdir -p "$found"
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf -- "$TMPDIR"' EXIT

tried=0 violations=0
for fuzzer in "$@"; do
  name=${fuzzer##*/fuzz_}
  log=$found/$name.log
  mkdir -p "$found/$name"
  status=0
  # Windows of 2^27 bytes are allowed, larger blocks are not.
  "$fuzzer" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 \
    -malloc_limit_mb=160 -max_len=4096 -print_final_stats=1 \
    -artifact_prefix="$found/$name-" "$found/$name" "$seeds/$name" >"$log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  printf '%s: %d runs, status %d\n' "$name" "${runs:=0}" "$status"
  tried=$((tried + runs))
  if ((status != 0 || runs == 0)); then
    violations=$((violations + 1))
    tail -n 60 "$log"
  fi
done
echo "ROW fuzz tried=$tried violations=$violations fuzzers=$#"
((violations == 0))
