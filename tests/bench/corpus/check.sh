#!/bin/bash
# Says whether the sample profiles are made and compress as real rollouts were measured to.
# Usage: check.sh CORPUS_PROGRAM [PROFILE...]   (default: all profiles, and their speed)
# Needs zstd, python3 and 1.5 GB under $TMPDIR. Ends with 1 if a figure is out of range.
set -euo pipefail

(($# > 0)) || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
corpus=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# in_range NAME VALUE LOW HIGH UNIT
in_range() {
  local verdict=ok
  awk -v v="$2" -v l="$3" -v h="$4" 'BEGIN { exit !(v >= l && v <= h) }' || verdict=FAIL
  printf '  %-16s %10.2f%-5s %-4s  (%s to %s)\n' "$1" "$2" "$5" "$verdict" "$3" "$4"
  [[ $verdict == ok ]] || failed=1
}

# measure LOW HIGH ZSTD_OPTIONS...: the ratio of $work/file, and whether it is in range.
# One thread, as the service encodes: the tool's worker threads lose some long matches
# where their input buffer wraps round.
measure() {
  local low=$1 high=$2 size packed
  shift 2
  size=$(stat -c %s "$work/file")
  packed=$(zstd -q -c --single-thread "$@" "$work/file" | wc -c)
  in_range "$*" "$(awk -v s="$size" -v p="$packed" 'BEGIN { print s / p }')" \
    "$low" "$high" x
}

# shape NAME LOW HIGH UNIT [NAME LOW HIGH UNIT...]: of what the file's bytes are.
shape() {
  local told
  told=$("$(dirname -- "${BASH_SOURCE[0]}")/shape.py" "$work/file")
  while (($# > 0)); do
    in_range "$1" "$(awk -v n="$1" '$1 == n { print $2 }' <<<"$told")" "$2" "$3" "$4"
    shift 4
  done
}

# speed PROFILE: CPU, not wall, for the machine may be busy; zeros hardly take any.
speed() {
  local took bytes=400000000
  TIMEFORMAT='%U %S'
  took=$({ time "$corpus" file "$1" "$work/file" --bytes "$bytes"; } 2>&1)
  in_range "$1" "$(awk -v b="$bytes" '{ print b / 1e6 / ($1 + $2 + 0.001) }' <<<"$took")" \
    200 1000000 MB/s
}

sample() {
  "$corpus" file "$1" "$work/file" --bytes "$2"
  echo "$1, $(stat -c %s "$work/file") bytes"
}

check_profile() {
  case $1 in
    text)
      sample text 200000000
      shape outputs 55 66 %
      measure 6.9 7.8 -3
      measure 7.4 8.4 -3 --long=27
      ;;
    images)
      sample images 760247640
      shape compacted 88 91 % pictures 82 89 % largest 960000 1000000 '' repeats 125 150 ''
      measure 1.5 1.8 -3
      measure 20 24 -3 --long=25
      measure 20 24 -3 --long=27
      ;;
    long-images)
      sample long-images 1500000000
      shape compacted 94 98 % largest 1500000 2000000 ''
      measure 1.3 1.5 -3
      measure 1.4 1.7 -3 --long=25
      measure 26 37 -3 --long=26
      ;;
    chat)
      sample chat 100000
      measure 2 6 -3
      ;;
    forks)
      sample forks 60000000
      measure 6.9 7.8 -3
      mv "$work/file" "$work/parent"
      cat "$work/parent" "$work/file.child" >"$work/file"
      rm "$work/parent" "$work/file.child"
      echo "  and a child after it: all but the timestamps stands in the parent"
      measure 6.9 8.5 -3
      measure 11 18 -3 --long=27
      ;;
    incompressible)
      sample incompressible 100000000
      measure 0.99 1.01 -3 --long=27
      ;;
    zeros)
      sample zeros 1000000000
      measure 1000 100000 -3
      ;;
    speed)
      echo "speed, MB for a second of CPU"
      for profile in text images long-images chat forks incompressible zeros; do
        speed "$profile"
      done
      ;;
    *)
      echo "check.sh: no figures for the profile $1" >&2
      exit 2
      ;;
  esac
}

(($# > 0)) || set -- text images long-images chat forks incompressible zeros speed
for profile in "$@"; do
  check_profile "$profile"
done
exit "$failed"
