#!/bin/bash
# row_fuzz.sh DIRECTORY FUZZER...: gives each fuzzer some 10 s of inputs, the same ones
# on every machine; with SCOREBOARD_SIZE=full random ones for 600 s, which begin with
# what earlier ones found. Below DIRECTORY stay the inputs that found something new, and
# those that broke a property.
set -euo pipefail

if (($# < 2)); then
  echo "ROW fuzz skipped: built without COLDPRESS_FUZZ, see ./dev fuzz"
  exit 77
fi
seeds=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)/seeds
found=$1
shift

# inputs NAME: how many are tried at ci size.
inputs() {
  case $1 in
    name) echo 500000 ;;
    head | lock_record) echo 100000 ;;
    run_marker | control | search) echo 25000 ;;
    *) echo 8000 ;;
  esac
}

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
  if [[ ${SCOREBOARD_SIZE:-} == full ]]; then
    how=(-max_total_time=600 "$found/$name")
  else
    rm -rf -- "${found:?}/ci/$name"
    mkdir -p "$found/ci/$name"
    how=(-seed=1 -runs="$(inputs "$name")" "$found/ci/$name")
  fi
  # Windows of 2^27 bytes are allowed, larger blocks are not.
  "$fuzzer" -timeout=20 -rss_limit_mb=1024 -malloc_limit_mb=160 -max_len=4096 \
    -print_final_stats=1 -artifact_prefix="$found/$name-" "${how[@]}" "$seeds/$name" \
    >"$log" 2>&1 || status=$?
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
